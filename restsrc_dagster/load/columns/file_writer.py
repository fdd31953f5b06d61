"""Which writers of this package a destination takes files of."""

from enum import Enum


class FileWriter(Enum):
    """By what is in the file."""

    PARQUET = "parquet"
    COPY_TEXT = "text of PostgreSQL's COPY, in place of csv"

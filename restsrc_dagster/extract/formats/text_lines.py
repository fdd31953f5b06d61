"""Lines that are records: `{"value": "…"}`. Empty ones are none."""

from collections.abc import Iterator
from typing import BinaryIO

from restsrc_dagster.connector.resources.format import TextFormat
from restsrc_dagster.extract.formats.piece import Pieces
from restsrc_dagster.extract.formats.text import as_text, not_text
from restsrc_dagster.extract.response import sizes

VALUE = "value"


def text_lines(stream: BinaryIO, said: TextFormat, charset: str | None) -> Pieces:
    """The records of a file, piece by piece; raises Broken."""
    text = as_text(stream, said.encoding, charset, None)
    try:
        while lines := text.readlines(sizes.PIECE):
            yield list(_records(lines))
    except UnicodeDecodeError as error:
        raise not_text(error) from None


def _records(lines: list[str]) -> Iterator[dict[str, str]]:
    for line in lines:
        if value := line.rstrip("\n"):
            yield {VALUE: value}

"""dlt's writers of files: what they hold, which one writes a table, and where one is put in."""

from abc import abstractmethod
from collections.abc import Callable
from gzip import GzipFile
from typing import IO, Any

from dlt.common.data_writers import BufferedDataWriter, DataWriter
from dlt.common.data_writers.writers import (
    WRITER_SPECS,
    CsvWriter,
    FileWriterSpec,
    ParquetDataWriter,
    TypedJsonlListWriter,
)
from dlt.common.storages.data_item_storage import DataItemStorage

from restsrc_dagster.dlt_compat.replaced import Place, replace_method

RECORD_WRITER = Place(WRITER_SPECS, TypedJsonlListWriter.writer_spec())
"""The class that writes what was extracted."""
PARQUET = ParquetDataWriter.writer_spec()
CSV = CsvWriter.writer_spec()
OPTIONS = (
    "flavor",
    "version",
    "compression",
    "data_page_size",
    "coerce_timestamps",
    "allow_truncated_timestamps",
    "use_compliant_nested_type",
    "write_page_index",
)
"""That dlt's configuration has for files of parquet."""

__all__ = [
    "CSV",
    "PARQUET",
    "RECORD_WRITER",
    "DataItemStorage",
    "DataWriter",
    "FileWriterSpec",
    "RecordWriter",
    "TableWriter",
    "write_tables_by",
]


class RecordWriter(TypedJsonlListWriter):
    """dlt's writer of what was extracted."""

    @property
    def is_compressed(self) -> bool:
        """Whether its file is."""
        return isinstance(self._f, GzipFile)


class TableWriter(ParquetDataWriter):
    """dlt's writer of rows, whose `schema` is Arrow's of the file that is open."""

    @abstractmethod
    def create_writer(self, file: IO[bytes], schema: Any) -> Any:
        """What writes tables into an open file: `write_table(table, row_group_size)`, `close()`."""

    def _create_writer(self, schema: Any) -> Any:
        return self.create_writer(self._f, schema)

    @property
    def decimal_places(self) -> int:
        """Behind the point, of a decimal whose column names none."""
        return self._caps.decimal_precision[1]

    def options(self) -> dict[str, Any]:
        """Of Arrow's writer of parquet, by dlt's configuration."""
        return {name: getattr(self.parquet_format, name) for name in OPTIONS}


def write_tables_by(writer_class: type[DataWriter], storage: DataItemStorage) -> None:
    """Let another class write the files of a storage, none of which is open yet.

    They are not compressed: they are read once, on the same machine.
    """

    def by_ours(find: Callable[..., BufferedDataWriter[DataWriter]]) -> Callable[..., Any]:
        def get_writer(
            load_id: str, schema_name: str, table_name: str
        ) -> BufferedDataWriter[DataWriter]:
            writer = find(load_id, schema_name, table_name)
            writer.writer_cls = writer_class
            if writer.should_compress:  # it was made just now, and its file has a name only
                writer.should_compress, writer.open = False, open
                writer._rotate_file()
            return writer

        return get_writer

    replace_method(storage, "_get_writer", by_ours)

"""dlt's writers: what they hold, and where others are put in."""

import gzip
import re
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dlt.common.configuration.container import Container
from dlt.common.data_writers.buffered import BufferedDataWriter
from dlt.common.data_writers.writers import (
    WRITER_SPECS,
    DataWriter,
    ParquetDataWriter,
    TypedJsonlListWriter,
)
from dlt.common.destination import DestinationCapabilitiesContext
from dlt.common.storages.data_item_storage import DataItemStorage

from restsrc_dagster.dlt_compat.replaced import replaced
from restsrc_dagster.dlt_compat.writers import (
    CSV,
    OPTIONS,
    PARQUET,
    RECORD_WRITER,
    RecordWriter,
    TableWriter,
    write_tables_by,
)
from restsrc_dagster_tests.dlt_compat.signature import names, source

COLUMNS: Any = {"a": {"name": "a", "data_type": "bigint", "nullable": True}}


class Plain(TableWriter):
    """Parquet as Arrow writes it."""

    def create_writer(self, file: IO[bytes], schema: pa.Schema) -> Any:
        return pq.ParquetWriter(file, schema, **self.options())


def test_where_the_writer_of_records_is_put_in() -> None:
    spec = TypedJsonlListWriter.writer_spec()
    with replaced((RECORD_WRITER, RecordWriter)):
        assert DataWriter.writer_class_from_spec(spec) is RecordWriter
    assert DataWriter.writer_class_from_spec(spec) is TypedJsonlListWriter


def test_the_files_that_are_written() -> None:
    assert WRITER_SPECS[PARQUET] is ParquetDataWriter
    assert (CSV.file_format, CSV.data_item_format) == ("csv", "object")


def test_whether_a_file_is_compressed(tmp_path: Path) -> None:
    """`_f` is the file that was opened."""
    with gzip.open(tmp_path / "a.gz", "wb") as file:
        assert RecordWriter(file).is_compressed
    assert not RecordWriter(BytesIO()).is_compressed


def test_what_writes_a_file_of_tables(tmp_path: Path) -> None:
    """`_create_writer` is asked for it, by the head of the file."""
    with Container().injectable_context(
        DestinationCapabilitiesContext.generic_capabilities("parquet")
    ):
        file = BytesIO()
        writer = Plain(file)
        writer.write_header(COLUMNS)
        writer.write_data([{"a": 1}])
        writer.close()
    assert pq.read_table(BytesIO(file.getvalue())).to_pylist() == [{"a": 1}]
    assert writer.schema == pa.schema([("a", pa.int64())])
    assert writer.decimal_places == 9
    head = source(ParquetDataWriter.write_header)
    assert "self.schema = " in head
    assert "self.writer = self._create_writer(self.schema)" in head
    assert names(ParquetDataWriter._create_writer) == ["self", "schema"]


def test_the_options_are_those_of_dlt() -> None:
    made = source(ParquetDataWriter._create_writer)
    options = set(re.findall(r"self\.parquet_format\.(\w+)", made))
    assert options == {*OPTIONS, "use_content_defined_chunking"}


class Storage(DataItemStorage):
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(TypedJsonlListWriter.writer_spec())

    def _get_data_item_path_template(self, load_id: str, schema_name: str, table_name: str) -> str:
        return str(self.folder / f"{table_name}.%s")


class Beside(TypedJsonlListWriter):
    written: Sequence[Any] = ()

    def write_data(self, items: Sequence[Any]) -> None:
        Beside.written = [*items]
        super().write_data(items)


@pytest.mark.parametrize("by_ours", [True, False])
def test_another_class_writes_files_that_are_not_compressed(tmp_path: Path, by_ours: bool) -> None:
    """`_get_writer` is asked for each item; `_rotate_file` names the file anew."""
    storage = Storage(tmp_path)
    Beside.written = ()
    if by_ours:
        write_tables_by(Beside, storage)
    for number in (1, 2):
        storage.write_data_item("1", "acme", "items", {"a": number}, COLUMNS)
    storage.close_writers("1")
    (file,) = tmp_path.iterdir()
    assert (file.suffix == ".gz") != by_ours
    assert Beside.written == ([{"a": 1}, {"a": 2}] if by_ours else ())
    assert names(DataItemStorage._get_writer) == ["self", "load_id", "schema_name", "table_name"]
    opened = source(BufferedDataWriter._open_writer)
    assert "self.writer_cls(self._file, caps=self._caps)" in opened
    assert "self.open(self._file_name" in opened
    assert "self.should_compress" in source(BufferedDataWriter._rotate_file)

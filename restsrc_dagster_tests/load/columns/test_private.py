"""What dlt keeps to itself and is used all the same: an upgrade that moves it fails here."""

import inspect
import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import dlt
import pytest
from dlt.common.data_writers.buffered import BufferedDataWriter
from dlt.common.data_writers.writers import (
    DataWriter,
    ParquetDataWriter,
    TypedJsonlListWriter,
)
from dlt.common.normalizers.json.relational import DataItemNormalizer
from dlt.common.schema import Schema
from dlt.common.storages.data_item_storage import DataItemStorage
from dlt.destinations.impl.postgres.postgres import PostgresClient
from dlt.destinations.impl.postgres.sql_client import Psycopg2SqlClient
from dlt.normalize import worker
from dlt.normalize.items_normalizers import JsonLItemsNormalizer

from restsrc_dagster.load.columns.normalizer import ColumnarNormalizer, by_the_column
from restsrc_dagster.load.columns.writer import OPTIONS, HandoverWriter
from restsrc_dagster_tests.load.columns.both_ways import outcome

PLAIN = {
    "id": 1,
    "no": None,
    "at": "2024-01-31T10:00:00Z",
    "of": {"x": 1.5},
    "lines": [{"a": 1}, {"a": 2}],
}


def test_where_the_normalizer_is_put_in() -> None:
    assert worker.JsonLItemsNormalizer is JsonLItemsNormalizer
    spec = TypedJsonlListWriter.writer_spec()
    first, second = by_the_column(), by_the_column()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)  # loads may overlap
    assert worker.JsonLItemsNormalizer is ColumnarNormalizer
    assert DataWriter.writer_class_from_spec(spec) is HandoverWriter
    second.__exit__(None, None, None)
    assert worker.JsonLItemsNormalizer is JsonLItemsNormalizer
    assert DataWriter.writer_class_from_spec(spec) is TypedJsonlListWriter


def test_what_it_overrides_and_calls() -> None:
    def names(function: Any) -> list[str]:
        return list(inspect.signature(function).parameters)

    assert names(JsonLItemsNormalizer._normalize_chunk) == [
        "self", "root_table_name", "items", "may_have_pua", "skip_write"
    ]  # fmt: skip
    assert names(JsonLItemsNormalizer._coerce_null_value) == [
        "self", "table_columns", "table_name", "col_name"
    ]  # fmt: skip
    assert names(DataItemStorage._get_writer) == ["self", "load_id", "schema_name", "table_name"]
    assert "writer_cls" in inspect.getsource(BufferedDataWriter._open_writer)
    assert "self.schema = " in inspect.getsource(ParquetDataWriter.write_header)
    assert "self.writer = self._create_writer(" in inspect.getsource(ParquetDataWriter.write_header)
    assert "self.should_compress" in inspect.getsource(BufferedDataWriter._rotate_file)
    assert "self.should_compress" in inspect.getsource(BufferedDataWriter.__init__)
    assert "self.open(self._file_name" in inspect.getsource(BufferedDataWriter._open_writer)
    assert "PostgresCsvCopyJob(file_path)" in inspect.getsource(PostgresClient.create_load_job)
    assert names(Psycopg2SqlClient._make_database_exception) == ["ex"]
    made = inspect.getsource(ParquetDataWriter._create_writer)
    options = set(re.findall(r"self\.parquet_format\.(\w+)", made))
    assert options == {*OPTIONS, "use_content_defined_chunking"}


def test_what_it_asks() -> None:
    normalizer = Schema("any").data_item_normalizer
    assert type(normalizer) is DataItemNormalizer
    assert normalizer._normalize_identifier("userId") == "user_id"
    assert normalizer._normalize_table_identifier("aB") == "a_b"
    assert normalizer._shorten_fragments("a", "b") == "a__b"
    assert normalizer._is_nested_type("a", "b", 0)
    assert not normalizer._is_nested_type("a", "b", 1)
    assert normalizer._get_root_row_id_type("a") == "random"
    assert normalizer._get_table_nesting_level("a", 7) == 7


@pytest.mark.parametrize("hints", [{}, {"write_disposition": "merge", "primary_key": "id"}])
def test_only_the_first_record_goes_one_by_one(
    monkeypatch: pytest.MonkeyPatch, hints: dict[str, Any]
) -> None:
    """Else all would still be right, and slow."""
    original, went = dlt.Schema.normalize_data_item, Counter[str]()

    def counting(self: Schema, item: Any, load_id: str, table: str) -> Any:
        went[table] += 1
        return original(self, item, load_id, table)

    monkeypatch.setattr(dlt.Schema, "normalize_data_item", counting)
    with tempfile.TemporaryDirectory() as folder:
        found = outcome(Path(folder), [[PLAIN] * 50] * 4, columnar=True, **hints)
    assert found.counts["items"] == 200
    assert found.counts["items__lines"] == 400
    assert went["items"] == 1

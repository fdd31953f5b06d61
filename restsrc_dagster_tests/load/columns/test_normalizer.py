"""Which records go by the column, and who writes their files."""

import tempfile
from collections import Counter
from contextvars import Context
from pathlib import Path
from typing import Any

import dlt
import pytest
from dlt.common.data_writers.writers import DataWriter, InsertValuesWriter, TypedJsonlListWriter
from dlt.destinations import filesystem, postgres, redshift, sqlalchemy
from dlt.normalize import worker
from dlt.normalize.items_normalizers import JsonLItemsNormalizer

from restsrc_dagster.dlt_compat.writers import CSV, PARQUET
from restsrc_dagster.load.columns.copy_text import CopyTextWriter
from restsrc_dagster.load.columns.file_writer import FileWriter
from restsrc_dagster.load.columns.normalizer import (
    WRITERS,
    ColumnarNormalizer,
    by_the_column,
    writer_for,
)
from restsrc_dagster.load.columns.writer import HandoverWriter, MixedParquetWriter
from restsrc_dagster.load.destinations.profile import PROFILES, profile_of
from restsrc_dagster_tests.load.columns.both_ways import outcome

PLAIN = {
    "id": 1,
    "no": None,
    "at": "2024-01-31T10:00:00Z",
    "of": {"x": 1.5},
    "lines": [{"a": 1}, {"a": 2}],
}


@pytest.fixture
def went(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many records of each table went one by one."""
    original, counts = dlt.Schema.normalize_data_item, Counter[str]()

    def counting(self: dlt.Schema, item: Any, load_id: str, table: str) -> Any:
        counts[table] += 1
        return original(self, item, load_id, table)

    monkeypatch.setattr(dlt.Schema, "normalize_data_item", counting)
    return counts


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


@pytest.mark.parametrize("hints", [{}, {"write_disposition": "merge", "primary_key": "id"}])
def test_only_the_first_record_goes_one_by_one(went: Counter[str], hints: dict[str, Any]) -> None:
    """Else all would still be right, and slow."""
    with tempfile.TemporaryDirectory() as folder:
        found = outcome(Path(folder), [[PLAIN] * 50] * 4, columnar=True, **hints)
    assert found.counts["items"] == 200
    assert found.counts["items__lines"] == 400
    assert went["items"] == 1


class Elephant(postgres):
    """A destination of one's own, which is given by the path of its class."""


INSERTS = InsertValuesWriter.writer_spec()
POSTGRES = "postgresql://u:p@127.0.0.1:1/x"


@pytest.mark.parametrize(
    ("destination", "spec", "writer"),
    [
        (postgres(POSTGRES), CSV, CopyTextWriter),
        (postgres(POSTGRES), PARQUET, MixedParquetWriter),
        (postgres(POSTGRES), INSERTS, None),
        (postgres(POSTGRES, destination_name="elephant"), CSV, CopyTextWriter),
        (Elephant(POSTGRES), CSV, CopyTextWriter),
        (dlt.destinations.duckdb("a.duckdb"), PARQUET, MixedParquetWriter),
        (dlt.destinations.duckdb("a.duckdb"), CSV, None),
        (redshift(POSTGRES), CSV, None),
        (sqlalchemy(POSTGRES), CSV, None),
        (filesystem("file:///a"), PARQUET, MixedParquetWriter),
        (filesystem("file:///a"), CSV, None),
        (postgres(POSTGRES), CSV._replace(file_extension="tsv"), None),
    ],
)
def test_the_destination_says_what_it_takes(destination: Any, spec: Any, writer: Any) -> None:
    assert writer_for(spec, profile_of(destination).writers) is writer


@pytest.mark.parametrize("name", [name for name, one in PROFILES.items() if one.file_format])
def test_a_destination_takes_the_format_that_its_profile_names(name: str) -> None:
    profile = PROFILES[name]
    formats = {WRITERS[one][0].file_format for one in profile.writers}
    assert profile.file_format in formats


def test_each_writer_has_a_class() -> None:
    assert WRITERS.keys() == {*FileWriter}


def test_what_is_no_load_of_ours_is_left_to_dlt(tmp_path: Path, went: Counter[str]) -> None:
    """A pipeline in another thread, while a load is on."""

    def normalized() -> dict[str, int]:
        pipeline = dlt.pipeline("other", destination="duckdb", pipelines_dir=str(tmp_path))
        pipeline.extract([PLAIN] * 5, table_name="items", loader_file_format="parquet")
        return dict(pipeline.normalize().row_counts)

    with by_the_column():
        counts = Context().run(normalized)
    assert (counts["items"], went["items"]) == (5, 5)

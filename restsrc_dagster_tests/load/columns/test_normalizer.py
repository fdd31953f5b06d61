"""Which records go by the column."""

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import dlt
import pytest
from dlt.common.data_writers.writers import DataWriter, TypedJsonlListWriter
from dlt.normalize import worker
from dlt.normalize.items_normalizers import JsonLItemsNormalizer

from restsrc_dagster.load.columns.normalizer import ColumnarNormalizer, by_the_column
from restsrc_dagster.load.columns.writer import HandoverWriter
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

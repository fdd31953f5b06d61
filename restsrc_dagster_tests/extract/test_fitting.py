"""The normalizer that checks values does with all others what dlt does."""

import inspect
import tempfile
from pathlib import Path
from typing import Any

import pytest
from dlt.normalize.items_normalizers import JsonLItemsNormalizer
from hypothesis import HealthCheck, given, settings

from restsrc_dagster_tests.load.columns.both_ways import Outcome, outcome
from restsrc_dagster_tests.load.columns.test_oracle import CASES, HINTS, PAGES


def as_dlt(pages: list[Any], hints: dict[str, Any]) -> None:
    """The same tables, wherever dlt comes to an end."""
    with tempfile.TemporaryDirectory() as folder:
        by_dlt = outcome(
            Path(folder), pages, columnar=False, normalizer=JsonLItemsNormalizer, **hints
        )
        checked = outcome(Path(folder), pages, columnar=False, **hints)
    if not (by_dlt.failed or _has_times_among_texts(by_dlt)):
        assert checked == by_dlt


def _has_times_among_texts(found: Outcome) -> bool:
    """A column apart for texts is one for times to dlt if the first of them is one; and a text in
    a document is written as if it were one."""
    return any(
        (column.get("variant") and name.endswith("__v_text") and column["data_type"] != "text")
        or (column.get("data_type") == "json")
        for table in found.schema.values()
        for name, column in table["columns"].items()
    )


@pytest.mark.parametrize("case", CASES)
def test_what_apis_give(case: str) -> None:
    as_dlt(*CASES[case])


@given(pages=PAGES, hints=HINTS)
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_generated_pages(pages: list[Any], hints: dict[str, Any]) -> None:
    as_dlt(pages, hints)


def test_what_it_overrides_and_calls() -> None:
    def names(function: Any) -> list[str]:
        return list(inspect.signature(function).parameters)

    dlts = JsonLItemsNormalizer
    assert names(dlts._coerce_row) == ["self", "table_name", "parent_table", "row"]
    assert names(dlts._infer_column_type) == ["self", "v", "col_name", "skip_preferred"]
    assert names(dlts._coerce_non_null_value) == [
        "self", "table_columns", "table_name", "col_name", "v", "is_variant"
    ]  # fmt: skip
    made = inspect.getsource(dlts.__init__)
    assert "self._coerce_type = _item_normalizer.coerce_type" in made
    chunk = inspect.getsource(dlts._normalize_chunk)
    assert "column_schemas[table_name] = schema.get_table_columns(table_name)" in chunk
    assert "self._infer_column_type(v, col_name, skip_preferred=is_variant)" in inspect.getsource(
        dlts._coerce_non_null_value
    )

"""The normalizer that checks values does with all others what dlt does."""

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

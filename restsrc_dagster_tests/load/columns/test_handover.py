"""Columns between the step that reads and the step that normalizes: as they were, or not at all."""

from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import dlt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restsrc_dagster.load.columns.columns import Columns
from restsrc_dagster.load.columns.handover import Handover
from restsrc_dagster.load.columns.normalizer import by_the_column, refuse_marks
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.load.columns.both_ways import UNCOMPRESSED
from restsrc_dagster_tests.load.columns.test_oracle import VALUES
from restsrc_dagster_tests.load.surprising import Listing
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Api

PAGES = [[{"id": n, "name": f"n{n}", "of": {"x": n}} for n in range(at, at + 3)] for at in (0, 3)]


def handed_over(path: Path, records: list[Any]) -> Columns | None:
    with Handover(path) as handover:
        mark = handover.put(records)
        return None if mark is None else handover.get([mark])


def typed(value: Any) -> Any:
    """A value that is equal only to one of the same types; 1, 1.0 and True are equal in Python."""
    if isinstance(value, dict):
        return {key: typed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [typed(inner) for inner in value]
    return type(value), repr(value)


@given(
    columns=st.lists(st.lists(VALUES, min_size=4, max_size=4), min_size=1, max_size=5),
    cut=st.integers(0, 5),
)
def test_records_come_out_as_they_went_in(
    tmp_path_factory: pytest.TempPathFactory, columns: list[list[Any]], cut: int
) -> None:
    keys = ["id", "", "a.b", "ä", "userId"][: len(columns)]
    records = [dict(zip(keys, row, strict=True)) for row in zip(*columns, strict=True)]
    found = handed_over(tmp_path_factory.getbasetemp() / "columns", records)
    assert found is not None
    assert len(found) == 4
    assert [list(one) for one in found.records()] == [list(one) for one in records]
    assert typed(found.records()) == typed(records)
    assert len(found.sliced(0, cut)) == len(records[:cut])
    assert typed(found.sliced(0, cut).records()) == typed(records[:cut])
    assert typed(found.sliced(min(cut, 4)).records()) == typed(records[cut:])


@pytest.mark.parametrize(
    "records",
    [
        [],
        [{}, {}],
        [{"id": 1, "v": 1}, {"id": 2}],
        [{"id": 1, "v": 1}, {"v": 2, "id": 2}],
        [{"id": 1, "v": 1}, {"id": 2, "w": 1}],
        [{"id": 1, "v": 1}, 5],
        [{"id": 1, "v": "\uf0261.5"}],
        [{"id": 1, "v": "\ud800"}],
        [{"id": 1, "\ud800": 1}],
        [{"id": 1, "v": 1 << 70}],
    ],
    ids=repr,
)
def test_what_stays_with_dlt(tmp_path: Path, records: list[Any]) -> None:
    assert handed_over(tmp_path / "columns", records) is None


def test_values_of_python_are_marked_as_dlt_marks_them(tmp_path: Path) -> None:
    records = [
        {"id": 1, "v": Decimal("1.5")},
        {"id": 2, "v": datetime(2024, 1, 31, tzinfo=timezone.utc)},
    ]
    found = handed_over(tmp_path / "columns", records)
    assert found is not None
    assert found.may_have_pua


def test_infinities_become_null_as_in_json(tmp_path: Path) -> None:
    found = handed_over(tmp_path / "columns", [{"id": 1, "v": float("inf")}, {"id": 2, "v": 1.5}])
    assert found is not None
    assert found.records() == [{"id": 1, "v": None}, {"id": 2, "v": 1.5}]


def test_nothing_stays(tmp_path: Path) -> None:
    assert handed_over(tmp_path / "columns", PAGES[0])
    assert list(tmp_path.iterdir()) == []


def test_a_mark_of_somebody_else_is_a_record(tmp_path: Path) -> None:
    with Handover(tmp_path / "one") as other:
        mark = other.put(PAGES[0])
        assert mark is not None
    with Handover(tmp_path / "two") as handover:
        assert handover.get([mark]) is None


def test_what_is_not_normalized_by_us_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(UNCOMPRESSED, "true")
    pipeline = dlt.pipeline(
        "items",
        destination=dlt.destinations.duckdb(str(tmp_path / "items.duckdb")),
        pipelines_dir=str(tmp_path / "work"),
    )
    with by_the_column(tmp_path / "columns") as handover:
        pipeline.extract(dlt.resource(PAGES, name="items"), loader_file_format="parquet")
    assert handover is not None
    pipeline.normalize()
    with pytest.raises(RuntimeError, match="columns of items were not read"):
        refuse_marks(handover, pipeline.default_schema)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("NORMALIZE__WORKERS", "2"),
        ("ACME__NORMALIZE__WORKERS", "2"),
        ("SOURCES__DATA_WRITER__DISABLE_COMPRESSION", "false"),
        ("SOURCES__DATA_WRITER__BUFFER_MAX_ITEMS", "2"),
    ],
)
def test_settings_of_dlt(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    duck = Warehouse(Settings(data_dir=tmp_path), {}, lambda: None)
    monkeypatch.setenv(variable, value)
    monkeypatch.setenv("NORMALIZE__START_METHOD", "spawn")  # where it has several processes
    report = Listing(api, duck).load(*PAGES)
    assert (report.rows_loaded, report.rows_in_table) == (6, 6)
    assert sorted(report.columns) == ["_dlt_id", "_dlt_load_id", "id", "name", "of__x"]

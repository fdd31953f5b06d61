"""By the column or record by record: the tables in the database are the same, run after run."""

from collections import defaultdict
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import duckdb
import pytest

from restsrc_dagster.load.report import ResourceReport
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.load.columns.both_ways import IDS, in_trees
from restsrc_dagster_tests.load.surprising import Listing
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Api


def customers(numbers: range, **changed: Any) -> list[dict[str, Any]]:
    return [
        {
            "id": number,
            "fullName": f"Zoë {number} 日本",
            "balance": number / 8,
            "vip": number % 3 == 0,
            "createdAt": f"2024-02-{number % 28 + 1:02}T10:00:00.{number:03}+02:00",
            "note": None if number % 2 else "…",
            "address": {"street": f"Street {number}", "geo": {"lat": 48.2, "lng": 16.4}},
            "orders": [
                {"sku": f"s{line}", "price": 9.5, "tags": ["a", "b"][:line]}
                for line in range(number % 3)
            ],
            **changed,
        }
        for number in numbers
    ]


RUNS = {
    "first": [customers(range(20)), customers(range(20, 40))],
    "again, changed": [customers(range(10, 20), vip=None), customers(range(30, 45), note="new")],
    "a new field": [
        customers(range(5)),
        customers(range(5, 9), phone="1"),
        customers(range(9, 12)),
    ],
    "another type": [customers(range(5)), customers(range(5, 9), balance="none")],
    "other shapes": [customers(range(5), orders=None), customers(range(5, 9), address=None)],
}


@pytest.mark.parametrize(
    "resource",
    [
        {"write_disposition": "append"},
        {"write_disposition": "replace"},
        {"primary_key": "id"},
        {"primary_key": "id", "write_disposition": {"disposition": "merge", "strategy": "upsert"}},
        {
            "primary_key": "id",
            "endpoint": {
                "incremental": {"cursor_path": "createdAt", "initial_value": "2024-01-01"}
            },
        },
    ],
    ids=["append", "replace", "merge", "upsert", "with a cursor"],
)
def test_runs(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, resource: dict[str, Any]
) -> None:
    found = []
    for way in ("columns", "records"):
        if way == "records":
            monkeypatch.setattr("restsrc_dagster.load.load.by_the_column", lambda _: nullcontext())
        file = tmp_path / way / "restsrc_acme.duckdb"
        warehouse = Warehouse(Settings(data_dir=file.parent), {}, lambda: None)
        listing = Listing(api, warehouse, **resource)
        found.append([(told(listing.load(*pages)), tables(file)) for pages in RUNS.values()])
    by_column, by_record = found
    for name, ours, theirs in zip(RUNS, by_column, by_record, strict=True):
        assert (name, ours) == (name, theirs)


def told(report: ResourceReport) -> tuple[Any, ...]:
    return (
        report.rows_loaded,
        report.rows_in_table,
        report.nested_rows,
        report.columns,
        report.changes,
        report.warnings,
        report.cursor_after,
    )


def tables(file: Path) -> dict[str, Any]:
    """What is in the database: columns and rows, the nested ones below their parents."""
    with closing(duckdb.connect(file)) as connection:
        described = connection.execute(
            "SELECT table_name, column_name, data_type, is_nullable "
            "FROM information_schema.columns WHERE table_schema = 'acme'"
        ).fetchall()
        rows, parents = defaultdict(list), {}
        for name in {name for name, *_ in described if name.startswith("items")}:
            found = connection.execute(f"SELECT * FROM acme.{name}")
            columns = [column for column, *_ in found.description or ()]
            rows[name] = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
            parents[name] = "above" if "_dlt_parent_id" in columns else None
        (loads,) = connection.execute("SELECT list(load_id) FROM acme._dlt_loads").fetchall()
    assert {row["_dlt_load_id"] for row in rows["items"]} <= set(loads[0])
    roots = in_trees(rows, parents)["items"]
    return {
        "columns": sorted(described),
        "rows": sorted((without_ids(row) for row in roots), key=repr),
    }


def without_ids(row: dict[str, Any]) -> dict[str, Any]:
    return {
        key: [without_ids(one) for one in value] if isinstance(value, list) else value
        for key, value in sorted(row.items())
        if key not in IDS
    }

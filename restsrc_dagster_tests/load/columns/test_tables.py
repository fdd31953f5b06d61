"""By the column or record by record: the tables in the database are the same, run after run."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import pytest

from restsrc_dagster.extract.conform.fitting import FittingNormalizer
from restsrc_dagster.load.report import ResourceReport
from restsrc_dagster_tests.load.columns.both_ways import IDS, by_the_record, in_trees
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


RESOURCES: dict[str, dict[str, Any]] = {
    "append": {"write_disposition": "append"},
    "replace": {"write_disposition": "replace"},
    "merge": {"primary_key": "id"},
    "upsert": {
        "primary_key": "id",
        "write_disposition": {"disposition": "merge", "strategy": "upsert"},
    },
    "with a cursor": {
        "primary_key": "id",
        "endpoint": {"incremental": {"cursor_path": "createdAt", "initial_value": "2024-01-01"}},
    },
}


@pytest.mark.parametrize(
    ("warehouse", "kind"),
    [*(("duck", kind) for kind in RESOURCES), ("elephant", "append"), ("elephant", "merge")],
    indirect=["warehouse"],
)
def test_runs(api: Api, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    resource = RESOURCES[kind]
    by_column, by_record = both_ways(api, warehouse, monkeypatch, list(RUNS.values()), **resource)
    for name, ours, theirs in zip(RUNS, by_column, by_record, strict=True):
        assert (name, ours) == (name, theirs)


TEXTS = [
    *("", " ", "\\N", "\\.", "a\n\\.\nb", "\\.\n", "a\tb", "a\r\nb\r", "\\", "\\\\", "\\n"),
    *(
        '"',
        '""',
        "'",
        ",",
        "a,b",
        "NULL",
        "null",
        "日本",
        "🦆",
        "\x01\x7f",
        "\u2028",
        "{}",
        "[",
        "x" * 9999,
    ),
]
NUMBERS = [0, -1, 2**53 + 1, 2**63 - 1, -(2**63), 5, 7, 100]
FRACTIONS = [0.1, -0.0, 1e300, 5e-324, 1.7976931348623157e308, 1 / 3, 100.0, -2.5]
TIMES = [
    *("2024-01-31T10:00:00Z", "2024-02-29T23:59:59.123456Z", "1969-12-31T23:59:59.999999+05:30"),
    *("2024-01-31T10:00:00.5-11:45", "1583-01-01T00:00:00Z", "2024-01-31 10:00:00"),
]


TOO_FINE = {
    "price": [0.1 + 0.2, "0.1234567890123", 1],
    "cents": [19.999, "1.125", 7],
    "milliseconds": ["2024-01-31T10:00:00.123956Z", "2024-01-31T10:00:00Z"],
    "seconds": ["10:00:00.9", "10:30:00"],
}
"""Which PostgreSQL rounds; what parquet cannot hold is refused before."""


def extremes(count: int = 48, **more: list[Any]) -> list[dict[str, Any]]:
    def of(values: list[Any], number: int) -> Any:
        return None if number % 7 == 6 else values[number % len(values)]

    return [
        {
            "id": number,
            "text": of(TEXTS, number),
            "whole": of(NUMBERS, number),
            "fraction": of(FRACTIONS, number),
            "truth": of([True, False], number),
            "moment": of(TIMES, number),
            "day": of(["2024-01-31", "1583-01-01"], number),
            "clock": of(["10:30:00", "23:59:59.5"], number),
            "price": of(["1.10", "-0.000000001", "99999999999999999999.5"], number),
            "wei": of([10**30, -1], number),
            "bytes": of(["AAEC/w==", ""], number),
            "document": of([{"a": [1, None, "\\\n\t"]}, [], {}], number),
            "never": None,
            "list": [{"text": of(TEXTS, number + line)} for line in range(number % 3)],
            **{name: of(values, number) for name, values in more.items()},
        }
        for number in range(count)
    ]


HINTS = {
    "day": {"data_type": "date"},
    "clock": {"data_type": "time"},
    "price": {"data_type": "decimal"},
    "cents": {"data_type": "decimal", "precision": 10, "scale": 2},
    "wei": {"data_type": "wei"},
    "milliseconds": {"data_type": "timestamp", "precision": 3},
    "seconds": {"data_type": "time", "precision": 0},
    "bytes": {"data_type": "binary"},
    "document": {"data_type": "json"},
}


def test_whatever_a_column_may_hold(
    api: Api, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = extremes(**(TOO_FINE if warehouse.destination else {}))
    plain = [{key: one[key] for key in one if key not in HINTS} for one in records]
    hints = {"write_disposition": "append"}
    for pages, columns in ([records, records[:9]], HINTS), ([plain[:9], plain], {}):
        ways = both_ways(api, warehouse, monkeypatch, [pages], columns=columns, **hints)
        assert ways[0] == ways[1]
        ((_, found),) = ways[0]
        loaded = [row["text"] for row in found["rows"]]
        assert sorted(loaded, key=repr) == sorted(
            [record["text"] for page in pages for record in page], key=repr
        )


def both_ways(
    api: Api,
    warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    runs: Sequence[Sequence[Any]],
    **resource: Any,
) -> list[list[Any]]:
    """What each run tells and leaves behind, by the column and record by record."""
    found = []
    for way in ("columns", "records"):
        with monkeypatch.context() as patch:
            if way == "records":
                patch.setattr(
                    "restsrc_dagster.load.passes.by_the_column",
                    lambda *_: by_the_record(FittingNormalizer),
                )
                if warehouse.destination:  # PostgreSQL, for which dlt makes INSERT statements
                    patch.setattr("restsrc_dagster.load.passes.loader_file_format", inserts)
            listing = Listing(api, warehouse, **resource)
            found.append([(told(listing.load(*pages)), tables(warehouse)) for pages in runs])
        schemas = (
            "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE '%acme'"
        )
        names = {str(name) for name in warehouse.values(schemas)}
        warehouse.execute(*(f"DROP SCHEMA {name} CASCADE" for name in names))
    return found


def inserts(*_: Any, **__: Any) -> str:
    return "insert_values"


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


def tables(warehouse: Warehouse) -> dict[str, Any]:
    """What is in the database: columns and rows, the nested ones below their parents."""
    with closing(warehouse.connect()) as connection, closing(connection.cursor()) as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type, is_nullable "
            "FROM information_schema.columns WHERE table_schema = 'acme'"
        )
        described = cursor.fetchall()
        rows, parents = defaultdict(list), {}
        for name in {name for name, *_ in described if name.startswith("items")}:
            cursor.execute(f"SELECT * FROM acme.{name}")
            columns = [column for column, *_ in cursor.description or ()]
            rows[name] = [
                {
                    column: bytes(value) if isinstance(value, memoryview) else value
                    for column, value in zip(columns, row, strict=True)
                }
                for row in cursor.fetchall()
            ]
            parents[name] = "above" if "_dlt_parent_id" in columns else None
        cursor.execute("SELECT load_id FROM acme._dlt_loads")
        loads = {load_id for (load_id,) in cursor.fetchall()}
    assert {row["_dlt_load_id"] for row in rows["items"]} <= loads
    roots = in_trees(rows, parents)["items"]
    return {
        "columns": sorted(described),
        # -0.0 and 0.0 are the same: an INSERT of PostgreSQL makes one of the other.
        "rows": sorted((without_ids(row) for row in roots), key=lambda row: (row["id"], repr(row))),
    }


def without_ids(row: dict[str, Any]) -> dict[str, Any]:
    return {
        key: [without_ids(one) for one in value] if isinstance(value, list) else value
        for key, value in sorted(row.items())
        if key not in IDS
    }

"""What goes by the column, and what is said of the rest."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.load.surprising import Listing
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import items

COUNT = 40
"""More than the first steps that go row by row."""
NEW = {"the table is new": 1}
LINES = [{"sku": "a", "price": 1.5}, {"sku": "b", "price": 2.0}]
Records = list[dict[str, Any]]


def records(**fields: Any) -> Records:
    return [{"id": number, **fields} for number in range(COUNT)]


SHAPES: dict[str, dict[str, Any]] = {
    "flat": {"name": "x", "price": 0.5, "count": 3, "is_open": True},
    "nested objects": {"address": {"city": "Paris", "place": {"lat": 48.8, "lon": 2.3}}},
    "lists of objects": {"lines": LINES},
    "lists of values": {"tags": ["new", "old"]},
    "lists in objects": {"order": {"lines": LINES}},
    "empty lists": {"lines": []},
    "a column of nulls alone": {"fax": None},
    "instants": {"at": "2024-01-31T10:00:00Z"},
    "instants with a zone": {"at": "2024-01-31T10:00:00.25+05:30"},
    "dates in texts": {"day": "2024-01-31"},
    "decimals in texts": {"price": "1.10"},
    "unicode": {"name": "日本 🦆 é\u2028", "größe": "ß"},
    "long integers": {"count": 2**63 - 1},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_all_but_the_record_that_makes_the_table_goes_by_the_column(
    api: Api, warehouse: Warehouse, shape: str
) -> None:
    listing, page = Listing(api, warehouse), records(**SHAPES[shape])
    assert listing.load(page, page).row_by_row == NEW
    assert listing.load(page, page).row_by_row == {}


@pytest.mark.parametrize("kind", ["date", "timestamp", "json", "double", "bigint", "bool", "text"])
def test_a_type_that_the_file_names_goes_by_the_column(
    api: Api, warehouse: Warehouse, kind: str
) -> None:
    values = {"date": "2024-01-31", "timestamp": "2024-01-31T10:00:00Z", "json": {"a": [1]}}
    value = {**values, "double": 1, "bigint": 1, "bool": True, "text": "x"}[kind]
    listing = Listing(api, warehouse, columns={"field": {"data_type": kind}})
    listing.load(records(field=value))
    assert listing.load(records(field=value)).row_by_row == {}


def test_a_new_field_takes_few_records_until_it_is_known(api: Api, warehouse: Warehouse) -> None:
    listing = Listing(api, warehouse)
    listing.load(records())
    assert listing.load(records(phone="1")).row_by_row == {"column 'phone': it is new": 1}
    assert listing.load(records(phone="2")).row_by_row == {}


def test_a_field_that_only_the_last_record_has_takes_all_before_it(
    api: Api, warehouse: Warehouse
) -> None:
    listing = Listing(api, warehouse)
    listing.load(records())
    page = [*records(), {"id": COUNT, "phone": "1"}]
    assert listing.load(page).row_by_row == {"column 'phone': it is new": COUNT + 1}


PRICE = {"price": {"data_type": "decimal"}}
WHY: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], str]] = {
    "another type": (
        {"amount": 1},
        {"amount": "n/a"},
        {},
        "column 'amount': a text in a column of type bigint",
    ),
    "a boolean among numbers": (
        {"amount": 1},
        {"amount": True},
        {},
        "column 'amount': a boolean in a column of type bigint",
    ),
    "a decimal": (
        {"price": 1.5},
        {"price": 2.5},
        {"columns": PRICE},
        "column 'price': values of type decimal are read one by one",
    ),
    "another spelling of a time": (
        {"at": "2024-01-31T10:00:00Z"},
        {"at": "2024-01-31T10:00Z"},
        {},
        "column 'at': times that are not all spelled in the one way of ISO 8601 that goes at once",
    ),
    "a list beside objects": (
        {"lines": [{"a": 1}]},
        {"lines": [{"a": 1}, 7]},
        {},
        "items__lines: an object beside other values in a list",
    ),
    "a text in a nested table": (
        {"lines": LINES},
        {"lines": [{"sku": "a", "price": "free"}]},
        {},
        "column 'price' of items__lines: a text in a column of type double",
    ),
    "marks of dlt": (
        {"a": "x"},
        {"a": "\uf026"},
        {},
        "texts with characters by which dlt marks values",
    ),
}


@pytest.mark.parametrize("case", WHY)
def test_the_reason_names_the_column_and_the_kind_of_problem(
    api: Api, warehouse: Warehouse, case: str
) -> None:
    first, then, hints, reason = WHY[case]
    listing = Listing(api, warehouse, **hints)
    listing.load(records(**first))
    found = listing.load(records(**then)).row_by_row
    assert (list(found), sum(found.values())) == ([reason], COUNT)


def test_what_a_contract_discards(api: Api, warehouse: Warehouse) -> None:
    listing = Listing(api, warehouse, schema_contract={"columns": "discard_value"})
    listing.load(records())
    assert listing.load(records(phone="1")).row_by_row == {
        "column 'phone': it is new": 1,
        "schema_contract discards some of it": COUNT - 1,
    }


def test_the_parts_of_a_long_list_are_counted_together(api: Api, duck: Warehouse) -> None:
    in_parts = replace(
        duck,
        settings=replace(duck.settings, commit_after_records=COUNT // 3),
        http={"max_concurrency": 1},
    )
    api.routes["/items"] = lambda asked: {
        "data": records(amount=1)[10 * int(asked.params["page"]) :][:10],
        "pages": COUNT // 10,
    }
    numbered = {"type": "page_number", "base_page": 0, "total_path": "pages"}
    keyed = {**items(paginator=numbered), "primary_key": "id"}
    acme = in_parts.connector(api.url, [{**keyed, "columns": {"amount": {"data_type": "text"}}}])
    lines: list[str] = []
    report = in_parts.load(acme, on_message=lines.append)
    of_types = "column 'amount': an integer in a column of type text"
    assert report.resources["items"].row_by_row == {**NEW, of_types: COUNT - 1}
    assert any("reading goes on" in line for line in lines)


def test_a_destination_of_rows_alone(api: Api, settings: Settings, tmp_path: Path) -> None:
    files = {"type": "filesystem", "bucket_url": str(tmp_path / "files")}
    lake = Warehouse(settings, files, lambda: None)
    found = Listing(api, lake).load(records()).row_by_row
    assert found == {"files of jsonl are written row by row": COUNT}

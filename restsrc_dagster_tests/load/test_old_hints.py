"""Hints that the tables have from another edition of the file decide nothing any more."""

from typing import Any

import pytest

from restsrc_dagster_tests.load.surprising import Listing
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Api

ROWS = "SELECT id, v FROM acme.items"


def by(cursor: str) -> dict[str, Any]:
    return {
        "endpoint": {
            "path": "items", "data_selector": "data", "incremental": {"cursor_path": cursor},
            "paginator": {"type": "json_link", "next_url_path": "next"},
        }
    }  # fmt: skip


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (by("a"), by("b")),
        ({"columns": {"a": {"dedup_sort": "desc"}}}, {"columns": {"b": {"dedup_sort": "desc"}}}),
        ({"columns": {"a": {"dedup_sort": "desc"}}}, by("b")),
    ],
    ids=["another cursor", "another hint", "a cursor instead of a hint"],
)
def test_the_file_says_otherwise_which_version_is_the_newest(
    api: Api, warehouse: Warehouse, before: Any, now: Any
) -> None:
    """Two columns to sort by break the load of each resource."""
    listing = Listing(api, warehouse, primary_key="id")
    listing.load([{"id": 1, "a": 1, "b": 1, "v": "old"}], **before)
    versions = [{"id": 1, "a": 9, "b": 2, "v": "older"}, {"id": 1, "a": 2, "b": 9, "v": "newest"}]
    listing.load(versions, **now)
    assert warehouse.rows(ROWS) == [(1, "newest")]


def test_rows_are_not_deleted_by_a_hint_that_was_taken_back(api: Api, duck: Warehouse) -> None:
    listing = Listing(api, duck, primary_key="id")
    listing.load([{"id": 1, "gone": False, "v": "a"}], columns={"gone": {"hard_delete": True}})
    listing.load([{"id": 1, "gone": True, "v": "b"}])
    assert duck.rows(ROWS) == [(1, "b")]


def test_a_hint_that_the_file_still_has_still_deletes(api: Api, duck: Warehouse) -> None:
    hint = {"columns": {"Gone": {"hard_delete": True}}}
    listing = Listing(api, duck, primary_key="id", **hint)
    listing.load([{"id": 1, "Gone": False, "v": "a"}, {"id": 2, "Gone": False, "v": "a"}])
    listing.load([{"id": 1, "Gone": True, "v": "b"}])
    assert duck.rows(ROWS) == [(2, "a")]


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("insert-only", {}),
        ("insert-only", {"write_disposition": "merge"}),
        ("upsert", {"write_disposition": "merge"}),
        ("scd2", {"primary_key": "id"}),
    ],
    ids=str,
)
def test_a_strategy_that_the_file_names_no_more(
    api: Api, duck: Warehouse, before: str, now: dict[str, Any]
) -> None:
    strategy = {"write_disposition": {"disposition": "merge", "strategy": before}}
    key = {} if before == "scd2" else {"primary_key": "id"}
    listing = Listing(api, duck)
    listing.load([{"id": 1, "v": "a"}, {"id": 2, "v": "a"}], **key, **strategy)
    for v in "bc":
        listing.load([{"id": 1, "v": v}], **({"primary_key": "id"} | now))
    assert duck.rows(ROWS) == [(1, "c"), (2, "a")]


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"strategy": "delete-insert", "source_filter": "id = 1"}, {}),
        ({"strategy": "delete-insert", "source_filter": "id = 1"}, {"disposition": "merge"}),
        ({"strategy": "upsert", "source_filter": "id = 1"}, {"strategy": "upsert"}),
        (
            {"strategy": "delete-insert", "destination_scope": "v <> 'b'"},
            {"strategy": "delete-insert"},
        ),
        ({"strategy": "delete-insert", "deduplicated": True}, {"deduplicated": False}),
    ],
    ids=str,
)
def test_an_option_of_a_merge_that_the_file_names_no_more(
    api: Api, duck: Warehouse, before: dict[str, Any], now: dict[str, Any]
) -> None:
    def way(options: dict[str, Any]) -> dict[str, Any]:
        merge = {"disposition": "merge", "strategy": "delete-insert", **options}
        return {"write_disposition": merge} if options else {}

    listing = Listing(api, duck, primary_key="id")
    listing.load([{"id": 1, "v": "b"}], **way(before))
    listing.load([{"id": 1, "v": "c"}, {"id": 2, "v": "c"}], **way(now))
    assert duck.rows(ROWS) == [(1, "c"), (2, "c")]


@pytest.mark.parametrize(
    "contract",
    [
        {"columns": "freeze"},
        {"columns": "discard_row"},
        {"columns": "discard_value"},
        {"data_type": "discard_row"},
    ],
    ids=str,
)
@pytest.mark.parametrize("is_null", [False, True], ids=["left out", "null"])
def test_a_contract_that_the_file_names_no_more(
    api: Api, duck: Warehouse, contract: dict[str, str], *, is_null: bool
) -> None:
    listing = Listing(api, duck, primary_key="id")
    listing.load([{"id": 1, "v": 1}], schema_contract=contract)
    pages = [{"id": 1, "v": 2, "w": 1}, {"id": 2, "v": "n/a", "w": 2}]
    report = listing.load(pages, **({"schema_contract": None} if is_null else {}))
    assert not report.discarded
    assert duck.rows("SELECT id, v, w FROM acme.items") == [(1, 2, 1), (2, None, 2)]


def test_a_nesting_that_the_file_names_no_more(api: Api, duck: Warehouse) -> None:
    listing = Listing(api, duck, primary_key="id")
    listing.load([{"id": 1}], max_table_nesting=0)
    listing.load([{"id": 1, "of": [{"a": 1}]}])
    assert duck.values("SELECT a FROM acme.items__of") == [1]


def test_versions_told_apart_by_a_column_that_the_file_names_no_more(
    api: Api, duck: Warehouse
) -> None:
    history = {"disposition": "merge", "strategy": "scd2"}
    by_column = {**history, "row_version_column_name": "revision"}
    listing = Listing(api, duck)
    listing.load([{"id": 1, "revision": 1, "v": "a"}], write_disposition=by_column)
    listing.load([{"id": 1, "revision": 1, "v": "b"}], write_disposition=history)
    active = f"{ROWS} WHERE _dlt_valid_to IS NULL"
    assert duck.rows(active) == [(1, "b")]
    listing.load([{"id": 1, "revision": 1, "v": "c"}], write_disposition=history)
    assert duck.rows(active) == [(1, "c")]


@pytest.mark.parametrize(
    "before", [{"merge_key": "day"}, {"columns": {"day": {"merge_key": True}}}], ids=str
)
@pytest.mark.parametrize("still", [True, False])
def test_a_merge_key_that_was_taken_back_deletes_no_group(
    api: Api, duck: Warehouse, before: dict[str, Any], still: bool
) -> None:
    listing = Listing(api, duck, primary_key="id", write_disposition="merge")
    rows = [{"id": 1, "day": "x", "v": "a"}, {"id": 2, "day": "x", "v": "a"}]
    listing.load(rows, **before)
    for v in "bc":
        listing.load([{"id": 1, "day": "x", "v": v}], **(before if still else {}))
    assert duck.rows(ROWS) == [(1, "c")] + [(2, "a")] * (not still)

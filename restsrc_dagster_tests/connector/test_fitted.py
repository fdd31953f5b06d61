"""A connector as its destination can load it: what is refused, and what is written otherwise."""

from typing import Any

import pytest

from restsrc_dagster.connector.abilities import ABILITIES, RULES, TABLE_FORMATS
from restsrc_dagster.connector.fitted import Fitted, fitted
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.settings import TABLE_FORMATS as FORMATS_OF_SETTINGS
from restsrc_dagster.settings import WHERE_MERGE_IS_IMPOSSIBLE, Settings
from restsrc_dagster_tests.support.connectors import connector, items

CURSOR = {"cursor_path": "at", "initial_value": "2024-01-01"}
KEYED = {**items(), "primary_key": "id"}
NEW = {**items(incremental=CURSOR), "primary_key": "id"}
CHILD = items("notes", path="items/{resources.items.id}/notes")
SHARED = {"primary_key": "id", "table_name": "all"}
FILES = {"type": "filesystem", "bucket_url": "file:///x"}
OWN = "or write_disposition of the resource to append or replace"


def fit(
    *resources: Any, settings: Settings | None = None, whole: Any = None, **destination: Any
) -> Fitted:
    acme = connector(
        resources=list(resources), destination={**FILES, **destination}, **(whole or {})
    )
    kind = acme.destination_type((settings or Settings()).destination)
    return fitted(acme, ABILITIES.get(kind), settings or Settings())


def dispositions(found: Fitted) -> dict[str, Any]:
    assert found.refused == ()
    resources = found.connector.resources
    return {name: resources.disposition(name) for name in resources}


REFUSED = [
    (
        {},
        KEYED,
        "is to be merged, which filesystem cannot do without a table format; set "
        "destination.table_format to delta or iceberg, or destination.where_merge_is_impossible to "
        f"append or replace, {OWN}",
    ),
    (
        {"where_merge_is_impossible": "append"},
        KEYED | {"write_disposition": {"disposition": "merge", "strategy": "scd2"}},
        "is to be merged, which filesystem cannot do without a table format; set "
        f"destination.table_format to delta or iceberg, {OWN}",
    ),
    (
        {"table_format": "delta"},
        KEYED | {"write_disposition": {"disposition": "merge", "strategy": "scd2"}},
        "is to be merged by scd2, which filesystem cannot do with delta: it has upsert, "
        "insert-only, cdc; set write_disposition of the resource to append or replace",
    ),
    (
        {"table_format": "iceberg"},
        KEYED | {"columns": {"rev": {"dedup_sort": "desc"}}},
        "has dedup_sort in columns, which filesystem does not heed with iceberg: it merges by "
        "upsert; set destination.where_merge_is_impossible to append or replace, " + OWN,
    ),
    (
        {"where_merge_is_impossible": "replace"},
        KEYED | {"columns": {"gone": {"hard_delete": True}}},
        "has hard_delete in columns, which only a merge heeds; take it out",
    ),
    (
        {"where_merge_is_impossible": "append"},
        KEYED | items(incremental={"cursor_path": "at", "initial_value": 1, "lag": 60}),
        "would be appended, and by the lag of items each run reads records again that have not "
        "changed; take it out, or set where_merge_is_impossible to replace",
    ),
    (
        {},
        items() | {"table_format": "hive"},
        "'hive' is a table format that filesystem does not have; it has delta, iceberg",
    ),
    (
        {"type": "athena", "table_format": "hive"},
        KEYED,
        "is to be merged, which athena cannot do with hive; set destination.table_format to "
        f"iceberg, or destination.where_merge_is_impossible to append or replace, {OWN}",
    ),
    (
        {"type": "sqlalchemy"},
        KEYED | {"write_disposition": {"disposition": "merge", "strategy": "upsert"}},
        "is to be merged by upsert, which sqlalchemy cannot do: it has delete-insert, scd2; set "
        "destination.where_merge_is_impossible to append or replace, " + OWN,
    ),
]


@pytest.mark.parametrize(("destination", "resource", "message"), REFUSED)
def test_is_refused_with_the_cure(
    destination: dict[str, Any], resource: dict[str, Any], message: str
) -> None:
    (refusal,) = fit(resource, **destination).refused
    assert (refusal.path, refusal.resource) == ("configuration.resources[0]", "items")
    assert refusal.message == message


def test_a_child_without_a_key_is_refused_where_only_keys_are_merged_by() -> None:
    (refusal,) = fit(NEW, CHILD, table_format="delta").refused
    assert refusal.resource == "notes"
    assert refusal.message == (
        "is to replace the rows of a parent that is read again without a primary_key, which "
        "filesystem cannot do with delta: it has upsert; name a primary_key, with "
        "include_from_parent for the parent's part, or set destination.where_merge_is_impossible "
        f"to append or replace, {OWN}"
    )


@pytest.mark.parametrize("table_format", ["delta", "iceberg"])
def test_a_format_is_that_of_each_resource_that_names_none(table_format: str) -> None:
    own = items("own") | {"table_format": "native", "write_disposition": "append"}
    for found in (
        fit(KEYED, own, table_format=table_format),
        fit(KEYED, own, settings=Settings(table_format=table_format)),
    ):
        assert dispositions(found) == {"items": "merge", "own": "append"}
        formats = [one.hints["table_format"] for one in found.connector.resources.values()]
        assert formats == [table_format, "native"]


def test_a_format_that_the_destination_does_not_have() -> None:
    for found, setting in (
        (fit(items(), type="duckdb", table_format="delta"), "destination.table_format"),
        (
            fitted(connector(), ABILITIES["duckdb"], Settings(table_format="delta")),
            "RESTSRC_TABLE_FORMAT",
        ),
    ):
        (refusal,) = found.refused
        assert (refusal.path, refusal.resource) == (setting, None)
        assert refusal.message == (
            "'delta' is a table format that duckdb does not have; it has none"
        )
    elsewhere = fit(KEYED, type="duckdb", settings=Settings(table_format="delta"))
    assert dispositions(elsewhere) == {"items": "merge"}, "that is of the deployment's buckets"


def test_what_is_new_is_appended_and_what_is_read_as_a_whole_is_replaced() -> None:
    log = fit(NEW, CHILD, {**items("all"), "primary_key": "id"}, where_merge_is_impossible="append")
    assert dispositions(log) == {"items": "append", "notes": "append", "all": "replace"}
    assert log.connector.resources["notes"].hints["include_from_parent"] == ["id"]
    assert log.instead == {
        "items": "is appended, as filesystem cannot merge it: a record that has changed is one "
        "more row, and the newest one of a key counts",
        "notes": "is appended, as filesystem cannot merge it: a record that has changed is one "
        "more row, and the newest one of a key counts",
        "all": "is read as a whole and replaced in each run, as filesystem cannot merge it",
    }
    whole = fit(NEW, CHILD, settings=Settings(where_merge_is_impossible="replace"))
    assert dispositions(whole) == {"items": "replace", "notes": "replace"}
    assert whole.connector.resources["notes"].hints["include_from_parent"] == ["id"]


def test_a_parent_that_is_no_table_is_read_as_a_whole_with_its_child() -> None:
    found = fit({**NEW, "selected": False}, CHILD, where_merge_is_impossible="replace")
    assert dispositions(found) == {"items": "replace", "notes": "replace"}


def test_nothing_is_replaced_by_the_children_of_some_parents() -> None:
    log = items(incremental=CURSOR)
    (refusal,) = fit(log, CHILD, where_merge_is_impossible="replace").refused
    assert refusal.resource == "notes"
    assert refusal.message == (
        "cannot be replaced, as items, below which it is read, brings only what is new by its "
        "cursor; name write_disposition append in the resource, or read items without a cursor"
    )


def test_two_resources_of_one_table_are_appended_or_refused() -> None:
    shared = [{**NEW, "table_name": "all"}, {**items("more", incremental=CURSOR), **SHARED}]
    log = fit(*shared, where_merge_is_impossible="append")
    assert dispositions(log) == {"items": "append", "more": "append"}
    for resources, rule in (
        (shared, "replace"),
        ([{**items(), **SHARED}, {**items("more"), **SHARED}], "append"),
    ):
        refused = fit(*resources, where_merge_is_impossible=rule).refused
        assert [refusal.message for refusal in refused] == [
            f"cannot be replaced, as {other} has rows in the same table; give each a table of its "
            "own"
            for other in ("more", "items")
        ]


def test_what_can_be_merged_and_what_is_unknown_stays_as_it_is() -> None:
    acme: Connector = connector(resources=[NEW, CHILD])
    settings = Settings(where_merge_is_impossible="append")
    for abilities in (ABILITIES["duckdb"], None):
        assert fitted(acme, abilities, settings) == Fitted(connector=acme)


def test_settings_take_what_a_file_takes() -> None:
    assert (FORMATS_OF_SETTINGS, WHERE_MERGE_IS_IMPOSSIBLE) == (TABLE_FORMATS, RULES)

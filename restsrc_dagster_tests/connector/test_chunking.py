"""Which resources may be committed while they are read."""

from typing import Any

import pytest

from restsrc_dagster.connector.resources.chunking import chunked_with, chunking
from restsrc_dagster_tests.support.connectors import connector, items

CURSOR = {"cursor_path": "at", "start_param": "since"}
ASCENDING = items("posts", incremental={**CURSOR, "row_order": "asc"})
KEYED = {**ASCENDING, "primary_key": "id"}
CHILD = items("notes", path="posts/{resources.posts.id}/notes")
APPENDED = {**CHILD, "write_disposition": "append"}


@pytest.mark.parametrize(
    ("resources", "kind"),
    [
        ([ASCENDING], "cursor"),
        ([KEYED], "cursor"),
        ([ASCENDING, CHILD], "cursor"),
        ([ASCENDING, APPENDED], "cursor"),
        ([KEYED, CHILD], "cursor"),
        # The records at the start of a chunk come again, and so do the children of theirs.
        ([KEYED, APPENDED], None),
        # It would move, and pass over what older records of the parents to come have.
        ([ASCENDING, {**CHILD, "endpoint": {**CHILD["endpoint"], "incremental": CURSOR}}], None),
        ([ASCENDING, {**CHILD, "write_disposition": "replace"}], None),
    ],
)
def test_a_parent_and_what_hangs_on_it(resources: list[Any], kind: str | None) -> None:
    assert chunking(connector(resources=resources).resources, "posts") == kind


VALUES = {"regions": ["eu", "us"], "kinds": ["a", "b"]}
OF_VALUES = items("orders", path="of/{resources.regions.value}", paginator="single_page")
OF_VALUES = {**OF_VALUES, "primary_key": "id"}
LISTED = {**items("posts", paginator="single_page"), "primary_key": "id"}
WINDOWED = {**CURSOR, "initial_value": "2024-01-01", "end_param": "until"}
IN_WINDOWS = {**CHILD, "endpoint": {**CHILD["endpoint"], "incremental": WINDOWED}}
READING = {"notes": {"window": {"size": "1 day"}}}


def with_cursor(resource: dict[str, Any], **cursor: Any) -> dict[str, Any]:
    endpoint = {**resource["endpoint"], "incremental": {**CURSOR, **cursor}}
    return {"name": resource["name"], "endpoint": endpoint}


BELOW = items("lines", path="orders/{resources.orders.id}/lines", paginator="single_page")


@pytest.mark.parametrize(
    ("resources", "found"),
    [
        ([OF_VALUES], "orders"),
        ([{**OF_VALUES, "write_disposition": "append"}], None),
        ([{**OF_VALUES, "write_disposition": "replace"}], None),
        ([{**OF_VALUES, "write_disposition": {"disposition": "merge", "strategy": "scd2"}}], None),
        ([{**OF_VALUES, "merge_key": "day"}], None),
        ([with_cursor(OF_VALUES)], "orders"),
        ([with_cursor(OF_VALUES, initial_value=1, end_value=9)], None),
        ([with_cursor(OF_VALUES, on_cursor_value_missing="include")], None),
        # Of each value once; of a record that comes again they would be there twice.
        ([with_cursor(OF_VALUES), {**BELOW, "write_disposition": "append"}], "orders"),
        ([OF_VALUES, {**BELOW, "write_disposition": "append"}], None),
        ([OF_VALUES, BELOW], None),
        ([OF_VALUES, {**BELOW, "primary_key": "id"}], "orders"),
        ([OF_VALUES, with_cursor(BELOW)], "orders"),
        ([LISTED, IN_WINDOWS], "notes"),
        ([{**LISTED, "write_disposition": "replace"}, IN_WINDOWS], "notes"),
        ([{**LISTED, "write_disposition": "append"}, IN_WINDOWS], None),
        ([with_cursor(LISTED), IN_WINDOWS], None),
    ],
)
def test_between_two_parents(resources: list[Any], found: str | None) -> None:
    reading = READING if IN_WINDOWS in resources else {}
    values = VALUES if resources[0]["name"] == "orders" else {}
    made = connector(resources=resources, values=values, reading=reading).resources
    assert [name for name in made if chunking(made, name)] == ([found] if found else [])
    assert {chunked_with(made, name) for name in made if found} <= {found, None}


def test_where_something_is_kept_for_all_parents_or_waited_for() -> None:
    for said in ({"cursor": "shared"}, {"wait_until": "done"}):
        reading = {"notes": {**READING["notes"], **said}}
        made = connector(resources=[LISTED, IN_WINDOWS], reading=reading).resources
        assert chunking(made, "notes") is None


def test_what_takes_longest_is_left_between_parents() -> None:
    """Windows of the records below a value, and not the value with all of them."""
    posts = {**LISTED, "endpoint": {**LISTED["endpoint"], "path": "p/{resources.regions.value}"}}
    resources = [posts, IN_WINDOWS]
    made = connector(resources=resources, values={"regions": ["eu"]}, reading=READING).resources
    assert {name: chunking(made, name) for name in made} == {"posts": None, "notes": "parents"}

"""A file that is edited between two runs: what was loaded before is neither lost nor doubled."""

from typing import Any

import pytest

from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import items

pytestmark = pytest.mark.usefixtures("foretold")

KEY = {"primary_key": "id"}
CURSOR = {"cursor_path": "at", "initial_value": "1970-01-01"}
RECORDS = [
    {"id": number, "at": f"2024-01-0{number}", "made": f"2023-01-0{number}", "tags": ["a", "b"]}
    for number in (1, 2, 3)
]


def described(cursor: str | None = None, **keys: Any) -> dict[str, Any]:
    endpoint = {"incremental": {**CURSOR, "cursor_path": cursor}} if cursor else {}
    return items(**endpoint) | keys


@pytest.fixture(autouse=True)
def serve(api: Api) -> None:
    api.routes["/items"] = lambda _: {"data": [dict(record) for record in RECORDS]}


@pytest.mark.parametrize("after", [described(**KEY), described("at"), described("at", **KEY)])
def test_a_table_that_was_replaced_begins_anew(
    api: Api, warehouse: Warehouse, after: dict[str, Any]
) -> None:
    """Its nested tables could not be merged, and appended rows would be there twice."""
    warehouse.load(warehouse.connector(api.url, [described()]))
    for _ in range(2):
        report = warehouse.load(warehouse.connector(api.url, [after]))
        assert not report.failed
        assert warehouse.values("SELECT id FROM acme.items") == [1, 2, 3]
        assert len(warehouse.rows("SELECT value FROM acme.items__tags")) == 6


def test_children_whose_parent_gets_a_cursor_begin_anew(api: Api, duck: Warehouse) -> None:
    for number in (1, 2, 3):
        api.routes[f"/items/{number}/parts"] = lambda asked: {"data": [{"of": asked.path}]}
    parts = items("parts", path="items/{resources.items.id}/parts")
    duck.load(duck.connector(api.url, [described(), parts]))
    for _ in range(2):
        duck.load(duck.connector(api.url, [described("at"), parts]))
        assert len(duck.rows("SELECT of FROM acme.parts")) == 3


@pytest.mark.parametrize("key", [{}, KEY, {"write_disposition": "append"}])
def test_children_whose_parent_loses_its_cursor(
    api: Api, duck: Warehouse, key: dict[str, Any]
) -> None:
    for number in (1, 2, 3):
        api.routes[f"/items/{number}/parts"] = lambda asked: {"data": [{"id": asked.path}]}
    parts = items("parts", path="items/{resources.items.id}/parts") | key
    duck.load(duck.connector(api.url, [described("at", **KEY), parts]))
    for times in (1, 2):
        report = duck.load(duck.connector(api.url, [described(**KEY), parts]))
        assert not report.failed
        appended = 3 * times if "write_disposition" in key else 0
        assert len(duck.rows("SELECT id FROM acme.parts")) == 3 + appended


@pytest.mark.parametrize("after", [KEY, {"cursor": True}])
def test_children_that_get_a_key_or_a_cursor_begin_anew(
    api: Api, duck: Warehouse, after: dict[str, Any]
) -> None:
    """Their rows told the parent, by which they were replaced."""
    for number in range(1, 4):
        api.routes[f"/items/{number}/parts"] = lambda asked: {"data": [{"id": asked.path, "n": 1}]}
    parts = items("parts", path="items/{resources.items.id}/parts")
    top = described("at", **KEY)
    duck.load(duck.connector(api.url, [top, parts]))
    cursor = {"incremental": {"cursor_path": "n"}}
    other = {**parts, "endpoint": parts["endpoint"] | cursor} if "cursor" in after else parts | KEY
    assert duck.load(duck.connector(api.url, [top, other])).refreshed == {"parts"}
    report = duck.load(duck.connector(api.url, [top, other]))
    assert not report.refreshed
    assert not report.failed
    assert len(duck.rows("SELECT id FROM acme.parts")) == 3


def test_replaced_children_with_a_column_that_is_never_empty_do_not_begin_anew(
    api: Api, duck: Warehouse
) -> None:
    for number in range(1, 4):
        api.routes[f"/items/{number}/parts"] = lambda _: {"data": [{"_n": 1}]}
    parts = items("parts", path="items/{resources.items.id}/parts")
    hinted = parts | {"columns": {"_n": {"nullable": False}}}
    acme = duck.connector(api.url, [described("at", **KEY), hinted])
    for _ in range(2):
        assert not duck.load(acme).refreshed
    assert len(duck.rows("SELECT _n FROM acme.parts")) == 3


def test_a_replaced_table_may_have_empty_what_it_never_had(api: Api, duck: Warehouse) -> None:
    hinted = described(columns={"made": {"nullable": False}})
    duck.load(duck.connector(api.url, [hinted]))
    api.routes["/items"] = lambda _: {"data": [{"id": 1, "made": None}]}
    assert duck.load(duck.connector(api.url, [described()])).refreshed == {"items"}
    assert not duck.load(duck.connector(api.url, [described()])).refreshed


def test_an_appended_table_with_nested_ones_is_not_merged_without_a_word(
    api: Api, duck: Warehouse
) -> None:
    duck.load(duck.connector(api.url, [described("at")]))
    asked = len(api.asked)
    merged = duck.connector(api.url, [described("at", **KEY)])
    assert duck.failure(merged) == (
        "items: was appended so far and is to be merged, which its nested tables do not allow; run "
        "it once with full_refresh, which empties its table and reads everything again"
    )
    assert len(api.asked) == asked
    report = duck.load(merged, refresh=["items"])
    assert report.resources["items"].rows_in_table == 3
    assert not duck.load(merged).failed


def test_another_cursor_appends_nothing_again(api: Api, duck: Warehouse) -> None:
    duck.load(duck.connector(api.url, [described("at")]))
    changed = duck.connector(api.url, [described("made")])
    assert duck.failure(changed).startswith("items: has another cursor now, made: all that is ")
    assert duck.load(changed, refresh=["items"]).resources["items"].rows_in_table == 3
    assert duck.load(changed).resources["items"].rows_in_table == 3


@pytest.mark.parametrize("of", ["a list", "children"])
def test_a_cursor_that_turns_round_appends_nothing_again(
    api: Api, duck: Warehouse, of: str
) -> None:
    api.routes["/lists"] = lambda _: {"data": [{"id": "items"}]}

    def by(which: str) -> Any:
        one = described("at")
        if of == "children":
            one["endpoint"]["path"] = "{resources.lists.id}"
        one["endpoint"]["incremental"] = {"cursor_path": "at", "last_value_func": which}
        return duck.connector(api.url, [one, *([items("lists")] if of == "children" else [])])

    duck.load(by("max"))
    assert not duck.load(by("max")).failed
    assert (
        duck.load(by("min"))
        .failed["items"]
        .args[0]
        .startswith(
            "items: had its cursor by max so far, and turns round now: all that is there already "
        )
    )
    assert duck.values("SELECT id FROM acme.items") == [1, 2, 3]


@pytest.mark.parametrize(
    ("cursor", "before", "after", "told"),
    [
        (None, "id", "made", "by the key id so far, and has made now"),
        ("at", "id", ["made", "id"], "by the key id so far, and has id, made now"),
        (None, ["id", "made"], "id", "by the key id, made so far, and has id now"),
    ],
    ids=str,
)
def test_another_key_doubles_nothing(
    api: Api, warehouse: Warehouse, before: Any, after: Any, told: str, cursor: str | None
) -> None:
    warehouse.load(warehouse.connector(api.url, [described(cursor, primary_key=before)]))
    changed = warehouse.connector(api.url, [described(cursor, primary_key=after)])
    failure = warehouse.failure(changed)
    assert told in failure
    assert "run it once with full_refresh" in failure
    assert warehouse.load(changed, refresh=["items"]).resources["items"].rows_in_table == 3
    for _ in range(2):
        assert warehouse.load(changed).resources["items"].rows_in_table == 3


def test_another_table_does_not_begin_in_the_middle(api: Api, duck: Warehouse) -> None:
    duck.load(duck.connector(api.url, [described("at", **KEY)]))
    RECORDS.append({"id": 4, "at": "2024-01-04", "made": "2023-01-04"})
    try:
        moved = duck.connector(api.url, [described("at", **KEY, table_name="things")])
        assert "another table than items now" in duck.failure(moved)
        duck.load(moved, refresh=["items"])
        for _ in range(2):
            assert duck.load(moved).resources["items"].rows_in_table == 4
    finally:
        RECORDS.pop()


@pytest.mark.parametrize("change", [{"write_disposition": "append"}, {"key": None}], ids=str)
def test_what_was_merged_is_not_appended_twice(
    api: Api, duck: Warehouse, change: dict[str, Any]
) -> None:
    duck.load(duck.connector(api.url, [described("at", **KEY)]))
    hints = {} if "key" in change else {**KEY, **change}
    appended = duck.connector(api.url, [described("at", **hints)])
    assert "is to be appended: rows that are there would be there twice" in duck.failure(appended)
    duck.load(appended, refresh=["items"])
    for _ in range(2):
        assert duck.load(appended).resources["items"].rows_in_table == 3


@pytest.mark.parametrize("change", ["another parent", "another field", "one more field", "path"])
def test_a_childs_cursors_hold_for_what_it_binds(api: Api, duck: Warehouse, change: str) -> None:
    for path in ("/items/1/parts", "/items/2/parts", "/items/3/parts", "/v2/items/1/parts"):
        api.routes[path] = lambda _: {"data": [{"n": 1, "at": "2024-01-05"}]}
    api.routes["/others"] = lambda _: {"data": [{"id": 1}]}
    before, after, params = "items/{resources.items.id}/parts", "", {}
    match change:
        case "another parent":
            after = "items/{resources.others.id}/parts"
        case "another field":
            after = "items/{resources.items.n}/parts"
        case "one more field":
            after, params = before, {"made": "{resources.items.made}"}
        case "path":  # the same parents
            after = f"{before}?v=2"
    RECORDS[:] = [{**record, "n": record["id"]} for record in RECORDS]

    def parts(path: str, params: dict[str, str]) -> dict[str, Any]:
        return items("parts", path=path, incremental={**CURSOR}, params=params)

    duck.load(duck.connector(api.url, [described(), items("others"), parts(before, {})]))
    edited = duck.connector(api.url, [described(), items("others"), parts(after, params)])
    failed = duck.load(edited).failed
    if change == "path":
        assert not failed
    else:
        assert "had its cursors by id of items so far, and binds " in str(failed["parts"])
        assert not duck.load(edited, refresh=["parts"]).failed
    assert not duck.load(edited).failed
    count = 1 if change == "another parent" else 3
    assert len(duck.values("SELECT n FROM acme.parts")) == count


@pytest.mark.parametrize("way", [{}, {**KEY, "write_disposition": "append"}])
def test_what_was_merged_without_a_cursor_is_not_appended_with_one(
    api: Api, duck: Warehouse, way: dict[str, Any]
) -> None:
    duck.load(duck.connector(api.url, [described(**KEY)]))
    changed = duck.connector(api.url, [described("at", **way)])
    assert duck.failure(changed).startswith("items: was merged so far and is to be appended")
    assert duck.values("SELECT id FROM acme.items") == [1, 2, 3]


def test_a_resource_that_was_not_selected_was_not_loaded(api: Api, duck: Warehouse) -> None:
    for number in range(1, 6):
        api.routes[f"/items/{number}/parts"] = lambda asked: {"data": [{"id": asked.path}]}
    parts = items("parts", path="items/{resources.items.id}/parts") | KEY
    top, away = described("at", **KEY), {"selected": False}
    duck.load(duck.connector(api.url, [top, parts]))
    RECORDS.append({"id": 4, "at": "2024-01-04"})
    try:
        duck.load(duck.connector(api.url, [top, parts | away]))
    finally:
        RECORDS.pop()
    assert duck.load(duck.connector(api.url, [top, parts])).late == {"parts"}


@pytest.mark.parametrize("hints", [KEY, {}])
def test_a_parent_that_was_read_for_its_children_is_not_loaded_in_part(
    api: Api, duck: Warehouse, hints: dict[str, Any]
) -> None:
    for number in range(1, 4):
        api.routes[f"/items/{number}/parts"] = lambda asked: {"data": [{"id": asked.path}]}
    parts = items("parts", path="items/{resources.items.id}/parts") | KEY
    top = described("at", **hints)
    duck.load(duck.connector(api.url, [top | {"selected": False}, parts]))
    both = duck.connector(api.url, [top, parts])
    assert str(duck.load(both).failed["items"]).startswith(
        "items: was read for its children only so far, and its cursor has passed records"
    )
    assert duck.load(both, refresh=["items"]).resources["items"].rows_in_table == 3
    assert not duck.load(both).failed


@pytest.mark.parametrize("hints", [KEY, {}])
@pytest.mark.parametrize("meanwhile", [items("other"), described("at", name="other")])
def test_a_resource_that_was_away_goes_on_from_its_cursor(
    api: Api, warehouse: Warehouse, hints: dict[str, Any], meanwhile: dict[str, Any]
) -> None:
    api.routes["/other"] = api.routes["/items"]
    here = warehouse.connector(api.url, [described("at", **hints)])
    away = warehouse.connector(api.url, [meanwhile])
    warehouse.load(here)
    warehouse.load(away)
    RECORDS.append({"id": 4, "at": "2024-01-04", "tags": ["a"]})
    try:
        warehouse.load(away)
        report = warehouse.load(here)
    finally:
        RECORDS.pop()
    assert not report.failed
    assert report.resources["items"].rows_loaded <= 2, "the new one, and the last one again"
    assert warehouse.values("SELECT id FROM acme.items") == [1, 2, 3, 4]


def test_a_family_that_was_away_is_whole_afterwards(api: Api, duck: Warehouse) -> None:
    for number in range(1, 5):
        api.routes[f"/items/{number}/parts"] = lambda asked: {"data": [{"of": asked.path}]}
    family = [described("at", **KEY), items("parts", path="items/{resources.items.id}/parts")]
    duck.load(duck.connector(api.url, family))
    duck.load(duck.connector(api.url, [items("other", path="items")]))
    RECORDS.append({"id": 4, "at": "2024-01-04"})
    try:
        report = duck.load(duck.connector(api.url, family))
    finally:
        RECORDS.pop()
    assert not report.failed
    assert duck.values("SELECT id FROM acme.items") == [1, 2, 3, 4]
    assert len(duck.rows("SELECT of FROM acme.parts")) == 4


def test_a_resource_that_was_away_and_then_read_for_its_children_is_not_loaded_in_part(
    api: Api, duck: Warehouse
) -> None:
    for number in range(1, 5):
        api.routes[f"/items/{number}/parts"] = lambda asked: {"data": [{"of": asked.path}]}
    top, parts = described("at", **KEY), items("parts", path="items/{resources.items.id}/parts")
    duck.load(duck.connector(api.url, [top]))
    duck.load(duck.connector(api.url, [items("other", path="items")]))
    RECORDS.append({"id": 4, "at": "2024-01-04"})
    try:
        duck.load(duck.connector(api.url, [top | {"selected": False}, parts]))
    finally:
        RECORDS.pop()
    failed = duck.load(duck.connector(api.url, [top, parts])).failed
    assert "items: was read for its children only so far" in str(failed["items"])


def test_a_history_is_not_updated_row_by_row(api: Api, duck: Warehouse) -> None:
    def by(strategy: str) -> Any:
        way = {"write_disposition": {"disposition": "merge", "strategy": strategy}}
        return duck.connector(api.url, [described(**KEY, **way, max_table_nesting=0)])

    duck.load(by("scd2"))
    assert duck.failure(by("upsert")).startswith("items: kept each version of a row so far (scd2)")
    assert duck.load(by("upsert"), refresh=["items"]).resources["items"].rows_in_table == 3
    assert not duck.load(by("upsert")).failed


@pytest.mark.parametrize("table", ["items", "things"])
def test_another_name_for_the_resource_of_a_table(api: Api, duck: Warehouse, table: str) -> None:
    named = {"table_name": table}
    duck.load(duck.connector(api.url, [described("at") | (named if table == "things" else {})]))
    renamed = duck.connector(api.url, [described("at") | named | {"name": "all"}])
    assert duck.failure(renamed).startswith("all: loads into the table of items, which the file ")
    assert duck.load(renamed, refresh=["all"]).resources["all"].rows_in_table == 3
    assert duck.load(renamed).resources["all"].rows_in_table == 3


def test_the_same_key_said_in_another_way_is_no_other(api: Api, duck: Warehouse) -> None:
    duck.load(duck.connector(api.url, [described("at", primary_key=["id", "made"])]))
    hints = {"columns": {"made": {"primary_key": True}, "id": {"primary_key": True}}}
    for keys in ({"primary_key": ["made", "id"]}, hints):
        report = duck.load(duck.connector(api.url, [described("at", **keys)]))
        assert not report.failed
        assert report.resources["items"].rows_in_table == 3


def test_others_are_loaded_all_the_same(api: Api, duck: Warehouse) -> None:
    api.routes["/others"] = lambda _: {"data": [{"id": 1}]}
    duck.load(duck.connector(api.url, [described("at")]))
    report = duck.load(duck.connector(api.url, [described("made"), items("others")]))
    assert set(report.failed) == {"items"}
    assert report.resources["others"].rows_in_table == 1

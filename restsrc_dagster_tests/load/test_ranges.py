"""A range that is read again: its rows are as the API has them, and nothing else changes."""

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from restsrc_dagster.errors import RestsrcError
from restsrc_dagster.load.ranges.ranges import Between
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import items

FIRST = datetime(2026, 1, 1, tzinfo=timezone.utc)
DAY = timedelta(days=1)
NUMBERED = {"type": "page_number", "base_page": 1, "total_path": None}
SPELLINGS: dict[str, Callable[[datetime], Any]] = {
    "Z": lambda at: f"{at:%Y-%m-%dT%H:%M:%SZ}",
    "offset": lambda at: f"{at + timedelta(hours=2):%Y-%m-%dT%H:%M:%S.000+02:00}",
    "space": lambda at: f"{at:%Y-%m-%d %H:%M:%S}",
    "date": lambda at: f"{at:%Y-%m-%d}",
    "seconds": lambda at: int(at.timestamp()),
    "milliseconds": lambda at: int(at.timestamp() * 1000),
    "digits": lambda at: str(int(at.timestamp())),
    "compact": lambda at: int(f"{at:%Y%m%d}"),
    "compact time": lambda at: f"{at:%Y%m%d%H%M%S}",
    "mail": lambda at: f"{at:%a, %d %b %Y %H:%M:%S GMT}",
}


def between(first: float, end: float) -> Between:
    """From the noon of one day to that of another; both count from 1 January."""
    noon = FIRST + DAY / 2
    return Between(noon + first * DAY, noon + end * DAY)


class Listing:
    """Ten records, one at each midnight from 1 January on, whose text can be changed unseen."""

    def __init__(self, api: Api, spelled: Callable[[datetime], Any] = SPELLINGS["Z"]) -> None:
        self.api, self.text = api, "old"
        self.records = [{"id": number, "at": spelled(FIRST + number * DAY)} for number in range(10)]
        self.size = 100
        self.asked: list[Asked] = []
        api.routes["/items"] = self.page
        for number in range(12):
            api.routes[f"/items/{number}/notes"] = lambda _, number=number: {
                "data": [{"of": number, "text": self.text}]
            }

    def page(self, asked: Asked) -> Any:
        self.asked.append(asked)
        first = self.size * (int(asked.params.get("page", 1)) - 1)
        listed = [{**record, "text": self.text} for record in self.records]
        return {"data": listed[first : first + self.size]}


def resource(initial: Any, **endpoint: Any) -> dict[str, Any]:
    cursor = {"cursor_path": "at", "initial_value": initial, "start_param": "since"}
    listed = items(**{"incremental": {**cursor, "end_param": "until"}, **endpoint})
    return {**listed, "primary_key": "id"}


def texts(warehouse: Warehouse, table: str = "items", key: str = "id") -> dict[int, str]:
    rows = warehouse.rows(f"SELECT {key}, text FROM acme.{table}")
    assert len(rows) == len({row[0] for row in rows}), "no row is there twice"
    return dict(rows)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_range_is_read_and_merged_and_the_cursor_stays(
    api: Api, duck: Warehouse, spelling: str
) -> None:
    spelled = SPELLINGS[spelling]
    listing = Listing(api, spelled)
    acme = duck.connector(api.url, [resource(spelled(FIRST - 8000 * DAY))])
    before = duck.load(acme).resources["items"].cursor_after
    listing.text = "new"
    duck.load(acme, between=between(2, 5))
    changed = {number for number, text in texts(duck).items() if text == "new"}
    day = (
        {2} if spelling in ("date", "compact") else set()
    )  # the whole day in which the range begins
    assert changed == {3, 4, 5} | day
    after = duck.load(acme).resources["items"]
    assert after.cursor_before == before
    asked = listing.asked[1].params
    assert set(asked) == {"since", "until"}
    assert type(spelled(FIRST))(asked["since"]) < type(spelled(FIRST))(asked["until"])


def test_what_is_sent_is_written_as_the_cursor_is(api: Api, duck: Warehouse) -> None:
    for spelling, since, until in (
        ("Z", "2026-01-03T12:00:00Z", "2026-01-06T12:00:00Z"),
        ("offset", "2026-01-03T14:00:00.000+02:00", "2026-01-06T14:00:00.000+02:00"),
        ("space", "2026-01-03 12:00:00", "2026-01-06 12:00:00"),
        ("date", "2026-01-03", "2026-01-07"),
        ("milliseconds", "1767441600000", "1767700800000"),
        ("mail", "Sat, 03 Jan 2026 12:00:00 GMT", "Tue, 06 Jan 2026 12:00:00 GMT"),
    ):
        listing = Listing(api, SPELLINGS[spelling])
        initial = SPELLINGS[spelling](FIRST - 8000 * DAY)
        one = {**resource(initial), "table_name": f"items_{spelling}"}
        duck.load(duck.connector(api.url, [one]), between=between(2, 5), refresh=())
        asked = listing.asked[-1].params
        assert (asked["since"], asked["until"]) == (since, until), spelling


@pytest.mark.parametrize(
    ("size", "concurrency", "commit"), [(1, 4, 1), (3, 1, 1), (3, 4, 500_000), (100, 1, 1)]
)
def test_pages_and_chunks_do_not_matter(
    api: Api, duck: Warehouse, size: int, concurrency: int, commit: int
) -> None:
    object.__setattr__(duck.settings, "commit_after_records", commit)
    listing = Listing(api)
    listing.size = size
    one = resource("2000-01-01T00:00:00Z", paginator=NUMBERED)
    acme = duck.connector(api.url, [one], http={"max_concurrency": concurrency})
    duck.load(acme)
    state = duck.state()
    listing.text = "new"
    duck.load(acme, between=between(2, 5))
    assert {number for number, text in texts(duck).items() if text == "new"} == {3, 4, 5}
    assert duck.state() == state, "whatever is remembered is as it was"


@pytest.mark.parametrize(
    ("selected", "key"),
    [(["items"], {}), (["notes"], {"primary_key": "of"}), (["items", "notes"], {})],
    ids=str,
)
def test_children_are_read_again_with_their_parents(
    api: Api, warehouse: Warehouse, selected: list[str], key: dict[str, Any]
) -> None:
    listing = Listing(api)
    notes = {**items("notes", path="items/{resources.items.id}/notes"), **key}
    acme = warehouse.connector(api.url, [resource("2000-01-01T00:00:00Z"), notes])
    warehouse.load(acme)
    state = warehouse.state()
    listing.text = "new"
    warehouse.load(acme, *selected, between=between(2, 5))
    for table, column in (("items", "id"), ("notes", "of")):
        found = texts(warehouse, table, column)
        assert set(found) == set(range(10))
        assert {number for number, text in found.items() if text == "new"} == {3, 4, 5}, table
    assert warehouse.state() == state


def test_a_cursor_in_params_and_one_of_the_defaults(api: Api, duck: Warehouse) -> None:
    listing = Listing(api)
    since = {"type": "incremental", "cursor_path": "at", "initial_value": "2000-01-01T00:00:00Z"}
    one = {**items(params={"since": since, "size": 7}), "primary_key": "id"}
    acme = duck.connector(api.url, [one])
    duck.load(acme)
    listing.text = "new"
    duck.load(acme, between=between(2, 5))
    assert listing.asked[-1].params == {"since": "2026-01-03T12:00:00Z", "size": "7"}
    assert {number for number, text in texts(duck).items() if text == "new"} == {3, 4, 5}


def test_what_has_no_cursor_is_left_as_it_is(api: Api, duck: Warehouse) -> None:
    Listing(api)
    api.routes["/others"] = lambda _: {"data": [{"id": len(api.asked)}]}
    acme = duck.connector(api.url, [resource("2000-01-01T00:00:00Z"), items("others")])
    duck.load(acme)
    before = duck.values("SELECT id FROM acme.others")
    report = duck.load(acme, between=between(2, 5))
    assert set(report.resources) == {"items"}
    assert duck.values("SELECT id FROM acme.others") == before


def test_a_record_that_the_api_deleted_in_the_range_stays(api: Api, duck: Warehouse) -> None:
    """A merge deletes nothing; what a full refresh is for."""
    listing = Listing(api)
    acme = duck.connector(api.url, [resource("2000-01-01T00:00:00Z")])
    duck.load(acme)
    del listing.records[4]
    duck.load(acme, between=between(2, 5))
    assert sorted(texts(duck)) == list(range(10))


def test_a_range_before_anything_was_loaded_is_not_the_first_load(
    api: Api, duck: Warehouse
) -> None:
    Listing(api)
    acme = duck.connector(api.url, [resource("2000-01-01T00:00:00Z")])
    duck.load(acme, between=between(2, 5))
    assert sorted(texts(duck)) == [3, 4, 5]
    assert duck.load(acme).resources["items"].cursor_before is None
    assert sorted(texts(duck)) == list(range(10))


def test_a_range_that_fails_on_its_way_leaves_all_as_it_was(api: Api, duck: Warehouse) -> None:
    listing = Listing(api)
    listing.size = 2
    acme = duck.connector(api.url, [resource("2000-01-01T00:00:00Z", paginator=NUMBERED)])
    duck.load(acme)
    state = duck.state()
    listing.text = "new"
    page = listing.page
    api.routes["/items"] = lambda asked: (
        Answer({}, status=404) if asked.params["page"] == "4" else page(asked)
    )
    assert duck.load(acme, between=between(2, 9)).failed
    assert set(texts(duck).values()) == {"old"}
    assert duck.state() == state


REFUSED: dict[str, tuple[list[Any], str]] = {
    "appended": (
        [{**resource("2026-01-01T00:00:00Z"), "write_disposition": "append"}],
        "items: is not merged, and rows that are read again would be there twice",
    ),
    "no cursor": ([items()], "nothing that was selected of acme is read by a cursor"),
    "no time": (
        [{**items(incremental={"cursor_path": "id", "initial_value": 7}), "primary_key": "id"}],
        "items: its cursor 'id' counts, and is no time",
    ),
    "nothing known": (
        [{**items(incremental={"cursor_path": "at"}), "primary_key": "id"}],
        "items: it is not known how 'at' is written",
    ),
    "inserted only": (
        [
            {
                **resource("2026-01-01T00:00:00Z"),
                "write_disposition": {"disposition": "merge", "strategy": "insert-only"},
            }
        ],
        "items: is not merged",
    ),
    "versions": (
        [
            {
                **resource("2026-01-01T00:00:00Z"),
                "columns": {"gone": {"data_type": "bool", "hard_delete": True}},
            }
        ],
        "items: has hard_delete in columns",
    ),
    "one that falls, read for its children": (
        [
            {
                **items(
                    incremental={
                        "cursor_path": "at",
                        "initial_value": "2026-01-01",
                        "last_value_func": "min",
                    }
                ),
                "primary_key": "id",
                "selected": False,
            },
            items("notes", path="items/{resources.items.id}/notes"),
        ],
        "items: has a cursor that falls",
    ),
    "ids as long as nanoseconds": (
        [
            {
                **items(incremental={"cursor_path": "at", "initial_value": 1750000000000000000}),
                "primary_key": "id",
            }
        ],
        "items: its cursor 'at' is not known to be a time",
    ),
    "a child's own, below a parent without one": (
        [
            items(),
            items(
                "notes",
                path="items/{resources.items.id}/notes",
                incremental={"cursor_path": "at", "initial_value": "2026-01-01T00:00:00Z"},
            ),
        ],
        "notes: has a cursor of its own below items",
    ),
    "a range of its own": (
        [
            {
                **items(
                    incremental={
                        "cursor_path": "at",
                        "initial_value": "2026-01-01",
                        "end_value": "2026-02-01",
                    }
                ),
                "primary_key": "id",
            }
        ],
        "items: has an end_value, up to which each run reads everything again",
    ),
    "a child's own": (
        [
            resource("2026-01-01T00:00:00Z"),
            items(
                "notes",
                path="items/{resources.items.id}/notes",
                incremental={"cursor_path": "at", "initial_value": "2026-01-01T00:00:00Z"},
            ),
        ],
        "notes: has a cursor of its own below items",
    ),
    "an appended child": (
        [
            resource("2026-01-01T00:00:00Z"),
            {
                **items("notes", path="items/{resources.items.id}/notes"),
                "write_disposition": "append",
            },
        ],
        "notes: is not merged",
    ),
}


def without_end(described: Any) -> Any:
    """A file with an end that nothing could send is refused before."""
    described = deepcopy(described)
    described["endpoint"].get("incremental", {}).pop("end_param", None)
    return described


@pytest.mark.parametrize(("resources", "why"), REFUSED.values(), ids=REFUSED)
def test_what_would_not_be_right_is_refused_before_anything_is_read(
    api: Api, duck: Warehouse, resources: list[Any], why: str
) -> None:
    acme = duck.connector(api.url, [without_end(one) for one in resources])
    with pytest.raises(RestsrcError) as refused:
        duck.load(acme, between=between(2, 5))
    assert why in str(refused.value)
    assert api.asked == []


def test_an_edit_that_begins_anew_comes_first(api: Api, duck: Warehouse) -> None:
    Listing(api)
    duck.load(duck.connector(api.url, [items()]))
    acme = duck.connector(api.url, [resource("2000-01-01T00:00:00Z")])
    with pytest.raises(RestsrcError, match="items: the next run reads everything anew"):
        duck.load(acme, between=between(2, 5))


def test_a_child_that_is_new_in_the_file_is_still_read_for_all_parents_afterwards(
    api: Api, duck: Warehouse
) -> None:
    Listing(api)
    parent = resource("2000-01-01T00:00:00Z")
    duck.load(duck.connector(api.url, [parent]))
    notes = items("notes", path="items/{resources.items.id}/notes")
    acme = duck.connector(api.url, [parent, notes])
    duck.load(acme, between=between(2, 5))
    assert sorted(texts(duck, "notes", "of")) == [3, 4, 5]
    duck.load(acme)
    assert sorted(texts(duck, "notes", "of")) == list(range(10))


def test_children_that_are_new_in_the_range_are_remembered_by_the_next_run(
    api: Api, duck: Warehouse
) -> None:
    """By their keys, a sample of which tells children that move from parent to parent."""
    Listing(api)
    notes = {**items("notes", path="items/{resources.items.id}/notes"), "primary_key": "of"}
    acme = duck.connector(api.url, [resource("2000-01-01T00:00:00Z"), notes])
    duck.load(acme)
    state = duck.state()
    api.routes["/items/4/notes"] = lambda _: {"data": [{"of": number} for number in (4, 44)]}
    duck.load(acme, between=between(2, 5))
    assert 44 in duck.values("SELECT of FROM acme.notes")
    assert duck.state() == state


def test_a_range_begins_with_its_first_instant_whatever_the_file_says(
    api: Api, duck: Warehouse
) -> None:
    listing = Listing(api)
    opened = resource("2000-01-01T00:00:00Z")
    opened["endpoint"]["incremental"] |= {"range_start": "open", "range_end": "closed"}
    acme = duck.connector(api.url, [opened])
    duck.load(acme)
    listing.text = "new"
    duck.load(acme, between=Between(FIRST + 3 * DAY, FIRST + 6 * DAY))
    assert {number for number, text in texts(duck).items() if text == "new"} == {3, 4, 5}


def test_a_range_without_records_says_so(api: Api, duck: Warehouse) -> None:
    listing = Listing(api)
    acme = duck.connector(api.url, [resource("2000-01-01T00:00:00Z")])
    duck.load(acme)
    listing.records.clear()
    report = duck.load(acme, between=between(2, 5))
    assert report.resources["items"].warnings == ["the range has no records"]


def test_old_records_that_lack_a_column_are_no_news(api: Api, duck: Warehouse) -> None:
    listing = Listing(api)
    listing.records = [
        {
            "id": number,
            "at": f"2026-01-{1 + number // 20:02}T00:00:00Z",
            **({"x": 1} if new else {}),
        }
        for number in range(200)
        if (new := number >= 100) or not new
    ]
    listing.size = 1000
    acme = duck.connector(api.url, [resource("2000-01-01T00:00:00Z")])
    duck.load(acme)
    for record in listing.records:
        record["y"] = 1
    report = duck.load(acme, between=between(-1, 3)).resources["items"]
    assert report.warnings == []
    assert report.changes.emptied == ()


@pytest.mark.parametrize(
    ("spelling", "hint"),
    [("Z", None), ("Z", "date"), ("mail", None), ("seconds", None), ("digits", None)],
)
def test_so_it_is_however_the_cursor_is_written(
    api: Api, duck: Warehouse, spelling: str, hint: str | None
) -> None:
    spelled = SPELLINGS[spelling]
    listing = Listing(api, spelled)
    listing.records = [{"id": 1, "at": spelled(FIRST + number * DAY)} for number in (2, 8)]
    one = resource(spelled(FIRST - 8000 * DAY))
    if hint:
        one["columns"] = {"at": {"data_type": hint}}
    acme = duck.connector(api.url, [one])
    duck.load(acme)
    listing.text = "new"
    listing.records = listing.records[:1]
    report = duck.load(acme, between=between(1, 6)).resources["items"]
    assert texts(duck) == {1: "old"}
    assert any("in a version of after it, which stays" in told for told in report.warnings)


def test_a_record_of_the_range_is_not_taken_for_newer_in_a_coarse_column(
    api: Api, duck: Warehouse
) -> None:
    listing = Listing(api)
    listing.records = [
        {"id": 1, "at": "2026-01-05T06:00:00Z"},
        {"id": 2, "at": "2026-01-09T06:00:00Z"},
    ]
    one = {**resource("2000-01-01T00:00:00Z"), "columns": {"at": {"data_type": "date"}}}
    acme = duck.connector(api.url, [one])
    duck.load(acme)
    listing.text = "new"
    duck.load(acme, between=between(2, 4))
    assert texts(duck) == {1: "new", 2: "old"}


def test_children_of_an_older_version_are_refused(api: Api, duck: Warehouse) -> None:
    listing = Listing(api)
    listing.records = [
        {"id": 1, "v": version, "at": SPELLINGS["Z"](FIRST + day * DAY)}
        for day, version in ((2, "old"), (8, "new"))
    ]
    notes = {
        **items("notes", path="items/{resources.items.id}/notes"),
        "include_from_parent": ["v"],
    }
    acme = duck.connector(api.url, [resource("2000-01-01T00:00:00Z"), notes])
    duck.load(acme)
    query = "SELECT _items_v FROM acme.notes"
    before = duck.rows(query)
    with pytest.raises(RestsrcError, match="and notes would be taken from the older one"):
        duck.load(acme, between=between(1, 6))
    assert duck.rows(query) == before


@pytest.mark.parametrize(("size", "key"), [(1, ["id"]), (100, ["id", "part"])])
def test_an_older_version_does_not_take_the_place_of_a_newer_one(
    api: Api, warehouse: Warehouse, size: int, key: list[str]
) -> None:
    """The API lists what has happened to a record, and the range ends before the last of it."""
    api.routes["/things"] = {"data": [{"id": 1}]}
    listing = Listing(api)
    listing.size = size
    listing.records = [
        {"id": number % 4, "part": "p", "at": SPELLINGS["Z"](FIRST + number * DAY)}
        for number in range(10)
    ]
    one = {**resource("2000-01-01T00:00:00Z", paginator=NUMBERED), "primary_key": key}
    acme = warehouse.connector(api.url, [one, {**items("things"), "primary_key": "id"}])
    warehouse.load(acme)
    rows = "SELECT i.id, i.at, i.text FROM acme.items i ORDER BY i.id"
    before = warehouse.rows(rows)
    assert len(before) == 4
    listing.text = "new"
    report = warehouse.load(acme, between=between(1, 6)).resources["items"]
    found = warehouse.rows(rows)
    assert [row[:2] for row in found] == [row[:2] for row in before]
    assert [text for *_, text in found] == ["old", "old", "new", "old"]
    assert any("in a version of after it, which stays" in told for told in report.warnings)

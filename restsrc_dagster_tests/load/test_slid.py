"""A sorted list with numbered pages moves while it is read: what has slipped is told, and comes."""

import time
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlencode

import pytest

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster.load.ranges.ranges import Between
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import items

BEGAN = datetime.now(timezone.utc).replace(microsecond=0)
PAGE = 2
NUMBERED = {"type": "page_number", "base_page": 1, "total_path": None}
OFFSET = {"type": "offset", "limit": PAGE, "total_path": None}
TOLD = "1 records changed while the list was read, and pages are asked for by numbers"


def spelled(at: datetime) -> str:
    return at.isoformat()


class Moving:
    """Records by their times, oldest first; `change` happens before the page of that number."""

    def __init__(self, api: Api, count: int) -> None:
        self.records = [
            {"id": number, "at": spelled(BEGAN - timedelta(days=count - number))}
            for number in range(count)
        ]
        self.change: dict[int, int] = {}
        self.now = BEGAN
        api.routes["/items"] = self._answer

    def _answer(self, asked: Asked) -> Any:
        given = asked.params
        first = int(given["offset"]) if "offset" in given else PAGE * (int(given["page"]) - 1)
        if (one := self.change.pop(first // PAGE, None)) is not None:
            self.now += timedelta(hours=1)
            record = next(record for record in self.records if record["id"] == one)
            self.records.remove(record)
            self.records.append({**record, "at": spelled(self.now), "changed": True})
        found = [one for one in self.records if str(one["at"]) >= given.get("since", "")]
        return {"data": found[first : first + PAGE]}


def assert_it_is_told_and_comes_with_the_next_run(duck: Warehouse, acme: Connector) -> None:
    report = duck.load(acme).resources["items"]
    assert [one.partition(":")[0] for one in report.warnings] == [TOLD]
    assert len(duck.values("SELECT id FROM acme.items")) == 9, "nothing has slipped"
    report = duck.load(acme)
    assert not report.failed, str(report.failed)
    assert not report.resources["items"].warnings
    assert duck.values("SELECT id FROM acme.items") == list(range(10))


def resource(paginator: dict[str, Any], **hints: Any) -> dict[str, Any]:
    cursor = {"cursor_path": "at", "initial_value": "2020-01-01T00:00:00+00:00"}
    return {
        **items(incremental={**cursor, "start_param": "since"}, paginator=paginator),
        "primary_key": "id",
        **hints,
    }


@pytest.mark.parametrize(
    ("moved", "paginator", "commit"),
    [(0, NUMBERED, 500_000), (0, OFFSET, 1), (3, NUMBERED, 1), (3, OFFSET, 500_000)],
    ids=["pages, at once", "offsets, page by page", "pages, page by page", "offsets, at once"],
)
def test_it_comes_with_the_next_run(
    api: Api, duck: Warehouse, paginator: dict[str, Any], commit: int, moved: int
) -> None:
    object.__setattr__(duck.settings, "commit_after_records", commit)
    moving = Moving(api, 10)
    moving.change[2] = moved
    acme = duck.connector(api.url, [resource(paginator)], http={"max_concurrency": 1})
    assert_it_is_told_and_comes_with_the_next_run(duck, acme)


class Leading(Moving):
    """The same list behind links and cursors: they say which place comes next, or, if they are
    `opaque`, which record came last."""

    def __init__(self, api: Api, count: int, way: str) -> None:
        super().__init__(api, count)
        self.way = way
        api.routes["/items"] = self._led

    def _led(self, asked: Asked) -> Any:
        at = int(asked.params.get("place", 0))
        given = {name: value for name, value in asked.params.items() if name != "place"}
        found = self._answer(Asked("GET", "/items", {**given, "offset": str(at)}, {}, b""))["data"]
        shown = [one for one in self.records if str(one["at"]) >= asked.params.get("since", "")]
        then = at + PAGE if at + PAGE < len(shown) else None
        link = f"/items?{urlencode({**given, 'place': then})}" if then else None
        if self.way == "header_link":
            headers = {"Link": f'<{link}>; rel="next"'} if link else {}
            return Answer({"data": found}, headers=headers)
        return {"data": found, "next": link, "after": str(then) if then else None}


LEADING: dict[str, dict[str, Any]] = {
    "header_link": {"type": "header_link"},
    "json_link": {"type": "json_link", "next_url_path": "next"},
    "cursor": {"type": "cursor", "cursor_path": "after", "cursor_param": "place"},
}


@pytest.mark.parametrize("way", LEADING)
def test_links_and_cursors_that_are_places_move_alike(api: Api, duck: Warehouse, way: str) -> None:
    """GitHub's `?page=2` in a Link header, HubSpot's `"after": "100"`."""
    moving = Leading(api, 10, way)
    moving.change[2] = 0
    acme = duck.connector(api.url, [resource(LEADING[way])])
    assert_it_is_told_and_comes_with_the_next_run(duck, acme)


@pytest.mark.parametrize("disposition", ["merge", "append"])
@pytest.mark.parametrize("paginator", [NUMBERED, OFFSET], ids=["page_number", "offset"])
def test_a_record_that_moves_from_one_chunk_by_the_cursor_into_another(
    api: Api, duck: Warehouse, paginator: dict[str, Any], disposition: str
) -> None:
    object.__setattr__(duck.settings, "commit_after_records", 12)
    moving = Moving(api, 30)
    moving.change[2] = 0
    one = resource(paginator, write_disposition=disposition)
    one["endpoint"]["incremental"]["row_order"] = "asc"
    acme = duck.connector(api.url, [one], http={"max_concurrency": 1})
    warnings = duck.load(acme).resources["items"].warnings
    assert [line.partition(":")[0] for line in warnings] == [TOLD]
    if disposition == "merge":
        assert not duck.load(acme).failed
        assert duck.values("SELECT id FROM acme.items") == list(range(30))


def test_of_a_list_whose_last_reading_comes_to_nothing(api: Api, duck: Warehouse) -> None:
    """Whether a record lies ahead of the clock, other readings have shown."""
    object.__setattr__(duck.settings, "commit_after_records", 1)
    moving = Moving(api, 10)
    moving.change[2] = 0
    one = resource(NUMBERED)
    one["endpoint"]["incremental"] = {"cursor_path": "at"}
    acme = duck.connector(api.url, [one], http={"max_concurrency": 1})
    warnings = duck.load(acme).resources["items"].warnings
    assert [line.partition(":")[0] for line in warnings] == [TOLD]


def test_a_change_on_a_page_that_was_read_comes_with_the_next_run(
    api: Api, duck: Warehouse
) -> None:
    """Though one that changed later was seen, in a part that was read later."""
    object.__setattr__(duck.settings, "commit_after_records", 1)
    at = dict.fromkeys(range(6), spelled(BEGAN - timedelta(days=1)))
    changes = {1: (0, 0), 2: (5, 1)}
    changed: list[datetime] = []

    def page(asked: Asked) -> Any:
        number = int(asked.params["page"]) - 1
        if number in changes:
            which, seconds = changes.pop(number)
            changed.append(datetime.now(timezone.utc).replace(microsecond=0))
            at[which] = spelled(changed[0] + timedelta(seconds=seconds))
            time.sleep(2.2)
        elif changes:
            time.sleep(1.1)
        found = [{"id": one, "at": at[one]} for one in at if at[one] >= asked.params["since"]]
        return {"data": found[2 * number : 2 * number + 2]}

    api.routes["/items"] = page
    acme = duck.connector(api.url, [resource(NUMBERED)], http={"max_concurrency": 1})
    duck.load(acme)
    duck.load(acme)
    stored = duck.values('SELECT CAST("at" AS VARCHAR) FROM acme.items WHERE id = 0')
    assert parse_time(stored[0]) == changed[0]


def test_a_change_behind_the_pages_that_were_read_is_no_news(api: Api, duck: Warehouse) -> None:
    moving = Moving(api, 10)
    moving.change[2] = 8
    acme = duck.connector(api.url, [resource(NUMBERED)], http={"max_concurrency": 1})
    assert not duck.load(acme).resources["items"].warnings
    assert duck.values("SELECT id FROM acme.items") == list(range(10))


def test_two_versions_of_long_ago_are_no_news(api: Api, duck: Warehouse) -> None:
    moving = Moving(api, 6)
    moving.records.append({**moving.records[0], "at": spelled(BEGAN - timedelta(hours=1))})
    acme = duck.connector(api.url, [resource(NUMBERED)], http={"max_concurrency": 1})
    assert not duck.load(acme).resources["items"].warnings


@pytest.mark.parametrize("what", ["a child with a cursor", "a lag", "appended", "asc", "a child"])
def test_whatever_else_is_said_of_the_list(api: Api, duck: Warehouse, what: str) -> None:
    moving = Moving(api, 10)
    moving.change[2] = 0
    one = resource(NUMBERED)
    others: list[Any] = []
    if what == "a child with a cursor":
        for number in range(10):
            api.routes[f"/items/{number}/notes"] = lambda _: {"data": [{"at": "2024-01-01"}]}
        cursor = {"cursor_path": "at", "initial_value": "2020-01-01"}
        others = [items("notes", path="items/{resources.items.id}/notes", incremental=cursor)]
    elif what == "a lag":
        one["endpoint"]["incremental"]["lag"] = 1
    elif what == "asc":
        one["endpoint"]["incremental"]["row_order"] = "asc"
    elif what == "appended":
        one["write_disposition"] = "append"
    elif what == "a child":
        api.routes["/shelves"] = lambda _: {"data": [{"id": 1}]}
        one["endpoint"]["path"] = "shelves/{resources.shelves.id}/items"
        api.routes["/shelves/1/items"] = api.routes["/items"]
        others = [items("shelves")]
    acme = duck.connector(api.url, [one, *others], http={"max_concurrency": 1})
    warnings = duck.load(acme).resources["items"].warnings
    assert TOLD in [line.partition(":")[0] for line in warnings]


@pytest.mark.parametrize("commit", [500_000, 1], ids=["at once", "page by page"])
def test_a_far_future_number_alone_in_its_part_moves_nothing(
    api: Api, duck: Warehouse, commit: int
) -> None:
    """That numbers are times is seen in the parts that come after it."""
    object.__setattr__(duck.settings, "commit_after_records", commit)
    times = [26_905_096_800_000, *range(1_705_000_000_000, 1_705_000_000_005)]
    api.routes["/items"] = lambda asked: {
        "data": [
            {"id": times.index(at), "at": at}
            for at in times
            if at >= int(asked.params.get("since", 0))
        ][int(asked.params["page"]) - 1 :][:1]
    }
    one = items(
        incremental={"cursor_path": "at", "start_param": "since"},
        paginator={"type": "page_number", "base_page": 1, "total_path": None},
    )
    acme = duck.connector(api.url, [{**one, "primary_key": "id"}], http={"max_concurrency": 1})
    duck.load(acme)
    times.append(1_705_000_000_010)
    duck.load(acme)
    assert duck.values("SELECT id FROM acme.items ORDER BY id") == list(range(7))


@pytest.mark.parametrize("commit", [500_000, 1], ids=["at once", "page by page"])
@pytest.mark.parametrize("key", ["id", None], ids=["child with a key", "child without"])
def test_of_a_list_that_is_read_for_its_children_alone_they_come_with_the_next_run(
    api: Api, duck: Warehouse, commit: int, key: str | None
) -> None:
    object.__setattr__(duck.settings, "commit_after_records", commit)
    moving = Moving(api, 10)
    for number in range(10):
        api.routes[f"/items/{number}/notes"] = lambda _, number=number: {
            "data": [{"id": number, "of": number}]
        }
    moving.change[2] = 0
    parent = resource(NUMBERED, selected=False)
    child = items("notes", path="items/{resources.items.id}/notes")
    child |= {"primary_key": key} if key else {}
    acme = duck.connector(api.url, [parent, child], http={"max_concurrency": 1})
    report = duck.load(acme).resources["notes"]
    assert [one.partition(":")[2].partition(":")[0].strip() for one in report.warnings] == [TOLD]
    assert len(duck.values("SELECT id FROM acme.notes")) == 9, "nothing has slipped"
    assert not duck.load(acme).resources["notes"].warnings
    assert sorted(duck.values("SELECT id FROM acme.notes")) == list(range(10))


def test_a_range_of_a_list_that_moves_tells_it(api: Api, duck: Warehouse) -> None:
    moving = Moving(api, 10)
    acme = duck.connector(api.url, [resource(NUMBERED)], http={"max_concurrency": 1})
    duck.load(acme)
    state = duck.state()
    moving.change[2] = 0
    range_ = Between(BEGAN - timedelta(days=30), BEGAN + timedelta(days=1))
    (warning,) = duck.load(acme, between=range_).resources["items"].warnings
    assert warning.startswith(TOLD)
    assert "read the resource again with full_refresh" in warning
    assert duck.state() == state

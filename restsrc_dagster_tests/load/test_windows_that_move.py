"""Windows whose pages have numbers, of records that leave them while they are read."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

from restsrc_dagster.errors import ReadError
from restsrc_dagster.load.ranges.ranges import Between
from restsrc_dagster.load.report import LoadReport
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import items
from restsrc_dagster_tests.support.ranges import RangeApi, at

DAY = 24.0
OFFSET = {"type": "offset", "limit": 3, "total_path": None}


class Moving(RangeApi):
    """Before each request of which `changes` has the number, from 1, that is done.

    `way` is how pages are asked for: by `pages`, `offsets`, or `links` that count.
    """

    way = "pages"

    def begin(self, way: str = "pages", **changes: Callable[[], None]) -> None:
        self.way, self.by_links, self.token = way, way == "links", ""
        self.asked: list[tuple[str, str]] = []
        self.changes = {int(name.removeprefix("r")): change for name, change in changes.items()}
        self.wrong = self._change

    def _change(self, asked: Asked) -> Answer | None:
        if "offset" in asked.params:
            page = int(asked.params["offset"]) // self.size + 1
            asked.params["page"] = str(page)
        self.asked.append((asked.params["since"][:10], asked.params.get("page", "1")))
        if change := self.changes.pop(len(self.asked), None):
            change()
        return None

    @property
    def paginator(self) -> dict[str, Any]:
        return OFFSET if self.way == "offsets" else super().paginator

    def leaves(self, number: int) -> Callable[[], None]:
        """A record changes, long after the windows that are read."""
        return lambda: self._one(number).update(at=at(300 * DAY))

    def goes(self, number: int) -> Callable[[], None]:
        return lambda: self.records.remove(self._one(number))

    def moves(self, number: int, day: float) -> Callable[[], None]:
        """It stays within its window, and comes at the end of the list."""

        def move() -> None:
            one = self._one(number)
            self.records.remove(one)
            self.records.append({**one, "at": at(day * DAY)})

        return move

    def _one(self, number: int) -> dict[str, Any]:
        return next(one for one in self.records if one["id"] == number)


def served(count: int = 10, **options: Any) -> Moving:
    """One record an hour, in one window; the first one is of the window before."""
    return Moving([{"id": n, "at": at(10 * DAY + n)} for n in range(count)], **options)


def acme(warehouse: Warehouse, api: Api, moving: Moving, **hints: Any) -> Any:
    api.routes["/items"] = moving
    window = {"size": "20 days", "end": "2024-02-01T00:00:00Z", **hints.pop("window", {})}
    params = hints.pop("params", {})
    one = {
        **items(incremental=moving.incremental(), paginator=moving.paginator, params=params),
        "primary_key": "id",
        **hints,
    }
    http = {"max_concurrency": 1} | dict(warehouse.http)
    return warehouse.connector(api.url, [one], http=http, reading={"items": {"window": window}})


def ids(warehouse: Warehouse) -> list[Any]:
    return warehouse.values("SELECT id FROM acme.items")


def assert_is_quiet(report: LoadReport) -> None:
    assert not report.failed, str(report.failed)
    one = report.resources["items"]
    assert not one.warnings
    assert not one.missing


@pytest.mark.parametrize("way", ["pages", "offsets", "links"])
@pytest.mark.parametrize("disposition", ["merge", "append"])
@pytest.mark.parametrize("keyed", [True, False])
def test_what_takes_the_place_of_a_record_that_leaves_is_not_lost(
    duck: Warehouse, api: Api, way: str, disposition: str, keyed: bool
) -> None:
    moving = served()
    moving.begin(way, r2=moving.leaves(0), r4=moving.goes(1))
    hints = {} if keyed else {"primary_key": []}
    one = acme(duck, api, moving, write_disposition=disposition if keyed else "append", **hints)
    report = duck.load(one)
    assert_is_quiet(report)
    assert ids(duck) == list(range(10))
    assert report.resources["items"].read.read_again == 1
    assert_is_quiet(duck.load(one))
    assert ids(duck) == list(range(10))


def test_a_total_that_stays_the_same_is_enough(duck: Warehouse, api: Api) -> None:
    moving = served(announces=True)
    moving.begin()
    assert_is_quiet(duck.load(acme(duck, api, moving)))
    assert len(moving.asked) == len({*moving.asked})


@pytest.mark.parametrize("way", ["pages", "links"])
def test_a_total_that_does_not_stay_the_same(duck: Warehouse, api: Api, way: str) -> None:
    """What the reading that was left has announced and lacked is no news."""
    moving = served(announces=True)
    moving.begin(way, r2=moving.goes(0))
    report = duck.load(acme(duck, api, moving))
    assert_is_quiet(report)
    assert ids(duck) == list(range(10))
    assert report.resources["items"].read.announced == 9


@pytest.mark.parametrize("keyed", [True, False])
@pytest.mark.parametrize("announces", [True, False])
def test_a_record_that_moves_within_its_window(
    duck: Warehouse, api: Api, keyed: bool, announces: bool
) -> None:
    """The total stays the same, and as many records come."""
    moving = served(announces=announces)
    moving.clock = 13 * DAY
    moving.begin(r2=moving.moves(0, 13.01))
    hints = {} if keyed else {"write_disposition": "append", "primary_key": []}
    window = {"size": "1 month"}
    report = duck.load(acme(duck, api, moving, window=window, **hints))
    assert_is_quiet(report)
    assert {*ids(duck)} == {*range(10)}
    assert len(ids(duck)) == 10 if keyed else 11, "it is there as it was, and as it is"


def test_a_window_of_one_page_costs_nothing(duck: Warehouse, api: Api) -> None:
    moving = served(size=20)
    moving.begin("links")
    assert_is_quiet(duck.load(acme(duck, api, moving)))
    assert len(moving.asked) == len({*moving.asked})


def test_nor_does_one_whose_page_had_room_for_more(duck: Warehouse, api: Api) -> None:
    """That the list ends there is told by an empty page only."""
    moving = Moving([{"id": n, "at": at(10 * DAY + n)} for n in range(2)], size=3)
    moving.begin()
    assert_is_quiet(duck.load(acme(duck, api, moving, params={"per_page": 3})))
    assert len(moving.asked) == len({*moving.asked}) == 3


def test_it_is_left_out_where_the_file_says_so(duck: Warehouse, api: Api) -> None:
    moving = served()
    moving.begin()
    report = duck.load(acme(duck, api, moving, window={"recheck": False}))
    assert "windows_read_again" not in vars(report.resources["items"].read)
    assert len(moving.asked) == len({*moving.asked})


@pytest.mark.parametrize("disposition", ["merge", "append"])
def test_a_window_that_is_never_at_rest_is_told_and_comes_with_the_next_run(
    duck: Warehouse, api: Api, disposition: str
) -> None:
    """Committed window by window, and the cursor does not pass it."""
    duck = replace(duck, settings=replace(duck.settings, commit_after_records=1))
    moving = served(40)
    leaves = {f"r{5 + 14 * turn}": moving.goes(turn) for turn in range(4)}
    moving.begin(**leaves)
    one = acme(duck, api, moving, write_disposition=disposition)
    report = duck.load(one).resources["items"]
    (warning,) = report.warnings
    assert "1 window, the first from 2024-01-01" in warning
    assert "4 times, and pages are asked for by numbers" in warning
    moving.asked.clear()
    if disposition == "append":
        assert "read that range again, from and to" in warning
        return
    assert "The next run reads again from there" in warning
    assert str(report.cursor_after) < "2024-01-11"
    assert_is_quiet(duck.load(one))
    assert moving.asked[0][0] < "2024-01-11"
    assert ids(duck) == list(range(40))


def test_halves_of_a_window_are_read_again_each_by_itself(duck: Warehouse, api: Api) -> None:
    moving = Moving([{"id": n, "at": at(12 * n)} for n in range(40)], cap=30)
    moving.begin(r12=moving.goes(1), r37=moving.goes(21))
    assert_is_quiet(duck.load(acme(duck, api, moving, window={"at_most": 30})))
    assert ids(duck) == list(range(40))


def test_windows_side_by_side(warehouse: Warehouse, api: Api) -> None:
    warehouse = replace(warehouse, http={"max_concurrency": 4})
    moving = Moving([{"id": n, "at": at(n * 6)} for n in range(120)])
    moving.begin("offsets", r3=moving.goes(0), r9=moving.leaves(30), r17=moving.goes(60))
    report = warehouse.load(acme(warehouse, api, moving, window={"size": "3 days"}))
    assert_is_quiet(report)
    assert len({*ids(warehouse)} & {*range(120)}) >= 117
    missing = {*range(120)} - {*ids(warehouse)}
    assert missing <= {0, 30, 60}, "but what had gone before it was read, all is there"


@pytest.mark.parametrize("keyed", [True, False])
def test_a_range_that_is_read_again(duck: Warehouse, api: Api, keyed: bool) -> None:
    """Of rows without a key, it is not replaced by what may not be all of it."""
    moving = served()
    moving.begin()
    hints = {} if keyed else {"write_disposition": "append", "primary_key": []}
    one = acme(duck, api, moving, **hints)
    duck.load(one)
    moving.begin(r2=moving.goes(0))
    range_ = Between(
        datetime(2024, 1, 1, tzinfo=timezone.utc), datetime(2024, 1, 11, 9, tzinfo=timezone.utc)
    )
    assert_is_quiet(duck.load(one, between=range_))
    assert ids(duck) == list(range(10))
    moving.begin(**{f"r{2 + 4 * turn}": moving.goes(1 + turn) for turn in range(4)})
    if keyed:
        report = duck.load(one, between=range_)
        assert "held other records" in report.resources["items"].warnings[0]
    else:
        with pytest.raises(ReadError, match="no two readings in turn of a window"):
            duck.load(one, between=range_)
    assert ids(duck) == list(range(10))


@pytest.mark.parametrize("disposition", ["merge", "append"])
def test_windows_of_each_parent(duck: Warehouse, api: Api, disposition: str) -> None:
    moving = served()
    moving.begin(r2=moving.leaves(0))
    api.routes["/shelves"] = lambda _: {"data": [{"id": 1}, {"id": 2}]}
    api.routes["/shelves/1/items"] = moving
    others = Moving([{"id": 100 + n, "at": at(10 * DAY + n)} for n in range(10)])
    others.begin(r3=others.goes(101))
    api.routes["/shelves/2/items"] = others
    one = {
        **items(incremental=moving.incremental(), paginator=moving.paginator),
        "primary_key": "id",
        "write_disposition": disposition,
    }
    one["endpoint"]["path"] = "shelves/{resources.shelves.id}/items"
    window = {"size": "20 days", "end": "2024-02-01T00:00:00Z"}
    acme = duck.connector(
        api.url, [items("shelves"), one], reading={"items": {"window": window}},
        http={"max_concurrency": 1},
    )  # fmt: skip
    report = duck.load(acme)
    assert_is_quiet(report)
    assert report.resources["items"].read.read_again == 2
    assert ids(duck) == [*range(10), *range(100, 110)]


def test_children_of_what_came_with_a_further_reading(duck: Warehouse, api: Api) -> None:
    moving = served()
    moving.begin(r2=moving.leaves(0))
    for number in range(10):
        api.routes[f"/items/{number}/notes"] = lambda _, n=number: {"data": [{"id": n}]}
    api.routes["/items"] = moving
    one = {
        **items(incremental=moving.incremental(), paginator=moving.paginator),
        "primary_key": "id",
    }
    notes = {**items("notes", path="items/{resources.items.id}/notes"), "primary_key": "id"}
    window = {"size": "20 days", "end": "2024-02-01T00:00:00Z"}
    made = duck.connector(
        api.url, [one, notes], reading={"items": {"window": window}}, http={"max_concurrency": 1}
    )
    assert_is_quiet(duck.load(made))
    assert duck.values("SELECT id FROM acme.notes") == list(range(10))


@pytest.mark.parametrize("window", [{"size": "1200 months"}, None], ids=["one window", "none"])
def test_a_list_that_shrinks_is_read_as_one_window(
    duck: Warehouse, api: Api, window: dict[str, Any] | None
) -> None:
    """By deletions, or a filter such as open tickets: without a window, one is passed over."""
    records = [{"id": n, "at": at(n)} for n in range(10)]
    asked: list[str] = []

    def listed(request: Asked) -> Any:
        asked.append(request.params["page"])
        if len(asked) == 2:
            del records[0]
        page = int(request.params["page"]) - 1
        found = [one for one in records if one["at"] >= request.params["since"]]
        return {"data": found[3 * page : 3 * page + 3]}

    api.routes["/items"] = listed
    cursor = {"cursor_path": "at", "initial_value": "2024-01-01T00:00:00Z", "start_param": "since"}
    paginator = {"type": "page_number", "base_page": 1, "total_path": None}
    one = {**items(incremental=cursor, paginator=paginator), "primary_key": "id"}
    reading = {"items": {"window": window}} if window else {}
    assert_is_quiet(duck.load(duck.connector(api.url, [one], reading=reading)))
    assert {*range(10)} - {*ids(duck)} == (set() if window else {3})

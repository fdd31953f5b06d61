"""A long list is committed while it is read; a kill costs the last chunk, and no row."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.load.worker import KILLED
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import items

CURSOR = {"cursor_path": "at", "initial_value": 0, "start_param": "since", "row_order": "asc"}
EVENTS = items("events", incremental=CURSOR, paginator="json_link")
NUMBERED = {"type": "page_number", "base_page": 1, "total_path": None}
USERS = {**items("users", paginator=NUMBERED), "primary_key": "id"}
PAGE = 10


class Log:
    """Events in the order of their times, ten a page, from the start that is sent."""

    def __init__(self, api: Api, times: list[int], *, after: bool = False) -> None:
        self.events = [{"id": number, "at": at} for number, at in enumerate(times)]
        self.after = after
        self.filters = True
        self.announces = False
        self.wrong: Callable[[Asked], Answer | None] = lambda _: None
        api.routes["/events"] = self._answer

    def _answer(self, asked: Asked) -> Any:
        if wrong := self.wrong(asked):
            return wrong
        start, page = int(asked.params.get("since", 0)), int(asked.params.get("page", 0))
        found = [
            event
            for event in self.events
            if event["at"] > start or (event["at"] == start and not self.after) or not self.filters
        ]
        answer: dict[str, Any] = {"data": found[page * PAGE : (page + 1) * PAGE]}
        if len(found) > (page + 1) * PAGE:
            answer["next"] = f"/events?since={start}&page={page + 1}"
        if self.announces:
            answer["total"] = len(found)
        return answer


class Members:
    """Users, ten a page, by their numbers; `pages` are those that were asked for."""

    def __init__(self, api: Api, number: int) -> None:
        self.users = [{"id": one, "at": one % 7, "name": "old"} for one in range(number)]
        self.wrong: Callable[[int], Answer | None] = lambda _: None
        self.pages: list[int] = []
        api.routes["/users"] = self._answer

    @staticmethod
    def resource(paginator: str) -> dict[str, Any]:
        where = "body_path" if "body" in paginator else "param"
        by_offset = {"type": "offset", "limit": PAGE, f"offset_{where}": "offset"}
        by_offset |= {f"limit_{where}": "limit", "total_path": "total"}
        known_end = {**NUMBERED, "total_path": "pages"}
        endpoint: dict[str, Any] = {"paginator": known_end if "page" in paginator else by_offset}
        if "body" in paginator:
            endpoint |= {"method": "POST", "json": {"kind": "all"}}
        return {**USERS, "endpoint": {**USERS["endpoint"], **endpoint}}

    def _answer(self, asked: Asked) -> Any:
        given = {**asked.params, **(asked.json if asked.body else {})}
        page = int(given["offset"]) // PAGE + 1 if "offset" in given else int(given["page"])
        self.pages.append(page)
        found = self.users[(page - 1) * PAGE : page * PAGE]
        pages = -(-len(self.users) // PAGE)
        answer = {"data": found, "total": len(self.users), "pages": pages}
        return self.wrong(page) or answer


@pytest.fixture
def small(duck: Warehouse) -> Warehouse:
    """Commits what has reached 25 records; one page is asked for after the other."""
    settings = replace(duck.settings, commit_after_records=25)
    return replace(duck, settings=settings, http={"max_concurrency": 1})


def starts(api: Api) -> list[int]:
    """What the first pages were asked with since the last time."""
    asked = [int(one.params["since"]) for one in api.asked if "page" not in one.params]
    api.asked.clear()
    return asked


class TestByCursor:
    @pytest.mark.parametrize(
        ("after", "disposition"),
        [(False, "append"), (True, "append"), (True, "merge")],
        ids=["from the start", "after the start", "merged"],
    )
    @pytest.mark.parametrize(
        "times",
        [
            list(range(1, 101)),
            [(number + 4) // 3 for number in range(100)],
            [*range(1, 16), *[16] * 20, *range(17, 90)],
            [7] * 60 + [8] * 20 + [9],
        ],
        ids=["distinct", "three of each", "a long one", "many of one"],
    )
    def test_each_row_comes_once(
        self, small: Warehouse, api: Api, times: list[int], disposition: str, after: bool
    ) -> None:
        Log(api, times, after=after)
        events = {**EVENTS, "write_disposition": disposition, "primary_key": "id"}
        report = small.load(small.connector(api.url, [events])).resources["events"]
        assert small.values("SELECT id FROM acme.events") == list(range(len(times)))
        assert report.rows_in_table == len(times)
        # Rows at the start are sent again; they are merged again.
        assert report.rows_loaded == len(times) or (disposition == "merge" and not after)
        assert (report.cursor_before, report.cursor_after) == (None, times[-1])
        assert not report.warnings

    def test_chunks_are_committed_on_the_way(self, small: Warehouse, api: Api) -> None:
        Log(api, list(range(100)))
        lines: list[str] = []
        acme = small.connector(api.url, [EVENTS], http={"max_concurrency": 1})
        report = small.load(acme, on_message=lines.append)
        assert starts(api) == [0, 28, 56, 84]
        assert small.values("SELECT count(*) FROM acme._dlt_loads") == [4]
        assert lines[0] == "events: 29 rows are committed; reading goes on"
        assert report.resources["events"].traffic.requests == 3 + 3 + 3 + 2

    def test_the_end_of_the_list_is_no_end_of_a_chunk(self, small: Warehouse, api: Api) -> None:
        Log(api, list(range(30)))
        small.load(small.connector(api.url, [EVENTS]))
        assert starts(api) == [0]

    def test_what_took_long_is_committed(self, duck: Warehouse, api: Api) -> None:
        Log(api, list(range(100)))
        slow = replace(duck, settings=replace(duck.settings, commit_after_seconds=0.0))
        slow.load(slow.connector(api.url, [EVENTS]))
        assert slow.values("SELECT id FROM acme.events") == list(range(100))
        assert len(starts(api)) > 5

    def test_killed_three_times_it_still_comes_to_its_end(self, small: Warehouse, api: Api) -> None:
        Log(api, list(range(200)))
        for _ in range(3):
            killed = small.start(api.url, [EVENTS], holder="killed", die=["load", 2])
            assert killed.wait(60) == KILLED
        begun = starts(api)
        assert len(begun) == 6
        assert len(set(begun)) == 4
        small.load(small.connector(api.url, [EVENTS]))
        assert small.values("SELECT id FROM acme.events") == list(range(200))

    def test_killed_while_it_is_refreshed_it_goes_on(self, small: Warehouse, api: Api) -> None:
        log = Log(api, list(range(50)))
        acme = small.connector(api.url, [EVENTS])
        small.load(acme)
        log.events = [{"id": number, "at": number} for number in range(10, 90)]
        api.asked.clear()
        args, options = (api.url, [EVENTS]), {"refresh": ["events"], "die": ["load", 3]}
        assert small.start(*args, holder="killed", **options).wait(60) == KILLED
        assert starts(api)[0] == 0
        assert len(small.values("SELECT id FROM acme.events")) == 29
        small.load(acme)
        assert starts(api)[0] == 38
        assert small.values("SELECT id FROM acme.events") == list(range(10, 90))

    def test_a_failure_on_the_way_keeps_what_is_committed(self, small: Warehouse, api: Api) -> None:
        log = Log(api, list(range(100)))
        log.wrong = lambda asked: Answer(status=404) if asked.params["since"] == "56" else None
        acme = small.connector(api.url, [EVENTS])
        reason = small.failure(acme)
        assert "404" in reason
        assert reason.endswith(
            "57 rows that were read before are committed, and the next run goes on behind them"
        )
        log.wrong = lambda _: None
        api.asked.clear()
        small.load(acme)
        assert starts(api)[0] == 56
        assert small.values("SELECT id FROM acme.events") == list(range(100))

    def test_children_come_with_the_chunk_of_their_parents(
        self, small: Warehouse, api: Api
    ) -> None:
        Log(api, list(range(100)))
        for number in range(100):
            api.routes[f"/events/{number}/notes"] = lambda asked: {"data": [{"of": asked.path}] * 2}
        notes = items("notes", path="events/{resources.events.id}/notes")
        reports = small.load(small.connector(api.url, [EVENTS, notes])).resources
        asked = [path for path in api.paths() if path.endswith("notes")]
        assert len(asked) == len(set(asked)) == 100
        assert reports["notes"].rows_loaded == 200
        assert small.values("SELECT count(*) FROM acme.notes") == [200]
        assert small.values("SELECT count(DISTINCT _dlt_load_id) FROM acme.notes") == [4]

    def test_an_order_that_does_not_hold_is_told_and_loads_at_once(
        self, small: Warehouse, api: Api
    ) -> None:
        Log(api, [5, *range(100)])
        report = small.load(small.connector(api.url, [EVENTS])).resources["events"]
        assert small.values("SELECT count(*) FROM acme._dlt_loads") == [1]
        assert report.rows_in_table == 101
        (warning,) = report.warnings
        assert warning.startswith("row_order is asc, but the API gave at '0' after '5'")

    @pytest.mark.parametrize("disposition", ["append", "merge"])
    def test_an_order_that_breaks_after_a_commit_fails_until_it_is_read_anew(
        self, small: Warehouse, api: Api, disposition: str
    ) -> None:
        log = Log(api, [*range(80), 40, *range(80, 100)])
        log.filters = False
        events = {**EVENTS, "write_disposition": disposition, "primary_key": "id"}
        acme = small.connector(api.url, [events])
        for _ in range(2):
            reason = small.failure(acme)
            assert "row_order is asc, but the API gave at '40' after '79'" in reason
            assert "may have been passed over" in reason
        cursor = {key: value for key, value in CURSOR.items() if key != "row_order"}
        unordered = {**events, "endpoint": {**EVENTS["endpoint"], "incremental": cursor}}
        acme = small.connector(api.url, [unordered])
        assert "run it once with full_refresh" in small.failure(acme)
        small.load(acme, refresh=["events"])
        assert small.values("SELECT id FROM acme.events") == list(range(101))
        assert not small.load(acme).failed

    def test_what_is_announced_is_that_of_all_chunks(self, small: Warehouse, api: Api) -> None:
        log = Log(api, list(range(100)))
        log.announces = True
        report = small.load(small.connector(api.url, [EVENTS])).resources["events"]
        assert report.read.missing == 0
        assert report.read.announced == report.read.records > 100
        assert not report.warnings

    def test_a_limit_of_pages_counts_all_chunks(self, small: Warehouse, api: Api) -> None:
        Log(api, list(range(100)))
        acme = small.connector(api.url, [EVENTS], http={"max_pages": 8})
        assert "more than 8 pages" in small.failure(acme)


class TestSideBySide:
    """What was asked for before a chunk is full belongs to it: nothing is asked for in vain."""

    @pytest.mark.parametrize(
        ("paginator", "at_once"),
        [("page_number", 1), ("page_number", 4), ("offset", 2), ("offset in the body", 4)],
    )
    def test_each_page_is_asked_for_once(
        self, small: Warehouse, api: Api, paginator: str, at_once: int
    ) -> None:
        members = Members(api, 180)
        http = {"max_concurrency": at_once}
        acme = small.connector(api.url, [Members.resource(paginator)], http=http)
        report = small.load(acme).resources["users"]
        assert sorted(members.pages) == list(range(1, 19))
        assert small.values("SELECT id FROM acme.users") == list(range(180))
        (loads,) = small.values("SELECT count(*) FROM acme._dlt_loads")
        assert loads == 6 if at_once == 1 else 2 <= loads <= 4
        assert report.traffic.requests == report.read.pages == 18
        assert not report.warnings

    @pytest.mark.parametrize(
        "times", [range(180), [n // 3 for n in range(180)]], ids=["distinct", "three of each"]
    )
    def test_each_linked_page_is_used(self, small: Warehouse, api: Api, times: Any) -> None:
        Log(api, list(times))
        acme = small.connector(api.url, [EVENTS], http={"max_concurrency": 4})
        report = small.load(acme).resources["events"]
        assert small.values("SELECT id FROM acme.events") == list(range(180))
        (loads,) = small.values("SELECT count(*) FROM acme._dlt_loads")
        assert loads > 2
        assert report.traffic.requests == report.read.pages

    def test_a_list_that_cannot_be_committed_goes_on_side_by_side(
        self, small: Warehouse, api: Api
    ) -> None:
        Log(api, [7] * 300)
        acme = small.connector(api.url, [EVENTS], http={"max_concurrency": 4})
        report = small.load(acme).resources["events"]
        assert small.values("SELECT count(*) FROM acme.events") == [300]
        assert report.traffic.requests == report.read.pages == 30


class TestByPage:
    @pytest.mark.parametrize(
        "steps", [[], [{"filter": "id != `-1`"}], [{"map": {"exclude": ["none"]}}]]
    )
    def test_chunks_are_committed_on_the_way(
        self, small: Warehouse, api: Api, steps: list[Any]
    ) -> None:
        members = Members(api, 100)
        users = USERS | {"processing_steps": steps}
        report = small.load(small.connector(api.url, [users])).resources["users"]
        assert members.pages == list(range(1, 12))
        assert small.values("SELECT id FROM acme.users") == list(range(100))
        assert small.values("SELECT count(*) FROM acme._dlt_loads") == [4]
        assert (report.rows_loaded, report.read.announced, report.read.missing) == (100, 100, 0)
        assert not report.warnings

    def test_whatever_the_resource_is_called(self, small: Warehouse, api: Api) -> None:
        """A source has its resources as attributes, and our own steps have methods."""
        Members(api, 100)
        report = small.load(small.connector(api.url, [USERS | {"name": "point"}]))
        assert not report.failed
        assert small.values("SELECT id FROM acme.point") == list(range(100))

    @pytest.mark.parametrize("paginator", ["page_number", "offset in the body"])
    def test_killed_again_and_again_it_still_comes_to_its_end(
        self, small: Warehouse, api: Api, paginator: str
    ) -> None:
        members = Members(api, 100)
        users = members.resource(paginator)
        for _ in range(2):
            killed = small.start(api.url, [users], holder="killed", die=["load", 2])
            assert killed.wait(60) == KILLED
        small.load(small.connector(api.url, [users]))
        assert small.values("SELECT id FROM acme.users") == list(range(100))
        assert set(members.pages) == set(range(1, 11))
        assert [members.pages.count(page) for page in (1, 2, 10)] == [2, 2, 2]

    def killed(self, small: Warehouse, api: Api, users: Any = USERS) -> None:
        """Thirty of hundred users are committed."""
        assert small.start(api.url, [users], holder="killed", die=["load", 2]).wait(60) == KILLED
        assert len(small.values("SELECT id FROM acme.users")) == 30

    def test_the_next_run_goes_on_behind_a_kill(self, small: Warehouse, api: Api) -> None:
        members = Members(api, 100)
        self.killed(small, api)
        members.pages.clear()
        members.users[4] |= {"name": "new"}
        lines: list[str] = []
        acme = small.connector(api.url, [USERS])
        report = small.load(acme, on_message=lines.append).resources["users"]
        assert members.pages == [*range(3, 12), *range(1, 12)]
        assert "users: went on at page 3; the pages before it are read again" in lines
        assert small.values("SELECT id FROM acme.users") == list(range(100))
        assert small.values("SELECT id FROM acme.users WHERE name = 'new'") == [4]
        assert not report.warnings
        members.pages.clear()
        small.load(small.connector(api.url, [USERS]))
        assert set(members.pages) == set(range(1, 12))

    def test_a_full_refresh_begins_with_the_first_page(self, small: Warehouse, api: Api) -> None:
        members = Members(api, 100)
        self.killed(small, api)
        members.pages.clear()
        small.load(small.connector(api.url, [USERS]), refresh=["users"])
        assert members.pages[0] == 1
        assert small.values("SELECT id FROM acme.users") == list(range(100))

    def test_pages_that_have_moved_are_read_from_the_start(
        self, small: Warehouse, api: Api
    ) -> None:
        members = Members(api, 100)
        self.killed(small, api)
        del members.users[3]
        members.pages.clear()
        small.load(small.connector(api.url, [USERS]))
        assert members.pages[0] == 3
        assert set(members.pages) == set(range(1, 12))
        assert set(small.values("SELECT id FROM acme.users")) == set(range(100))

    def test_a_page_that_is_gone_is_no_failure(self, small: Warehouse, api: Api) -> None:
        members = Members(api, 100)
        self.killed(small, api, members.resource("page_number"))
        members.users = members.users[:15]
        members.wrong = lambda page: Answer(status=404) if page > 2 else None
        members.pages.clear()
        report = small.load(small.connector(api.url, [members.resource("page_number")]))
        assert not report.failed
        assert members.pages == [3, 1, 2]
        assert report.resources["users"].rows_loaded == 15

    def test_another_list_begins_at_its_start(self, small: Warehouse, api: Api) -> None:
        members = Members(api, 100)
        self.killed(small, api)
        members.pages.clear()
        other = {**USERS, "endpoint": {**USERS["endpoint"], "params": {"active": "true"}}}
        small.load(small.connector(api.url, [other]))
        assert members.pages[0] == 1

    def test_a_child_that_was_not_loaded_with_it_gets_all_of_the_parents(
        self, small: Warehouse, api: Api
    ) -> None:
        members = Members(api, 100)
        for number in range(100):
            api.routes[f"/users/{number}/cars"] = lambda asked: {"data": [{"id": asked.path}]}
        cars = items("cars", path="users/{resources.users.id}/cars", paginator="single_page")
        family = [USERS, {**cars, "primary_key": "id"}]
        for which in (["users"], ["users", "cars"]):
            options = {"holder": "killed", "die": ["load", 2], "selection": which}
            assert small.start(api.url, family, **options).wait(60) == KILLED
            begun, *_ = members.pages
            members.pages.clear()
            assert begun == 1
        small.load(small.connector(api.url, family))
        assert members.pages[0] == 3
        assert small.values("SELECT count(DISTINCT id) FROM acme.cars") == [100]

    def test_a_cursor_moves_when_all_is_read(self, small: Warehouse, api: Api) -> None:
        members = Members(api, 100)
        users = {**USERS, "endpoint": {**USERS["endpoint"], "incremental": {"cursor_path": "at"}}}
        acme = small.connector(api.url, [users])
        self.killed(small, api, users)
        # Changed on a page that was read, before the newest of all.
        members.users[2] |= {"name": "new", "at": 5}
        report = small.load(acme).resources["users"]
        assert (report.cursor_before, report.cursor_after) == (None, 6)
        assert small.rows("SELECT id, name FROM acme.users WHERE name = 'new'") == [(2, "new")]
        assert small.load(acme).resources["users"].rows_loaded == 14


@pytest.mark.parametrize(
    "change",
    [
        {"write_disposition": "replace"},
        {"write_disposition": {"disposition": "merge", "strategy": "scd2"}},
        {"write_disposition": "append", "primary_key": None},
    ],
    ids=["replaced", "retired", "appended"],
)
def test_what_has_to_come_whole_is_committed_at_once(
    small: Warehouse, api: Api, change: dict[str, Any]
) -> None:
    Members(api, 100)
    users = {key: value for key, value in {**USERS, **change}.items() if value is not None}
    small.load(small.connector(api.url, [users]))
    assert small.values("SELECT id FROM acme.users") == list(range(100))
    assert small.values("SELECT count(*) FROM acme._dlt_loads") == [1]


@pytest.mark.parametrize(
    "incremental",
    [{"lag": 2}, {"row_order": "desc"}, {"end_value": 200}, {"start_param": None}],
    ids=lambda change: "".join(change),
)
def test_a_cursor_that_cannot_be_followed_is_committed_at_once(
    small: Warehouse, api: Api, incremental: dict[str, Any]
) -> None:
    Log(api, list(range(100)))
    cursor = {key: value for key, value in {**CURSOR, **incremental}.items() if value is not None}
    events = {**EVENTS, "endpoint": {**EVENTS["endpoint"], "incremental": cursor}}
    small.load(small.connector(api.url, [events]))
    assert small.values("SELECT id FROM acme.events") == list(range(100))
    assert small.values("SELECT count(*) FROM acme._dlt_loads") == [1]

"""Windows of children into tables: each parent goes on where its own list was."""

from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from restsrc_dagster.connector.model import Connector
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.load.worker import KILLED
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import items
from restsrc_dagster_tests.support.families import END, FamilyApi, reading
from restsrc_dagster_tests.support.ranges import START, at

DAY = 24.0


def rows(parent: int, days: list[float]) -> list[dict[str, Any]]:
    return [{"id": 1000 * parent + n, "at": at(day * DAY)} for n, day in enumerate(days)]


def acme(
    warehouse: Warehouse,
    api: Api,
    served: FamilyApi,
    *,
    shared: bool = False,
    window: dict[str, Any] | None = None,
    **keys: Any,
) -> Connector:
    said = reading(**{"size": "3 days", "shared": shared, **(window or {})})
    return warehouse.connector(api.url, served.resources(**keys), reading=said)


def loaded(warehouse: Warehouse) -> list[Any]:
    return warehouse.values("SELECT id FROM acme.children ORDER BY id")


def known(served: FamilyApi) -> list[int]:
    return sorted(row["id"] for one in served.lists.values() for row in one.records)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize(
    ("ends", "keyed", "at_once"),
    [("[)", True, 1), ("[]", False, 4), ("(]", False, 1), ("()", True, 4), ("days", False, 4)],
)
def test_run_after_run_each_record_comes_once(
    duck: Warehouse, api: Api, ends: str, keyed: bool, at_once: int, shared: bool
) -> None:
    """Also those that come at the very instant, or the day, where the run before has ended."""
    duck = replace(duck, http={"max_concurrency": at_once})
    days = [number / 3 for number in range(1, 39)]
    served = FamilyApi(api, {1: rows(1, days), 2: [], 3: rows(3, days)}, ends=ends)
    until = {"end": "2024-01-14T00:00:00Z"}
    made = acme(duck, api, served, keyed=keyed, shared=shared, window=until)
    assert not duck.load(made).failed
    assert loaded(duck) == known(served)
    for parent in (1, 3):
        served.lists[parent].records += [
            {"id": 1000 * parent + 900 + n, "at": at(day * DAY)}
            for n, day in enumerate([13, 13, 14.5, 20, 29.9])
        ]
    made = acme(duck, api, served, keyed=keyed, shared=shared)
    for _ in range(2):
        assert not duck.load(made).failed
        assert loaded(duck) == known(served)


def test_each_parent_goes_on_where_it_was(duck: Warehouse, api: Api) -> None:
    """Where it had rows, and where it had none; a new one begins at the beginning."""
    served = FamilyApi(api, {1: rows(1, [2]), 2: [], 3: rows(3, [28])})
    made = acme(duck, api, served)
    assert not duck.load(made).failed
    for parent in (1, 2, 3):
        assert len(served.ranges(parent)) == 11
    served.add(4, rows(4, [1, 29]))
    assert not duck.load(made).failed
    # The one before the last is over, wherever the rows were.
    assert [len(served.ranges(parent)) for parent in (1, 2, 3, 4)] == [1, 1, 1, 11]
    assert loaded(duck) == known(served)


def test_a_parent_that_is_gone_keeps_its_rows_and_comes_back(duck: Warehouse, api: Api) -> None:
    served = FamilyApi(api, {1: rows(1, [2]), 2: rows(2, [3]), 3: rows(3, [4])})
    made = acme(duck, api, served)
    duck.load(made)
    served.gone(2)
    assert not duck.load(made).failed
    assert loaded(duck) == known(served)
    served.ranges(2)
    served.add(2, rows(2, [3, 30]))
    assert not duck.load(made).failed
    assert loaded(duck) == known(served)
    assert len(served.ranges(2)) == 1


def test_an_answer_that_is_ignored_moves_no_cursor(duck: Warehouse, api: Api) -> None:
    """Once the list may be read, all of it comes."""
    served = FamilyApi(api, {1: rows(1, [2]), 2: rows(2, [1, 15])})
    served.lists[2].wrong = lambda _: Answer({"error": "not yours"}, status=403)
    made = acme(duck, api, served)
    made.configuration["resources"][1]["endpoint"]["response_actions"] = [
        {"status_code": 403, "action": "ignore"}
    ]
    assert not duck.load(made).failed
    assert loaded(duck) == [1000]
    served.lists[2].wrong = lambda _: None
    assert not duck.load(made).failed
    assert loaded(duck) == known(served)


def test_rows_ahead_of_the_api_s_clock_come_once(duck: Warehouse, api: Api) -> None:
    """Our clock is ahead: windows that are not over there forget nothing that was delivered."""
    served = FamilyApi(api, {1: rows(1, [0, 1, 1, 4.5]), 2: []}, ends="[]", clock=1.5 * DAY)
    made = acme(duck, api, served, keyed=False, window={"size": "1 day"})
    for day in (1.2, 1.4, 6):
        assert not duck.load(made).failed
        assert loaded(duck) == known(served)
        new = {"id": 1500 + int(10 * day), "at": at(day * DAY)}
        served.lists[1].records.append(new)
    assert not duck.load(made).failed
    assert loaded(duck) == known(served)


@pytest.mark.parametrize(("keyed", "shared"), [(True, True), (False, False)])
def test_a_failure_or_a_kill_loses_and_doubles_nothing(
    duck: Warehouse, api: Api, keyed: bool, shared: bool
) -> None:
    days = [number / 2 for number in range(40)]
    served = FamilyApi(api, {parent: rows(parent, days) for parent in (1, 2, 3)}, size=1)
    made = acme(duck, api, served, keyed=keyed, shared=shared)
    served.lists[2].wrong = lambda asked: (
        Answer({"error": "no"}, status=400) if asked.params["since"] > "2024-01-12" else None
    )
    assert set(duck.load(made).failed) == {"children"}
    killed: list[Any] = []

    def kill(asked: Asked) -> Answer | None:
        if asked.params["since"] > "2024-01-12" and killed:
            killed.pop().kill()
        return None

    served.lists[2].wrong = kill
    keys = {"reading": reading("3 days", shared=shared)}
    holder = "the one that is killed"
    process = duck.start(api.url, served.resources(keyed=keyed), keys=keys, holder=holder)
    killed.append(process)
    assert process.wait() == KILLED
    for _ in range(2):
        assert not duck.load(made).failed
        assert loaded(duck) == known(served)


def test_with_a_lag_longer_than_a_window(duck: Warehouse, api: Api) -> None:
    served = FamilyApi(api, {1: rows(1, [5, 20]), 2: rows(2, [29])})
    made = acme(duck, api, served, lag=10 * 86_400)
    assert not duck.load(made).failed
    for day in range(14, 20):
        served.lists[2].records.append({"id": 2100 + day, "at": at((day + 6) * DAY)})
        served.lists[1].records.append({"id": 1100 + day, "at": at((day + 6) * DAY)})
    assert not duck.load(made).failed
    assert loaded(duck) == known(served)


@pytest.mark.parametrize("keyed", [True, False])
def test_grandchildren_of_what_comes_in_windows(duck: Warehouse, api: Api, keyed: bool) -> None:
    served = FamilyApi(api, {1: rows(1, [1, 9, 9]), 2: rows(2, [2, 12])}, ends="[]", size=1)
    for row in known(served):
        api.routes[f"/below/{row}"] = lambda asked: {"data": [{"of": int(asked.path[7:])}]}
    parents, children = served.resources(keyed=keyed)
    below = items("below", path="below/{resources.children.id}", paginator="single_page")
    said = reading("3 days")
    made = duck.connector(api.url, [parents, children, below], reading=said)
    for _ in range(2):
        assert not duck.load(made).failed
        assert duck.values("SELECT of FROM acme.below ORDER BY of") == known(served)
        assert loaded(duck) == known(served)


def test_both_in_windows(duck: Warehouse, api: Api) -> None:
    """A list in windows, and in windows what hangs on each of its records."""
    served = FamilyApi(api, {1: rows(1, [1, 9]), 2: rows(2, [2, 12])})
    parents, children = served.resources()
    parents["primary_key"] = "id"
    parents["endpoint"] |= {"incremental": {**children["endpoint"]["incremental"]}}
    moved = {1: at(3 * DAY), 2: at(4 * DAY)}
    api.routes["/parents"] = lambda asked: {
        "data": [
            {"id": parent, "at": moment}
            for parent, moment in moved.items()
            if asked.params["since"] <= moment < asked.params["until"]
            and asked.params.get("page", "1") == "1"
        ]
    }
    said = reading("3 days")
    made = duck.connector(
        api.url, [parents, children], reading={**said, "parents": said["children"]}
    )
    assert not duck.load(made).failed
    assert loaded(duck) == known(served)
    moved[2] = at(30.5 * DAY)
    served.lists[2].records.append({"id": 2500, "at": at(30.5 * DAY)})
    assert not duck.load(made).failed
    assert loaded(duck) == known(served)


def test_a_full_refresh_begins_with_the_first_window(duck: Warehouse, api: Api) -> None:
    served = FamilyApi(api, {1: rows(1, [1, 9]), 2: []})
    made = acme(duck, api, served, keyed=False)
    duck.load(made)
    assert not duck.load(made, refresh=["children"]).failed
    assert loaded(duck) == known(served)
    assert len(served.ranges(2)) == 22


@pytest.mark.parametrize("in_windows", [False, True])
def test_a_cursor_for_all_passes_nothing_below_a_parent_that_is_listed_later(
    duck: Warehouse, api: Api, in_windows: bool
) -> None:
    """A row of parent 2 comes while the parents are listed, and one of parent 1 after it."""
    clock = [5.0]
    changed = {1: 3.0, 2: 1.0}
    below = {1: rows(1, [3]), 2: rows(2, [1])}

    def dated(body: Any) -> Answer:
        now = START + timedelta(days=clock[0])
        return Answer(body, headers={"Date": format_datetime(now, usegmt=True)})

    def parents(asked: Asked) -> Answer:
        since = asked.params.get("since", "")
        listed = [{"id": one, "at": at(day * DAY)} for one, day in changed.items()]
        answer = dated({"data": [one for one in listed if one["at"] >= since]})
        if clock[0] == 10:
            changed[2] = 10.5
            below[2].append({"id": 2900, "at": at(10.5 * DAY)})
            below[1].append({"id": 1900, "at": at(11.5 * DAY)})
            clock[0] = 12
        return answer

    def children(asked: Asked) -> Answer:
        listed, until = below[int(asked.path[-1])], asked.params.get("until", "9")
        return dated(
            {"data": [one for one in listed if asked.params["since"] <= one["at"] < until]}
        )

    api.routes |= {"/parents": parents, "/of/1": children, "/of/2": children}
    cursor = {"cursor_path": "at", "initial_value": at(0), "start_param": "since"}
    ends = {"end_param": "until"} if in_windows else {}
    window = {"window": {"size": "1 day", "end": END}}
    made = duck.connector(
        api.url,
        [
            items("parents", incremental=cursor) | {"primary_key": "id"},
            items("children", path="of/{resources.parents.id}", incremental=cursor | ends),
        ],
        reading={"children": {"cursor": "shared", **(window if in_windows else {})}},
    )
    assert not duck.load(made).failed
    clock[0], changed[1] = 10, 9
    for _ in range(2):
        assert not duck.load(made).failed
        clock[0] += 1
    assert loaded(duck) == [1000, 1900, 2000, 2900]

"""Windows into tables: committed one after the other, run after run, through failures and kills."""

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

from restsrc_dagster.extract.chunks import by_window
from restsrc_dagster.extract.incremental import window_rows
from restsrc_dagster.load.ranges.ranges import Between
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.load.worker import KILLED
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import items
from restsrc_dagster_tests.support.ranges import START, RangeApi, at

DAY = 24.0


def records(days: list[float]) -> list[dict[str, Any]]:
    return [{"id": number, "at": at(day * DAY)} for number, day in enumerate(days)]


EVERY_8_HOURS = [number / 3 for number in range(90)]


def acme(warehouse: Warehouse, api: Api, served: RangeApi, *, keyed: bool, **window: Any) -> Any:
    api.routes["/items"] = served
    resource = items(incremental=served.incremental(), paginator=served.paginator)
    if keyed:
        resource["primary_key"] = "id"
    said = {"size": "3 days", "end": "2024-02-01T00:00:00Z", **window}
    return warehouse.connector(api.url, [resource], reading={"items": {"window": said}})


def loaded(warehouse: Warehouse) -> list[Any]:
    return warehouse.values("SELECT id FROM acme.items ORDER BY id")


def in_chunks(warehouse: Warehouse) -> Warehouse:
    """Commits what has reached 20 records."""
    return replace(warehouse, settings=replace(warehouse.settings, commit_after_records=20))


@pytest.fixture
def small(duck: Warehouse) -> Warehouse:
    return in_chunks(duck)


@pytest.fixture
def either(warehouse: Warehouse) -> Warehouse:
    return in_chunks(warehouse)


@pytest.mark.parametrize(
    ("ends", "keyed", "at_once"),
    [
        ("[)", True, 1), ("[)", False, 4), ("[]", True, 4), ("[]", False, 1), ("(]", True, 1),
        ("(]", False, 4), ("()", True, 4), ("()", False, 1), ("days", True, 1), ("days", False, 4),
    ],
)  # fmt: skip
def test_run_after_run_each_record_comes_once(
    small: Warehouse, api: Api, ends: str, keyed: bool, at_once: int
) -> None:
    """Also those that come at the very instant, or the day, where the run before has ended."""
    small = replace(small, http={"max_concurrency": at_once})
    served = RangeApi(records(EVERY_8_HOURS)[1:39], ends, 4)
    report = small.load(acme(small, api, served, keyed=keyed, end="2024-01-14T00:00:00Z"))
    assert not report.failed
    assert loaded(small) == list(range(1, 39))
    served.records = records(EVERY_8_HOURS)[1:]
    served.records += [{"id": 100, "at": at(13 * DAY)}, {"id": 101, "at": at(13 * DAY)}]
    served.ranges.clear()
    for _ in range(2):
        assert not small.load(acme(small, api, served, keyed=keyed)).failed
        assert loaded(small) == [*range(1, 90), 100, 101]
    assert min(since for since, _ in served.ranges) >= "2024-01-13"


def test_windows_are_committed_one_after_the_other(small: Warehouse, api: Api) -> None:
    served = RangeApi(records(EVERY_8_HOURS), size=5)
    small = replace(small, http={"max_concurrency": 1})
    said: list[str] = []
    report = small.load(acme(small, api, served, keyed=False), on_message=said.append)
    assert loaded(small) == list(range(90))
    # Of nine records each, three make twenty; a window is asked for once.
    assert len(set(served.ranges)) == len(served.ranges) == 11
    after = report.resources[
        "items"
    ].cursor_after  # where a chunk has ended, behind the last record
    assert at(EVERY_8_HOURS[-1] * DAY) <= str(after) <= at(30 * DAY)


@pytest.mark.parametrize("keyed", [True, False])
@pytest.mark.parametrize("at_once", [1, 4])
def test_a_failure_costs_no_window_that_is_committed(
    either: Warehouse, api: Api, keyed: bool, at_once: int
) -> None:
    small = replace(either, http={"max_concurrency": at_once})
    served = RangeApi(records(EVERY_8_HOURS), size=4)

    def broken(asked: Asked) -> Answer | None:
        is_late = asked.params["since"] >= "2024-01-20" and "page" in asked.params
        return Answer({"error": "gone"}, status=404) if is_late else None

    served.wrong = broken
    report = small.load(acme(small, api, served, keyed=keyed))
    assert set(report.failed) == {"items"}
    kept = loaded(small) if keyed or at_once == 1 else []
    assert len(kept) >= 18 or not (keyed or at_once == 1)
    assert kept == list(range(len(kept)))
    served.wrong = lambda _: None
    served.ranges.clear()
    assert not small.load(acme(small, api, served, keyed=keyed)).failed
    assert loaded(small) == list(range(90))
    assert min(since for since, _ in served.ranges) > "2024-01-05" or not kept


def apart() -> list[dict[str, Any]]:
    """Some are given five days, and some two, after their time; others ten days before it."""
    return [
        {"id": n, "got": at(day * DAY), "at": at((day + (10, 0, -5, -2)[n % 4]) * DAY)}
        for n, day in enumerate(number / 3 for number in range(15, 75))
    ]


@pytest.mark.parametrize("keyed", [True, False])
def test_an_api_that_filters_by_another_time(
    small: Warehouse, api: Api, monkeypatch: pytest.MonkeyPatch, keyed: bool
) -> None:
    """No window is passed over because rows of it came before, chunk after chunk."""
    served = RangeApi(apart(), "[]", 4, by="got")
    made = acme(small, api, served, keyed=keyed)
    report = small.load(made)
    assert not report.failed
    assert loaded(small) == list(range(60))
    assert not report.resources["items"].warnings
    served.records.append({"id": 60, "got": at(30.5 * DAY), "at": at(30.4 * DAY)})
    small.load(made)
    assert loaded(small) == list(range(61))
    monkeypatch.setattr(window_rows, "MOST_ROWS", 1)
    monkeypatch.setattr(by_window, "MOST_AHEAD", 0)
    (loads,) = small.values("SELECT count(*) FROM acme._dlt_loads")
    report = small.load(made, refresh=["items"])
    (more,) = small.values("SELECT count(*) FROM acme._dlt_loads")
    assert more - loads == (3 if keyed else 2)
    warned = "".join(report.resources["items"].warnings)
    left_out = 0 if keyed else int(warned.split()[0])
    assert len(loaded(small)) + left_out == 61
    assert ("older than the window in whose answer they came" in warned) is not keyed
    assert keyed or left_out > 5


@pytest.mark.parametrize("keyed", [True, False])
@pytest.mark.parametrize("is_killed", [True, False])
def test_rows_before_the_window_at_which_a_run_goes_on(
    small: Warehouse, api: Api, keyed: bool, is_killed: bool
) -> None:
    """Where an API filters by another time: what a run before may have loaded is merged. Of rows
    that are appended nobody knows it, and each that is left out is told."""
    small = replace(small, http={"max_concurrency": 1})
    served = RangeApi(apart(), "[]", 4, by="got")
    made = acme(small, api, served, keyed=keyed)
    killed: list[Any] = []

    def stop(asked: Asked) -> Answer | None:
        if asked.params["since"] < "2024-01-20":
            return None
        if killed:
            killed.pop().kill()
        return None if is_killed else Answer({"error": "no"}, status=400)

    served.wrong = stop
    if is_killed:
        window = {"size": "3 days", "end": "2024-02-01T00:00:00Z"}
        process = small.start(
            api.url,
            [made.configuration["resources"][0]],
            keys={"reading": {"items": {"window": window}}},
            holder="the one that is killed",
        )
        killed.append(process)
        assert process.wait() == KILLED
    else:
        assert small.load(made).failed
    served.wrong = lambda _: None
    assert len(loaded(small)) > 18
    report = small.load(made)
    assert not report.failed
    warned = "".join(report.resources["items"].warnings)
    left_out = 0 if keyed else int(warned.split()[0])
    assert len(set(loaded(small))) + left_out >= 60
    assert len(loaded(small)) == len(set(loaded(small)))
    if keyed:
        assert loaded(small) == list(range(60))
        assert not warned
        # When the range was read to its end, the cursor alone says where reading begins.
        served.records.append({"id": 60, "got": at(30.9 * DAY), "at": at(2 * DAY)})
        assert small.load(made).resources["items"].read.older == 1


@pytest.mark.parametrize("keyed", [True, False])
def test_a_kill_costs_no_window_that_is_committed(either: Warehouse, api: Api, keyed: bool) -> None:
    small = replace(either, http={"max_concurrency": 1})
    served = RangeApi(records(EVERY_8_HOURS), size=4)
    made = acme(small, api, served, keyed=keyed)
    killed: list[Any] = []

    def kill(asked: Asked) -> Answer | None:
        if asked.params["since"] >= "2024-01-20" and killed:
            killed.pop().kill()
        return None

    served.wrong = kill
    window = {"size": "3 days", "end": "2024-02-01T00:00:00Z"}
    process = small.start(
        api.url,
        [made.configuration["resources"][0]],
        keys={"reading": {"items": {"window": window}}},
        holder="the one that is killed",
    )
    killed.append(process)
    assert process.wait() == KILLED
    kept = loaded(small)
    assert len(kept) >= 18
    assert kept == list(range(len(kept)))
    served.ranges.clear()
    assert not small.load(made).failed
    assert loaded(small) == list(range(90))
    assert min(since for since, _ in served.ranges) > "2024-01-05"


def test_empty_windows_move_the_cursor(small: Warehouse, api: Api) -> None:
    """The next run does not read years again in which there was nothing."""
    served = RangeApi(records([0.0]), size=4)
    small.load(acme(small, api, served, keyed=True, end="2024-06-01T00:00:00Z"))
    served.ranges.clear()
    small.load(acme(small, api, served, keyed=True, end="2024-06-02T00:00:00Z"))
    assert min(since for since, _ in served.ranges) > "2024-05-25"


def test_what_is_not_over_is_read_again(small: Warehouse, api: Api) -> None:
    """A record that comes late, in the window that goes up to now, is not passed over."""
    served = RangeApi(records([0.0]), size=4)
    made = acme(small, api, served, keyed=True, size="12 months", end="now")
    small.load(made)
    late = {"id": 1, "at": at(2)}
    served.records.append(late)
    newest = max(until for _, until in served.ranges)
    served.records.append({"id": 2, "at": newest[:11] + "00:00:00Z"})
    small.load(made)
    assert 2 in loaded(small)


def test_windows_that_are_not_over_by_the_api_s_clock(small: Warehouse, api: Api) -> None:
    """Our clock is ahead: empty ones do not move the cursor, and no row is forgotten or doubled."""
    served = RangeApi(records([0.0, 1.0, 1.0]), "[]", clock=1.5 * DAY)
    made = acme(small, api, served, keyed=False, size="1 day")
    for _ in range(2):
        assert not small.load(made).failed
        assert loaded(small) == [0, 1, 2]
    served.records.append({"id": 3, "at": at(1.2 * DAY)})
    assert not small.load(made).failed
    assert loaded(small) == [0, 1, 2, 3]


@pytest.mark.parametrize("keyed", [True, False])
def test_children_of_windows(small: Warehouse, api: Api, keyed: bool) -> None:
    served = RangeApi(records(EVERY_8_HOURS), "[]", 4)
    api.routes["/items"] = served
    for number in range(90):
        api.routes[f"/of/{number}"] = lambda asked: {"data": [{"of": int(asked.path[4:])}]}
    parent = items(incremental=served.incremental(), paginator=served.paginator)
    parent["primary_key"] = "id"
    child = items("child", path="of/{resources.items.id}", paginator="single_page")
    if keyed:
        child["primary_key"] = "of"
    window = {"size": "3 days", "end": "2024-02-01T00:00:00Z"}
    made = small.connector(api.url, [parent, child], reading={"items": {"window": window}})
    for _ in range(2):
        assert not small.load(made).failed
        assert small.values("SELECT of FROM acme.child ORDER BY of") == list(range(90))


def test_a_full_refresh_begins_with_the_first_window(small: Warehouse, api: Api) -> None:
    served = RangeApi(records(EVERY_8_HOURS), size=4)
    made = acme(small, api, served, keyed=False)
    small.load(made)
    served.ranges.clear()
    small.load(made, refresh=["items"])
    assert loaded(small) == list(range(90))
    assert min(since for since, _ in served.ranges) == "2024-01-01T00:00:00Z"


@pytest.mark.parametrize("days", [1, 10])
def test_with_a_lag(small: Warehouse, api: Api, days: int) -> None:
    """Longer than a window, too, and though a chunk is full before it is through."""
    served = RangeApi(records(EVERY_8_HOURS), size=4)
    api.routes["/items"] = served
    cursor = {**served.incremental(), "lag": days * 86_400}
    resource = {**items(incremental=cursor, paginator=served.paginator), "primary_key": "id"}
    said = {"items": {"window": {"size": "3 days", "end": "2024-02-01T00:00:00Z"}}}
    made = small.connector(api.url, [resource], reading=said)
    small.load(made)
    assert len(set(served.ranges)) == len(served.ranges) == 11
    late = [29.2 + day - days for day in range(1, days + 1)]
    served.records += [{"id": 90 + n, "at": at(day * DAY)} for n, day in enumerate(late)]
    small.load(made)
    assert loaded(small) == list(range(90 + days))


def test_a_range_that_is_read_again_in_windows_replaces_its_rows(duck: Warehouse, api: Api) -> None:
    served = RangeApi(records([float(day) for day in range(12)]), "[]")
    made = acme(duck, api, served, keyed=False, size="2 days", end="2024-01-13T00:00:00Z")
    duck.load(made)
    between = Between(
        datetime(2024, 1, 2, tzinfo=timezone.utc), datetime(2024, 1, 9, tzinfo=timezone.utc)
    )
    assert not duck.load(made, between=between).failed
    assert loaded(duck) == list(range(12))


def test_a_range_that_is_over_asks_for_nothing(small: Warehouse, api: Api) -> None:
    served = RangeApi(records(EVERY_8_HOURS)[:60], "[]")
    assert not small.load(acme(small, api, served, keyed=True)).failed
    served.ranges.clear()
    report = small.load(acme(small, api, served, keyed=True, end="2024-01-05T00:00:00Z"))
    assert not report.failed
    assert served.ranges == []
    assert loaded(small) == list(range(60))
    assert not report.resources["items"].warnings


@pytest.mark.parametrize("keyed", [True, False])
def test_what_is_newer_than_the_delay_moves_no_cursor(
    duck: Warehouse, api: Api, keyed: bool
) -> None:
    """An API that takes days gives the newest hours of one all the same."""
    now = (datetime.now(timezone.utc) - START).total_seconds() / 3600
    served = RangeApi([{"id": 1, "at": at(now - 7)}, {"id": 2, "at": at(now - 1)}], "days")
    windowed = acme(duck, api, served, keyed=keyed, size="60 months", end="now", delay="6 hours")
    assert not duck.load(windowed).failed
    served.records.insert(1, {"id": 3, "at": at(now - 2)})
    assert not duck.load(windowed).failed
    assert loaded(duck) == [1, 2, 3]


def test_children_of_a_list_that_is_not_loaded_fail(small: Warehouse, api: Api) -> None:
    """What came before is kept, and the next run goes on behind the last whole window."""
    served = RangeApi(records(EVERY_8_HOURS), "[]", 4)
    is_well = False

    def child(asked: Asked) -> Any:
        number = int(asked.path[4:])
        return {"data": [{"of": number}]} if is_well or number < 70 else Answer({}, status=400)

    api.routes |= {"/items": served, **{f"/of/{number}": child for number in range(90)}}
    parent = items(incremental=served.incremental(), paginator=served.paginator)
    parent |= {"selected": False, "primary_key": "id"}
    below = items("child", path="of/{resources.items.id}", paginator="single_page")
    window = {"size": "3 days", "end": "2024-02-01T00:00:00Z"}
    made = small.connector(api.url, [parent, below], reading={"items": {"window": window}})
    assert small.load(made).failed.keys() == {"items", "child"}
    kept = small.values("SELECT of FROM acme.child ORDER BY of")
    assert kept == list(range(len(kept)))
    assert len(kept) >= 18
    served.ranges.clear()
    is_well = True
    assert not small.load(made).failed
    assert small.values("SELECT of FROM acme.child ORDER BY of") == list(range(90))
    assert min(since for since, _ in served.ranges) > "2024-01-05"

"""A range that is read in slices gives what one request for the whole of it gives."""

import threading
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster.errors import ConnectorError
from restsrc_dagster.extract.incremental.cursor import IncrementalCursor
from restsrc_dagster.extract.incremental.position import Position
from restsrc_dagster.extract.prefetch import prefetcher
from restsrc_dagster.extract.sample.read import read_samples
from restsrc_dagster.extract.source import open_reading
from restsrc_dagster_tests.extract.reading import read
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items
from restsrc_dagster_tests.support.ranges import RangeApi, at

DAY = 24.0
FEW = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
END = {"end": "2024-02-01T00:00:00Z"}


def windowed(
    api: Api, served: RangeApi, size: str, *, at_once: int = 4, keyed: bool = True, **window: Any
) -> Connector:
    api.routes["/items"] = served
    resource = items(incremental=served.incremental(), paginator=served.paginator)
    if keyed:
        resource["primary_key"] = "id"
    return connector(
        "acme",
        api.url,
        [resource],
        http={"max_concurrency": at_once},
        reading={"items": {"window": {"size": size, **END, **window}}},
    )


def made(hours: list[float]) -> list[dict[str, Any]]:
    return [{"id": number, "at": at(hour)} for number, hour in enumerate(hours)]


def ids(rows: list[Any]) -> list[int]:
    return sorted(row["id"] for row in rows)


HOURS = st.lists(st.integers(0, 30 * 24 * 4 - 1).map(lambda quarter: quarter / 4), max_size=25)
ON_THE_EDGE = st.lists(st.integers(0, 29).map(lambda day: day * DAY), max_size=12)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    hours=st.one_of(HOURS, ON_THE_EDGE),
    ends=st.sampled_from(["[)", "[]", "(]", "()", "days"]),
    size=st.sampled_from(["1 day", "7 days", "36 hours", "2 weeks", "1 month", "45 days"]),
    page=st.integers(1, 5),
    at_once=st.sampled_from([1, 2, 5]),
    by_links=st.booleans(),
    keyed=st.booleans(),
)
def test_each_record_comes_once(
    api: Api, hours: list[float], ends: str, size: str, page: int, at_once: int, by_links: bool,
    keyed: bool,
) -> None:  # fmt: skip
    if ends in ("(]", "()"):  # the first instant of all is never given
        hours = [hour for hour in hours if hour]
    served = RangeApi(made(hours), ends, page, by_links=by_links)
    rows = read(windowed(api, served, size, at_once=at_once, keyed=keyed))
    assert ids(rows) == list(range(len(hours)))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    hours=HOURS,
    cap=st.integers(2, 6),
    announces=st.booleans(),
    ends=st.sampled_from(["[)", "[]", "()"]),
    at_once=st.sampled_from([1, 4]),
    keyed=st.booleans(),
)
def test_a_window_that_holds_more_than_the_api_gives(
    api: Api, hours: list[float], cap: int, announces: bool, ends: str, at_once: int, keyed: bool
) -> None:
    hours = sorted(set(hours))  # two at one instant may be as many as the API gives
    hours = [hour for hour in hours if hour or ends[0] == "["]
    served = RangeApi(made(hours), ends, 2, cap=cap, announces=announces)
    rows = read(windowed(api, served, "31 days", at_once=at_once, keyed=keyed, at_most=cap))
    assert ids(rows) == list(range(len(hours)))


@pytest.mark.parametrize("ends", ["[]", "[)", "days"])
def test_what_stands_where_halves_meet_comes_once(api: Api, ends: str) -> None:
    served = RangeApi(made([0, 372 - 1 / 3600, 372, 500]), ends, 2, cap=4)
    rows = read(windowed(api, served, "31 days", keyed=False, at_most=4))
    assert ids(rows) == [0, 1, 2, 3]


@pytest.mark.parametrize("ends", ["[]", "days"])
def test_what_stands_where_windows_of_a_fixed_range_meet_comes_once(api: Api, ends: str) -> None:
    served = RangeApi(made([0, 10 * DAY, 20 * DAY - 1, 20 * DAY]), ends, 2)
    acme = windowed(api, served, "10 days", keyed=False)
    cursor = acme.configuration["resources"][0]["endpoint"]["incremental"]
    cursor["end_value"] = "2024-01-31T00:00:00Z"
    assert ids(read(acme)) == [0, 1, 2, 3]


APART = st.lists(st.tuples(st.integers(0, 719), st.integers(-700, 700)), max_size=25)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    hours=APART,
    ends=st.sampled_from(["[)", "[]", "days"]),
    size=st.sampled_from(["1 day", "7 days", "36 hours"]),
    page=st.integers(1, 5),
    keyed=st.booleans(),
)
def test_an_api_that_filters_by_another_time(
    api: Api, hours: list[tuple[int, int]], ends: str, size: str, page: int, keyed: bool
) -> None:
    """What lies outside of its window and within the range comes once, too."""
    rows = [
        {"id": n, "got": at(got), "at": at(min(max(got + by, 0), 719))}
        for n, (got, by) in enumerate(hours)
    ]
    served = RangeApi(rows, ends, page, by="got")
    assert ids(read(windowed(api, served, size, keyed=keyed))) == list(range(len(rows)))


@pytest.mark.parametrize("at_most", [None, 100])
def test_an_ignored_answer_ends_the_list_of_its_window(api: Api, at_most: int | None) -> None:
    served = RangeApi(made([hour * 12.0 for hour in range(60)]))

    def gone(asked: Asked) -> Answer | None:
        is_second = asked.params["since"] < "2024-01-11" and "page" in asked.params
        return Answer({}, status=404) if is_second else None

    served.wrong = gone
    acme = windowed(api, served, "15 days", at_most=at_most)
    acme.configuration["resources"][0]["endpoint"]["response_actions"] = [
        {"status_code": 404, "action": "ignore"}
    ]
    assert ids(read(acme)) == [0, 1, 2, *range(30, 60)]


def test_one_that_cannot_be_halved_fails_by_name(api: Api) -> None:
    served = RangeApi(made([5.0] * 4), cap=3)
    with pytest.raises(
        Exception, match=r"holds 3 records or more.*as small as can be, two seconds"
    ):
        read(windowed(api, served, "1 day", at_most=3))
    served = RangeApi(made([5.0] * 4), "days", cap=3)
    with pytest.raises(Exception, match="is as small as can be, a day"):
        read(windowed(api, served, "4 days", at_once=1, at_most=3))
    assert len(served.ranges) == 3


def test_the_windows_are_asked_for_one_after_the_other_end(api: Api) -> None:
    served = RangeApi([], longest=timedelta(days=10))
    read(windowed(api, served, "10 days", at_once=1))
    assert served.ranges == [
        ("2024-01-01T00:00:00Z", "2024-01-11T00:00:00Z"),
        ("2024-01-10T23:59:59Z", "2024-01-20T23:59:59Z"),
        ("2024-01-20T23:59:58Z", "2024-01-30T23:59:58Z"),
        ("2024-01-30T23:59:57Z", "2024-02-01T00:00:00Z"),
    ]


def test_a_date_for_each_request(api: Api) -> None:
    served = RangeApi(made([hour * 7.0 for hour in range(100)]), "day")
    assert ids(read(windowed(api, served, "1 day"))) == list(range(100))
    assert sorted(since for since, _ in served.ranges) == [
        f"2024-01-{day:02}" for day in range(1, 32)
    ]


def test_windows_are_read_side_by_side(api: Api) -> None:
    """A list that gives links only becomes as parallel as one that counts pages."""
    together = threading.Barrier(3, timeout=20)
    served = RangeApi(made([day * DAY for day in range(30)]))

    def meet(asked: Asked) -> Answer | None:
        if "2024-01-05" < asked.params["since"] < "2024-01-20" and "page" not in asked.params:
            together.wait()
        return None

    served.wrong = meet
    assert ids(read(windowed(api, served, "5 days", at_once=3))) == list(range(30))


@pytest.mark.parametrize(("most_bytes", "waiting"), [(64_000, 4), (32_000_000, 6), (100, 0)])
def test_no_more_wait_than_memory_allows(
    api: Api, monkeypatch: pytest.MonkeyPatch, most_bytes: int, waiting: int
) -> None:
    """However small they are, an answer counts as 16 kB."""
    monkeypatch.setattr(prefetcher, "WAITING_BYTES", most_bytes)
    served = RangeApi(made([day * DAY for day in range(8)]))
    acme = windowed(api, served, "1 day", at_once=6, end="2024-01-08T12:00:00Z")
    most = 0
    with open_reading(acme, {}) as reading:
        for read_so_far, _ in enumerate(reading.source, 1):
            asked, since = -1, time.monotonic()
            while asked != len(api.asked) or time.monotonic() - since < 0.2:
                if asked != len(api.asked):
                    asked, since = len(api.asked), time.monotonic()
                time.sleep(0.01)
            most = max(most, asked - read_so_far)
    assert most == waiting


def test_nothing_in_some_windows_is_no_warning(api: Api) -> None:
    served = RangeApi(made([0, 700]))
    with open_reading(windowed(api, served, "1 day"), {}) as reading:
        assert ids(list(reading.source)) == [0, 1]
        assert not reading.pages["items"].warnings


def test_the_newest_is_left_for_the_next_run(api: Api) -> None:
    served = RangeApi([])
    ends = []
    for delay in ("2 days", None):
        read(windowed(api, served, "400 days", end="now", delay=delay))
        ends.append(max(parse_time(until) for _, until in served.ranges))
    assert timedelta(days=2) <= ends[1] - ends[0] < timedelta(days=2, minutes=5)


def test_a_test_read_looks_at_the_newest_windows(api: Api) -> None:
    """The first ones may lie years before any record."""
    served = RangeApi(made([650, 680, 700]))
    (sample,) = read_samples(windowed(api, served, "1 day"), {}, resources=["items"], limit=2)
    assert sample.error is None
    assert ids(sample.records)[:2] == [1, 2]
    assert len(served.ranges) <= 10
    served.records = []
    served.ranges.clear()
    (sample,) = read_samples(windowed(api, served, "1 day"), {}, resources=["items"], limit=2)
    assert (sample.error, sample.records) == (None, [])
    assert len(served.ranges) == 10


@pytest.mark.parametrize("initial", [1_704_067_200, 1_704_067_200_000, "1704067200"])
def test_a_cursor_that_is_a_number(api: Api, initial: Any) -> None:
    scale = 1000 if initial == 1_704_067_200_000 else 1
    as_text = isinstance(initial, str)
    times = [1_704_067_200 + 40_000 * number for number in range(60)]
    rows = [{"id": n, "t": str(one) if as_text else one * scale} for n, one in enumerate(times)]
    seen: list[tuple[int, int]] = []

    def route(asked: Asked) -> Any:
        low, high = int(asked.params["since"]), int(asked.params["until"])
        seen.append((low, high))
        return {"data": [row for row in rows if low <= int(row["t"]) < high]}

    api.routes["/items"] = route
    cursor = {"cursor_path": "t", "initial_value": initial, "start_param": "since",
              "end_param": "until"}  # fmt: skip
    window = {"size": "7 days", "end": "2024-02-01"}
    acme = connector(
        "acme", api.url, [items(incremental=cursor)], reading={"items": {"window": window}}
    )
    assert ids(read(acme)) == list(range(60))
    assert len(seen) == 5


@pytest.mark.parametrize(
    ("endpoint", "window", "message"),
    [
        ({}, {}, "needs a cursor: name one as endpoint.incremental"),
        ({"incremental": {"cursor_path": "at", "start_param": "s"}}, {}, "needs an initial_value"),
        (
            {"incremental": {"cursor_path": "at", "initial_value": "2024-01-01"}},
            {},
            "needs a request that says where a window begins: name start_param",
        ),
        (
            {"incremental": {"cursor_path": "at", "initial_value": 0, "start_param": "s"}},
            {},
            "cannot tell from this initial_value whether it counts seconds or milliseconds",
        ),
        (
            {"incremental": {"cursor_path": "at", "initial_value": "2024-01-01",
                             "start_param": "s", "row_order": "asc"}},
            {},
            "is its own order: take row_order out",
        ),
        (
            {"incremental": {"cursor_path": "at", "initial_value": "2024-01-01",
                             "start_param": "s", "range_start": "open"}},
            {},
            "take range_start out",
        ),
        (
            {"incremental": {"cursor_path": "at", "initial_value": "2024-01-01",
                             "start_param": "s", "on_cursor_value_missing": "include"}},
            {},
            "would bring records without the cursor once for each window",
        ),
        ({"incremental": {"cursor_path": "at", "initial_value": "2024-01-01", "start_param": "s"}},
         {"size": "1 year"}, "reading.items.window.size: '1 year' is no length of time such as"),
        ({"incremental": {"cursor_path": "at", "initial_value": "2024-01-01", "start_param": "s"}},
         {"end": "soon"}, "reading.items.window.end: 'soon' is neither now nor a time"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant(endpoint: Any, window: Any, message: str) -> None:
    reading = {"items": {"window": {"size": "1 day", **window}}}
    with pytest.raises(ConnectorError) as refused:
        connector("acme", "http://127.0.0.1:9", [items(**endpoint)], reading=reading)
    assert message in str(refused.value)


@pytest.mark.parametrize("by_links", [True, False])
def test_a_window_is_asked_for_once_before_its_records_are_handed_on(
    api: Api, by_links: bool
) -> None:
    hours = [hour * 6.0 for hour in range(100)]
    served = RangeApi(made(hours), size=2, cap=60, by_links=by_links, announces=True)
    assert ids(read(windowed(api, served, "31 days", at_most=60))) == list(range(100))
    asked = Counter(one.query for one in api.asked)
    assert max(asked.values()) == 1
    whole = [one for one in api.asked if one.params["until"] == "2024-02-01T00:00:00Z"]
    assert len([one for one in whole if one.params["since"] == "2024-01-01T00:00:00Z"]) < 25


@pytest.mark.parametrize("at_most", [None, 15])
def test_a_range_in_a_body(api: Api, at_most: int | None) -> None:
    records = made([hour * 8.0 for hour in range(90)])

    def search(asked: Asked) -> Any:
        low, high = asked.json["filter"]["from"], asked.json["filter"]["to"]
        found = [one for one in records if low <= one["at"] < high]
        page = asked.json.get("page", 1)
        return {"data": found[(page - 1) * 4 : page * 4]}

    api.routes["/items"] = search
    cursor = {"cursor_path": "at", "initial_value": "2024-01-01T00:00:00Z"}
    between = {"from": "{incremental.start_value}", "to": "{incremental.end_value}"}
    paginator = {
        "type": "page_number",
        "base_page": 1,
        "total_path": None,
        "page_body_path": "page",
    }
    acme = connector(
        "acme",
        api.url,
        [items(method="POST", json={"filter": between}, incremental=cursor, paginator=paginator)],
        reading={"items": {"window": {"size": "10 days", **END, "at_most": at_most}}},
    )
    assert ids(read(acme)) == list(range(90))


def test_behind_a_window_of_rows_that_are_all_ahead_of_the_clock() -> None:
    """Nothing is kept, and they are known when they come again."""
    begin, ahead = "2024-01-01T00:00:00Z", "2024-01-03T00:00:00Z"
    cursor = IncrementalCursor(
        {"cursor_path": "at", "initial_value": begin}, appends=True, warn=print
    )
    position = Position(cursor, None, cursor.delivered(None))
    clock = parse_time("2024-01-02T00:00:00+00:00").timestamp()
    row = [{"at": ahead}]
    cursor.learn([ahead])
    assert position.take(row, [ahead], clock) == row
    behind = position.behind_window(None)
    assert (behind.kept, behind.start) == (None, begin)
    assert behind.take(row, [ahead], clock) == []

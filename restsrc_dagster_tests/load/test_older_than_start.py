"""Records before the start that was sent are left out, and that is told; no others are told of."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from restsrc_dagster.cli.sample.report import as_text
from restsrc_dagster.connector.resources.resource import resource_of
from restsrc_dagster.extract.incremental.cursor import IncrementalCursor
from restsrc_dagster.extract.incremental.older import OlderThanSent
from restsrc_dagster.extract.paging.page_stats import PageStats
from restsrc_dagster.extract.sample.read import read_samples
from restsrc_dagster.orchestrate.metadata import materialization_metadata
from restsrc_dagster.orchestrate.storage import storage_of
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items

SENT = {"since": "{incremental.start_value}"}


def told(start: Any, *values: Any, sent: Any = SENT, **cursor: Any) -> PageStats:
    """Of one page with such cursors, where reading begins at `start`."""
    incremental = {"cursor_path": "at", **cursor}
    resource = resource_of(items(incremental=incremental, params=sent), {})
    own = IncrementalCursor(incremental, appends=False, warn=lambda _: None)
    own.order.begin(start, own.initial)
    known = [value for value in values if value is not None]
    own.learn(known)
    stats = PageStats()
    if (older := OlderThanSent.of(resource, own, stats.note_older)) is not None:
        older.look(values, start)
    return stats


DAY = {"convert": "date"}
NOON = "2024-01-31T12:00:00Z"


@pytest.mark.parametrize(
    ("start", "values", "cursor", "count"),
    [
        (NOON, [NOON, "2024-01-31T13:00:00Z"], {}, 0),
        (NOON, ["2024-01-31T11:59:59Z", "2024-01-31T13:00:00Z", None], {}, 1),
        (NOON, ["2024-01-31T12:30:00+01:00", "2024-01-31T12:30:00-01:00"], {}, 1),
        ("2024-01-31T12:00:00.9Z", ["2024-01-31T12:00:00.1Z"], {}, 0),
        ("2024-01-31T12:00:00.1Z", ["2024-01-31T11:59:59.9Z"], {}, 1),
        (NOON, ["2024-01-31T00:00:00Z"], DAY, 0),
        (NOON, ["2024-01-30T23:59:59Z", "0001-01-01T00:00:00Z"], DAY, 2),
        (NOON, ["2024-01-31T00:30:00Z"], {"convert": "date@Europe/Berlin"}, 0),
        (NOON, ["2024-01-30T22:30:00Z"], {"convert": "date@Europe/Berlin"}, 1),
        (NOON, ["2024-01-31T11:59:00Z"], {"convert": "epoch_seconds"}, 1),
        (NOON, ["2024-01-31T13:00:00Z", "2024-01-31T11:00:00Z"], {"last_value_func": "min"}, 1),
        (NOON, ["2024-01-31T18:00:00Z"], {"last_value_func": "min"} | DAY, 0),
        (NOON, [NOON], {"range_start": "open"}, 0),
        ("2024-01-31", ["2024-01-31", "2024-01-30"], {}, 1),
        (10, [9, 9.5, 10, 11, None], {}, 2),
        ("10", ["9", "11"], {}, 1),
        ("bcd", ["bcc", "bce"], {}, 1),
        (None, [1, 2], {}, 0),
        (10, [], {}, 0),
        (10, [None], {}, 0),
    ],
)
def test_what_counts(start: Any, values: list[Any], cursor: dict[str, Any], count: int) -> None:
    assert told(start, *values, **cursor).older == count


@pytest.mark.parametrize(
    ("sent", "cursor", "count"),
    [
        (None, {}, 0),
        (None, {"start_param": "since"}, 2),
        ({"from": "{incremental.initial_value}"}, {"initial_value": 5}, 1),
        ({"to": "{incremental.end_value}"}, {"end_value": 20}, 0),
    ],
)
def test_only_what_is_sent(sent: Any, cursor: dict[str, Any], count: int) -> None:
    assert told(10, 4, 9, 11, sent=sent, **cursor).older == count


@pytest.mark.parametrize(
    ("start", "value", "cursor", "cure"),
    [
        (NOON, "2024-01-31T11:00:00Z", {}, "give the cursor a lag (in seconds)"),
        (NOON, "2024-01-31T11:00:00Z", {"lag": 60}, "give the cursor a longer lag (in seconds)"),
        (NOON, "2024-01-31T11:00:00Z", {}, 'whole days, write "convert": "date"'),
        (NOON, "2024-01-31T11:00:00Z", {"initial_value": NOON}, "an earlier initial_value"),
        ("2024-01-31", "2024-01-30", {}, "give the cursor a lag (in days)"),
        (10, 9, {}, "give the cursor a lag (in its units)"),
        ("bcd", "bcc", {}, "name a cursor that is a time or a number"),
        (10, 9, {"end_value": 20}, "let the range begin with another value"),
    ],
)
def test_what_to_do(start: Any, value: Any, cursor: dict[str, Any], cure: str) -> None:
    told_of = told(start, value, **cursor).told_of_older
    assert told_of.startswith("1 record is ")
    assert "sent as since" in told_of
    assert cure in told_of


class Events:
    """An API that gives events in the order, and since the time, in which it has got them."""

    def __init__(self, api: Api, size: int) -> None:
        self.got: list[tuple[int, int]] = []
        """The minutes in which the API has got an event, and in which that was."""
        self._size = size
        api.routes["/items"] = api.routes["/groups/1/items"] = self._page
        api.routes["/groups/2/items"] = lambda _: {"data": []}
        api.routes["/groups"] = lambda _: {"data": [{"id": 2}, {"id": 1}]}

    def _page(self, asked: Asked) -> Any:
        since, page = asked.params["since"], int(asked.params["page"])
        found = [
            {"id": minute, "at": time_of(minute)}
            for got, minute in self.got
            if time_of(got)[: len(since)] >= since
        ]
        return {"data": found[(page - 1) * self._size : page * self._size]}


def time_of(minute: int) -> str:
    return datetime.fromtimestamp(1_700_000_000 + 60 * minute, timezone.utc).strftime(
        "%Y-%m-%dT%H:%M:%SZ"
    )


def resource(path: str = "items", **cursor: Any) -> dict[str, Any]:
    incremental = {"cursor_path": "at", "initial_value": time_of(0), **cursor}
    paginator = {"type": "page_number", "base_page": 1, "total_path": None}
    endpoint = items(incremental=incremental, params=SENT, paginator=paginator)
    endpoint["endpoint"]["path"] = path
    return {**endpoint, "primary_key": "id"}


BELOW = {**items("groups"), "primary_key": "id"}


@pytest.mark.parametrize(
    ("size", "records", "path"),
    [(100, 1000, "items"), (2, 3, "items"), (2, 1000, "groups/{resources.groups.id}/items")],
    ids=["one page", "chunks", "of parents"],
)
def test_events_that_come_late(
    api: Api, duck: Warehouse, size: int, records: int, path: str
) -> None:
    duck = replace(duck, settings=replace(duck.settings, commit_after_records=records))
    events = Events(api, size)
    above = [BELOW] if "groups" in path else []
    acme = duck.connector(api.url, [*above, resource(path)])
    events.got = [(minute, minute) for minute in range(1, 10)]
    assert not duck.load(acme).resources["items"].warnings
    events.got += [(20, 20), (21, -5), (22, -20)]
    load = duck.load(acme)
    report = load.resources["items"]
    (warning,) = report.warnings
    assert warning.startswith("2 records are older than the start that was sent as since")
    assert time_of(9) in warning
    assert time_of(-5) in warning
    storage = storage_of(acme, duck.settings, {})
    figures = materialization_metadata(acme, load, report, storage)
    assert figures["records_older_than_start"] == 2
    assert report.rows_in_table == 10


def test_a_lag_brings_them_and_says_nothing(api: Api, duck: Warehouse) -> None:
    events = Events(api, 2)
    acme = duck.connector(api.url, [resource(lag=3600)])
    events.got = [(minute, minute) for minute in range(100, 110)]
    duck.load(acme)
    events.got += [(120, 120), (121, 95)]
    report = duck.load(acme).resources["items"]
    assert (report.warnings, report.rows_in_table) == ([], 12)


def test_what_is_sent_is_coarser_than_the_cursor(api: Api, duck: Warehouse) -> None:
    """All of the day comes again, which was asked for."""
    events = Events(api, 2)
    acme = duck.connector(api.url, [resource(convert="date")])
    for last in (5, 9):
        events.got = [(minute, minute) for minute in range(1, last)]
        report = duck.load(acme).resources["items"]
        assert (report.warnings, report.rows_in_table) == ([], last - 1)


@pytest.mark.parametrize("records", [3, 1000], ids="chunks of {}".format)
@pytest.mark.parametrize("heeds", [True, False])
def test_windows_overlap_and_only_the_range_counts(
    api: Api, duck: Warehouse, records: int, heeds: bool
) -> None:
    """An API that takes whole hours gives each window what lies before it."""
    duck = replace(duck, settings=replace(duck.settings, commit_after_records=records))
    begin = datetime.now(timezone.utc).replace(minute=30, second=0, microsecond=0) - timedelta(
        hours=6
    )
    times = [
        (begin + timedelta(minutes=n)).strftime("%Y-%m-%dT%H:%M:%SZ") for n in range(0, 300, 7)
    ]
    every = [{"id": at, "at": at} for at in times]
    early = {"id": "early", "at": "2001-01-01T00:00:00Z"}

    def answer(asked: Asked) -> Any:
        since, until = asked.params["since"][:13], asked.params["until"]
        found = [one for one in every if one["at"][:13] >= since and one["at"] < until]
        return {"data": found if heeds else [early, *found]}

    api.routes["/items"] = answer
    incremental = {"cursor_path": "at", "initial_value": times[0], "end_param": "until"}
    described = items(incremental=incremental, params=SENT, paginator="single_page")
    acme = duck.connector(
        api.url,
        [{**described, "primary_key": "id"}],
        reading={"items": {"window": {"size": "1 hour"}}},
    )
    report = duck.load(acme).resources["items"]
    assert report.rows_in_table == len(times)
    assert ["2001-01-01T00:00:00Z" in one for one in report.warnings] == ([] if heeds else [True])


def test_a_sample_tells_of_what_lies_before_the_initial_value(api: Api) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1, "at": "0001-01-01T00:00:00Z"}]}
    described = items(incremental={"cursor_path": "at", "initial_value": time_of(0)}, params=SENT)
    for initial in (True, False):
        if not initial:
            described = items(incremental={"cursor_path": "at"}, params=SENT)
        acme = connector("acme", api.url, [described])
        (sample,) = read_samples(acme, {}, resources=["items"], limit=5)
        lines = [line for line in as_text(sample) if "left out" in line]
        assert ["0001-01-01T00:00:00Z" in line for line in lines] == ([True] if initial else [])

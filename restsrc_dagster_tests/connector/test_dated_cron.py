"""Slots that no cron string says, by their dates: Dagster's ticks are the slots, and no others."""

from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile

import pytest
from dagster._utils.schedules import schedule_execution_time_iterator
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from restsrc_dagster.connector.dated_cron import MOST, DatedCron, dated_cron
from restsrc_dagster.connector.schedule import Schedule
from restsrc_dagster_tests.connector.test_slots import EDGES, creations, schedules

CREATED = EDGES[0]
DAY = timedelta(days=1)
MOST_TICKS = 60


def ticks(dated: DatedCron, after: datetime) -> list[datetime]:
    """Those that Dagster's daemon comes to after a time, as long as they are meant."""
    found = schedule_execution_time_iterator(after.timestamp() + 1, dated.strings, "UTC")
    return [
        tick.astimezone(UTC)
        for tick in takewhile(lambda it: it < dated.end, islice(found, MOST_TICKS))
    ]


@settings(max_examples=40, deadline=None)
@given(schedules(longest=5_000), creations, st.integers(0, 200 * 1440))
@example(Schedule(mode="minutes", interval=721), EDGES[3], 721)
@example(Schedule(mode="hours", interval=5), EDGES[3], 0)
def test_the_ticks_are_the_slots(schedule: Schedule, created_at: datetime, minutes: int) -> None:
    slots = schedule.slots(created_at)
    at = created_at + timedelta(minutes=minutes)
    dated = dated_cron(slots, at)
    assume(dated is not None and slots.period < 300 * DAY)  # dates come again each year
    assert dated is not None
    assert len(dated.strings) <= 2 * MOST
    expected = list(islice(takewhile(lambda it: it < dated.end, slots.upcoming(at)), MOST_TICKS))
    assert expected, "the next slot is one of them"
    assert ticks(dated, at) == expected
    missed = slots.latest(at)
    assert missed is None or missed in ticks(dated, missed - 2 * timedelta(seconds=1))


@pytest.mark.parametrize(
    ("mode", "interval", "days"),
    [("days", 3, 120), ("days", 10, 120), ("hours", 5, 60), ("hours", 7, 50), ("minutes", 7, 2)],
)
def test_so_far_ahead(mode: str, interval: int, days: int) -> None:
    slots = Schedule(mode=mode, interval=interval).slots(CREATED)
    dated = dated_cron(slots, CREATED)
    assert dated is not None
    assert dated.end - CREATED > days * DAY
    assert len(dated.strings) <= MOST + 2


def test_days_of_a_zone_are_named_in_utc() -> None:
    slots = Schedule(mode="days", interval=3, offset=390, timezone="Europe/Berlin").slots(CREATED)
    dated = dated_cron(slots, CREATED)
    assert dated is not None
    expected = list(takewhile(lambda it: it < dated.end, slots.upcoming(CREATED)))
    assert ticks(dated, CREATED) == expected[:MOST_TICKS]
    assert {tick.hour for tick in ticks(dated, CREATED)} == {4, 5}


@pytest.mark.parametrize(
    "schedule",
    [Schedule(mode="minutes", interval=10), Schedule(mode="days"), Schedule(mode="hours")],
)
def test_what_one_string_says_needs_no_dates(schedule: Schedule) -> None:
    assert dated_cron(schedule.slots(CREATED), CREATED) is None

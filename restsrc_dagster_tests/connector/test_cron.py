"""What Dagster is given for a schedule: its ticks are the slots, and no others."""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from itertools import islice, takewhile

import pytest
from dagster._utils.schedules import schedule_execution_time_iterator
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from restsrc_dagster.connector.schedule.cron import MOST, Cron, cron_of
from restsrc_dagster.connector.schedule.schedule import Schedule
from restsrc_dagster.connector.schedule.slots import AnySlots
from restsrc_dagster_tests.connector.test_slots import EDGES, creations, schedules

CREATED = EDGES[0]
DAY = timedelta(days=1)
MOST_TICKS = 60


def ticks(cron: Cron, after: datetime) -> list[datetime]:
    """Those that Dagster's daemon comes to after a time, as long as they are meant."""
    found = schedule_execution_time_iterator(
        math.floor(after.timestamp()) + 1, cron.strings, cron.zone
    )
    return before_the_end(cron, (tick.astimezone(timezone.utc) for tick in found))


def before_the_end(cron: Cron, times: Iterable[datetime]) -> list[datetime]:
    return list(takewhile(lambda it: cron.end is None or it < cron.end, islice(times, MOST_TICKS)))


def assert_the_ticks_are_the_slots(slots: AnySlots, at: datetime) -> None:
    cron = cron_of(slots, at)
    assert len(cron.strings) <= 2 * MOST
    expected = before_the_end(cron, slots.upcoming(at))
    assert expected, "the next slot is one of them"
    assert ticks(cron, at) == expected
    missed = slots.latest(at)
    assert missed is None or missed in ticks(cron, missed - timedelta(seconds=2))


@settings(max_examples=60, deadline=None)
@given(schedules(longest=5_000), creations, st.integers(0, 200 * 1440))
@example(Schedule(mode="minutes", interval=721), EDGES[3], 721)
@example(Schedule(mode="hours", interval=5), EDGES[3], 0)
@example(Schedule(mode="minutes", interval=90), EDGES[1], 0)
@example(Schedule(mode="hours", interval=6, offset=15), EDGES[4], 0)
def test_the_ticks_are_the_slots(schedule: Schedule, created_at: datetime, minutes: int) -> None:
    slots = schedule.slots(created_at)
    assume(slots.period < 300 * DAY)  # dates come again each year
    assert_the_ticks_are_the_slots(slots, created_at + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("mode", "interval", "days"),
    [("days", 3, 120), ("days", 10, 120), ("hours", 5, 60), ("hours", 7, 50), ("minutes", 7, 2)],
)
def test_so_far_ahead(mode: str, interval: int, days: int) -> None:
    cron = cron_of(Schedule(mode=mode, interval=interval).slots(CREATED), CREATED)
    assert cron.end is not None
    assert cron.end - CREATED > days * DAY
    assert len(cron.strings) <= MOST + 2


def test_every_so_many_days_of_a_zone_are_named_in_utc() -> None:
    slots = Schedule(mode="days", interval=3, offset=390, timezone="Europe/Berlin").slots(CREATED)
    cron = cron_of(slots, CREATED)
    assert cron.zone == "UTC"
    assert_the_ticks_are_the_slots(slots, CREATED)
    assert {tick.hour for tick in ticks(cron, CREATED)} == {4, 5}


@pytest.mark.parametrize(
    ("schedule", "strings"),
    [
        (Schedule(mode="days", offset=30), ("30 0 * * *",)),
        (Schedule(mode="hours", offset=15), ("15 * * * *",)),
        (Schedule(mode="hours", interval=6, offset=15), ("15 */6 * * *",)),
        (Schedule(mode="minutes", interval=10), ("3-59/10 * * * *",)),
        (Schedule(mode="minutes", interval=90), ("3 1-23/3 * * *", "33 2-23/3 * * *")),
        (Schedule(mode="minutes", interval=1440), ("3 10 * * *",)),
    ],
    ids=str,
)
def test_cron_strings_that_people_read(schedule: Schedule, strings: tuple[str, ...]) -> None:
    assert cron_of(schedule.slots(CREATED), CREATED) == Cron(strings)


def test_a_day_by_the_clocks_of_a_zone_is_one_string() -> None:
    schedule = Schedule(mode="days", offset=390, timezone="Europe/Berlin")
    expected = Cron(("30 6 * * *",), "Europe/Berlin")
    assert cron_of(schedule.slots(CREATED), CREATED) == expected

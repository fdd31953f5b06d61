"""Slots against a brute force that walks the calendar minute by minute."""

from datetime import datetime, timedelta, timezone
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restsrc_dagster.connector.schedule.schedule import MINUTES_IN, Schedule
from restsrc_dagster.connector.schedule.slots import Slots
from restsrc_dagster.connector.time.iso import parse_time

MINUTE = timedelta(minutes=1)
EDGES = [
    datetime(2026, 11, 23, 10, 3, tzinfo=timezone.utc),
    datetime(2026, 1, 31, 23, 59, 59, tzinfo=timezone.utc),
    datetime(2026, 2, 28, 12, 0, tzinfo=timezone.utc),
    datetime(2028, 2, 28, 23, 58, 30, tzinfo=timezone.utc),
    datetime(2028, 2, 29, 0, 0, tzinfo=timezone.utc),
    datetime(2027, 12, 31, 23, 59, 59, 999_999, tzinfo=timezone.utc),
    datetime(2100, 2, 28, 5, 6, 7, tzinfo=timezone.utc),
    datetime(2026, 3, 29, 1, 30, tzinfo=timezone.utc),
]

FIRST_YEAR, LAST_YEAR = (
    datetime(1970, 1, 2, tzinfo=timezone.utc),
    datetime(2190, 1, 1, tzinfo=timezone.utc),
)
creations = st.sampled_from(EDGES) | st.integers(
    0, (LAST_YEAR - FIRST_YEAR) // timedelta(milliseconds=1)
).map(lambda milliseconds: FIRST_YEAR + timedelta(milliseconds=milliseconds))


@st.composite
def schedules(draw: st.DrawFn, *, longest: int = 20_000) -> Schedule:
    mode = draw(st.sampled_from(("days", "hours", "minutes")))
    interval = draw(
        st.sampled_from([1, 2, 3, 5, 7, 10, 11, 13, 24, 25, 48, 50, 90, 1439, 1440, 1441])
        | st.integers(1, longest)
    )
    last = {"days": 1439, "hours": 60 * interval - 1, "minutes": 0}[mode]
    return Schedule(mode=mode, interval=interval, offset=draw(st.integers(0, last)))


def anchor_by_contract(schedule: Schedule, created_at: datetime) -> datetime:
    day = datetime(created_at.year, created_at.month, created_at.day, tzinfo=timezone.utc)
    if schedule.mode == "minutes":
        return day + timedelta(hours=created_at.hour, minutes=created_at.minute)
    return day + timedelta(minutes=schedule.offset)


def slots_by_walking(schedule: Schedule, created_at: datetime, until: datetime) -> list[datetime]:
    """Every minute from the creation day on that is a slot by the contract's sentence."""
    minutes = schedule.interval * {"days": 24 * 60, "hours": 60, "minutes": 1}[schedule.mode]
    minute = anchor_by_contract(schedule, created_at)
    found, count = [], 0
    while minute <= until:
        if count % minutes == 0 and minute > created_at:
            found.append(minute)
        minute += MINUTE
        count += 1
    return found


def times(slots: Slots, count: int) -> list[str]:
    return [f"{slot:%m-%d %H:%M}" for slot in islice(slots.upcoming(slots.created_at), count)]


def at(text: str) -> datetime:
    return parse_time(text).replace(tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("schedule", "created_at", "expected"),
    [
        pytest.param(
            Schedule(mode="days", offset=30),
            at("2026-11-23T10:03:00"),
            ["11-24 00:30", "11-25 00:30", "11-26 00:30"],
            id="contract: days, offset 30",
        ),
        pytest.param(
            Schedule(mode="hours", offset=15),
            at("2026-11-23T22:40:00"),
            ["11-23 23:15", "11-24 00:15", "11-24 01:15"],
            id="contract: hours, offset 15",
        ),
        pytest.param(
            Schedule(mode="minutes", interval=10),
            at("2026-11-23T10:03:00"),
            ["11-23 10:13", "11-23 10:23", "11-23 10:33"],
            id="contract: created 10:03, minutes 10",
        ),
        pytest.param(
            Schedule(mode="hours", interval=5),
            at("2026-11-23T18:00:01"),
            ["11-23 20:00", "11-24 01:00", "11-24 06:00", "11-24 11:00"],
            id="contract: 5 hours stay 5 hours across midnight",
        ),
        pytest.param(
            Schedule(mode="days", interval=3, offset=30),
            at("2026-12-29T10:03:00"),
            ["01-01 00:30", "01-04 00:30", "01-07 00:30"],
            id="every 3 days across the year's end",
        ),
        pytest.param(
            Schedule(mode="days", interval=1),
            at("2028-02-28T10:03:00"),
            ["02-29 00:00", "03-01 00:00"],
            id="a leap day is a day",
        ),
        pytest.param(
            Schedule(mode="minutes", interval=7),
            at("2026-11-23T23:50:59"),
            ["11-23 23:57", "11-24 00:04", "11-24 00:11"],
            id="7 minutes across midnight",
        ),
        pytest.param(
            Schedule(mode="days", offset=11 * 60),
            at("2026-11-23T10:03:00"),
            ["11-23 11:00", "11-24 11:00"],
            id="the offset still lies ahead on the first day",
        ),
        pytest.param(
            Schedule(mode="hours", interval=48, offset=47 * 60),
            at("2026-11-23T10:03:00"),
            ["11-24 23:00", "11-26 23:00"],
            id="an offset of more than a day",
        ),
        pytest.param(
            Schedule(mode="hours"),
            at("2026-11-23T10:00:00"),
            ["11-23 11:00"],
            id="the creation itself is no slot",
        ),
    ],
)
def test_the_first_slots(schedule: Schedule, created_at: datetime, expected: list[str]) -> None:
    assert times(schedule.slots(created_at), len(expected)) == expected


@settings(max_examples=30, deadline=None)
@given(schedules(longest=400), creations, st.integers(0, 3000), st.integers(0, 60 * 10**6))
def test_slots_agree_with_walking_the_calendar(
    schedule: Schedule, created_at: datetime, later: int, microseconds: int
) -> None:
    slots = schedule.slots(created_at)
    now = created_at + timedelta(minutes=later, microseconds=microseconds)
    walked = slots_by_walking(schedule, created_at, now + 2 * slots.period + timedelta(days=1))
    past = [slot for slot in walked if slot <= now]
    coming = [slot for slot in walked if slot > now]
    assert slots.latest(now) == (past[-1] if past else None)
    assert slots.next(now) == coming[0]
    assert list(islice(slots.upcoming(now), len(coming))) == coming
    assert [slot for slot in past if slot not in slots] == []


@settings(max_examples=100, deadline=None)
@given(schedules(), creations, st.integers(-5000, 50_000))
def test_contains_is_the_contracts_sentence(
    schedule: Schedule, created_at: datetime, minutes: int
) -> None:
    slots = schedule.slots(created_at)
    anchor = anchor_by_contract(schedule, created_at)
    time = anchor + minutes * MINUTE
    period = schedule.interval * MINUTES_IN[schedule.mode]
    assert (time in slots) == (minutes % period == 0 and time > created_at)
    assert time + timedelta(seconds=1) not in slots


@given(schedules(), creations, st.integers(-5000, 500_000))
def test_latest_and_next_are_neighbours(
    schedule: Schedule, created_at: datetime, minutes: int
) -> None:
    slots = schedule.slots(created_at)
    now = created_at + minutes * MINUTE
    latest, following = slots.latest(now), slots.next(now)
    assert following in slots
    assert following > now
    if latest is None:
        assert following == slots.next(created_at)
    else:
        assert latest in slots
        assert latest <= now
        assert following - latest == schedule.period


@given(schedules(), creations)
def test_no_slot_lies_before_the_anchor(schedule: Schedule, created_at: datetime) -> None:
    slots = schedule.slots(created_at)
    assert slots.next(slots.created_at) >= slots.anchor
    assert slots.latest(created_at) is None


def test_the_last_slots_that_datetime_knows() -> None:
    slots = Schedule(mode="days", interval=100_000).slots(at("2026-11-23T10:03:00"))
    assert [slot.year for slot in slots.upcoming(slots.created_at)][-1] == 9966

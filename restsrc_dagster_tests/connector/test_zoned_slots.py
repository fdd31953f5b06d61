"""Days by the clocks of a zone, held to a walk over every minute of `zoneinfo`'s clocks."""

from datetime import date, datetime, timedelta, timezone
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from restsrc_dagster.connector.schedule.schedule import Schedule, parse_schedule
from restsrc_dagster.connector.schedule.slots import ZonedDays
from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster_tests.connector.test_cron import assert_the_ticks_are_the_slots

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # by half an hour
    "America/Santiago",  # at midnight
    "Africa/Casablanca",  # back and forth around Ramadan
    "Asia/Kathmandu",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "UTC",
]


def by_walking(zone: str, created_at: datetime, minute_of_day: int, days: int) -> list[datetime]:
    """The slot of each day, by looking at the clock every minute, without any arithmetic of it."""
    clock, first = ZoneInfo(zone), created_at.astimezone(ZoneInfo(zone)).date()
    start = datetime(first.year, first.month, first.day, tzinfo=timezone.utc) - 15 * 60 * MINUTE
    seen: dict[date, datetime] = {}
    passed: dict[date, datetime] = {}
    at = start
    while at < start + (days + 2) * DAY + 6 * 60 * MINUTE:
        local = at.astimezone(clock)
        if local.hour * 60 + local.minute == minute_of_day:
            seen[local.date()] = at  # the second one, if it comes twice
        if local.hour * 60 + local.minute >= minute_of_day:
            passed.setdefault(local.date(), at)  # the first one behind what is left out
        at += MINUTE
    wanted = [first + number * DAY for number in range(days)]
    return [slot for one in wanted if (slot := seen.get(one, passed[one])) > created_at]


def slots_of(zone: str, created_at: datetime, minute_of_day: int, interval: int = 1) -> ZonedDays:
    schedule = Schedule(mode="days", interval=interval, offset=minute_of_day, timezone=zone)
    slots = schedule.slots(created_at)
    assert isinstance(slots, ZonedDays)
    return slots


def at(text: str) -> datetime:
    return parse_time(text).replace(tzinfo=timezone.utc)


@st.composite
def near_a_change(draw: st.DrawFn) -> tuple[str, datetime, int]:
    """A zone, a creation in the days before its clocks change, and a time around the change."""
    zone = draw(st.sampled_from(ZONES))
    clock = ZoneInfo(zone)
    year = draw(st.integers(2024, 2036))
    days = [datetime(year, 1, 1, tzinfo=timezone.utc) + number * DAY for number in range(366)]
    changes = [
        day
        for day in days
        if day.astimezone(clock).utcoffset() != (day + DAY).astimezone(clock).utcoffset()
    ]
    day = draw(st.sampled_from(changes or days))
    created_at = day - timedelta(minutes=draw(st.integers(0, 3 * 1440)))
    return zone, created_at, draw(st.integers(0, 240) | st.integers(0, 1439))


@settings(max_examples=60, deadline=None)
@given(near_a_change())
@example(("Europe/Berlin", at("2027-03-27T10:03:00"), 150))
@example(("Europe/Berlin", at("2026-10-24T10:03:00"), 150))
@example(("America/Santiago", at("2026-09-04T10:03:00"), 0))
@example(("Australia/Lord_Howe", at("2026-10-03T00:00:00"), 130))
def test_slots_are_those_that_the_clocks_show(drawn: tuple[str, datetime, int]) -> None:
    zone, created_at, minute_of_day = drawn
    slots = slots_of(zone, created_at, minute_of_day)
    walked = by_walking(zone, created_at, minute_of_day, 6)
    assert list(islice(slots.upcoming(created_at), len(walked))) == walked
    for slot in walked:
        assert slot in slots
        assert slots.latest(slot) == slots.latest(slot + MINUTE) == slot
        assert slots.next(slot - MINUTE) == slot
        assert slot - timedelta(seconds=1) not in slots


@settings(max_examples=60, deadline=None)
@given(near_a_change(), st.integers(2, 5))
def test_every_so_many_days_is_every_so_many_th_of_them(
    drawn: tuple[str, datetime, int], interval: int
) -> None:
    zone, created_at, minute_of_day = drawn
    daily = slots_of(zone, created_at, minute_of_day)
    first = daily.anchor
    every = [first, *islice((one for one in daily.upcoming(first) if one > first), 11)]
    wanted = [slot for slot in every[::interval] if slot > created_at]
    found = slots_of(zone, created_at, minute_of_day, interval).upcoming(created_at)
    if first > created_at or daily.next(created_at) == every[1]:
        assert list(islice(found, len(wanted))) == wanted


@settings(max_examples=60, deadline=None)
@given(near_a_change())
@example(("Europe/Berlin", at("2027-03-27T10:03:00"), 150))
@example(("Europe/Berlin", at("2026-10-24T10:03:00"), 150))
@example(("Africa/Casablanca", at("2024-04-14T00:00:00"), 120))
@example(("Africa/Cairo", at("2027-10-26T10:03:00"), 1410))
@example(("America/Havana", at("2027-11-04T10:03:00"), 0))
@example(("Atlantic/Azores", at("2027-10-29T10:03:00"), 30))
def test_dagsters_ticks_are_the_slots(drawn: tuple[str, datetime, int]) -> None:
    zone, created_at, minute_of_day = drawn
    assert_the_ticks_are_the_slots(slots_of(zone, created_at, minute_of_day), created_at + MINUTE)


@pytest.mark.parametrize(
    ("created_at", "expected"),
    [
        ("2027-03-26T10:03:00", ["03-27 01:30", "03-28 01:00", "03-29 00:30"]),
        ("2026-10-23T10:03:00", ["10-24 00:30", "10-25 01:30", "10-26 01:30"]),
    ],
    ids=["02:30 is left out: at 03:00", "02:30 comes twice: the second"],
)
def test_the_rule_over_both_changes_of_the_clock(created_at: str, expected: list[str]) -> None:
    slots = slots_of("Europe/Berlin", at(created_at), 150)
    assert [f"{slot:%m-%d %H:%M}" for slot in islice(slots.upcoming(at(created_at)), 3)] == expected


def test_a_schedule_says_its_zone() -> None:
    schedule = parse_schedule("every 2 days at 06:00 Europe/Berlin")
    assert schedule == Schedule(mode="days", interval=2, offset=360, timezone="Europe/Berlin")
    words = "every 2 days at 06:00 Europe/Berlin, counted from 2026-11-24"
    assert schedule.describe(at("2026-11-23T23:30:00")) == words
    assert parse_schedule("every day at 06:00 UTC").timezone is None


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"mode": "days", "timezone": "Europe/Berln"}, "did you mean Europe/Berlin?"),
        ({"mode": "days", "timezone": "here"}, "is no IANA time zone"),
        ({"mode": "hours", "timezone": "Europe/Berlin"}, "not allowed for hours"),
        ({"mode": "minutes", "timezone": "Europe/Berlin"}, "not allowed for minutes"),
    ],
)
def test_a_zone_that_cannot_be_is_refused(keys: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("?", r"\?")):
        Schedule(**keys)  # type: ignore[arg-type]


def test_a_schedule_without_a_zone_is_remembered_as_before() -> None:
    assert repr(Schedule(mode="days")) == "Schedule(mode='days', interval=1, offset=0)"

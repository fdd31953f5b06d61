"""Cron strings whose ticks are the slots: nothing else reaches Dagster's daemon.

A cron string has no period of 7 minutes, 5 hours or 3 days. Such slots are named by their dates:
days of a month on which they are at the same times share a string. As many are named as some
strings hold; what comes later is carried by a sensor (`orchestrate/later_slots.py`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from math import gcd

from restsrc_dagster.connector.schedule.slots import MINUTE, MINUTES_A_DAY, AnySlots, ZonedDays

MOST = 24
"""Strings for one connector: Dagster's daemon and its pages look through all of them."""
MOST_MONTHS = 6
DAY = timedelta(days=1)
LONGEST_MONTH = 31


@dataclass(frozen=True)
class Cron:
    """What Dagster is given.

    Args:
        strings: at least one.
        zone: the IANA zone by whose clocks they are meant.
        end: from when on they tick beside the slots; None for never. Dates come again each year.
    """

    strings: tuple[str, ...]
    zone: str = "UTC"
    end: datetime | None = None


def cron_of(slots: AnySlots, at: datetime) -> Cron:
    """Strings whose ticks are the slots, by their dates only where nothing shorter says them.

    With dates, they are those of the latest slot before `at`, which may have been missed, and of
    the slots that follow.
    """
    if isinstance(slots, ZonedDays):
        if slots.interval == 1 and not slots.is_on_a_change:
            return Cron((f"{slots.offset % 60} {slots.offset // 60} * * *",), str(slots.zone))
    elif MINUTES_A_DAY % (slots.period // MINUTE) == 0:
        return Cron(tuple(_daily(slots.anchor, slots.period // MINUTE)))
    return _dated(slots, at)


def _daily(anchor: datetime, minutes: int) -> Iterator[str]:
    """For a period that divides the day: its hours with the same minutes share a string."""
    first = anchor.hour * 60 + anchor.minute
    hours_by_minute: defaultdict[int, set[int]] = defaultdict(set)
    for minute_of_day in range(first % minutes, MINUTES_A_DAY, minutes):
        hours_by_minute[minute_of_day % 60].add(minute_of_day // 60)
    minutes_by_hours: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    for minute in sorted(hours_by_minute):
        minutes_by_hours[tuple(sorted(hours_by_minute[minute]))].append(minute)
    for hours, same in minutes_by_hours.items():
        yield f"{_field(same, 60)} {_field(hours, 24)} * * *"


def _dated(slots: AnySlots, at: datetime) -> Cron:
    first = slots.latest(at) or slots.next(at)
    months = min(MOST // _strings_a_month(slots.period // MINUTE), MOST_MONTHS)
    if months > 1:  # of one, there may be a day left
        start = _month(min(at, first))
        end = _months_later(_month(at), months)
    else:
        start = _midnight(min(at, first))
        end = _midnight(at) + max(MOST // _strings_a_day(slots.period // MINUTE), 2) * DAY
    before = start - timedelta(microseconds=1)
    end = max(end, _midnight(slots.next(at)) + DAY)
    return Cron(
        tuple(_strings(takewhile(lambda slot: slot < end, slots.upcoming(before)))), end=end
    )


def _strings_a_day(minutes: int) -> int:
    """At most, for a period of so many minutes."""
    if minutes >= MINUTES_A_DAY:
        return 1
    common = gcd(minutes, 60)
    return min(minutes // common, 60 // common, 24, MINUTES_A_DAY // minutes + 1)


def _strings_a_month(minutes: int) -> int:
    """At most: days with the same times share theirs."""
    common = gcd(minutes, MINUTES_A_DAY)
    if minutes >= MINUTES_A_DAY:
        return min(MINUTES_A_DAY // common, LONGEST_MONTH * MINUTES_A_DAY // minutes + 1)
    return _strings_a_day(minutes) * min(minutes // common, LONGEST_MONTH)


def _strings(slots: Iterable[datetime]) -> list[str]:
    times: dict[tuple[int, int], defaultdict[int, list[int]]] = {}
    for slot in slots:
        times.setdefault((slot.month, slot.day), defaultdict(list))[slot.hour].append(slot.minute)
    days: defaultdict[tuple[str, str, int], list[int]] = defaultdict(list)
    for (month, day), minutes_of in times.items():
        hours_of: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
        for hour, minutes in minutes_of.items():
            hours_of[tuple(minutes)].append(hour)
        for same, hours in hours_of.items():
            days[_field(same, 60), _field(hours, 24), month].append(day)
    return [
        f"{minutes} {hours} {_days(of_month, month)} {month} *"
        for (minutes, hours, month), of_month in days.items()
    ]


def _days(days: list[int], month: int) -> str:
    """On a 29 February that stands alone, Dagster looks for the day before it, and passes a tick of
    the day itself (dagster `_utils/schedules.py`, "leap day special casing")."""
    text = ",".join(map(str, days))
    return "29,29" if (text, month) == ("29", 2) else text


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _month(at: datetime) -> datetime:
    return _midnight(at).replace(day=1)


def _months_later(month: datetime, count: int) -> datetime:
    years, number = divmod(month.month - 1 + count, 12)
    return month.replace(year=month.year + years, month=number + 1)


def _field(values: Sequence[int], of: int) -> str:
    """`*`, `*/10`, `3-59/10` or a list: the shortest that a person would write."""
    if len(values) == of:
        return "*"
    step = of // len(values)
    if len(values) > 1 and list(values) == list(range(values[0], of, step)):
        return f"*/{step}" if values[0] == 0 else f"{values[0]}-{of - 1}/{step}"
    return ",".join(map(str, values))

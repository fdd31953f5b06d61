"""Cron strings for slots that no cron says: of the next weeks, by their dates.

A cron string has no period of 7 minutes, 5 hours or 3 days. It can name days of a month, and those
on which the slots are at the same times share one. As many are named as some strings hold; what
comes later is carried by a sensor (`orchestrate/later_slots.py`).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from math import gcd

from restsrc_dagster.connector.slots import MINUTE, MINUTES_A_DAY, AnySlots, ZonedDays, cron_field

MOST = 24
"""Strings for one connector: Dagster's daemon and its pages look through all of them."""
MOST_MONTHS = 6
DAY = timedelta(days=1)
LONGEST_MONTH = 31


@dataclass(frozen=True)
class DatedCron:
    """Strings in UTC whose ticks are the slots from `start` to `end`, which is not of them.

    A year later they tick again, between other slots; so they do where a period is as long.
    """

    strings: tuple[str, ...]
    start: datetime
    end: datetime


def dated_cron(slots: AnySlots, at: datetime) -> DatedCron | None:
    """Of slots that no cron string says: the latest one before `at`, which may have been missed,
    and those that follow; None where one does."""
    if _is_daily(slots):
        return None
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
    return DatedCron(
        tuple(_strings(takewhile(lambda slot: slot < end, slots.upcoming(before)))), start, end
    )


def _is_daily(slots: AnySlots) -> bool:
    """Whether the slots are at the same times each day."""
    if isinstance(slots, ZonedDays):
        return slots.interval == 1 and not slots.is_on_a_change
    return MINUTES_A_DAY % (slots.period // MINUTE) == 0


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
            days[cron_field(same, 60), cron_field(hours, 24), month].append(day)
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

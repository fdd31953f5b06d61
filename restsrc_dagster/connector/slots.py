"""When a connector runs: an anchor, a period, and the slots that they make.

Pure arithmetic on aware UTC datetimes; nothing here knows the time of day.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import islice
from math import gcd
from zoneinfo import ZoneInfo

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
MINUTES_A_DAY = 1440


@dataclass(frozen=True)
class Slots:
    """The times `anchor + k * period` that lie after `created_at`.

    Args:
        anchor: aware, UTC, on a whole minute.
        period: a whole number of minutes, at least one.
        created_at: aware, UTC; no slot lies at or before it.
    """

    anchor: datetime
    period: timedelta
    created_at: datetime

    def latest(self, at: datetime) -> datetime | None:
        """The last slot that is not after `at`; None before the first one."""
        slot = self.anchor + (at - self.anchor) // self.period * self.period
        return slot if slot > self.created_at else None

    def next(self, after: datetime) -> datetime:
        """The first slot after `after`."""
        after = max(after, self.created_at)
        return self.anchor + ((after - self.anchor) // self.period + 1) * self.period

    def upcoming(self, after: datetime) -> Iterator[datetime]:
        """Every slot after `after`, in order, to the last year that datetime knows."""
        slot = self.next(after)
        with suppress(OverflowError):
            while True:
                yield slot
                slot += self.period

    def __contains__(self, at: datetime) -> bool:
        return at > self.created_at and (at - self.anchor) % self.period == timedelta(0)


@dataclass(frozen=True)
class ZonedDays:
    """Every so many days at one time by the clocks of a zone, after `created_at`.

    Where clocks are put forward past that time, the slot is the instant at which they are; where
    they are put back, and it comes twice, the slot is the second of both, as Dagster has it.

    Args:
        zone: where the clocks are.
        interval: days from slot to slot, counted from the day of the creation there.
        offset: minutes after midnight by the clocks, below 1440.
        created_at: aware, UTC; no slot lies at or before it.
    """

    zone: ZoneInfo
    interval: int
    offset: int
    created_at: datetime

    @property
    def is_on_a_change(self) -> bool:
        """Whether the clocks ever leave the slot's time out, or show it twice: there, Dagster's own
        ticks in a zone may be an hour off, or end for good."""
        return _utc_times(self.zone, self.offset, self._first_day.year) is not None

    @property
    def anchor(self) -> datetime:
        return self._slot(0)

    @property
    def period(self) -> timedelta:
        """Most of the time; a day may have 23 or 25 hours."""
        return timedelta(days=self.interval)

    def latest(self, at: datetime) -> datetime | None:
        """The last slot that is not after `at`; None before the first one."""
        number = self._number(at)
        while (slot := self._slot(number)) > at:
            number -= 1
        return slot if slot > self.created_at else None

    def next(self, after: datetime) -> datetime:
        """The first slot after `after`."""
        return next(self._after(max(after, self.created_at)))

    def upcoming(self, after: datetime) -> Iterator[datetime]:
        """Every slot after `after`, in order, to the last year that datetime knows."""
        with suppress(OverflowError):
            yield from self._after(max(after, self.created_at))

    def __contains__(self, at: datetime) -> bool:
        return self.latest(at) == at

    def _after(self, after: datetime) -> Iterator[datetime]:
        number = self._number(after) - 1
        while True:
            slot = self._slot(number)
            if slot > after:
                yield slot
            number += 1

    def _number(self, at: datetime) -> int:
        """Of the last slot whose day is not after that of `at`."""
        return (at.astimezone(self.zone).date() - self._first_day).days // self.interval

    @property
    def _first_day(self) -> date:
        return self.created_at.astimezone(self.zone).date()

    def _slot(self, number: int) -> datetime:
        day = self._first_day + timedelta(days=number * self.interval)
        clock = time(self.offset // 60, self.offset % 60, fold=1)
        local = datetime.combine(day, clock, tzinfo=self.zone)
        slot = local.astimezone(UTC)
        if slot.astimezone(self.zone).replace(tzinfo=None) == local.replace(tzinfo=None, fold=0):
            return slot
        return self._when_put_forward(slot, local.replace(fold=0).astimezone(UTC))

    def _when_put_forward(self, before: datetime, after: datetime) -> datetime:
        """The instant between two at which the clocks are."""
        new = after.astimezone(self.zone).utcoffset()
        while after - before > SECOND:
            middle = before + (after - before) // SECOND // 2 * SECOND
            if middle.astimezone(self.zone).utcoffset() == new:
                after = middle
            else:
                before = middle
        return after


AnySlots = Slots | ZonedDays
DAYS_LOOKED_AT = 4 * 366
"""In which the clocks of a zone show all that they do."""


@cache
def _utc_times(zone: ZoneInfo, offset: int, year: int) -> list[int] | None:
    """The minutes of a day, in UTC, at which the slots of each day are; None where the clocks
    neither leave out nor show twice the time that is `offset` minutes after midnight."""
    start = datetime(year, 1, 1, tzinfo=zone)
    daily = ZonedDays(zone=zone, interval=1, offset=offset, created_at=start.astimezone(UTC))
    clocks = (
        start + timedelta(days=number, minutes=offset) for number in range(DAYS_LOOKED_AT)
    )  # by the clock, as both are of one zone
    if all(clock.utcoffset() == clock.replace(fold=1).utcoffset() for clock in clocks):
        return None
    slots = islice(daily.upcoming(daily.created_at), DAYS_LOOKED_AT)
    return sorted({slot.hour * 60 + slot.minute for slot in slots})


def carrier_zone(slots: AnySlots) -> str:
    """The zone in which the strings of `carrier_cron` are meant."""
    return str(slots.zone) if isinstance(slots, ZonedDays) and not slots.is_on_a_change else "UTC"


def carrier_cron(slots: AnySlots) -> list[str]:
    """Cron strings whose ticks hit every slot, as few a day as can be.

    In UTC, and for most `ZonedDays` in their zone (`carrier_zone`). Only cron strings reach
    Dagster's daemon. With g = gcd(period, one day), the times `anchor + k * g` are the same every
    day, so they are exactly a list of cron strings; where g is the period itself the ticks are the
    slots, else the schedule decides at each tick.
    """
    if isinstance(slots, ZonedDays):
        times = _utc_times(slots.zone, slots.offset, slots.created_at.astimezone(slots.zone).year)
        minutes = [slots.offset] if times is None else times
        return [f"{minute % 60} {minute // 60} * * *" for minute in minutes]
    step = gcd(slots.period // MINUTE, MINUTES_A_DAY)
    first = slots.anchor.hour * 60 + slots.anchor.minute
    hours_by_minute: defaultdict[int, set[int]] = defaultdict(set)
    for minute_of_day in range(first % step, MINUTES_A_DAY, step):
        hours_by_minute[minute_of_day % 60].add(minute_of_day // 60)
    minutes_by_hours: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    for minute in sorted(hours_by_minute):
        minutes_by_hours[tuple(sorted(hours_by_minute[minute]))].append(minute)
    return [
        f"{cron_field(minutes, 60)} {cron_field(hours, 24)} * * *"
        for hours, minutes in minutes_by_hours.items()
    ]


def cron_field(values: Sequence[int], of: int) -> str:
    """`*`, `*/10`, `3-59/10` or a list: the shortest that a person would write."""
    if len(values) == of:
        return "*"
    step = of // len(values)
    if len(values) > 1 and list(values) == list(range(values[0], of, step)):
        return f"*/{step}" if values[0] == 0 else f"{values[0]}-{of - 1}/{step}"
    return ",".join(map(str, values))

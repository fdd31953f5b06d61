"""When a connector runs: an anchor, a period, and the slots that they make.

Pure arithmetic on aware UTC datetimes; nothing here knows the time of day.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import cache
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
        return _is_on_a_change(self.zone, self.offset, self._first_day.year)

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
        slot = local.astimezone(timezone.utc)
        if slot.astimezone(self.zone).replace(tzinfo=None) == local.replace(tzinfo=None, fold=0):
            return slot
        return self._when_put_forward(slot, local.replace(fold=0).astimezone(timezone.utc))

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
def _is_on_a_change(zone: ZoneInfo, offset: int, year: int) -> bool:
    start = datetime(year, 1, 1, tzinfo=zone)
    clocks = (
        start + timedelta(days=number, minutes=offset) for number in range(DAYS_LOOKED_AT)
    )  # by the clock, as both are of one zone
    return any(clock.utcoffset() != clock.replace(fold=1).utcoffset() for clock in clocks)

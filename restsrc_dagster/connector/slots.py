"""When a connector runs: an anchor, a period, and the slots that they make.

Pure arithmetic on aware UTC datetimes; nothing here knows the time of day.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import gcd

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


def carrier_cron(slots: Slots) -> list[str]:
    """Cron strings (UTC) whose ticks hit every slot, as few a day as can be.

    Only cron strings reach Dagster's daemon. With g = gcd(period, one day), the times
    `anchor + k * g` are the same every day, so they are exactly a list of cron strings; where g
    is the period itself the ticks are the slots, else the schedule decides at each tick.
    """
    step = gcd(slots.period // MINUTE, MINUTES_A_DAY)
    first = slots.anchor.hour * 60 + slots.anchor.minute
    hours_by_minute: defaultdict[int, set[int]] = defaultdict(set)
    for minute_of_day in range(first % step, MINUTES_A_DAY, step):
        hours_by_minute[minute_of_day % 60].add(minute_of_day // 60)
    minutes_by_hours: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    for minute in sorted(hours_by_minute):
        minutes_by_hours[tuple(sorted(hours_by_minute[minute]))].append(minute)
    return [
        f"{_cron_field(minutes, 60)} {_cron_field(hours, 24)} * * *"
        for hours, minutes in minutes_by_hours.items()
    ]


def _cron_field(values: list[int] | tuple[int, ...], of: int) -> str:
    return "*" if len(values) == of else ",".join(map(str, values))

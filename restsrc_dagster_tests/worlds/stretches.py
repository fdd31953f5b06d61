"""The stretches of time that partitions are, reckoned without Dagster."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from restsrc_dagster_tests.worlds.cursors import BEGINNING, KINDS
from restsrc_dagster_tests.worlds.shop import Row
from restsrc_dagster_tests.worlds.spelling import spelled
from restsrc_dagster_tests.worlds.world import Cursor, Partitions

LENGTHS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
DAY = 86_400


@dataclass(frozen=True)
class Stretch:
    """From `start` on, up to `end`, which is not of it."""

    start: datetime
    end: datetime

    def has(self, cursor: Cursor, row: Row) -> bool:
        return row.at is not None and self.begin <= instant(cursor, row.at) < self.stop

    def begins_with(self, cursor: Cursor, row: Row) -> bool:
        return row.at is not None and self.begin == instant(cursor, row.at)

    def in_days(self) -> "Stretch":
        """What a cursor can say of it that knows days alone."""
        day = timedelta(days=1)
        before, after = (self.start - BEGINNING) % day, (BEGINNING - self.end) % day
        return Stretch(self.start - before, self.end + after)

    @property
    def begin(self) -> Fraction:
        return Fraction(int(self.start.timestamp()))

    @property
    def stop(self) -> Fraction:
        return Fraction(int(self.end.timestamp()))


@dataclass(frozen=True)
class Stretches:
    """All of a file: number 0 begins at `first`."""

    every: str
    first: datetime

    def at(self, number: int) -> Stretch:
        return Stretch(self._start(number), self._start(number + 1))

    def key(self, number: int) -> str:
        """By which Dagster calls it."""
        start = self._start(number)
        return f"{start:%Y-%m-%d-%H:%M}" if self.every == "hour" else f"{start:%Y-%m-%d}"

    def over(self, by: datetime) -> list[int]:
        """The numbers of those that have ended."""
        found = 0
        while self._start(found + 1) <= by:
            found += 1
        return list(range(found))

    def _start(self, number: int) -> datetime:
        if self.every != "month":
            return self.first + number * LENGTHS[self.every]
        years, month = divmod(self.first.month - 1 + number, 12)
        return self.first.replace(year=self.first.year + years, month=month + 1)


def stretches_of(partitions: Partitions) -> Stretches:
    """From the beginning of the period on in which the first day is."""
    day = BEGINNING + timedelta(days=partitions.first)
    match partitions.every:
        case "week":
            day -= timedelta(days=day.weekday())
        case "month":
            day = day.replace(day=1)
    return Stretches(partitions.every, day)


def instant(cursor: Cursor, tick: int) -> Fraction:
    """Seconds since 1970 of a record, by what its cursor says."""
    meaning = KINDS[cursor.kind].read(str(spelled(cursor, tick, 0)))
    assert isinstance(meaning, Fraction)  # partitions are of times
    return meaning

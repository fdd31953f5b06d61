"""Lengths of time as a file writes them: `31 days`, `6 hours`, `1 month`."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from math import floor
from typing import Literal, cast

Unit = Literal["minute", "hour", "day", "week", "month"]
SECONDS: dict[str, int] = {"minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
"""Of each unit that always has the same length."""
_SPAN = re.compile(r"(?P<count>[1-9]\d{0,5}) ?(?P<unit>minute|hour|day|week|month)s?", re.ASCII)
_PAUSE = re.compile(
    r"(?P<count>\d{1,6}(?:\.\d{1,3})?) ?(?P<unit>second|minute|hour|day)s?", re.ASCII
)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Span:
    """So many units of time."""

    count: int
    unit: Unit

    @property
    def seconds(self) -> int:
        """How long it is; of months, the shortest."""
        return self.count * SECONDS.get(self.unit, 28 * SECONDS["day"])

    def after(self, start: Fraction, times: int) -> Fraction:
        """The instant `times` spans after `start`, both in seconds since 1970.

        A month later is the same day of that month, or its last one.
        """
        if self.unit != "month":
            return start + times * self.seconds
        return _months_after(start, times * self.count)


def span(text: str) -> Span:
    """The length that a text names; raises ValueError."""
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise ValueError(
            f"{text!r} is no length of time such as 31 days; minutes, hours, days, weeks and "
            "months are allowed"
        )
    return Span(int(match["count"]), cast("Unit", match["unit"]))


def pause(text: str) -> float:
    """Seconds that a text such as `10 seconds` or `30 minutes` names; raises ValueError."""
    match = _PAUSE.fullmatch(text.strip())
    seconds = float(match["count"]) * {"second": 1, **SECONDS}[match["unit"]] if match else 0
    if not seconds:
        raise ValueError(
            f"{text!r} is no time to wait such as 10 seconds; seconds, minutes, hours and days are "
            "allowed"
        )
    return seconds


def _months_after(start: Fraction, months: int) -> Fraction:
    whole = floor(start)
    moment = _EPOCH + timedelta(seconds=whole)
    years, month = divmod(moment.month - 1 + months, 12)
    year = moment.year + years
    day = min(moment.day, monthrange(year, month + 1)[1])
    later = moment.replace(year=year, month=month + 1, day=day)
    return start + (later - moment) // timedelta(seconds=1)

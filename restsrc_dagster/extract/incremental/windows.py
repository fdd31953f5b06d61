"""The slices of a range: from where the cursor is to an end, each as long as the file says."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from restsrc_dagster.connector.resources.window import Window
from restsrc_dagster.connector.time.conversion import seconds_since_1970
from restsrc_dagster.connector.time.lag import is_date
from restsrc_dagster.connector.time.span import SECONDS
from restsrc_dagster.connector.time.spelling import spelled_as
from restsrc_dagster.connector.wording import quoted
from restsrc_dagster.errors import ReadError


@dataclass(frozen=True)
class Slice:
    """One window: what its request says, and whether it is over.

    Attributes:
        low: the first instant, in seconds since 1970.
        high: the last one, which is the first of the next window, too.
        start: `low` as the cursor's values are written.
        end: `high`, likewise; rounded up where they are coarser.
        over: up to where nothing comes any more, once the window is read and over.
        is_last: whether the range ends there, be it now.
        limit: what comes later moves no cursor, as the windows behind may have more before it;
            None for nothing.
    """

    low: Fraction
    high: Fraction
    start: Any
    end: Any
    over: Any
    is_last: bool
    limit: Any

    def over_at(self, seconds: float) -> Any:
        """`over`, if it is so at that time, in seconds since 1970; None where it is not."""
        return self.over if not self.is_last and self.high <= seconds else None


class Windows:
    """The windows of one range.

    Args:
        window: what the file says.
        cursor_path: for messages.
        start: a value of the cursor, where they begin.
        end: an `end_value`, or that of a range that is read again; None for the window's own.
        now: in seconds since 1970.
        overlap: how many seconds a window begins before the end of the one before: an API may take
            neither end of a range as a part of it.

    Attributes:
        is_read: set by who reads them, at the end of the last one that is asked for.
    """

    def __init__(
        self,
        window: Window,
        cursor_path: str,
        start: Any,
        end: Any,
        now: float,
        *,
        overlap: int,
    ) -> None:
        self.is_read = False
        self._window = window
        self._start = start
        self._overlap = overlap
        self._path = cursor_path
        self._end = self._end_of(end, now)
        self._ends_now = self._end >= Fraction(now) - window.delay_seconds

    def __iter__(self) -> Iterator[Slice]:
        """All of them, one after the other; none where the end comes first.

        Raises:
            ReadError: the start is no point in time.
        """
        start, span = self._start, self._window.span
        low = self._seconds(start)
        is_last = low >= self._end
        while not is_last:
            high = span.after(low, 1)
            is_last = high >= self._end
            yield self._slice(start, low, min(high, self._end), is_last=is_last)
            low = high - self._overlap

    def newest(self, most: int) -> Iterator[Slice]:
        """The last ones, of which the very last comes first."""
        return reversed(deque(self, most))

    def halves(self, whole: Slice) -> tuple[Slice, Slice]:
        """A window in two; raises ReadError where it is as small as can be."""
        in_days = not self._overlap or is_date(whole.start)
        smallest = SECONDS["day"] if in_days else 1
        length = whole.high - whole.low
        half = max(length / 2 // smallest, 1) * smallest
        if half <= self._overlap or half >= length:
            least = "a day" if in_days else "two seconds"
            raise ReadError(
                f"the window from {whole.start} to {whole.end} holds {self._window.at_most} "
                f"records or more, as many as the API gives at most (reading.window.at_most), and "
                f"is as small as can be, {least}: those behind cannot be asked for"
            )
        middle = whole.low + half
        return (
            self._slice(whole.start, whole.low, middle, is_last=False),
            self._slice(whole.start, middle - self._overlap, whole.high, is_last=whole.is_last),
        )

    def _slice(self, like: Any, low: Fraction, high: Fraction, *, is_last: bool) -> Slice:
        try:
            start, end = spelled_as(like, low, up=False), spelled_as(like, high, up=True)
            over = spelled_as(like, high - self._overlap, up=False)
        except ValueError:
            raise self._no_time(like) from None
        limit = over if not is_last else None if self._ends_now else end
        return Slice(low, high, start, end, over, is_last, limit)

    def _end_of(self, end: Any, now: float) -> Fraction:
        return self._window.reads_to(now) if end is None else self._seconds(end)

    def _seconds(self, value: Any) -> Fraction:
        seconds = seconds_since_1970(value)
        if seconds is None:
            raise self._no_time(value)
        return seconds

    def _no_time(self, value: Any) -> ReadError:
        return ReadError(
            f"the cursor {self._path} has the value {quoted(str(value))}, which is no point in "
            "time that windows could be counted from"
        )

"""Which cursors are times, and which of their values lie ahead of the API's clock.

A record that is changed while its list is read, or that a clock ahead has written, must not take
the cursor past records that are changed after it: those come with an earlier time.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

from restsrc_dagster.connector.syntax.fields import plain_path
from restsrc_dagster.connector.time.conversion import seconds_since_1970
from restsrc_dagster.extract.incremental.cursor_order import Read

FAR_SECONDS = 86_400
"""A value so far ahead is told: that is no record that has changed meanwhile."""
_YEAR_2001, _A_YEAR = 1_000_000_000, 366 * 86_400
_COUNTS = re.compile(
    r"(^|_)(id|seq|sequence|number|num|no|version|revision|rev|offset|index|position|page|serial"
    r"|count|row|xid|lsn|key)$",
    re.IGNORECASE,
)
"""Names of cursors that count records."""
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_UNITS = frozenset(Fraction(1, 10**digits) for digits in (0, 3, 6, 9))
_TIMES = frozenset({"timestamp", "date"})


class CursorTime:
    """Whether the cursor of one resource is a time; numbers may be seconds since 1970, or not.

    A hint of the column decides (`{"data_type": "bigint"}` says that it is none), or `convert`,
    which takes times only; then the name; then the values: numbers that lie between 2001 and a year
    ahead, in seconds, milliseconds, microseconds or nanoseconds.
    """

    def __init__(
        self,
        incremental: Mapping[str, Any],
        columns: Mapping[str, Mapping[str, Any]],
        now: Callable[[], float],
    ) -> None:
        self._now = now
        self._unit: Fraction | None = None
        """Of the numbers, in seconds; a year far ahead looks like one of another unit."""
        self._numbers = said_to_be_time(incremental, columns)

    def learn(self, kind: Read | None, values: Iterable[Any]) -> None:
        """Look at values, of which some tell whether the numbers are times."""
        if kind != "number" or self._numbers is False or self._unit is not None:
            return
        latest = self._now() + _A_YEAR
        for value in values:
            seconds = seconds_since_1970(value)
            if seconds is not None and _YEAR_2001 <= seconds <= latest:
                self._numbers, self._unit = True, _unit(value, seconds)
                return
            if self._numbers is None and seconds is not None and 0 < seconds < _YEAR_2001:
                self._numbers = False
                return

    def decide(self) -> None:
        """No value has told: they are no times."""
        if self._numbers is None:
            self._numbers = False

    def may_be(self, kind: Read | None) -> bool:
        """Whether the values are times, or may turn out to be."""
        return kind == "time" or (kind == "number" and self._numbers is not False)

    def is_ahead(self, value: Any, clock: float) -> bool:
        """Whether a time lies after `clock`; a year that no calendar knows does."""
        if self._unit is not None:
            return Fraction(str(value).strip()) * self._unit > Fraction(clock)
        seconds = seconds_since_1970(value)
        return seconds is None or seconds > Fraction(clock)

    def is_sure(self, kind: Read | None) -> bool:
        """Whether the values are times."""
        return kind == "time" or (kind == "number" and self._numbers is True)


def _unit(value: Any, seconds: Fraction) -> Fraction | None:
    """By a number that is not far ahead; None for digits such as `20240131`."""
    unit = seconds / Fraction(str(value).strip())
    return unit if unit in _UNITS else None


def said_to_be_time(
    incremental: Mapping[str, Any], columns: Mapping[str, Mapping[str, Any]]
) -> bool | None:
    """Whether numbers are times, by the file and the name of the cursor; None if that tells not."""
    path = plain_path(incremental["cursor_path"])
    column = columns.get("__".join(path or ())) or {}
    if kind := column.get("data_type"):
        return kind in _TIMES
    if incremental.get("convert") is not None:
        return True
    name = path[-1] if path else ""
    return False if _COUNTS.search("_".join(_CAMEL.split(name))) else None

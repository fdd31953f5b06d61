"""The cursor of a resource: what is new of its list, and what is kept for the next run.

In place of what dlt does at its incremental step, so that no row is lost or doubled: values compare
as what they mean; nothing moves within a run; the cursor passes nothing that changes while the list
is read; an order that the file tells is verified.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from fractions import Fraction
from math import floor
from typing import Any

from restsrc_dagster.connector.time.conversion import seconds_since_1970, tells_seconds
from restsrc_dagster.connector.time.lag import NoLag, is_date, lagged
from restsrc_dagster.connector.time.spelling import spelled_as
from restsrc_dagster.connector.wording import quoted
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.incremental.comparison import CursorComparison
from restsrc_dagster.extract.incremental.cursor_order import CursorOrder
from restsrc_dagster.extract.incremental.cursor_time import CursorTime
from restsrc_dagster.extract.incremental.delivered import Delivered
from restsrc_dagster.extract.incremental.future_guard import FutureGuard
from restsrc_dagster.extract.records.field import FieldReader
from restsrc_dagster.extract.records.meant import meant_cursor
from restsrc_dagster.json_types import Json

STATE_KEY, BY = "restsrc", "by"


class IncrementalCursor:
    """The cursor of one resource, in one reading.

    Args:
        incremental: dlt's configuration of the cursor.
        appends: whether rows that come twice would be there twice.
        keyed: whether equal rows are one, as they have a primary key.
        columns: hints of the resource's columns.
        warn: called with a line for the person.
        now: our clock, in seconds since 1970.
    """

    def __init__(
        self,
        incremental: Mapping[str, Any],
        *,
        appends: bool,
        keyed: bool = False,
        columns: Mapping[str, Mapping[str, Any]] | None = None,
        warn: Callable[[str], None],
        now: Callable[[], float] = lambda: datetime.now(timezone.utc).timestamp(),
    ) -> None:
        self.path: str = incremental["cursor_path"]
        self.field = FieldReader(self.path)
        self.initial = incremental.get("initial_value")
        self.end = incremental.get("end_value")
        self.by: str = incremental.get("last_value_func", "max")
        """Which of two values is kept: `max` or `min`."""
        self.appends = appends and self.end is None
        self._keyed = keyed
        self._is_open = incremental.get("range_start") == "open"
        order = CursorOrder(self.path, api_sorts=incremental.get("row_order") is not None)
        self.comparison = CursorComparison(order, grows=self.by == "max")
        time = CursorTime(incremental, columns or {}, now)
        self.guard = FutureGuard(self.path, self.comparison, time, warn)
        self._includes_end = incremental.get("range_end") == "closed"
        self._format: str | None = incremental.get("convert")
        self._lag = incremental.get("lag")
        self._missing = incremental.get("on_cursor_value_missing", "raise")

    @property
    def order(self) -> CursorOrder:
        """How values compare, whatever the direction."""
        return self.comparison.order

    @property
    def grows(self) -> bool:
        """Whether the cursor moves to greater values."""
        return self.comparison.grows

    def goes_on_from(self, before: "IncrementalCursor") -> None:
        """What a reading before has learned of the values holds in this one, which may come to
        none, or to others."""
        self.comparison.order = before.order
        self.guard.goes_on_from(before.guard)

    def learn(self, values: Sequence[Any]) -> None:
        """Look at values, none of which is None; raises ReadError where they do not compare."""
        self.order.learn(values)
        self.guard.learn(values)

    def delivered(self, before: Mapping[str, Any] | None) -> Delivered | None:
        """What is known of rows that were delivered, by what the state has of them; None where a
        row that comes again is merged."""
        return self.remembered(before) if self.appends else None

    def remembered(self, before: Mapping[str, Any] | None) -> Delivered:
        """As `delivered`, also where a row that comes again is merged."""
        return Delivered(before, keyed=self._keyed)

    def begin(self, kept: Any) -> Any:
        """Where reading begins, by what the run before has kept (None for nothing): the lag
        earlier, but not before the initial value. Raises ReadError."""
        self.order.begin(kept)
        self.guard.learn([one for one in (kept, self.initial) if one is not None])
        if kept is None or not self._lag or self.end is not None:
            return kept if kept is not None else self.initial
        try:
            start = lagged(
                kept,
                self._lag,
                in_days=is_date(kept if self.initial is None else self.initial),
                later=not self.grows,
            )
        except NoLag:
            raise ReadError(no_lag(self.path, kept)) from None
        if start is None:
            return self.initial
        self.order.begin(start)
        is_before = self.initial is not None and self.is_later(self.initial, start)
        return self.initial if is_before else start

    def whole_second(self, value: Any) -> Any:
        """The beginning of the second in which a value lies, but not before the initial value; the
        value itself where it is no time, or None.

        Many an API compares whole seconds, and so gives what comes late in that of the cursor.
        """
        if value is None or not self.grows or self._is_open or not self._tells_seconds(value):
            return value
        seconds = seconds_since_1970(value)
        if seconds is None or seconds.denominator == 1:
            return value
        second = spelled_as(value, Fraction(floor(seconds)), up=False)
        return second if self.initial is None else self.comparison.later(self.initial, second)

    def _tells_seconds(self, value: Any) -> bool:
        """Whether a value is a time, and may be compared as such by the API."""
        if isinstance(value, str) and self.order.kind == "time":
            return True
        return self._format is not None and tells_seconds(self._format)

    def is_later(self, one: Any, other: Any) -> bool:
        """Whether a value comes after another one, in the direction in which the cursor moves."""
        return self.comparison.is_later(one, other)

    def values(self, records: Sequence[Json]) -> list[Any]:
        """The cursors of records, None where one has none; raises ReadError where none may lack
        it, or where they do not compare."""
        values = self.field.of(records)
        found = values
        if None in values:
            self._refuse_missing(records, values)
            found = [value for value in values if value is not None]
        self.learn(found)
        return values

    def within(self, keys: Sequence[Any], start: Any) -> list[int] | None:
        """The positions of the keys that are read: not before the start, not from the end on.

        None where all of them are.
        """
        low = None if start is None else self.order.key(start)
        high = None if self.end is None else self.order.key(self.end)
        is_from = self.comparison.is_from(included=not self._is_open)
        is_to = self.comparison.is_to(included=self._includes_end)
        first, last = self.comparison.bounds(keys)
        if (low is None or is_from(first, low)) and (high is None or is_to(last, high)):
            return None
        return [
            n
            for n, key in enumerate(keys)
            if (low is None or is_from(key, low)) and (high is None or is_to(key, high))
        ]

    def is_beyond_end(self, value: Any) -> bool:
        """Whether a value lies behind the end of the range."""
        is_to = self.comparison.is_to(included=self._includes_end)
        return self.end is not None and not is_to(self.order.key(value), self.order.key(self.end))

    @property
    def keeps_missing(self) -> bool:
        """Whether records without a cursor are loaded."""
        return bool(self._missing != "exclude")

    def _refuse_missing(self, records: Sequence[Json], values: list[Any]) -> None:
        if self._missing != "raise":
            return
        is_anywhere = any(value is not None for value in values)
        meant = None if is_anywhere else meant_cursor(self.path, records[values.index(None)])
        hint = f"did you mean {meant}? Else " if meant else ""
        raise ReadError(
            f"a record has no value for the cursor {self.path}; {hint}set on_cursor_value_missing "
            "to include or exclude"
        )


def no_lag(path: str, value: Any) -> str:
    """Why a lag cannot be applied, and what to do."""
    return (
        f"the cursor {path} is {quoted(str(value))}, neither a time nor a number: no lag can be "
        "subtracted from it. Remove lag, or name a cursor such as 2024-01-31T10:00:00Z"
    )

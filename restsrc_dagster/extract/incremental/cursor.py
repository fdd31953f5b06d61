"""The cursor of a resource: what is new of its list, and what is kept for the next run.

In place of what dlt does at its incremental step, so that no row is lost or doubled: values compare
as what they mean; nothing moves within a run; the cursor passes nothing that changes while the list
is read; an order that the file tells is verified.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from operator import ge, gt, le, lt
from typing import Any

from restsrc_dagster.connector.time.lag import NoLag, is_date, lagged
from restsrc_dagster.connector.wording import nearest, quoted
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.incremental.cursor_order import CursorOrder
from restsrc_dagster.extract.incremental.cursor_time import FAR_SECONDS, CursorTime
from restsrc_dagster.extract.incremental.delivered import Delivered
from restsrc_dagster.extract.records.field import FieldReader

STATE_KEY, BY = "restsrc", "by"
MOST_UNDECIDED = 10_000
"""Rows that are remembered while no value has told whether the cursor is a time."""


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
        now: Callable[[], float] = lambda: datetime.now(UTC).timestamp(),
    ) -> None:
        self.path: str = incremental["cursor_path"]
        self.field = FieldReader(self.path)
        self.initial = incremental.get("initial_value")
        self.end = incremental.get("end_value")
        self.by: str = incremental.get("last_value_func", "max")
        """Which of two values is kept: `max` or `min`."""
        self.grows = self.by == "max"
        self.appends = appends and self.end is None
        self._keyed = keyed
        self.is_open = incremental.get("range_start") == "open"
        self.order = CursorOrder(self.path, api_sorts=incremental.get("row_order") is not None)
        self._includes_end = incremental.get("range_end") == "closed"
        self._lag = incremental.get("lag")
        self._missing = incremental.get("on_cursor_value_missing", "raise")
        self._time = CursorTime(incremental, columns or {}, now)
        self._warn = warn

    def goes_on_from(self, before: "IncrementalCursor") -> None:
        """What a reading before has learned of the values holds in this one, which may come to
        none, or to others."""
        self.order, self._time = before.order, before._time

    def learn(self, values: Sequence[Any]) -> None:
        """Look at values, none of which is None; raises ReadError where they do not compare."""
        self.order.learn(values)
        self._time.learn(self.order.kind, values)

    def delivered(self, before: Mapping[str, Any] | None) -> Delivered | None:
        """What is known of rows that were delivered, by what the state has of them; None where a
        row that comes again is merged."""
        return Delivered(before, keyed=self._keyed) if self.appends else None

    def begin(self, kept: Any) -> Any:
        """Where reading begins, by what the run before has kept (None for nothing): the lag
        earlier, but not before the initial value. Raises ReadError."""
        self.order.begin(kept)
        self._time.learn(self.order.kind, [one for one in (kept, self.initial) if one is not None])
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

    def is_later(self, one: Any, other: Any) -> bool:
        """Whether a value comes after another one, in the direction in which the cursor moves."""
        mine, others = self.order.key(one), self.order.key(other)
        return bool(mine > others if self.grows else mine < others)

    def values(self, records: Sequence[Any]) -> list[Any]:
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
        is_from = at_or_behind(grows=self.grows, included=not self.is_open)
        is_to = at_or_behind(grows=not self.grows, included=self._includes_end)
        first, last = self.bounds(keys)
        if (low is None or is_from(first, low)) and (high is None or is_to(last, high)):
            return None
        return [
            n
            for n, key in enumerate(keys)
            if (low is None or is_from(key, low)) and (high is None or is_to(key, high))
        ]

    def bounds(self, keys: Sequence[Any]) -> tuple[Any, Any]:
        """The first and the last, in the direction in which the cursor moves."""
        least, most = min(keys), max(keys)
        return (least, most) if self.grows else (most, least)

    def is_beyond_end(self, value: Any) -> bool:
        """Whether a value lies behind the end of the range."""
        is_to = at_or_behind(grows=not self.grows, included=self._includes_end)
        return self.end is not None and not is_to(self.order.key(value), self.order.key(self.end))

    @property
    def keeps_missing(self) -> bool:
        """Whether records without a cursor are loaded."""
        return bool(self._missing != "exclude")

    def farthest(self, values: Sequence[Any]) -> Any:
        """The value that the others do not pass; None of none."""
        keys = self.order.keys(values)
        pick = max if self.grows else min
        if keys is values:
            return pick(values, default=None)
        return pick(values, key=self.order.key, default=None)

    def held_back(self, values: Sequence[Any], clock: float) -> set[int]:
        """The positions of values that lie ahead of the API's clock, and move no cursor."""
        if not values or not self.grows or not self._time.may_be(self.order.kind):
            return set()
        if not self._time.is_ahead(farthest := self.farthest(values), clock):
            return set()
        if self._time.is_ahead(farthest, clock + FAR_SECONDS):
            self._tell_of_the_future(farthest)
        return {n for n, value in enumerate(values) if self._time.is_ahead(value, clock)}

    def is_time(self, remembered: int) -> bool:
        """Whether values ahead of the clock are held back indeed; `remembered` is how many rows
        have to be known until that is decided."""
        if remembered > MOST_UNDECIDED:
            self._time.decide()
        return self._time.is_sure(self.order.kind)

    def _tell_of_the_future(self, example: Any) -> None:
        if not self._time.is_sure(self.order.kind):
            return
        cure = f'; if it is no time, write "columns": {{"{self.path}": {{"data_type": "bigint"}}}}'
        self._warn(
            f"the cursor {self.path} of some records is far ahead of the API's clock, such as "
            f"{example}: the cursor does not follow them, and each run reads them again"
            f"{cure if self.order.kind == 'number' else ''}"
        )

    def _refuse_missing(self, records: Sequence[Any], values: list[Any]) -> None:
        if self._missing != "raise":
            return
        record = records[values.index(None)]
        fields = [str(key) for key in record] if isinstance(record, dict) else []
        meant = nearest(self.path, fields) if self.path not in fields else None
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


def at_or_behind(*, grows: bool, included: bool) -> Callable[[Any, Any], bool]:
    """Whether a key is behind another one in a direction; or there, if that is `included`."""
    if grows:
        return ge if included else gt
    return le if included else lt

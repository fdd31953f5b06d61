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
        is_from = _at_or_behind(grows=self.grows, included=not self.is_open)
        is_to = _at_or_behind(grows=not self.grows, included=self._includes_end)
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
        is_to = _at_or_behind(grows=not self.grows, included=self._includes_end)
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


class Position:
    """How far one list is read: where it began, and what is kept of it for the next run.

    A list is a resource's own, or that of one parent; the lists of all parents may share one.

    Args:
        cursor: of the resource.
        kept: what the run before has kept, None for nothing.
        delivered: rows that were delivered at `kept` or later; None where none are remembered.
        one_behind: remember the rows of the value before the last one, too.
    """

    def __init__(
        self,
        cursor: IncrementalCursor,
        kept: Any,
        delivered: Delivered | None,
        *,
        one_behind: bool = False,
    ) -> None:
        self._cursor = cursor
        self.before = kept
        self.start = cursor.begin(kept)
        """Where reading begins; None for the beginning of all."""
        self.delivered = delivered
        self._one_behind = one_behind
        self.behind: Any = None
        """The farthest value but one, if that is remembered."""
        self._in_time: Any = None
        """The farthest value of this run that does not lie ahead of the API's clock."""
        self._farthest: Any = None

    @property
    def kept(self) -> Any:
        """Where the next run begins, its lag aside; None for nowhere."""
        remembered = len(self.delivered) if self.delivered is not None else 0
        is_time = self._cursor.is_time(remembered)
        return self._later(self.before, self._in_time if is_time else self._farthest)

    def boundary(self, kept: Any) -> dict[str, Any]:
        """What the state gets of the rows that were delivered at `kept` or later."""
        assert self.delivered is not None  # noqa: S101 - who asks knows
        later = self._cursor.is_later
        ahead = self.delivered.ahead(lambda value: kept is None or later(value, kept))
        beyond = {"ahead": ahead} if ahead else {}
        return {"value": kept, "rows": self.delivered.rows, **beyond}

    def take(self, records: list[Any], values: list[Any], clock: float) -> list[Any]:
        """What is new of a page that was asked for at `clock` or later, by the API's own clock in
        seconds since 1970. `values` are the cursors of its records."""
        cursor = self._cursor
        missing: list[Any] = []
        if None in values:
            if cursor.keeps_missing:
                missing = [one for one, value in zip(records, values, strict=True) if value is None]
            pairs = [n for n, value in enumerate(values) if value is not None]
            records, values = [records[n] for n in pairs], [values[n] for n in pairs]
        if values and (self.start is not None or cursor.end is not None):
            chosen = cursor.within(cursor.order.keys(values), self.start)
            if chosen is not None:
                records, values = [records[n] for n in chosen], [values[n] for n in chosen]
        if values:
            self._move(values, clock)
            if self.delivered is not None:
                records = self._without_delivered(self.delivered, records, values)
        return [*records, *missing] if missing else records

    def _move(self, values: list[Any], clock: float) -> None:
        cursor, before = self._cursor, self._remembered_from
        held = cursor.held_back(values, clock)
        in_time = [value for n, value in enumerate(values) if n not in held] if held else values
        if self._one_behind and in_time:
            self.behind = self._second([*in_time, self._in_time])
        self._in_time = self._later(self._in_time, cursor.farthest(in_time))
        self._farthest = self._later(self._farthest, cursor.farthest(values))
        after = self._remembered_from
        if self.delivered is None or after is None:
            return
        if before is None or cursor.is_later(after, before):
            self.delivered.forget(lambda value: cursor.is_later(after, value))

    @property
    def _remembered_from(self) -> Any:
        """Rows of this value and later ones are remembered; None for all."""
        if self._one_behind:
            return self._later(self.before, self.behind)
        return self._later(self.before, self._in_time)

    def _second(self, values: list[Any]) -> Any:
        """The farthest value but one."""
        known = [value for value in [*values, self.behind] if value is not None]
        last = self._cursor.farthest(known)
        return self._cursor.farthest([one for one in known if self._cursor.is_later(last, one)])

    def _without_delivered(
        self, delivered: Delivered, records: list[Any], values: list[Any]
    ) -> list[Any]:
        order = self._cursor.order
        keys, since = order.keys(values), self._remembered_from
        is_from = _at_or_behind(grows=self._cursor.grows, included=True)
        known: set[int] = set()
        if delivered.knows_any and self.before is not None:
            before = order.key(self.before)
            known = {
                n
                for n, key in enumerate(keys)
                if is_from(key, before) and delivered.has(records[n])
            }
        elif delivered.knows_any:
            known = {n for n, record in enumerate(records) if delivered.has(record)}
        if since is None:
            delivered.note(values, records)
        elif is_from(self._cursor.bounds(keys)[1], order.key(since)):
            least = order.key(since)
            noted = [n for n, key in enumerate(keys) if is_from(key, least)]
            delivered.note([values[n] for n in noted], [records[n] for n in noted])
        return [record for n, record in enumerate(records) if n not in known] if known else records

    def _later(self, one: Any, other: Any) -> Any:
        if one is None or other is None:
            return one if other is None else other
        return other if self._cursor.is_later(other, one) else one


def no_lag(path: str, value: Any) -> str:
    """Why a lag cannot be applied, and what to do."""
    return (
        f"the cursor {path} is {quoted(str(value))}, neither a time nor a number: no lag can be "
        "subtracted from it. Remove lag, or name a cursor such as 2024-01-31T10:00:00Z"
    )


def _at_or_behind(*, grows: bool, included: bool) -> Callable[[Any, Any], bool]:
    """Whether a key is behind another one in a direction; or there, if that is `included`."""
    if grows:
        return ge if included else gt
    return le if included else lt

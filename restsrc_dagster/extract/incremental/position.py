"""How far one list is read: where it began, and what is kept of it for the next run."""

from typing import Any

from restsrc_dagster.extract.incremental.boundary import BoundaryMemory
from restsrc_dagster.extract.incremental.cursor import IncrementalCursor
from restsrc_dagster.extract.incremental.delivered import Delivered
from restsrc_dagster.json_types import Json


class Position:
    """A list is a resource's own, or that of one parent; the lists of all parents may share one.

    Args:
        cursor: of the resource.
        kept: what the run before has kept, None for nothing.
        delivered: rows that were delivered at `kept` or later; None where none are remembered.
        one_behind: remember the rows of the value before the last one, too.
        start: where reading goes on, in a further part of a range that this run reads; None where
            the cursor says it, a lag earlier.
        low: before which no record is read; None for `start`.
    """

    def __init__(
        self,
        cursor: IncrementalCursor,
        kept: Any,
        delivered: Delivered | None,
        *,
        one_behind: bool = False,
        start: Any = None,
        low: Any = None,
    ) -> None:
        self._cursor = cursor
        self.before = kept
        self.start = cursor.begin(kept) if start is None else start
        """Where reading begins; None for the beginning of all."""
        self.delivered = delivered
        self._low = cursor.whole_second(self.start if low is None else low)
        self._memory = BoundaryMemory(cursor, kept, delivered, one_behind=one_behind)
        self._in_time: Any = None
        """The farthest value of this run that does not lie ahead of the API's clock."""
        self._farthest: Any = None

    @property
    def kept(self) -> Any:
        """Where the next run begins, its lag aside; None for nowhere."""
        is_time = self._cursor.guard.is_time(self.remembered)
        now = self._in_time if is_time else self._farthest
        return self._cursor.comparison.later(self.before, now)

    @property
    def remembered(self) -> int:
        """How many delivered rows are remembered."""
        return len(self.delivered) if self.delivered is not None else 0

    @property
    def behind(self) -> Any:
        """The farthest value but one, if that is remembered."""
        return self._memory.behind

    @property
    def ahead(self) -> list[list[str]]:
        """Delivered rows beyond what is kept, in a list; none where there are none."""
        known = self.boundary(self.kept).get("ahead")
        return [known] if known else []

    def behind_window(self, over: Any) -> "Position":
        """How it goes on behind a window that was read to its end.

        `over` is the end of it, before which nothing can come any more; None where that is not
        certain.
        """
        cursor = self._cursor
        before = self.kept
        kept = cursor.comparison.later(before, over)
        delivered = None
        if self.delivered is not None:
            if kept is not None and (before is None or cursor.is_later(kept, before)):
                second = cursor.whole_second(kept)
                self.delivered.forget(lambda value: cursor.is_later(second, value))
            delivered = cursor.remembered(self.boundary(kept))
        passed = cursor.comparison.later(self.start, over)
        within_lag = kept is None or self._is_before_it_all(passed)
        start = passed if within_lag else kept
        return Position(cursor, kept, delivered, start=start, low=self._low)

    @property
    def is_within_lag(self) -> bool:
        """Whether what is read lies before the end of the run before."""
        return self._is_before_it_all(self.start)

    def _is_before_it_all(self, value: Any) -> bool:
        return self.before is not None and self._cursor.is_later(self.before, value)

    def boundary(self, kept: Any) -> dict[str, Any]:
        """What the state gets of the rows that were delivered at `kept` or later."""
        return self._memory.state(kept)

    def take(
        self,
        records: list[Json],
        values: list[Any],
        clock: float,
        delay: int = 0,
        limit: Any = None,
    ) -> list[Any]:
        """What is new of a page that was asked for at `clock` or later, by the API's own clock in
        seconds since 1970. `values` are the cursors of its records; the next run reads what is
        newer than `delay` seconds again, and what lies beyond `limit`, if there is one."""
        cursor = self._cursor
        missing: list[Any] = []
        if None in values:
            if cursor.keeps_missing:
                missing = [one for one, value in zip(records, values, strict=True) if value is None]
            pairs = [n for n, value in enumerate(values) if value is not None]
            records, values = [records[n] for n in pairs], [values[n] for n in pairs]
        if values and (self._low is not None or cursor.end is not None):
            chosen = cursor.within(cursor.order.keys(values), self._low)
            if chosen is not None:
                records, values = [records[n] for n in chosen], [values[n] for n in chosen]
        if values:
            self._move(self._up_to(limit, values), clock, delay)
            records = self._memory.new(records, values)
        return [*records, *missing] if missing else records

    def _up_to(self, limit: Any, values: list[Any]) -> list[Any]:
        if limit is None:
            return values
        return [value for value in values if not self._cursor.is_later(value, limit)]

    def _move(self, values: list[Any], clock: float, delay: int) -> None:
        compared = self._cursor.comparison
        held = self._cursor.guard.held_back(values, clock, delay)
        in_time = [value for n, value in enumerate(values) if n not in held] if held else values
        last, now = self._in_time, compared.later(self._in_time, compared.farthest(in_time))
        self._in_time = now
        self._farthest = compared.later(self._farthest, compared.farthest(values))
        self._memory.move(in_time, last, now)

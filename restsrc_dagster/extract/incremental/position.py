"""How far one list is read: where it began, and what is kept of it for the next run."""

from typing import Any

from restsrc_dagster.extract.incremental.cursor import IncrementalCursor, at_or_behind
from restsrc_dagster.extract.incremental.delivered import Delivered


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
        is_from = at_or_behind(grows=self._cursor.grows, included=True)
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

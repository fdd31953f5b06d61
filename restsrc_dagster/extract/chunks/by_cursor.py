"""Chunks of a list in the order of its cursor: the rows of the last value are left to the next."""

from collections import deque
from dataclasses import dataclass
from typing import Any

import dlt

from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.chunks.chunk import STATE_KEY, Chunk
from restsrc_dagster.extract.incremental.list_order import LATE
from restsrc_dagster.extract.incremental.step import CursorStep
from restsrc_dagster.extract.paging.checks import PageChecks
from restsrc_dagster.extract.parents.current_page import PageAtHand
from restsrc_dagster.extract.parents.family import FamilyPages
from restsrc_dagster.json_types import Json


class ChunkByCursor:
    """Ends with a page in which the cursor has moved on, and leaves its last value to the next."""

    def __init__(
        self,
        name: str,
        cursor: CursorStep,
        checks: PageChecks,
        chunk: Chunk,
        at_hand: PageAtHand,
        family: FamilyPages,
        *,
        largest_tail: float,
    ) -> None:
        self._name = name
        self._step = cursor
        self._checks = checks
        self._chunk = chunk
        self._at_hand = at_hand
        self._family = family
        self._largest_tail = largest_tail
        self._behind: deque[tuple[int, Any]] = deque()
        """Of each page that may have children to be read: its number, and the value of the cursor
        before its last one; that of the last page that has none comes first."""
        self._last = _Value()
        self._before_last = _Value()

    def cut(self, records: list[Json], values: list[Any]) -> list[Any]:
        """What is read of a page in this chunk; `values` are the cursors of its records."""
        if self._chunk.ended:
            return []
        order = self._step.list_order
        if order is not None and not order.holds:
            if STATE_KEY in dlt.current.resource_state(self._name):
                raise ReadError(
                    f"{order.broken}: by that order, rows were committed while others were still "
                    "to come, which may have been passed over. Take row_order out "
                    f"({LATE}), and run it once with full_refresh"
                )
            return records
        for value in values:
            if value is not None:
                self._follow(value)
        self._behind.append((self._at_hand.number, self._before_last.value))
        while len(self._behind) > 1 and self._family.is_through(self._behind[1][0]):
            self._behind.popleft()
        is_full = self._chunk.is_full_with(len(records))
        if not (is_full and self._may_end(values) and self._chunk.is_drained()):
            return records
        self._note()
        self._checks.leave()
        self._chunk.end()
        last = self._last.value
        return [record for record, value in zip(records, values, strict=True) if value != last]

    def break_off(self, between_pages: bool) -> bool:
        """The rows of the last value may not be whole: the next run begins at the one before."""
        return between_pages and self._leave_at(self._step.position.behind)

    def break_off_below(self) -> bool:
        """Rows of further pages are merged again by the next run, those of no cursor are not."""
        if self._step.cursor.appends:
            return False
        through = [value for page, value in self._behind if self._family.is_through(page)]
        return self._leave_at(through[-1] if through else None)

    def _leave_at(self, value: Any) -> bool:
        """Let the next run begin at a value, if the list has come as far in its order."""
        order, start = self._step.list_order, self._step.position.start
        if value is None or order is None or not order.holds:
            return False
        if start is not None and not self._is_later(value, start):
            return False
        self._note()
        self._step.leave_at(value)
        return True

    def _note(self) -> None:
        state = dlt.current.resource_state(self._name)
        state.setdefault(STATE_KEY, {"since": self._step.position.start})

    def _follow(self, value: Any) -> None:
        last = self._last
        if last.records and not self._is_later(value, last.value):
            last.records += 1
        else:
            self._before_last, self._last = last, _Value(value, 1)

    def _is_later(self, one: Any, other: Any) -> bool:
        return self._step.cursor.is_later(one, other)

    def _may_end(self, values: list[Any]) -> bool:
        """Whether the value before the last has come whole, and something comes after it."""
        last, before, start = self._last, self._before_last, self._step.position.start
        return (
            not self._checks.at_end
            and not self._checks.is_within_page
            and 0 < before.records <= self._largest_tail * self._chunk.records
            and values.count(last.value) == last.records
            and (start is None or self._is_later(before.value, start))
            and not self._step.is_ahead(before.value)
        )


@dataclass
class _Value:
    """A value of the cursor, and how many records of this chunk have it."""

    value: Any = None
    records: int = 0

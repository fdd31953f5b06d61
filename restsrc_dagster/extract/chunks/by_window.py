"""Chunks of a range that is read in windows: the next one begins with the next window."""

from collections import deque
from copy import deepcopy
from typing import Any

from restsrc_dagster.extract.chunks.chunk import Chunk
from restsrc_dagster.extract.incremental.step import CursorStep
from restsrc_dagster.extract.paging.page_stats import PageStats
from restsrc_dagster.extract.parents.current_page import PageAtHand
from restsrc_dagster.extract.parents.family import FamilyPages

MOST_AHEAD = 10_000
"""Of rows that a window has brought before their own: with more, which all would have to stand in
the state of the cursor, no chunk ends."""


class ChunkByWindow:
    """Ends behind a window of which all pages are through all steps."""

    def __init__(
        self,
        cursor: CursorStep,
        chunk: Chunk,
        at_hand: PageAtHand,
        family: FamilyPages,
        stats: PageStats,
    ) -> None:
        self._stats = stats
        self._cursor = cursor
        self._chunk = chunk
        self._at_hand = at_hand
        self._family = family
        self._ends: deque[tuple[int, Any]] = deque()
        """Behind which page a window ended, and what the state was then; the last of which all
        children are read comes first."""

    def add(self, records: int) -> None:
        """A page has come."""
        self._chunk.is_full_with(records)

    def end_window(self, over: Any, *, is_last: bool) -> bool:
        """A window was read to its end (`CursorStep.end_window`); whether the chunk ends there."""
        self._cursor.end_window(over)
        self._ends.append((self._at_hand.number, deepcopy(self._cursor.state)))
        while len(self._ends) > 1 and self._family.is_through(self._ends[1][0]):
            self._ends.popleft()
        # Behind a window that is not over yet the cursor may stay, and the next chunk would begin
        # where this one did.
        if is_last or over is None or self._cursor.position.is_within_lag:
            return False
        if self._stats.unsettled and not self._cursor.cursor.appends:
            return False  # at the end, the cursor goes back there
        if not self._chunk.is_full_with(0) or self._cursor.position.remembered > MOST_AHEAD:
            return False
        if not self._chunk.is_drained():
            return False
        self._chunk.end()
        return True

    def break_off(self, between_pages: bool) -> bool:  # noqa: ARG002 - of what calls it
        """The next run begins behind the last window that was read; rows of the one that has
        failed are merged again."""
        return self._leave_at(self._ends[-1][1] if self._ends else None)

    def break_off_below(self) -> bool:
        """At the last window of which all children were read, and those of all windows before."""
        through = [state for page, state in self._ends if self._family.is_through(page)]
        return self._leave_at(through[-1] if through else None)

    def _leave_at(self, state: Any) -> bool:
        if state is None or self._cursor.cursor.appends:
            return False
        self._cursor.state = deepcopy(state)
        return True

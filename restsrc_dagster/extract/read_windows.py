"""A range that is read in windows: a list for each, side by side, handed on in their order."""

from collections import deque
from collections.abc import Callable, Iterator
from functools import cached_property

import requests

from restsrc_dagster.connector.resources.window import Window
from restsrc_dagster.extract.chunks.by_window import ChunkByWindow
from restsrc_dagster.extract.incremental.step import CursorStep, InWindow
from restsrc_dagster.extract.incremental.windows import Slice, Windows
from restsrc_dagster.extract.paging.list_reader import Announce, FirstRequest, ListReader, Page
from restsrc_dagster.extract.paging.totals import announced_total
from restsrc_dagster.extract.response.envelope import Envelope


class ReadWindows:
    """In place of dlt's function: requests the lists of all windows of a range.

    Args:
        reader: of the resource's lists.
        cursor: of the resource; it says where the range begins.
        window: what the file says.
        chunk: ends the reading between two windows; None where all is read at once.
        announce: gets the first request of each window, to send it before its turn; None where
            none is.
        leave: gets the last page that is read of a window that is halved, as for
            `PrefetchStep.leave`; None where nothing is sent before its turn.
        newest: only so many windows are read, the newest first; None reads all, oldest first.
    """

    def __init__(
        self,
        reader: ListReader,
        cursor: CursorStep,
        window: Window,
        chunk: ChunkByWindow | None,
        announce: Announce | None,
        *,
        leave: Callable[[Page], None] | None = None,
        newest: int | None = None,
    ) -> None:
        self._newest = newest
        self._reader = reader
        self._cursor = cursor
        self._window = window
        self._chunk = chunk
        self._announce = announce
        self._leave = leave

    def __call__(self) -> Iterator[Page]:
        """The pages; raises as `ListReader.read` does, and ReadError where a window holds more than
        can be asked for."""
        if self._announce is not None:
            self._announce(map(self._first, self._all()))
        return self._pages()

    @cached_property
    def _windows(self) -> Windows:
        """With one end for all who ask; dlt calls before the cursor has taken its state."""
        return self._cursor.windows(self._window)

    def _all(self) -> Iterator[Slice]:
        windows = self._windows.of(self._cursor.position.start)
        yield from windows if self._newest is None else reversed(deque(windows, self._newest))

    def _first(self, window: Slice) -> FirstRequest:
        return self._reader.of_list(InWindow(self._cursor, window))

    def _pages(self) -> Iterator[Page]:
        for window in self._all():
            for page in self._of(window):
                if self._chunk is not None:
                    self._chunk.add(len(page))
                yield page
            if self._ends_with(window):
                return

    def _ends_with(self, window: Slice) -> bool:
        """Whether the reading ends behind a window that is through."""
        if self._newest is not None:
            return False
        is_over = not window.is_last and window.high <= self._cursor.began
        over = window.over if is_over else None
        if self._chunk is not None:
            return self._chunk.end_window(over, is_last=window.is_last)
        self._cursor.end_window(over)
        return False

    def _of(self, window: Slice) -> Iterator[Page]:
        """The pages of a window; where it holds more than the API gives, those of its halves."""
        first, answers = self._first(window), None
        if self._window.at_most is not None:
            answers = self._answers(first, self._window.at_most)
        if self._window.at_most is None or answers is not None:
            yield from self._reader.read(first, answers)
            return
        for half in self._windows.halves(window):
            yield from self._of(half)

    def _answers(self, first: FirstRequest, at_most: int) -> Iterator[requests.Response] | None:
        """Those of a whole window, before any is handed on; None where it has more records than
        `at_most`, or as many."""
        held: list[requests.Response] = []
        records = 0
        for page in self._reader.read(first):
            envelope = Envelope.of(page.response.json(), page)
            total = announced_total(page.response, envelope, len(page))
            records += len(page)
            if records >= at_most or (total is not None and total > at_most):
                if self._leave is not None:
                    self._leave(page)
                return None
            held.append(page.response)
        return iter(held)

"""A range that is read in windows: a list for each, side by side, handed on in their order."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

import requests

from restsrc_dagster.connector.resources.window import Window
from restsrc_dagster.extract.chunks.by_window import ChunkByWindow
from restsrc_dagster.extract.incremental.step import CursorStep, InWindow
from restsrc_dagster.extract.incremental.windows import Slice, Windows
from restsrc_dagster.extract.paging.list_reader import Announce, FirstRequest, ListReader, Page
from restsrc_dagster.extract.paging.page_stats import ListSeen, PageStats
from restsrc_dagster.extract.paging.totals import announced_total
from restsrc_dagster.extract.parents.binding import Binding, BoundParent
from restsrc_dagster.extract.parents.fan_out import ReadOfParents
from restsrc_dagster.extract.parents.rewriting import PlaceholderPlace
from restsrc_dagster.extract.prefetch.requests import copied
from restsrc_dagster.extract.response.envelope import Envelope

MOST_READINGS = 4
"""Of one window, of which no two in turn hold the same."""


class WindowReader:
    """Reads windows of the lists of one resource.

    Args:
        reader: of the resource's lists.
        at_most: the most records that the API gives of one window; None for any number.
        leave: gets the last page that is read of a window that is halved, as for
            `PrefetchStep.leave`; None where nothing is sent before its turn.
    """

    def __init__(
        self, reader: ListReader, at_most: int | None, leave: Callable[[Page], None] | None
    ) -> None:
        self._leave = leave
        self._reader = reader
        self._at_most = at_most

    def parts(
        self, windows: Windows, window: Slice, first: Callable[[Slice], FirstRequest]
    ) -> Iterator[tuple[Slice, Iterator[Page | None]]]:
        """A window with its pages; where it holds more than the API gives, its halves.

        Raises:
            What `ListReader.read` raises, and ReadError where it cannot be halved any more.
        """
        request, answers = first(window), None
        if self._at_most is not None:
            answers = self._answers(request, self._at_most)
            if answers is None:
                for half in windows.halves(window):
                    yield from self.parts(windows, half, first)
                return
        yield window, self._reader.read(request, answers)

    def _answers(self, first: FirstRequest, at_most: int) -> Iterator[requests.Response] | None:
        """Those of a whole window, before any is handed on; None where it has more records than
        `at_most`, or as many."""
        held: list[requests.Response] = []
        records = 0
        for page in self._reader.read(first):
            if page is None:
                continue
            records += len(page)
            if not page.is_last_piece and records < at_most:
                continue
            envelope = Envelope.of(page.response.json(), page)
            total = announced_total(page.response, envelope, page.size)
            if records >= at_most or (total is not None and total > at_most):
                if self._leave is not None:
                    self._leave(page)
                return None
            held.append(page.response)
        return iter(held)


class Recheck:
    """Reads a window again whose pages have numbers, until nothing can have been passed over.

    Args:
        reader: of the resource's lists.
        cursor: of the resource; it knows what each reading has held.
        stats: of its pages.
        repeat: sends all requests of a list once more, before their turn (`PrefetchStep.repeat`);
            None where nothing is.
    """

    def __init__(
        self,
        reader: ListReader,
        cursor: CursorStep,
        stats: PageStats,
        repeat: Callable[[Sequence[requests.Request]], Callable[[], None]] | None,
    ) -> None:
        self._reader = reader
        self._cursor = cursor
        self._stats = stats
        self._repeat = repeat

    def pages(
        self,
        window: Slice,
        pages: Iterator[Page | None],
        first: Callable[[Slice], FirstRequest],
        parent: BoundParent | None = None,
    ) -> Iterator[Page | None]:
        """Those of a window, `pages` first; of further readings nothing is left by the cursor but
        what those before did not have. Raises as `ListReader.read` does."""
        stats = self._stats
        stats.seen, asked = ListSeen(), [copied(self._reader.begin(first(window))[0])]
        yield from self._noting(pages, asked)
        if not stats.seen.may_slip or self._cursor.has_all(stats.seen.total, parent):
            return
        stats.read_again += 1
        for _ in range(MOST_READINGS - 1):
            stats.begin_again()
            self._cursor.begin_again(parent)
            yield from self._again(first(window), asked)
            if self._is_settled(parent):
                return
        stats.unsettled.append((window.start, window.end))

    def _noting(
        self, pages: Iterator[Page | None], asked: list[requests.Request]
    ) -> Iterator[Page | None]:
        """The pages; `asked` gets the requests for the further ones."""
        for page in pages:
            if page is not None and page.is_last_piece and page.paginator.has_next_page:
                asked.append(copied(page.request))
            yield page

    def _again(
        self, first: FirstRequest, asked: Sequence[requests.Request]
    ) -> Iterator[Page | None]:
        """One more reading: what was asked for before is sent at once."""
        forget = self._repeat(asked) if self._repeat is not None else None
        try:
            for page in self._reader.read(first):
                if page is not None and forget is not None:
                    page.is_given = True
                yield page
        finally:
            if forget is not None:
                forget()

    def _is_settled(self, parent: BoundParent | None) -> bool:
        """Of a window that was read again; on one page, nothing can slip from it."""
        seen = self._stats.seen
        is_whole = seen.pages > 0 and not seen.may_slip
        return is_whole or self._cursor.has_all(seen.total, parent)


class ReadWindows:
    """In place of dlt's function: requests the lists of all windows of a range.

    Args:
        reader: of the resource's lists.
        cursor: of the resource; it says where the range begins.
        window: what the file says.
        chunk: ends the reading between two windows; None where all is read at once.
        announce: gets the first request of each window, to send it before its turn; None where
            none is.
        leave: as for `WindowReader`.
        recheck: reads windows again that may have moved; None where none is.
        newest: only so many windows are read, the newest first; None reads all, oldest first.
        now: where the range ends, if it has no other end, in seconds since 1970.
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
        recheck: Recheck | None = None,
        newest: int | None = None,
        now: float | None = None,
    ) -> None:
        self._recheck = recheck
        self._newest = newest
        self._now = now
        self._reader = reader
        self._cursor = cursor
        self._window = window
        self._chunk = chunk
        self._announce = announce
        self._windows = WindowReader(reader, window.at_most, leave)

    def __call__(self) -> Iterator[Page | None]:
        """The pages; raises as `ListReader.read` does, and ReadError where a window holds more than
        can be asked for."""
        if self._announce is not None:
            self._announce(map(self._first, self._all()))
        return self._pages()

    @cached_property
    def _range(self) -> Windows:
        """With one end for all who ask; dlt calls before the cursor has taken its state."""
        now = time.time() if self._now is None else self._now
        return self._cursor.windows(self._window, now)

    def _all(self) -> Iterator[Slice]:
        windows = self._range
        yield from windows if self._newest is None else windows.newest(self._newest)

    def _first(self, window: Slice) -> FirstRequest:
        return self._reader.of_list(InWindow(self._cursor, window))

    def _pages(self) -> Iterator[Page | None]:
        windows = self._all()
        self._cursor.begin_list()
        for window in windows:
            for part, pages in self._windows.parts(self._range, window, self._first):
                self._cursor.begin_window(part)
                if self._recheck is not None:
                    pages = self._recheck.pages(part, pages, self._first)
                for page in pages:
                    if self._chunk is not None and page is not None:
                        self._chunk.add(len(page))
                    yield page
                if self._newest is None and self._ends_with(part):
                    return
        if self._newest is None:
            self._cursor.end_range()

    def _ends_with(self, window: Slice) -> bool:
        """Whether the reading ends behind a window that is through."""
        over = window.over_at(self._cursor.began)
        if self._chunk is not None:
            return self._chunk.end_window(over, is_last=window.is_last)
        self._cursor.end_window(over)
        return False


class ReadWindowsOfParents(ReadOfParents):
    """In place of dlt's function: requests the windows of a page of parents, parent by parent.

    Args:
        of_parents: as for `ReadOfParents`, all by name.
        cursor: of the child; it says where the range of each parent begins.
        window: what the file says.
        leave: as for `WindowReader`.
        forget: gets what was announced of a parent that is not there any more; None where nothing
            is announced.
        recheck: as for `ReadWindows`.
        newest, now: as for `ReadWindows`, of each parent.
    """

    def __init__(
        self,
        *,
        binding: Binding,
        reader: ListReader,
        cursor: CursorStep,
        window: Window,
        leave: Callable[[Page], None] | None,
        forget: Callable[[Iterable[FirstRequest]], None] | None,
        recheck: Recheck | None,
        newest: int | None,
        now: float | None,
        **of_parents: Any,
    ) -> None:
        super().__init__(binding=binding, reader=reader, **of_parents)
        self._cursor = cursor
        self._window = window
        self._forget = forget
        self._recheck = recheck
        self._newest = newest
        self._now = time.time() if now is None else now  # one end for all parents
        self._windows = WindowReader(reader, window.at_most, leave)

    def _firsts(self, parent: BoundParent) -> Iterator[FirstRequest]:
        for window in self._all(parent):
            if parent.windows.is_read:
                return
            yield self._first_of(parent, window)

    def _read(self, parent: BoundParent) -> Iterator[Page | None]:
        windows, first = self._all(parent), partial(self._first_of, parent)
        self._cursor.begin_list(parent)
        try:
            for window in windows:
                for part, pages in self._windows.parts(parent.windows, window, first):
                    yield from self._pages_of(part, pages, parent)
        except requests.HTTPError:
            parent.windows.is_read = True
            if self._forget is not None:
                self._forget(map(first, windows))
            raise
        finally:
            parent.windows.is_read = True
            self._cursor.end_list(parent)

    def _pages_of(
        self, part: Slice, pages: Iterator[Page | None], parent: BoundParent
    ) -> Iterator[Page | None]:
        """Behind them, the parent's cursor has moved: not by an answer that was ignored, as nobody
        knows what the window holds."""
        is_answered = False
        self._cursor.begin_window(part, parent)
        if self._recheck is not None:
            first = partial(self._first_of, parent)
            pages = self._recheck.pages(part, pages, first, parent)
        for page in pages:
            is_answered = is_answered or page is not None
            yield page
        if self._newest is None:
            over = part.over_at(self._cursor.began) if is_answered else None
            self._cursor.end_window(over, parent)

    def _all(self, parent: BoundParent) -> Iterator[Slice]:
        """From where the parent's list was when it was first asked for."""
        if parent.windows is None:
            parent.windows = self._cursor.windows(self._window, self._now, parent)
        windows: Windows = parent.windows
        return iter(windows) if self._newest is None else windows.newest(self._newest)

    def _first_of(self, parent: BoundParent, window: Slice) -> FirstRequest:
        def sent(name: str, _: BoundParent, place: PlaceholderPlace) -> Any:
            return self._cursor.sent_of_window(name, window, place)

        made = {**parent, **self.binding.of_cursor(parent, sent)}
        first = self.binding.without_nulls(self._reader.of_parent(made))
        return replace(first, version=parent.version)

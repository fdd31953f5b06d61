"""Asking parents for their children: each parent once, and known to each page that it gives."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol

import requests
from dlt.extract.items_transform import ItemTransform

from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.paging.list_reader import Announce, FirstRequest, ListReader, Page
from restsrc_dagster.extract.paging.page_stats import PageStats
from restsrc_dagster.extract.parents.backlog import Backlog
from restsrc_dagster.extract.parents.binding import Binding, BoundParent, CursorValue
from restsrc_dagster.extract.parents.childless import ParentsWithoutChildren
from restsrc_dagster.extract.parents.family import FamilyPages
from restsrc_dagster.extract.step_order import StepOrder
from restsrc_dagster.json_types import Json

MANY_GONE = 20
"""After so many, and none that is there, the others are not asked."""
GONE = frozenset({404, 410})
"""What an API answers of a record that is not there any more."""


class BindParents(ItemTransform[Any, Any]):
    """Before a child's requests: its parents, bound, each once.

    Args:
        binding: of the child.
        asked: the parents that were asked already: by the key of each, a digest of what was passed
            on of it.
        cursor: gives the start of the child's own cursor; None where it has none.
        family: of the topmost list.
        waiting: parents that a reading before has bound and left to this one, which finds no
            others: the page that it gets stands for all above. None where it finds them.
    """

    placement_affinity = StepOrder.BIND_PARENTS

    def __init__(
        self,
        binding: Binding,
        asked: dict[str, str],
        cursor: CursorValue | None,
        family: FamilyPages,
        waiting: list[BoundParent] | None = None,
    ) -> None:
        super().__init__(lambda item: item)
        self._waiting = waiting
        self._binding = binding
        self._asked = asked
        self._cursor = cursor
        self._family = family

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        """The parents to be asked; raises ReadError where a value cannot be sent."""
        page, above = getattr(item, "page", 0), getattr(item, "parent", None)
        if self._waiting is not None:
            for parent in self._waiting:
                parent.page = page
            return self._waiting
        records = item if isinstance(item, list) else [item]
        parents = list(self._new(records, page, above))
        if not parents:
            self._family.through(page)
        return parents or None

    def _new(
        self, records: list[Json], page: int, above: BoundParent | None
    ) -> Iterator[BoundParent]:
        for record in records:
            for parent in self._binding.bound(record, self._cursor, above):
                passed = self._binding.digest_of_passed(parent)
                before = self._asked.get(parent.key)
                if before is None:
                    self._asked[parent.key] = passed
                    parent.page = page
                    yield parent
                elif before != passed:
                    raise ReadError(self._binding.told_of_two())


class Turns(Protocol):
    """Which parents are asked in one reading, and whether it ends in front of others."""

    @property
    def is_full(self) -> bool:
        """Whether no further parent is to be asked before its turn."""

    @property
    def may_leave(self) -> bool:
        """Whether the reading may end in front of the parents that wait."""

    def now(self, parents: list[BoundParent]) -> list[BoundParent]:
        """Which of these are asked in this reading."""

    def begin(self, parent: BoundParent) -> None:
        """A parent's list is about to be read."""

    def add(self, records: int) -> None:
        """A page has come."""

    def through(self, parent: BoundParent) -> None:
        """A parent's list was read to its end."""

    def leave(self, waiting: Iterable[BoundParent]) -> None:
        """End the reading; these parents were not asked."""


class ReadOfParents:
    """In place of dlt's function: requests the lists of a page of parents, one after the other.

    Args:
        binding: of the child.
        reader: of the child's lists.
        backlog: counts the parents that wait.
        family: of the topmost list.
        below: what is told of each parent whose children are read.
        announce: gets the first requests for a page of parents, to send them before their turn;
            None where none is.
        stats: of the child's pages; counts the parents that were gone.
        noted: the fields by which parents are noted whose lists were read whole; none without.
        never_gone: whether a parent that is not there any more is an error: a job is, of which
            nothing was fetched.
        turns: of a child that may be left between two parents; None where all are asked.
    """

    def __init__(
        self,
        binding: Binding,
        reader: ListReader,
        backlog: Backlog,
        family: FamilyPages,
        *,
        below: Sequence[ParentsWithoutChildren],
        announce: Announce | None,
        stats: PageStats,
        noted: Sequence[str] = (),
        never_gone: bool = False,
        turns: Turns | None = None,
    ) -> None:
        self._turns = turns
        self._queue: deque[tuple[BoundParent, bool]] = deque()
        """Parents that wait for their turn, and whether each is the last of its page."""
        self._is_reading = self._is_silent = False
        self._noted = noted
        self._stats = stats
        self._never_gone = never_gone
        self.binding = binding
        self._child = binding.child.name
        self._reader = reader
        self._backlog = backlog
        self._family = family
        self._below = below
        self._announce = announce

    def __call__(self, item: list[BoundParent], meta: Any = None) -> Iterator[Page | None] | None:  # noqa: ARG002 - dlt's signature
        """The pages, of which each knows its parent; raises as `ListReader.read` does."""
        parents = item if self._turns is None else self._turns.now(item)
        if not parents:
            self._family.through(item[0].page)
            return None
        if self._announce is not None:
            self._announce(self._ahead(parents))
        self._backlog.add(self._child, len(parents))
        if self._turns is None:
            return self._pages(parents)
        self._queue.extend((one, one is parents[-1]) for one in parents)
        if self._is_reading:
            return None
        self._is_reading = True
        return self._in_turn(self._turns)

    def _pages(self, parents: list[BoundParent]) -> Iterator[Page | None]:
        left = len(parents)
        try:
            for parent in parents:
                yield from self._list_of(parent)
                left -= self._ended(parent)
            self._family.through(parents[0].page)
        finally:
            self._backlog.add(self._child, -left)

    def _in_turn(self, turns: Turns) -> Iterator[Page | None]:
        """One parent at a time, whatever page of parents they come with."""
        try:
            while self._queue and not self._leaves(turns):
                parent, is_last = self._queue.popleft()
                turns.begin(parent)
                for page in self._list_of(parent):
                    turns.add(0 if page is None else len(page))
                    yield page
                self._ended(parent)
                turns.through(parent)
                if is_last:
                    self._family.through(parent.page)
        finally:
            self._is_reading = False
            self._backlog.add(self._child, -len(self._queue))
            self._queue.clear()

    def _leaves(self, turns: Turns) -> bool:
        """Whether the reading ends in front of the next parent: not while answers of it wait."""
        if not self._queue[0][0].is_ahead and turns.may_leave:
            turns.leave(parent for parent, _ in self._queue)
            for parent, is_last in self._queue:
                if is_last:
                    self._family.through(parent.page)
            return True
        if self._is_silent and self._announce is not None and not turns.is_full:
            self._is_silent = False
            self._announce(self._ahead([parent for parent, _ in self._queue]))
        return False

    def _ahead(self, parents: Iterable[BoundParent]) -> Iterator[FirstRequest]:
        """What the first requests for parents are made of; of no further one when the reading is
        about to end."""
        for parent in parents:
            if self._turns is not None and self._turns.is_full:
                self._is_silent = True
                return
            parent.is_ahead = True
            yield from self._firsts(parent)

    def _list_of(self, parent: BoundParent) -> Iterator[Page | None]:
        self._family.begin(self._child, parent)
        for page in self._of(parent):
            if page is not None:
                page.parent = parent
                self.binding.copy_into(page, parent)
            yield page

    def _of(self, parent: BoundParent) -> Iterator[Page | None]:
        """The pages of one parent; none of one that is gone since it was listed, which no value of
        a list is that a person has written."""
        self._stats.parents_asked += 1
        pages = 0
        try:
            for page in self._read(parent):
                pages += page is not None and page.is_last_piece
                yield page
            if pages and self._noted:  # an answer that is ignored tells nothing
                key = tuple(parent.get(one) for one in self._noted)
                self._stats.parents_read[key] = pages
        except requests.HTTPError as error:
            status = None if error.response is None else error.response.status_code
            if pages or self._never_gone or self.binding.of_list or status not in GONE:
                raise
            self._stats.gone += 1
            self._stats.answer_of_gone = error
            if self._stats.parents_asked == self._stats.gone >= MANY_GONE:
                raise

    def _firsts(self, parent: BoundParent) -> Iterator[FirstRequest]:
        """What the first requests for a parent are made of, as far as they are known to come."""
        yield self._first(parent)

    def _read(self, parent: BoundParent) -> Iterator[Page | None]:
        """The pages of one parent."""
        return self._reader.read(self._first(parent))

    def _first(self, parent: BoundParent) -> FirstRequest:
        if parent.first is None:
            first = self.binding.without_nulls(self._reader.of_parent(parent))
            parent.first = replace(first, version=parent.version)
        return parent.first

    def _ended(self, parent: BoundParent) -> int:
        """A parent's list is at its end."""
        self._backlog.add(self._child, -1)
        for one in self._below:
            one.asked(parent)
        return 1

"""Ending a reading early, where what was read can be committed and the rest read afterwards.

By the window: the next chunk begins with the next part of the range, and a run after a kill behind
the last part that was committed. By the cursor: the rows of the last cursor value are left to the
next chunk, which begins at the value before. So all of a chunk's own values have come whole,
whether the API takes the start that it is sent for "from here" or for "after this". By the page:
the next chunk begins at the next page; after a kill at the last one that was committed, which must
still be what it was. A list that was gone on with is read once more from its start: what has
changed on the pages before is there then, too. By the parent: the next chunk begins with the next
one of a child's parents.

A list that fails on its way ends there in the same manner: what came before is committed.

What is committed stands in dlt's state of the resource, with the rows.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from copy import deepcopy
from functools import partial
from typing import Any

import dlt

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.resources.chunking import chunked_with, chunking
from restsrc_dagster.extract.chunks.by_cursor import ChunkByCursor
from restsrc_dagster.extract.chunks.by_page import ChunkByPage, NumberedPage
from restsrc_dagster.extract.chunks.by_parent import ParentsInTurn
from restsrc_dagster.extract.chunks.by_window import ChunkByWindow
from restsrc_dagster.extract.chunks.chunk import STATE_KEY, Bound, Chunk, FirstPage, digest
from restsrc_dagster.extract.failures.explain import answers_nobody
from restsrc_dagster.extract.incremental.cursor_order import CursorOrder
from restsrc_dagster.extract.incremental.step import CursorStep
from restsrc_dagster.extract.paging.checks import PageChecks
from restsrc_dagster.extract.paging.page_stats import PageStats
from restsrc_dagster.extract.parents.current_page import PageAtHand
from restsrc_dagster.extract.parents.family import FamilyPages

log = logging.getLogger(__name__)

LARGEST_TAIL = 0.1
"""Of a chunk by the cursor: what is read again where an API gives the rows of the start again."""


class Chunks:
    """The chunks of one run, reading after reading.

    Args:
        connector: says which resources may be left, and how.
        selection: names of what is loaded; a list goes on where another run was stopped only if
            it is loaded itself, and that run had loaded all of it, as children come with parents.
        bound: of each chunk.
        states: dlt's of the resources, as they were committed when the run began.
        on_message: called with a line for the person.
    """

    def __init__(
        self,
        connector: Connector,
        selection: Set[str],
        bound: Bound,
        states: Mapping[str, Any],
        on_message: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._connector = connector
        self._resources = connector.resources
        self._bound = bound
        self._on_message = on_message
        self._now: dict[str, Chunk] = {}
        self._to_check: dict[str, str] = {}
        self._resumed: dict[str, int] = {}
        """Lists that go on where another run was stopped: at which page."""
        self.read_again: set[str] = set()
        """Lists whose next reading is from their start, though this run has read some of them."""
        self._anew: set[str] = set()
        """Lists whose tables are emptied by what is read first."""
        self._cursors: dict[str, list[Any]] = {}
        """Of numbered lists: before the first chunk, and after each."""
        self._steps: dict[str, CursorStep] = {}
        self._starts: dict[str, FirstPage] = {}
        self.windows: dict[str, ChunkByWindow] = {}
        """Of ranges that are read in windows: what ends the chunk of the reading that goes on."""
        self.parents = ParentsInTurn()
        """Of children that are read parent by parent."""
        for name in self._resources:
            kind = chunking(self._resources, name)
            if kind == "parents":
                self.parents.goes_on_with(name, states.get(name, {}))
            if kind != "page":
                continue
            state = states.get(name, {})
            incremental = self._resources[name].incremental
            if incremental is not None and incremental.get("end_value") is None:
                self._cursors[name] = [deepcopy(state.get("incremental"))]
            known = state.get(STATE_KEY, {})
            family = selection & {name, *self._resources.descendants(name)}
            # A list that is read for its children alone does not come back to the pages before.
            goes_on = name in selection and family <= {*known.get("with", ())}
            if goes_on and known.get("of") == self._fingerprint(name):
                self._starts[name] = FirstPage(known["last"], known["records"])
                self._to_check[name] = known["digest"]
                self._resumed[name] = known["last"]

    @property
    def unfinished(self) -> frozenset[str]:
        """Resources of which the last reading left a rest, and that can be read on."""
        return frozenset(
            name for name, chunk in self._now.items() if chunk.ended and not chunk.broken_off
        )

    @property
    def first_pages(self) -> Mapping[str, FirstPage]:
        """Where numbered lists go on."""
        return self._starts

    def begin_anew(self, names: Iterable[str]) -> None:
        """Nothing of them is there any more: what they hang on is read from its start, too."""
        for name in names:
            log.debug("%s: read from its start", name)
            self._anew.add(name)
            self.parents.begin_anew(name)
            for above in (name, *self._resources.ancestors(name)):
                self._from_the_first_page(above)
            if name in self._cursors:
                self._cursors[name] = [None]

    def give_up_resuming(self, name: str) -> bool:
        """Whether a failed list had only tried to go on where another run was; it begins anew."""
        if name not in self._to_check or self._now[name].records:
            return False
        self._from_the_first_page(name)
        self._now[name].ended = True
        return True

    def reads_anew(self, name: str) -> bool:
        """Whether the next reading of a resource, or the list that its rows hang on, is from the
        start, though this run has read some of it."""
        return bool(self.read_again & {name, *self._resources.ancestors(name)})

    def remembers_one_behind(self, name: str) -> bool:
        """Whether a list that fails may be left at the value of the cursor before the last one."""
        return chunking(self._resources, name) == "cursor"

    def steps(
        self,
        name: str,
        checks: PageChecks,
        cursor: CursorStep | None,
        at_hand: PageAtHand,
        family: FamilyPages,
        leave: Callable[[str], None],
        is_drained: Callable[[str], bool],
        leave_between: Callable[[str], None],
    ) -> Iterator[ChunkByPage]:
        """The step that ends the reading of a resource, by `leave`; none where it may not end.

        `is_drained` is called when a chunk is full: nothing more is to be sent ahead, and the pages
        that were belong to it. `leave_between` leaves a child of which no list is begun.
        """
        before = self._starts[name].records_before if name in self._starts else 0
        chunk = Chunk(self._bound, partial(is_drained, name), partial(leave, name), before)
        self._now[name] = chunk
        self.read_again.discard(name)
        kind = chunking(self._resources, name)
        if cursor is not None:
            self._steps[name] = cursor
        if kind == "cursor" and cursor is not None:
            by_cursor = ChunkByCursor(
                name, cursor, checks, chunk, at_hand, family, largest_tail=LARGEST_TAIL
            )
            cursor.cut = by_cursor.cut
            chunk.break_off = by_cursor.break_off
            chunk.break_off_below = by_cursor.break_off_below
        elif kind == "window" and cursor is not None:
            by_window = ChunkByWindow(cursor, chunk, at_hand, family, checks.stats)
            chunk.break_off, chunk.break_off_below = by_window.break_off, by_window.break_off_below
            self.windows[name] = by_window
        elif kind == "parents":
            chunk.leave = partial(leave_between, name)
            by_parent = self.parents.reading(
                name,
                chunk,
                partial(self._may_end, name, checks.stats),
                cursor,
                keeps_parts=not self._appends(name),
            )
            chunk.break_off = by_parent.break_off
        elif kind == "page":
            by_page = ChunkByPage(self, name, chunk, at_hand, family)
            chunk.of_numbers = True
            chunk.break_off, chunk.end_behind = by_page.break_off, by_page.end_behind
            chunk.break_off_below = by_page.break_off_below
            yield by_page

    def _appends(self, name: str) -> bool:
        """Whether any rows of a child and of what is below it are appended."""
        family = (name, *self._resources.descendants(name))
        return any(self._resources.disposition(one) == "append" for one in family)

    def _may_end(self, name: str, stats: PageStats) -> bool:
        """Whether lists of some parents of a child can be committed: what is kept for all of them
        says nothing until all are read, nor do a few that are gone."""
        family = (name, *self._resources.descendants(name))
        steps = [self._steps[one] for one in family if one in self._steps]
        return stats.most_are_gone is None and not any(step.is_for_all for step in steps)

    def break_off(self, name: str, error: Exception, between_pages: bool) -> Set[str]:
        """A resource has failed: what is not to be read on, if what it has given is to be
        committed, and is noted so; nothing if it is not.

        `between_pages` is whether all pages that came are through all steps. Where a child fails,
        its list is left with that of its topmost parent, if both hang on one cursor, or if the
        parent will not be answered either; else the child alone is, and the parent goes on.
        """
        top = chunked_with(self._resources, name) or self._resources.top(name)
        chunk = self._now.get(top)
        family = {top, *self._resources.descendants(top)}
        if chunk is None or self._anew & family:  # a table has more than a part of the list
            return frozenset()
        if name == top:
            is_kept = not chunk.ended and chunk.break_off(between_pages)
        else:
            together = top in self._resources.blocked_by(name)
            is_kept = (together or answers_nobody(error)) and chunk.break_off_below()
            if not is_kept and not together and chunk.of_numbers:
                chunk.without |= {name, *self._resources.descendants(name)}
                return frozenset({name})
        if not is_kept:
            return frozenset()
        chunk.broken_off = chunk.ended = True
        return frozenset({name, top})

    def end_if_late(self, name: str) -> None:
        """End a chunk whose time is over, while its list is held back."""
        chunk = self._now.get(name)
        if chunk is not None and not chunk.ended and chunk.is_late:
            chunk.end_behind()

    def settle(self, states: dict[str, Any], names: Set[str]) -> None:
        """Make `states`, dlt's of the resources that were read well, what is to be committed."""
        self._anew -= names
        for name in names & self._now.keys():
            chunk, state = self._now[name], states.setdefault(name, {})
            ended = chunk.ended
            if chunk.records:
                rest = "a rest is left" if ended else "the list is at its end"
                log.debug("%s: a chunk of %d records, %s", name, chunk.records, rest)
            if self.parents.of(name) is not None:
                self._settle_parents(name, chunk, state)
            elif not ended:
                state.pop(STATE_KEY, None)
            elif "with" in state.get(STATE_KEY, {}):
                family = names & {name, *self._resources.descendants(name)}
                state[STATE_KEY]["with"] = sorted(family - chunk.without)
            if name in self._cursors:
                self._settle_cursor(name, state, ended=ended)
            if not ended and name in self._resumed:
                self._read_again(name, chunk)
            if not state:
                del states[name]

    def _settle_parents(self, name: str, chunk: Chunk, state: dict[str, Any]) -> None:
        if again := self.parents.settle(name, chunk, state):
            what = self._resources.described(str(self._resources[name].parent))
            self._on_message(
                f"{name}: was asked first for what a run before had not come to; {again} of "
                f"{what} are asked for once more"
            )

    def _settle_cursor(self, name: str, state: dict[str, Any], *, ended: bool) -> None:
        """The cursor of a numbered list moves when the whole list is read, and by one run.

        Over two runs, a record on one of the first pages may have changed in between.
        """
        before, *after = self._cursors[name]
        if ended:
            self._cursors[name].append(deepcopy(state.get("incremental")))
        if ended or name in self._resumed:
            state.pop("incremental", None)
            if before is not None:
                state["incremental"] = deepcopy(before)
        elif after:
            state["incremental"] = self._furthest(name, [*after, state.get("incremental")])

    def _read_again(self, name: str, chunk: Chunk) -> None:
        """A list that was gone on with is at its end: on the pages before, records may have changed
        since another run has read them."""
        page = self._resumed[name]
        self._on_message(f"{name}: went on at page {page}; the pages before it are read again")
        self._from_the_first_page(name)
        if name in self._cursors:
            del self._cursors[name][1:]
        self.read_again.add(name)
        chunk.ended = True

    def _furthest(self, name: str, cursors: list[Any]) -> Any:
        incremental = self._resources[name].incremental or {}
        path = incremental["cursor_path"]
        moved = [one for one in cursors if one and one[path].get("last_value") is not None]
        if not moved:
            return cursors[-1]
        step = self._steps.get(name)
        # A part with nothing but far-off numbers could not know that they are times.
        in_time = [one for one in moved if not (step and step.lies_ahead(one[path]["last_value"]))]
        if not in_time:
            return deepcopy(self._cursors[name][0])
        moved = in_time
        order = CursorOrder(path, api_sorts=True)
        order.learn([one[path]["last_value"] for one in moved])
        pick = max if incremental.get("last_value_func", "max") == "max" else min
        return pick(moved, key=lambda one: order.key(one[path]["last_value"]))

    def _fingerprint(self, name: str) -> str:
        """Of the list that is asked for: after an edit, its pages are others."""
        client = self._connector.configuration["client"]
        asked = [client["base_url"], client.get("paginator"), self._resources[name].endpoint]
        return digest(asked)

    def _from_the_first_page(self, name: str) -> None:
        self._starts.pop(name, None)
        self._to_check.pop(name, None)
        self._resumed.pop(name, None)

    def is_where_it_was(self, name: str, page: list[Any]) -> bool:
        """Whether a list goes on with the page at which another run was stopped, if one was."""
        known = self._to_check.pop(name, None)
        if known is None or known == digest(page):
            return True
        self._from_the_first_page(name)
        return False

    def leave_behind(self, name: str, page: NumberedPage) -> None:
        """Note where a list is left: the next reading goes on there, another run a page before."""
        dlt.current.resource_state(name)[STATE_KEY] = {
            "of": self._fingerprint(name),
            "last": page.number,
            "records": page.records - page.size,
            "digest": page.digest,
            "with": [],
        }
        self._starts[name] = FirstPage(page.next_number, page.records)

    def has_moved_on(self, name: str, page: NumberedPage) -> bool:
        """Whether a list that failed has come further than the run before."""
        return name not in self._resumed or page.number > self._resumed[name]

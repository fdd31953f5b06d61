"""Ending a reading early, where what was read can be committed and the rest read afterwards.

By the cursor: the rows of the last cursor value are left to the next chunk, which begins at the
value before. So all of a chunk's own values have come whole, whether the API takes the start that
it is sent for "from here" or for "after this". By the page: the next chunk begins at the next
page; after a kill at the last one that was committed, which must still be what it was. A list that
was gone on with is read once more from its start: what has changed on the pages before is there
then, too.

A list that fails on its way ends there in the same manner: what came before is committed.

What is committed stands in dlt's state of the resource, with the rows.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from typing import Any

import dlt
from dlt.extract.items_transform import ItemTransform
from dlt.sources.helpers.rest_client.client import PageData
from dlt.sources.helpers.rest_client.paginators import RangePaginator

from restsrc_dagster.connector.chunking import chunking
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.at_hand import PageAtHand
from restsrc_dagster.extract.cursor_order import CursorOrder
from restsrc_dagster.extract.failures import answers_nobody
from restsrc_dagster.extract.family import FamilyPages
from restsrc_dagster.extract.field import bytes_of
from restsrc_dagster.extract.incremental import CursorStep
from restsrc_dagster.extract.pages import PageChecks

STATE_KEY = "restsrc_chunks"
LARGEST_TAIL = 0.1
"""Of a chunk: what is read again where an API gives the rows of the start once more."""


@dataclass(frozen=True, kw_only=True)
class Bound:
    """A chunk ends with the page that reaches one of them, or with the pages that were asked for
    before that."""

    records: int
    seconds: float


@dataclass(frozen=True)
class FirstPage:
    """Where a numbered list is read from, and how many records come before that."""

    number: int
    records_before: int


@dataclass
class _Chunk:
    """One reading of one resource; ended where a rest was left, broken off where it failed."""

    bound: Bound
    is_drained: Callable[[], bool]
    leave: Callable[[], None] = lambda: None
    records_before: int = 0
    records: int = 0
    ended: bool = False
    broken_off: bool = False
    of_numbers: bool = False
    without: set[str] = field(default_factory=set)
    """What has failed by itself: the list goes on, its rows do not."""
    started: float = field(default_factory=time.monotonic)
    break_off: Callable[[bool], bool] = lambda _: False
    """Note where the list is left that has failed; whether anything of it can be kept."""
    break_off_below: Callable[[], bool] = lambda: False
    """Note where the list is left of which a child has failed; whether it can be kept so far."""
    end_behind: Callable[[], bool] = lambda: False
    """End with the last page, if the rest can be read afterwards; whether it has ended."""

    @property
    def is_late(self) -> bool:
        return time.monotonic() - self.started >= self.bound.seconds

    def is_full_with(self, records: int) -> bool:
        """Count a page."""
        self.records += records
        return self.is_late or self.records >= self.bound.records

    def end(self) -> None:
        self.ended = True
        self.leave()


class Chunks:
    """The chunks of one run, reading after reading.

    Args:
        connector: says which resources may be left, and how.
        selection: names of what is loaded; a list goes on where another run was stopped only if
            that had loaded all of it, as children come with their parents.
        bound: of each chunk.
        states: dlt's of the resources, as they were committed when the run began.
        tell: called with a line for the person.
    """

    def __init__(
        self,
        connector: Connector,
        selection: Set[str],
        bound: Bound,
        states: Mapping[str, Any],
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._connector = connector
        self._resources = connector.resources
        self._bound = bound
        self._tell = tell
        self._now: dict[str, _Chunk] = {}
        self._to_check: dict[str, str] = {}
        self._resumed: dict[str, int] = {}
        """Lists that go on where another run was stopped: at which page."""
        self.read_again: set[str] = set()
        """Lists whose next reading is from their start, though this run has read some of them."""
        self._anew: set[str] = set()
        """Lists whose tables are emptied by what is read first."""
        self._cursors: dict[str, list[Any]] = {}
        """Of numbered lists: before the first chunk, and after each."""
        self._starts: dict[str, FirstPage] = {}
        for name in self._resources:
            if chunking(self._resources, name) != "page":
                continue
            state = states.get(name, {})
            incremental = self._resources[name].incremental
            if incremental is not None and incremental.get("end_value") is None:
                self._cursors[name] = [deepcopy(state.get("incremental"))]
            known = state.get(STATE_KEY, {})
            family = selection & {name, *self._resources.descendants(name)}
            if known.get("of") == self._fingerprint(name) and family <= {*known["with"]}:
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
        """Nothing of them is there any more."""
        for name in names:
            self._anew.add(name)
            self._from_the_first_page(name)
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
    ) -> Iterator[ItemTransform[Any, Any]]:
        """The step that ends the reading of a resource, by `leave`; none where it may not end.

        `is_drained` is called when a chunk is full: nothing more is to be sent ahead, and the pages
        that were belong to it.
        """
        before = self._starts[name].records_before if name in self._starts else 0
        chunk = _Chunk(self._bound, partial(is_drained, name), partial(leave, name), before)
        self._now[name] = chunk
        self.read_again.discard(name)
        kind = chunking(self._resources, name)
        if kind == "cursor" and cursor is not None:
            by_cursor = _ByCursor(name, cursor, checks, chunk, at_hand, family)
            cursor.cut = by_cursor.cut
            chunk.break_off = by_cursor.break_off
            chunk.break_off_below = by_cursor.break_off_below
        elif kind == "page":
            by_page = _ByPage(self, name, chunk, at_hand, family)
            chunk.of_numbers = True
            chunk.break_off, chunk.end_behind = by_page.break_off, by_page.end_behind
            chunk.break_off_below = by_page.break_off_below
            yield by_page

    def break_off(self, name: str, error: Exception, between_pages: bool) -> Set[str]:
        """A resource has failed: what is not to be read on, if what it has given is to be
        committed, and is noted so; nothing if it is not.

        `between_pages` is whether all pages that came are through all steps. Where a child fails,
        its list is left with that of its topmost parent, if both hang on one cursor, or if the
        parent will not be answered either; else the child alone is, and the parent goes on.
        """
        top = [name, *self._resources.ancestors(name)][-1]
        chunk = self._now.get(top)
        if chunk is None or top in self._anew:  # what the table has is more than a part of the list
            return frozenset()
        if name == top:
            is_kept = not chunk.ended and chunk.break_off(between_pages)
        else:
            together = top in self._resources.falling_with(name)
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
            if not ended:
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

    def _read_again(self, name: str, chunk: _Chunk) -> None:
        """A list that was gone on with is at its end: on the pages before, records may have changed
        since another run has read them."""
        page = self._resumed[name]
        self._tell(f"{name}: went on at page {page}; the pages before it are read again")
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
        order = CursorOrder(path, api_sorts=True)
        order.learn([one[path]["last_value"] for one in moved])
        pick = max if incremental.get("last_value_func", "max") == "max" else min
        return pick(moved, key=lambda one: order.key(one[path]["last_value"]))

    def _fingerprint(self, name: str) -> str:
        """Of the list that is asked for: after an edit, its pages are others."""
        client = self._connector.configuration["client"]
        asked = [client["base_url"], client.get("paginator"), self._resources[name].endpoint]
        return _digest(asked)

    def _from_the_first_page(self, name: str) -> None:
        self._starts.pop(name, None)
        self._to_check.pop(name, None)
        self._resumed.pop(name, None)

    def is_where_it_was(self, name: str, page: list[Any]) -> bool:
        """Whether a list goes on with the page at which another run was stopped, if one was."""
        known = self._to_check.pop(name, None)
        if known is None or known == _digest(page):
            return True
        self._from_the_first_page(name)
        return False

    def leave_behind(self, name: str, page: "_Page") -> None:
        """Note where a list is left: the next reading goes on there, another run a page before."""
        dlt.current.resource_state(name)[STATE_KEY] = {
            "of": self._fingerprint(name),
            "last": page.number,
            "records": page.records - len(page.content),
            "digest": _digest(page.content),
            "with": [],
        }
        self._starts[name] = FirstPage(page.next_number, page.records)

    def has_moved_on(self, name: str, page: "_Page") -> bool:
        """Whether a list that failed has come further than the run before."""
        return name not in self._resumed or page.number > self._resumed[name]


class _ByCursor:
    """Ends with a page in which the cursor has moved on, and leaves its last value to the next."""

    def __init__(
        self,
        name: str,
        cursor: CursorStep,
        checks: PageChecks,
        chunk: _Chunk,
        at_hand: PageAtHand,
        family: FamilyPages,
    ) -> None:
        self._name = name
        self._step = cursor
        self._checks = checks
        self._chunk = chunk
        self._at_hand = at_hand
        self._family = family
        self._behind: deque[tuple[int, Any]] = deque()
        """Of each page that may have children to be read: its number, and the value of the cursor
        before its last one; that of the last page that has none comes first."""
        self._last = _Value()
        self._before_last = _Value()

    def cut(self, records: list[Any], values: list[Any]) -> list[Any]:
        """What is read of a page in this chunk; `values` are the cursors of its records."""
        if self._chunk.ended:
            return []
        order = self._step.list_order
        if order is not None and not order.holds:
            if STATE_KEY in dlt.current.resource_state(self._name):
                raise ReadError(
                    f"{order.broken}: by that order, rows were committed while others were still "
                    "to come, which may have been passed over. Take row_order out, and run it once "
                    "with full_refresh"
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
        order, position = self._step.list_order, self._step.position
        behind = position.behind
        if not between_pages or order is None or not order.holds or behind is None:
            return False
        if position.start is not None and not self._is_later(behind, position.start):
            return False
        self._note()
        self._step.leave_at(behind)
        return True

    def break_off_below(self) -> bool:
        """Rows of further pages are merged again by the next run, those of no cursor are not."""
        order = self._step.list_order
        if self._step.cursor.appends or order is None or not order.holds:
            return False
        through = [value for page, value in self._behind if self._family.is_through(page)]
        start = self._step.position.start
        if not through or through[-1] is None:
            return False
        if start is not None and not self._is_later(through[-1], start):
            return False
        self._note()
        self._step.leave_at(through[-1])
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
            and 0 < before.records <= LARGEST_TAIL * self._chunk.records
            and values.count(last.value) == last.records
            and (start is None or self._is_later(before.value, start))
            and not self._step.is_ahead(before.value)
        )


@dataclass
class _Value:
    """A value of the cursor, and how many records of this chunk have it."""

    value: Any = None
    records: int = 0


@dataclass(frozen=True)
class _Page:
    """A page of a numbered list; `records` are those of the list so far, its own among them."""

    number: int
    next_number: int
    content: list[Any]
    records: int


class _ByPage(ItemTransform[Any, Any]):
    """Ends with a page after which there is another one."""

    placement_affinity = 0

    def __init__(
        self,
        chunks: Chunks,
        name: str,
        chunk: _Chunk,
        at_hand: PageAtHand,
        family: FamilyPages,
    ) -> None:
        super().__init__(lambda item: item)
        self._chunks = chunks
        self._name = name
        self._chunk = chunk
        self._at_hand = at_hand
        self._family = family
        self._last: _Page | None = None
        self._before_last: _Page | None = None
        self._pages: deque[tuple[int, _Page]] = deque()
        """Pages that may have children to be read, by their number; the last that has none comes
        first."""

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        if not isinstance(item, PageData):
            return item
        if self._chunk.ended:
            return None
        is_first = not self._chunk.records
        if is_first and not self._chunks.is_where_it_was(self._name, item):
            self._chunk.end()
            return None
        is_full = self._chunk.is_full_with(len(item))
        goes_on = bool(item.paginator.has_next_page and item)
        self._before_last, self._last = self._last, self._page(item) if goes_on else None
        if self._last is not None:
            self._pages.append((self._at_hand.number, self._last))
        while len(self._pages) > 1 and self._family.is_through(self._pages[1][0]):
            self._pages.popleft()
        if is_full and goes_on and self._chunk.is_drained():
            self.end_behind()
        return item

    def _page(self, item: PageData[Any]) -> _Page:
        paginator = item.paginator
        assert isinstance(paginator, RangePaginator)  # noqa: S101 - for the type checker
        number = paginator.current_value
        records = self._chunk.records_before + self._chunk.records
        return _Page(number - paginator.value_step, number, list(item), records)

    def end_behind(self) -> bool:
        """Nothing is known of a page that has not come whole."""
        if self._last is None or not self._chunk.is_drained():
            return False
        self._chunks.leave_behind(self._name, self._last)
        self._chunk.end()
        return True

    def break_off(self, between_pages: bool) -> bool:
        """The page at which a step has failed is not written."""
        page = self._last if between_pages else self._before_last
        return self._leave_at(page)

    def break_off_below(self) -> bool:
        """At the last page of which all children were read, and those of all pages before it."""
        through = [page for number, page in self._pages if self._family.is_through(number)]
        return self._leave_at(through[-1] if through else None)

    def _leave_at(self, page: _Page | None) -> bool:
        if page is None or not self._chunks.has_moved_on(self._name, page):
            return False
        self._chunks.leave_behind(self._name, page)
        return True


def _digest(value: Any) -> str:
    return blake2b(bytes_of(value), digest_size=16).hexdigest()

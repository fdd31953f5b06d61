"""Ending a reading early, where what was read can be committed and the rest read afterwards.

By the cursor: the rows of the last cursor value are left to the next chunk, which begins at the
value before. So all of a chunk's own values have come whole, whether the API takes the start that
it is sent for "from here" or for "after this". By the page: the next chunk begins at the next
page; after a kill at the last one that was committed, which must still be what it was.

What is committed stands in dlt's state of the resource, with the rows.
"""

import time
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
from restsrc_dagster.connector.wording import quoted
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.cursor_text import key_of
from restsrc_dagster.extract.cursors import Cursor
from restsrc_dagster.extract.field import bytes_of
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
    """One reading of one resource; ended where a rest was left."""

    bound: Bound
    is_drained: Callable[[], bool]
    records: int = 0
    ended: bool = False
    started: float = field(default_factory=time.monotonic)

    def is_full_with(self, records: int) -> bool:
        """Count a page."""
        self.records += records
        late = time.monotonic() - self.started >= self.bound.seconds
        return late or self.records >= self.bound.records


class Chunks:
    """The chunks of one run, reading after reading.

    Args:
        connector: says which resources may be left, and how.
        selection: names of what is loaded; a list goes on where another run was stopped only if
            that had loaded all of it, as children come with their parents.
        bound: of each chunk.
        states: dlt's of the resources, as they were committed when the run began.
    """

    def __init__(
        self,
        connector: Connector,
        selection: Set[str],
        bound: Bound,
        states: Mapping[str, Any],
    ) -> None:
        self._connector = connector
        self._resources = connector.resources
        self._bound = bound
        self._now: dict[str, _Chunk] = {}
        self._to_check: dict[str, str] = {}
        self._resumed: set[str] = set()
        self._cursors: dict[str, list[Any]] = {}
        """Of numbered lists: before the first chunk, and after each."""
        self._starts: dict[str, FirstPage] = {}
        for name in self._resources:
            if chunking(self._resources, name) != "page":
                continue
            state = states.get(name, {})
            if self._resources[name].incremental is not None:
                self._cursors[name] = [deepcopy(state.get("incremental"))]
            known = state.get(STATE_KEY, {})
            family = selection & {name, *self._resources.descendants(name)}
            if known.get("of") == self._fingerprint(name) and family <= {*known["with"]}:
                self._starts[name] = FirstPage(known["last"], known["records"])
                self._to_check[name] = known["digest"]
                self._resumed.add(name)

    @property
    def unfinished(self) -> frozenset[str]:
        """Resources of which the last reading left a rest."""
        return frozenset(name for name, chunk in self._now.items() if chunk.ended)

    @property
    def first_pages(self) -> Mapping[str, FirstPage]:
        """Where numbered lists go on."""
        return self._starts

    def begin_anew(self, names: Iterable[str]) -> None:
        """Nothing of them is there any more."""
        for name in names:
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

    def steps(
        self,
        name: str,
        checks: PageChecks,
        cursor: Cursor | None,
        leave: Callable[[str], None],
        is_drained: Callable[[str], bool],
    ) -> Iterator[ItemTransform[Any, Any]]:
        """The step that ends the reading of a resource, by `leave`; none where it may not end.

        `is_drained` is called when a chunk is full: nothing more is to be sent ahead, and the pages
        that were belong to it.
        """
        chunk = self._now[name] = _Chunk(self._bound, partial(is_drained, name))

        def end() -> None:
            chunk.ended = True
            leave(name)

        kind = chunking(self._resources, name)
        if kind == "cursor" and cursor is not None:
            yield _ByCursor(name, cursor, checks, chunk, end)
        elif kind == "page":
            yield _ByPage(self, name, chunk, end)

    def settle(self, states: dict[str, Any], names: Set[str]) -> None:
        """Make `states`, dlt's of the resources that were read well, what is to be committed."""
        for name in names & self._now.keys():
            ended, state = self._now[name].ended, states.setdefault(name, {})
            if not ended:
                state.pop(STATE_KEY, None)
            elif "with" in state.get(STATE_KEY, {}):
                family = names & {name, *self._resources.descendants(name)}
                state[STATE_KEY]["with"] = sorted(family)
            if name in self._cursors:
                self._settle_cursor(name, state, ended=ended)
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

    def _furthest(self, name: str, cursors: list[Any]) -> Any:
        incremental = self._resources[name].incremental or {}
        path = incremental["cursor_path"]
        pick = max if incremental.get("last_value_func", "max") == "max" else min
        moved = [one for one in cursors if one and one[path].get("last_value") is not None]
        if not moved:
            return cursors[-1]
        return pick(moved, key=lambda one: comparable(one[path]["last_value"]))

    def _fingerprint(self, name: str) -> str:
        """Of the list that is asked for: after an edit, its pages are others."""
        client = self._connector.configuration["client"]
        asked = [client["base_url"], client.get("paginator"), self._resources[name].endpoint]
        return _digest(asked)

    def _from_the_first_page(self, name: str) -> None:
        self._starts.pop(name, None)
        self._to_check.pop(name, None)
        self._resumed.discard(name)

    def is_where_it_was(self, name: str, page: list[Any]) -> bool:
        """Whether a list goes on with the page at which another run was stopped, if one was."""
        known = self._to_check.pop(name, None)
        if known is None or known == _digest(page):
            return True
        self._from_the_first_page(name)
        return False

    def leave_behind(self, name: str, page: PageData[Any], records: int) -> None:
        """Note where a list is left: the next reading goes on there, another run a page before.

        `records` are those of this chunk.
        """
        paginator = page.paginator
        assert isinstance(paginator, RangePaginator)  # noqa: S101 - for the type checker
        read = records + (self._starts[name].records_before if name in self._starts else 0)
        dlt.current.resource_state(name)[STATE_KEY] = {
            "of": self._fingerprint(name),
            "last": paginator.current_value - paginator.value_step,
            "records": read - len(page),
            "digest": _digest(page),
            "with": [],
        }
        self._starts[name] = FirstPage(paginator.current_value, read)


class _ByCursor(ItemTransform[Any, Any]):
    """Ends with a page in which the cursor has moved on, and leaves its last value to the next."""

    placement_affinity = 0.95
    """After the cursors are made comparable, before dlt's own step takes the last of them."""

    def __init__(
        self,
        name: str,
        cursor: Cursor,
        checks: PageChecks,
        chunk: _Chunk,
        end: Callable[[], None],
    ) -> None:
        super().__init__(lambda item: item)
        self._name = name
        self._cursor = cursor
        self._checks = checks
        self._chunk = chunk
        self._end = end
        self._last = _Value()
        self._before_last = _Value()
        self._ascends = True

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        if self._chunk.ended:
            return None
        records = item if isinstance(item, list) else [item]
        values = [self._cursor.usual(record) for record in records]
        for value in values:
            if value is not None and self._ascends:
                self._follow(value)
        is_full = self._chunk.is_full_with(len(records))
        may_end = is_full and self._ascends and isinstance(item, list) and self._may_end(values)
        if not (may_end and self._chunk.is_drained()):
            return item
        state = dlt.current.resource_state(self._name)
        state.setdefault(STATE_KEY, {"since": self._cursor.start})
        self._checks.leave()
        self._end()
        last = self._last.value
        return [record for record, value in zip(records, values, strict=True) if value != last]

    def _follow(self, value: Any) -> None:
        last = self._last
        if last.records and value == last.value:
            last.records += 1
        elif not last.records or value > last.value:
            self._before_last, self._last = last, _Value(value, 1)
        else:
            self._ascends = False
            what = (
                f"row_order is asc, but the API gave {self._cursor.path} {quoted(str(value))} "
                f"after {quoted(str(last.value))}"
            )
            if STATE_KEY in dlt.current.resource_state(self._name):
                raise ReadError(
                    f"{what}: by that order, rows were committed while others were still to come, "
                    "which may have been passed over. Take row_order out, and run it once with "
                    "full_refresh"
                )
            self._checks.facts.warn(
                f"{what}: take row_order out; nothing is committed before all is read"
            )

    def _may_end(self, values: list[Any]) -> bool:
        """Whether the value before the last has come whole, and something comes after it."""
        last, before, start = self._last, self._before_last, self._cursor.start
        return (
            not self._checks.at_end
            and 0 < before.records <= LARGEST_TAIL * self._chunk.records
            and values.count(last.value) == last.records
            and (start is None or comparable(before.value) > comparable(start))
        )


@dataclass
class _Value:
    """A value of the cursor, and how many records of this chunk have it."""

    value: Any = None
    records: int = 0


class _ByPage(ItemTransform[Any, Any]):
    """Ends with a page after which there is another one."""

    placement_affinity = 0

    def __init__(self, chunks: Chunks, name: str, chunk: _Chunk, end: Callable[[], None]) -> None:
        super().__init__(lambda item: item)
        self._chunks = chunks
        self._name = name
        self._chunk = chunk
        self._end = end

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        if not isinstance(item, PageData):
            return item
        if self._chunk.ended:
            return None
        is_first = not self._chunk.records
        if is_first and not self._chunks.is_where_it_was(self._name, item):
            self._end()
            return None
        is_full = self._chunk.is_full_with(len(item)) and item.paginator.has_next_page and item
        if is_full and self._chunk.is_drained():
            self._chunks.leave_behind(self._name, item, self._chunk.records)
            self._end()
        return item


def comparable(value: Any) -> Any:
    """A cursor's value as what it means."""
    return key_of(value) if isinstance(value, str) else value


def _digest(value: Any) -> str:
    return blake2b(bytes_of(value), digest_size=16).hexdigest()

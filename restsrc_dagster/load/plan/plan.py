"""The plan of a load: of each resource, what is done and why; and the passes over the API."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from restsrc_dagster.connector.resources.chunking import Chunking
from restsrc_dagster.connector.resources.resources import WriteDisposition
from restsrc_dagster.errors import RestsrcError


def _none() -> None:
    """Of a resource that has nothing of the kind."""


@dataclass(frozen=True, kw_only=True)
class PlannedCursor:
    """Where a resource's cursor stands, and where reading begins.

    `kept` is what the runs before have kept, None for nothing; `start` is where this load begins,
    the lag earlier, None for the beginning of all; `sent` is that as the API gets it, None if no
    request has it. `parents` is how many parents of a child have a cursor of their own. `problem`
    says why it cannot be sent, which fails the resource when it is read.
    """

    path: str
    kept: Any = None
    start: Any = None
    sent: Any = None
    parents: int | None = None
    problem: str | None = None


@dataclass(frozen=True, kw_only=True)
class PlannedResource:
    """One resource of a load.

    `table` is None where it is read for its children only. `parents` are its parent, that one's
    parent, and so on; `lists` those of values that it goes through, with each record of its parent
    if it has one; `every_parent` is whether it is read for each record of them, or only for those
    that the load brings. `window` is how long the slices are in which a range is read, None if it
    is read in one; `recheck` whether one of several pages is read again. `waits` is the longest
    that is waited, by the resource whose answers are waited for, itself or one above; `jobs` are
    when a run created jobs that none has fetched, in seconds since 1970. `format` is what the file
    says that its answers are, "" if it says nothing. `deletes` is what becomes of rows whose
    records are deleted, None for nothing. `chunks` is how it is committed while it is read, None if
    at once; `read_before` how many of its parents come last, as another run has read them.
    `look_at_cursor` and `look_at_page` find what no load asks its plan for: `cursor` and `page`.

    Why, if it is so: `refresh`, its table begins anew; `late`, it is read below a cursor that has
    moved without it; `instead`, it is written in another way than by merging; `refused`, it is not
    read; `held_back`, the refused resource with which it cannot be read. `also_loaded` is whether
    it was not asked for, but what was asked for cannot be loaded without it.
    """

    name: str
    table: str | None
    write_disposition: WriteDisposition
    parents: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    every_parent: bool = True
    window: str | None = None
    recheck: bool = False
    waits: Mapping[str, str] = field(default_factory=dict)
    jobs: tuple[float, ...] = ()
    format: str = ""
    deletes: str | None = None
    look_at_cursor: Callable[[], PlannedCursor | None] = field(default=_none, repr=False)
    chunks: Chunking | None = None
    read_before: int = 0
    look_at_page: Callable[[], int | None] = field(default=_none, repr=False)
    refresh: str | None = None
    late: str | None = None
    instead: str | None = None
    refused: RestsrcError | None = None
    held_back: str | None = None
    also_loaded: bool = False

    @cached_property
    def cursor(self) -> PlannedCursor | None:
        """Where its cursor stands; None if it has none."""
        return self.look_at_cursor()

    @cached_property
    def page(self) -> int | None:
        """Where its list goes on that another run has left."""
        return self.look_at_page()

    @property
    def fails(self) -> bool:
        """Whether it is known before the load that it will not be loaded."""
        return self.refused is not None or self.held_back is not None


@dataclass(frozen=True, kw_only=True)
class PlannedPass:
    """One pass over the API.

    `refresh` is whether the tables are emptied first, `in_chunks` whether what may be committed in
    between is, `below_cursors` whether the cursors above are set back meanwhile, and `moves`
    whether cursors move. `intended` is what this load reads anew afterwards.
    """

    names: frozenset[str]
    refresh: bool = False
    in_chunks: bool = False
    below_cursors: bool = False
    moves: bool = True
    intended: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class LoadPlan:
    """What one load will do.

    `resources` are in the order of the file, `passes` in that in which they are made. `begins_anew`
    are the resources whose tables do, because the file says them otherwise now, by why.
    `not_filled` are tables that earlier loads have filled, and no resource of the file fills.
    `is_first` is whether nothing was loaded before.
    """

    resources: Mapping[str, PlannedResource]
    passes: tuple[PlannedPass, ...]
    begins_anew: Mapping[str, str]
    not_filled: tuple[str, ...]
    dataset: str
    is_first: bool

    @cached_property
    def selection(self) -> frozenset[str]:
        """All that is loaded, asked for or not."""
        return frozenset(self.resources)

    @cached_property
    def refresh(self) -> frozenset[str]:
        """Whose tables begin anew."""
        return self._where(lambda one: one.refresh is not None)

    @cached_property
    def late(self) -> frozenset[str]:
        """What is read below a cursor that has moved without it."""
        return self._where(lambda one: one.late is not None)

    @cached_property
    def also_loaded(self) -> frozenset[str]:
        """What was not asked for."""
        return self._where(lambda one: one.also_loaded)

    @cached_property
    def refused(self) -> dict[str, RestsrcError]:
        """What is not read for a reason of its own, and why."""
        found = {name: one.refused for name, one in self.resources.items()}
        return {name: error for name, error in found.items() if error is not None}

    @cached_property
    def failing(self) -> frozenset[str]:
        """What is not loaded: what is refused, and what cannot be loaded without that."""
        return self._where(lambda one: one.fails)

    def _where(self, holds: Callable[[PlannedResource], bool]) -> frozenset[str]:
        return frozenset(name for name, one in self.resources.items() if holds(one))

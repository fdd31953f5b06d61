"""What a reading is made with: what all of its resources share, and what the steps of each do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from dlt.extract.source import DltSource

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.extract.auth.context import AuthContext
from restsrc_dagster.extract.chunks.by_parent import ChunkByParent
from restsrc_dagster.extract.conform.conformer import RecordConformer
from restsrc_dagster.extract.incremental.step import CursorStep
from restsrc_dagster.extract.options import ReadOptions
from restsrc_dagster.extract.paging.checks import PageChecks
from restsrc_dagster.extract.paging.list_reader import ListReader
from restsrc_dagster.extract.paging.page_stats import PageStats
from restsrc_dagster.extract.paging.prefetch_step import PrefetchStep
from restsrc_dagster.extract.parents.backlog import Backlog
from restsrc_dagster.extract.parents.binding import Binding, BoundParent
from restsrc_dagster.extract.parents.childless import ParentsWithoutChildren
from restsrc_dagster.extract.parents.current_page import PageAtHand
from restsrc_dagster.extract.parents.family import FamilyPages
from restsrc_dagster.extract.parents.lists import ListsOfValues
from restsrc_dagster.extract.prefetch.prefetcher import Prefetcher


@dataclass(frozen=True, kw_only=True)
class ResourceParts:
    """The steps of one resource that others ask, and what they note.

    `asked` are the keys of the parents that were asked for this resource, `cursor` is None without
    one, `prefetch` where nothing is requested before its turn, and `conformer` of a resource that
    is read for its children alone.
    """

    stats: PageStats
    checks: PageChecks
    prefetch: PrefetchStep | None
    cursor: CursorStep | None
    conformer: RecordConformer | None
    asked: dict[str, str]


@dataclass(kw_only=True)
class ReadContext:
    """What one reading is made with.

    Args:
        source: dlt's, of which the resources get their steps.
        bound: how each child is bound to its parent.
        lists: the values of the lists, as far as they are there.
        list_readers: how the lists of each resource are read.
        backlog: counts the parents that wait.
        auths: what the auths work with.
        prefetcher: None where no request is sent before its turn.

    Attributes:
        readers: of each resource, how many children are read for its records.
        at_hand: of each resource, its page that is being processed.
        childless: of each resource of which the rows are replaced parent by parent.
        families: of each resource without a parent.
        parts: of each resource that has got its steps.
        led_on: what has led to a further page (`PageChecks`).
    """

    connector: Connector
    resources: Resources
    source: DltSource
    redact: Redactor
    options: ReadOptions
    bound: Mapping[str, Binding]
    lists: ListsOfValues
    list_readers: Mapping[str, ListReader]
    backlog: Backlog
    auths: AuthContext
    prefetcher: Prefetcher | None
    readers: Mapping[str, int] = field(init=False)
    at_hand: Mapping[str, PageAtHand] = field(init=False)
    childless: Mapping[str, ParentsWithoutChildren] = field(init=False)
    families: Mapping[str, FamilyPages] = field(init=False)
    parts: dict[str, ResourceParts] = field(init=False, default_factory=dict)
    led_on: set[str] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        resources = self.resources
        self.readers = self._readers()
        self.at_hand = {name: PageAtHand() for name in resources.all_that_is_read}
        self.childless = {
            name: ParentsWithoutChildren(self.at_hand[name])
            for name in resources
            if resources.replaces_children(name)
        }
        self.families = {
            name: FamilyPages(self.readers)
            for name in resources.all_that_is_read
            if resources.top(name) == name
        }

    def family(self, name: str) -> FamilyPages:
        """Of the topmost list above a resource, or of its own."""
        return self.families[self.resources.top(name)]

    def may_slip(self, name: str) -> bool:
        """Whether records may come onto other pages while the list is loaded."""
        kind = self.resources.paginator_kind(name)
        return kind.may_be_counted and self.options.isolation is not None

    def may_follow_places(self, name: str) -> bool:
        """Whether links or cursors of a list may be numbers of pages, which only they tell."""
        is_linked = self.resources.paginator_kind(name).next_page == "linked"
        return is_linked and self.options.isolation is not None

    def is_rechecked(self, name: str) -> bool:
        """Whether windows of a list are read again where they may have moved; a sample is not."""
        return self.resources.is_rechecked(name) and self.options.newest_windows is None

    def leave(self, name: str) -> None:
        """No further page of a list is wanted."""
        self.parts[name].checks.left()
        if self.options.isolation is not None:
            self.options.isolation.leave(name)

    def is_drained(self, name: str) -> bool:
        """Whether no page of a list was requested that has not come yet; nothing more is sent
        ahead from now on."""
        in_windows = name in self.resources.windows
        return self.prefetcher is None or self.prefetcher.is_drained(name, ends_lists=in_windows)

    def turns(self, name: str) -> ChunkByParent | None:
        """Which parents of a child are asked; None where all are."""
        chunks = self.options.chunks
        return None if chunks is None else chunks.parents.of(name)

    def waiting(self, name: str) -> list[BoundParent] | None:
        """The parents that a reading before has left to this one; None where it finds them."""
        chunks = self.options.chunks
        return None if chunks is None else chunks.parents.waiting(name)

    @cached_property
    def above_waiting(self) -> frozenset[str]:
        """What those were read by, which is not requested again."""
        chunks, resources = self.options.chunks, self.resources
        waiting = chunks.parents.unfinished if chunks is not None else ()
        return frozenset(above for name in waiting for above in resources.ancestors(name))

    @property
    def read(self) -> frozenset[str]:
        """The resources that are read, with those that are for the sake of others."""
        resources, selection = self.resources, self.options.selection
        chosen = frozenset(resources if selection is None else selection)
        above = {above for name in chosen for above in resources.ancestors(name)}
        return chosen | {one for one in above if not resources.is_list(one)}

    def _readers(self) -> dict[str, int]:
        read = self.read
        return {
            name: len(read.intersection(self.resources.children(name)))
            for name in self.resources.all_that_is_read
        }

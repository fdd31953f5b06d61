"""Our steps around those of dlt, resource by resource."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from dlt.extract.source import DltSource

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.resources.chunking import NUMBERED, chunking
from restsrc_dagster.connector.resources.columns import named_by
from restsrc_dagster.connector.resources.needs import copied_fields, needs
from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.extract.chunks.chunks import Chunks
from restsrc_dagster.extract.conform.conformer import RecordConformer
from restsrc_dagster.extract.conform.contract import CheckContract, freezes
from restsrc_dagster.extract.failures.isolation import IsolateFailures, Isolation
from restsrc_dagster.extract.foresight import PrefetchStep
from restsrc_dagster.extract.incremental.cursor import IncrementalCursor
from restsrc_dagster.extract.incremental.parent_cursors import ParentCursors
from restsrc_dagster.extract.incremental.step import CursorStep
from restsrc_dagster.extract.paging.checks import PageChecks
from restsrc_dagster.extract.paging.page_stats import PageStats
from restsrc_dagster.extract.parents.backlog import Backlog
from restsrc_dagster.extract.parents.binding import Binding
from restsrc_dagster.extract.parents.childless import ParentsWithoutChildren
from restsrc_dagster.extract.parents.current_page import PageAtHand
from restsrc_dagster.extract.parents.family import FamilyPages, TagWithPage
from restsrc_dagster.extract.parents.fan_out import BindParents, TagWithParent
from restsrc_dagster.extract.prefetch.prefetcher import Prefetcher
from restsrc_dagster.extract.reading import Reading
from restsrc_dagster.extract.records.column_limit import ColumnLimit
from restsrc_dagster.extract.records.key_index import KeyIndex
from restsrc_dagster.extract.records.listed import IndexKeys
from restsrc_dagster.extract.records.remedies import key_of_child
from restsrc_dagster.extract.records.steps import ProcessingSteps


@dataclass(kw_only=True)
class Assembly:
    """Puts our steps around dlt's, resource by resource.

    A page runs through all of them before the next page does.
    """

    connector: Connector
    resources: Resources
    source: DltSource
    bound: Mapping[str, Binding]
    redact: Redactor
    isolation: Isolation | None
    chunks: Chunks | None
    before: Reading | None
    backlog: Backlog
    width: ColumnLimit | None
    ahead: Prefetcher | None
    readers: Mapping[str, int]
    pages: dict[str, PageStats] = field(default_factory=dict)
    checks: dict[str, PageChecks] = field(default_factory=dict)
    at_hand: dict[str, PageAtHand] = field(default_factory=dict)
    childless: dict[str, ParentsWithoutChildren] = field(default_factory=dict)
    asked: dict[str, set[str]] = field(default_factory=dict)
    families: dict[str, FamilyPages] = field(default_factory=dict)
    cursors: dict[str, CursorStep] = field(default_factory=dict)
    surprises: dict[str, RecordConformer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.resources:
            self.at_hand[name] = PageAtHand()
            if self.resources.replaces_children(name):
                self.childless[name] = ParentsWithoutChildren(self.at_hand[name])

    def add_steps(self, name: str) -> None:
        """Of one resource."""
        resource, steps = self.resources[name], self.source.resources[name]
        facts = self.pages[name] = self._facts(resource)
        if facts.began is not None and chunking(self.resources, name) != "cursor":
            self.at_hand[name].goes_on_from(facts.began)
        checks = self.checks[name] = self._checks(resource, facts)
        steps.add_step(self.at_hand[name])
        steps.add_step(checks)
        if self.ahead:
            steps.add_step(PrefetchStep(resource, self.ahead))
        if resource.incremental is not None:
            self.cursors[name] = self._cursor(resource, facts)
            steps.set_incremental(self.cursors[name])
        if resource.parent is not None:
            family = self._family(name)
            below = [self.childless[one] for one in self.resources.replaced_with(name)]
            steps.add_step(TagWithParent(self.backlog, family, below, self.bound[name]))
            steps.add_step(self._bind_parents(name, family))
        if name in self.childless:
            steps.add_step(self.childless[name])
        if resource.steps:
            found = needs(resource, self.resources)
            copied = copied_fields(resource, self.resources)
            steps.add_step(ProcessingSteps(resource.steps, found, copied))
        if self.chunks is not None and self.isolation is not None:
            is_drained = self.ahead.is_drained if self.ahead else _always
            for step in self.chunks.steps(
                name,
                checks,
                self.cursors.get(name),
                self.at_hand[name],
                self._family(name),
                self._leave,
                is_drained,
            ):
                steps.add_step(step)
        if resource.selected:
            self.surprises[name] = self._surprises(resource, facts)
            steps.add_step(self.surprises[name])
        elif resource.has_primary_key and name in self.cursors and self._may_slip(name):
            cursor = self.cursors[name].cursor.field
            steps.add_step(IndexKeys(named_by(resource.hints, "primary_key"), cursor, facts.keys))
        if self.readers[name]:
            steps.add_step(TagWithPage(name, self.at_hand[name], self._family(name)))
        if self.isolation is not None:
            if freezes(resource):
                steps.add_step(CheckContract(steps))
            steps.add_step(IsolateFailures(self.isolation))

    def _facts(self, resource: Resource) -> PageStats:
        """Those of the reading before, as far as this one goes on with it."""
        name, chunks = resource.name, self.chunks
        facts = self.before.pages[name] if self.before else PageStats()
        if chunks is not None and chunks.reads_anew(name):
            facts.begin_anew()
        overlaps = chunking(self.resources, name) == "cursor"
        if overlaps and not self._may_slip(name):
            facts.keys = KeyIndex()
        facts.keys.begin_reading(overlaps=overlaps)
        if resource.parent is not None:
            facts.key_of_child = key_of_child(resource)
        return facts

    def _checks(self, resource: Resource, facts: PageStats) -> PageChecks:
        name = resource.name
        starts = self.chunks.first_pages if self.chunks else {}
        return PageChecks(
            name,
            resource.endpoint.get("data_selector"),
            may_lack_list=name in self.connector.http.allow_missing_selector,
            single_by_choice=self.resources.paginator(name) == "single_page",
            ignores_answers=bool(resource.endpoint.get("response_actions")),
            has_key=resource.has_primary_key,
            redact=self.redact,
            facts=facts,
            records_before=starts[name].records_before if name in starts else 0,
        )

    def _cursor(self, resource: Resource, facts: PageStats) -> CursorStep:
        name, incremental = resource.name, resource.incremental or {}
        cursor = IncrementalCursor(
            incremental,
            appends=self.resources.disposition(name) == "append",
            keyed=resource.has_primary_key,
            columns=resource.columns,
            warn=facts.warn,
        )
        if self.before is not None:
            cursor.goes_on_from(self.before.cursors[name].cursor)
        parents = None
        if resource.parent is not None:
            parents = ParentCursors(
                resource,
                shared=self.connector.cursor_is_shared(name),
                all_parents=not self.resources.below_incremental(name),
                warn=facts.warn,
            )
        step = CursorStep(
            cursor,
            incremental,
            self.at_hand[name],
            parents=parents,
            warn=facts.warn,
            one_behind=self.chunks is not None and self.chunks.remembers_one_behind(name),
        )
        if self.isolation is not None:
            step.leave = partial(self._leave, name)
        return step

    def _leave(self, name: str) -> None:
        """No further page of a list is wanted."""
        self.checks[name].left()
        if self.isolation is not None:
            self.isolation.leave(name)

    def _may_slip(self, name: str) -> bool:
        """Whether records may come onto other pages while the list is loaded."""
        is_numbered = self.resources.paginator(name) in (*NUMBERED, "auto")
        return is_numbered and self.isolation is not None

    def _bind_parents(self, name: str, family: FamilyPages) -> BindParents:
        """Rows that are appended would be there twice if their parent came in two chunks."""
        appends = self.resources.disposition(name) == "append"
        self.asked[name] = self.before.asked[name] if self.before and appends else set()
        cursor = self.cursors.get(name)
        sent = cursor.sent if cursor is not None else None
        return BindParents(self.bound[name], self.asked[name], sent, family)

    def _family(self, name: str) -> FamilyPages:
        """Of the topmost list above a resource, or of its own."""
        top = self.resources.top(name)
        if top not in self.families:
            self.families[top] = FamilyPages(self.readers)
        return self.families[top]

    def _surprises(self, resource: Resource, facts: PageStats) -> RecordConformer:
        name, cursor = resource.name, self.cursors.get(resource.name)
        # A newer version of a record may be committed when an older one comes, and one that has
        # changed meanwhile tells that others may have slipped.
        may_slip = self._may_slip(name)
        return RecordConformer(
            resource,
            self.resources,
            facts,
            # What a contract discards is no column: the load counts what is left.
            None if resource.hints.get("schema_contract") else self.width,
            versions_of=cursor.cursor.field if cursor is not None and may_slip else None,
            at_hand=self.at_hand[name],
        )


def _always(_: str) -> bool:
    return True

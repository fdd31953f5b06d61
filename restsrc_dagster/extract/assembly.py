"""Our steps around those of dlt, resource by resource.

A page runs through all of them before the next page does. Each factory gives the step of one
feature, or nothing to a resource that has no use for it; `STEPS` are all of them in their order.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from dlt.extract.items_transform import ItemTransform

from restsrc_dagster.connector.resources.columns import named_by
from restsrc_dagster.connector.resources.jobs import below_jobs
from restsrc_dagster.connector.resources.needs import copied_fields, needs
from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.dlt_compat.rest_api import read_by
from restsrc_dagster.extract.chunks.by_page import ChunkByPage
from restsrc_dagster.extract.conform.conformer import RecordConformer
from restsrc_dagster.extract.conform.contract import CheckContract, freezes
from restsrc_dagster.extract.conform.deleted import MarkDeleted, NoteDeletions
from restsrc_dagster.extract.context import ReadContext
from restsrc_dagster.extract.failures.isolation import IsolateFailures
from restsrc_dagster.extract.incremental.step import CursorStep
from restsrc_dagster.extract.paging.checks import PageChecks
from restsrc_dagster.extract.paging.list_reader import ReadList
from restsrc_dagster.extract.paging.prefetch_step import PrefetchStep
from restsrc_dagster.extract.parents.childless import ParentsWithoutChildren
from restsrc_dagster.extract.parents.current_page import PageAtHand
from restsrc_dagster.extract.parents.family import TagWithPage
from restsrc_dagster.extract.parents.fan_out import BindParents, ReadOfParents
from restsrc_dagster.extract.parts import make_parts
from restsrc_dagster.extract.read_windows import ReadWindows, ReadWindowsOfParents, Recheck
from restsrc_dagster.extract.records.listed import IndexKeys
from restsrc_dagster.extract.records.steps import ProcessingSteps
from restsrc_dagster.extract.step_order import StepOrder

StepFactory = Callable[[Resource, ReadContext], Iterator[ItemTransform[Any, Any]]]


def bind_parents(resource: Resource, context: ReadContext) -> Iterator[BindParents]:
    if resource.parent is not None:
        name, parts = resource.name, context.parts[resource.name]
        in_windows = name in context.resources.windows  # each of which has values of its own
        sent = None if parts.cursor is None or in_windows else parts.cursor.sent
        yield BindParents(
            context.bound[name],
            parts.asked,
            sent,
            context.family(name),
            context.waiting(name),
        )


def track_page(resource: Resource, context: ReadContext) -> Iterator[PageAtHand]:
    yield context.at_hand[resource.name]


def check_page(resource: Resource, context: ReadContext) -> Iterator[PageChecks]:
    yield context.parts[resource.name].checks


def prefetch(resource: Resource, context: ReadContext) -> Iterator[PrefetchStep]:
    if (step := context.parts[resource.name].prefetch) is not None:
        yield step


def process(resource: Resource, context: ReadContext) -> Iterator[ProcessingSteps]:
    if resource.steps:
        found = needs(resource, context.resources)
        copied = copied_fields(resource, context.resources)
        yield ProcessingSteps(resource.steps, found, copied)


def chunk_by_page(resource: Resource, context: ReadContext) -> Iterator[ChunkByPage]:
    """Begins the chunk of a list in the order of its cursor, too, which `CursorStep` ends."""
    chunks, name, parts = context.options.chunks, resource.name, context.parts[resource.name]
    if chunks is not None and context.options.isolation is not None:
        yield from chunks.steps(
            name,
            parts.checks,
            parts.cursor,
            context.at_hand[name],
            context.family(name),
            context.leave,
            context.is_drained,
            context.options.isolation.leave,
        )


def index_keys(resource: Resource, context: ReadContext) -> Iterator[IndexKeys]:
    """Of a list that is read for its children alone; the others are indexed by `conform`."""
    name, parts = resource.name, context.parts[resource.name]
    if resource.selected or parts.cursor is None:
        return
    if not resource.has_primary_key:
        return
    stats, cursor = parts.stats, parts.cursor.cursor
    key = named_by(resource.hints, "primary_key")
    if context.may_slip(name):
        yield IndexKeys(key, cursor.field, stats.keys)
    elif context.may_follow_places(name):
        yield IndexKeys(key, cursor.field, stats.keys, stats.is_counted)


def take_what_is_new(resource: Resource, context: ReadContext) -> Iterator[CursorStep]:
    if (cursor := context.parts[resource.name].cursor) is not None:
        yield cursor


def track_childless(resource: Resource, context: ReadContext) -> Iterator[ParentsWithoutChildren]:
    if resource.name in context.childless:
        yield context.childless[resource.name]


def note_deletions(resource: Resource, context: ReadContext) -> Iterator[NoteDeletions]:
    """Once, whatever the number of those whose records it tells of: they have one key."""
    for of, said in context.connector.deletes.items():
        if said.resource == resource.name:
            [key] = named_by(context.resources[of].hints, "primary_key")
            yield NoteDeletions(said.key or key, context.parts[resource.name].stats)
            return


def mark_deleted(resource: Resource, context: ReadContext) -> Iterator[MarkDeleted]:
    said = context.connector.deletes.get(resource.name)
    if said is not None and said.when is not None:
        yield MarkDeleted(said.when, resource.name, context.parts[resource.name].stats)


def conform(resource: Resource, context: ReadContext) -> Iterator[RecordConformer]:
    if (conformer := context.parts[resource.name].conformer) is not None:
        yield conformer


def check_contract(resource: Resource, context: ReadContext) -> Iterator[CheckContract]:
    if context.options.isolation is not None and freezes(resource):
        yield CheckContract(context.source.resources[resource.name])


def tag_with_page(resource: Resource, context: ReadContext) -> Iterator[TagWithPage]:
    name = resource.name
    if context.readers[name]:
        yield TagWithPage(name, context.at_hand[name], context.family(name))


def isolate(_: Resource, context: ReadContext) -> Iterator[IsolateFailures]:
    if context.options.isolation is not None:
        yield IsolateFailures(context.options.isolation)


STEPS: Mapping[StepOrder, StepFactory] = MappingProxyType(
    {
        StepOrder.BIND_PARENTS: bind_parents,
        StepOrder.TRACK_PAGE: track_page,
        StepOrder.CHECK_PAGE: check_page,
        StepOrder.PREFETCH: prefetch,
        StepOrder.CHUNK_BY_PAGE: chunk_by_page,
        StepOrder.PROCESS: process,
        StepOrder.INDEX_KEYS: index_keys,
        StepOrder.CURSOR: take_what_is_new,
        StepOrder.TRACK_CHILDLESS: track_childless,
        StepOrder.NOTE_DELETIONS: note_deletions,
        StepOrder.MARK_DELETED: mark_deleted,
        StepOrder.CONFORM: conform,
        StepOrder.CHECK_CONTRACT: check_contract,
        StepOrder.TAG_WITH_PAGE: tag_with_page,
        StepOrder.ISOLATE: isolate,
    }
)


def requests_pages(
    resource: Resource, context: ReadContext
) -> ReadList | ReadWindows | ReadOfParents:
    """What requests the pages of a resource."""
    name, parts = resource.name, context.parts[resource.name]
    reader = context.list_readers[name]
    prefetch = parts.prefetch
    announce = prefetch.announce if prefetch is not None else None
    leave = prefetch.leave if prefetch is not None else None
    window, newest = context.resources.windows.get(name), context.options.newest_windows
    kept = context.options.kept
    now = kept.now if kept is not None and name in kept.late else None
    recheck = None
    if parts.cursor is not None and context.is_rechecked(name):
        repeat = prefetch.repeat if prefetch is not None else None
        recheck = Recheck(reader, parts.cursor, parts.stats, repeat)
    if resource.parent is not None:
        of_parents: dict[str, Any] = {
            "binding": context.bound[name],
            "reader": reader,
            "backlog": context.backlog,
            "family": context.family(name),
            "below": [context.childless[one] for one in context.resources.replaced_with(name)],
            "announce": announce,
            "stats": parts.stats,
            "noted": _noted(resource, context),
            "never_gone": name in below_jobs(context.resources, context.connector.waiting),
            "turns": context.turns(name),
        }
        if window is None or parts.cursor is None:
            return ReadOfParents(**of_parents)
        return ReadWindowsOfParents(
            cursor=parts.cursor,
            window=window,
            leave=leave,
            forget=prefetch.forget if prefetch is not None else None,
            recheck=recheck,
            newest=newest,
            now=now,
            **of_parents,
        )
    if window is not None and parts.cursor is not None:
        chunks = context.options.chunks
        chunk = chunks.windows.get(name) if chunks is not None else None
        return ReadWindows(
            reader,
            parts.cursor,
            window,
            chunk,
            announce,
            leave=leave,
            recheck=recheck,
            newest=newest,
            now=now,
        )
    return ReadList(reader, parts.cursor, announce)


def _noted(resource: Resource, context: ReadContext) -> list[str]:
    """What tells the parents whose lists were read whole, where that is to be known."""
    said = context.connector.deletes.get(resource.name)
    if said is None or said.by is None:
        return []
    return [f"_{resource.parent}_{field}" for field in resource.bound_fields]


def add_steps(name: str, context: ReadContext) -> None:
    """Give a resource of the source its steps, and note its parts in the context."""
    resource, dlt_resource = context.resources[name], context.source.resources[name]
    context.parts[name] = make_parts(resource, context)
    if name in context.above_waiting:
        add_steps_of_list(name, context)
        return
    for factory in STEPS.values():
        for step in factory(resource, context):
            if isinstance(step, CursorStep):
                dlt_resource.set_incremental(step)  # in the place that dlt keeps for it
            else:
                dlt_resource.add_step(step)
    read_by(dlt_resource, requests_pages(resource, context))


def add_steps_of_list(name: str, context: ReadContext) -> None:
    """Give a list of values that is a parent the steps that its children look for."""
    dlt_resource, resource = context.source.resources[name], context.resources[name]
    for factory in (track_page, tag_with_page, isolate):
        for step in factory(resource, context):
            dlt_resource.add_step(step)
    if name in context.above_waiting:
        read_by(dlt_resource, _hand_on if resource.parents else _one_page)


def _one_page() -> Iterator[list[Any]]:
    """For all that was read above parents that wait: nothing is requested."""
    yield [{}]


def _hand_on(item: Any, meta: Any = None) -> Any:  # noqa: ARG001 - dlt's signature
    """Likewise, below `_one_page`."""
    return [*item]

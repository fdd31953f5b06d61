"""Makes the steps of a resource that others ask."""

from functools import partial
from typing import Literal

from restsrc_dagster.connector.resources.chunking import chunking
from restsrc_dagster.connector.resources.columns import named_by
from restsrc_dagster.connector.resources.format import XmlFormat, format_object
from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.extract.conform.conformer import RecordConformer
from restsrc_dagster.extract.context import ReadContext, ResourceParts
from restsrc_dagster.extract.incremental.cursor import IncrementalCursor
from restsrc_dagster.extract.incremental.older import OlderThanSent
from restsrc_dagster.extract.incremental.parent_cursors import ParentCursors
from restsrc_dagster.extract.incremental.step import CursorStep
from restsrc_dagster.extract.paging.checks import PageChecks
from restsrc_dagster.extract.paging.page_stats import PageStats
from restsrc_dagster.extract.paging.prefetch_step import PrefetchStep
from restsrc_dagster.extract.records.dedup import always
from restsrc_dagster.extract.records.field import FieldReader
from restsrc_dagster.extract.records.key_index import KeyIndex
from restsrc_dagster.extract.records.remedies import key_of_child


def make_parts(resource: Resource, context: ReadContext) -> ResourceParts:
    """Those of one resource; once in a reading, as they take up those of the reading before."""
    stats = _stats(resource, context)
    if stats.began is not None and not _begins_where_it_was(context, resource.name):
        context.at_hand[resource.name].goes_on_from(stats.began)
    cursor = _cursor(resource, stats, context)
    return ResourceParts(
        stats=stats,
        checks=_checks(resource, stats, context),
        prefetch=_prefetch(resource, stats, context),
        cursor=cursor,
        conformer=_conformer(resource, stats, cursor, context),
        asked=_asked(resource, context),
    )


def _stats(resource: Resource, context: ReadContext) -> PageStats:
    """Those of the reading before, as far as this one goes on with it."""
    name, chunks, before = resource.name, context.options.chunks, context.options.before
    stats = before.pages[name] if before else PageStats()
    if chunks is not None and chunks.reads_anew(name):
        stats.begin_anew()
    if context.connector.http.max_concurrency == 1:
        stats.not_ahead = "http.max_concurrency is 1"
    overlaps = _begins_where_it_was(context, name)
    if overlaps and not context.may_slip(name):
        stats.keys = KeyIndex()
    stats.keys.begin_reading(overlaps=overlaps)
    if resource.parent is not None:
        stats.key_of_child = key_of_child(resource)
    return stats


def _begins_where_it_was(context: ReadContext, name: str) -> bool:
    """Whether each chunk asks anew, from the cursor on, and gets records of the one before."""
    return chunking(context.resources, name) in ("cursor", "window")


def _checks(resource: Resource, stats: PageStats, context: ReadContext) -> PageChecks:
    name, chunks = resource.name, context.options.chunks
    starts = chunks.first_pages if chunks else {}
    said = context.connector.reading.get(name)
    written = format_object(said.format) if said is not None else None
    element = written.record if isinstance(written, XmlFormat) else None
    selector = resource.endpoint.get("data_selector")
    return PageChecks(
        name,
        selector if element is None else "".join(f"['{one}']" for one in element.split("/")),
        element=element,
        may_lack_list=name in context.connector.http.allow_missing_selector,
        single_by_choice=context.resources.paginator_kind(name).next_page == "none",
        ignores_answers=any(
            action["action"] == "ignore"
            for action in resource.endpoint.get("response_actions") or ()
        ),
        has_key=resource.has_primary_key,
        reshapes=any("filter" not in step for step in resource.steps),
        has_rule=context.list_readers[name].last_page is not None,
        of_parents=resource.parent is not None,
        has_cursor=resource.cursor_path is not None,
        is_rechecked=context.is_rechecked(name),
        led_on=context.led_on,
        redact=context.redact,
        stats=stats,
        records_before=starts[name].records_before if name in starts else 0,
    )


def _prefetch(resource: Resource, stats: PageStats, context: ReadContext) -> PrefetchStep | None:
    if context.prefetcher is None:
        return None
    reader = context.list_readers[resource.name]
    lists: Literal["parents", "windows"] | None = "parents" if resource.parent else None
    if resource.name in context.resources.windows:
        lists = "windows"
    return PrefetchStep(resource, context.prefetcher, reader, stats, lists=lists)


def _cursor(resource: Resource, stats: PageStats, context: ReadContext) -> CursorStep | None:
    name, incremental, options = resource.name, resource.incremental, context.options
    if incremental is None:
        return None
    cursor = IncrementalCursor(
        incremental,
        appends=context.resources.disposition(name) == "append",
        keyed=resource.has_primary_key,
        columns=resource.columns,
        warn=stats.warn,
    )
    if options.before is not None:
        cursor.goes_on_from(options.before.cursors[name].cursor)
    parents = None
    if resource.parent is not None:
        parents = ParentCursors(
            resource,
            shared=context.connector.cursor_is_shared(name),
            all_parents=not context.resources.below_incremental(name),
            in_windows=name in context.resources.windows,
            warn=stats.warn,
        )
    step = CursorStep(
        cursor,
        incremental,
        context.at_hand[name],
        top=context.at_hand[context.resources.top(name)],
        parents=parents,
        warn=stats.warn,
        one_behind=options.chunks is not None and options.chunks.remembers_one_behind(name),
        in_windows=name in context.resources.windows,
        goes_on=options.before is not None and name in context.resources.windows,
        older=OlderThanSent.of(resource, cursor, stats.note_older),
        key=_key_of(resource) if context.is_rechecked(name) else None,
        seen=lambda: stats.seen,
    )
    if options.before is not None and name in context.resources.windows:
        step.goes_on_in_range(options.before.cursors[name])
    if options.isolation is not None:
        step.leave = partial(context.leave, name)
    return step


def _key_of(resource: Resource) -> list[FieldReader]:
    return [FieldReader(name) for name in named_by(resource.hints, "primary_key")]


def _conformer(
    resource: Resource, stats: PageStats, cursor: CursorStep | None, context: ReadContext
) -> RecordConformer | None:
    if not resource.selected:
        return None
    # A newer version of a record may be committed when an older one comes, and one that has
    # changed meanwhile tells that others may have slipped.
    by_parents = chunking(context.resources, resource.name) == "parents"
    notes_versions = context.may_slip(resource.name) or by_parents
    if_counted = not notes_versions and context.may_follow_places(resource.name)
    return RecordConformer(
        resource,
        context.resources,
        stats,
        # What a contract discards is no column: the load counts what is left.
        None if resource.hints.get("schema_contract") else context.options.column_limit,
        versions_of=cursor.cursor.field if cursor and (notes_versions or if_counted) else None,
        notes_versions=stats.is_counted if if_counted else always,
        at_hand=context.at_hand[resource.name],
    )


def _asked(resource: Resource, context: ReadContext) -> dict[str, str]:
    """Rows that are appended would be there twice if their parent came in two chunks."""
    before = context.options.before
    appends = context.resources.disposition(resource.name) == "append"
    return before.asked[resource.name] if before and appends else {}

"""One pass of a load over the API: read, settle what comes twice, normalize, commit."""

import logging
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from dlt.common.schema import Schema
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.errors import RestsrcError, TryLater
from restsrc_dagster.extract.chunks.chunks import Chunks
from restsrc_dagster.extract.failures.isolation import CircuitBreaker, Isolation
from restsrc_dagster.extract.http.kept_answers import KeptAnswers
from restsrc_dagster.extract.options import ReadOptions
from restsrc_dagster.extract.parents.backlog import Backlog
from restsrc_dagster.extract.reading import Reading
from restsrc_dagster.load.columns.handover import Handover
from restsrc_dagster.load.columns.normalizer import (
    by_the_column,
    is_normalized_here,
    refuse_marks,
)
from restsrc_dagster.load.columns.row_by_row import row_by_row_noted
from restsrc_dagster.load.commit import Commits
from restsrc_dagster.load.destinations.destination import loader_file_format
from restsrc_dagster.load.destinations.open_tables import make_ready
from restsrc_dagster.load.destinations.profile import profile_of
from restsrc_dagster.load.extraction import extract
from restsrc_dagster.load.jobs import Jobs
from restsrc_dagster.load.progress import Phase, Progress
from restsrc_dagster.load.ranges.older import leave_newer
from restsrc_dagster.load.ranges.replaced import ReplacedRanges
from restsrc_dagster.load.report import ResourceReport
from restsrc_dagster.load.reports import Reports
from restsrc_dagster.load.rows.deleted import Deletions
from restsrc_dagster.load.rows.extracted_rows import ExtractedRows
from restsrc_dagster.load.rows.partial_families import leave_out
from restsrc_dagster.load.rows.slipped_pages import (
    hold_where_it_slid,
    tell_of_list,
    tell_of_unverified,
    tell_what_slid,
)
from restsrc_dagster.load.rows.stale_children import remove_children
from restsrc_dagster.load.rows.versions import settle_versions
from restsrc_dagster.load.state.history import NO_LISTS, History
from restsrc_dagster.load.state.refresh import RefreshIntent, forget_refresh, intend_refresh
from restsrc_dagster.load.state.value_lists import Digests
from restsrc_dagster.load.tables.reset import taken_over
from restsrc_dagster.load.tables.schema_changes import refuse_too_many_columns
from restsrc_dagster.load.tables.unloadable import Net

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Pass:
    """What one pass reads.

    Args:
        selection: names of resources.
        refresh: whether their tables are emptied first.
        chunks: what ends the reading of what may be committed in between; None reads to the end.
        before: the reading that this one goes on with.
        intended: what this load will read anew afterwards: should it be killed before, the next
            one does.
    """

    selection: frozenset[str]
    refresh: bool = False
    chunks: Chunks | None = None
    before: Reading | None = None
    intended: frozenset[str] = frozenset()
    moves: bool = True


def _moving(one: Pass) -> Set[str] | None:
    """The resources whose states may move; None for all that are read."""
    if not one.moves:
        return frozenset()
    return one.selection if one.refresh or one.chunks is None else None


class Passes:
    """Those of one load.

    Args:
        connector: what is read.
        pipeline: where to; under the connector's lock.
        read: opens a reading (`open_reading`).
        options: of every reading; each pass adds what is its own.
        redact: takes secrets out of messages.
        folder: for files of this load.
        commits: how it commits.
        progress: what it tells on the way.
        lists: the values of its lists as they are now.
        jobs: what the load creates, and waits for.
        deletions: what becomes of rows whose records are deleted.

    Attributes:
        kept: answers that its readings get once more; None where none is kept.
        reports: what the load knows of its tables.
        history: what it knows of children below a cursor.
        failed: why, by resource; grows.
        rows_before: in the tables that are replaced.
    """

    def __init__(
        self,
        connector: Connector,
        pipeline: Pipeline,
        *,
        read: Callable[[ReadOptions], Reading],
        options: ReadOptions,
        redact: Redactor,
        folder: Path,
        commits: Commits,
        progress: Progress,
        lists: Digests = NO_LISTS,
        jobs: Jobs,
        deletions: Deletions,
    ) -> None:
        resources = connector.resources
        self._connector = connector
        self._pipeline = pipeline
        self._read = read
        self._options = options
        self._jobs = jobs
        self._deletions = deletions
        self.kept: KeptAnswers | None = None
        self._redact = redact
        self._folder = folder
        self._commits = commits
        self.reports = Reports(pipeline, connector)
        self.history = History(pipeline, connector.name, resources, lists)
        self._progress = progress
        self._column_limit = options.column_limit
        self.failed: dict[str, RestsrcError] = {}
        self._on_message = options.on_message
        self._net = Net(pipeline, resources, redact, folder / "net", options.on_message)
        self._silence = CircuitBreaker()
        self._children = frozenset(name for name in resources if resources[name].parent)
        here = is_normalized_here(pipeline)
        self._file_format = loader_file_format(pipeline.destination, by_column=here)
        self._between = folder / "columns" if here and self._file_format else None
        self._writers = profile_of(pipeline.destination).writers
        self.rows_before: Mapping[str, int] = {}

    def read_and_commit(self, one: Pass) -> tuple[dict[str, ResourceReport], Reading]:
        """What was committed, by resource, and the reading that it came by."""
        noted: list[object] = [one.chunks, self.reports.unfilled]
        noted += [one.before, *one.before.pages.values()] if one.before else []
        return self._net.without_unloadable(partial(self._attempt, one), self.failed, *noted)

    def _attempt(self, one: Pass) -> tuple[dict[str, ResourceReport], Reading]:
        pipeline, source_name = self._pipeline, self._connector.name
        selection, chunks = one.selection, one.chunks
        log.debug("a pass over %s", ", ".join(sorted(selection)))
        cursors_before = self.reports.cursors(selection)
        intent = None
        if one.refresh and pipeline.default_schema_name:
            intent = RefreshIntent(pipeline, source_name, selection, self._folder / "intent")
        known = self.history.known()

        def still_read() -> Set[str]:
            unfinished = chunks.unfinished if chunks else frozenset[str]()
            return unfinished.union(*(resources.descendants(name) for name in unfinished))

        def note(state: dict[str, Any], done: frozenset[str]) -> None:
            self.history.remember(state, known, done)
            if chunks:
                read = frozenset(selection - isolation.stopped.keys())
                chunks.settle(state.setdefault("resources", {}), read)
                for name in read & reading.cursors.keys():
                    step, stats = reading.cursors[name], reading.pages[name]
                    stats.began = stats.began or step.began
                    if name not in chunks.unfinished:
                        hold_where_it_slid(
                            step,
                            stats,
                            state["resources"].get(name, {}),
                            is_rechecked=resources.is_rechecked(name),
                            is_read_again=resources[name].parent is None,
                            on_message=partial(tell_of_list, resources, name, reading),
                        )
            whole = done - still_read() - isolation.broken_off.keys()
            self._jobs.settle(state, whole, wanted)
            self._deletions.note(state, whole, done, reading.pages)
            self._deletions.note_told(state, done, reading.pages)
            intend_refresh(state, one.intended)
            if one.refresh:
                forget_refresh(state, done)

        resources = self._connector.resources
        backlog = Backlog(2 * self._connector.http.max_concurrency)
        isolation = self._isolation(chunks, backlog)
        wanted = frozenset(name for name in selection if resources[name].selected)
        with by_the_column(self._between, self._writers) as handover:
            options = replace(
                self._options,
                selection=wanted,
                isolation=isolation,
                chunks=chunks,
                before=one.before,
                backlog=backlog,
                kept=self.kept.again() if self.kept is not None else None,
            )
            with self._read(options) as reading:
                self._progress.reads(reading, self._children)
                any_read = extract(
                    pipeline,
                    reading.source,
                    isolation.stopped,
                    wanted=wanted,
                    judge=partial(self._judge, reading, isolation),
                    note=note if one.moves else lambda *_: tell_what_slid(resources, reading),
                    refreshed=selection if intent else frozenset(),
                    owners=taken_over(
                        pipeline.default_schema if intent else None, resources, selection
                    ),
                    moving=_moving(one),
                    file_format=self._file_format,
                    finish=partial(
                        self._settle_rows, one, reading, handover, isolation.broken_off.keys()
                    ),
                )
            tell_of_unverified(resources, reading)
            excused = self._begin_anew_what_could_not_go_on(chunks, isolation.stopped)
            self.failed |= {
                name: error
                for name, error in isolation.stopped.items()
                if name in selection - excused
            }
            broken_off = {
                name: error for name, error in isolation.broken_off.items() if name in selection
            }
            if not any_read:
                return {}, reading
            self._progress.begin(Phase.NORMALIZING)
            with row_by_row_noted() as row_by_row:
                normalized = self._net.normalize(reading.pages)
        schema = pipeline.default_schema
        if handover:
            refuse_marks(handover, schema)
        if self._column_limit:
            refuse_too_many_columns(schema, self._column_limit, self.reports.tables(schema, wanted))
        done = selection - isolation.stopped.keys()

        counts = dict(normalized.row_counts)
        whole = done - still_read() - broken_off.keys() if one.moves else frozenset[str]()
        rows_now = self._commit(one, schema, reading, done, whole, counts, intent)
        self.failed |= {
            name: error for name, error in broken_off.items() if name not in self.failed
        }
        made = self.reports.of(
            schema,
            done,
            reading,
            counts,
            cursors_before,
            self.rows_before,
            rows_now,
            row_by_row,
        )
        return made, reading

    def _judge(self, reading: Reading, isolation: Isolation) -> None:
        """Fail what only the whole of its answers shows to have failed."""
        for name, stats in reading.pages.items():
            error = stats.most_are_gone
            if error is None and name not in isolation.stopped:
                error = self._deletions.too_few(name, stats)
            if error is not None:
                isolation.fail(name, error, between_pages=True)

    def _commit(
        self,
        one: Pass,
        schema: Schema,
        reading: Reading,
        done: frozenset[str],
        whole: frozenset[str],
        counts: Mapping[str, int],
        intent: RefreshIntent | None,
    ) -> Mapping[str, int]:
        """Commit what is normalized, `counts` rows by table; how many its tables have then, by
        resource. `whole` are those of `done` that were read to their ends."""
        pipeline, resources = self._pipeline, self._connector.resources
        replaced = ReplacedRanges(pipeline, resources, () if one.moves else done)
        rows_now: dict[str, int] = {}

        def commit() -> None:
            nonlocal rows_now
            replaced.begin(counts)
            if intent:
                intent.commit(pipeline)
            for name in done & reading.childless.keys():
                childless = reading.childless[name].but(reading.read_in_part(name))
                remove_children(pipeline, name, resources, childless)
            make_ready(pipeline)
            pipeline.load().raise_on_failed_jobs()
            self._deletions.apply(schema, whole, reading.pages)
            rows_now = self.reports.count(schema, done)

        replaced.refuse_incomplete(counts, reading.pages)
        self._progress.loads(counts)
        self.reports.unfilled.look(schema, done, reading.pages, counts)
        self._commits.commit(commit, also=intent.packages if intent else ())
        deleted = replaced.finish(counts)
        for name, rows in deleted.items():
            self._on_message(f"{name}: {rows:,} rows of the range were replaced")
        # What was committed may have been found out by a further try.
        return rows_now if rows_now and not deleted else self.reports.count(schema, done)

    def _isolation(self, chunks: Chunks | None, backlog: Backlog) -> Isolation:
        resources = self._connector.resources

        def is_held(name: str) -> bool:
            children = (one for one in resources.children(name) if one not in isolation.stopped)
            if not backlog.is_long(children):
                return False
            if chunks:
                chunks.end_if_late(name)
            return True

        isolation = Isolation(
            resources,
            self._redact,
            silence=self._silence,
            failed=self.failed,
            keep=chunks.break_off if chunks else lambda *_: frozenset(),
            is_held=is_held,
        )
        return isolation

    def _settle_rows(
        self,
        one: Pass,
        reading: Reading,
        handover: Handover | None,
        broken_off: Set[str],
        schema: Schema,
        files: Mapping[str, Sequence[Path]],
    ) -> None:
        resources = self._connector.resources
        for name, table in self.reports.tables(schema, reading.surprises).items():
            rows, stats = ExtractedRows(files.get(table, ()), handover), reading.pages[name]
            if name in broken_off and resources.replaces_children(name):
                leave_out(name, resources, reading.read_in_part(name), stats, rows)
            if resources[name].has_primary_key:
                cursor = reading.cursors.get(name)
                settle_versions(
                    name,
                    resources,
                    stats,
                    reading.surprises[name].keys_of,
                    cursor.cursor if cursor else None,
                    rows,
                    is_sorted=reading.surprises[name].is_sorted,
                )
                if not one.moves and resources[name].parent is None:
                    keys_of = reading.surprises[name].keys_of
                    leave_newer(self._pipeline, schema, resources, name, stats, keys_of, rows)

    def _begin_anew_what_could_not_go_on(
        self, chunks: Chunks | None, stopped: Mapping[str, RestsrcError]
    ) -> Set[str]:
        """Where a page is gone with which another run stopped, the list is read from its start."""
        excused: set[str] = set()
        for name, error in stopped.items():
            if chunks and not isinstance(error, TryLater) and chunks.give_up_resuming(name):
                excused |= {name, *self._connector.resources.blocked_by(name)}
        return excused

"""One load of a connector: read what was selected, normalize it, commit it."""

import os
import time
from collections.abc import Callable, Mapping, Set
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import partial

from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.collector import without_looking_back
from restsrc_dagster.connector.files.environment import in_environment
from restsrc_dagster.connector.fitted import Fitted
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.resources.chunking import chunked_with
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.dlt_compat.type_hints import TYPES_ONCE
from restsrc_dagster.errors import RestsrcError
from restsrc_dagster.extract.auth.tokens import Tokens
from restsrc_dagster.extract.chunks.chunk import Bound
from restsrc_dagster.extract.chunks.chunks import Chunks
from restsrc_dagster.extract.failures.explain import explaining_failures, telling
from restsrc_dagster.extract.options import ReadOptions
from restsrc_dagster.extract.source import open_reading
from restsrc_dagster.extract.stats.ticker import Ticker
from restsrc_dagster.extract.stats.waits import Wait
from restsrc_dagster.load.commit import Commits
from restsrc_dagster.load.destinations.kept_tokens import keeper_of
from restsrc_dagster.load.destinations.lock import connector_lock
from restsrc_dagster.load.destinations.open_file import OpenFile
from restsrc_dagster.load.destinations.readiness import opened
from restsrc_dagster.load.destinations.working_folder import working_folder
from restsrc_dagster.load.environment import environment_defaults
from restsrc_dagster.load.jobs import Jobs
from restsrc_dagster.load.passes import Pass, Passes
from restsrc_dagster.load.plan.known import known_at
from restsrc_dagster.load.plan.make import make_plan
from restsrc_dagster.load.plan.plan import LoadPlan, PlannedPass
from restsrc_dagster.load.progress import Phase, Progress
from restsrc_dagster.load.ranges.ranges import Between, ranged, refuse_range, tell_of_range
from restsrc_dagster.load.report import LoadReport, ResourceReport
from restsrc_dagster.load.rows.deleted import Deletions
from restsrc_dagster.load.state.pipeline_state import known_schema, resource_states, source_state
from restsrc_dagster.load.state.recovery import remove_broken_loads
from restsrc_dagster.load.state.value_lists import Digests, digests_of, missing
from restsrc_dagster.load.tables.old_hints import forget_old_hints
from restsrc_dagster.load.tables.owners import refuse_tables_of_others
from restsrc_dagster.load.tables.schema_changes import column_limit_of, columns_now
from restsrc_dagster.permitted import permitted
from restsrc_dagster.settings import Settings

DLT_SETTINGS = environment_defaults(
    {
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        # What is extracted is read again at once: to compress it takes longer than all else.
        "SOURCES__DATA_WRITER__DISABLE_COMPRESSION": "true",
        # dlt sleeps so long, in seconds, whenever it has come to the end of something.
        "EXTRACT__FUTURES_POLL_INTERVAL": "0.001",
    }
)
"""Where the deployment does not say otherwise."""


@dataclass(frozen=True, kw_only=True)
class LoadRequest:
    """What one run is asked to load.

    Args:
        selection: names of resources; the load closes it so that no cursor outruns its rows.
        refresh: names of the resources to read from the beginning into emptied tables.
        between: what is to be read again, and nothing else; no cursor moves then.
        allow_deletes: names of the resources of which any part of the rows may be missing.
        holder: who loads, as another run will name it.
    """

    selection: frozenset[str]
    refresh: frozenset[str] = frozenset()
    between: Between | None = None
    allow_deletes: frozenset[str] = frozenset()
    holder: str = "another process"


def load(
    connector: Connector,
    order: LoadRequest,
    *,
    settings: Settings,
    environment: Mapping[str, str] = os.environ,
    unlocked: Callable[[], None] = lambda: None,
    on_message: Callable[[str], None] = lambda _: None,
) -> LoadReport:
    """Run one load, in a working folder that vanishes with it: the cursor lives with the data.

    What can be read is loaded, whatever becomes of the others: the report says what failed.
    `unlocked` is called where the destination has no lock of its own; it raises ConnectorBusy to
    stop the load before anything is read. `on_message` gets lines for the person on the way, some
    of them from a thread of its own: every few seconds how far a long load is.

    Raises:
        RestsrcError: what concerns the whole connector, in words for the person, without secrets.
    """
    progress = Progress(settings.progress_seconds)
    allowed = permitted(connector, settings, environment)
    settings, environment = allowed.settings, allowed.environment
    with (
        DLT_SETTINGS,
        TYPES_ONCE,
        without_looking_back(),
        explaining_failures(connector, environment) as redact,
        working_folder() as folder,
        nullcontext(telling(on_message, redact)) as tell,
        Ticker(progress.line, tell, seconds=settings.progress_seconds),
    ):
        connector = in_environment(connector, environment)
        pipeline, fit = opened(connector, settings, environment, folder, progress=progress.counts)
        connector = fit.connector
        progress.begin(Phase.LOCK)
        with connector_lock(pipeline, order.holder) as still_held, OpenFile(pipeline) as file:
            if still_held is None:
                unlocked()
            progress.begin(Phase.PREPARING)
            cut, of_the_file = frozenset[str](), connector.resources
            if order.between is not None:
                pipeline.sync_destination()
                states = resource_states(pipeline, connector.name)
                found = ranged(connector, order.selection, order.between, states)
                connector, cut = found.connector, found.cut
                order = replace(order, selection=found.selection)
            values = connector.resources.values_by_name
            lists, absent = digests_of(values, environment), missing(values, environment)
            options = ReadOptions(
                redact=redact,
                column_limit=column_limit_of(pipeline.destination),
                on_message=tell,
                waits=progress.waits,
                tokens=Tokens(keeper_of(connector, pipeline, settings)),
                hosts=allowed.hosts,
            )
            read = partial(open_reading, connector, environment)
            commits = Commits(pipeline, file, still_held, tell, progress)
            jobs = Jobs(
                connector, pipeline, read=read, options=options, commits=commits, progress=progress
            )
            deletions = Deletions(
                connector, pipeline, began=time.time(), allowed=order.allow_deletes
            )
            passes = Passes(
                connector,
                pipeline,
                read=read,
                options=options,
                redact=redact,
                folder=folder,
                commits=commits,
                progress=progress,
                lists=lists,
                jobs=jobs,
                deletions=deletions,
            )
            bound = Bound(
                records=settings.commit_after_records, seconds=settings.commit_after_seconds
            )
            fit = replace(fit, connector=connector)
            return _Load(
                fit,
                of_the_file,
                pipeline,
                file,
                passes,
                bound,
                progress,
                tell,
                lists,
                absent,
                jobs,
                deletions,
                settings,
            ).run(order, cut)


class _Load:
    """The stages of one load, under the connector's lock: its plan is made, then carried out.

    Args:
        fit: what is read, with a range in place of cursors if there is one.
        of_the_file: the resources without it, as they were loaded before.
        lists: the values of its lists.
        absent: why some of them are not there.
        jobs: what it creates, and waits for.
        deletions: what becomes of rows whose records are deleted.
        settings: of the deployment.
    """

    def __init__(
        self,
        fit: Fitted,
        of_the_file: Resources,
        pipeline: Pipeline,
        file: OpenFile,
        passes: Passes,
        bound: Bound,
        progress: Progress,
        on_message: Callable[[str], None],
        lists: Digests,
        absent: Mapping[str, RestsrcError],
        jobs: Jobs,
        deletions: Deletions,
        settings: Settings,
    ) -> None:
        self._settings = settings
        self._lists, self._absent = lists, absent
        self._deletions = deletions
        self._jobs = jobs
        self._fit, self._connector = fit, fit.connector
        self._of_the_file = of_the_file
        self._pipeline, self._file = pipeline, file
        self._passes = passes
        self._reports = passes.reports
        self._failed = passes.failed
        self._bound = bound
        self._progress = progress
        self._on_message = on_message

    def run(self, order: LoadRequest, cut: Set[str]) -> LoadReport:
        started, began_at = time.monotonic(), datetime.now(timezone.utc)
        with self._file.used():
            plan = self._plan(order)
            removed = remove_broken_loads(self._pipeline)
            schema = known_schema(self._pipeline)
            state = source_state(self._pipeline, self._connector.name)
            self._deletions.finish(schema, state)
            self._passes.rows_before = self._reports.count_replaced(schema, plan.selection)
        reports: dict[str, ResourceReport] = {}
        for planned in plan.passes:
            self._passes.kept = self._jobs.create(planned, self._failed.keys())
            reports |= self._carry_out(planned)
        self._jobs.forget_failed(self._failed)
        self._tell_of_deletions(reports)
        if order.between is not None:
            stats = {name: report.read for name, report in reports.items()}
            tell_of_range(stats, self._connector.resources, cut)
        failed = self._failed.keys()
        return LoadReport(
            connector=self._connector.name,
            destination=self._pipeline.destination.destination_name,
            dataset=self._pipeline.dataset_name,
            resources=reports,
            failed=dict(self._failed),
            also_loaded=plan.also_loaded - failed,
            refreshed=plan.refresh - failed,
            late=plan.late - failed,
            began_at=began_at,
            between=order.between,
            instead=self._fit.instead,
            removed_rows=removed,
            seconds=time.monotonic() - started,
            seconds_by_phase={phase: self._progress.seconds(phase) for phase in Phase},
            seconds_waited={wait: self._progress.waits.seconds(wait) for wait in Wait},
        )

    def _plan(self, order: LoadRequest) -> LoadPlan:
        """What is done, told where a person would not expect it; nothing is changed by it."""
        pipeline, resources = self._pipeline, self._connector.resources
        pipeline.sync_destination()
        known = known_at(pipeline, self._connector.name, resources)
        refuse_tables_of_others(self._connector, pipeline, known.schema, self._settings)
        is_range = order.between is not None
        self._reports.unfilled.begin(columns_now(known.schema), reads_old=is_range)
        forget_old_hints(known.schema, resources)
        plan = make_plan(
            self._fit,
            known,
            selection=order.selection,
            refresh=order.refresh,
            lists=self._lists,
            absent=self._absent,
            of_the_file=self._of_the_file if is_range else None,
        )
        for name in sorted(self._fit.instead.keys() & order.selection):
            self._on_message(f"{name} {self._fit.instead[name]}")
        for name in plan.begins_anew:
            self._on_message(f"{name}: its table begins anew, as the file says it otherwise now")
        if is_range:
            refuse_range(pipeline, known.schema, resources, plan.selection, plan.refresh)
        self._failed |= plan.refused
        return plan

    def _carry_out(self, planned: PlannedPass) -> dict[str, ResourceReport]:
        if planned.in_chunks:
            return self._in_chunks(planned)
        history = self._passes.history
        if planned.below_cursors:
            history.begin_again(planned.names)
        reports = self._at_once(
            Pass(
                selection=planned.names,
                refresh=planned.refresh,
                intended=planned.intended,
                moves=planned.moves,
            )
        )
        if planned.below_cursors:
            history.restore_cursors()
        return reports

    def _at_once(self, one: Pass) -> dict[str, ResourceReport]:
        """Read and commit, in one piece."""
        columns_before = columns_now(known_schema(self._pipeline))
        made = self._passes.read_and_commit(one)[0]
        return self._reports.with_changes(made, columns_before)

    def _in_chunks(self, planned: PlannedPass) -> dict[str, ResourceReport]:
        """Read and commit, and what was left once more, until nothing is left."""
        selection, refresh, intended = planned.names, planned.refresh, planned.intended
        resources = self._connector.resources
        states = resource_states(self._pipeline, self._connector.name)
        chunks = Chunks(self._connector, selection, self._bound, states, self._on_message)
        if refresh:
            chunks.begin_anew(selection)
        else:
            self._deletions.resumed |= chunks.first_pages.keys()
        columns_before = columns_now(known_schema(self._pipeline))
        one = Pass(selection=selection, refresh=refresh, chunks=chunks, intended=intended)
        reports, reading = self._passes.read_and_commit(one)
        while left := chunks.unfinished - self._failed.keys():
            rest = selection & left.union(*(resources.descendants(name) for name in left))
            self._tell_of_chunks(reports, rest)
            one = Pass(selection=rest, chunks=chunks, before=reading, intended=intended)
            new, reading = self._passes.read_and_commit(one)
            reports |= {
                name: report.after(reports[name]) if name in reports else report
                for name, report in new.items()
            }
        for name in reports.keys() & self._failed.keys():
            goes_on = chunked_with(resources, name) in self._failed
            self._failed[name] = _with_what_is_there(
                self._failed[name], reports.pop(name), goes_on=goes_on
            )
        return self._reports.with_changes(reports, columns_before)

    def _tell_of_deletions(self, reports: dict[str, ResourceReport]) -> None:
        """In the reports; what was refused fails, though its rows are there."""
        for name, count in self._deletions.counts.items():
            if name in reports:
                reports[name] = replace(reports[name], rows_deleted=count)
            elif count:
                self._on_message(f"{name}: {count:,} rows of deleted records went")
        for name, error in self._deletions.refused.items():
            if name in reports:
                self._failed[name] = _with_what_is_there(error, reports.pop(name), goes_on=False)

    def _tell_of_chunks(self, reports: Mapping[str, ResourceReport], left: Set[str]) -> None:
        for name in sorted(reports.keys() & left):
            self._on_message(
                f"{name}: {reports[name].rows_loaded:,} rows are committed; reading goes on"
            )


def _with_what_is_there(
    error: RestsrcError, report: ResourceReport, *, goes_on: bool
) -> RestsrcError:
    """The error, what is committed though, and what is to be known of that."""
    if not (report.rows_loaded or report.warnings):
        return error
    behind = ", and the next run goes on behind them" if goes_on else ""
    rows = f"{report.rows_loaded:,} rows that were read before are committed"
    of_them = "".join(f". Of them: {warning}" for warning in report.warnings)
    return type(error)(f"{error}. {rows}{behind}{of_them}")

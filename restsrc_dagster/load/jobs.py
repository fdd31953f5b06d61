"""Jobs that a load creates before it waits for them, and takes up again after it was killed.

What creates a job is asked for first, and its answer is committed to the pipeline's state, at the
destination, before anything is read. The load then gets that answer in place of its request, and
so does the next one, if this is killed while it waits: the same request, and so the same range,
or it is none of its. The answer leaves the state in the commit that brings the rows.

Below a parent, and of windows, the request is known only while others are read: its answer is kept
beside the state as soon as it is there, and the commit that brings the rows says that it is over.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from typing import Any

import dlt
from dlt.common.configuration.container import Container
from dlt.common.pipeline import StateInjectableContext
from dlt.common.schema import Schema
from dlt.extract.source import DltSource
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.resources.jobs import below_jobs, is_known_early, job_creators
from restsrc_dagster.connector.time.span import pause
from restsrc_dagster.errors import RestsrcError, TryLater
from restsrc_dagster.extract.http.kept_answers import KeptAnswer, KeptAnswers
from restsrc_dagster.extract.options import ReadOptions
from restsrc_dagster.extract.progress import duration
from restsrc_dagster.extract.reading import Reading
from restsrc_dagster.load.commit import Commits
from restsrc_dagster.load.destinations.kept_jobs import KeptJobs
from restsrc_dagster.load.extraction import SETTLING
from restsrc_dagster.load.plan.plan import PlannedPass
from restsrc_dagster.load.progress import Progress
from restsrc_dagster.load.state.jobs import keep_jobs, kept_jobs, late_jobs, note_fetched
from restsrc_dagster.load.state.pipeline_state import source_state

log = logging.getLogger(__name__)


class Jobs:
    """Those of one load.

    Args:
        connector: what is read.
        pipeline: where to; under the connector's lock.
        read: opens a reading (`open_reading`).
        options: of every reading.
        commits: how it commits.
        progress: what it tells on the way.
    """

    def __init__(
        self,
        connector: Connector,
        pipeline: Pipeline,
        *,
        read: Callable[[ReadOptions], Reading],
        options: ReadOptions,
        commits: Commits,
        progress: Progress,
    ) -> None:
        self._connector = connector
        self._pipeline = pipeline
        self._read = read
        self._options = options
        self._commits = commits
        self._progress = progress
        self._on_message = options.on_message
        self._waiters = job_creators(connector.resources, connector.waiting)
        self._early = {name for name in self._waiters if is_known_early(connector.resources, name)}
        self._late = KeptJobs(pipeline)
        self._of_before: list[KeptAnswer] = []

    def create(self, planned: PlannedPass, failed: Set[str]) -> KeptAnswers | None:
        """Create what a pass waits for, or take up what was created before; None if there is
        nothing of that kind. Nothing is created for what has `failed` already."""
        names = planned.names
        wanted = {
            name for name in self._waiters.keys() - failed if self._fetched(name) & names - failed
        }
        early = wanted & self._early if not planned.below_cursors else set[str]()
        late = {name for name in wanted - self._early if self._may_keep(name)}
        if not planned.moves or not (early or late):
            return None
        known = self._known()
        kept = KeptAnswers(
            early,
            [] if planned.refresh else self._still_good(known, early),
            late=late,
            keep=self._late.keep,
            tell=self._tell_once,
        )
        if early:
            self._create(kept, names if planned.refresh else frozenset())
            others = [one for one in known if one.resource not in early]
            self._commit(others + [one for one in kept.answers if self._may_keep(one.resource)])
        if late:
            self._take_up(kept, late, anew=planned.refresh)
        return kept

    def _create(self, kept: KeptAnswers, refreshed: Set[str]) -> None:
        """Those that can be before anything else is read."""
        asked = kept.again()
        self._ask(asked, refreshed)
        taken_up = [one for one in kept.answers if one not in asked.answers]
        for one in taken_up:
            self._tell_of(one)
        kept.answers = [*taken_up, *asked.made]
        kept.failures, kept.traffic = asked.failures, asked.traffic

    def _take_up(self, kept: KeptAnswers, late: Set[str], *, anew: bool) -> None:
        """What a run before has created on the way, if the same is asked for. A range that ended
        where that run began ends there again."""
        known = [] if anew else self._still_good(self._late_known(), late)
        gone = late - {one.resource for one in known}
        self._late.forget(gone)
        self._of_before = known
        kept.answers = [*kept.answers, *known]
        if known:
            kept.now = max(one.now for one in known)

    def settle(self, state: dict[str, Any], done: Set[str], wanted: Set[str]) -> None:
        """Forget in `state`, which is about to be committed, the jobs of what is `done` with all
        that is `wanted` below it."""
        resources = self._connector.resources
        below = {name: wanted & self._fetched(name) for name in self._waiters}
        over = {name for name, fetched in below.items() if fetched and fetched <= done}
        left = [one for one in kept_jobs(state) if one.resource not in over]
        keep_jobs(state, [one for one in left if one.resource in resources])
        note_fetched(state, over - self._early, time.time())

    def forget_failed(self, failed: Mapping[str, RestsrcError]) -> None:
        """Forget the jobs of what has failed for good, so that the next run creates others."""
        for_good = {name for name, error in failed.items() if not isinstance(error, TryLater)}
        resources = self._connector.resources
        gone = {
            name
            for name in self._waiters
            if not for_good.isdisjoint([name, *resources.descendants(name)])
        }
        self._commit([one for one in self._known() if one.resource not in gone])
        if late := gone - self._early:
            self._late.forget(late)

    def _fetched(self, creator: str) -> frozenset[str]:
        """What waits for the jobs of a resource, and what is read for what they gave."""
        return below_jobs(self._connector.resources, self._waiters[creator])

    def _known(self) -> list[KeptAnswer]:
        return kept_jobs(source_state(self._pipeline, self._connector.name))

    def _late_known(self) -> list[KeptAnswer]:
        return late_jobs(source_state(self._pipeline, self._connector.name), self._late.known())

    def _still_good(self, known: Iterable[KeptAnswer], wanted: Set[str]) -> list[KeptAnswer]:
        now = time.time()
        return [
            one
            for one in known
            if one.resource in wanted and now - one.at <= self._resumed_within(one.resource)
        ]

    def _may_keep(self, name: str) -> bool:
        """Whether a further run takes up its jobs at all."""
        return self._resumed_within(name) >= 0

    def _resumed_within(self, name: str) -> float:
        """Seconds: the shortest that is said of those that wait for it."""
        said = [self._connector.reading[waiter].resume_within for waiter in self._waiters[name]]
        return min(pause(one) if one is not None else -1 for one in said)

    def _ask(self, kept: KeptAnswers, refreshed: Set[str]) -> None:
        """Ask for jobs; what comes in the way is met again, and told, by the pass."""
        names = frozenset(kept.resources)
        options = replace(self._options, selection=names, kept=kept, only_ask=names)
        with self._read(options) as reading, self._with_state_of(refreshed):
            self._progress.reads(reading, frozenset())
            for name in sorted(kept.resources):
                try:
                    for _ in reading.source.resources[name]:
                        pass
                except Exception as error:
                    log.debug("%s: no job was created: %s", name, type(error).__name__)
            kept.traffic = reading.sessions.adapter.metrics.traffic
            for traffic in kept.traffic.values():
                traffic.pages = 0

    @contextmanager
    def _with_state_of(self, refreshed: Set[str]) -> Iterator[None]:
        """The pipeline's state, in which what is read from its beginning has none."""
        state = deepcopy(self._pipeline.state)
        states = state.get("sources", {}).get(self._connector.name, {}).get("resources", {})
        for name in refreshed:
            states.pop(name, None)
        with Container().injectable_context(StateInjectableContext(state=state)):
            yield

    def _tell_once(self, one: KeptAnswer) -> None:
        if one in self._of_before:
            self._of_before = [other for other in self._of_before if other != one]
            self._tell_of(one)

    def _tell_of(self, one: KeptAnswer) -> None:
        ago = duration(time.time() - one.at)
        self._on_message(f"{one.resource}: the job that a run before created {ago} ago is taken up")

    def _commit(self, entries: list[KeptAnswer]) -> None:
        """Let the state at the destination hold just these."""
        if entries == self._known():
            return
        pipeline, name = self._pipeline, self._connector.name
        schema = pipeline.default_schema.clone() if pipeline.default_schema_name else Schema(name)

        @dlt.resource(name=SETTLING)
        def settling() -> Iterator[Any]:
            keep_jobs(dlt.current.source_state(), entries)
            yield from ()

        pipeline.extract(DltSource(schema, name, [settling]))
        pipeline.normalize()
        self._commits.commit(lambda: pipeline.load().raise_on_failed_jobs())

"""Dagster's own daemons over a folder of connector files, at the times that a test says.

The scheduler, the sensors, the queue and the UI's launch are Dagster's code, on a real instance
(SQLite, the settings of `restsrc_dagster/dagster.yaml`). Two things differ from a deployment: the
code location is loaded into this process, so that its clock can be set, and a run ends as soon as
it is requested, unless the test holds it or has it executed.
"""

import logging
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import dagster as dg
import yaml
from dagster._core.definitions.reconstruct import ReconstructableJob
from dagster._core.events import DagsterEvent
from dagster._core.instance.ref import InstanceRef
from dagster._core.instance_for_test import instance_for_test
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.remote_representation.external import RemoteSchedule
from dagster._core.scheduler.instigation import InstigatorState, InstigatorTick
from dagster._core.test_utils import create_test_daemon_workspace_context, freeze_time
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import InProcessWorkspaceLoadTarget, WorkspaceLoadTarget
from dagster._daemon.auto_run_reexecution.event_log_consumer import EventLogConsumerDaemon
from dagster._daemon.backfill import execute_backfill_iteration
from dagster._daemon.run_coordinator.queued_run_coordinator_daemon import (
    QueuedRunCoordinatorDaemon,
)
from dagster._daemon.sensor import execute_sensor_iteration
from dagster._scheduler import scheduler
from dagster_graphql.client.query import (
    LAUNCH_PARTITION_BACKFILL_MUTATION,
    LAUNCH_PIPELINE_EXECUTION_MUTATION,
)
from dagster_graphql.test.utils import execute_dagster_graphql
from typing_extensions import Self

from restsrc_dagster import component
from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster.orchestrate import alerts, build, initial_run, later_slots, schedules
from restsrc_dagster.orchestrate.names import CONNECTOR_TAG, SLOT_TAG, TRIGGER_TAG
from restsrc_dagster.settings import default_dagster_yaml
from restsrc_dagster_tests.support.connectors import write

LOCATION = "restsrc_dagster"
MODULE = "restsrc_dagster.definitions"
FIRST_DAY = datetime(2026, 11, 23, tzinfo=timezone.utc)
SENSORS_INTERVAL = timedelta(seconds=30)
IN_MEMORY = "/dev/shm"

log = logging.getLogger(__name__)
log.setLevel(logging.ERROR)


@dataclass(frozen=True)
class Tick:
    """One tick of a schedule or a sensor; `says` is its skip reason or its error."""

    at: str
    status: str
    says: str
    requested: int


class _Killed(BaseException):
    """Stands for a signal: it passes every `except Exception`."""


class Daemon:
    """All of Dagster's daemons, and the code server, of one deployment.

    A time without a date is on the day where the clock stands, at first 2026-11-23. Every method
    that takes a time sets the clock to it.
    """

    def __init__(
        self, folder: Path, instance: dg.DagsterInstance, target: WorkspaceLoadTarget | None = None
    ) -> None:
        self.folder = folder
        self.instance = instance
        self.now = FIRST_DAY
        self.holds_runs = False
        self._target = target or in_process()
        self._sensed = FIRST_DAY - SENSORS_INTERVAL
        self._iteration_times: dict[str, scheduler.ScheduleIterationTimes] = {}
        self._stack = ExitStack()
        self.workspace: WorkspaceProcessContext

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def write(
        self,
        name: str = "acme",
        mode: str = "",
        interval: int = 1,
        offset: int = 0,
        timezone: str = "",
        **keys: Any,
    ) -> Path:
        """Write a connector file, every 10 minutes unless told; further keys are the file's."""
        schedule: dict[str, Any] = {"mode": mode, "interval": interval}
        if offset:
            schedule["offset"] = offset
        if timezone:
            schedule["timezone"] = timezone
        if not mode:
            schedule = {"mode": "minutes", "interval": 10}
        return write(self.folder, name, schedule=schedule, **keys)

    def start(self, at: str) -> Self:
        """Load the definitions, and let the scheduler see them for the first time."""
        return self.restart(at).at(at)

    def restart(self, at: str | datetime) -> Self:
        """Every process anew: the definitions are loaded, what daemons had in memory is gone."""
        self._stack.close()
        self._iteration_times = {}
        with self._clock(at):
            self.workspace = self._stack.enter_context(
                create_test_daemon_workspace_context(self._target, self.instance)
            )
        return self

    def reload(self, at: str | None = None) -> Self:
        """The definitions alone are loaded again, as by the Reload button."""
        with self._clock(at):
            self.workspace.refresh_workspace()
        return self

    def at(self, time: str | datetime) -> Self:
        """One round of the scheduler."""
        with self._clock(time):
            rounds = scheduler.launch_scheduled_runs(
                self.workspace,
                log,
                end_datetime_utc=self.now,
                iteration_times=self._iteration_times,
            )
            _exhaust(rounds)
        return self._end_runs()

    def killed_at(self, time: str) -> Self:
        """A round of the scheduler that dies after it has created a run, before it submits it."""
        dies = mock.patch.object(dg.DagsterInstance, "submit_run", side_effect=_Killed)
        with dies, suppress(_Killed):
            self.at(time)
        return self

    def until(self, time: str, *, every: timedelta = timedelta(minutes=1)) -> Self:
        """Round after round of the scheduler, the last one at `time`."""
        end = self._time(time)
        while self.now + every < end:
            self.at(self.now + every)
        return self.at(end)

    def sensors(self, at: str | None = None) -> Self:
        """One round of the sensors; without a time, as soon as all of them are due again."""
        with self._clock(at or max(self.now, self._sensed + SENSORS_INTERVAL)):
            self._sensed = self.now
            _exhaust(execute_sensor_iteration(self.workspace, log, None, None))
        return self._end_runs()

    def queue(self, at: str | None = None) -> Self:
        """One round of the queue: it launches what its limits and pools admit."""
        # Runs executed in this process would get the definitions of an earlier one.
        ReconstructableJob.get_definition.cache_clear()
        ReconstructableJob.get_repository_definition.cache_clear()
        with self._clock(at), QueuedRunCoordinatorDaemon(interval_seconds=5) as coordinator:
            _exhaust(coordinator.run_iteration(self.workspace))
        return self

    def retries(self, at: str | None = None) -> Self:
        """One round of the daemon that retries runs; the first one only begins to look."""
        with self._clock(at), EventLogConsumerDaemon() as consumer:
            _exhaust(consumer.run_iteration(self.workspace))
        return self

    def stop_schedule(self, connector: str = "acme", at: str | None = None) -> Self:
        """What the switch on the page of a schedule does."""
        with self._clock(at):
            schedule = self._schedule(connector)
            self.instance.stop_schedule(
                schedule.get_remote_origin_id(), schedule.selector_id, schedule
            )
        return self

    def start_schedule(self, connector: str = "acme", at: str | None = None) -> Self:
        with self._clock(at):
            self.instance.start_schedule(self._schedule(connector))
        return self

    def launch(
        self, job: str, *assets: dg.AssetKey, at: str | None = None, config: Any = None
    ) -> str:
        """What the UI does when a person launches a job or picks assets; returns the run's id."""
        selector = {
            "repositoryLocationName": LOCATION,
            "repositoryName": "__repository__",
            "pipelineName": job,
            **({"assetSelection": [{"path": key.path} for key in assets]} if assets else {}),
        }
        with self._clock(at):
            answer = execute_dagster_graphql(
                self.workspace.create_request_context(),
                LAUNCH_PIPELINE_EXECUTION_MUTATION,
                variables={
                    "executionParams": {
                        "selector": selector,
                        "mode": "default",
                        "runConfigData": config or {},
                    }
                },
            )
        self._end_runs()
        run_id: str = answer.data["launchPipelineExecution"]["run"]["runId"]
        return run_id

    def backfill(
        self,
        job: str,
        *partitions: str,
        assets: Iterable[dg.AssetKey] = (),
        at: datetime | None = None,
    ) -> str:
        """What the backfill page does: of a job, or of assets if there are some; returns its id.

        Its runs are requested, and launched; how it goes on is seen by `backfill_goes_on`.
        """
        named = [{"path": key.path} for key in assets]
        of_job = {
            "partitionSetName": f"{job}_partition_set",
            "repositorySelector": {
                "repositoryLocationName": LOCATION,
                "repositoryName": "__repository__",
            },
        }
        target = {"assetSelection": named} if named else {"selector": of_job}
        with self._clock(at):
            answer = execute_dagster_graphql(
                self.workspace.create_request_context(),
                LAUNCH_PARTITION_BACKFILL_MUTATION,
                variables={"backfillParams": {**target, "partitionNames": [*partitions]}},
            )
        launched = answer.data["launchPartitionBackfill"]
        assert "backfillId" in launched, launched
        backfill_id: str = launched["backfillId"]
        self.backfill_goes_on()
        return backfill_id

    def backfill_goes_on(self) -> Self:
        """Rounds of the daemon of backfills, and of the queue."""
        for _ in range(3):
            with self._clock(None):
                _exhaust(execute_backfill_iteration(self.workspace, log))
            self.queue()
        return self

    def runs(self, connector: str = "acme") -> list[str]:
        """What the sensor and the schedule have requested, in order; see `slot`."""
        return [
            self.slot(run)
            for run in self.all_runs()
            if run.tags.get(CONNECTOR_TAG) == connector and TRIGGER_TAG in run.tags
        ]

    @staticmethod
    def slot(run: dg.DagsterRun) -> str:
        """`initial`, or the slot as `2026-11-23 10:13`."""
        return run.tags[SLOT_TAG][:16].replace("T", " ") if SLOT_TAG in run.tags else "initial"

    def moment(self, time: str) -> str:
        """A time as runs and ticks show it: with its day, to the minute."""
        return f"{self._time(time):%Y-%m-%d %H:%M}"

    def all_runs(self) -> list[dg.DagsterRun]:
        records = self.instance.get_run_records()
        return [record.dagster_run for record in sorted(records, key=lambda it: it.storage_id)]

    def last_run(self) -> str:
        """The id of the newest run."""
        return self.all_runs()[-1].run_id

    def status(self, run_id: str) -> str:
        run = self.instance.get_run_by_id(run_id)
        return run.status.value if run else "DELETED"

    def ticks(self, name: str = "acme_schedule") -> list[Tick]:
        """The ticks of a schedule or a sensor, oldest first."""
        ticks = [
            tick
            for state in self.states(name)
            for tick in self.instance.get_ticks(state.instigator_origin_id, state.selector_id)
        ]
        return [_as_tick(tick) for tick in sorted(ticks, key=lambda it: it.tick_id)]

    def states(self, name: str) -> list[InstigatorState]:
        """What Dagster has stored of a schedule or a sensor."""
        states = self.instance.all_instigator_state()
        return [state for state in states if state.instigator_name == name]

    def launched(self, run_id: str, at: str | None = None) -> Self:
        """The run was taken from the queue; its worker is not up yet."""
        return self._report(run_id, at, dg.DagsterEventType.PIPELINE_STARTING)

    def begins(self, run_id: str, at: str | None = None) -> Self:
        return self._report(run_id, at, dg.DagsterEventType.PIPELINE_START)

    def succeeds(self, run_id: str, at: str | None = None) -> Self:
        return self._report(run_id, at, dg.DagsterEventType.PIPELINE_SUCCESS)

    def fails(self, run_id: str, at: str | None = None) -> Self:
        return self._report(run_id, at, dg.DagsterEventType.PIPELINE_FAILURE)

    def canceled(self, run_id: str, at: str | None = None) -> Self:
        return self._report(run_id, at, dg.DagsterEventType.PIPELINE_CANCELED)

    def _report(self, run_id: str, at: str | None, kind: dg.DagsterEventType) -> Self:
        with self._clock(at):
            event = DagsterEvent(event_type_value=kind.value, job_name="")
            self.instance.run_storage.handle_run_event(run_id, event, self.now)
        return self

    def _schedule(self, connector: str) -> RemoteSchedule:
        location = self.workspace.create_request_context().get_code_location(LOCATION)
        return location.get_repository("__repository__").get_schedule(f"{connector}_schedule")

    def _end_runs(self) -> Self:
        if not self.holds_runs:
            queued = dg.RunsFilter(statuses=[dg.DagsterRunStatus.QUEUED])
            for run in self.instance.get_runs(queued):
                self.begins(run.run_id).succeeds(run.run_id)
        return self

    def _time(self, time: str | datetime) -> datetime:
        if isinstance(time, datetime):
            return time
        day, _, clock = time.rpartition(" ")
        return parse_time(f"{day or self.now.date()}T{clock}+00:00")

    @contextmanager
    def _clock(self, time: str | datetime | None) -> Iterator[None]:
        """Set the clock, for Dagster and for the code location."""
        self.now = moment = self._time(time) if time else self.now

        class Clock(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
                return moment.astimezone(tz)

        with (
            freeze_time(moment),
            mock.patch.object(build, "datetime", Clock),
            mock.patch.object(component, "datetime", Clock),
            mock.patch.object(initial_run, "datetime", Clock),
            mock.patch.object(later_slots, "datetime", Clock),
            mock.patch.object(schedules, "datetime", Clock),
            mock.patch.object(alerts, "datetime", Clock),
            mock.patch.object(dg.DagsterInstance, "from_ref", self._same_instance),
            # Dagster writes its hourly checkpoint up to ten minutes late, at random.
            mock.patch.object(scheduler, "LAST_ITERATION_CHECKPOINT_JITTER_SECONDS", 0),
        ):
            yield

    def _same_instance(self, _ref: InstanceRef) -> AbstractContextManager[dg.DagsterInstance]:
        """Evaluations share the instance: opening it again takes longer than they do."""
        return nullcontext(self.instance)


def in_process(python_file: Path | None = None, *, location: str = LOCATION) -> WorkspaceLoadTarget:
    """The code location in this process: the shipped module, or a file with definitions."""
    code = {"python_file": str(python_file)} if python_file else {"module_name": MODULE}
    target = LoadableTargetOrigin(executable_path=sys.executable, **code)
    return InProcessWorkspaceLoadTarget(InProcessCodeLocationOrigin(target, location_name=location))


def _exhaust(rounds: Iterable[Any]) -> None:
    """Run a daemon's round to its end; errors are in its ticks, and else mean a broken test."""
    for _ in rounds:
        pass


def _as_tick(tick: InstigatorTick) -> Tick:
    at = datetime.fromtimestamp(tick.timestamp, timezone.utc)
    error = tick.error.cause or tick.error if tick.error else None
    return Tick(
        at=f"{at:%Y-%m-%d %H:%M}",
        status=tick.status.value,
        says=error.message if error else tick.skip_reason or "",
        requested=len(tick.run_ids),
    )


def new_instance(home: Path) -> None:
    """Create the storage of an instance, which takes a second, to be copied for each test."""
    with instance_for_test(overrides=settings(), temp_dir=str(home)):
        pass


@contextmanager
def instance(home: Path, template: Path, **overrides: Any) -> Iterator[dg.DagsterInstance]:
    """A temporary instance with the shipped settings; runs wait in its queue.

    Its SQLite is in memory where the system has a folder for that: a third less CPU.
    """
    with TemporaryDirectory(dir=IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None) as folder:
        shutil.copytree(template, folder, dirs_exist_ok=True)
        home.symlink_to(folder)
        options = {**settings(), **overrides}
        with instance_for_test(overrides=options, temp_dir=str(home)) as running:
            yield running


def settings() -> dict[str, Any]:
    """The shipped settings, but storage in the test's folder and no process for a run."""
    shipped: dict[str, Any] = yaml.safe_load(default_dagster_yaml())
    for relative_to_the_working_folder in ("storage", "compute_logs", "local_artifact_storage"):
        del shipped[relative_to_the_working_folder]
    return {**shipped, "run_launcher": MOCKED_LAUNCHER}


MOCKED_LAUNCHER = {"module": "dagster._core.test_utils", "class": "MockedRunLauncher"}
IN_MEMORY_LAUNCHER = {
    "module": "dagster._core.launcher.sync_in_memory_run_launcher",
    "class": "SyncInMemoryRunLauncher",
}

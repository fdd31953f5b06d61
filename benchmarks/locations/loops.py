"""What Dagster's loops take of a processor in a minute: `ours|asking COUNT MINUTES`.

Its own loops of schedules and sensors, with the code location in the same process, so that its part
is counted, too, on SQLite. `asking` are schedules that ask in each minute whether they are due, as
those must whose times are no cron string.
"""

import json
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import dagster as dg
from dagster._core.test_utils import create_test_daemon_workspace_context, freeze_time
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._daemon.sensor import execute_sensor_iteration
from dagster._scheduler.scheduler import ScheduleIterationTimes, launch_scheduled_runs

from benchmarks.locations.files import write_connectors
from restsrc_dagster.orchestrate import initial_run
from restsrc_dagster_tests.support.daemon import in_process, instance, new_instance

EVERY_MINUTE = """
import dagster as dg

@dg.op
def nothing(): ...

@dg.job
def some_job():
    nothing()

def not_due(context):
    return dg.SkipReason("not due")

defs = dg.Definitions(schedules=[
    dg.ScheduleDefinition(
        name=f"schedule_{number}",
        job=some_job,
        cron_schedule="* * * * *",
        execution_fn=not_due,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    for number in range(COUNT)
])
"""
CONNECTORS = """
from restsrc_dagster import build_definitions

defs = build_definitions(FOLDER)
"""
BEGIN = datetime(2026, 11, 23, 12, 1, tzinfo=timezone.utc)
SENSORS_EVERY = timedelta(seconds=5)

log = logging.getLogger("idle")
log.setLevel(logging.ERROR)


class Loops:
    """The daemon's two loops over one code location; each call is one round at a time."""

    def __init__(self, workspace: WorkspaceProcessContext, pool: ThreadPoolExecutor) -> None:
        self._workspace = workspace
        self._pool = pool
        self._times: dict[str, ScheduleIterationTimes] = {}
        self._futures: dict[str, Future[Any]] = {}

    def schedules(self, at: datetime) -> None:
        rounds = launch_scheduled_runs(
            self._workspace,
            log,
            end_datetime_utc=at,
            iteration_times=self._times,
            threadpool_executor=self._pool,
            scheduler_run_futures=self._futures,
        )
        with freeze_time(at):
            for _ in rounds:
                pass
            wait(self._futures.values())

    def sensors(self, at: datetime) -> None:
        with freeze_time(at):
            for _ in execute_sensor_iteration(self._workspace, log, None, None):
                pass


@contextmanager
def running(code: str, root: Path) -> Iterator[Loops]:
    """A new instance with the code location in `code`."""
    root.mkdir()
    (root / "location.py").write_text(code, encoding="utf-8")
    template = root / "template"
    template.mkdir()
    new_instance(template)
    with (
        instance(root / "home", template) as dagster_instance,
        mock.patch.object(
            dg.DagsterInstance, "from_ref", return_value=nullcontext(dagster_instance)
        ),
        create_test_daemon_workspace_context(
            in_process(root / "location.py"), dagster_instance
        ) as workspace,
        ThreadPoolExecutor(4) as pool,
    ):
        yield Loops(workspace, pool)


def cpu(act: Callable[[], None]) -> float:
    began = time.process_time()
    act()
    return time.process_time() - began


def a_minute(loops: Loops, minutes: int, *, with_sensors: bool) -> tuple[float, float]:
    """Seconds of a processor that a minute's rounds take of schedules and of sensors, medians."""
    for warm in range(2):
        loops.schedules(BEGIN + timedelta(minutes=warm))
        loops.sensors(BEGIN + timedelta(minutes=warm))
    of_schedules, of_sensors = [], []
    for minute in range(2, minutes + 2):
        at = BEGIN + timedelta(minutes=minute)
        of_schedules.append(cpu(partial(loops.schedules, at)))
        rounds = [at + number * SENSORS_EVERY for number in range(12)] if with_sensors else []
        of_sensors.append(sum(cpu(partial(loops.sensors, one)) for one in rounds))
    return statistics.median(of_schedules), statistics.median(of_sensors)


def ours(count: int, minutes: int, root: Path) -> dict[str, float]:
    folder = root / "connectors"
    write_connectors(folder, count, 1, mode="days", interval=3)
    with running(CONNECTORS.replace("FOLDER", repr(str(folder))), root / "ours") as loops:
        with mock.patch.object(initial_run, "_was_requested", return_value=True):
            loops.sensors(BEGIN - timedelta(hours=1))
        schedules, sensors = a_minute(loops, minutes, with_sensors=True)
    return {"schedules": schedules, "sensors": sensors, "a schedule": schedules / count}


def asking(count: int, minutes: int, root: Path) -> dict[str, float]:
    with running(EVERY_MINUTE.replace("COUNT", str(count)), root / "asking") as loops:
        schedules, _ = a_minute(loops, minutes, with_sensors=False)
    return {"schedules": schedules, "a schedule": schedules / count}


if __name__ == "__main__":
    _, which, count, minutes = sys.argv
    with tempfile.TemporaryDirectory() as temporary:
        act = {"ours": ours, "asking": asking}[which]
        figures = act(int(count), int(minutes), Path(temporary))
    print(json.dumps({"figures": figures}))

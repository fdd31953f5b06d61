"""What a process does that a server has forked: a run, or the report that the process of one died.

It ends as a run does that Dagster's code server has started: whatever happens in the run is in its
events, and what is in none of them is reported by the server.
"""

import atexit
import gc
import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import dagster as dg

from restsrc_dagster.orchestrate.dagster_private import (
    EngineEventData,
    InstanceRef,
    capture_interrupts,
    core_execute_run,
    deserialize_value,
    get_run_crash_explanation,
    recon_job_from_origin,
)
from restsrc_dagster.orchestrate.forking.storage import close_connections

INTERRUPTS = {signal.SIGINT, signal.SIGTERM}
"""Blocked while a process is forked, until what they do there is settled."""


@dataclass(frozen=True)
class Order:
    """A run that is to be executed.

    Args:
        run: its id.
        launch: the name of the claim.
        instance: a serialized `InstanceRef`.
        resume: whether it goes on where its process had died.
    """

    run: str
    launch: str
    instance: str
    resume: bool = False

    def open_instance(self) -> dg.DagsterInstance:
        return dg.DagsterInstance.from_ref(deserialize_value(self.instance, InstanceRef))


def execute(order: Order, ended: Callable[[], object]) -> None:
    """Execute the run; `ended` is called once its end is stored."""
    with _as_a_fresh_process(), order.open_instance() as instance:
        run = instance.get_run_by_id(order.run)
        if run is None or run.job_code_origin is None:
            raise dg.DagsterInvariantViolationError(f"run {order.run} is not there any more")
        pid = os.getpid()
        instance.report_engine_event(
            f"Started process for run (pid: {pid}).", run, EngineEventData.in_process(pid)
        )
        try:
            for _ in core_execute_run(
                recon_job_from_origin(run.job_code_origin),
                run,
                instance,
                inject_env_vars=True,
                resume_from_failure=order.resume,
            ):
                pass
        except BaseException:  # noqa: S110 - it is in the run's events by now
            pass
        finally:
            instance.report_engine_event(f"Process for run exited (pid: {pid}).", run)
        # Not by its events: whoever has asked for its termination meanwhile waits for another end.
        if _is_over(instance, order.run):
            ended()
    close_connections()


def report_death(order: Order, exit_code: int) -> None:
    """Let the run fail if its process has died before it ended."""
    with _as_a_fresh_process(), order.open_instance() as instance:
        run = instance.get_run_by_id(order.run)
        if run is None or run.is_finished:
            return
        if instance.run_monitoring_enabled and instance.run_monitoring_max_resume_run_attempts:
            return  # run monitoring finds it, and resumes it
        says = get_run_crash_explanation(f"Run execution process for {order.run}", exit_code)
        instance.report_engine_event(says, run, cls=type(instance.run_launcher))
        instance.report_run_failed(run)
    close_connections()


def leave(exit_code: int) -> None:
    """End this process as Python does, without taking apart what it has imported."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(exit_code)


def _is_over(instance: dg.DagsterInstance, run_id: str) -> bool:
    run = instance.get_run_by_id(run_id)
    return run is None or run.is_finished


@contextmanager
def _as_a_fresh_process() -> Iterator[None]:
    """What a process has that was started, and not forked; interrupts are Dagster's from here."""
    gc.enable()
    importlib.invalidate_caches()
    if numpy := sys.modules.get("numpy.random"):
        numpy.seed()
    with capture_interrupts():
        signal.pthread_sigmask(signal.SIG_UNBLOCK, INTERRUPTS)
        yield

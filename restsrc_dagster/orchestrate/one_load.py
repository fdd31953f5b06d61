"""One load at a time where neither a pool nor the destination's own lock sees to it."""

import os
import socket

import dagster as dg

from restsrc_dagster.errors import ConnectorBusy
from restsrc_dagster.orchestrate.runs import GOING, connector_runs

WORKER_TAG = "restsrc/worker"


def refuse_second_load(instance: dg.DagsterInstance, run: dg.DagsterRun, connector: str) -> None:
    """Let one of the connector's runs go on; every other fails here, before it reads.

    A run whose worker is known to be dead does not count.

    Raises:
        ConnectorBusy: names the run that is going.
    """
    instance.add_run_tags(run.run_id, {WORKER_TAG: f"{socket.gethostname()}:{os.getpid()}"})
    older = True
    for record in connector_runs(instance, connector, GOING, any_job=True):
        other = record.dagster_run
        if other.run_id == run.run_id:
            older = False
            continue
        # A younger run that was here first is reading already; one that was not will see this one.
        if (older or other.tags.get(WORKER_TAG)) and not _is_dead(instance, other):
            instance.add_run_tags(run.run_id, {WORKER_TAG: ""})
            raise ConnectorBusy(
                f"{connector} is being loaded by run {other.run_id}; nothing was read. Wait until "
                "it ends, or stop it; if its worker is dead, mark it as canceled in the UI"
            )


def _is_dead(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    host, _, pid = run.tags.get(WORKER_TAG, "").rpartition(":")
    if host == socket.gethostname() and pid.isdigit():
        return not _is_running(int(pid))
    launcher = instance.run_launcher
    if launcher.supports_check_run_worker_health:
        return bool(launcher.check_run_worker_health(run).status.value in ("FAILED", "NOT_FOUND"))
    return False


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

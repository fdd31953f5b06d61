"""Connectors that are due every minute and find nothing: `forked|spawned CONNECTORS MINUTES URL`.

The daemon is a process, as `dagster-daemon run` starts it, with a code server of its own and the
shipped `dagster.yaml`, on SQLite. After the first runs, which deliver the records, `MINUTES` are
measured, with all runs of their slots to the end. Linux only.

`CPU` is what the daemon and all that it has started took of a processor, in a minute; `memory` the
most that all of them had at once, shared pages counted once, and `storage` what the instance has
on disk, in MB, for each run; `late` is the longest from a slot to the start of its run. `runs` are
those that have succeeded, of as many `slots`.
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from benchmarks.locations.files import write_due_every_minute
from benchmarks.measure import environment
from benchmarks.processes import cpu_with_waited_for, descendants, shared_memory, wait_for
from restsrc_dagster.settings import default_dagster_yaml

if TYPE_CHECKING:
    from dagster import DagsterInstance, DagsterRun

LAUNCHERS = {
    "forked": {"module": "restsrc_dagster.orchestrate.forking", "class": "ForkingRunLauncher"},
    "spawned": {"module": "dagster", "class": "DefaultRunLauncher"},
}
WORKSPACE = "load_from: [{python_module: {module_name: restsrc_dagster.definitions}}]"


@contextmanager
def daemon(root: Path, variables: Mapping[str, str]) -> Iterator[int]:
    command = [sys.executable, "-m", "dagster._daemon", "run", "-w", "workspace.yaml"]
    with (root / "daemon.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=root, env=variables, stdout=log, stderr=log)
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()


class Peak:
    """The most memory that a process and its descendants had, looked at each second."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._ended = threading.Event()
        self.megabytes = 0.0
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._ended.wait(1.0):
            self.megabytes = max(
                self.megabytes, shared_memory([self._pid, *descendants(self._pid)])
            )

    def end(self) -> float:
        self._ended.set()
        self._thread.join()
        return self.megabytes


def measured(which: str, connectors: int, minutes: int, url: str) -> dict[str, float]:
    from dagster import DagsterInstance

    with tempfile.TemporaryDirectory(prefix="benchmark-") as temporary:
        root = Path(temporary)
        settings = yaml.safe_load(default_dagster_yaml()) | {"run_launcher": LAUNCHERS[which]}
        for kept in ("storage", "compute_logs", "local_artifact_storage"):
            del settings[kept]
        (root / "dagster.yaml").write_text(json.dumps(settings), encoding="utf-8")
        (root / "workspace.yaml").write_text(WORKSPACE, encoding="utf-8")
        write_due_every_minute(root / "connectors", connectors, url, datetime.now(timezone.utc))
        own = {"DAGSTER_HOME": str(root), "RESTSRC_CONNECTORS_DIR": str(root / "connectors")}
        variables = environment(root, TOKEN="a token", **own)
        with DagsterInstance.from_config(str(root)) as instance, daemon(root, variables) as pid:
            wait_for("the first runs", lambda: _ended(instance, "initial") >= connectors)
            return _of_slots(instance, root, pid, connectors, minutes)


def _of_slots(
    instance: "DagsterInstance", root: Path, pid: int, connectors: int, minutes: int
) -> dict[str, float]:
    time.sleep(60 - time.time() % 60 - 2)
    first = (time.time() // 60 + 1) * 60
    before, size, peak = _used(pid), _size(root), Peak(pid)
    time.sleep(minutes * 60)
    slots = [run for run in _runs(instance) if first <= _slot(run) < first + minutes * 60]
    with suppress(TimeoutError):
        ids = [run.run_id for run in slots]
        wait_for("the ends", lambda: all(_is_finished(instance, run_id) for run_id in ids))
    used = _used(pid) - before
    memory = peak.end()
    ended = [run.run_id for run in _runs(instance) if run.run_id in set(ids) and run.is_success]
    started = {run_id: instance.get_run_stats(run_id).start_time or 0.0 for run_id in ended}
    late = [started[run.run_id] - _slot(run) for run in slots if run.run_id in started]
    return {
        "CPU": used / minutes,
        "memory": memory,
        "storage": (_size(root) - size) / max(len(slots), 1),
        "late": max(late, default=float("nan")),
        "runs": len(ended),
        "slots": connectors * minutes,
    }


def _runs(instance: "DagsterInstance") -> "list[DagsterRun]":
    return [run for run in instance.get_runs() if "restsrc/slot" in run.tags]


def _slot(run: "DagsterRun") -> float:
    return datetime.fromisoformat(run.tags["restsrc/slot"]).timestamp()


def _is_finished(instance: "DagsterInstance", run_id: str) -> bool:
    run = instance.get_run_by_id(run_id)
    return run is not None and run.is_finished


def _ended(instance: "DagsterInstance", trigger: str) -> int:
    runs = [run for run in instance.get_runs() if run.tags.get("restsrc/trigger") == trigger]
    return sum(run.is_finished for run in runs)


def _used(pid: int) -> float:
    return sum(cpu_with_waited_for(one) for one in [pid, *descendants(pid)])


def _size(root: Path) -> float:
    """Of what the instance keeps, in MB."""
    kept = [
        path for name in ("history", "schedules", "storage") for path in (root / name).rglob("*")
    ]
    return sum(path.stat().st_size for path in kept if path.is_file()) / (1 << 20)


if __name__ == "__main__":
    _, which, connectors, minutes, url = sys.argv
    print(json.dumps({"figures": measured(which, int(connectors), int(minutes), url)}))

"""An instance with the launcher, and a code location that Dagster has started."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.instance_for_test import instance_for_test
from dagster._core.test_utils import create_test_daemon_workspace_context
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import PythonFileTarget

from restsrc_dagster.orchestrate.forking.launcher import FORKED_TAG, ForkingRunLauncher
from restsrc_dagster.orchestrate.forking.place import FOLDER

LAUNCHER = {"module": "restsrc_dagster.orchestrate.forking", "class": "ForkingRunLauncher"}
COORDINATOR = {"module": "coordinator", "class": "AtOnce"}
OF_THE_INSTANCE = """
from dagster._core.run_coordinator import DefaultRunCoordinator

class AtOnce(DefaultRunCoordinator): ...
"""
LONGEST = 60.0


def wait_for(what: str, found: Callable[[], Any]) -> Any:
    end = time.monotonic() + LONGEST
    while not (it := found()):
        assert time.monotonic() < end, f"{what}: not within {LONGEST:.0f} s"
        time.sleep(0.02)
    return it


class Deployment:
    """Launches the jobs of `location.py` as the daemon does, and tells what became of them."""

    def __init__(
        self, folder: Path, instance: dg.DagsterInstance, workspace: WorkspaceProcessContext
    ) -> None:
        self.folder = folder
        self.instance = instance
        self.context = workspace.create_request_context()
        (self._location,) = self.context.code_locations

    @property
    def launcher(self) -> ForkingRunLauncher:
        launcher = self.instance.run_launcher
        assert isinstance(launcher, ForkingRunLauncher)
        return launcher

    def create(self, job: str) -> str:
        from restsrc_dagster_tests.orchestrate.forking import location

        remote = self._location.get_repository("__repository__").get_full_job(job)
        return self.instance.create_run_for_job(
            getattr(location, job),
            remote_job_origin=remote.get_remote_origin(),
            job_code_origin=remote.get_python_origin(),
        ).run_id

    def launch(self, job: str) -> str:
        run_id = self.create(job)
        self.instance.launch_run(run_id, self.context)
        return run_id

    def run(self, run_id: str) -> dg.DagsterRun:
        run = self.instance.get_run_by_id(run_id)
        assert run is not None
        return run

    def ends(self, run_id: str) -> str:
        wait_for("the run's end", lambda: self.run(run_id).is_finished)
        return self.run(run_id).status.value

    def messages(self, run_id: str) -> str:
        return "\n".join(entry.message for entry in self.instance.all_logs(run_id))

    def health(self, run_id: str) -> str:
        return self.launcher.check_run_worker_health(self.run(run_id)).status.value

    def told(self, run_id: str) -> dict[str, Any]:
        """What `telling` has left."""
        assert self.ends(run_id) == "SUCCESS"
        told: dict[str, Any] = json.loads((self.folder / f"{run_id}.told").read_text())
        return told

    def pid(self, run_id: str) -> int:
        """Of a run that waits."""
        path = self.folder / f"{run_id}.pid"
        return int(wait_for("the step", lambda: path.exists() and path.read_text()))

    def claim(self, run_id: str) -> Path:
        return self.place / self.run(run_id).tags[FORKED_TAG]

    @property
    def place(self) -> Path:
        return Path(self.instance.storage_directory()) / FOLDER

    def server(self) -> int:
        """The process that forks now."""
        return int(self.told(self.launch("telling"))["parent"])


def is_there(pid: int) -> bool:
    """Whether a process is, and not a zombie."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


@contextmanager
def deployed(folder: Path, home: Path) -> Iterator[Deployment]:
    """The location is in `folder`, which is the working folder meanwhile."""
    file = folder / "location.py"
    shutil.copy(Path(__file__).parent / "location.py", file)
    target = PythonFileTarget(str(file), None, str(folder), "location")
    (folder / "coordinator.py").write_text(OF_THE_INSTANCE, encoding="utf-8")
    settings = {"run_launcher": LAUNCHER, "run_coordinator": COORDINATOR}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(str(folder))
        with (
            instance_for_test(overrides=settings, temp_dir=str(home)) as instance,
            create_test_daemon_workspace_context(target, instance) as workspace,
        ):
            yield Deployment(folder, instance, workspace)
            (folder / "go").touch()

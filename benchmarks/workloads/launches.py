"""What a run costs that finds nothing new, launched as the daemon launches it, to its end.

Each system is an instance of its own, with a code server that Dagster has started. The daemon's
part, `launch_run`, is this process's. `process CPU` is what that takes of a processor, with the
code server, the server that forks, and the processes of the run; `seconds` are those to the event
that says that the run has succeeded, `memory` is the most that the process of another run had for
itself. The first run of each, which starts what is to be started and delivers the records, is not
measured. Linux only.
"""

import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

from benchmarks.locations.files import NAME, write_with_one_to_run
from benchmarks.measure import Failed, Outcome, empty_folder, environment
from benchmarks.processes import children, cpu_with_waited_for, memory, wait_for
from benchmarks.workload import OURS, Amount, Ratio, System, Workload
from benchmarks.workloads.definitions import RESOURCES
from benchmarks.workloads.runs import EMPTY

if TYPE_CHECKING:
    from dagster import DagsterInstance
    from dagster._core.workspace.context import WorkspaceRequestContext

BY_DAGSTER = {"module": "dagster", "class": "DefaultRunLauncher"}
FORKED = {"module": "restsrc_dagster.orchestrate.forking", "class": "ForkingRunLauncher"}
OURS_FORKED = "ours, forked"
EMPTY_FORKED = "an empty job, forked"
STARTED = re.compile(r"Started process for run \(pid: (\d+)\)")


class Deployment:
    """An instance, and a code server of `module`."""

    def __init__(
        self,
        instance: "DagsterInstance",
        context: "WorkspaceRequestContext",
        create: Callable[[], str],
    ) -> None:
        self._instance = instance
        self._context = context
        self._create = create
        self._warm = False

    def measure(self, _: str) -> Outcome:
        if not self._warm:
            self._end(self._launch())
            self._warm = True
        of_memory = self._launch()
        peak = self._peak(self._pid(of_memory))
        self._end(of_memory)
        before, own, began = self._used(), time.process_time(), time.time()
        run_id = self._launch()
        own = time.process_time() - own
        self._end(run_id)
        seconds = (self._instance.get_run_stats(run_id).end_time or 0.0) - began
        figures = {"seconds": seconds, "process CPU": self._used() - before + own, "memory": peak}
        return Outcome(figures)

    def _launch(self) -> str:
        run_id = self._create()
        self._instance.launch_run(run_id, self._context)
        return run_id

    def _end(self, run_id: str) -> None:
        def is_finished() -> bool:
            run = self._instance.get_run_by_id(run_id)
            return run is not None and run.is_finished

        wait_for("the end of the run", is_finished)
        run = self._instance.get_run_by_id(run_id)
        if run is None or not run.is_success:
            told = [entry.message for entry in self._instance.all_logs(run_id)]
            raise Failed(f"the run has failed: {told[-3:]}"[:150])
        process = Path(f"/proc/{self._pid(run_id)}")
        wait_for("its process to be waited for", lambda: not process.exists())

    def _pid(self, run_id: str) -> int:
        found: list[str] = []
        while not found:
            told = " ".join(entry.message for entry in self._instance.all_logs(run_id))
            found = STARTED.findall(told)
        return int(found[0])

    def _peak(self, pid: int) -> float:
        peak = 0.0
        with suppress(OSError, IndexError, KeyError):  # it has ended
            while True:
                peak = max(peak, memory(pid)["USS"])
                time.sleep(0.02)
        return peak

    def _used(self) -> float:
        return sum(cpu_with_waited_for(pid) for pid in children(os.getpid()))


@contextmanager
def _deployed(
    root: Path, launcher: Mapping[str, str], module: str, job: str, variables: Mapping[str, str]
) -> Iterator[System]:
    from dagster._core.definitions.reconstruct import ReconstructableRepository
    from dagster._core.instance_for_test import instance_for_test
    from dagster._core.test_utils import create_test_daemon_workspace_context
    from dagster._core.workspace.load_target import ModuleTarget

    at_once = {"module": "dagster._core.run_coordinator", "class": "DefaultRunCoordinator"}
    settings = {"run_launcher": dict(launcher), "run_coordinator": at_once}
    target = ModuleTarget(module, "defs", str(root), "location")
    with (
        mock.patch.dict(os.environ, variables),
        instance_for_test(overrides=settings) as instance,
        create_test_daemon_workspace_context(target, instance) as workspace,
    ):
        context = workspace.create_request_context()
        repository = context.get_code_location("location").get_repository("__repository__")
        remote = repository.get_full_job(job)
        code = ReconstructableRepository.for_module(module, "defs", str(root))
        definition = code.get_definition().get_job(job)

        def create() -> str:
            return instance.create_run_for_job(
                definition,
                remote_job_origin=remote.get_remote_origin(),
                job_code_origin=remote.get_python_origin(),
            ).run_id

        yield System(Deployment(instance, context, create).measure)


@contextmanager
def prepared(url: str) -> Iterator[Mapping[str, System]]:
    if sys.platform != "linux":
        raise Failed("processes are measured on Linux only")
    empty, ours = (
        ("benchmarks.locations.empty", "empty"),
        ("restsrc_dagster.definitions", f"{NAME}_sync"),
    )
    systems = {
        EMPTY: (BY_DAGSTER, *empty),
        OURS: (BY_DAGSTER, *ours),
        EMPTY_FORKED: (FORKED, *empty),
        OURS_FORKED: (FORKED, *ours),
    }
    with ExitStack() as stack:
        found = {}
        for name, (launcher, module, job) in systems.items():
            root = stack.enter_context(empty_folder())
            (root / "data").mkdir()
            write_with_one_to_run(root / "connectors", 1, RESOURCES, url)
            folder = str(root / "connectors")
            variables = environment(root, TOKEN="a token", RESTSRC_CONNECTORS_DIR=folder)
            found[name] = stack.enter_context(_deployed(root, launcher, module, job, variables))
        yield found


TITLE = "a run that finds nothing new, launched by the daemon's way"
ALSO = ["process CPU"]
WORKLOADS = (
    Workload(
        name="launches",
        prepared=prepared,
        lines=(
            Ratio(
                title=f"{TITLE}, CPU",
                ours=OURS_FORKED,
                beside=[EMPTY],
                of="process CPU",
                at_most=0.35,
            ),
            Ratio(title=f"{TITLE}, to its end", ours=OURS_FORKED, beside=[EMPTY], at_most=0.3),
            Ratio(title=TITLE, ours=OURS_FORKED, beside=[OURS], also=ALSO),
            Ratio(
                title="an empty Dagster job, the same way",
                ours=EMPTY_FORKED,
                beside=[EMPTY],
                also=ALSO,
            ),
            Amount(title=f"{TITLE}: MB of its own", of="memory", system=OURS_FORKED, at_most=120),
            Amount(title=f"{TITLE}, by Dagster's own launcher: of its own", of="memory"),
        ),
    ),
)

"""What a run costs that finds nothing new, and what other connectors of its location add to it.

Each run is a process of its own, launched by `dagster api execute_run` as run launchers do it (on
Docker, ECS and Kubernetes to the letter; Dagster's daemon forks the same work from its code
server), from its launch to its exit.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

from benchmarks.api import NEW
from benchmarks.locations.files import NAME, write_with_one_to_run
from benchmarks.measure import Failed, Outcome, empty_folder, environment, timed
from benchmarks.tables import sums
from benchmarks.workload import EAGER, OURS, Ratio, System, Workload
from benchmarks.workloads.definitions import CONNECTORS, RESOURCES, SAMPLE

if TYPE_CHECKING:
    from dagster import DagsterInstance

EMPTY = "an empty Dagster job"
SCRIPT = "the dlt script"
MANY = f"one of {CONNECTORS}"
Command = Callable[[], Sequence[str]]


def launcher(instance: "DagsterInstance", module: str, job: str, root: Path) -> Command:
    """A new run of `job` each time, as the command that executes it.

    The location is loaded here, from the folder that the environment names.
    """
    from dagster._core.definitions.reconstruct import ReconstructableRepository
    from dagster._grpc.types import ExecuteRunArgs

    repository = ReconstructableRepository.for_module(module, "defs", str(root))
    definition = repository.get_definition().get_job(job)
    origin = repository.get_reconstructable_job(job).get_python_origin()

    def command() -> Sequence[str]:
        run = instance.create_run_for_job(definition, job_code_origin=origin)
        arguments = ExecuteRunArgs(
            job_origin=origin,
            run_id=run.run_id,
            instance_ref=instance.get_ref(),
            set_exit_code_on_failure=True,
        )
        return [sys.executable, "-m", *arguments.get_command_args()]

    return command


class Runs:
    """Makes the systems; the first run of each, which delivers the records, is not measured."""

    def __init__(self, root: Path, url: str, instance: "DagsterInstance") -> None:
        self._root = root
        self._url = url
        self._instance = instance
        (root / "data").mkdir()

    def of_nothing(self) -> System:
        variables = self._variables()
        command = launcher(self._instance, "benchmarks.locations.empty", "empty", self._root)
        return self._system(command, variables)

    def of_ours(self, connectors: int) -> System:
        return self._of_job("restsrc_dagster.definitions", "restsrc", connectors)

    def of_dlt_assets(self, connectors: int, *, once: bool = False) -> System:
        return self._of_job("benchmarks.locations.eager", "eager", connectors, once=once)

    def _of_job(self, module: str, prefix: str, connectors: int, *, once: bool = False) -> System:
        folder = self._root / f"{prefix}_{connectors}"
        write_with_one_to_run(folder, connectors, RESOURCES, self._url)
        variables = self._variables(RESTSRC_CONNECTORS_DIR=str(folder))
        with mock.patch.dict(os.environ, variables):
            command = launcher(self._instance, module, f"{NAME}_sync", self._root)
        return self._system(command, variables, loaded=(f"{prefix}_{NAME}", NAME), once=once)

    def of_script(self) -> System:
        folder = self._root / "script"
        write_with_one_to_run(folder, 1, RESOURCES, self._url)
        arguments = [str(folder / f"{NAME}.json"), str(self._root / "data" / "hand.duckdb")]
        command = [sys.executable, "-m", "benchmarks.locations.by_hand", *arguments]
        return self._system(lambda: command, self._variables(), loaded=("hand", "by_hand"))

    def _variables(self, **more: str) -> dict[str, str]:
        return environment(self._root, TOKEN="a token", **more)

    def _system(
        self,
        command: Command,
        variables: Mapping[str, str],
        *,
        loaded: tuple[str, str] | None = None,
        once: bool = False,
    ) -> System:
        """`loaded` is the database, and the dataset in it, that holds the records afterwards."""

        delivered = False

        def measure(_: str) -> Outcome:
            nonlocal delivered
            if not delivered:
                timed(command(), self._root, variables)
                delivered = True
            figures = timed(command(), self._root, variables)
            if loaded is not None:
                database, dataset = loaded
                rows = sums(self._root / "data" / f"{database}.duckdb", "items", dataset).rows
                if rows != len(NEW):
                    raise Failed(f"{rows} rows, expected {len(NEW)}")
            return Outcome(figures)

        return System(measure, once=once)


@contextmanager
def _runs(url: str) -> Iterator[Runs]:
    from dagster._core.instance_for_test import instance_for_test

    with empty_folder() as root, instance_for_test() as instance:
        yield Runs(root, url, instance)


@contextmanager
def prepared(url: str) -> Iterator[Mapping[str, System]]:
    with _runs(url) as runs:
        yield {
            EMPTY: runs.of_nothing(),
            SCRIPT: runs.of_script(),
            OURS: runs.of_ours(1),
            MANY: runs.of_ours(CONNECTORS),
            EAGER: runs.of_dlt_assets(SAMPLE),
        }


@contextmanager
def prepared_eager(url: str) -> Iterator[Mapping[str, System]]:
    with _runs(url) as runs:
        yield {
            MANY: runs.of_ours(CONNECTORS),
            EAGER: runs.of_dlt_assets(CONNECTORS, once=True),
        }


TITLE = "a run that finds nothing new"
OF_MANY = f"{TITLE}, one of {CONNECTORS} connectors × {RESOURCES} resources"
ALSO = ["process CPU"]
WORKLOADS = (
    Workload(
        name="runs",
        prepared=prepared,
        lines=(
            Ratio(title=TITLE, beside=[EMPTY, SCRIPT], of="process", also=ALSO, at_most=1.1),
            Ratio(title=OF_MANY, ours=MANY, beside=[OURS], of="process", also=ALSO, at_most=1.6),
            Ratio(
                title=f"{OF_MANY}, beside one of {SAMPLE} by dlt_assets",
                ours=MANY,
                beside=[EAGER],
                of="process",
                also=ALSO,
            ),
        ),
    ),
    Workload(
        name="runs-eager",
        prepared=prepared_eager,
        lines=(
            Ratio(
                title=f"{OF_MANY}, beside one of {CONNECTORS} by dlt_assets",
                ours=MANY,
                beside=[EAGER],
                of="process",
                also=ALSO,
                at_least=10,
            ),
        ),
        long=True,
    ),
)

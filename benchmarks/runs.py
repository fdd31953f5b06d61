"""What a run costs that finds nothing new, and what other connectors of its location add to it.

    python -m benchmarks.runs [--connectors 1000] [--resources 10] [--eager 100] [--repeats 7]

Each run is a process of its own, launched by `dagster api execute_run` as run launchers do it (on
Docker, ECS and Kubernetes to the letter; Dagster's daemon forks the same work from its code
server), against an API on loopback, into DuckDB. Runs of all kinds take turns, and each figure is
the median of its kind: "wall" from launch to exit, "CPU" what the process took of a processor.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.definitions.reconstruct import ReconstructableRepository
from dagster._core.instance_for_test import instance_for_test
from dagster._grpc.types import ExecuteRunArgs

from benchmarks.definitions import write_connectors

NAME = "connector_0007"
RECORDS = [
    {"id": number, "updated_at": f"2026-01-{number:02}T00:00:00Z"} for number in range(1, 29)
]

EMPTY = """
import dagster as dg

@dg.op
def nothing(): ...

@dg.job(executor_def=dg.in_process_executor)
def empty():
    nothing()

defs = dg.Definitions(jobs=[empty])
"""

BY_HAND = """
import json, sys
from pathlib import Path
import dlt
from dlt.sources.rest_api import rest_api_source

configuration = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["configuration"]
pipeline = dlt.pipeline(
    "by_hand", destination=dlt.destinations.duckdb(sys.argv[2]), dataset_name="by_hand"
)
pipeline.run(rest_api_source(configuration, name="by_hand"))
"""

# As dagster-dlt documents it, once for each connector, from the same files.
EAGER = """
import json, os
from pathlib import Path
import dagster as dg
import dlt
from dagster_dlt import DagsterDltResource, dlt_assets
from dlt.sources.rest_api import rest_api_source

def build(path):
    configuration = json.loads(path.read_text(encoding="utf-8"))["configuration"]
    file = str(Path(os.environ["RESTSRC_DATA_DIR"]) / f"eager_{path.stem}.duckdb")
    @dlt_assets(
        dlt_source=rest_api_source(configuration, name=path.stem),
        dlt_pipeline=dlt.pipeline(
            path.stem, destination=dlt.destinations.duckdb(file), dataset_name=path.stem
        ),
        name=path.stem,
        group_name=path.stem,
    )
    def assets(context, dlt: DagsterDltResource):
        yield from dlt.run(context=context)
    return assets

assets = [build(path) for path in sorted(Path(os.environ["RESTSRC_CONNECTORS_DIR"]).glob("*.json"))]
defs = dg.Definitions(
    assets=assets,
    jobs=[
        dg.define_asset_job(
            f"{a.op.name}_sync",
            dg.AssetSelection.assets(a),
            executor_def=dg.in_process_executor,
        )
        for a in assets
    ],
    resources={"dlt": DagsterDltResource()},
)
"""


@dataclass(frozen=True)
class Kind:
    """One way to run: a command that is made afresh for each repetition."""

    title: str
    command: Callable[[], Sequence[str]]
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Cost:
    wall: float
    cpu: float


@contextmanager
def serving() -> Iterator[str]:
    """An API with a resource of a few records, of which those after the cursor are given."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            since = self.path.partition("since=")[2].replace("%3A", ":")
            new = [record for record in RECORDS if record["updated_at"] > since]
            body = json.dumps({"data": new, "paging": {}}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def write_location(folder: Path, count: int, resources: int, url: str) -> None:
    """`count` connectors, of which one has a single resource of the API at `url`."""
    folder.mkdir()
    write_connectors(folder, count, resources)
    for path in folder.glob("*.json"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("${TOKEN}", "a token"), encoding="utf-8")
    path = folder / f"{NAME}.json"
    if not path.exists():
        min(folder.glob("*.json")).rename(path)
    content = json.loads(path.read_text(encoding="utf-8"))
    content["configuration"]["client"]["base_url"] = url
    content["configuration"]["resources"] = [
        {
            "name": "items",
            "primary_key": "id",
            "endpoint": {
                "path": "items",
                "data_selector": "data",
                "incremental": {
                    "cursor_path": "updated_at",
                    "initial_value": "1970-01-01T00:00:00Z",
                    "start_param": "since",
                },
            },
        }
    ]
    path.write_text(json.dumps(content), encoding="utf-8")


def launcher(
    instance: dg.DagsterInstance, repository: ReconstructableRepository, job: str
) -> Callable[[], Sequence[str]]:
    """A new run of `job` each time, as the command that executes it."""
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


def run(kind: Kind, folder: Path) -> Cost:
    """Execute one run; raises CalledProcessError if it fails."""
    command = kind.command()
    log = folder / "log"
    began = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=kind.environment, stdout=output, stderr=output
        )
        _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.stderr.write(log.read_text(encoding="utf-8", errors="replace"))
        raise subprocess.CalledProcessError(process.returncode, kind.title)
    return Cost(wall, used.ru_utime + used.ru_stime)


def median(costs: list[Cost]) -> Cost:
    return Cost(
        statistics.median(cost.wall for cost in costs),
        statistics.median(cost.cpu for cost in costs),
    )


def kinds(
    arguments: argparse.Namespace, root: Path, url: str, instance: dg.DagsterInstance
) -> Iterator[Kind]:
    environment = {
        **os.environ,
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "DLT_DATA_DIR": str(root / "dlt"),
        "RESTSRC_DATA_DIR": str(root / "data"),
    }
    (root / "data").mkdir()
    for name, code in (("empty", EMPTY), ("by_hand", BY_HAND), ("eager", EAGER)):
        (root / f"{name}.py").write_text(code, encoding="utf-8")

    def location(name: str, count: int, resources: int) -> dict[str, str]:
        write_location(root / name, count, resources, url)
        return {**environment, "RESTSRC_CONNECTORS_DIR": str(root / name)}

    def ours(title: str, at: dict[str, str]) -> Kind:
        os.environ.update({key: at[key] for key in ("RESTSRC_CONNECTORS_DIR", "RESTSRC_DATA_DIR")})
        code = ReconstructableRepository.for_module(
            "restsrc_dagster.definitions", "defs", str(root)
        )
        return Kind(title, launcher(instance, code, f"{NAME}_sync"), at)

    empty = ReconstructableRepository.for_file(str(root / "empty.py"), "defs", str(root))
    alone = location("alone", 1, 1)
    script = [
        sys.executable,
        str(root / "by_hand.py"),
        str(root / "alone" / f"{NAME}.json"),
        str(root / "data" / "hand.duckdb"),
    ]
    yield Kind("an empty Dagster job", launcher(instance, empty, "empty"), environment)
    yield Kind("the dlt script by hand", lambda: script, environment)
    yield ours("a connector alone", alone)
    many = location("many", arguments.connectors, arguments.resources)
    yield ours(f"one of {arguments.connectors} connectors", many)
    if arguments.eager:
        at = location("sample", arguments.eager, arguments.resources)
        os.environ.update(at)
        code = ReconstructableRepository.for_file(str(root / "eager.py"), "defs", str(root))
        title = f"one of {arguments.eager}, by dlt_assets"
        yield Kind(title, launcher(instance, code, f"{NAME}_sync"), at)


def measure(arguments: argparse.Namespace) -> dict[str, Cost]:
    costs: dict[str, list[Cost]] = {}
    with (
        tempfile.TemporaryDirectory() as temporary,
        instance_for_test() as instance,
        serving() as url,
    ):
        root = Path(temporary)
        all_kinds = list(kinds(arguments, root, url, instance))
        for kind in all_kinds:
            run(kind, root)  # the first run delivers the records
        for repetition in range(arguments.repeats):
            for kind in all_kinds:
                if kind is all_kinds[-1] and arguments.eager and repetition >= 3:
                    continue
                costs.setdefault(kind.title, []).append(run(kind, root))
    return {title: median(found) for title, found in costs.items()}


def ratios(costs: Mapping[str, Cost], arguments: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    empty, script, alone, one, *eager = costs.values()

    def ratio(over: Callable[[Callable[[Cost], float]], float]) -> str:
        wall, cpu = over(lambda cost: cost.wall), over(lambda cost: cost.cpu)
        return f"{wall:.2f} wall, {cpu:.2f} CPU"

    yield (
        "a connector alone / (an empty job + the dlt script)",
        ratio(lambda of: of(alone) / (of(empty) + of(script))),
    )
    yield (
        f"one of {arguments.connectors} / a connector alone",
        ratio(lambda of: of(one) / of(alone)),
    )
    for rival in eager:
        yield (
            f"one of {arguments.eager} by dlt_assets / one of {arguments.connectors}",
            ratio(lambda of, rival=rival: of(rival) / of(one)),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--connectors", type=int, default=1000)
    parser.add_argument("--resources", type=int, default=10)
    parser.add_argument("--eager", type=int, default=100, help="connectors by dlt_assets; 0: none")
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    costs = measure(arguments)
    packages = ("dagster", "dagster-dlt", "dlt", "duckdb")
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, "
        + ", ".join(f"{package} {version(package)}" for package in packages)
    )
    print(f"Runs that find nothing new, median of {arguments.repeats} processes each\n")
    print("| run | wall | CPU |")
    print("|---|---|---|")
    for title, cost in costs.items():
        print(f"| {title} | {cost.wall:.2f} s | {cost.cpu:.2f} s |")
    print()
    for words, figures in ratios(costs, arguments):
        print(f"{words}: {figures}")


if __name__ == "__main__":
    main()

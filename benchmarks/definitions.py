"""How long a code location of many connectors takes to load, beside the same made with dlt_assets.

    python benchmarks/definitions.py [--connectors 1000] [--resources 10] [--sample 100]

Each figure is the median of fresh processes. "call" is the time inside one, from before the call
to after it, with everything imported; "with import" adds the imports that it needs; "CPU" is what
the call takes of a processor, whatever else the machine does.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

OURS = """
import sys, time
began = time.perf_counter()
from restsrc_dagster import build_definitions
called, busy = time.perf_counter(), time.process_time()
definitions = build_definitions(sys.argv[1])
ended, worked = time.perf_counter(), time.process_time()
assert len(list(definitions.schedules)) == int(sys.argv[2])
"""

# What dagster-dlt's own documentation shows, once for each connector: the source, the pipeline
# and the assets are built when the code location loads.
EAGER = """
import sys, time
began = time.perf_counter()
import json
from pathlib import Path
import dagster as dg
import dlt
from dagster_dlt import DagsterDltResource, dlt_assets
from dlt.sources.rest_api import rest_api_source

def build(path):
    configuration = json.loads(path.read_text(encoding="utf-8"))["configuration"]
    configuration["client"]["auth"]["token"] = "resolved when definitions load"
    @dlt_assets(
        dlt_source=rest_api_source(configuration, name=path.stem),
        dlt_pipeline=dlt.pipeline(path.stem, destination="duckdb", dataset_name=path.stem),
        name=path.stem,
        group_name=path.stem,
    )
    def assets(context, dlt: DagsterDltResource):
        yield from dlt.run(context=context)
    return assets

called, busy = time.perf_counter(), time.process_time()
assets = [build(path) for path in sorted(Path(sys.argv[1]).glob("*.json"))[: int(sys.argv[2])]]
jobs = [dg.define_asset_job(f"{a.op.name}_sync", dg.AssetSelection.assets(a)) for a in assets]
schedules = [dg.ScheduleDefinition(job=job, cron_schedule="*/10 * * * *") for job in jobs]
definitions = dg.Definitions(
    assets=assets, jobs=jobs, schedules=schedules, resources={"dlt": DagsterDltResource()}
)
ended, worked = time.perf_counter(), time.process_time()
assert len(assets) == int(sys.argv[2])
"""

TELL = """
import json, resource
print(json.dumps({
    "call": ended - called,
    "with import": ended - began,
    "CPU": worked - busy,
    "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


def write_connectors(folder: Path, count: int, resources: int) -> None:
    for number in range(count):
        name = f"connector_{number:04}"
        content = {
            "description": f"What {name} brings",
            "created_at": "2026-11-23T10:03:00Z",
            "schedule": {"mode": "minutes", "interval": 10},
            "configuration": {
                "client": {
                    "base_url": f"https://api{number}.example.com/v1",
                    "auth": {"type": "bearer", "token": "${TOKEN}"},
                    "paginator": {"type": "json_link", "next_url_path": "paging.next"},
                },
                "resources": [_resource(position) for position in range(resources)],
            },
        }
        text = json.dumps(content, indent=2)
        (folder / f"{name}.json").write_text(text, encoding="utf-8")


def _resource(position: int) -> dict[str, Any]:
    """A mix: the first has a cursor, the second is its child, the others are plain."""
    endpoint: dict[str, Any] = {
        "path": f"things/{position}",
        "data_selector": "data",
        "params": {"per_page": 100},
    }
    if position == 0:
        endpoint["incremental"] = {"cursor_path": "updated_at", "initial_value": "1970-01-01"}
    if position == 1:
        endpoint["path"] = "things/{resources.resource_0.id}/parts"
    return {"name": f"resource_{position}", "endpoint": endpoint}


def measure(code: str, folder: Path, count: int, repeats: int) -> dict[str, float]:
    environment = {
        **os.environ,
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "DLT_DATA_DIR": str(folder.parent / "dlt"),
        "RESTSRC_DATA_DIR": str(folder.parent / "data"),
    }
    figures = []
    for _ in range(repeats):
        ended = subprocess.run(
            [sys.executable, "-c", code + TELL, str(folder), str(count)],
            stdout=subprocess.PIPE,
            check=True,
            env=environment,
            cwd=folder.parent,
        )
        figures.append(json.loads(ended.stdout.splitlines()[-1]))
    return {key: statistics.median(figure[key] for figure in figures) for key in figures[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--connectors", type=int, default=1000)
    parser.add_argument("--resources", type=int, default=10)
    parser.add_argument("--sample", type=int, default=100, help="connectors built eagerly")
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    count, sample = arguments.connectors, min(arguments.sample, arguments.connectors)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "connectors"
        folder.mkdir()
        write_connectors(folder, count, arguments.resources)
        ours = measure(OURS, folder, count, arguments.repeats)
        small = Path(temporary) / "sample"
        small.mkdir()
        write_connectors(small, sample, arguments.resources)
        ours_small = measure(OURS, small, sample, arguments.repeats)
        eager = measure(EAGER, small, sample, arguments.repeats)

    packages = ("dagster", "dagster-dlt", "dlt")
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, "
        + ", ".join(f"{package} {version(package)}" for package in packages)
    )
    print(f"{arguments.resources} resources a connector, median of {arguments.repeats} processes\n")
    print("| connectors | built by | call | CPU | with import | ms a connector | peak memory |")
    print("|---|---|---|---|---|---|---|")
    for number, title, figures in (
        (count, "build_definitions", ours),
        (sample, "build_definitions", ours_small),
        (sample, "dlt_assets, eagerly", eager),
    ):
        print(
            f"| {number} | {title} | {figures['call']:.2f} s | {figures['CPU']:.2f} s | "
            f"{figures['with import']:.2f} s | "
            f"{figures['call'] / number * 1000:.1f} | {figures['memory']:.0f} MB |"
        )
    print(
        f"\nA connector built eagerly costs {eager['call'] / ours_small['call']:.1f} times as much "
        f"({sample} connectors, call; with import "
        f"{eager['with import'] / ours_small['with import']:.1f} times)."
    )


if __name__ == "__main__":
    main()

"""What the benchmarks of loads share: a connector, and a load of it in a process of its own."""

import json
import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

BY_LINK = {"type": "json_link", "next_url_path": "next"}


def parents(count: int) -> dict[str, Any]:
    """A resource of so many parents, read by its cursor."""
    endpoint = {
        "path": "parents",
        "data_selector": "data",
        "params": {"count": count},
        "paginator": BY_LINK,
        "incremental": {"cursor_path": "at", "initial_value": 0},
    }
    return {"name": "parents", "primary_key": "id", "endpoint": endpoint}


def children() -> dict[str, Any]:
    """A resource with one request for each parent, which dlt sends side by side."""
    endpoint = {
        "path": "parents/{resources.parents.id}/child",
        "data_selector": "data",
        "paginator": "single_page",
    }
    return {"name": "children", "parallelized": True, "endpoint": endpoint}


def content(url: str, resources: list[Any], **http: Any) -> dict[str, Any]:
    """What the connector's file holds."""
    return {
        "created_at": "2026-11-23T10:03:00Z",
        "schedule": {"mode": "days"},
        "configuration": {"client": {"base_url": url}, "resources": resources},
        "http": http,
    }


LOAD = """
import json, resource, sys, time
from pathlib import Path
from restsrc_dagster.connector.files import check_content
from restsrc_dagster.load.load import Order, load
from restsrc_dagster.settings import Settings

connector = check_content("bench", json.loads(sys.argv[1]), file="bench.json")
settings = Settings(data_dir=Path("data"))
began = time.perf_counter()
report = load(connector, Order(selection=frozenset(connector.resources)), settings=settings)
assert not report.failed, report.failed
print(json.dumps({
    "seconds": time.perf_counter() - began,
    "rows": {name: one.rows_in_table for name, one in report.resources.items()},
    "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


def run(code: str, *arguments: str) -> Any:
    """What a fresh process, in an empty folder, prints as its last line of JSON."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parent.parent),
            "RUNTIME__DLTHUB_TELEMETRY": "false",
            "DLT_DATA_DIR": str(Path(folder) / "dlt"),
        }
        ended = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            stdout=subprocess.PIPE,
            check=True,
            env=environment,
            cwd=folder,
        )
    return json.loads(ended.stdout.splitlines()[-1])


def versions() -> str:
    return (
        f"Python {platform.python_version()}, {os.cpu_count()} cores, "
        f"dlt {version('dlt')}, duckdb {version('duckdb')}"
    )

"""Where and with what it was measured."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

import duckdb

from benchmarks.systems.environments import PROGRAMS

PACKAGES = (
    "restsrc-dagster",
    "dlt",
    "dagster",
    "dagster-dlt",
    "duckdb",
    "pyarrow",
    "orjson",
    "requests",
)


def machine() -> str:
    with duckdb.connect() as connection:
        found = connection.execute("SELECT current_setting('memory_limit')").fetchall()
    limit = found[0][0]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return (
        f"{os.cpu_count()} cores ({_processor()}), {memory:.0f} GB of memory, of which DuckDB may"
        f" take {limit}; {platform.system()} {platform.release().partition('-')[0]}, Python"
        f" {platform.python_version()}"
    )


def versions() -> str:
    told = {**{package: version(package) for package in PACKAGES}, **PROGRAMS}
    return ", ".join(f"{package} {number}" for package, number in told.items())


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return platform.processor() or platform.machine()
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())

"""What a server imports for the runs that it forks, and whether that is as it was.

Nothing of a code location is imported: each run does that itself, and gets new code and new files
without a reload, as a run does that Dagster starts.
"""

import gc
import importlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from restsrc_dagster.collector import freeze_for_good
from restsrc_dagster.orchestrate.forking.rehearsal import rehearse
from restsrc_dagster.orchestrate.forking.storage import keep_connections

MODULES = (
    "alembic.command",
    "dagster._core.execution.plan.active",
    "dagster._core.executor.in_process",
    "dagster._core.instance.factory",
    "dagster._core.secrets.env_file",
    "dagster._core.storage.runs",
    "dagster._core.system_config.composite_descent",
    "dagster._core.utility_ops",
    "dagster._core.workspace.autodiscovery",
    "dagster._daemon",
    "dagster._grpc.impl",
    "dagster._utils.test",
    "dlt.common.configuration.plugins",
    "dlt.common.libs.sql_alchemy_compat",
    "dlt.destinations.impl.duckdb.duck",
    "duckdb",
    "encodings.utf_8_sig",
    "fsspec.implementations.local",
    "pendulum.locales.en.locale",
    "pluggy",
    "pyarrow.parquet",
    "restsrc_dagster.load.load",
    "restsrc_dagster.orchestrate.build",
    "restsrc_dagster.orchestrate.forking.worker",
    "restsrc_dagster.orchestrate.materialize",
    "restsrc_dagster.orchestrate.metadata",
    "restsrc_dagster.orchestrate.one_load",
    "restsrc_dagster.orchestrate.partitions",
    "restsrc_dagster.orchestrate.range_config",
    "sqlalchemy.dialects.sqlite",
    "upath.implementations.local",
)
"""What a run of a connector imports, with the libraries' own late imports."""
_ARROW = "JE_ARROW_MALLOC_CONF"
"""The allocator in Arrow starts a thread as soon as it is loaded, unless told."""


def preload(also: Iterable[str]) -> None:
    """Import all of it; afterwards this process has one thread, and much that runs share.

    Args:
        also: modules that the instance is made of.
    """
    gc.disable()
    told = os.environ.get(_ARROW)
    os.environ[_ARROW] = ",".join(filter(None, [told, "background_thread:false"]))
    for name in (*MODULES, *also):
        importlib.import_module(name)
    if told is None:
        del os.environ[_ARROW]
    else:
        os.environ[_ARROW] = told
    keep_connections()
    rehearse()
    _fork_once()
    freeze_for_good()


def threads() -> int:
    """How many this process has, those of libraries included."""
    return sum(1 for _ in Path("/proc/self/task").iterdir())


def _fork_once() -> None:
    """Libraries that have threads, and can be forked, end them before the first time."""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


Print = dict[str, tuple[int, int]]


def fingerprint() -> Print:
    """Of each file that was imported, when it was written, and its size; gone ones have zeros."""
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    return {file: _stamp(file) for file in files if file}


def is_as_it_was(before: Print) -> bool:
    return all(_stamp(file) == stamp for file, stamp in before.items())


def _stamp(file: str) -> tuple[int, int]:
    try:
        found = Path(file).stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size

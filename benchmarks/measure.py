"""What a fresh process takes, in an empty folder of its own."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LONGEST = 1800.0
"""Seconds after which a process is ended that does not end by itself."""


class Failed(Exception):
    """A system could not be measured: the message says why, in a line."""


@dataclass(frozen=True)
class Outcome:
    """One measurement: figures by name, in seconds and MB, and the tables that it has made."""

    figures: Mapping[str, float]
    tables: Mapping[str, Any] = field(default_factory=dict)


@contextmanager
def empty_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        yield Path(folder)


def environment(folder: Path, **more: str) -> dict[str, str]:
    """That of all processes: nothing is sent anywhere, and nothing written outside of `folder`."""
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__LOG_LEVEL": "ERROR",
        "DLT_DATA_DIR": str(folder / "dlt"),
        "RESTSRC_DATA_DIR": str(folder / "data"),
        **more,
    }


def timed(command: Sequence[str], folder: Path, variables: Mapping[str, str]) -> dict[str, float]:
    """Run it in `folder`, its output in the files `out` and `err` there.

    Returns:
        `process`, the seconds from launch to exit, and `process CPU`, what it and those that it
        has waited for took of a processor.

    Raises:
        Failed: it did not end with 0; its last words.
    """
    began = time.perf_counter()
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        process = subprocess.Popen(command, cwd=folder, env=variables, stdout=out, stderr=err)
        limit = threading.Timer(LONGEST, process.kill)
        limit.start()
        _, status, used = os.wait4(process.pid, 0)
        limit.cancel()
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        told = (folder / "err").read_text(encoding="utf-8", errors="replace")
        sys.stderr.write(told)
        raise Failed(f"exit {process.returncode}: {(told.strip().splitlines() or ['?'])[-1][:150]}")
    return {"process": seconds, "process CPU": used.ru_utime + used.ru_stime}


def python(*arguments: str, **variables: str) -> Outcome:
    """Run a module of the benchmarks, which prints `{"figures": …, "tables": …}` as its last line.

    Raises:
        Failed: as `timed`.
    """
    with empty_folder() as folder:
        command = [sys.executable, "-m", *arguments]
        taken = timed(command, folder, environment(folder, **variables))
        told = json.loads((folder / "out").read_text(encoding="utf-8").splitlines()[-1])
    return Outcome({**taken, **told["figures"]}, told.get("tables", {}))


def peak_memory() -> float:
    """Of this process so far, in MB.

    What getrusage tells begins with the size of the process that has started this one.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except FileNotFoundError:
        import resource

        unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) / 1024

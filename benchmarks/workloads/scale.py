"""What a deployment takes of many connectors, beside Dagster's own part of it."""

import sys
from typing import Any

from benchmarks.measure import Failed, Outcome, python
from benchmarks.workload import OURS, Amount, Line, Ratio, System, Workload

CONNECTORS = 500
RESOURCES = 10
MINUTES = 3
PLAIN = "plain Dagster"
PROCESSES = ("code server", "webserver", "daemon")
TITLE = f"{CONNECTORS} connectors × {RESOURCES} resources, deployed"


def _system(which: str) -> System:
    def measure(_: str) -> Outcome:
        if sys.platform != "linux":
            raise Failed("processes are measured on Linux only")
        counts = map(str, (CONNECTORS, RESOURCES, MINUTES))
        return python("benchmarks.locations.deployment", which, *counts)

    return System(measure)


def _beside(title: str, of: str, **target: Any) -> Ratio:
    return Ratio(title=f"{TITLE}: {title}", beside=[PLAIN], of=of, **target)


LINES: tuple[Line, ...] = (
    Amount(title=f"{TITLE}: seconds of a reload", of="reload", at_most=25),
    _beside("a reload", "reload", at_most=2),
    _beside("CPU of a reload, all processes", "reload CPU", at_most=2),
    *(_beside(f"CPU of a reload, {name}", f"reload CPU, {name}") for name in PROCESSES),
    Amount(title=f"{TITLE}: CPU of an idle daemon, a minute", of="idle CPU, daemon", at_most=4),
    *(_beside(f"CPU of an idle minute, {name}", f"idle CPU, {name}") for name in PROCESSES),
    Amount(title=f"{TITLE}: memory of the code server, MB", of="RSS, code server", at_most=300),
    *(_beside(f"memory, {name}", f"RSS, {name}") for name in PROCESSES),
)
WORKLOADS = (
    Workload(
        name="scale",
        systems={OURS: _system("ours"), PLAIN: _system("plain")},
        lines=LINES,
        long=True,
    ),
)

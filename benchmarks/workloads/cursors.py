"""Extracting rows that share one cursor value, beside rows that have one each; and dlt's own."""

from collections.abc import Callable

from benchmarks.data import Sums
from benchmarks.systems.here import here
from benchmarks.task import BY_LINK, Task, resource
from benchmarks.workload import DLT, OURS, Ratio, Workload

ROWS = 200_000


def _task(values: str) -> Callable[[str], Task]:
    items = resource(
        "items",
        "cursors",
        BY_LINK,
        params={"count": ROWS, "values": values},
        write_disposition="append",
    )
    items["endpoint"]["incremental"] = {"cursor_path": "at", "initial_value": 0}
    expected = Sums(ROWS, 0, 0)
    return lambda url: Task(mode="extract", url=url, steps=[[items]], expected=expected)


SAME, DISTINCT = "same", "distinct"
WORKLOADS = (
    Workload(
        name="cursors",
        systems={
            f"{system}, {values}": here(system, _task(values), once=system == DLT)
            for system in (OURS, DLT)
            for values in (SAME, DISTINCT)
        },
        lines=tuple(
            Ratio(
                title=f"{ROWS:,} rows of one cursor value, extracted by {system}",
                ours=f"{system}, {DISTINCT}",
                beside=[f"{system}, {SAME}"],
            )
            for system in (OURS, DLT)
        ),
        long=True,
    ),
)

"""Extracting rows that share one cursor value, beside rows that have one each; and dlt's own."""

from collections.abc import Callable

from benchmarks.data import Sums
from benchmarks.task import BY_LINK, Task, resource
from benchmarks.ways.here import here
from benchmarks.work import DLT, OURS, Ratio, Work

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
WORKS = (
    Work(
        name="cursors",
        ways={
            f"{way}, {values}": here(way, _task(values), once=way == DLT)
            for way in (OURS, DLT)
            for values in (SAME, DISTINCT)
        },
        lines=tuple(
            Ratio(
                title=f"{ROWS:,} rows of one cursor value, extracted by {way}",
                ours=f"{way}, {DISTINCT}",
                beside=[f"{way}, {SAME}"],
            )
            for way in (OURS, DLT)
        ),
        long=True,
    ),
)

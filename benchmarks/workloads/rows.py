"""Rows from a fast API to DuckDB, from the first request to the last row."""

from collections.abc import Callable

from benchmarks.data import sums
from benchmarks.systems import airbyte, singer
from benchmarks.systems.here import here
from benchmarks.task import Task, rows
from benchmarks.workload import (
    AIRBYTE,
    DLT,
    FLOOR,
    OURS,
    SINGER,
    TUNED,
    Amount,
    Ratio,
    SameTables,
    System,
    Workload,
)

ROWS = 100_000
MILLION = 1_000_000
LIMIT = "128MB"
"""Of what DuckDB takes, which else keeps of a file what it has read and written."""


def flat(count: int) -> Callable[[str], Task]:
    expected = sums(count)
    return lambda url: Task(mode="load", url=url, steps=[[rows(count)]], expected=expected)


def nested(url: str) -> Task:
    return Task(mode="load", url=url, steps=[[rows(ROWS, "nested")]], expected=sums(ROWS))


def merged(url: str) -> Task:
    """The first run brings all; the second, which is measured, brings them again."""
    steps = [
        [rows(ROWS, kind, write_disposition="merge", primary_key="id")]
        for kind in ("flat", "changed")
    ]
    return Task(mode="load", url=url, steps=steps, expected=sums(ROWS, changed=True))


def _both(task: Callable[[str], Task]) -> dict[str, System]:
    return {OURS: here(OURS, task), TUNED: here(TUNED, task)}


def _limited(name: str, count: int) -> System:
    return here(name, flat(count), memory_limit=LIMIT)


FLAT = f"{ROWS:,} rows × 10 columns"
LONG = f"{MILLION:,} rows, DuckDB's memory_limit {LIMIT}"
LONGER = f"{10 * MILLION:,} rows, DuckDB's memory_limit {LIMIT}"
SMALL = f"{OURS}, {ROWS:,}"
OF_A_MILLION = f"{OURS}, {MILLION:,}"

WORKLOADS = (
    Workload(
        name="flat",
        systems={
            **_both(flat(ROWS)),
            FLOOR: here(FLOOR, flat(ROWS)),
            AIRBYTE: System(lambda url: airbyte.read(flat(ROWS)(url))),
            SINGER: System(lambda url: singer.load(flat(ROWS)(url))),
            DLT: here(DLT, flat(ROWS), once=True),
        },
        lines=(
            Ratio(title=FLAT, beside=[DLT], at_least=25, also=["CPU"]),
            Ratio(title=FLAT, beside=[TUNED], at_least=2.5, also=["CPU"]),
            Ratio(title=FLAT, beside=[FLOOR], at_most=2.5, also=["CPU"]),
            Ratio(title=f"{FLAT}, whole process", beside=[AIRBYTE], of="process"),
            Ratio(title=f"{FLAT}, whole process", beside=[SINGER], of="process"),
            SameTables(title=FLAT),
            Ratio(title=f"{FLAT}, peak memory", beside=[TUNED], of="memory"),
            Ratio(title=f"{FLAT}, peak memory", beside=[DLT], of="memory"),
        ),
    ),
    Workload(
        name="million",
        systems={
            OURS: _limited(OURS, MILLION),
            TUNED: _limited(TUNED, MILLION),
            SMALL: _limited(OURS, ROWS),
        },
        lines=(
            Ratio(title=LONG, beside=[TUNED], at_least=3, also=["CPU"]),
            Ratio(title=f"{LONG}, peak memory", beside=[SMALL], of="memory", at_most=1.5),
            SameTables(title=LONG),
        ),
    ),
    Workload(
        name="ten-million",
        systems={
            OURS: _limited(OURS, 10 * MILLION),
            SMALL: _limited(OURS, ROWS),
            OF_A_MILLION: _limited(OURS, MILLION),
        },
        lines=(
            Amount(title=LONGER, of="seconds"),
            Ratio(title=f"{LONGER}, peak memory", beside=[SMALL], of="memory", at_most=1.5),
            Ratio(title=f"{LONGER}, peak memory", beside=[OF_A_MILLION], of="memory", at_most=1.15),
        ),
        quick=False,
    ),
    Workload(
        name="nested",
        systems=_both(nested),
        lines=(
            Ratio(
                title=f"{ROWS:,} rows with objects and a list of objects each",
                beside=[TUNED],
                at_least=1.5,
                also=["CPU"],
            ),
            SameTables(title="the same"),
        ),
    ),
    Workload(
        name="merge",
        systems=_both(merged),
        lines=(
            Ratio(
                title=f"{ROWS:,} rows merged again, a tenth changed",
                beside=[TUNED],
                at_least=2,
                also=["CPU"],
            ),
            SameTables(title="the same"),
        ),
    ),
)

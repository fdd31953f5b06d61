"""The same rows in other formats than JSON, in one answer, packed or not, to DuckDB."""

from collections.abc import Callable
from typing import Any

import requests

from benchmarks.data import sums
from benchmarks.measure import Outcome
from benchmarks.systems.here import here
from benchmarks.task import Task
from benchmarks.workload import (
    OURS,
    PYARROW,
    READERS,
    Amount,
    Line,
    Ratio,
    SameTables,
    System,
    Workload,
)

ROWS = 100_000
LARGE = 11_000_000
"""2 GB of CSV, 200 MB packed."""
LIMIT = "64MB"
"""Of what DuckDB takes, as it would keep of a file what it has read and written."""
COLUMNS = {
    "id": {"data_type": "bigint"},
    "amount": {"data_type": "double"},
    "quantity": {"data_type": "bigint"},
    "active": {"data_type": "bool"},
}
FORMATS: dict[str, Any] = {
    "json": "json",
    "jsonl": "jsonl",
    "csv": "csv",
    "xml": {"type": "xml", "record": "items/item"},
}


def task(
    kind: str, packed: str, count: int, mode: str = "load", *, key: bool = False
) -> Callable[[str], Task]:
    """One answer with all rows; with a key, they are merged by it."""
    params = {"kind": kind, "rows": count, **({"packed": packed} if packed else {})}
    resource = {
        "name": "items",
        "endpoint": {"path": "written", "params": params, "paginator": "single_page"},
        "write_disposition": "append",
        **({"write_disposition": "merge", "primary_key": "id"} if key else {}),
        **({"columns": COLUMNS} if kind in ("csv", "xml") else {}),
    }
    return lambda url: Task(
        mode=mode,
        url=url,
        steps=[[resource]],
        expected=sums(count),
        reading={"items": {"format": FORMATS[kind]}},
    )


def _measured(
    name: str, kind: str, packed: str, count: int = ROWS, *, key: bool = False, **more: Any
) -> System:
    system = here(name, task(kind, packed, count, key=key), **more)

    def measure(url: str) -> Outcome:
        params: dict[str, str] = {"kind": kind, "rows": str(count), "packed": packed}
        requests.get(f"{url}/written", params, timeout=900).raise_for_status()  # it is made once
        return system.measure(url)

    return System(measure)


def _of(kind: str, packed: str) -> Workload:
    title = f"{ROWS:,} rows in one answer, {kind}{f', {packed}' if packed else ''}"
    as_json = f"{OURS}, json"
    systems = {OURS: _measured(OURS, kind, packed), as_json: _measured(OURS, "json", "")}
    lines: list[Line] = [
        Ratio(title=title, beside=[as_json]),
        Ratio(title=f"{title}, peak memory", beside=[as_json], of="memory"),
        SameTables(title=title, beside=as_json),
    ]
    if kind in ("jsonl", "csv"):
        systems |= {one: _measured(one, kind, packed) for one in (READERS, PYARROW)}
        lines += [
            Ratio(title=title, beside=[READERS], also=["CPU"]),
            Ratio(title=f"{title}, peak memory", beside=[READERS], of="memory"),
            Ratio(title=title, beside=[PYARROW], also=["CPU"]),
        ]
    return Workload(name=f"written-{kind}{packed and '-'}{packed}", systems=systems, lines=lines)


def _large(kind: str, *, key: bool = False) -> Workload:
    merged = ", merged by a key" if key else ""
    title = f"{LARGE:,} rows in one answer, {kind}, gzip{merged}, DuckDB's memory_limit {LIMIT}"
    system = _measured(OURS, kind, "gzip", LARGE, key=key, memory_limit=LIMIT, once=True)
    return Workload(
        name=f"large-{kind}{'-key' if key else ''}",
        systems={OURS: system},
        lines=(Amount(title=f"{title}: peak memory, MB", of="memory", at_most=400),),
        long=True,
    )


WORKLOADS = (
    *(_of(kind, packed) for kind in ("jsonl", "csv", "xml") for packed in ("", "gzip")),
    *map(_large, ("csv", "json")),
    _large("json", key=True),
)

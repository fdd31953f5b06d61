"""The systems of `benchmarks.client`, which are imported from this installation."""

import json
from collections.abc import Callable

from benchmarks.measure import Outcome, python
from benchmarks.systems.tuning import ENVIRONMENT
from benchmarks.task import Task
from benchmarks.workload import TUNED, System

OF_DUCKDB = "DESTINATION__DUCKDB__CREDENTIALS__GLOBAL_CONFIG"


def here(
    name: str, task: Callable[[str], Task], *, once: bool = False, memory_limit: str | None = None
) -> System:
    """A system for the task that is made for the address of the API, in a fresh process.

    `memory_limit` is DuckDB's, which else takes what it takes.
    """
    variables = {**ENVIRONMENT} if name == TUNED else {}
    if memory_limit:
        variables[OF_DUCKDB] = json.dumps({"memory_limit": memory_limit})

    def measure(url: str) -> Outcome:
        return python("benchmarks.client", name, task(url).to_json(), **variables)

    return System(measure, once=once)

"""dlt as its documentation tunes it: parquet, or CSV for PostgreSQL, `parallelized`, and 20
workers that extract.

The number of workers is in the environment, as `tuning` says.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dlt.extract.source import DltSource

from benchmarks.systems import dlt_alone
from benchmarks.task import Task

IMPORTED = dlt_alone.IMPORTED


def load(task: Task, step: int) -> Callable[[], None]:
    file_format = "csv" if task.postgres else "parquet"
    return lambda: dlt_alone.load_of(task, _source(task, step), loader_file_format=file_format)


def read(task: Task, step: int) -> Callable[[], list[int]]:
    return dlt_alone.read_of(_source(task, step))


def extract(task: Task, step: int) -> Callable[[], Any]:
    return dlt_alone.extract_of(_source(task, step))


def _source(task: Task, step: int) -> DltSource:
    """Parallelized wherever there is something to do at the same time."""
    steps = [list(resources) for resources in task.steps]
    several = len(steps[step]) > 1
    steps[step] = [{**one, "parallelized": several} for one in steps[step]]
    source = dlt_alone.source_of(replace(task, steps=steps), step)
    for resource in source.resources.values():
        if several and not resource.is_transformer:  # where the key has no effect
            resource.parallelize()
    return source

"""dlt as it comes: `rest_api_source` and a pipeline to DuckDB."""

from collections.abc import Callable
from typing import Any

import dlt
from dlt.extract.source import DltSource
from dlt.sources.rest_api import rest_api_source

from benchmarks.tables import DATABASE, DATASET
from benchmarks.task import Task

IMPORTED = ("dlt.common.libs.sql_alchemy_compat", "dlt.destinations", "duckdb", "pyarrow.parquet")


def source_of(task: Task, step: int) -> DltSource:
    return rest_api_source(task.configuration(step), name="acme")  # type: ignore[arg-type]


def load_of(task: Task, source: DltSource, **options: Any) -> None:
    database: Any = dlt.destinations.duckdb(str(DATABASE))
    if task.postgres:
        database = dlt.destinations.postgres(task.postgres)
    pipeline = dlt.pipeline(
        "acme", destination=database, dataset_name=DATASET, pipelines_dir="work"
    )
    pipeline.run(source, **options).raise_on_failed_jobs()


def read_of(source: DltSource) -> Callable[[], list[int]]:
    return lambda: [record["id"] for record in source]


def extract_of(source: DltSource) -> Callable[[], Any]:
    pipeline = dlt.pipeline("acme", destination="duckdb", pipelines_dir="work")
    return lambda: pipeline.extract(source)


def load(task: Task, step: int) -> Callable[[], None]:
    return lambda: load_of(task, source_of(task, step))


def read(task: Task, step: int) -> Callable[[], list[int]]:
    return read_of(source_of(task, step))


def extract(task: Task, step: int) -> Callable[[], Any]:
    return extract_of(source_of(task, step))

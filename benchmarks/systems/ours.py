"""restsrc_dagster, from the content of a connector file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import dlt

from benchmarks.task import Task
from restsrc_dagster.connector.files.folder import check_content
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.extract.source import open_reading
from restsrc_dagster.load.load import LoadRequest
from restsrc_dagster.load.load import load as load_connector
from restsrc_dagster.settings import Settings

IMPORTED = (
    "dlt.common.libs.sql_alchemy_compat",
    "dlt.destinations",
    "duckdb",
    "orjson",
    "pyarrow.parquet",
)


def load(task: Task, step: int) -> Callable[[], None]:
    settings = Settings(data_dir=Path())

    def act() -> None:
        connector = _connector(task, step)
        order = LoadRequest(selection=frozenset(connector.resources))
        report = load_connector(connector, order, settings=settings, environment={})
        assert not report.failed, report.failed

    return act


def read(task: Task, step: int) -> Callable[[], list[int]]:
    reading = open_reading(_connector(task, step), {})

    def act() -> list[int]:
        with reading:
            return [record["id"] for record in reading.source]

    return act


def extract(task: Task, step: int) -> Callable[[], Any]:
    reading = open_reading(_connector(task, step), {})
    pipeline = dlt.pipeline("acme", destination="duckdb", pipelines_dir="work")

    def act() -> Any:
        with reading:
            return pipeline.extract(reading.source)

    return act


def _connector(task: Task, step: int) -> Connector:
    content = {
        "created_at": "2026-11-23T10:03:00Z",
        "schedule": {"mode": "days"},
        "configuration": task.configuration(step),
        "http": dict(task.http),
        "reading": dict(task.reading),
        "destination": {"type": "postgres", "credentials": task.postgres} if task.postgres else {},
    }
    return check_content("acme", content, file="acme.json")

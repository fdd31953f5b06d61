"""pyarrow alone: what it reads of one answer goes to DuckDB, with the types that it infers."""

import io
from collections.abc import Callable, Sequence
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.json as pa_json
import requests

from benchmarks.tables import DATABASE, DATASET
from benchmarks.task import Task

IMPORTED: Sequence[str] = ()


def load(task: Task, step: int) -> Callable[[], None]:
    """One answer, CSV or lines of JSON."""
    endpoint = task.steps[step][0]["endpoint"]

    def act() -> None:
        url, params = f"{task.url}/{endpoint['path']}", endpoint["params"]
        stream: Any = io.BytesIO(requests.get(url, params, timeout=600).content)
        if params.get("packed"):
            stream = pa.CompressedInputStream(stream, "gzip")
        table = (pa_csv.read_csv if params["kind"] == "csv" else pa_json.read_json)(stream)
        with duckdb.connect(str(DATABASE)) as connection:
            connection.register("incoming", table)
            connection.execute(f"CREATE SCHEMA {DATASET}")
            connection.execute(f"CREATE TABLE {DATASET}.items AS SELECT * FROM incoming")

    return act

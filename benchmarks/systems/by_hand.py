"""The floor: requests, orjson, pyarrow and DuckDB by hand, without a cursor, ids or a schema.

Pages that need not wait for each other are asked for by a thread pool.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import duckdb
import orjson
import pyarrow as pa
import requests

from benchmarks.tables import DATABASE, DATASET
from benchmarks.task import Task

IMPORTED: Sequence[str] = ()


def load(task: Task, step: int) -> Callable[[], None]:
    """The flat records, page by page along their links."""
    endpoint = task.steps[step][0]["endpoint"]
    link = f"/{endpoint['path']}?rows={endpoint['params']['rows']}"
    return lambda: _load(task.url, link)


def read(task: Task, step: int) -> Callable[[], list[int]]:
    """The requests of each wave side by side, one wave after the other."""
    del step
    session = requests.Session()
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=50))

    def get(path: str) -> list[int]:
        answer = session.get(task.url + path, timeout=60).json()
        return [record["id"] for record in answer["data"]]

    def act() -> list[int]:
        with ThreadPoolExecutor(task.http["max_concurrency"]) as pool:
            pages = [page for wave in task.waves for page in pool.map(get, wave)]
        return [number for page in pages for number in page]

    return act


def _load(url: str, link: str | None) -> None:
    text, time = pa.string(), pa.timestamp("us", "UTC")
    kinds = (pa.int64(), text, text, pa.float64(), pa.int64(), pa.bool_(), text, text, text, text)
    batches: list[Any] = []
    session = requests.Session()
    while link:
        page = orjson.loads(session.get(url + link, timeout=60).content)
        rows, link = page["data"], page["next"]
        arrays = [
            pa.array([row[name] for row in rows], kind)
            for name, kind in zip(rows[0], kinds, strict=True)
        ]
        arrays[-2:] = [array.cast(time) for array in arrays[-2:]]
        batches.append(pa.Table.from_arrays(arrays, names=list(rows[0])))
    table = pa.concat_tables(batches)
    with duckdb.connect(str(DATABASE)) as connection:
        connection.register("incoming", table)
        connection.execute(f"CREATE SCHEMA {DATASET}")
        connection.execute(f"CREATE TABLE {DATASET}.items AS SELECT * FROM incoming")

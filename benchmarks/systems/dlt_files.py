"""dlt's own readers of files, `read_jsonl` and `read_csv_duckdb`, of an answer that is stored.

`read_csv` needs pandas, which this installation does not have.
"""

from collections.abc import Callable
from pathlib import Path

import dlt
import requests
from dlt.sources.filesystem import filesystem, read_csv_duckdb, read_jsonl

from benchmarks.systems import dlt_alone
from benchmarks.tables import DATABASE, DATASET
from benchmarks.task import Task

IMPORTED = dlt_alone.IMPORTED


def load(task: Task, step: int) -> Callable[[], None]:
    """One answer, CSV or lines of JSON."""
    endpoint = task.steps[step][0]["endpoint"]

    def act() -> None:
        url, params = f"{task.url}/{endpoint['path']}", endpoint["params"]
        kind, packed = params["kind"], params.get("packed")
        folder = Path("files").absolute()
        folder.mkdir()
        file = folder / f"items.{kind}{'.gz' if packed else ''}"
        file.write_bytes(requests.get(url, params, timeout=600).content)
        files = filesystem(bucket_url=folder.as_uri(), file_glob="*")
        read = files | (read_csv_duckdb() if kind == "csv" else read_jsonl())
        pipeline = dlt.pipeline(
            "acme",
            destination=dlt.destinations.duckdb(str(DATABASE)),
            dataset_name=DATASET,
            pipelines_dir="work",
        )
        pipeline.run(read.with_name("items"), loader_file_format="parquet")

    return act

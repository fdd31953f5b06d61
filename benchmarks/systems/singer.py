"""Singer's `tap-rest-api-msdk | target-duckdb`, the whole pipe to DuckDB."""

import json

from benchmarks import tables
from benchmarks.measure import Failed, Outcome, empty_folder, environment, timed
from benchmarks.systems.environments import binaries
from benchmarks.task import Task


def load(task: Task) -> Outcome:
    """The first resource of a task, along its links.

    The tap reads the first page twice, as it infers the schema from it.

    Raises:
        Failed: one of them is not there, ends with an error, or brings other rows.
    """
    tap = binaries("tap-rest-api-msdk") / "tap-rest-api-msdk"
    target = binaries("target-duckdb") / "target-duckdb"
    endpoint = task.steps[0][0]["endpoint"]
    of_tap = {
        "api_url": task.url,
        "auth_method": "no_auth",
        "pagination_request_style": "jsonpath_paginator",
        "pagination_response_style": "hateoas_body",
        "next_page_token_path": "$.next",
        "streams": [
            {
                "name": task.table,
                "path": f"/{endpoint['path']}",
                "params": endpoint["params"],
                "records_path": "$.data[*]",
                "primary_keys": ["id"],
            }
        ],
    }
    of_target = {"path": "singer.duckdb", "default_target_schema": tables.DATASET}
    with empty_folder() as folder:
        (folder / "tap.json").write_text(json.dumps(of_tap), encoding="utf-8")
        (folder / "target.json").write_text(json.dumps(of_target), encoding="utf-8")
        pipe = f"'{tap}' --config tap.json | '{target}' --config target.json"
        command = ["bash", "-c", f"set -o pipefail; {pipe}"]
        figures = timed(command, folder, environment(folder))
        if (found := tables.sums(folder / "singer.duckdb", task.table)) != task.expected:
            raise Failed(f"wrong rows: {found}, expected {task.expected}")
    return Outcome(figures)

"""airbyte-cdk's `source-declarative-manifest`, which reads to JSON lines and loads nothing."""

import json
import sys
from typing import Any

import yaml

from benchmarks import tables
from benchmarks.data import record
from benchmarks.measure import Failed, Outcome, empty_folder, environment, timed
from benchmarks.systems.environments import PROGRAMS, binaries
from benchmarks.task import Task

KINDS = {int: "integer", float: "number", bool: "boolean", str: "string", type(None): "null"}
LINKS = {
    "type": "DefaultPaginator",
    "page_token_option": {"type": "RequestPath"},
    "pagination_strategy": {
        "type": "CursorPagination",
        "cursor_value": "{{ response.next }}",
        "stop_condition": "{{ not response.next }}",
    },
}
PAGES = {
    "type": "DefaultPaginator",
    "page_token_option": {
        "type": "RequestOption",
        "inject_into": "request_parameter",
        "field_name": "page",
    },
    "pagination_strategy": {
        "type": "PageIncrement",
        "page_size": 10,
        "start_from_page": 0,
        "inject_on_first_request": True,
    },
}
OFFSETS = {
    "type": "DefaultPaginator",
    "page_token_option": {
        "type": "RequestOption",
        "inject_into": "request_parameter",
        "field_name": "offset",
    },
    "page_size_option": {
        "type": "RequestOption",
        "inject_into": "request_parameter",
        "field_name": "limit",
    },
    "pagination_strategy": {
        "type": "OffsetIncrement",
        "page_size": 10,
        "inject_on_first_request": True,
    },
}
PAGINATORS = {"json_link": LINKS, "page_number": PAGES, "offset": OFFSETS}


def slices(task: Task, incremental: dict[str, Any]) -> dict[str, Any]:
    """A range in slices, which are read as many at once as the task allows."""
    window = task.reading["items"]["window"]
    written = "%Y-%m-%dT%H:%M:%SZ"

    def sent_as(name: str) -> dict[str, Any]:
        return {"type": "RequestOption", "inject_into": "request_parameter", "field_name": name}

    def instant(text: str) -> dict[str, Any]:
        return {"type": "MinMaxDatetime", "datetime": text, "datetime_format": written}

    return {
        "type": "DatetimeBasedCursor",
        "cursor_field": incremental["cursor_path"],
        "datetime_format": written,
        "cursor_datetime_formats": [written],
        "start_datetime": instant(incremental["initial_value"]),
        "end_datetime": instant(window["end"]),
        "step": f"P{int(window['size'].split()[0])}D",
        "cursor_granularity": "PT1S",
        "start_time_option": sent_as(incremental["start_param"]),
        "end_time_option": sent_as(incremental["end_param"]),
    }


def manifest(task: Task) -> dict[str, Any]:
    """The first resource of a task, in airbyte's words."""
    [asked] = task.steps[0]
    endpoint = asked["endpoint"]
    sliced: dict[str, Any] = {}
    if task.reading:
        sliced = {"incremental_sync": slices(task, endpoint["incremental"])}
    brought = {**record(0), **({"at": ""} if task.reading else {})}
    properties = {name: {"type": ["null", KINDS[type(value)]]} for name, value in brought.items()}
    return {
        "version": PROGRAMS["airbyte-cdk"],
        "type": "DeclarativeSource",
        "check": {"type": "CheckStream", "stream_names": ["items"]},
        "concurrency_level": {
            "type": "ConcurrencyLevel",
            "default_concurrency": task.http.get("max_concurrency", 4),
        },
        "streams": [
            {
                "type": "DeclarativeStream",
                "name": "items",
                "primary_key": "id",
                **sliced,
                "retriever": {
                    "type": "SimpleRetriever",
                    "requester": {
                        "type": "HttpRequester",
                        "url_base": task.url,
                        "path": endpoint["path"],
                        "http_method": "GET",
                        "request_parameters": {
                            key: str(value) for key, value in endpoint["params"].items()
                        },
                    },
                    "record_selector": {
                        "type": "RecordSelector",
                        "extractor": {"type": "DpathExtractor", "field_path": ["data"]},
                    },
                    "paginator": PAGINATORS[endpoint["paginator"]["type"]],
                },
                "schema_loader": {
                    "type": "InlineSchemaLoader",
                    "schema": {"type": "object", "properties": properties},
                },
            }
        ],
        "spec": {
            "type": "Spec",
            "connection_specification": {"type": "object", "properties": {}},
        },
    }


CATALOG = {
    "streams": [
        {
            "stream": {
                "name": "items",
                "json_schema": {},
                "supported_sync_modes": ["full_refresh"],
            },
            "sync_mode": "full_refresh",
            "destination_sync_mode": "append",
        }
    ]
}


def read(task: Task) -> Outcome:
    """As its command line does it, in a process.

    Raises:
        Failed: it is not there, ends with an error, or brings other rows than the API has.
    """
    command = binaries("airbyte-cdk") / "source-declarative-manifest"
    with empty_folder() as folder:
        (folder / "manifest.yaml").write_text(yaml.safe_dump(manifest(task)), encoding="utf-8")
        (folder / "catalog.json").write_text(json.dumps(CATALOG), encoding="utf-8")
        (folder / "config.json").write_text("{}", encoding="utf-8")
        files = ("--config", "config.json", "--catalog", "catalog.json")
        figures = timed(
            [str(command), "read", *files, "--manifest-path", "manifest.yaml"],
            folder,
            environment(folder),
        )
        if (found := tables.sums_of_lines(folder / "out")) != task.expected:
            sys.stderr.write((folder / "out").read_text(encoding="utf-8")[-2000:])
            raise Failed(f"wrong rows: {found}, expected {task.expected}")
    return Outcome(figures)

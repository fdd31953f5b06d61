"""What Dagster's webserver tells about the demonstration's runs, over its GraphQL API.

The DuckDB file is left alone: whoever opens it makes the next run wait.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests

_QUERY = """
query DemoRuns($tags: [ExecutionTag!], $createdAfter: Float) {
  workspaceOrError {
    ... on Workspace {
      locationEntries { locationOrLoadError { ... on PythonError { message } } }
    }
  }
  runsOrError(filter: {tags: $tags, createdAfter: $createdAfter}, limit: 20) {
    ... on Runs {
      results {
        runId status creationTime startTime endTime
        tags { key value }
        assetMaterializations {
          assetKey { path }
          metadataEntries { label ... on IntMetadataEntry { intRepr } }
        }
      }
    }
  }
}
"""
_ENDED = {"SUCCESS": "succeeded", "FAILURE": "failed", "CANCELED": "was canceled"}
_ROW_COUNTS = ("dagster/row_count", "rows_loaded")  # in the table; else what came with this run


@dataclass(frozen=True, kw_only=True)
class RunEnd:
    """A run that has ended: `rows` by table; `seconds` it ran, None if it never began."""

    run_id: str
    succeeded: bool
    outcome: str
    seconds: float | None
    rows: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Glimpse:
    """One look at the webserver."""

    load_error: str | None  # why the code location does not load
    first_run: RunEnd | None


class Webserver:
    """Dagster's webserver at `http://127.0.0.1:<port>`."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy stands between this machine and itself

    def look(self, *, connector: str, since: datetime) -> Glimpse | None:
        """None before it answers; `first_run` is the first that was created after `since`.

        A failed run that Dagster will retry has not ended yet: its retry will.
        """
        variables = {
            "tags": [{"key": "restsrc/connector", "value": connector}],
            "createdAfter": since.timestamp(),
        }
        try:
            response = self._session.post(
                f"{self.url}/graphql", json={"query": _QUERY, "variables": variables}, timeout=5
            )
            response.raise_for_status()
            content = response.json()["data"]
            runs = content["runsOrError"]["results"]
            locations = content["workspaceOrError"]["locationEntries"]
        except (requests.RequestException, ValueError, TypeError, KeyError):
            return None  # not up yet, or busy: the next look may see more
        errors = [(entry["locationOrLoadError"] or {}).get("message") for entry in locations]
        ended = [run for run in runs if run["status"] in _ENDED and not _will_be_retried(run)]
        return Glimpse(
            load_error=next(filter(None, errors), None),
            first_run=_run_end(min(ended, key=_created)) if ended else None,
        )


def _created(run: Mapping[str, Any]) -> float:
    return float(run["creationTime"])


def _will_be_retried(run: Mapping[str, Any]) -> bool:
    """Dagster tags a failed run when it decides (dagster/_core/execution/retries.py)."""
    tags = {tag["key"]: tag["value"] for tag in run["tags"]}
    return run["status"] == "FAILURE" and tags.get("dagster/will_retry") == "true"


def _run_end(run: Mapping[str, Any]) -> RunEnd:
    started, ended = run["startTime"], run["endTime"]
    return RunEnd(
        run_id=run["runId"],
        succeeded=run["status"] == "SUCCESS",
        outcome=_ENDED[run["status"]],
        seconds=ended - started if started and ended else None,
        rows={_table(event): _rows(event) for event in run["assetMaterializations"]},
    )


def _table(event: Mapping[str, Any]) -> str:
    return str(event["assetKey"]["path"][-1])


def _rows(event: Mapping[str, Any]) -> int:
    counts = {entry["label"]: int(entry.get("intRepr") or 0) for entry in event["metadataEntries"]}
    return next((counts[label] for label in _ROW_COUNTS if label in counts), 0)

"""What a person does in Dagster's UI, and sees there, by the same GraphQL."""

import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import requests

from restsrc_dagster.demo.process import DagsterProcess, last_lines

_RUNS = """
query Runs { runsOrError { ... on Runs { results {
  runId status jobName creationTime startTime tags { key value }
  assetMaterializations { assetKey { path } metadataEntries {
    label ... on IntMetadataEntry { intRepr } ... on TextMetadataEntry { text } } }
} } } }
"""
_RELOAD = """
mutation Reload { reloadRepositoryLocation(repositoryLocationName: "restsrc_dagster") {
  __typename ... on WorkspaceLocationEntry { loadStatus } } }
"""
_LAUNCH = """
mutation Launch($job: String!) { launchRun(executionParams: {
  selector: {repositoryLocationName: "restsrc_dagster", repositoryName: "__repository__",
             jobName: $job}, runConfigData: {} }) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }
"""
_TERMINATE = """
mutation Terminate($run: String!) { terminateRun(runId: $run) { __typename } }
"""
_LOG_KEY = """
query LogKey($run: ID!) { logsForRun(runId: $run) { ... on EventConnection { events {
  ... on LogsCapturedEvent { fileKey } } } } }
"""
_MESSAGES = """
query Messages($run: ID!) { logsForRun(runId: $run) { ... on EventConnection { events {
  ... on MessageEvent { message } } } } }
"""
_LOGS = """
query Logs($key: [String!]!) { capturedLogs(logKey: $key) { stderr } }
"""
_LOADED = """
query Loaded { workspaceOrError { ... on Workspace { locationEntries {
  locationOrLoadError { __typename } } } } }
"""
ENDED = ("SUCCESS", "FAILURE", "CANCELED")


class DagsterUi:
    """Of a running webserver; `wait` fails as soon as one of the processes has ended."""

    def __init__(self) -> None:
        self._processes: dict[Path, DagsterProcess] = {}
        """By the log of each."""
        self._url = ""

    def wait(self, what: str, condition: Callable[[], Any], *, seconds: float = 120) -> Any:
        """Poll until `condition` is true and return it; fails with the end of the logs."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := condition():
                return found
            for log, process in self._processes.items():
                assert process.exit_code is None, "\n".join(last_lines(log, 40))
            time.sleep(0.2)
        logs = (
            line for log in self._processes for line in [f"-- {log.name}", *last_lines(log, 60)]
        )
        raise AssertionError(f"no {what} in {seconds} s:\n" + "\n".join(logs))

    def runs(self) -> list[dict[str, Any]]:
        """Every run, oldest first, `tags` as a mapping."""
        results = self.ask(_RUNS)["runsOrError"]["results"]
        for run in results:
            run["tags"] = {tag["key"]: tag["value"] for tag in run["tags"]}
        return sorted(results, key=lambda run: run["creationTime"])

    def ended(self, trigger: str) -> list[dict[str, Any]]:
        return [
            run
            for run in self.runs()
            if run["tags"].get("restsrc/trigger") == trigger and run["status"] in ENDED
        ]

    def is_loaded(self) -> bool:
        """Whether all code locations are there."""
        entries = self.ask(_LOADED)["workspaceOrError"]["locationEntries"]
        loaded = [(entry["locationOrLoadError"] or {}).get("__typename") for entry in entries]
        return bool(loaded) and set(loaded) == {"RepositoryLocation"}

    def reload(self) -> None:
        assert self.ask(_RELOAD)["reloadRepositoryLocation"]["loadStatus"] == "LOADED"

    def launch(self, job: str) -> str:
        """Start a job as the UI's launchpad does; returns the run's id."""
        launched = self.ask(_LAUNCH, {"job": job})["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return str(launched["run"]["runId"])

    def terminate(self, run_id: str) -> None:
        terminated = self.ask(_TERMINATE, {"run": run_id})["terminateRun"]
        assert terminated["__typename"] == "TerminateRunSuccess", terminated

    def status(self, run_id: str) -> str:
        return next(str(run["status"]) for run in self.runs() if run["runId"] == run_id)

    def messages(self, run_id: str) -> list[str]:
        """The lines of the run's page."""
        events = self.ask(_MESSAGES, {"run": run_id})["logsForRun"]["events"]
        return [event["message"] for event in events if "message" in event]

    def stderr(self, run_id: str) -> str:
        """What the run's process has printed, as the UI shows it."""
        events = self.ask(_LOG_KEY, {"run": run_id})["logsForRun"]["events"]
        (key,) = {event["fileKey"] for event in events if "fileKey" in event}
        return str(
            self.ask(_LOGS, {"key": [run_id, "compute_logs", key]})["capturedLogs"]["stderr"]
        )

    def answers(self) -> bool:
        try:
            self.ask("query { version }")
        except requests.RequestException:
            return False
        return True

    def ask(self, query: str, variables: Mapping[str, Any] | None = None) -> Any:
        asked = {"query": query, "variables": dict(variables or {})}
        response = requests.post(self._url, json=asked, timeout=30)
        content = response.json()
        assert "errors" not in content, content["errors"]
        return content["data"]


def rows_loaded(run: Mapping[str, Any]) -> dict[str, int]:
    """Rows that each asset of a run says it has loaded."""
    return {
        "/".join(event["assetKey"]["path"]): int(entry["intRepr"])
        for event in run["assetMaterializations"]
        for entry in event["metadataEntries"]
        if entry["label"] == "rows_loaded"
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

"""A real `dagster dev` in a folder: webserver, daemon, code server and run workers."""

import os
import socket
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import requests

from restsrc_dagster.demo.process import DagsterProcess, last_lines
from restsrc_dagster.settings import default_dagster_yaml

WORKSPACE = """
load_from:
  - python_module:
      module_name: restsrc_dagster.definitions
      location_name: restsrc_dagster
"""

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
ENDED = ("SUCCESS", "FAILURE", "CANCELED")


class DagsterDev:
    """`with DagsterDev(folder) as dagster:`; the folder keeps its history over a restart."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.log = folder / "dagster.log"
        (folder / "workspace.yaml").write_text(WORKSPACE, encoding="utf-8")
        (folder / "dagster.yaml").write_text(default_dagster_yaml(), encoding="utf-8")
        (folder / "connectors").mkdir(exist_ok=True)
        self._environment = dict(environment or {})

    def __enter__(self) -> Self:
        port = _free_port()
        self._url = f"http://127.0.0.1:{port}/graphql"
        environment = {
            name: value
            for name, value in os.environ.items()
            if name != "DAGSTER_HOME" and not name.startswith("RESTSRC_")
        }
        self._process = DagsterProcess(
            [sys.executable, "-m", "dagster", "dev", "-h", "127.0.0.1", "-p", str(port)],
            cwd=self.folder,
            env={**environment, **self._environment},
            log=self.log,
        )
        self.wait("the webserver", self._answers)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stop(patience_seconds=20)

    def wait(self, what: str, condition: Callable[[], Any], *, seconds: float = 120) -> Any:
        """Poll until `condition` is true and return it; fails with the log's end."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := condition():
                return found
            assert self._process.exit_code is None, "\n".join(last_lines(self.log, 40))
            time.sleep(0.2)
        raise AssertionError(f"no {what} in {seconds} s:\n" + "\n".join(last_lines(self.log, 60)))

    def runs(self) -> list[dict[str, Any]]:
        """Every run, oldest first, `tags` as a mapping."""
        results = self._ask(_RUNS)["runsOrError"]["results"]
        for run in results:
            run["tags"] = {tag["key"]: tag["value"] for tag in run["tags"]}
        return sorted(results, key=lambda run: run["creationTime"])

    def ended(self, trigger: str) -> list[dict[str, Any]]:
        return [
            run
            for run in self.runs()
            if run["tags"].get("restsrc/trigger") == trigger and run["status"] in ENDED
        ]

    def reload(self) -> None:
        assert self._ask(_RELOAD)["reloadRepositoryLocation"]["loadStatus"] == "LOADED"

    def launch(self, job: str) -> str:
        """Start a job as the UI's launchpad does; returns the run's id."""
        launched = self._ask(_LAUNCH, {"job": job})["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return str(launched["run"]["runId"])

    def terminate(self, run_id: str) -> None:
        terminated = self._ask(_TERMINATE, {"run": run_id})["terminateRun"]
        assert terminated["__typename"] == "TerminateRunSuccess", terminated

    def status(self, run_id: str) -> str:
        return next(str(run["status"]) for run in self.runs() if run["runId"] == run_id)

    def _answers(self) -> bool:
        try:
            self._ask("query { version }")
        except requests.RequestException:
            return False
        return True

    def _ask(self, query: str, variables: Mapping[str, Any] | None = None) -> Any:
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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

"""A deployment of a code location, and what it takes: `ours|plain CONNECTORS RESOURCES MINUTES`.

Code server, webserver and daemon are processes of their own, as `dagster dev` and the Docker
layout have them, on SQLite. They are started, told to reload the location as the button of the UI
does, and then left alone. No connector is due meanwhile, and none is new. Linux only.

`loaded` and `reload` are the seconds until the webserver has the definitions, the figures with
`CPU` what each process took of a processor until it was quiet again, those with `idle` what it
takes of a processor in a minute. Memory is that after the reload.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

import requests

from benchmarks.locations.files import write_mixture
from benchmarks.measure import environment
from benchmarks.processes import (
    children,
    cpu,
    largest,
    memory,
    wait_for,
    wait_until_quiet,
)
from restsrc_dagster.connector.files.folder import read_folder
from restsrc_dagster.orchestrate.memory import SensorMemory
from restsrc_dagster.orchestrate.names import INITIAL_RUN_SENSOR
from restsrc_dagster.settings import default_dagster_yaml
from restsrc_dagster_tests.support.ui import free_port

MODULES = {"ours": "benchmarks.locations.calm", "plain": "benchmarks.locations.plain"}
LOCATION = "location"
SETTLES_IN = 60.0
"""Seconds in which a daemon meets all schedules for the first time."""

STATUS = "{ workspaceOrError { ... on Workspace { locationEntries { loadStatus locationOrLoadError"
STATUS += " { __typename ... on PythonError { message } } } } } }"
RELOAD = "mutation { reloadRepositoryLocation(repositoryLocationName: %s) { __typename ..."
RELOAD += " on WorkspaceLocationEntry { loadStatus locationOrLoadError { __typename } } } }"
CURSOR = "mutation($sensor: SensorSelector!, $cursor: String) { setSensorCursor(sensorSelector:"
CURSOR += " $sensor, cursor: $cursor) { __typename ... on PythonError { message } } }"


class Deployment:
    """The processes, each by its name; the code server is the one that has the definitions."""

    def __init__(self, root: Path, variables: Mapping[str, str]) -> None:
        self._root = root
        self._variables = variables
        self._started: dict[str, subprocess.Popen[bytes]] = {}
        self._url = ""

    def pids(self) -> dict[str, int]:
        named = {name: process.pid for name, process in self._started.items()}
        servers = children(named["proxy"])
        return {**named, **({"code server": largest(servers)} if servers else {})}

    def start_server(self, module: str) -> None:
        port = free_port()
        workspace = {"host": "127.0.0.1", "port": port, "location_name": LOCATION}
        content = json.dumps({"load_from": [{"grpc_server": workspace}]})
        (self._root / "workspace.yaml").write_text(content, encoding="utf-8")
        options = ["-m", module, "-h", "127.0.0.1", "-p", str(port)]
        self._start("proxy", "dagster", "code-server", "start", *options)
        wait_for("the code server", lambda: answers(port))
        web = free_port()
        options = ["-w", "workspace.yaml", "-h", "127.0.0.1", "-p", str(web)]
        self._start("webserver", "dagster_webserver", *options)
        self._url = f"http://127.0.0.1:{web}/graphql"
        wait_for("the webserver", self._is_loaded)

    def start_daemon(self) -> None:
        self._start("daemon", "dagster._daemon", "run", "-w", "workspace.yaml")

    def reload(self) -> None:
        answer = self.ask(RELOAD % json.dumps(LOCATION))["reloadRepositoryLocation"]
        if answer.get("loadStatus") != "LOADED":
            raise RuntimeError(f"the location does not reload: {answer}")

    def ask(self, query: str, **values: object) -> dict[str, dict[str, str]]:
        answer = requests.post(self._url, json={"query": query, "variables": values}, timeout=600)
        told: dict[str, dict[str, str]] = answer.json()["data"]
        return told

    def _is_loaded(self) -> bool:
        try:
            told = json.dumps(self.ask(STATUS))
        except requests.ConnectionError:
            return False
        if "PythonError" in told:
            raise RuntimeError(f"the location does not load: {told}")
        return '"LOADED"' in told and '"RepositoryLocation"' in told

    def _start(self, name: str, *arguments: str) -> None:
        with (self._root / f"{name}.log").open("wb") as log:
            self._started[name] = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                cwd=self._root,
                env=dict(self._variables),
                stdout=log,
                stderr=log,
            )

    def stop(self) -> None:
        """End the processes, the code server by its proxy, which waits for it."""
        for process in reversed(self._started.values()):
            process.terminate()
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def deployed(root: Path, which: str, connectors: int, resources: int) -> Iterator[Deployment]:
    """Code server and webserver; there is no daemon yet, which would start first runs."""
    (root / "dagster.yaml").write_text(default_dagster_yaml(), encoding="utf-8")
    folder = root / "connectors"
    write_mixture(folder, connectors, resources, created_at=datetime.now(timezone.utc))
    own = {
        "DAGSTER_HOME": str(root),
        "RESTSRC_CONNECTORS_DIR": str(folder),
        "PLAIN_CONNECTORS": str(connectors),
        "PLAIN_RESOURCES": str(resources),
    }
    deployment = Deployment(root, environment(root, **own))
    try:
        deployment.start_server(MODULES[which])
        if which == "ours":
            _none_is_new(deployment, folder)
        yield deployment
    finally:
        deployment.stop()


def _none_is_new(deployment: Deployment, folder: Path) -> None:
    """The sensor of first runs remembers every connector."""
    known = SensorMemory()
    for connector in read_folder(folder).connectors.values():
        known.remember(connector, datetime.now(timezone.utc))
    selector = {
        "repositoryLocationName": LOCATION,
        "repositoryName": "__repository__",
        "sensorName": INITIAL_RUN_SENSOR,
    }
    told = deployment.ask(CURSOR, sensor=selector, cursor=known.dump())
    if told["setSensorCursor"]["__typename"] != "Sensor":
        raise RuntimeError(f"the cursor is not set: {told}")


def used(deployment: Deployment) -> dict[str, float]:
    return {name: cpu(pid) for name, pid in deployment.pids().items()}


def measured(which: str, connectors: int, resources: int, minutes: float) -> dict[str, float]:
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="benchmark-") as temporary:
        began = time.perf_counter()
        with deployed(Path(temporary), which, connectors, resources) as deployment:
            figures["loaded"] = time.perf_counter() - began
            figures |= {f"loaded CPU, {name}": value for name, value in used(deployment).items()}
            deployment.start_daemon()
            wait_until_quiet(deployment.pids)

            before, began = used(deployment), time.perf_counter()
            before.pop("code server")  # another process takes its place
            deployment.reload()
            figures["reload"] = time.perf_counter() - began
            wait_until_quiet(deployment.pids)
            after = used(deployment)
            taken = {name: after[name] - before.get(name, 0.0) for name in after}
            figures |= {f"reload CPU, {name}": value for name, value in taken.items()}
            figures["reload CPU"] = sum(taken.values())
            for name, pid in deployment.pids().items():
                figures |= {f"{kind}, {name}": size for kind, size in memory(pid).items()}

            time.sleep(SETTLES_IN)
            before = used(deployment)
            time.sleep(minutes * 60)
            after = used(deployment)
            for name, value in after.items():
                figures[f"idle CPU, {name}"] = (value - before[name]) / minutes
            if log := os.environ.get("DEPLOYMENT_LOGS"):
                _keep_logs(Path(temporary), Path(log))
    return figures


def _keep_logs(root: Path, to: Path) -> None:
    for log in root.glob("*.log"):
        (to / log.name).write_bytes(log.read_bytes())


if __name__ == "__main__":
    _, which, connectors, resources, minutes = sys.argv
    found = measured(which, int(connectors), int(resources), float(minutes))
    print(json.dumps({"figures": found}))

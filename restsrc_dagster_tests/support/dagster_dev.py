"""A real `dagster dev` in a folder: webserver, daemon, code server and run workers."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from typing_extensions import Self

from restsrc_dagster.demo.process import DagsterProcess
from restsrc_dagster.settings import default_dagster_yaml
from restsrc_dagster_tests.support.ui import DagsterUi, free_port

WORKSPACE = """
load_from:
  - python_module:
      module_name: restsrc_dagster.definitions
      location_name: restsrc_dagster
"""


class DagsterDev(DagsterUi):
    """`with DagsterDev(folder) as dagster:`; the folder keeps its history over a restart."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.folder = folder
        self.log = folder / "dagster.log"
        (folder / "workspace.yaml").write_text(WORKSPACE, encoding="utf-8")
        (folder / "dagster.yaml").write_text(default_dagster_yaml(), encoding="utf-8")
        (folder / "connectors").mkdir(exist_ok=True)
        self._environment = dict(environment or {})

    def __enter__(self) -> Self:
        port = free_port()
        self._url = f"http://127.0.0.1:{port}/graphql"
        environment = {
            name: value
            for name, value in os.environ.items()
            if name != "DAGSTER_HOME" and not name.startswith("RESTSRC_")
        }
        self._process = self._processes[self.log] = DagsterProcess(
            [sys.executable, "-m", "dagster", "dev", "-h", "127.0.0.1", "-p", str(port)],
            cwd=self.folder,
            env={**environment, **self._environment},
            log=self.log,
        )
        self.wait("the webserver", self.answers)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stop(patience_seconds=20)

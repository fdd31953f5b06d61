"""A Dagster project with connectors as components, in a folder of a test."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml

from restsrc_dagster import RestApiConnector
from restsrc_dagster_tests.support.connectors import CREATED_AT, items

ROOT = Path(__file__).parents[2]
TYPE = "restsrc_dagster.RestApiConnector"
FOLDER = "restsrc_dagster.RestApiConnectorFolder"
PROJECT = """
[project]
name = "{name}"
version = "0.1.0"
[tool.dg]
directory_type = "project"
[tool.dg.project]
root_module = "{name}"
"""
DEFINITIONS = """
from pathlib import Path
import dagster as dg

@dg.definitions
def defs():
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
"""


class Project:
    """A fresh project in a folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.name = f"project_{abs(hash(root)):x}"
        self.package = root / "src" / self.name
        (self.package / "defs").mkdir(parents=True)
        (root / "pyproject.toml").write_text(PROJECT.format(name=self.name))
        for file in ("__init__.py", "defs/__init__.py"):
            (self.package / file).touch()
        (self.package / "definitions.py").write_text(DEFINITIONS)

    def add(self, folder: str, kind: str = TYPE, **attributes: Any) -> Path:
        """A component, with what else its `defs.yaml` says under `beside`."""
        beside = attributes.pop("beside", {})
        path = self.package / "defs" / folder / "defs.yaml"
        path.parent.mkdir()
        path.write_text(yaml.safe_dump({"type": kind, "attributes": attributes, **beside}))
        return path

    def connector(self, folder: str, url: str = "http://127.0.0.1:9", **keys: Any) -> Path:
        content = {
            "created_at": CREATED_AT,
            "schedule": {"mode": "minutes", "interval": 10},
            "configuration": {
                "client": {
                    "base_url": url,
                    "auth": {"type": "bearer", "token": "{{ env.ACME_TOKEN }}"},
                    "paginator": "single_page",
                },
                "resources": [items()],
            },
        }
        return self.add(folder, **{**content, **keys})

    def definitions(self) -> dg.Definitions:
        return dg.load_from_defs_folder(path_within_project=self.package)

    def component(self, folder: str) -> RestApiConnector:
        return dg.ComponentTree.for_project(self.root).load_component(folder, RestApiConnector)

    def dg(self, *arguments: str, fails: bool = False) -> str:
        """What a `dg` command prints; it goes well, or it is said to fail."""
        if find_spec("dagster_dg_cli") is None:
            pytest.skip("dagster-dg-cli is not installed")
        ended = subprocess.run(
            [str(Path(sys.executable).with_name("dg")), *arguments],
            cwd=self.root, capture_output=True, text=True, check=False, timeout=120,
            env={**os.environ, "PYTHONPATH": f"{self.root / 'src'}:{ROOT}", "COLUMNS": "200"},
        )  # fmt: skip
        assert ended.returncode == int(fails), ended.stdout + ended.stderr
        return ended.stdout + ended.stderr

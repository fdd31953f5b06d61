"""Fixtures that every part of the tests uses: an API on loopback, settings, destinations."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.postgres import Postgres, running_postgres
from restsrc_dagster_tests.support.project import Project

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["DO_NOT_TRACK"] = "1"


FIRST = ("end_to_end", "soak", "worlds")
"""What mostly waits, or takes a minute and more by one test: beside it the others are done."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not any(part in FIRST for part in item.path.parts))


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Without lines of progress, however slow the machine is: a test that wants some says so."""
    return Settings(data_dir=tmp_path / "data", progress_seconds=3600)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    project = Project(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path / "src"))
    monkeypatch.setenv("RESTSRC_DATA_DIR", str(tmp_path / "data"))
    yield project
    for name in [name for name in sys.modules if name.split(".")[0] == project.name]:
        del sys.modules[name]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """A real PostgreSQL; who stops it starts it again."""
    with running_postgres() as running:
        yield running


@pytest.fixture(scope="session")
def postgres(postgres_server: Postgres) -> str:
    """Its URL."""
    return postgres_server.url

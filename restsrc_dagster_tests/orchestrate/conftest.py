"""A deployment whose clock the test sets."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from restsrc_dagster_tests.support.daemon import (
    IN_MEMORY_LAUNCHER,
    Daemon,
    instance,
    new_instance,
)


@pytest.fixture(scope="session")
def empty_instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("dagster_home")
    new_instance(home)
    return home


@pytest.fixture
def dagster_instance(tmp_path: Path, empty_instance: Path) -> Iterator[dg.DagsterInstance]:
    with instance(tmp_path / "dagster_home", empty_instance) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "connectors"
    folder.mkdir()
    monkeypatch.setenv("RESTSRC_CONNECTORS_DIR", str(folder))
    monkeypatch.setenv("RESTSRC_DATA_DIR", str(tmp_path / "data"))
    return folder


@pytest.fixture
def daemon(folder: Path, dagster_instance: dg.DagsterInstance) -> Iterator[Daemon]:
    with Daemon(folder, dagster_instance) as running:
        yield running


@pytest.fixture
def running(tmp_path: Path, folder: Path, empty_instance: Path) -> Iterator[Daemon]:
    """Runs are executed in this process, as soon as the queue launches them."""
    home = tmp_path / "dagster_home"
    with (
        instance(home, empty_instance, run_launcher=IN_MEMORY_LAUNCHER) as dagster,
        Daemon(folder, dagster) as running,
    ):
        running.holds_runs = True
        yield running

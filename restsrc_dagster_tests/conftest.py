"""Fixtures that every part of the tests uses: an API on loopback, settings, destinations."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.dagster_storage import kept_engines
from restsrc_dagster_tests.support.postgres import Postgres, running_postgres
from restsrc_dagster_tests.support.project import Project

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["DO_NOT_TRACK"] = "1"


HERE = Path(__file__).parent
FIRST = ("end_to_end", "soak", "worlds")
"""What mostly waits, or takes a minute and more by one test: beside it the others are done."""
SLOW = (
    *("end_to_end", "soak", "worlds/test_worlds.py", "test_component.py", "demo/test_run.py"),
    *("apis", "envelopes", "load/columns", "load/destinations", "recipes", "security"),
    *(
        f"load/test_{name}.py"
        for name in (
            *("changed", "child_cursors", "children_once", "chunks", "cursors", "destination_away"),
            *("destination_goes_away", "disk_full", "frozen", "isolation", "kept", "known"),
            *("late_children", "lint_harm", "load", "lock", "model", "neighbours", "old_hints"),
            *("columns_of_defaults", "one_table", "own_kinds", "ranges", "refresh_alone"),
            *("deletes", "jobs"),
            *("repeats", "replaced_ranges", "row_order", "slid", "small_runs", "surprises_types"),
            *("surprises_values", "two_in_one_process", "unfilled", "unloadable"),
            *("values_that_do_not_fit", "working_folder"),
        )
    ),
    *(
        f"orchestrate/test_{name}.py"
        for name in (
            *("alerts", "broken_files", "checks", "components", "editing", "files_sensor"),
            *("first_run", "later_slots", "one_run", "overlap", "partitions", "partitions_beside"),
            *("partly_failed", "progress", "slots"),
        )
    ),
)
"""Modules, and folders of them, whose tests take more than a second on average. All others run in
three minutes: `pytest -n 4 -m "not slow"`."""
POSTGRES = {"postgres", "postgres_server", "elephant"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not any(part in FIRST for part in item.path.parts))
    slow = {HERE / path for path in SLOW}
    for item in items:
        if not slow.isdisjoint((item.path, *item.path.parents)):
            item.add_marker("slow")
        fixtures = set(getattr(item, "fixturenames", ()))
        if POSTGRES & fixtures or "elephant" in item.name:
            item.add_marker("postgres")
        if "daemon" in fixtures:
            item.add_marker("daemon")
        if item.path.stem == "test_browser":
            item.add_marker("browser")


@pytest.fixture(scope="session", autouse=True)
def _storage_keeps_its_engines() -> Iterator[None]:
    with kept_engines():
        yield


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

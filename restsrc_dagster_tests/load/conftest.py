"""The destinations that loads are tested on: a DuckDB file, and a PostgreSQL."""

from collections.abc import Iterator

import duckdb
import psycopg2
import pytest

from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.load.blog import Blog
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Api


@pytest.fixture(autouse=True)
def no_pause_between_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0")


@pytest.fixture
def blog(api: Api) -> Blog:
    return Blog(api)


@pytest.fixture
def duck(settings: Settings) -> Warehouse:
    assert settings.data_dir is not None
    file = settings.data_dir / "restsrc_acme.duckdb"
    return Warehouse(settings, {}, lambda: duckdb.connect(file))


@pytest.fixture
def elephant(settings: Settings, postgres: str) -> Iterator[Warehouse]:
    """An empty PostgreSQL."""
    destination = {"type": "postgres", "credentials": postgres}
    warehouse = Warehouse(settings, destination, lambda: psycopg2.connect(postgres))
    yield warehouse
    warehouse.execute(
        "DROP SCHEMA IF EXISTS acme CASCADE", "DROP SCHEMA IF EXISTS _staging_acme CASCADE"
    )


@pytest.fixture(params=["duck", "elephant"])
def warehouse(request: pytest.FixtureRequest) -> Warehouse:
    """Each destination that has a lock of its own."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Warehouse)
    return found

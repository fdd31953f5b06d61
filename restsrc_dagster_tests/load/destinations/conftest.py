"""Each destination that can be had here; with CI set, none is left out."""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.load.destinations import places
from restsrc_dagster_tests.load.destinations.places import Place

MODULES = {"delta": "deltalake", "iceberg": "pyiceberg", "mariadb": "pymysql"}
DATABASES = ("duckdb", "postgres", "sqlite", "mariadb")
ALL = (*DATABASES, "files, append", "files, replace", "delta", "iceberg")

of_libraries = [
    pytest.mark.filterwarnings("ignore:Delete operation did not match:UserWarning"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),
]
"""What pyiceberg says of a table that is emptied while it is empty, and SQLAlchemy of dlt's SQL."""


def _skip_if(lacks: bool, why: str) -> None:
    if lacks:
        assert not os.environ.get("CI"), why
        pytest.skip(why)


@pytest.fixture(scope="session")
def mariadb_url() -> Iterator[str]:
    _skip_if(find_spec("pymysql") is None, "pymysql is not installed")
    from restsrc_dagster_tests.support import mariadb

    _skip_if(mariadb.SERVER is None, mariadb.WHY_NOT)
    with mariadb.running_mariadb() as url:
        yield url


@pytest.fixture
def place(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Iterator[Place]:
    """The destination by its name; what it holds on to between tests is emptied."""
    name: str = request.param
    module = MODULES.get(name)
    _skip_if(module is not None and find_spec(module) is None, f"{module} is not installed")
    bucket = tmp_path / "bucket"
    match name:
        case "duckdb":
            yield places.duck(settings)
        case "sqlite":
            yield places.sqlite(settings, tmp_path)
        case "delta":
            yield places.delta(settings, bucket)
        case "iceberg":
            yield places.iceberg(settings, bucket)
        case "postgres":
            yield request.getfixturevalue("elephant_place")
        case "mariadb":
            yield request.getfixturevalue("mariadb_place")
        case _:
            yield places.files(settings, bucket, name.removeprefix("files, "))


@pytest.fixture
def elephant_place(settings: Settings, postgres: str) -> Iterator[Place]:
    import psycopg2

    yield places.postgres(settings, postgres)
    connection = psycopg2.connect(postgres)
    for schema in ("acme", "_staging_acme"):
        connection.cursor().execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    connection.commit()
    connection.close()


@pytest.fixture
def mariadb_place(settings: Settings, mariadb_url: str) -> Iterator[Place]:
    import pymysql

    place = places.mariadb(settings, mariadb_url)
    yield place
    port = places.urlsplit(mariadb_url).port
    connection = pymysql.connect(host="127.0.0.1", port=port, user="root")
    for database in ("acme", "_staging_acme"):
        connection.cursor().execute(f"DROP DATABASE IF EXISTS {database}")
    connection.close()

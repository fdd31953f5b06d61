"""How a launcher finds a server, starts one if there is none, and asks it."""

import logging
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterable
from socket import socket

from restsrc_dagster.orchestrate.forking import wire
from restsrc_dagster.orchestrate.forking.place import Place
from restsrc_dagster.orchestrate.forking.surroundings import Surroundings

PATIENCE = 60.0
"""Seconds in which a server answers that has to import everything first."""
SERVERS_IN_TURN = 3
"""A server may be about to go when it is asked; a new one is not."""
AVOIDED_FOR = 300.0
"""Seconds after which a server is tried again that could not be started."""

log = logging.getLogger("dagster.restsrc")


class NotForked(Exception):
    """A launch will never be carried out; the message says why."""


class Gone(NotForked):
    """Its server went while it was asked: a new one may carry out another launch."""


class Servers:
    """The servers of one place, with a connection to each that was asked for a run.

    The connections stay open: a server goes when it has none.

    Args:
        place: where they are found.
        runs: how many runs one forks at most.
        idle_seconds: how long one stays that is not asked.
        modules: what one imports for the instance.
    """

    def __init__(
        self, place: Place, *, runs: int, idle_seconds: float, modules: Iterable[str]
    ) -> None:
        self._place = place
        self._arguments = [str(runs), str(idle_seconds), *modules]
        self._connections: dict[str, tuple[str, socket]] = {}
        self._started: list[subprocess.Popen[bytes]] = []
        self._lock = threading.Lock()

    def launch(self, surroundings: Surroundings, order: dict[str, object]) -> None:
        """Fork a run.

        Args:
            surroundings: what it is to have around it.
            order: the fields of an `Order`.

        Raises:
            NotForked: it will not be, by this launch.
        """
        with self._lock:
            self._started = [one for one in self._started if one.poll() is None]
            try:
                self._place.make()
                self._launch(surroundings, order)
            except (OSError, EOFError, ValueError) as error:
                self._close(surroundings.key)
                # The server may have forked before it went, or may do so when it wakes up.
                if self._place.withdraw_launch(str(order["launch"])):
                    raise Gone(f"its server does not answer: {error!r}") from error

    def _launch(self, surroundings: Surroundings, order: dict[str, object]) -> None:
        for _ in range(SERVERS_IN_TURN):
            _, connection = self._connected(surroundings)
            wire.send(connection, {"do": "launch", "order": order})
            answer = wire.receive(connection)
            if "pid" in answer:
                return
            if "retired" not in answer:
                raise NotForked(str(answer.get("refused")))
            self._close(surroundings.key)
        raise NotForked("each server goes as soon as it is asked")

    def _connected(self, surroundings: Surroundings) -> tuple[str, socket]:
        """The server to ask, which is started if need be."""
        key = surroundings.key
        if self._place.socket_of(key) != self._connections.get(key, ("",))[0]:
            self._close(key)
        if key not in self._connections:
            with self._place.starting(key):
                self._connections[key] = self._found(key) or self._start(surroundings)
        return self._connections[key]

    def _found(self, key: str) -> tuple[str, socket] | None:
        if name := self._place.socket_of(key):
            try:
                return name, self._place.connect(name, timeout=PATIENCE)
            except (FileNotFoundError, ConnectionError):
                self._place.remove_socket(name)
        return None

    def _start(self, surroundings: Surroundings) -> tuple[str, socket]:
        key, name = surroundings.key, uuid.uuid4().hex[:16]
        with self._place.listen(name) as listener:
            module = __package__ or ""
            storage = str(self._place.folder.parent.absolute())
            self._started.append(
                subprocess.Popen(  # noqa: S603 - this Python, and this module
                    [sys.executable, "-m", module, storage, key, name, *self._arguments],
                    cwd=surroundings.folder,
                    env=surroundings.environment,
                    stdin=listener.fileno(),
                )
            )
        self._place.announce(key, name)
        return name, self._place.connect(name, timeout=PATIENCE)

    def terminate(self, run_id: str, launch: str) -> bool:
        """Interrupt a run; False if its process is not there."""
        answer = self._ask(launch, {"do": "terminate", "run": run_id})
        if answer is not None:
            return bool(answer["terminated"])
        return self._place.interrupt(launch)

    def is_there(self, run_id: str, launch: str) -> bool:
        """Whether the process of a run is, or its server is about to report that it is not."""
        answer = self._ask(launch, {"do": "health", "run": run_id})
        if answer is not None and answer["is_there"]:
            return True
        return self._place.is_alive(launch)

    def _ask(self, launch: str, message: wire.Message) -> wire.Message | None:
        """Ask the server that has forked it; None if that is gone."""
        if (name := self._place.server_of(launch)) is None:
            return None
        try:
            with self._place.connect(name, timeout=10.0) as connection:
                wire.send(connection, message)
                return wire.receive(connection)
        except (OSError, EOFError, ValueError):
            return None

    def _close(self, key: str) -> None:
        if key in self._connections:
            self._connections.pop(key)[1].close()

    def close(self) -> None:
        """Let the servers go when their runs have ended."""
        with self._lock:
            for key in list(self._connections):
                self._close(key)

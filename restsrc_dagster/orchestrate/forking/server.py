"""The server: one thread that forks runs, waits for what it has forked, and opens nothing.

It takes no more runs, and ends when its own have, once a file that it has imported is another, it
has forked its share, nobody has asked for long, or nobody who might ask is there any more.
"""

import logging
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from restsrc_dagster.orchestrate.forking import preload, worker
from restsrc_dagster.orchestrate.forking.place import Place
from restsrc_dagster.orchestrate.forking.wire import Garbled, Incoming, Message, send
from restsrc_dagster.orchestrate.forking.worker import INTERRUPTS, Order

LEFT_ALONE = 5.0
"""Seconds without a launcher after which a server goes: the one that has started it is gone."""
REPORTED_AGAIN_AFTER = 5.0
REPORTS = 60
"""Tries to report a death: a disk may be full, a database away for a while."""

log = logging.getLogger("dagster.restsrc")


@dataclass(frozen=True)
class Life:
    """How many runs a server forks at most, and how long it stays when nobody asks for one."""

    runs: int
    idle_seconds: float


@dataclass
class _Run:
    """A run whose process is there, or whose death is being reported."""

    order: Order
    pid: int
    told: int  # a pipe, into which the process says that the end of the run is stored
    exit_code: int | None = None
    reports: int = 0


class Server:
    """Serves at `listener`, which is announced in `place` as `name` for `key`."""

    def __init__(
        self, listener: socket.socket, place: Place, *, key: str, name: str, life: Life
    ) -> None:
        self._listener = listener
        self._place = place
        self._key = key
        self._name = name
        self._life = life
        self._files = preload.fingerprint()
        self._selector = selectors.DefaultSelector()
        self._launchers: dict[socket.socket, Incoming] = {}
        self._runs: dict[str, _Run] = {}
        self._later: list[tuple[float, _Run]] = []
        self._forked = 0
        self._takes_runs = True
        self._asked_at = self._alone_since = time.monotonic()

    def serve(self) -> None:
        """Until it is not needed any more."""
        for number in INTERRUPTS:  # the terminal's Ctrl-C is for the runs
            signal.signal(number, lambda *_: None)
        self._place.sweep()
        self._listener.setblocking(False)
        self._watch(self._listener, self._accept)
        while self._takes_runs or self._runs:
            for selected, _ in self._selector.select(timeout=1.0):
                selected.data()
            self._report_again()
            self._grow_old()
        self._place.remove_socket(self._name)

    def _grow_old(self) -> None:
        now = time.monotonic()
        if self._launchers:
            self._alone_since = now
        if self._takes_runs and (
            now - self._alone_since > LEFT_ALONE
            or now - self._asked_at > self._life.idle_seconds
            or self._forked >= self._life.runs
        ):
            self._retire()

    def _retire(self) -> None:
        self._takes_runs = False
        self._place.withdraw(self._key, self._name)

    def _watch(self, file: socket.socket | int, when_ready: Callable[[], None]) -> None:
        self._selector.register(file, selectors.EVENT_READ, when_ready)

    def _accept(self) -> None:
        with suppress(BlockingIOError, ConnectionError):
            connection, _ = self._listener.accept()
            connection.settimeout(5.0)
            self._launchers[connection] = Incoming()
            self._watch(connection, partial(self._read, connection))

    def _read(self, connection: socket.socket) -> None:
        incoming = self._launchers[connection]
        try:
            message = incoming.add(connection.recv(incoming.missing))
            if message is not None:
                send(connection, self._answer(message))
        except (EOFError, OSError, Garbled, ValueError, KeyError):
            self._selector.unregister(connection)
            del self._launchers[connection]
            connection.close()

    def _answer(self, message: Message) -> Message:
        match message["do"]:
            case "launch":
                return self._launch(Order(**message["order"]))
            case "terminate":
                return {"terminated": self._interrupt(message["run"])}
            case "health":
                run = self._runs.get(message["run"])
                return {"is_there": run is not None and run.reports < REPORTS}
        return {"refused": "an unknown request"}

    def _launch(self, order: Order) -> Message:
        self._asked_at = time.monotonic()
        if not self._takes_runs or not preload.is_as_it_was(self._files):
            self._retire()
            return {"retired": True}
        if (threads := preload.threads()) != 1:
            return {"refused": f"what it has imported runs {threads - 1} threads"}
        told, tell = os.pipe()
        try:
            pid = self._fork(partial(self._execute, order, tell))
        except OSError as error:
            os.close(told)
            return {"refused": f"no process can be forked: {error}"}
        finally:
            os.close(tell)
        self._forked += 1
        run = self._runs[order.run] = _Run(order, pid, told)
        self._when_it_ends(pid, partial(self._run_ended, run))
        return {"pid": pid}

    def _execute(self, order: Order, tell: int) -> None:
        if self._place.claim(order.launch, server=self._name):
            worker.execute(order, lambda: os.write(tell, b"."))
            worker.leave(0)

    def _interrupt(self, run_id: str) -> bool:
        run = self._runs.get(run_id)
        if run is None or run.exit_code is not None:
            return False
        os.kill(run.pid, signal.SIGINT)
        return True

    def _fork(self, work: Callable[[], None]) -> int:
        """A process that does `work`, and has nothing of the server's."""
        signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTS)
        try:
            if (pid := os.fork()) == 0:
                self._be_a_child(work)
            return pid
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, INTERRUPTS)

    def _be_a_child(self, work: Callable[[], None]) -> None:
        code = 1
        try:
            for watched in list(self._selector.get_map().values()):
                os.close(watched.fd)
            self._selector.close()
            for run in self._runs.values():
                os.close(run.told)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            work()
            code = 0
        except BaseException:
            log.exception("a forked process failed")
        finally:
            worker.leave(code)

    def _when_it_ends(self, pid: int, then: Callable[[int], None]) -> None:
        handle = os.pidfd_open(pid)

        def ended() -> None:
            self._selector.unregister(handle)
            os.close(handle)
            then(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

        self._watch(handle, ended)

    def _run_ended(self, run: _Run, exit_code: int) -> None:
        run.exit_code = exit_code
        os.set_blocking(run.told, False)
        has_ended = False
        with suppress(BlockingIOError):
            has_ended = bool(os.read(run.told, 1))
        if has_ended:
            self._forget(run)
        else:
            self._report(run)

    def _report(self, run: _Run) -> None:
        run.reports += 1
        try:
            code = run.exit_code or 0
            pid = self._fork(partial(worker.report_death, run.order, code))
        except OSError:
            self._reported(run, 1)
        else:
            self._when_it_ends(pid, partial(self._reported, run))

    def _reported(self, run: _Run, exit_code: int) -> None:
        if exit_code == 0 or run.reports >= REPORTS:  # run monitoring finds it, too
            self._forget(run)
        else:
            self._later.append((time.monotonic() + REPORTED_AGAIN_AFTER, run))

    def _report_again(self) -> None:
        now = time.monotonic()
        due = [run for at, run in self._later if at <= now]
        self._later = [(at, run) for at, run in self._later if at > now]
        for run in due:
            self._report(run)

    def _forget(self, run: _Run) -> None:
        os.close(run.told)
        del self._runs[run.order.run]
        self._place.forget(run.order.launch)

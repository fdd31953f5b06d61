"""`dagster dev` as a group of processes that leaves nothing behind. POSIX only."""

import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from typing_extensions import Self

POLL_SECONDS = 0.1


class StopRequests:
    """Counts SIGINT, SIGTERM and SIGHUP within `with`, instead of dying of them.

    Only the main thread can: elsewhere it counts nothing. Dagster is in a session of its own, so
    that Ctrl-C comes here and nowhere else.
    """

    def __init__(self) -> None:
        self.count = 0
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                if number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
                    continue  # under nohup
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1  # no lock, no print: this may interrupt anything


class DagsterProcess:
    """One `dagster dev`, in one process group with its webserver, daemon and run workers."""

    def __init__(
        self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path
    ) -> None:
        with log.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                list(command),
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                umask=0o077,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def stop(self, *, patience_seconds: float, hurry: Callable[[], bool] = lambda: False) -> None:
        """Returns when the whole group is gone.

        First SIGINT to `dagster dev`, which stops its children in order; when the patience ends, or
        `hurry` says so, SIGTERM to whoever is left, and a moment later SIGKILL.
        """
        patience = 0.0
        if self.exit_code is None:
            self._process.send_signal(signal.SIGINT)
            patience = patience_seconds
        if not self._gone_within(patience, hurry):
            self._signal_group(signal.SIGTERM)
            if not self._gone_within(2, lambda: False):
                self._signal_group(signal.SIGKILL)
                self._gone_within(5, lambda: False)

    def _gone_within(self, seconds: float, hurry: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + seconds
        while not self._gone():
            if hurry() or time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def _gone(self) -> bool:
        return self._process.poll() is not None and not self._signal_group(0)

    def _signal_group(self, number: int) -> bool:
        """Whether there was anyone to signal; 0 only asks."""
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return False
        except PermissionError:  # macOS, of a group whose last members are being reaped
            return False
        return True


def last_lines(file: Path, count: int = 20) -> list[str]:
    """The end of a text file; empty if there is none."""
    if not file.exists():
        return []
    with file.open(encoding="utf-8", errors="replace") as lines:
        return [line.rstrip() for line in deque(lines, maxlen=count)]

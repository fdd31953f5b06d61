"""A line every few seconds while something takes long."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from typing_extensions import Self

LINES_BEFORE_THEY_GROW_RARE = 360
"""Of half an hour; a day then has less than 2000 lines, and the last of them 4 minutes apart."""


class Ticker:
    """A context manager, within which a thread of its own tells a line now and then.

    What hangs is told of, too. What ends within the first interval is not told of, and nothing is
    told after the end.

    Args:
        line: what there is to say; called by the thread.
        on_message: gets it; if it fails, the line is lost, and nothing else.
        seconds: from the start to the first line, and between lines; more, the longer it takes.
    """

    def __init__(
        self,
        line: Callable[[], str],
        on_message: Callable[[str], None],
        *,
        seconds: float,
    ) -> None:
        self._line = line
        self._on_message = on_message
        self._seconds = seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="restsrc-ticker", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        started = time.monotonic()
        while not self._over.wait(pause_after(time.monotonic() - started, self._seconds)):
            line = self._line()
            if not self._over.is_set():
                with suppress(Exception):  # who cannot be told now may be told later
                    self._on_message(line)


def pause_after(elapsed: float, seconds: float) -> float:
    """Seconds until the next line, `elapsed` seconds after the start."""
    return max(seconds, elapsed / LINES_BEFORE_THEY_GROW_RARE)

"""When the requests of a connector may start: by its own rate, and by what the API says."""

import threading
import time
from collections.abc import Callable

from restsrc_dagster.extract.rate_limits import RateLimit
from restsrc_dagster.extract.waiting import Wait, Waits

SECONDS_BETWEEN_LINES = 60


class Pace:
    """One for all threads of a reading.

    Args:
        per_second: requests that may start in a second; None for any.
        max_wait: a longer pause is nobody's: who is told to make it fails.
    """

    def __init__(self, per_second: float | None, max_wait: float) -> None:
        self._per_second = per_second
        self._max_wait = max_wait
        self._lock = threading.Lock()
        self._next_start = 0.0
        self._paused_until = 0.0
        self._header = ""
        self._told = float("-inf")

    def pause(self, limit: RateLimit) -> bool:
        """Let nobody start before the limit is over; whether the person is to be told of it."""
        if limit.seconds > self._max_wait:
            return False
        with self._lock:
            now = time.monotonic()
            longer = now + limit.seconds - self._paused_until
            if longer > 0:
                self._paused_until, self._header = now + limit.seconds, limit.header
            tell = longer > 1 and now - self._told >= SECONDS_BETWEEN_LINES
            self._told = now if tell else self._told
        return tell

    def wait(self, sleep: Callable[[float], None], waits: Waits) -> None:
        """Return when the next request may start; it counts as started then."""
        while True:
            with self._lock:
                now = time.monotonic()
                seconds = max(self._next_start, self._paused_until) - now
                if seconds <= 0:
                    self._next_start = now + 1 / self._per_second if self._per_second else now
                    return
                is_paused = self._paused_until >= self._next_start
                detail = self._header if is_paused else ""
            with waits.held(Wait.RATE_LIMIT if is_paused else Wait.BUDGET, detail):
                sleep(seconds)

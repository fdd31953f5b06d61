"""What the requests of a run wait for, and for how long by the clock."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum


class Wait(Enum):
    """What a request may wait for, as a line says it."""

    ANSWER = "an answer"
    RATE_LIMIT = "the API's rate limit"
    BUDGET = "http.requests_per_second"
    RETRY = "another try"
    READY = "what is not ready yet"


@dataclass(frozen=True)
class Held:
    """A wait that is going on: since when (`time.monotonic`), and whose or why it is."""

    since: float
    detail: str


class Waits:
    """What is waited for, over all requests of a run, which may wait side by side.

    Its seconds are those of the clock in which at least one request waited: twenty threads that
    sit out one rate limit of a minute have waited for a minute. Thread-safe.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._going: dict[Wait, dict[object, Held]] = {wait: {} for wait in Wait}
        self._begun = dict.fromkeys(Wait, 0.0)
        self._ended = dict.fromkeys(Wait, 0.0)
        self._details = dict.fromkeys(Wait, "")
        self._times = dict.fromkeys(Wait, 0)

    @contextmanager
    def held(self, wait: Wait, detail: str) -> Iterator[None]:
        """Count what happens within as waiting; `detail` says whose it is, or what caused it."""
        token = object()
        with self._lock:
            now = time.monotonic()
            if not self._going[wait]:
                self._begun[wait] = now
            self._going[wait][token] = Held(now, detail)
            self._details[wait] = detail
            self._times[wait] += 1
        try:
            yield
        finally:
            with self._lock:
                del self._going[wait][token]
                if not self._going[wait]:
                    self._ended[wait] += time.monotonic() - self._begun[wait]

    def seconds(self, wait: Wait) -> float:
        """In which at least one request waited for it, so far."""
        with self._lock:
            going = time.monotonic() - self._begun[wait] if self._going[wait] else 0.0
            return self._ended[wait] + going

    def times(self, wait: Wait) -> int:
        """How many waits of requests have begun."""
        with self._lock:
            return self._times[wait]

    def detail(self, wait: Wait) -> str:
        """Of the wait that began last."""
        with self._lock:
            return self._details[wait]

    def longest(self, wait: Wait) -> Held | None:
        """Of the waits that are going on, the one that began first."""
        with self._lock:
            return min(self._going[wait].values(), key=lambda held: held.since, default=None)

"""When a request may be sent: one throttle for all threads, and its lock.

The lock is held while the head of a request is written, so that no pause begins between the
decision to send and the first byte. Nothing else is done under it that takes time.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf

import requests

from restsrc_dagster.connector.http import Http
from restsrc_dagster.extract.http.gate import SendDeferred
from restsrc_dagster.extract.http.metrics import Metrics
from restsrc_dagster.extract.http.rate_limits import (
    RateLimit,
    exhausted,
    in_seconds,
    left,
)
from restsrc_dagster.extract.http.request_context import sleep
from restsrc_dagster.extract.http.retry import FailedTry, RetryPolicy
from restsrc_dagster.extract.http.throttle import Throttle
from restsrc_dagster.extract.prefetch.requests import PrefetchedRequest
from restsrc_dagster.extract.stats.waits import Wait

log = logging.getLogger(__name__)

SECONDS_BETWEEN_LINES = 60


@dataclass
class Slot:
    """Room for one request; whoever has it tells whether the API has granted the request."""

    is_granted: bool = False


class Budget:
    """The connector's budget, within what the API grants.

    Args:
        http: the connector's budget.
        policy: what a refusal means for all requests.
        metrics: gets what is waited for.

    Attributes:
        on_message: called with a line for the person where the API is waited for.
    """

    def __init__(self, http: Http, *, policy: RetryPolicy, metrics: Metrics) -> None:
        self.on_message: Callable[[str], None] = lambda _: None
        self._policy = policy
        self._metrics = metrics
        self._lock = threading.Lock()
        self._ended = threading.Condition(self._lock)
        self._throttle = Throttle(at_once=http.max_concurrency, rate=http.requests_per_second)
        self._header = ""
        """By which the pause that is going on was asked for."""
        self._told = -inf

    @contextmanager
    def slot(self) -> Iterator[Slot]:
        """Room for one request, which is under way within; waits until there is some."""
        self._begin()
        slot = Slot()
        try:
            yield slot
        finally:
            with self._lock:
                self._throttle.end(time.monotonic(), well=slot.is_granted)
                self._ended.notify_all()

    @contextmanager
    def gate(self) -> Iterator[None]:
        """Nothing is written in a pause, nor what nobody wants any more; no pause begins here."""
        with self._lock:
            if ticket := PrefetchedRequest.current():
                ticket.sleep(0)
            if self._throttle.is_paused(time.monotonic()):
                raise SendDeferred
            yield

    def heed(self, response: requests.Response) -> FailedTry | None:
        """What the head of an answer says of a limit holds from now on, for all requests.

        Returns:
            The refusal, if it is one.
        """
        if response.ok:
            self._heed_what_is_left(response)
            return None
        refusal = FailedTry.refused(response)
        self._heed_refusal(refusal)
        return refusal

    def _begin(self) -> None:
        """Return when a request may start; it counts as under way then."""
        while True:
            with self._lock:
                now = time.monotonic()
                seconds = self._throttle.opens_in(now)
                if seconds <= 0:
                    if self._throttle.begin(now):
                        return
                    self._ended.wait()
                wait, detail = Wait.BUDGET, ""
                if self._throttle.is_paused(now):
                    wait, detail = Wait.RATE_LIMIT, self._header
            if seconds <= 0:
                sleep(0)
                continue
            with self._metrics.waits.held(wait, detail):
                sleep(seconds)

    def _heed_what_is_left(self, response: requests.Response) -> None:
        if limit := exhausted(response):
            self._pause(limit, "its limit is used up")
        elif found := left(response):
            with self._lock:
                self._throttle.update_quota(time.monotonic(), *found)
            log.debug("throttle: the API says that %g requests are left for %s s", *found)

    def _heed_refusal(self, refusal: FailedTry) -> None:
        if self._policy.slows_all(refusal):
            with self._lock:
                self._throttle.refused(time.monotonic())
            log.debug("throttle: refused with %d, one goes first after the pause", refusal.status)
        if refusal.limit and self._policy.waits_out(refusal):
            self._pause(refusal.limit, f"it answered {refusal.status}")

    def _pause(self, limit: RateLimit, reason: str) -> None:
        """Nobody of this connector asks before the limit is over; told once, not by each."""
        if not self._policy.pauses_all(limit):
            log.debug("throttle: no pause of %g s, http.max_wait_seconds is less", limit.seconds)
            return
        log.debug("throttle: a pause of %g s: %s (%s)", limit.seconds, reason, limit.header)
        with self._lock:
            now = time.monotonic()
            longer = self._throttle.pause(now, limit.seconds)
            self._header = limit.header if longer > 0 else self._header
            is_told = longer > 1 and now - self._told >= SECONDS_BETWEEN_LINES
            self._told = now if is_told else self._told
        if is_told:
            self.on_message(
                f"the API is waited for, {in_seconds(limit.seconds)}: {reason} ({limit.header})"
            )

"""Every request of a run: within the connector's budget, guarded, and tried again.

Every request of dlt's REST client and its redirects pass `ApiAdapter.send`; the token requests
have an adapter of their own, so that no link of the API can pass for one.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import requests
from requests.adapters import HTTPAdapter

from restsrc_dagster.connector.model import Http
from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.connector.syntax.origins import Origin
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.http.allowed_origins import AllowedOrigins
from restsrc_dagster.extract.http.credentials import take_credentials_out
from restsrc_dagster.extract.http.gate import SendDeferred, gated
from restsrc_dagster.extract.http.rate_limits import (
    TOO_MANY_REQUESTS,
    RateLimit,
    exhausted,
    in_seconds,
    left,
    rate_limit,
    retry_after,
)
from restsrc_dagster.extract.http.request_context import resource_asked_for, sleep
from restsrc_dagster.extract.http.retry import (
    RETRYABLE_STATUSES,
    PollState,
    RetryPolicy,
    RetryState,
    is_retryable,
)
from restsrc_dagster.extract.http.throttle import Throttle
from restsrc_dagster.extract.prefetch.requests import PrefetchedRequest, RequestDropped
from restsrc_dagster.extract.response.body import (
    is_ignored,
    read_body,
    refuse_json,
    refuse_other_format,
    take_json,
)
from restsrc_dagster.extract.response.not_ready import not_ready
from restsrc_dagster.extract.response.url_redaction import HIDDEN, redacted_url
from restsrc_dagster.extract.stats.traffic import Traffic
from restsrc_dagster.extract.stats.waits import Wait, Waits

log = logging.getLogger(__name__)

SECONDS_BETWEEN_LINES = 60


class ApiAdapter(HTTPAdapter):
    """Counts, paces, bounds and guards every request.

    Args:
        http: the connector's budget and limits.
        reach: whom it may ask, with the credentials and without.
        selectors: where the records of each resource are, by its name; None where that is found.
        redact: takes secrets out of the texts of exceptions.
        patience: how often and how long a request is tried again.

    Attributes:
        traffic: what each resource cost so far, by name; "" is what belongs to none.
        waits: what was waited for, over all of them.
        watch: called with each answer and the seconds that it took.
        on_message: called with a line for the person where the API is waited for.
    """

    def __init__(
        self,
        *,
        http: Http,
        reach: AllowedOrigins,
        selectors: Mapping[str, str | None],
        redact: Redactor,
        patience: RetryPolicy,
    ) -> None:
        super().__init__(pool_maxsize=max(50, http.max_concurrency))
        self.traffic: dict[str, Traffic] = {}
        self.waits = Waits()
        self.watch: Callable[[requests.Response, float], None] = lambda *_: None
        self.on_message: Callable[[str], None] = lambda _: None
        self._http = http
        self._patience = patience
        self.reach = reach
        self._selectors = selectors
        self._redact = redact
        self._lock = threading.Lock()
        self._ended = threading.Condition(self._lock)
        self._throttle = Throttle(at_once=http.max_concurrency, rate=http.requests_per_second)
        self._limits: WeakKeyDictionary[requests.Response, RateLimit | None] = WeakKeyDictionary()
        """What a refusal says of a limit, from its head on until it is settled."""
        self._header = ""
        self._told = float("-inf")

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        """Send one request until it is answered with a page, or there is no hope of one.

        Raises:
            OriginRefused: the request would take the credentials elsewhere.
            RateLimited: the API wants a longer pause than the connector makes.
            ReadError: a limit of the connector is reached.
            requests.RequestException: as requests does, secrets taken out.
        """
        if self.reach.is_anonymous(request.url or ""):
            take_credentials_out(request, self._redact)
        origins, polls = self.reach.allowed | self.reach.anonymous, PollState(self._patience)
        while True:
            response = self.send_patiently(origins, request, *args, **kwargs)
            if not response.ok or response.is_redirect:
                return response
            said = not_ready(response, self._selectors.get(resource_asked_for()))
            if said is None or is_ignored(response, request):
                break
            self._wait_until_ready(response, said, polls)
        self._count_page(self._traffic(resource_asked_for()))
        return response

    def _wait_until_ready(self, response: requests.Response, said: str, polls: PollState) -> None:
        said = self._redact(said)
        pause = polls.pause(retry_after(response), self._address(response), said)
        log.debug("%s: asked again in %.3g s: not ready, %s", _asker(), pause, said)
        self._count_retry()
        with self.waits.held(Wait.READY, f"{resource_asked_for()} answered {said}"):
            sleep(pause)

    def send_patiently(
        self,
        origins: Set[Origin],
        request: requests.PreparedRequest,
        *args: Any,
        **kwargs: Any,
    ) -> requests.Response:
        """As often as the patience says; the last answer is returned, whatever it is."""
        tries = RetryState(self._patience)
        while True:
            try:
                response = self._send_once(origins, request, *args, **kwargs)
            except requests.RequestException as error:
                pause = tries.pause() if is_retryable(error) else None
                if pause is None:
                    raise
                broken = (
                    "a time-out" if isinstance(error, requests.Timeout) else "a broken connection"
                )
                self._wait_for_retry(pause, broken)
                continue
            if response.is_redirect or (response.ok and take_json(response)):
                return response
            if response.ok and refuse_other_format(response, self._address(response), self._redact):
                return response
            if not self._wait_after(response, tries):
                return response

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """As requests does, as soon as the head of an answer is there: what it says of a limit
        holds from now on, for all requests."""
        response = super().build_response(req, resp)
        if response.ok:
            self._heed_what_is_left(response)
        else:
            self._heed_refusal(response)
        return response

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """As requests does; the connections of the pool ask at the last moment."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = gated(pool.ConnectionCls, self._gate)
        return pool

    def _heed_what_is_left(self, response: requests.Response) -> None:
        if limit := exhausted(response):
            self._pause(limit, "its limit is used up")
        elif found := left(response):
            with self._lock:
                self._throttle.update_quota(time.monotonic(), *found)
            log.debug("throttle: the API says that %g requests are left for %s s", *found)

    def _heed_refusal(self, response: requests.Response) -> None:
        limit, status = rate_limit(response), response.status_code
        with self._lock:
            self._limits[response] = limit
        if limit or status == TOO_MANY_REQUESTS:
            with self._lock:
                self._throttle.refused(time.monotonic())
            log.debug("throttle: refused with %d, one goes first after the pause", status)
        if limit:
            self._pause(limit, f"it answered {status}")

    def _pause(self, limit: RateLimit, reason: str) -> None:
        """Nobody of this connector asks before the limit is over; told once, not by each."""
        if limit.seconds > self._patience.max_wait:
            log.debug("throttle: no pause of %g s, http.max_wait_seconds is less", limit.seconds)
            return
        log.debug("throttle: a pause of %g s: %s (%s)", limit.seconds, reason, limit.header)
        with self._lock:
            now = time.monotonic()
            longer = self._throttle.pause(now, limit.seconds)
            self._header = limit.header if longer > 0 else self._header
            on_message = longer > 1 and now - self._told >= SECONDS_BETWEEN_LINES
            self._told = now if on_message else self._told
        if on_message:
            self.on_message(
                f"the API is waited for, {in_seconds(limit.seconds)}: {reason} ({limit.header})"
            )

    def _wait_after(self, response: requests.Response, tries: RetryState) -> bool:
        """Whether the request is to be sent again, after the pause that is its own."""
        status = response.status_code
        with self._lock:
            limit = self._limits.pop(response, None)
        if limit:
            pause = tries.pause_for(limit, status)
        elif response.ok or status in RETRYABLE_STATUSES:
            pause = tries.pause()
        else:
            return False
        if pause is None:
            log.debug("%s: not sent again: tried often enough", _asker())
            if response.ok:
                refuse_json(response, self._address(response), self._redact)
            return False
        if limit and limit.seconds:  # that is waited out by all
            log.debug("%s: sent again after the pause", _asker())
            self._count_retry()
        else:
            self._wait_for_retry(pause, "no JSON" if response.ok else f"status {status}")
        return True

    def _wait_for_retry(self, pause: float, after: str) -> None:
        log.debug("%s: sent again in %.3g s, after %s", _asker(), pause, after)
        self._count_retry()
        with self.waits.held(Wait.RETRY, after):
            sleep(pause)

    def _count_retry(self) -> None:
        traffic = self._traffic(resource_asked_for())
        with self._lock:
            traffic.retries += 1

    def _send_once(
        self,
        origins: Set[Origin],
        request: requests.PreparedRequest,
        *args: Any,
        **kwargs: Any,
    ) -> requests.Response:
        """Send one request once, within the budget, if it goes to one of `origins`."""
        url = request.url or ""
        self.reach.guard(url, origins)
        with self._lock:
            self._redact.learn(str(request.headers.get("Authorization", "")).rpartition(" ")[2])
        resource = resource_asked_for()
        while True:
            try:
                return self._sent(resource, request, *args, **kwargs)
            except SendDeferred:
                log.debug("%s: held back, a pause has begun", _asker())
                continue
            except requests.RequestException as error:
                redacted = self._redacted(error, url)
                log.debug("%s: %s: %s", _asker(), type(error).__name__, redacted)
                raise redacted from None

    def _sent(
        self, resource: str, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        """The answer, when it may be asked for; raises SendDeferred if a pause came in between."""
        self._begin()
        if is_told := log.isEnabledFor(logging.DEBUG):
            where = f"{request.method} {self._redact(redacted_url(request.url or ''))}"
            log.debug("%s: %s is sent", _asker(), where)
        traffic, size = self._traffic(resource), 0
        started, written, granted = time.monotonic(), True, False
        try:
            with self.waits.held(Wait.ANSWER, resource):
                response: requests.Response = super().send(request, *args, **kwargs)
                granted = response.ok
                read_body(response, self._http.max_response_mb)
            size = len(response.content)
        except (SendDeferred, RequestDropped):
            written = False
            raise
        finally:
            seconds = time.monotonic() - started
            with self._lock:
                self._throttle.end(time.monotonic(), well=granted)
                self._ended.notify_all()
                if written:
                    traffic.requests += 1
                    traffic.seconds += seconds
                    traffic.bytes_received += size
        if is_told:
            told = (_asker(), where, response.status_code, seconds, size)
            log.debug("%s: %s answered %d, %.3f s, %d bytes", *told)
        self.watch(response, seconds)
        return response

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
            with self.waits.held(wait, detail):
                sleep(seconds)

    @contextmanager
    def _gate(self) -> Iterator[None]:
        """Nothing is written in a pause, nor what nobody wants any more; no pause begins here."""
        with self._lock:
            if ticket := PrefetchedRequest.current():
                ticket.sleep(0)
            if self._throttle.is_paused(time.monotonic()):
                raise SendDeferred
            yield

    def close(self) -> None:
        """urllib3 closes a pool when it is forgotten, but an exception remembers it for long."""
        pools = self.poolmanager.pools
        for key in pools.keys():  # noqa: SIM118 - it refuses to be iterated
            pools[key].close()
        super().close()

    def _traffic(self, resource: str) -> Traffic:
        with self._lock:
            return self.traffic.setdefault(resource, Traffic())

    def _address(self, response: requests.Response) -> str:
        return self._redact(redacted_url(response.url))

    def _count_page(self, traffic: Traffic) -> None:
        with self._lock:
            traffic.pages += 1
        limit = self._http.max_pages
        if limit is not None and traffic.pages > limit:
            raise ReadError(
                f"there are more than {limit} pages, the limit that http.max_pages sets"
            )

    def _redacted(self, error: requests.RequestException, url: str) -> Exception:
        """The same kind of error, saying what may be said."""
        query = urlsplit(url).query
        cause = self._redact(str(error).replace(query, HIDDEN) if query else str(error))
        return type(error)(f"{self._redact(redacted_url(url))}: {cause}")


def _asker() -> str:
    """For whom a request is sent, as the log names it."""
    return resource_asked_for() or "no resource"

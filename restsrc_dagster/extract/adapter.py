"""Every request of a run: within the connector's budget, guarded, and tried again.

Every request of dlt's REST client and its redirects pass `ApiAdapter.send`; the token requests
have an adapter of their own, so that no link of the API can pass for one.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import dlt
import requests
from dlt.common.exceptions import ResourceNameNotAvailable
from requests.adapters import HTTPAdapter

from restsrc_dagster.connector.model import Http
from restsrc_dagster.connector.origins import Origin, is_among, origin_of
from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.errors import OriginRefused, ReadError
from restsrc_dagster.extract.address import HIDDEN, shown
from restsrc_dagster.extract.anonymous import take_credentials_out
from restsrc_dagster.extract.answers import refuse_json, take_json
from restsrc_dagster.extract.gate import NotNow, gated
from restsrc_dagster.extract.pace import Pace
from restsrc_dagster.extract.patience import TRIED_AGAIN, Patience, Tries, worth_another_try
from restsrc_dagster.extract.rate_limits import LIMITED, RateLimit, exhausted, left, rate_limit
from restsrc_dagster.extract.tickets import NotWanted, Ticket
from restsrc_dagster.extract.traffic import Traffic
from restsrc_dagster.extract.waiting import Wait, Waits

CHUNK_BYTES = 1 << 18
"""requests itself reads a body in pieces of 10 kB, which takes longer than to get it."""
SECONDS_BETWEEN_LINES = 60


class ApiAdapter(HTTPAdapter):
    """Counts, paces, bounds and guards every request.

    Args:
        http: the connector's budget and limits.
        origins: of everybody who may get the credentials.
        anonymous: of everybody else who may be asked, without them.
        redact: takes secrets out of the texts of exceptions.
        patience: how often and how long a request is tried again.

    Attributes:
        traffic: what each resource cost so far, by name; "" is what belongs to none.
        waits: what was waited for, over all of them.
        watch: called with each answer and the seconds that it took.
        tell: called with a line for the person where the API is waited for.
    """

    def __init__(
        self,
        *,
        http: Http,
        origins: Iterable[Origin],
        anonymous: Iterable[Origin],
        redact: Redactor,
        patience: Patience,
    ) -> None:
        super().__init__(pool_maxsize=max(50, http.max_concurrency))
        self.traffic: dict[str, Traffic] = {}
        self.waits = Waits()
        self.watch: Callable[[requests.Response, float], None] = lambda *_: None
        self.tell: Callable[[str], None] = lambda _: None
        self._http = http
        self._patience = patience
        self._origins = frozenset(origins)
        self._anonymous = frozenset(anonymous)
        self._redact = redact
        self._lock = threading.Lock()
        self._ended = threading.Condition(self._lock)
        self._pace = Pace(at_once=http.max_concurrency, rate=http.requests_per_second)
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
        if self.is_anonymous(request.url or ""):
            take_credentials_out(request, self._redact)
        response = self.send_patiently(self._origins | self._anonymous, request, *args, **kwargs)
        if response.ok and not response.is_redirect:
            self._count_page(self._traffic(self._resource()))
        return response

    def is_anonymous(self, url: str) -> bool:
        """Whether `url` is asked without credentials."""
        try:
            return is_among(self._anonymous, url) and not is_among(self._origins, url)
        except ValueError:  # no URL, which requests tells better
            return False

    def send_patiently(
        self,
        origins: Set[Origin],
        request: requests.PreparedRequest,
        *args: Any,
        **kwargs: Any,
    ) -> requests.Response:
        """As often as the patience says; the last answer is returned, whatever it is."""
        tries = Tries(self._patience)
        while True:
            try:
                response = self._send_once(origins, request, *args, **kwargs)
            except requests.RequestException as error:
                pause = tries.pause() if worth_another_try(error) else None
                if pause is None:
                    raise
                broken = (
                    "a time-out" if isinstance(error, requests.Timeout) else "a broken connection"
                )
                self._wait_for_retry(pause, broken)
                continue
            if response.is_redirect or (response.ok and take_json(response)):
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
                self._pace.left(time.monotonic(), *found)

    def _heed_refusal(self, response: requests.Response) -> None:
        limit, status = rate_limit(response), response.status_code
        if limit or status == LIMITED:
            with self._lock:
                self._pace.refused(time.monotonic())
        if limit:
            self._pause(limit, f"it answered {status}")

    def _pause(self, limit: RateLimit, reason: str) -> None:
        """Nobody of this connector asks before the limit is over; told once, not by each."""
        if limit.seconds > self._patience.max_wait:
            return
        with self._lock:
            now = time.monotonic()
            longer = self._pace.pause(now, limit.seconds)
            self._header = limit.header if longer > 0 else self._header
            tell = longer > 1 and now - self._told >= SECONDS_BETWEEN_LINES
            self._told = now if tell else self._told
        if tell:
            self.tell(f"the API is waited for, {limit.seconds:.0f} s: {reason} ({limit.header})")

    def _wait_after(self, response: requests.Response, tries: Tries) -> bool:
        """Whether the request is to be sent again, after the pause that is its own."""
        status = response.status_code
        limit = rate_limit(response)
        if limit:
            pause = tries.pause_for(limit, status)
        elif response.ok or status in TRIED_AGAIN:
            pause = tries.pause()
        else:
            return False
        if pause is None:
            if response.ok:
                refuse_json(response, self._redact(shown(response.url)), self._redact)
            return False
        if limit and limit.seconds:  # that is waited out by all
            self._count_retry()
        else:
            self._wait_for_retry(pause, "no JSON" if response.ok else f"status {status}")
        return True

    def _wait_for_retry(self, pause: float, after: str) -> None:
        self._count_retry()
        with self.waits.held(Wait.RETRY, after):
            _sleep(pause)

    def _count_retry(self) -> None:
        traffic = self._traffic(self._resource())
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
        _guard(url, origins)
        with self._lock:
            self._redact.learn(str(request.headers.get("Authorization", "")).rpartition(" ")[2])
        resource = self._resource()
        while True:
            try:
                return self._sent(resource, request, *args, **kwargs)
            except NotNow:
                continue
            except requests.RequestException as error:
                raise self._redacted(error, url) from None

    def _sent(
        self, resource: str, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        """The answer, when it may be asked for; raises NotNow if a pause has come in between."""
        self._begin()
        traffic, size = self._traffic(resource), 0
        started, written, granted = time.monotonic(), True, False
        try:
            with self.waits.held(Wait.ANSWER, resource):
                response: requests.Response = super().send(request, *args, **kwargs)
                granted = response.ok
                self._read_body(response)
            size = len(response.content)
        except (NotNow, NotWanted):
            written = False
            raise
        finally:
            seconds = time.monotonic() - started
            with self._lock:
                self._pace.end(time.monotonic(), well=granted)
                self._ended.notify_all()
                if written:
                    traffic.requests += 1
                    traffic.seconds += seconds
                    traffic.bytes_received += size
        self.watch(response, seconds)
        return response

    def _begin(self) -> None:
        """Return when a request may start; it counts as under way then."""
        while True:
            with self._lock:
                now = time.monotonic()
                seconds = self._pace.opens_in(now)
                if seconds <= 0:
                    if self._pace.begin(now):
                        return
                    self._ended.wait()
                wait, detail = Wait.BUDGET, ""
                if self._pace.is_paused(now):
                    wait, detail = Wait.RATE_LIMIT, self._header
            if seconds <= 0:
                _sleep(0)
                continue
            with self.waits.held(wait, detail):
                _sleep(seconds)

    @contextmanager
    def _gate(self) -> Iterator[None]:
        """Nothing is written in a pause, nor what nobody wants any more; no pause begins here."""
        with self._lock:
            if ticket := Ticket.current():
                ticket.sleep(0)
            if self._pace.is_paused(time.monotonic()):
                raise NotNow
            yield

    def close(self) -> None:
        """urllib3 closes a pool when it is forgotten, but an exception remembers it for long."""
        pools = self.poolmanager.pools
        for key in pools.keys():  # noqa: SIM118 - it refuses to be iterated
            pools[key].close()
        super().close()

    def _resource(self) -> str:
        ticket = Ticket.current()
        return ticket.resource if ticket else resource_that_asks()

    def _traffic(self, resource: str) -> Traffic:
        with self._lock:
            return self.traffic.setdefault(resource, Traffic())

    def _read_body(self, response: requests.Response) -> None:
        """Read here, the body counts as under way, and the connection of a refusal is given back:
        dlt raises for it before requests would have read it."""
        limit = self._http.max_response_mb
        chunks, size = [], 0
        for chunk in response.iter_content(CHUNK_BYTES):
            chunks.append(chunk)
            size += len(chunk)
            if limit is not None and size > limit * 1_000_000:
                response.close()
                raise ReadError(
                    f"an answer is larger than http.max_response_mb ({limit:g}); ask for smaller "
                    "pages, or raise the limit"
                )
        response._content = b"".join(chunks)

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
        return type(error)(f"{self._redact(shown(url))}: {cause}")


class TokenAdapter(HTTPAdapter):
    """Sends token requests to the origin of their URL, and nowhere else, on the API's budget."""

    def __init__(self, adapter: ApiAdapter, origins: Iterable[Origin]) -> None:
        super().__init__()
        self._adapter = adapter
        self._origins = frozenset(origins)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        """As `ApiAdapter.send`, but an answer is no page."""
        return self._adapter.send_patiently(self._origins, request, *args, **kwargs)


def _guard(url: str, origins: Set[Origin]) -> None:
    if is_among(origins, url):
        return
    scheme, host, port = origin_of(url)
    raise OriginRefused(
        f"the API points to {scheme}://{host}:{port}, which may not get the credentials; if it "
        "may, name it in http.allowed_hosts, if it needs none, in http.anonymous_hosts, or correct "
        "configuration.client.base_url"
    )


def resource_that_asks() -> str:
    """By dlt's context of this thread; "" where it has none."""
    try:
        return dlt.current.resource_name()
    except ResourceNameNotAvailable:
        return ""


def _sleep(seconds: float) -> None:
    ticket = Ticket.current()
    if ticket:
        ticket.sleep(seconds)
    else:
        time.sleep(seconds)

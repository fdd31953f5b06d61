"""Every request of a run: within the connector's budget, guarded, and tried again.

Every request of dlt's REST client and its redirects pass `ApiAdapter.send`; the token requests
have an adapter of their own, so that no link of the API can pass for one.
"""

import logging
from collections.abc import Callable, Mapping, Set
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from restsrc_dagster.connector.model import Http
from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.connector.syntax.origins import Origin
from restsrc_dagster.extract.http.allowed_origins import AllowedOrigins
from restsrc_dagster.extract.http.budget import Budget
from restsrc_dagster.extract.http.exchange import Exchange
from restsrc_dagster.extract.http.gate import gated
from restsrc_dagster.extract.http.metrics import Metrics
from restsrc_dagster.extract.http.origin_guard import OriginGuard
from restsrc_dagster.extract.http.polling import PollState
from restsrc_dagster.extract.http.rate_limits import RateLimit, retry_after
from restsrc_dagster.extract.http.request_context import asker, resource_asked_for, sleep
from restsrc_dagster.extract.http.retry import (
    RetryPolicy,
    RetryState,
)
from restsrc_dagster.extract.http.transient import TRANSIENT_STATUSES, is_transient_error
from restsrc_dagster.extract.response.body import (
    is_ignored,
    refuse_json,
    refuse_other_format,
    take_json,
)
from restsrc_dagster.extract.response.not_ready import not_ready
from restsrc_dagster.extract.response.url_redaction import redacted_url
from restsrc_dagster.extract.stats.traffic import Traffic
from restsrc_dagster.extract.stats.waits import Wait, Waits

log = logging.getLogger(__name__)


class ApiAdapter(HTTPAdapter):
    """Sends each request through the parts that guard, bound, pace, repeat and count it.

    Args:
        http: the connector's budget and limits.
        reach: whom it may ask, with the credentials and without.
        selectors: where the records of each resource are, by its name; None where that is found.
        redact: takes secrets out of the texts of exceptions.
        policy: how often and how long a request is tried again.
    """

    def __init__(
        self,
        *,
        http: Http,
        reach: AllowedOrigins,
        selectors: Mapping[str, str | None],
        redact: Redactor,
        policy: RetryPolicy,
    ) -> None:
        super().__init__(pool_maxsize=max(50, http.max_concurrency))
        self.reach = reach
        self._redact = redact
        self._policy = policy
        self._selectors = selectors
        self._guard = OriginGuard(reach, redact)
        self._metrics = Metrics(http.max_pages)
        self._budget = Budget(http, max_wait=policy.max_wait, metrics=self._metrics)
        self._exchange = Exchange(
            super().send,
            budget=self._budget,
            metrics=self._metrics,
            redact=redact,
            max_response_mb=http.max_response_mb,
        )

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        """Send one request until it is answered with a page, or there is no hope of one.

        Raises:
            OriginRefused: the request would take the credentials elsewhere.
            RateLimited: the API wants a longer pause than the connector makes.
            ReadError: a limit of the connector is reached.
            requests.RequestException: as requests does, secrets taken out.
        """
        self._guard.admit(request)
        polls = PollState(self._policy)
        while True:
            response = self._send_patiently(request, *args, **kwargs)
            if not response.ok or response.is_redirect:
                return response
            said = not_ready(response, self._selectors.get(resource_asked_for()))
            if said is None or is_ignored(response, request):
                break
            self._wait_until_ready(response, said, polls)
        self._metrics.count_page(resource_asked_for())
        return response

    def send_for_token(
        self,
        origins: Set[Origin],
        request: requests.PreparedRequest,
        *args: Any,
        **kwargs: Any,
    ) -> requests.Response:
        """As `send`, to one of `origins`; what is answered is no page."""
        self._guard.admit_to(origins, request)
        return self._send_patiently(request, *args, **kwargs)

    def _wait_until_ready(self, response: requests.Response, said: str, polls: PollState) -> None:
        said = self._redact(said)
        pause = polls.pause(retry_after(response), self._address(response), said)
        log.debug("%s: asked again in %.3g s: not ready, %s", asker(), pause, said)
        self._metrics.count_retry(resource_asked_for())
        with self.waits.held(Wait.READY, f"{resource_asked_for()} answered {said}"):
            sleep(pause)

    def _send_patiently(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        """As often as the policy says; the last answer is returned, whatever it is."""
        tries = RetryState(self._policy)
        while True:
            try:
                response, limit = self._exchange.send(request, *args, **kwargs)
            except requests.RequestException as error:
                pause = tries.pause() if is_transient_error(error) else None
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
            if not self._wait_after(response, limit, tries):
                return response

    def _wait_after(
        self, response: requests.Response, limit: RateLimit | None, tries: RetryState
    ) -> bool:
        """Whether the request is to be sent again, after the pause that is its own."""
        status = response.status_code
        if limit:
            pause = tries.pause_for(limit, status)
        elif response.ok or status in TRANSIENT_STATUSES:
            pause = tries.pause()
        else:
            return False
        if pause is None:
            log.debug("%s: not sent again: tried often enough", asker())
            if response.ok:
                refuse_json(response, self._address(response), self._redact)
            return False
        if limit and limit.seconds:  # that is waited out by all
            log.debug("%s: sent again after the pause", asker())
            self._metrics.count_retry(resource_asked_for())
        else:
            self._wait_for_retry(pause, "no JSON" if response.ok else f"status {status}")
        return True

    def _wait_for_retry(self, pause: float, after: str) -> None:
        log.debug("%s: sent again in %.3g s, after %s", asker(), pause, after)
        self._metrics.count_retry(resource_asked_for())
        with self.waits.held(Wait.RETRY, after):
            sleep(pause)

    def _address(self, response: requests.Response) -> str:
        return self._redact(redacted_url(response.url))

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """As requests does; the connections of the pool ask at the last moment."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = gated(pool.ConnectionCls, self._budget.gate)
        return pool

    def close(self) -> None:
        """urllib3 closes a pool when it is forgotten, but an exception remembers it for long."""
        pools = self.poolmanager.pools
        for key in pools.keys():  # noqa: SIM118 - it refuses to be iterated
            pools[key].close()
        super().close()

    @property
    def traffic(self) -> dict[str, Traffic]:
        """What each resource cost so far, by name; "" is what belongs to none."""
        return self._metrics.traffic

    @traffic.setter
    def traffic(self, traffic: dict[str, Traffic]) -> None:
        self._metrics.traffic = traffic

    @property
    def waits(self) -> Waits:
        """What was waited for, over all requests."""
        return self._metrics.waits

    @waits.setter
    def waits(self, waits: Waits) -> None:
        self._metrics.waits = waits

    @property
    def watch(self) -> Callable[[requests.Response, float], None]:
        """Called with each answer and the seconds that it took."""
        return self._exchange.watch

    @watch.setter
    def watch(self, watch: Callable[[requests.Response, float], None]) -> None:
        self._exchange.watch = watch

    @property
    def on_message(self) -> Callable[[str], None]:
        """Called with a line for the person where the API is waited for."""
        return self._budget.on_message

    @on_message.setter
    def on_message(self, on_message: Callable[[str], None]) -> None:
        self._budget.on_message = on_message

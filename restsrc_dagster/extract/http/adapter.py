"""Every request of a run: within the connector's budget, guarded, and tried again.

Every request of dlt's REST client and its redirects pass `ApiAdapter.send`; the token requests
have an adapter of their own, so that no link of the API can pass for one.
"""

from collections.abc import Container, Mapping, Set
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from restsrc_dagster.connector.http import Http
from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.connector.syntax.origins import Origin
from restsrc_dagster.extract.formats.answer_format import AnswerFormat
from restsrc_dagster.extract.formats.reader import AnswerReader
from restsrc_dagster.extract.http.allowed_origins import AllowedOrigins
from restsrc_dagster.extract.http.budget import Budget
from restsrc_dagster.extract.http.connecting import Connecting
from restsrc_dagster.extract.http.dialling import checked
from restsrc_dagster.extract.http.exchange import Exchange
from restsrc_dagster.extract.http.gate import gated
from restsrc_dagster.extract.http.metrics import Metrics
from restsrc_dagster.extract.http.origin_guard import OriginGuard
from restsrc_dagster.extract.http.polling import Poller
from restsrc_dagster.extract.http.request_context import resource_asked_for
from restsrc_dagster.extract.http.retry import RetryPolicy
from restsrc_dagster.extract.http.retrying import RetryingSender
from restsrc_dagster.extract.response.limits import AnswerLimits
from restsrc_dagster.policy.hosts import HostRules


class ApiAdapter(HTTPAdapter):
    """Sends each request through the parts that guard, bound, pace, repeat and count it.

    Args:
        http: the connector's budget and limits.
        reach: whom it may ask, with the credentials and without.
        selectors: where the records of each resource are, by its name; None where that is found.
        judged: names of the resources of which others say what is ready.
        formats: how the answers to each resource are read, by its name.
        redact: takes secrets out of the texts of exceptions.
        policy: how often and how long a request is tried again.
        rules: which hosts may be reached at all.
        limits: how much of an answer is taken, and how long it may take.

    Attributes:
        policy: how often and how long a request is tried again.
        metrics: what the requests cost, and what they wait for.
        budget: when a request may be sent.
        connecting: by which certificates and which proxy.
        exchange: sends a request once, and lets who watches see the answer.
    """

    def __init__(
        self,
        *,
        http: Http,
        reach: AllowedOrigins,
        selectors: Mapping[str, str | None],
        formats: Mapping[str, AnswerFormat],
        judged: Container[str] = (),
        redact: Redactor,
        policy: RetryPolicy,
        limits: AnswerLimits,
        rules: HostRules | None = None,
    ) -> None:
        super().__init__(pool_maxsize=max(50, http.max_concurrency))
        self.reach = reach
        self._rules = rules or HostRules()
        self._has_own_proxy = http.proxy is not None
        self.policy = policy
        self._guard = OriginGuard(reach, redact)
        self.metrics = metrics = Metrics(http.max_pages)
        self.budget = Budget(http, policy=policy, metrics=metrics)
        reader = AnswerReader(formats, limits, redact)
        self.connecting = Connecting(http, reach.is_anonymous, self._rules)
        self.exchange = Exchange(
            self.connecting.sending(super().send),
            budget=self.budget,
            metrics=metrics,
            redact=redact,
            limits=limits,
            may_be_in_pieces=reader.may_be_in_pieces,
        )

        def sender(reader: AnswerReader) -> RetryingSender:
            return RetryingSender(
                self.exchange, reader=reader, policy=policy, metrics=metrics, redact=redact
            )

        self._token_sender = sender(AnswerReader({}, limits, redact))
        self._poller = Poller(
            sender(reader),
            policy=policy,
            selectors=selectors,
            judged=judged,
            metrics=metrics,
            redact=redact,
        )

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        """Send one request until it is answered with a page, or there is no hope of one.

        Raises:
            OriginRefused: the request would take the credentials elsewhere.
            HostRefused: no request may go there.
            RateLimited: the API wants a longer pause than the connector makes.
            ReadError: a limit of the connector is reached.
            requests.RequestException: as requests does, secrets taken out.
        """
        self._guard.admit(request)
        response = self._poller.send(request, *args, **kwargs)
        if response.ok and not response.is_redirect:
            self.metrics.count_page(resource_asked_for())
        return response

    def send_for_token(
        self, origins: Set[Origin], request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        """As `send`, to one of `origins`; what is answered is no page."""
        self._guard.admit_to(origins, request)
        return self._token_sender.send(request, *args, is_page=False, **kwargs)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """As requests does; the connections of the pool ask at the last moment, whether they may
        dial, and whether they may write."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        own = self._has_own_proxy
        pool.ConnectionCls = checked(pool.ConnectionCls, self._rules, checks_proxy=own)
        pool.ConnectionCls = gated(pool.ConnectionCls, self.budget.gate)
        return pool

    def close(self) -> None:
        """urllib3 closes a pool when it is forgotten, but an exception remembers it for long."""
        pools = self.poolmanager.pools
        for key in pools.keys():  # noqa: SIM118 - it refuses to be iterated
            pools[key].close()
        super().close()
        self.connecting.close()

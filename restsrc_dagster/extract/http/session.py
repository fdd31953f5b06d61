"""The HTTP sessions of a run: what dlt asks with, and what was asked before its turn."""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from dlt.common.configuration import resolve_configuration
from dlt.common.configuration.specs import RuntimeConfiguration
from dlt.sources.helpers.requests import Session
from requests.adapters import HTTPAdapter

from restsrc_dagster.connector.http import Http
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.connector.syntax.origins import Origin, origin_of
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.formats.answer_format import AnswerFormat
from restsrc_dagster.extract.http.adapter import ApiAdapter
from restsrc_dagster.extract.http.allowed_origins import AllowedOrigins
from restsrc_dagster.extract.http.credentials import as_linked
from restsrc_dagster.extract.http.kept_answers import KeptAnswers
from restsrc_dagster.extract.http.request_context import resource_asked_for, resource_that_asks
from restsrc_dagster.extract.http.request_values import sendable
from restsrc_dagster.extract.http.retry import RetryPolicy
from restsrc_dagster.extract.http.signature import hand_on
from restsrc_dagster.extract.prefetch.prefetcher import Prefetcher
from restsrc_dagster.extract.prefetch.requests import RequestDropped, copied
from restsrc_dagster.extract.response.limits import AnswerLimits
from restsrc_dagster.extract.response.links import link_of
from restsrc_dagster.extract.response.url_redaction import redacted_url
from restsrc_dagster.policy.hosts import HostRules

SEE_OTHER = 303
LONGEST_CONNECT = 4.0
"""Seconds until somebody who waits is told that an address does not answer."""


class ApiSession(Session):
    """Gives an answer at once where it was fetched ahead, or is kept.

    It puts nothing into a link to where no credentials may go.
    """

    prefetcher: Prefetcher | None = None

    def __init__(self, adapter: ApiAdapter, timeout: Any) -> None:
        super().__init__(timeout=timeout, raise_for_status=False)
        self._adapter = adapter
        self._settings: dict[Any, Any] = {}
        self.kept = KeptAnswers()

    def ask(self, request: requests.Request) -> requests.Response:
        """The answer, which may be there before its turn.

        Raises as `ApiAdapter.send` does, and what the hooks of the request raise.
        """
        ticket = self.prefetcher.take(resource_that_asks(), request) if self.prefetcher else None
        return self.prefetcher.answer(ticket) if self.prefetcher and ticket else self.fetch(request)

    def merge_environment_settings(self, url: Any, *given: Any) -> Any:
        """As requests does; it reads the whole environment, so once for each origin."""
        key = origin_of(url), repr(given)
        if key not in self._settings:
            self._settings[key] = super().merge_environment_settings(url, *given)
        return dict(self._settings[key])

    def fetch(self, request: requests.Request) -> requests.Response:
        """Send a request now, if its answer is not kept; raises as `ask` does."""
        resource = resource_asked_for()
        if (kept := self.kept.take(resource, request)) is not None:
            self._adapter.metrics.count_page(resource)
            return kept.answer(self._prepared(request))
        try:
            response = self._sent(request)
        except RequestDropped:
            raise
        except Exception as error:
            self.kept.note_failure(resource, request, error)
            raise
        self.kept.note(resource, request, response)
        return response

    def _sent(self, request: requests.Request) -> requests.Response:
        prepared = self._prepared(request)
        settings = self.merge_environment_settings(prepared.url, {}, None, None, None)
        return super().send(prepared, **settings)  # type: ignore[no-any-return, no-untyped-call]

    def _prepared(self, request: requests.Request) -> requests.PreparedRequest:
        """With auth, cookies and headers, or as the API has linked it."""
        request = sendable(request)
        reach = self._adapter.reach
        if (followed := reach.followed(str(request.url))) != request.url:
            request = copied(request)
            request.url = followed
        anonymous = reach.is_anonymous(str(request.url))
        return super().prepare_request(as_linked(request) if anonymous else request)

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """As requests does, or below `base_url`, if that is another address; raises ReadError where
        it is none."""
        said_by = f"{redacted_url(resp.url)} answered {resp.status_code}, which redirects to"
        try:
            target: str | None = super().get_redirect_target(resp)
        except ValueError:  # of bytes that are no text
            raise ReadError(f"{said_by} what is no address") from None
        if target:
            link_of(target, said_by)
        if target is None or "://" not in target:
            return target
        followed = self._adapter.reach.followed(target)
        return target if followed == resp.url else followed

    def rebuild_auth(
        self, prepared_request: requests.PreparedRequest, response: requests.Response
    ) -> None:
        """As requests does, which takes credentials away where they may not go; a signature is made
        for the new address."""
        super().rebuild_auth(prepared_request, response)  # type: ignore[no-untyped-call]
        hand_on(response.request, prepared_request)

    def rebuild_method(
        self, prepared_request: requests.PreparedRequest, response: requests.Response
    ) -> None:
        """As requests does, which makes a GET of a POST and leaves its body out; raises ReadError.

        After a 303 that is what the API means.
        """
        before = prepared_request.method
        super().rebuild_method(prepared_request, response)
        if before != prepared_request.method and response.status_code != SEE_OTHER:
            raise ReadError(
                f"{redacted_url(response.url)} answers a {before} with a redirect "
                f"({response.status_code}) to {redacted_url(str(prepared_request.url))}, which "
                f"would be asked by {prepared_request.method}, without the body. Write that "
                "address in the endpoint's path, or in configuration.client.base_url"
            )


class TokenAdapter(HTTPAdapter):
    """Sends token requests to the origin of their URL, and nowhere else, on the API's budget."""

    def __init__(self, adapter: ApiAdapter, origins: Iterable[Origin]) -> None:
        super().__init__()
        self._adapter = adapter
        self._origins = frozenset(origins)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        """As `ApiAdapter.send`, but an answer is no page."""
        return self._adapter.send_for_token(self._origins, request, *args, **kwargs)


@dataclass(frozen=True)
class Sessions:
    """For dlt's REST client, and for auths that ask for tokens; the adapter counts the traffic of
    both."""

    api: ApiSession
    token: requests.Session
    adapter: ApiAdapter

    def go_ahead(self, http: Http, is_read: Callable[[str], bool]) -> Prefetcher | None:
        """Let requests be sent before their turn, as many at once as the connector may.

        `is_read` tells whether a resource is still read.
        """
        if http.max_concurrency > 1:
            self.api.prefetcher = Prefetcher(
                self.api.fetch,
                threads=http.max_concurrency,
                is_read=is_read,
                max_pages=http.max_pages,
            )
        return self.api.prefetcher

    def close(self) -> None:
        """End what goes ahead, and close the connections that are kept for the next request."""
        if self.api.prefetcher:
            self.api.prefetcher.close()
        self.adapter.close()


def open_sessions(
    base_url: str,
    resources: Resources,
    http: Http,
    redact: Redactor,
    token_urls: Iterable[str],
    formats: Mapping[str, AnswerFormat],
    judged: Container[str] = (),
    hosts: HostRules | None = None,
    *,
    hurried: bool = False,
) -> Sessions:
    """The sessions of one run.

    `base_url` and `resources` are resolved: no reference is left in them; `judged` is as for
    `Poller`, `hosts` tells which may be reached, `hurried` that an API which is down is not waited
    for. dlt's own settings of the deployment, `RUNTIME__REQUEST_*`, hold where the connector says
    nothing.
    """
    runtime = resolve_configuration(RuntimeConfiguration())
    own = "timeout_seconds" in http.model_fields_set
    timeout = http.timeout_seconds if own else runtime.request_timeout
    reach = AllowedOrigins.of(base_url, http)
    policy = RetryPolicy.of(runtime, http.max_wait_seconds)
    adapter = ApiAdapter(
        http=http,
        reach=reach,
        judged=judged,
        selectors={name: one.endpoint.get("data_selector") for name, one in resources.items()},
        formats=formats,
        redact=redact,
        policy=policy.hurried() if hurried else policy,
        rules=hosts,
        limits=AnswerLimits.of(http, timeout),
    )
    token_adapter = TokenAdapter(adapter, [*map(origin_of, token_urls), *reach.named])
    each = (min(timeout, LONGEST_CONNECT), timeout) if hurried else timeout
    api = ApiSession(adapter, each)
    token = Session(timeout=each, raise_for_status=False)
    for scheme in ("http", "https"):
        api.mount(f"{scheme}://", adapter)
        token.mount(f"{scheme}://", token_adapter)
    return Sessions(api, token, adapter)

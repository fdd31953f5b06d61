"""A request that is sent again as `RetryPolicy` decides."""

import logging
from typing import Any

import requests

from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.errors import ApiUnavailable, RateLimited
from restsrc_dagster.extract.formats.reader import AnswerReader
from restsrc_dagster.extract.http.exchange import Exchange
from restsrc_dagster.extract.http.metrics import Metrics
from restsrc_dagster.extract.http.request_context import asker, resource_asked_for, sleep
from restsrc_dagster.extract.http.retry import (
    Decision,
    FailedTry,
    GiveUp,
    Retry,
    RetryPolicy,
    Tries,
    WaitForLimit,
)
from restsrc_dagster.extract.response.body import beginning, take_json
from restsrc_dagster.extract.response.rules import rule_for
from restsrc_dagster.extract.response.url_redaction import redacted_url
from restsrc_dagster.extract.stats.waits import Wait

log = logging.getLogger(__name__)


class RetryingSender:
    """Carries out what the policy decides of each try.

    Args:
        exchange: sends a request once.
        reader: reads what is answered.
        policy: decides what a try that failed leads to.
        metrics: counts the tries, and what is waited for.
        redact: takes secrets out of what is shown.
    """

    def __init__(
        self,
        exchange: Exchange,
        *,
        reader: AnswerReader,
        policy: RetryPolicy,
        metrics: Metrics,
        redact: Redactor,
    ) -> None:
        self._exchange = exchange
        self._reader = reader
        self._policy = policy
        self._metrics = metrics
        self._redact = redact

    def send(
        self,
        request: requests.PreparedRequest,
        *args: Any,
        is_page: bool = True,
        **kwargs: Any,
    ) -> requests.Response:
        """The first answer that is one, or the last, whatever it is.

        `is_page` is that it has to be one of records; a login may be answered in any form.

        Raises:
            RateLimited: the API wants a longer pause than the connector makes.
            requests.RequestException: of the last try.
        """
        tries = Tries()
        while True:
            try:
                response, refusal = self._exchange.send(request, *args, **kwargs)
            except requests.RequestException as error:
                decision = self._decide(FailedTry(error=error), tries)
                if isinstance(decision, GiveUp):
                    raise
            else:
                failure = self._failure(request, response, refusal, is_page=is_page)
                if failure is None:
                    return response
                decision = self._decide(failure, tries)
                if isinstance(decision, GiveUp):
                    return self._given_up(response, failure, decision)
            self._wait(decision)
            tries = tries.after(decision)

    def _failure(
        self,
        request: requests.PreparedRequest,
        response: requests.Response,
        refusal: FailedTry | None,
        *,
        is_page: bool,
    ) -> FailedTry | None:
        """What keeps an answer from being a page; None if it is one, or is for others to judge."""
        if response.is_redirect:
            return None
        resource, broken = resource_asked_for(), None
        if refusal is None and is_page:
            broken = self._reader.take(response, resource)
        elif refusal is None:
            take_json(response)
        rule = rule_for(response, request)
        if rule is not None and rule.action.kind == "fail":
            return None
        if rule is not None and rule.action.kind == "retry":
            limit = refusal.limit if refusal is not None else None
            return FailedTry(response.status_code, limit, rule=rule.place)
        if refusal is not None:
            return refusal
        if broken is None:
            return None
        self._reader.refuse(response, broken, resource)
        return FailedTry(response.status_code) if broken.is_cut else None

    def _decide(self, failure: FailedTry, tries: Tries) -> Decision:
        decision = self._policy.decide(failure, tries)
        if isinstance(decision, GiveUp):
            log.debug("%s: not sent again: %s", asker(), decision.reason)
        return decision

    def _given_up(
        self, response: requests.Response, failure: FailedTry, decision: GiveUp
    ) -> requests.Response:
        if decision.is_wait_too_long:
            raise RateLimited(decision.reason)
        if failure.rule:
            raise ApiUnavailable(
                f"{self._address(response)} answered {failure.reason}, until it was tried often "
                f"enough: {beginning(response, self._redact)!r}"
            )
        return response

    def _wait(self, decision: Retry | WaitForLimit) -> None:
        """For the pause of this request; one of all requests is waited out by the next try."""
        self._metrics.count_retry(resource_asked_for())
        if isinstance(decision, WaitForLimit):
            log.debug("%s: sent again after the pause", asker())
            return
        pause, reason = decision.after, decision.reason
        log.debug("%s: sent again in %.3g s, after %s", asker(), pause, reason)
        with self._metrics.waits.held(Wait.RETRY, reason):
            sleep(pause)

    def _address(self, response: requests.Response) -> str:
        return self._redact(redacted_url(response.url))

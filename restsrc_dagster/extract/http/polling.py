"""How long an answer that is not ready is waited for."""

import logging
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.errors import ApiUnavailable
from restsrc_dagster.extract.http.metrics import Metrics
from restsrc_dagster.extract.http.rate_limits import RateLimit, in_seconds, retry_after
from restsrc_dagster.extract.http.request_context import asker, resource_asked_for, sleep
from restsrc_dagster.extract.http.retry import LONGEST_BACKOFF, RetryPolicy
from restsrc_dagster.extract.http.retrying import RetryingSender
from restsrc_dagster.extract.response.body import is_ignored
from restsrc_dagster.extract.response.not_ready import not_ready
from restsrc_dagster.extract.response.url_redaction import redacted_url
from restsrc_dagster.extract.stats.waits import Wait

log = logging.getLogger(__name__)

SHORTEST_POLL = 0.1
"""Of what is not ready, also where a deployment does not wait between tries."""


@dataclass
class PollState:
    """How long one request has waited for an answer that is not ready."""

    policy: RetryPolicy
    asked: int = field(default=0, init=False)
    waited: float = field(default=0.0, init=False)

    def pause(self, wished: RateLimit | None, url: str, said: str) -> float:
        """Seconds until it is asked for again, as the API wishes, or longer each time.

        Raises:
            ApiUnavailable: no more are left, or fewer than it wishes.
        """
        self.asked += 1
        left = self.policy.waits_up_to - self.waited
        if wished is not None and wished.seconds:
            pause, asks = wished.seconds, f", and asks to wait {in_seconds(wished.seconds)}"
        else:
            doubled = max(self.policy.backoff, SHORTEST_POLL) * 2 ** min(self.asked - 1, 32)
            pause, asks = min(doubled, LONGEST_BACKOFF, max(left, 0)), ""
        if not 0 < pause <= left:
            before = f" after {in_seconds(self.waited)} of waiting" if self.waited else ""
            record = '. If that is a record, say so by data_selector "$"'
            raise ApiUnavailable(
                f"{url} is not ready yet: it answered {said}{before}{asks}; http.max_wait_seconds "
                f"allows {self.policy.max_wait:g}{record if said.startswith('200') else ''}"
            )
        self.waited += pause
        return pause


class Poller:
    """Asks for the same again until the answer is ready.

    Args:
        sender: sends a request until it is answered.
        policy: how long one request waits.
        selectors: where the records of each resource are, by its name; None where that is found.
        judged: names of the resources of which others say what is ready.
        metrics: counts the tries, and what is waited for.
        redact: takes secrets out of what is shown.
    """

    def __init__(
        self,
        sender: RetryingSender,
        *,
        policy: RetryPolicy,
        selectors: Mapping[str, str | None],
        judged: Container[str],
        metrics: Metrics,
        redact: Redactor,
    ) -> None:
        self._sender = sender
        self._judged = judged
        self._policy = policy
        self._selectors = selectors
        self._metrics = metrics
        self._redact = redact

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        """The answer that is ready, or one that is no good; raises as `RetryingSender.send`, and
        ApiUnavailable if it is not ready in time."""
        polls = PollState(self._policy)
        while True:
            response = self._sender.send(request, *args, **kwargs)
            said = self._not_ready(response, request)
            if said is None:
                return response
            self._wait(response, said, polls)

    def _not_ready(
        self, response: requests.Response, request: requests.PreparedRequest
    ) -> str | None:
        """What an answer says of itself if it is asked for again."""
        if not response.ok or response.is_redirect or resource_asked_for() in self._judged:
            return None
        said = not_ready(response, self._selectors.get(resource_asked_for()))
        return None if said is None or is_ignored(response, request) else self._redact(said)

    def _wait(self, response: requests.Response, said: str, polls: PollState) -> None:
        url = self._redact(redacted_url(response.url))
        pause = polls.pause(retry_after(response), url, said)
        log.debug("%s: asked again in %.3g s: not ready, %s", asker(), pause, said)
        self._metrics.count_retry(resource_asked_for())
        with self._metrics.waits.held(Wait.READY, f"{resource_asked_for()} answered {said}"):
            sleep(pause)

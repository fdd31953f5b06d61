"""One request and its answer, once: within the budget, counted, read up to a limit."""

import logging
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import requests

from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.extract.http.budget import Budget
from restsrc_dagster.extract.http.gate import SendDeferred
from restsrc_dagster.extract.http.metrics import Metrics
from restsrc_dagster.extract.http.patience import patience
from restsrc_dagster.extract.http.request_context import asker, resource_asked_for
from restsrc_dagster.extract.http.retry import FailedTry
from restsrc_dagster.extract.http.signature import sign_again
from restsrc_dagster.extract.prefetch.requests import RequestDropped
from restsrc_dagster.extract.response.body import read_body
from restsrc_dagster.extract.response.body_file import body_size
from restsrc_dagster.extract.response.limits import AnswerLimits
from restsrc_dagster.extract.response.url_redaction import HIDDEN, redacted_url
from restsrc_dagster.extract.stats.waits import Wait

log = logging.getLogger(__name__)


class Exchange:
    """Sends a request as soon as it may be sent, and gives its answer with the whole body.

    Args:
        transport: sends it, and returns when the head of the answer is there.
        budget: when it may be sent; hears what the head says of a limit.
        metrics: counts it, and what it waits for.
        redact: takes secrets out of the texts of exceptions.
        limits: how much of a body is taken, and how long it may take.
        may_be_in_pieces: whether a large answer to a resource, by its name, need not stay in
            memory.

    Attributes:
        watch: called with each answer and the seconds that it took.
    """

    def __init__(
        self,
        transport: Callable[..., requests.Response],
        *,
        budget: Budget,
        metrics: Metrics,
        redact: Redactor,
        limits: AnswerLimits,
        may_be_in_pieces: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self.watch: Callable[[requests.Response, float], None] = lambda *_: None
        self._transport = transport
        self._budget = budget
        self._metrics = metrics
        self._redact = redact
        self._limits = limits
        self._may_be_in_pieces = may_be_in_pieces

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> tuple[requests.Response, FailedTry | None]:
        """The answer, and the refusal if it is one.

        Raises:
            ReadError: the body is too large.
            ApiUnavailable: it does not end.
            RequestDropped: nobody wants the answer any more.
            requests.RequestException: as the transport does, secrets taken out.
        """
        while True:
            try:
                return self._sent(request, *args, **kwargs)
            except SendDeferred:
                log.debug("%s: held back, a pause has begun", asker())
            except requests.RequestException as error:
                redacted = self._redacted(error, request.url or "")
                log.debug("%s: %s: %s", asker(), type(error).__name__, redacted)
                raise redacted from None

    def _sent(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> tuple[requests.Response, FailedTry | None]:
        """As `send`, or SendDeferred if a pause came in between."""
        resource, size, is_written = resource_asked_for(), 0, True
        with self._budget.slot() as slot:
            self._log_request(request)
            started = time.monotonic()
            try:
                in_pieces = self._may_be_in_pieces(resource)
                most = self._limits.of_body(in_pieces=in_pieces)
                with (
                    self._metrics.waits.held(Wait.ANSWER, resource),
                    patience(self._limits.seconds, most),
                ):
                    sign_again(request)
                    response = self._transport(request, *args, **kwargs)
                    refusal = self._budget.heed(response)
                    slot.is_granted = response.ok
                    if not response.ok:
                        most = self._limits.in_memory
                    read_body(response, most, in_pieces=in_pieces)
                size = body_size(response)
            except (SendDeferred, RequestDropped):
                is_written = False
                raise
            finally:
                seconds = time.monotonic() - started
                if is_written:
                    self._metrics.count_request(resource, seconds=seconds, size=size)
        self._log_answer(request, response, seconds)
        self.watch(response, seconds)
        return response, refusal

    def _log_request(self, request: requests.PreparedRequest) -> None:
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s: %s is sent", asker(), self._shown(request))

    def _log_answer(
        self, request: requests.PreparedRequest, response: requests.Response, seconds: float
    ) -> None:
        if log.isEnabledFor(logging.DEBUG):
            measured = (response.status_code, seconds, body_size(response))
            where = self._shown(request)
            log.debug("%s: %s answered %d, %.3f s, %d bytes", asker(), where, *measured)

    def _shown(self, request: requests.PreparedRequest) -> str:
        return f"{request.method} {self._redact(redacted_url(request.url or ''))}"

    def _redacted(self, error: requests.RequestException, url: str) -> Exception:
        """The same kind of error, saying what may be said."""
        query = urlsplit(url).query
        cause = self._redact(str(error).replace(query, HIDDEN) if query else str(error))
        return type(error)(f"{self._redact(redacted_url(url))}: {cause}")

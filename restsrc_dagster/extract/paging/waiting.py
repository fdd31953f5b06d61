"""Answers that are asked for again until they are what the file waits for."""

import logging
import time
from collections.abc import Callable, Generator
from typing import Any
from urllib.parse import urljoin

import requests

from restsrc_dagster.connector.resources.reading import ResourceReading
from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.connector.time.span import pause
from restsrc_dagster.errors import ApiUnavailable, ReadError
from restsrc_dagster.extract.http.metrics import Metrics
from restsrc_dagster.extract.http.polling import SHORTEST_POLL
from restsrc_dagster.extract.http.rate_limits import in_seconds, retry_after
from restsrc_dagster.extract.http.retry import LONGEST_BACKOFF
from restsrc_dagster.extract.prefetch.requests import copied
from restsrc_dagster.extract.records.expressions import predicate
from restsrc_dagster.extract.response.body import beginning
from restsrc_dagster.extract.response.links import link_of
from restsrc_dagster.extract.response.not_ready import ACCEPTED
from restsrc_dagster.extract.response.url_redaction import redacted_url
from restsrc_dagster.extract.stats.waits import Wait
from restsrc_dagster.json_types import Json

log = logging.getLogger(__name__)

IDLE = 0.005
"""Seconds within which nothing else of the run had anything to do."""
LONGEST_IDLE = 0.05
MOST_FIELDS = 20
"""Named of the last answer."""
SHOWN, LONGEST_TOLD = 120, 400
"""Characters of an answer: while it is waited for, and where it says why there is none."""

Ask = Callable[[requests.Request], requests.Response]
Ready = tuple[requests.Request, requests.Response]


class WaitRule:
    """`wait_until` of one resource, and what stands beside it.

    Args:
        resource: its name.
        said: what the file says.
        backoff: seconds before the second request where the file says nothing; doubled for each
            further one.
        metrics: counts the requests, and what is waited for.
        redact: takes secrets out of what is shown.
    """

    def __init__(
        self,
        resource: str,
        said: ResourceReading,
        *,
        backoff: float,
        metrics: Metrics,
        redact: Redactor,
    ) -> None:
        place = f"reading.{resource}"
        self._resource = resource
        self._said = said
        self._holds = predicate(str(said.wait_until), f"{place}.wait_until")
        self._failed = predicate(said.failed_if, f"{place}.failed_if") if said.failed_if else None
        self._backoff = backoff
        self._metrics = metrics
        self._redact = redact

    def ready(self, ask: Ask, request: requests.Request) -> Generator[None, None, Ready]:
        """Ask until an answer is ready; None comes each time that another resource may go on.

        Returns:
            The request that was answered so, which may be for another address, and its answer.

        Raises:
            ApiUnavailable: not in time.
            ReadError: what is waited for has failed.
            What `ask` raises.
        """
        until, asked = time.monotonic() + pause(self._said.at_most), 0
        while True:
            response = ask(request)
            if self._is_ready(response):
                return request, response
            asked += 1
            said = self._told(response)
            seconds = self._pause(response, asked, until - time.monotonic())
            request = _moved(request, response)
            log.debug("%s: asked again in %.3g s: %s", self._resource, seconds, said)
            self._metrics.count_retry_of_answer(self._resource)
            with self._metrics.waits.held(Wait.READY, f"{self._resource} answered {said}"):
                yield from _while_others_go_on(seconds)

    def _is_ready(self, response: requests.Response) -> bool:
        seen = _seen(response)
        if self._failed is not None and self._failed(seen):
            raise ReadError(
                f"{self._address(response)} says that what is waited for has failed, by "
                f"reading.{self._resource}.failed_if: {self._told(response, LONGEST_TOLD)}"
            )
        return self._holds(seen)

    def _pause(self, response: requests.Response, asked: int, left: float) -> float:
        """Seconds until the next request; the last one comes when the time is over."""
        wished, every = retry_after(response), self._said.every
        doubled = max(self._backoff, SHORTEST_POLL) * 2 ** min(asked - 1, 32)
        seconds = pause(every) if every else min(doubled, LONGEST_BACKOFF)
        asks = ""
        if wished is not None and wished.seconds > seconds:
            seconds, asks = wished.seconds, f", and asks to wait {in_seconds(wished.seconds)}"
        if left <= 0 or (asks and seconds > left):
            raise ApiUnavailable(
                f"{self._address(response)} is not what reading.{self._resource}.wait_until waits "
                f"for; at_most allows {self._said.at_most}. The last answer was "
                f"{self._told(response)}{asks}{self._redact(_fields_of(response))}"
            )
        return min(seconds, left)

    def _told(self, response: requests.Response, most: int = SHOWN) -> str:
        said = beginning(response, self._redact, most)
        return f"{response.status_code}, {said}".removesuffix(", ")

    def _address(self, response: requests.Response) -> str:
        return self._redact(redacted_url(response.url))


def _seen(response: requests.Response) -> Json:
    """What expressions look at: an answer, and the fields of its body."""
    body: Any = response.json()
    return {
        **(body if isinstance(body, dict) else {}),
        "body": body,
        "headers": {name.lower(): value for name, value in response.headers.items()},
        "status_code": response.status_code,
        "url": response.url,
    }


def _fields_of(response: requests.Response) -> str:
    """`; its fields are status and job.id`: one that is waited for, and never comes, is none of
    them."""
    body: Any = response.json()
    if not isinstance(body, dict) or not body:
        return ""
    names = []
    for name, value in body.items():
        below = [f"{name}.{one}" for one in value] if isinstance(value, dict) else []
        names += below or [str(name)]
    shown = names if len(names) <= MOST_FIELDS else [*names[:MOST_FIELDS], "others"]
    if len(shown) == 1:
        return f"; its field is {shown[0]}"
    return f"; its fields are {', '.join(shown[:-1])} and {shown[-1]}"


def _moved(request: requests.Request, response: requests.Response) -> requests.Request:
    """What is asked next: the address that a 202 names, or the same again."""
    location = response.headers.get("Location")
    if response.status_code != ACCEPTED or not location:
        return request
    link_of(location, f"{redacted_url(response.url)} answered {ACCEPTED}, which names as Location")
    moved = copied(request)
    moved.method, moved.url = "GET", urljoin(response.url, location)
    moved.params, moved.json, moved.data = {}, None, []
    return moved


def _while_others_go_on(seconds: float) -> Generator[None, None, None]:
    """None until so many seconds are over; sleeps only where nobody else had anything to do."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        yielded = time.monotonic()
        yield None
        if time.monotonic() - yielded < IDLE:
            time.sleep(min(LONGEST_IDLE, left))

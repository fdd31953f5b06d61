"""One request that is sent before its turn, and the plan that it is from."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import ContextVar
from copy import copy, deepcopy
from math import inf
from typing import Any

import requests

from restsrc_dagster.extract.response.taken import weight_of

ANY = ""
_ERRAND: "ContextVar[PrefetchedRequest | None]" = ContextVar("restsrc_errand", default=None)


class RequestDropped(Exception):
    """Nobody waits for this answer any more; never leaves a thread of `Prefetcher`."""


class PrefetchedRequest:
    """One request that is sent before its turn, and its answer.

    `weight` is the bytes of the answer, guessed until it is there; `number` counts the tickets.
    """

    def __init__(
        self, plan: "RequestPlan", request: requests.Request, weight: int, number: int = 0
    ) -> None:
        self.plan = plan
        self.request = request
        self.number = number
        self.asked = what_is_asked(request)
        self.weight = weight
        self._future: Future[requests.Response] = Future()
        self._gone = threading.Event()

    @classmethod
    def current(cls) -> "PrefetchedRequest | None":
        """That on which this thread is out; None in a thread that asks for itself."""
        return _ERRAND.get()

    @property
    def resource(self) -> str:
        """For whom it is sent."""
        return self.plan.resource

    @property
    def is_wanted(self) -> bool:
        """Whether anybody waits for the answer, or will."""
        return not self._gone.is_set()

    def sleep(self, seconds: float) -> None:
        """Wait as long as the answer is wanted; raises RequestDropped."""
        if self._gone.wait(seconds):
            raise RequestDropped

    def drop(self) -> None:
        """The answer is not wanted any more."""
        self._gone.set()

    def fulfil(
        self,
        fetch: Callable[[requests.Request], requests.Response],
        look_on: Callable[["PrefetchedRequest", requests.Response], None],
    ) -> None:
        _ERRAND.set(self)
        try:
            self.sleep(0)
            response = fetch(self.request)
            self.weight = weight_of(response)
            look_on(self, response)
        except BaseException as error:  # else whoever waits would wait for ever
            self._future.set_exception(error)
        else:
            self._future.set_result(response)

    def answer(self) -> requests.Response:
        """What was answered, as soon as it is; raises what sending it has raised."""
        return self._future.result()


class RequestPlan:
    """What one resource will ask for next.

    Args:
        resource: who will.
        coming: gives the next request that nobody has sent yet, None while none is known. It is
            called by the threads of dlt only, unless `look_on` gives the plan.
        after: nothing is sent before this resource has got a page, `ANY` for any resource: who is
            refused is refused once.
        is_list: these are the further pages of one list, whose reading waits for the next of them.
        by_bytes: as many answers may wait as there is memory for; else a number of them, too.
        place: among the plans of the resource, which come in this order.
    """

    def __init__(
        self,
        resource: str,
        coming: Callable[[], requests.Request | None],
        *,
        after: str = ANY,
        is_list: bool = False,
        by_bytes: bool = False,
        place: tuple[float, float] = (0, 0),
    ) -> None:
        self.by_bytes = by_bytes
        self.resource = resource
        self.after = after
        self.is_list = is_list
        self.place = place
        self.tickets: deque[PrefetchedRequest] = deque()
        self._coming = coming
        self._peeked: requests.Request | None = None

    @property
    def begins_lists(self) -> bool:
        """Whether each of its requests is the first one of a list."""
        return False

    @property
    def most(self) -> float:
        """Requests of this plan that are under way, or whose answers wait."""
        return inf

    def look_on(
        self,
        ticket: PrefetchedRequest,  # noqa: ARG002
        response: requests.Response,  # noqa: ARG002
    ) -> "RequestPlan | None":
        """The plan that knows more by an answer to this one; called by the thread that has it."""
        return None

    def goes_on_with(self, asked: Any) -> bool:  # noqa: ARG002
        """Whether a list that nobody reads yet goes on with what is asked (`what_is_asked`)."""
        return False

    def peek(self) -> requests.Request | None:
        """The next request, which stays the next one."""
        if self._peeked is None:
            self._peeked = self._coming()
        return self._peeked

    def advance(self) -> None:
        """The request that was seen is sent."""
        self._peeked = None


def what_is_asked(request: requests.Request) -> Any:
    """What two requests for the same page have in common; to be compared, and not kept."""
    method = str(request.method).upper()
    return method, request.url, request.params, request.headers, request.json, request.data


def copied(request: requests.Request) -> requests.Request:
    """A request that stays as it is when a paginator changes the other."""
    other = copy(request)
    other.params, other.json = copy(request.params), deepcopy(request.json)
    return other

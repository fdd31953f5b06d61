"""Requests that are known to come, sent before their turn.

dlt asks for a page, hands it on, and only then asks for the next. What it will ask for is sent
meanwhile by a few threads; when its turn comes, the answer is there or on its way. Who asks for
what, and in which order, stays dlt's own; so does the thread in which the records are processed.
"""

import logging
import threading
from bisect import insort
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count, groupby
from typing import Any

import requests

from restsrc_dagster.extract.prefetch.requests import PrefetchedRequest, RequestPlan, what_is_asked
from restsrc_dagster.extract.response.taken import weight_of

log = logging.getLogger(__name__)

WAITING_BYTES = 32_000_000
"""Of bodies that wait to be handed over; what is made of them takes a multiple of it."""


LEAST_BYTES = 16_000
"""What an answer takes beside its body, where nothing but memory bounds how many wait."""


@dataclass
class _Waiting:
    """Answers that are under way or wait to be handed over.

    Attributes:
        counted: how many of each resource, of plans that do not go by bytes.
        weight: of all bodies, in bytes.
        memory: of all answers, with what they take beside their bodies.
    """

    counted: Counter[str] = field(default_factory=Counter)
    weight: int = 0
    memory: int = 0

    def add(self, ticket: PrefetchedRequest) -> None:
        """Count one more."""
        self.counted[ticket.resource] += not ticket.plan.by_bytes
        self.weight += ticket.weight
        self.memory += max(ticket.weight, LEAST_BYTES)


class Prefetcher:
    """Sends the requests of all plans of one reading, each once, in threads of its own.

    As many answers as twice the threads are under way or wait to be handed over, shared evenly by
    the resources whose lists are being read, and not more than `WAITING_BYTES`; only the next page
    of a list is always sent. Plans that go `by_bytes` are bounded by the bytes alone.

    Args:
        fetch: sends a request, within the budget.
        threads: requests under way at once.
        is_read: whether a resource, by its name, is still read.
        max_pages: a resource may ask for one more, which is told to be too many.

    Attributes:
        window: the most answers that are under way or wait, where they are counted.
    """

    def __init__(
        self,
        fetch: Callable[[requests.Request], requests.Response],
        *,
        threads: int,
        is_read: Callable[[str], bool],
        max_pages: int | None = None,
    ) -> None:
        self._fetch = fetch
        self.threads = threads
        self.window = 2 * threads
        self._is_read = is_read
        self._max_pages = max_pages
        self._plans: list[RequestPlan] = []
        self._asked: Counter[str] = Counter()
        self._held: set[str] = set()
        self._begins_none: set[str] = set()
        self._sizes: dict[str, int] = {}
        self._numbers = count()
        self._todo: deque[PrefetchedRequest] = deque()
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._closed = False
        self._lock = threading.RLock()
        self._work = threading.Condition(self._lock)

    def add(self, plan: RequestPlan) -> None:
        """Send what a plan knows, now or later; one that is there already may know more."""
        with self._lock:
            self._insert(plan)
            self._fill()

    def begin_list(self, resource: str, request: requests.Request) -> RequestPlan | None:
        """The plan of the list that a resource reads from now on, if there is one for its next
        request; those of lists before it are forgotten."""
        asked = what_is_asked(request)
        with self._lock:
            plans = [plan for plan in self._plans if plan.resource == resource]
            found = next((plan for plan in plans if plan.goes_on_with(asked)), None)
            if found is None:
                return None
            for plan in plans[: plans.index(found)]:
                if plan.place[0] == found.place[0]:
                    self.drop(plan)
            found.is_list = True
            return found

    def drop(self, plan: RequestPlan) -> None:
        """Forget a plan, and the answers that wait for it."""
        with self._lock:
            if plan.tickets:
                log.debug("%s: %d requests ahead are dropped", plan.resource, len(plan.tickets))
            for ticket in plan.tickets:
                ticket.drop()
                if ticket in self._todo:
                    self._todo.remove(ticket)
            plan.tickets.clear()
            if plan in self._plans:
                self._plans.remove(plan)

    def is_drained(self, resource: str, *, ends_lists: bool = False) -> bool:
        """Send nothing more for a resource; whether nothing that was sent waits for its turn.

        What it asks for itself is sent, one after the other. With `ends_lists`, lists that were
        begun are gone through all the same, and no further one is begun.
        """
        with self._lock:
            (self._begins_none if ends_lists else self._held).add(resource)
            return not any(plan.tickets for plan in self._plans if plan.resource == resource)

    def answered(self, resource: str, response: requests.Response) -> None:
        """A resource has got a page."""
        with self._lock:
            is_first = resource not in self._sizes
            self._sizes[resource] = weight_of(response)
            if is_first:  # for which others may have waited
                self._fill()

    def take(self, resource: str, request: requests.Request) -> PrefetchedRequest | None:
        """The ticket for what a resource asks now; None if it is to be sent by whoever asks."""
        asked = what_is_asked(request)
        with self._lock:
            ticket = self._taken(resource, asked)
            is_ahead = "was asked for ahead" if ticket else "was not asked for ahead"
            log.debug("%s: the page that is wanted now %s", resource, is_ahead)
            if ticket is None:
                self._asked[resource] += 1
            elif ticket in self._todo:  # somebody waits for it
                self._todo.remove(ticket)
                self._todo.appendleft(ticket)
            self._fill()
        return ticket

    def forget(self, resource: str, request: requests.Request) -> bool:
        """Drop what was sent ahead, for which nobody will ask; whether it was."""
        with self._lock:
            ticket = self._taken(resource, what_is_asked(request))
            if ticket is not None:
                ticket.drop()
                if ticket in self._todo:
                    self._todo.remove(ticket)
        return ticket is not None

    def answer(self, ticket: PrefetchedRequest) -> requests.Response:
        """As the ticket's; a list that fails, or whose failure is ignored, has ended."""
        try:
            return ticket.answer()
        except Exception:
            if ticket.plan.is_list:
                self.drop(ticket.plan)
            raise

    def close(self) -> None:
        """Forget all, and return when no thread is left; what is under way is not waited out."""
        with self._lock:
            self._closed = True
            for plan in list(self._plans):
                self.drop(plan)
            self._work.notify_all()
        for thread in self._threads:
            thread.join()

    def _taken(self, resource: str, asked: Any) -> PrefetchedRequest | None:
        plans = [plan for plan in self._plans if plan.resource == resource]
        for plan in plans:
            for ticket in plan.tickets:
                if ticket.asked == asked:
                    plan.tickets.remove(ticket)
                    return ticket
        for plan in plans:
            request = None if plan.tickets else plan.peek()
            if request is not None and what_is_asked(request) == asked:
                plan.advance()
                break
        return None

    def _fill(self) -> None:
        for plan in list(self._plans):
            if not self._is_read(plan.resource):
                self.drop(plan)
        ready = [plan for plan in self._plans if self._is_ready(plan) and plan.peek() is not None]
        resources = [list(plans) for _, plans in groupby(ready, lambda plan: plan.resource)]
        share = self._share(plan.resource for plan in ready)
        waiting = self._waiting()
        while resources:
            resources = [
                plans
                for plans in resources
                if any(
                    self._has_room(plan, share, waiting) and self._send(plan, waiting)
                    for plan in plans
                )
            ]
        self._plans = [
            plan
            for plan in self._plans
            if plan.is_list or plan.tickets or not self._is_ready(plan) or plan.peek()
        ]

    def _share(self, wanting: Iterable[str]) -> int:
        """How many answers of each resource are under way or wait, where these have more to ask
        for. A list that is being read keeps its share though its next page is not known yet."""
        reading = {plan.resource for plan in self._plans if plan.is_list}
        return max(1, self.window // max(1, len(reading.union(wanting))))

    def _is_ready(self, plan: RequestPlan) -> bool:
        return plan.after in self._sizes if plan.after else bool(self._sizes)

    def _has_room(self, plan: RequestPlan, share: int, waiting: _Waiting) -> bool:
        if plan.resource in self._held:
            return False
        if plan.begins_lists and plan.resource in self._begins_none:
            return False
        if self._max_pages is not None and self._asked[plan.resource] > self._max_pages:
            return False
        if plan.is_list and not plan.tickets:
            return True
        if len(plan.tickets) >= plan.most:
            return False
        weight, counted = self._weight(plan.resource), waiting.counted
        if plan.by_bytes:
            return waiting.memory + max(weight, LEAST_BYTES) <= WAITING_BYTES
        if waiting.weight + weight > WAITING_BYTES:
            return False
        return counted[plan.resource] < share and counted.total() < self.window

    def _waiting(self) -> _Waiting:
        waiting = _Waiting()
        for plan in self._plans:
            for ticket in plan.tickets:
                waiting.add(ticket)
        return waiting

    def _weight(self, resource: str) -> int:
        return self._sizes.get(resource, max(self._sizes.values(), default=0))

    def _send(self, plan: RequestPlan, waiting: _Waiting) -> bool:
        """Whether there was one to send."""
        request = plan.peek()
        if request is None:
            return False
        plan.advance()
        ticket = PrefetchedRequest(plan, request, self._weight(plan.resource), next(self._numbers))
        plan.tickets.append(ticket)
        waiting.add(ticket)
        self._asked[plan.resource] += 1
        self._todo.append(ticket)
        if len(self._todo) > self._idle and len(self._threads) < self.threads:
            thread = threading.Thread(target=self._run, name="restsrc-ahead", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._work.notify()
        return True

    def _run(self) -> None:
        while True:
            with self._lock:
                self._idle += 1
                while not self._todo and not self._closed:
                    self._work.wait()
                self._idle -= 1
                if self._closed:
                    return
                ticket = self._todo.popleft()
                if not self._is_read(ticket.resource):
                    self.drop(ticket.plan)
            ticket.fulfil(self._fetch, self._look_on)

    def _look_on(self, ticket: PrefetchedRequest, response: requests.Response) -> None:
        plan = ticket.plan.look_on(ticket, response)
        if plan is None:
            return
        with self._lock:
            if self._closed or not ticket.is_wanted or not self._is_read(plan.resource):
                return
            self._insert(plan)
            share = self._share(one.resource for one in self._plans)
            waiting = self._waiting()
            while self._has_room(plan, share, waiting) and self._send(plan, waiting):
                pass

    def _insert(self, plan: RequestPlan) -> None:
        if plan not in self._plans:
            insort(self._plans, plan, key=lambda one: (one.resource, one.place))

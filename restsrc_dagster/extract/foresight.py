"""What dlt will ask for next, as far as it is certain.

The first request of a resource, and those for all records of a parent, are known before they are
made: dlt's own functions say them, to a session that does not send. What follows a page is known as
soon as it is there, in the thread that has fetched it, long before dlt has come to it.
"""

import inspect
import logging
from collections.abc import Callable, Generator, Iterator
from copy import copy
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from math import inf
from typing import Any, Never
from weakref import WeakKeyDictionary, WeakSet

import requests
from dlt.extract.items_transform import ItemTransform
from dlt.sources.helpers.rest_client.client import PageData
from dlt.sources.helpers.rest_client.paginators import BasePaginator
from dlt.sources.rest_api.config_setup import paginate_dependent_resource, paginate_resource

from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.extract.paging.lookahead import PageLookahead, Reader
from restsrc_dagster.extract.paging.page_stats import PageStats
from restsrc_dagster.extract.prefetch.prefetcher import Prefetcher
from restsrc_dagster.extract.prefetch.requests import (
    PrefetchedRequest,
    RequestPlan,
    copied,
    what_is_asked,
)
from restsrc_dagster.extract.step_order import StepOrder

log = logging.getLogger(__name__)

UNKNOWN_GENERATOR = "what asks for its pages is not dlt's own generator, or has begun already"


class PrefetchStep(ItemTransform[Any, Any]):
    """Behind the checks of a resource's pages: tells `Prefetcher` what comes after each."""

    placement_affinity = StepOrder.PREFETCH

    def __init__(self, resource: Resource, ahead: Prefetcher, facts: PageStats) -> None:
        super().__init__(lambda item: item)
        self._resource = resource
        self._ahead = ahead
        self._facts = facts
        self._all_lists = Lists()

    def bind(self, pipe: Any) -> ItemTransform[Any, Any]:
        """Of the pipe that is about to be read; dlt binds that of a parent again for each child."""
        looks_on = not self._may_stop_early()
        if not looks_on:
            self._tell("dlt stops where row_order says so, and any page may be the last")
        if self._resource.parent is None:
            if is_made_by(paginate_resource, pipe.gen):
                self._all_lists.reader = _reader(pipe.gen)
                self._ahead.add(FirstPages(pipe.name, pipe.gen, looks_on=looks_on))
            else:  # in dlt's threads the next is asked for already
                looks_on = False
                self._tell(UNKNOWN_GENERATOR)
        elif pipe.has_parent:
            # dlt's own copy of a pipe forgets which of its steps this is (`Pipe._clone`).
            place = next(
                i for i, step in enumerate(pipe.steps) if not isinstance(step, ItemTransform)
            )
            pipe.steps[place] = _Foreseeing(
                pipe.steps[place],
                pipe.name,
                self._ahead,
                self._all_lists,
                self._tell,
                looks_on=looks_on,
            )
        has_parent = self._resource.parent is not None
        return _PlanFurtherPages(
            pipe.name,
            self._ahead,
            self._all_lists,
            looks_on=looks_on,
            has_parent=has_parent,
        )

    def _tell(self, reason: str) -> None:
        if reason != self._facts.not_ahead:
            log.debug("%s: nothing is asked for ahead: %s", self._resource.name, reason)
        self._facts.not_ahead = reason

    def _may_stop_early(self) -> bool:
        """Whether dlt leaves the list at a record beyond its range (`Incremental.can_close`)."""
        incremental = self._resource.incremental or {}
        order = incremental.get("row_order")
        return order == "desc" or (order == "asc" and incremental.get("end_value") is not None)

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        """The item."""
        return item


@dataclass
class Lists:
    """Of one resource: how they are read, and how long they are, by what dlt has handed on."""

    reader: Reader | None = None
    begun: WeakSet[BasePaginator] = field(default_factory=WeakSet)
    count: int = 0
    pages: int = 0

    def add(self, page: PageData[Any]) -> None:
        """Count a page."""
        self.pages += 1
        if page.paginator not in self.begun:
            self.begun.add(page.paginator)
            self.count += 1

    def at_once(self, most: int) -> int:
        """How many lists fit into as many pages, on average half read each."""
        mean = self.pages / self.count if self.count else 1
        return max(1, int(2 * most / (1 + mean)))


class _PlanFurtherPages(ItemTransform[Any, Any]):
    def __init__(
        self,
        resource: str,
        ahead: Prefetcher,
        lists: Lists,
        *,
        looks_on: bool,
        has_parent: bool,
    ) -> None:
        super().__init__(lambda item: item)
        self._resource = resource
        self._ahead = ahead
        self._all_lists = lists
        self._looks_on = looks_on
        self._has_parent = has_parent
        self._lists: WeakKeyDictionary[BasePaginator, FurtherPages] = WeakKeyDictionary()

    def bind(self, pipe: Any) -> ItemTransform[Any, Any]:  # noqa: ARG002 - dlt's signature
        return self

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        if isinstance(item, PageData):
            self._ahead.answered(self._resource, item.response)
            self._all_lists.add(item)
            if self._looks_on:
                self._look_on(item)
        return item

    def _look_on(self, page: PageData[Any]) -> None:
        plan = self._lists.get(page.paginator)
        if plan is None and not page.paginator.has_next_page:
            return
        if plan is None:
            known = self._ahead.begin_list(self._resource, page.request)
            if isinstance(known, FurtherPages):
                plan = known
            else:
                coming = PageLookahead(self._all_lists.reader)
                plan = FurtherPages(
                    self._resource, coming, has_parent=self._has_parent, is_list=True
                )
            self._lists[page.paginator] = plan
        goes_on = plan.coming.after(page)
        if plan.coming.off_course:
            self._ahead.drop(plan)
            plan.advance()
        if goes_on:
            self._ahead.add(plan)
        else:
            self._ahead.drop(plan)


class FurtherPages(RequestPlan):
    """All pages of one list but the first.

    A list of a parent's record is gone through far before its turn. Any other is not, if each page
    tells of the next one only: a page more than is processed is on its way.
    """

    def __init__(
        self,
        resource: str,
        coming: PageLookahead,
        *,
        has_parent: bool,
        is_list: bool = False,
        place: tuple[float, float] = (0, 0),
    ) -> None:
        super().__init__(resource, coming.next, is_list=is_list, place=place)
        self.coming = coming
        self._has_parent = has_parent

    @property
    def most(self) -> float:
        return inf if self.coming.counts or self._has_parent else 1

    def goes_on_with(self, asked: Any) -> bool:
        """Whether this is what it asks for next, and dlt has not come to it."""
        if self.is_list:
            return False
        if self.tickets:
            return bool(self.tickets[0].asked == asked)
        request = self.peek()
        return request is not None and bool(what_is_asked(request) == asked)

    def look_on(self, ticket: PrefetchedRequest, response: requests.Response) -> RequestPlan | None:
        """Itself, if the answer names a further page.

        Without a parent, a number that was not announced waits for what dlt says of the one before:
        an API that does not heed it gives the same page for ever.
        """
        if self.coming.counts and not self._has_parent:
            return None
        return self if self.coming.arrived(ticket.request, response) else None


class FirstPages(RequestPlan):
    """The first page of a list or, for the records of a parent, of several.

    Of several, so many are begun before their turn that there is room for their further pages.
    """

    _numbers = count(1)

    def __init__(
        self,
        resource: str,
        generator: Any,
        *,
        looks_on: bool,
        most: Callable[[], int] | None = None,
    ) -> None:
        first = partial(next, first_requests(generator), None)
        place = next(self._numbers), inf
        super().__init__(resource, first, after=resource if most else "", place=place)
        self._most = most
        reader = _reader(generator)
        self._reader = reader if looks_on and reader.knows_paginator else None

    @property
    def most(self) -> float:
        return self._most() if self._most else inf

    def look_on(self, ticket: PrefetchedRequest, response: requests.Response) -> RequestPlan | None:
        """The further pages of a list of which this is the first, if there are some."""
        if self._reader is None:
            return None
        coming = PageLookahead.of_first_page(self._reader, ticket.request, response)
        if coming is None:
            return None
        place = self.place[0], ticket.number
        return FurtherPages(self.resource, coming, has_parent=self._most is not None, place=place)


class _Foreseeing:
    """In place of what asks for the children of a page of parents."""

    def __init__(
        self,
        ask: Any,
        resource: str,
        ahead: Prefetcher,
        lists: Lists,
        tell: Callable[[str], None],
        *,
        looks_on: bool,
    ) -> None:
        self._ask = ask
        self._tell = tell
        self._resource = resource
        self._ahead = ahead
        self._all_lists = lists
        self._looks_on = looks_on

    def __call__(self, item: Any, meta: Any = None) -> Any:
        pages = self._ask(item, meta=meta)
        if is_made_by(paginate_dependent_resource, pages):
            self._all_lists.reader = _reader(pages)
            looks_on, most = self._looks_on, partial(self._all_lists.at_once, self._ahead.window)
            plan = FirstPages(self._resource, pages, looks_on=looks_on, most=most)
            self._ahead.add(plan)
        else:
            self._tell(UNKNOWN_GENERATOR)
        return pages


def is_made_by(function: Any, generator: Any) -> bool:
    """Whether it is a generator of that function, not wrapped, and has not begun."""
    return (
        inspect.isgenerator(generator)
        and generator.gi_code is function.__code__
        and inspect.getgeneratorstate(generator) == inspect.GEN_CREATED
    )


def first_requests(generator: Generator[Any, None, None]) -> Iterator[requests.Request]:
    """What dlt's generator of pages will ask for first; for each of the parents, if it has some.

    Where dlt would fail, nothing more is known: it will fail when it comes there.
    """
    arguments = dict(inspect.getgeneratorlocals(generator))  # the dict itself goes with the frame
    items = arguments.get("items")
    return _said(paginate_resource, arguments) if items is None else _said_of(arguments)


def _reader(generator: Generator[Any, None, None]) -> Reader:
    """Of the pages that dlt's generator will read."""
    given = inspect.getgeneratorlocals(generator)
    return Reader(given["client"], given["paginator"], given["data_selector"])


def _said_of(arguments: dict[str, Any]) -> Iterator[requests.Request]:
    for item in arguments["items"]:
        found = list(_said(paginate_dependent_resource, {**arguments, "items": [item]}))
        if not found:
            return
        yield from found


def _said(function: Callable[..., Any], arguments: dict[str, Any]) -> Iterator[requests.Request]:
    client, paginator = copy(arguments["client"]), copy(arguments["paginator"])
    client.session = _RequestRecorder()
    params = dict(arguments["params"] or {})
    own = {"client": client, "paginator": paginator, "params": params}
    try:
        next(function(**{**arguments, **own}), None)
    except _CapturedRequest as said:
        yield copied(said.request)
    except Exception:
        return


class _CapturedRequest(Exception):
    def __init__(self, request: requests.Request) -> None:
        self.request = request


class _RequestRecorder:
    """In place of a session: gets what is to be sent, and sends nothing."""

    def prepare_request(self, request: requests.Request) -> Never:
        raise _CapturedRequest(request)

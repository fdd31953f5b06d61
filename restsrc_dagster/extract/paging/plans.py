"""What will be requested next, as far as it is certain.

The first request of a resource, and those for all records of a parent, are known before they are
made. What follows a page is known as soon as it is there, in the thread that has fetched it, long
before the page loop has come to it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from math import inf
from typing import Any
from weakref import WeakSet

import requests
from dlt.sources.helpers.rest_client.client import PageData
from dlt.sources.helpers.rest_client.paginators import BasePaginator

from restsrc_dagster.extract.paging.list_reader import FirstRequest, ListReader
from restsrc_dagster.extract.paging.lookahead import PageLookahead
from restsrc_dagster.extract.prefetch.requests import (
    PrefetchedRequest,
    RequestPlan,
    copied,
    what_is_asked,
)


@dataclass
class ListLengths:
    """How long the lists of one resource are, by the pages that were handed on."""

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
        by_bytes: bool = False,
        place: tuple[float, float] = (0, 0),
    ) -> None:
        super().__init__(resource, coming.next, is_list=is_list, by_bytes=by_bytes, place=place)
        self.coming = coming
        self._has_parent = has_parent

    @property
    def most(self) -> float:
        return inf if self.coming.counts or self._has_parent else 1

    def goes_on_with(self, asked: Any) -> bool:
        """Whether this is what it asks for next, and the page loop has not come to it."""
        if self.is_list:
            return False
        if self.tickets:
            return bool(self.tickets[0].asked == asked)
        request = self.peek()
        return request is not None and bool(what_is_asked(request) == asked)

    def look_on(self, ticket: PrefetchedRequest, response: requests.Response) -> RequestPlan | None:
        """Itself, if the answer names a further page.

        Without a parent, a number that was not announced waits for what the page loop says of the
        one before: an API that does not heed it gives the same page for ever.
        """
        if self.coming.counts and not self._has_parent:
            return None
        return self if self.coming.arrived(ticket.request, response) else None


class FirstPages(RequestPlan):
    """The first page of a list or, for the records of a parent, of several.

    Args:
        resource: whose lists they are.
        reader: of its lists.
        first: what the first request of each list is made of, in their order; what comes after one
            that cannot be made is not known.
        looks_on: whether the further pages of a list are requested before its turn, too.
        most: how many are begun before their turn, so that there is room for their further pages;
            None for the list of a resource without a parent.
        by_bytes: as for `RequestPlan`.
    """

    _numbers = count(1)

    def __init__(
        self,
        resource: str,
        reader: ListReader,
        first: Iterable[FirstRequest],
        *,
        looks_on: bool,
        most: Callable[[], int] | None = None,
        by_bytes: bool = False,
    ) -> None:
        coming = partial(next, _requests(reader, first), None)
        place = next(self._numbers), inf
        after = resource if most else ""
        super().__init__(resource, coming, after=after, by_bytes=by_bytes, place=place)
        self._most = most
        self._reader = reader if looks_on and reader.knows_paginator else None

    @property
    def begins_lists(self) -> bool:
        return True

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
        return FurtherPages(
            self.resource,
            coming,
            has_parent=self._most is not None,
            by_bytes=self.by_bytes,
            place=place,
        )


def _requests(reader: ListReader, first: Iterable[FirstRequest]) -> Iterator[requests.Request]:
    try:
        for one in first:
            yield copied(reader.begin(one)[0])
    except Exception:
        return  # the page loop will fail when it comes there

"""Behind the checks of a resource's pages: what comes after each is sent before its turn."""

import logging
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Literal
from weakref import WeakKeyDictionary

import requests
from dlt.extract.items_transform import ItemTransform
from dlt.sources.helpers.rest_client.client import PageData
from dlt.sources.helpers.rest_client.paginators import BasePaginator

from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.extract.paging.list_reader import FirstRequest, ListReader, Page
from restsrc_dagster.extract.paging.lookahead import PageLookahead
from restsrc_dagster.extract.paging.page_stats import PageStats
from restsrc_dagster.extract.paging.plans import FirstPages, FurtherPages, ListLengths
from restsrc_dagster.extract.prefetch.prefetcher import Prefetcher
from restsrc_dagster.extract.prefetch.requests import RequestPlan
from restsrc_dagster.extract.step_order import StepOrder

log = logging.getLogger(__name__)


class PrefetchStep(ItemTransform[Any, Any]):
    """Lets `Prefetcher` know each page, and what comes after it.

    Args:
        resource: whose pages they are.
        prefetcher: sends what is known to come.
        reader: of the resource's lists.
        stats: of its pages; where nothing is sent before its turn they say why.
        lists: what it has several lists of; None where it has one.

    """

    placement_affinity = StepOrder.PREFETCH

    def __init__(
        self,
        resource: Resource,
        prefetcher: Prefetcher,
        reader: ListReader,
        stats: PageStats,
        *,
        lists: Literal["parents", "windows"] | None,
    ) -> None:
        super().__init__(lambda item: item)
        self._lengths = ListLengths()
        self._looks_on = reader.wait is None and not _may_stop_early(resource)
        self._resource = resource
        self._prefetcher = prefetcher
        self._reader = reader
        self._has_lists = lists is not None
        self._of_windows = lists == "windows"
        self._plans: WeakKeyDictionary[BasePaginator, FurtherPages] = WeakKeyDictionary()
        if not self._looks_on:
            stats.not_ahead = (
                "row_order says where the list is left, and any page may be the last"
                if reader.wait is None
                else f"any page may be asked for again, by reading.{resource.name}.wait_until"
            )
            log.debug("%s: nothing is asked for ahead: %s", resource.name, stats.not_ahead)

    def announce(self, first: Iterable[FirstRequest]) -> None:
        """Send the first request of the list, or those of several, before their turn."""
        self._prefetcher.add(
            FirstPages(
                self._resource.name,
                self._reader,
                first,
                looks_on=self._looks_on,
                most=self._lists_at_once if self._has_lists else None,
                by_bytes=self._of_windows,
            )
        )

    def repeat(self, requests: Sequence[requests.Request]) -> Callable[[], None]:
        """Send all requests of a list once more, which is about to be read again; gives what
        forgets those for which nobody has asked."""
        plan = RequestPlan(
            self._resource.name, partial(next, iter(requests), None), by_bytes=self._of_windows
        )
        if self._looks_on:
            self._prefetcher.add(plan)
        return partial(self._prefetcher.drop, plan)

    def forget(self, first: Iterable[FirstRequest]) -> None:
        """Nobody will ask for these lists, which were announced next."""
        for one in first:
            if not self._prefetcher.forget(self._resource.name, self._reader.begin(one)[0]):
                return

    def _lists_at_once(self) -> int:
        """How many are begun before their turn. Windows are as long as a whole list may be, and
        each is gone through to its end."""
        if self._of_windows:
            return self._prefetcher.threads
        return self._lengths.at_once(self._prefetcher.window)

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        """The item."""
        if isinstance(item, PageData) and not _goes_on(item):
            self._prefetcher.answered(self._resource.name, item.response)
            self._lengths.add(item)
            if self._looks_on and not (isinstance(item, Page) and item.is_given):
                self._look_on(item)
        return item

    def leave(self, page: PageData[Any]) -> None:
        """The page was the last one of its list that is wanted, whatever comes behind it."""
        if page.paginator.has_next_page:
            plan = self._prefetcher.begin_list(self._resource.name, page.request)
            if plan is not None:
                self._prefetcher.drop(plan)

    def _look_on(self, page: PageData[Any]) -> None:
        plan = self._plans.get(page.paginator)
        if plan is None and not page.paginator.has_next_page:
            return
        if plan is None:
            plan = self._plans[page.paginator] = self._plan(page)
        goes_on = plan.coming.after(page)
        if plan.coming.off_course:
            self._prefetcher.drop(plan)
            plan.advance()
        if goes_on:
            self._prefetcher.add(plan)
        else:
            self._prefetcher.drop(plan)

    def _plan(self, page: PageData[Any]) -> FurtherPages:
        """Of a list that is read from now on; a thread may have gone through it already."""
        name = self._resource.name
        known = self._prefetcher.begin_list(name, page.request)
        if isinstance(known, FurtherPages):
            return known
        coming = PageLookahead(self._reader)
        return FurtherPages(
            name, coming, has_parent=self._has_lists, is_list=True, by_bytes=self._of_windows
        )


def _goes_on(page: PageData[Any]) -> bool:
    """Whether further pieces of the same answer come."""
    return isinstance(page, Page) and not page.is_last_piece


def _may_stop_early(resource: Resource) -> bool:
    """Whether a list is left at a record beyond its range (`CursorStep.leave`)."""
    incremental = resource.incremental or {}
    order = incremental.get("row_order")
    return order == "desc" or (order == "asc" and incremental.get("end_value") is not None)

"""The further pages of one list, as far as the pages that are there tell of them.

A paginator that counts, and knows the last page, knows all pages in between; any other knows the
next one.
"""

import threading
from copy import copy
from math import ceil
from typing import Any, TypeGuard

import requests
from dlt.sources.helpers.rest_client.client import PageData
from dlt.sources.helpers.rest_client.paginators import BasePaginator, RangePaginator

from restsrc_dagster.extract.paging.kinds import (
    counts_pages,
    is_counted,
    is_registered,
)
from restsrc_dagster.extract.paging.list_reader import ListReader, Page
from restsrc_dagster.extract.paging.paginators import told_total
from restsrc_dagster.extract.prefetch.requests import copied, what_is_asked
from restsrc_dagster.extract.response.taken import is_in_pieces


class PageLookahead:
    """The further requests of one list.

    Requests are counted: that for the first page is number 0. What is known comes from pages that
    were handed on, and from those that have arrived before their turn.
    """

    def __init__(self, reader: ListReader) -> None:
        self._reader = reader
        self._handed_on = 0
        self._seen = 0
        self._largest = 1
        self._next = 0
        self._known = 0
        self.off_course = False
        self._paginator: BasePaginator
        self._request: requests.Request
        self._lock = threading.Lock()

    @classmethod
    def of_first_page(
        cls, reader: ListReader, request: requests.Request, response: requests.Response
    ) -> "PageLookahead | None":
        """By the answer to the first request; None if nothing more is known by it."""
        coming = cls(reader)
        paginator = reader.new_paginator()
        assert paginator is not None  # noqa: S101 - of a reader that knows its paginator
        coming._request, coming._paginator = copied(request), paginator
        coming._paginator.init_request(coming._request)
        return coming if coming._see(response) else None

    @property
    def counts(self) -> bool:
        """Whether pages are asked for by numbers; else each page but the first is named by the one
        before it."""
        return _is_foreseen(self._paginator)

    def after(self, page: PageData[Any]) -> bool:
        """Look at a page that was handed on; whether there is a further one.

        Where the list goes on otherwise than was known, `off_course` is set: what was asked for
        behind this page is of no use.
        """
        with self._lock:
            self._handed_on += 1
            self.off_course = False
            if self._handed_on >= self._seen:
                # Both belong to the page loop, which goes on with them.
                paginator, request = copy(page.paginator), copied(page.request)
                self.off_course = self._handed_on < self._next and self._leads_elsewhere(paginator)
                if self.off_course:
                    self._next = self._handed_on
                self._know(self._handed_on, paginator, request, page.response, _size(page))
            return self._known > self._handed_on

    def _leads_elsewhere(self, paginator: BasePaginator) -> bool:
        """Whether another offset comes next than pages as full as the one before would lead to."""
        if not _is_foreseen(paginator) or not self._seen:
            return False
        known = self._paginator
        assert is_counted(known)  # noqa: S101 - of one list
        expected = known.current_value + (self._handed_on - self._base) * known.value_step
        return bool(paginator.has_next_page and paginator.current_value != expected)

    def arrived(self, request: requests.Request, response: requests.Response) -> bool:
        """Look at the answer for the last page that is known; whether a new one is known by it.

        Only if all before it were looked at: after an empty one there is none.
        """
        with self._lock:
            if self._known != self._seen + 1:
                return False
            is_it = what_is_asked(request) == what_is_asked(self._request)
            return is_it and self._see(response)

    def next(self) -> requests.Request | None:
        """The next request, once; None if it is not known."""
        with self._lock:
            if self._next >= self._known:
                return None
            request, paginator = copied(self._request), copy(self._paginator)
            if _is_foreseen(paginator):
                paginator.current_value += (self._next - self._base) * paginator.value_step
                paginator.update_request(request)
            self._next += 1
            return request

    def _see(self, response: requests.Response) -> bool:
        """Go on to the page behind the one that has arrived, as the page loop will."""
        if is_registered(self._paginator) or is_in_pieces(response):
            return False
        paginator, request = copy(self._paginator), copied(self._request)
        try:
            records = self._reader.records(response)
            self._reader.go_on(paginator, request, response, records, self._seen + 1)
            goes_round = what_is_asked(request) == what_is_asked(self._request)
            if goes_round or not paginator.has_next_page:
                return False
            self._know(self._seen + 1, paginator, request, response, len(records))
        except Exception:
            return False  # the page loop will fail when it comes there
        return self._known > self._seen

    def _know(
        self,
        seen: int,
        paginator: BasePaginator,
        request: requests.Request,
        response: requests.Response,
        records: int,
    ) -> None:
        """How it goes on after so many pages."""
        self._seen = self._base = seen
        self._largest = max(self._largest, records)
        self._next = max(self._next, seen)
        self._known = seen + self._how_many(paginator, response)
        self._paginator, self._request = paginator, request

    def _how_many(self, paginator: BasePaginator, response: requests.Response) -> int:
        if not paginator.has_next_page:
            return 0
        if not _is_foreseen(paginator) or paginator.has_more_path:
            return 1
        ends = []
        if (total := told_total(paginator, response)) is not None:
            ends.append(total + paginator.base_index)
            if paginator.stop_after_empty_page and counts_pages(paginator):
                # It may lead to the number of records instead, until there are too many pages for
                # that; dlt ends at the first empty one.
                pages = paginator.base_index + ceil(total / self._largest)
                if pages >= paginator.current_value:
                    ends.append(max(pages, paginator.current_value + 1))
        elif paginator.stop_after_empty_page:
            return 1
        if paginator.maximum_value is not None:
            ends.append(paginator.maximum_value)
        if not ends:
            return 1
        return ceil((min(ends) - paginator.current_value) / paginator.value_step)


def _size(page: PageData[Any]) -> int:
    return page.size if isinstance(page, Page) else len(page)


def _is_foreseen(paginator: BasePaginator) -> TypeGuard[RangePaginator]:
    """Whether a page has a number that follows from the one before: how a registered class counts
    is its own matter."""
    return is_counted(paginator) and not is_registered(paginator)

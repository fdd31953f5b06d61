"""What is no page, and what paging does that would lose or double rows.

dlt takes a list that is not where it was said to be for an empty page, an error object for a
record, the same page twice for two pages; and it follows whatever comes next, for ever.
"""

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any
from weakref import WeakKeyDictionary

import requests
from dlt.common import jsonpath
from dlt.extract.items_transform import ItemTransform
from dlt.sources.helpers.rest_client.client import PageData
from dlt.sources.helpers.rest_client.paginators import (
    BasePaginator,
    OffsetPaginator,
    PageNumberPaginator,
    RangePaginator,
    SinglePagePaginator,
)

from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.address import shown
from restsrc_dagster.extract.announced import (
    announced_pages,
    announced_total,
    error_in,
    unread_next,
)
from restsrc_dagster.extract.answers import is_plain
from restsrc_dagster.extract.facts import PageFacts, Place
from restsrc_dagster.extract.odd_values import may_be_odd, written

KEYS_SHOWN = 8
EMPTY_PAGES = 100
"""In a row, with ever new next links."""


@dataclass
class _Crawl:
    """One list, page by page: of a resource, or of one of its parents."""

    number: int = 0
    pages: int = 0
    records: int = 0
    total: int | None = None
    of_pages: int | None = None
    empty_in_a_row: int = 0
    asked: set[bytes] = field(default_factory=set)
    first_size: int = 0
    last: bytes = b""
    last_request: str = ""


class PageChecks(ItemTransform[Any, Any]):
    """Looks at every page of one resource before anything else does; passes it on unchanged.

    `facts` are of readings before, and `records_before` those of the list that is gone on with.
    `at_end` is whether the last page was the last of its list.
    """

    placement_affinity = 0

    def __init__(
        self,
        resource: str,
        selector: str | None,
        *,
        may_lack_list: bool,
        single_by_choice: bool,
        ignores_answers: bool = False,
        redact: Redactor,
        facts: PageFacts | None = None,
        records_before: int = 0,
    ) -> None:
        super().__init__(lambda item: item)
        self.facts = facts or PageFacts()
        self.at_end = True
        self._records_before = records_before
        self._crawl = _Crawl()
        self._single_by_choice = single_by_choice
        self._ignores_answers = ignores_answers
        self._resource = resource
        self._selector = selector
        self._may_lack_list = may_lack_list
        self._redact = redact
        self._lists = 0
        self._crawls: WeakKeyDictionary[BasePaginator, _Crawl] = WeakKeyDictionary()

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        """The page as it came; raises ReadError."""
        if isinstance(item, PageData):
            crawl = self._crawls.get(item.paginator)
            if crawl is None:
                self._lists += 1
                crawl = _Crawl(self._lists, records=self._records_before)
                self._crawls[item.paginator] = crawl
            self._crawl, self.at_end = crawl, not item.paginator.has_next_page
            self.facts.crawl = crawl.number
            self._look_at(item, crawl)
        return item

    def leave(self) -> None:
        """The list at hand is not read to its end; the rest will come as a list of its own."""
        crawl = self._crawl
        self.facts.end_of_list(None if crawl.total is None else crawl.records, crawl.records)

    def _look_at(self, page: PageData[Any], crawl: _Crawl) -> None:
        response = page.response
        body = response.json()
        if not page and not crawl.pages and self._selector and not self._may_lack_list:
            self._refuse_missing_list(body)
        self._refuse_error(page, body, response)
        self._refuse_repetition(page, crawl, response)
        total = announced_total(response, body, page)
        if not crawl.pages:
            crawl.total, crawl.of_pages = total, announced_pages(page.paginator, body)
        elif total is not None and crawl.total is not None and total != crawl.total:
            self.facts.warn(
                f"the list changed while it was read: the API announced {crawl.total} records "
                f"first and {total} later; rows that moved between pages may have been missed"
            )
            crawl.total = total
        self._notice_cap(page, crawl)
        if self._ignores_answers:
            self.facts.cut_off += page.paginator.has_next_page - bool(crawl.pages)
        crawl.pages += 1
        crawl.records += len(page)
        self.facts.counts_pages |= isinstance(page.paginator, RangePaginator)
        self.facts.records += len(page)
        self.facts.pages += 1
        self.facts.place = _place(page.paginator, crawl)
        if not crawl.records and crawl.total and not page.paginator.has_next_page:
            self._refuse_nothing(page.paginator, crawl.total, response)
        if not page.paginator.has_next_page:
            self._look_at_end(page, crawl, body, response)
            self.facts.end_of_list(crawl.total, crawl.records)

    def _refuse_missing_list(self, body: Any) -> None:
        if body in ({}, [], None) or jsonpath.find_values(str(self._selector), body):
            return
        if isinstance(body, dict) and any(
            key.lower().startswith("total") and value == 0 for key, value in body.items()
        ):
            return
        raise ReadError(
            f"nothing is at data_selector {self._selector!r}: the answer {_shape(body)}. Correct "
            "the selector, or, if the API leaves an empty list out, name "
            f"{self._resource!r} in http.allow_missing_selector"
        )

    def _refuse_nothing(
        self, paginator: BasePaginator, total: int, response: requests.Response
    ) -> None:
        """As many as a page holds are expected, and none came: the first page is another one."""
        cure = "correct the request or the data_selector"
        if isinstance(paginator, PageNumberPaginator) and paginator.base_index == 0:
            cure = "if the API counts its pages from 1, set the paginator's base_page to 1"
        raise ReadError(f"{self._shown(response)} announces {total} records and gave none; {cure}")

    def _refuse_error(self, page: PageData[Any], body: Any, response: requests.Response) -> None:
        """An error with status 200 is no record, and no empty list either."""
        is_whole = len(page) == 1 and page[0] is body
        if error := error_in(body, has_records=bool(page) and not is_whole):
            text = self._redact(error)
            raise ReadError(f"{self._shown(response)} answered 200 with an error: {text}")

    def _refuse_repetition(
        self, page: PageData[Any], crawl: _Crawl, response: requests.Response
    ) -> None:
        request = (response.history[0] if response.history else response).request
        asked = _digest(f"{request.method} {request.url}".encode(), request.body)
        address = f"{request.method} {self._redact(shown(request.url or ''))}"
        if asked in crawl.asked:
            raise ReadError(
                f"paging goes round in circles: {address} was asked for a second time, after "
                f"{crawl.last_request}; the API gives a next page that was there already"
            )
        crawl.asked.add(asked)
        if not page:
            crawl.empty_in_a_row += 1
            if crawl.empty_in_a_row > EMPTY_PAGES:
                raise ReadError(
                    f"{EMPTY_PAGES} empty pages in a row, each with a next one; the last two: "
                    f"{crawl.last_request} and {address}"
                )
        else:
            crawl.empty_in_a_row = 0
            text = written(list(page))
            self.facts.odd = text is None or (not is_plain(response) and may_be_odd(text))
            content = response.content if text is None else text
            if content == crawl.last:
                raise ReadError(
                    f"the same page came twice: {crawl.last_request} and {address} gave the same "
                    f"{len(page)} records{_reason(page.paginator, crawl)}"
                )
            crawl.last = content
        crawl.last_request = address

    def _notice_cap(self, page: PageData[Any], crawl: _Crawl) -> None:
        """An offset goes on by `limit`, also where the server gave less."""
        if not isinstance(page.paginator, OffsetPaginator):
            return
        limit, size = page.paginator.limit, len(page)
        if not crawl.pages:
            crawl.first_size = size
        elif crawl.pages == 1 and 0 < crawl.first_size < limit and size == crawl.first_size:
            raise ReadError(
                f"the API gives {size} records a page though {limit} are asked for, and the offset "
                f"goes on by {limit}: records in between would be lost. Set the paginator's limit "
                f"to {size}"
            )
        if 0 < size < limit and page.paginator.has_next_page and crawl.total is not None:
            self.facts.warn(
                f"a page of {size} records came where {limit} were asked for, and it was not the "
                "last one: the API may cap the page size"
            )

    def _look_at_end(
        self, page: PageData[Any], crawl: _Crawl, body: Any, response: requests.Response
    ) -> None:
        """A page after which dlt stops, though the answer names a further one."""
        paginator = page.paginator
        if isinstance(paginator, RangePaginator) or getattr(paginator, "has_more_path", None):
            return  # these end by a rule that the configuration gives
        if not page:
            return
        single = isinstance(paginator, SinglePagePaginator)
        if where := unread_next(response, body, page):
            message = f"{self._shown(response)} has a next page, by its {where}, which is not read"
            if not (single and self._single_by_choice):
                raise ReadError(f"{message}; name the paginator that follows it")
            self.facts.warn(message)
        elif single and not self._single_by_choice and (crawl.total or 0) > crawl.records:
            raise ReadError(
                f"{self._shown(response)} announces {crawl.total} records and gave "
                f"{crawl.records}; how the others are asked for cannot be guessed: name a paginator"
            )

    def _shown(self, response: requests.Response) -> str:
        return self._redact(shown(response.url))


def _place(paginator: BasePaginator, crawl: _Crawl) -> Place:
    """A list that is gone on with is counted from its beginning.

    A total of a `page_number` paginator may be one of records; which it is, the records tell.
    """
    of_records, of_pages, pages = crawl.total, crawl.of_pages, crawl.pages
    if of_records is not None and of_records < crawl.records:
        of_records = None
    if isinstance(paginator, PageNumberPaginator) and of_pages not in (None, of_records):
        pages = paginator.current_value - paginator.base_index
    else:
        of_pages = None
    return Place(records=crawl.records, of_records=of_records, pages=pages, of_pages=of_pages)


def _reason(paginator: BasePaginator, crawl: _Crawl) -> str:
    from_zero = isinstance(paginator, PageNumberPaginator) and paginator.base_index == 0
    if from_zero and crawl.pages == 1:
        return "; the API counts its pages from 1: set the paginator's base_page to 1"
    if isinstance(paginator, RangePaginator):
        name = paginator.param_name or paginator.param_body_path
        return f"; the API does not heed {name!r}: name the parameter that it takes"
    return "; the API does not heed the paginator's parameter"


def _digest(content: bytes, more: Any = None) -> bytes:
    found = blake2b(content, digest_size=16)
    if more is not None:
        found.update(more if isinstance(more, bytes) else str(more).encode())
    return found.digest()


def _shape(body: Any) -> str:
    """What the answer looks like; no value of it, which may be anybody's data."""
    if not isinstance(body, dict):
        return f"is a {'list' if isinstance(body, list) else type(body).__name__}"
    keys = [str(key) for key in body][:KEYS_SHOWN]
    return f"has the keys {', '.join(keys)}{' …' if len(body) > KEYS_SHOWN else ''}"

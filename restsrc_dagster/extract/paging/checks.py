"""What is no page, and what paging does that would lose or double rows.

dlt takes a list that is not where it was said to be for an empty page, an error object for a
record, the same page twice for two pages; and it follows whatever comes next, for ever.
"""

import json
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any
from weakref import WeakKeyDictionary

import requests
from dlt.extract.items_transform import ItemTransform
from dlt.sources.helpers.rest_client.paginators import BasePaginator

from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.paging.answer import Answer
from restsrc_dagster.extract.paging.empty_list import is_empty_there
from restsrc_dagster.extract.paging.error_body import FoundError, complaint, what_is_found
from restsrc_dagster.extract.paging.found_list import list_of_objects
from restsrc_dagster.extract.paging.full_page import came_full
from restsrc_dagster.extract.paging.keyed_object import is_keyed_object
from restsrc_dagster.extract.paging.kinds import (
    counts_from_zero,
    counts_pages,
    is_counted,
    is_guessed,
    is_registered,
    is_single,
)
from restsrc_dagster.extract.paging.list_reader import Page
from restsrc_dagster.extract.paging.more_pages import says_more, unread_next
from restsrc_dagster.extract.paging.only_page import doubt, looked_in, refuse_part
from restsrc_dagster.extract.paging.page_stats import ListPosition, ListSeen, PageStats
from restsrc_dagster.extract.paging.places import leads_to_a_place
from restsrc_dagster.extract.paging.proposal import advice, better_than_guessed
from restsrc_dagster.extract.paging.repetition import Repetition, is_itself
from restsrc_dagster.extract.paging.totals import announced_pages, announced_total
from restsrc_dagster.extract.records.sanitize import may_be_odd, written
from restsrc_dagster.extract.response.envelope import Envelope
from restsrc_dagster.extract.response.taken import is_plain, records_of
from restsrc_dagster.extract.response.url_redaction import redacted_url
from restsrc_dagster.extract.step_order import StepOrder
from restsrc_dagster.json_types import Json, Record

KEYS_SHOWN = 8


@dataclass
class _Crawl:
    """One list, page by page: of a resource, or of one of its parents."""

    number: int = 0
    pages: int = 0
    records: int = 0
    total: int | None = None
    of_pages: int | None = None
    is_left: bool = False
    better: str = ""
    """Where the paginator is guessed, what the first answer asks for instead."""
    repetition: Repetition = field(default_factory=Repetition)

    _pieces: bytes = b""

    def behind_pieces(self, page: Page, content: bytes) -> bytes:
        """What stands for the content of an answer so far, of which `content` is that of a page."""
        if page.is_last_piece and page.is_first_piece:
            return content
        pieces = b"" if page.is_first_piece else self._pieces
        self._pieces = blake2b(pieces + content, digest_size=16).digest()
        return self._pieces

    @property
    def announced(self) -> int | None:
        """What can be true of the total: an API that says 0 or -1 does not count."""
        return self.total if self.total is not None and self.total >= self.records else None


class PageChecks(ItemTransform[Any, Any]):
    """Looks at every page of one resource before anything else does; passes it on unchanged.

    `stats` are of readings before, and `records_before` those of the list that is gone on with.
    `at_end` is whether the last page was the last of its list, `is_within_page` whether it is not
    all of its answer. `has_key` is whether rows that come again are told by a primary key,
    `reshapes` whether processing steps make other records of them, `has_rule` whether the file says
    where a list ends, `of_parents` whether there is a list for each parent, `has_cursor` whether
    nobody asks again for what a run does not get, `is_rechecked` whether a list that moves is read
    again. `led_on` is what has led to a further page of any resource. `element` is the path of
    records in XML, where `selector` says the same.
    """

    placement_affinity = StepOrder.CHECK_PAGE

    def __init__(
        self,
        resource: str,
        selector: str | None,
        *,
        element: str | None = None,
        may_lack_list: bool,
        single_by_choice: bool,
        ignores_answers: bool = False,
        has_key: bool = False,
        reshapes: bool = False,
        has_rule: bool = False,
        of_parents: bool = False,
        has_cursor: bool = False,
        is_rechecked: bool = False,
        led_on: set[str] | None = None,
        redact: Redactor,
        stats: PageStats | None = None,
        records_before: int = 0,
    ) -> None:
        super().__init__(lambda item: item)
        self.stats = stats or PageStats()
        self.at_end = True
        self.is_within_page = False
        self._records_before = records_before
        self._crawl = _Crawl()
        self._single_by_choice = single_by_choice
        self._ignores_answers = ignores_answers
        self._has_key = has_key
        self._reshapes = reshapes
        self._has_rule = has_rule
        self._resource = resource
        self._selector = selector
        self._element = element
        self._may_lack_list = may_lack_list
        self._redact = redact
        self._lists = 0
        self._of_parents = of_parents
        self._has_cursor = has_cursor
        self._is_rechecked = is_rechecked
        self._led_on = set() if led_on is None else led_on
        self._doubts = False
        self._crawls: WeakKeyDictionary[BasePaginator, _Crawl] = WeakKeyDictionary()

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        """The page as it came; raises ReadError."""
        if isinstance(item, Page):
            crawl = self._crawls.get(item.paginator)
            if crawl is None:
                crawl = self._crawls[item.paginator] = self._begin()
            self._crawl = crawl
            self.at_end = item.is_last_piece and not item.paginator.has_next_page
            self.is_within_page = not item.is_last_piece
            self.stats.crawl = crawl.number
            item = self._without_repetition(item)
            self._look_at(item, crawl)
        return item

    def _without_repetition(self, page: Page) -> Page:
        """Leave out what the offset of this page has led back to (`OffsetPaginator`)."""
        again: int = getattr(page.paginator, "came_again", 0)
        if not again:
            return page
        what = (
            f"{self._shown(page.response)} begins with {again} records of the page before, which "
            "had fewer than were asked for: the API counts records in its offset that it does not "
            "give, or the list has moved"
        )
        if not (self._has_key or is_itself(page[0])):
            raise ReadError(
                f"{what}, or these are equal records. Give the resource a primary_key; or, if the "
                "API gives no more records a page, set the paginator's limit to that"
            )
        if again < len(page) or getattr(page.paginator, "counts_single", False):
            self.stats.warn(f"{what}; those that came again were left out")
        return page.behind(again)

    def left(self) -> None:
        """No further page is wanted of the list at hand: that none comes cuts nothing off."""
        if self._ignores_answers and not self.at_end and not self._crawl.is_left:
            self._crawl.is_left = True
            self.stats.cut_off -= 1

    def leave(self) -> None:
        """The list at hand is not read to its end; the rest will come as a list of its own."""
        crawl = self._crawl
        self._note_unverified()
        self.stats.end_of_list(None if crawl.announced is None else crawl.records, crawl.records)

    def _begin(self) -> _Crawl:
        """Another list; or that of the reading before, which goes on."""
        self._lists += 1
        self.stats.lists += 1
        if not self._goes_on:
            self.stats.seen = ListSeen()
        if not self._records_before:
            self.stats.repetition = Repetition()
        return _Crawl(self._lists, records=self._records_before, repetition=self.stats.repetition)

    @property
    def _goes_on(self) -> bool:
        """Whether the list at hand was begun by a reading before."""
        return self._lists == 1 and self._records_before > 0

    def _look_at(self, page: Page, crawl: _Crawl) -> None:
        response = page.response
        body = response.json()
        found = what_is_found(response, body, page, self._selector)
        self._refuse_error(body, response, found)
        if len(page) == page.size == 1 and isinstance(body, list) and records_of(response):
            found = FoundError.CHOSEN if self._selector else FoundError.WHOLE
            self._refuse_error(page[0], response, found)  # in place of lines
        self._refuse_other_list(body, page)
        if not page and not crawl.pages and self._selector and not self._may_lack_list:
            self._refuse_missing_list(body)
        if not self._reshapes and page.size == 1 and is_keyed_object(page[0]):
            self._refuse_keyed_object(page[0])
        self._refuse_repetition(page, crawl, response)
        crawl.records += len(page)
        self.stats.records += len(page)
        self.stats.seen.records += len(page)
        if not page.is_last_piece:
            return
        envelope = Envelope.of_answer(response, page)
        total = announced_total(response, envelope, page.size)
        if not crawl.pages:
            crawl.total = total
            if counts_pages(page.paginator):
                crawl.of_pages = announced_pages(page.paginator, body)
        elif total is not None and crawl.total is not None and total != crawl.total:
            # What follows links, or tokens, does not miss a record because another one came.
            is_numbered = self.stats.seen.is_numbered or is_counted(page.paginator)
            may_miss = total < crawl.total or is_counted(page.paginator)
            if may_miss and not (is_numbered and self._is_rechecked):
                self.stats.warn(
                    f"the list changed while it was read: the API announced {crawl.total} records "
                    f"first and {total} later; rows that moved between pages may have been missed"
                )
            crawl.total = total
        if self._ignores_answers:
            self.stats.cut_off += page.paginator.has_next_page - bool(crawl.pages)
        if not crawl.pages and is_guessed(page.paginator):
            crawl.better = better_than_guessed(page.paginator, response, list(page))
        crawl.pages += 1
        is_numbered = is_counted(page.paginator) or leads_to_a_place(
            page.paginator, response, page, crawl.records
        )
        self.stats.counts_pages = self.stats.counts_pages or is_numbered
        self._note_list(page, total, is_numbered=is_numbered)
        self.stats.pages += 1
        self.stats.place = _place(page.paginator, crawl)
        if not crawl.records and crawl.total and not page.paginator.has_next_page:
            self._refuse_nothing(page.paginator, crawl.total, response)
        if page.paginator.has_next_page:
            self._led_on |= set(looked_in(page.paginator))
        else:
            if page and not page.ends_by_rule:
                self._look_at_end(page, crawl, envelope)
            self._note_unverified()
            self.stats.end_of_list(crawl.announced, crawl.records)

    def _note_list(self, page: Page, total: int | None, *, is_numbered: bool) -> None:
        stats, goes_on = self.stats, page.paginator.has_next_page
        if self._has_cursor and goes_on and not stats.seen.pages:
            answer = Answer(page.response, list(page), page.before)
            has_room = answer.asked_size() is not None and not came_full(answer)
            stats.seen.ends = has_room or page.size < stats.largest
        stats.seen.add(page.size, total, is_numbered=is_numbered, goes_on=goes_on)
        stats.largest = max(stats.largest, page.size)

    def _note_unverified(self) -> None:
        """Of the list at hand, no further page is read."""
        seen = self.stats.seen
        may_slip = seen.may_slip or (seen.is_numbered and self._goes_on)
        if self._has_cursor and not self._is_rechecked and may_slip and seen.total is None:
            self.stats.unverified[self._resource] += seen.pages

    def _refuse_missing_list(self, body: Json) -> None:
        if is_empty_there(str(self._selector), body):
            return
        if isinstance(body, dict) and any(
            key.lower().startswith("total") and value == 0 for key, value in body.items()
        ):
            return
        where, what = f"data_selector {self._selector!r}", "selector"
        if self._element is not None:
            where, what = f"the format's record, {self._element!r}", "path"
        raise ReadError(
            f"nothing is at {where}: the answer {_shape(body)}. Correct the {what}, or, if the API "
            f"leaves an empty list out, name {self._resource!r} in http.allow_missing_selector"
        )

    def _refuse_other_list(self, body: Json, page: Page) -> None:
        if self._selector is None and (elsewhere := list_of_objects(body, page)):
            raise ReadError(
                "the records were not named, and a list without objects was taken for them; "
                f'{elsewhere} has objects: name the right one, "data_selector": '
                f"{json.dumps(elsewhere)}"
            )

    def _refuse_keyed_object(self, record: Record) -> None:
        at = self._selector if self._selector not in (None, "$") else ""
        raise ReadError(
            f"what is read is one object of {len(record)} objects, each under a key that looks "
            "like an id: as one record it would be one row with columns for each key. For a row "
            f'each, write data_selector "{at}{"." if at else ""}*"; with the key as a field, '
            '"processing_steps": [{"yield_map": "items(@)[*].merge(value, {key: key})"}]. If it is '
            'one record, say so by "processing_steps": [{"map": "@"}]'
        )

    def _refuse_nothing(
        self, paginator: BasePaginator, total: int, response: requests.Response
    ) -> None:
        """As many as a page holds are expected, and none came: the first page is another one."""
        cure = "correct the request or the data_selector"
        if counts_from_zero(paginator):
            cure = "if the API counts its pages from 1, set the paginator's base_page to 1"
        raise ReadError(f"{self._shown(response)} announces {total} records and gave none; {cure}")

    def _refuse_error(self, body: Json, response: requests.Response, found: FoundError) -> None:
        """An error with a good status is no record, and no empty list either."""
        if text := complaint(response, body, found):
            may_be_record = complaint(response, body, FoundError.CHOSEN) is None
            is_whole = found is FoundError.WHOLE and may_be_record
            cure = '. If that is a record, say so by data_selector "$"' if is_whole else ""
            raise ReadError(
                f"{self._shown(response)} answered {response.status_code} with an error: "
                f"{self._redact(text)}{cure}"
            )

    def _refuse_repetition(self, page: Page, crawl: _Crawl, response: requests.Response) -> None:
        request = (response.history[0] if response.history else response).request
        address = f"{request.method} {self._redact(redacted_url(request.url or ''))}"
        content = b""
        if page:
            text = written(list(page))
            self.stats.odd = text is None or (not is_plain(response) and may_be_odd(text))
            content = response.content if text is None else text
        try:
            if page.is_first_piece and (not self._has_rule or is_counted(page.paginator)):
                crawl.repetition.ask((request.method, request.url, request.body), address)
            content = crawl.behind_pieces(page, content)
            if page.is_last_piece:
                crawl.repetition.answer(
                    page,
                    content,
                    page.paginator,
                    address,
                    by_key=self._has_key,
                    size=page.size,
                )
        except ReadError as error:
            cure = crawl.better
            if not (cure or self._has_rule or is_counted(page.paginator)):
                cure = crawl.repetition.end(self._resource, page, content)
            raise ReadError(f"{error}{cure}") from None

    def _look_at_end(self, page: Page, crawl: _Crawl, envelope: Envelope) -> None:
        """A page after which dlt stops, though the answer names a further one."""
        paginator, response = page.paginator, page.response
        if is_counted(paginator) or getattr(paginator, "has_more_path", None):
            self._look_at_rule(paginator, crawl, envelope, response)
            return
        if getattr(paginator, "ended_on_itself", False):
            return
        by_choice = is_registered(paginator) or (is_single(paginator) and self._single_by_choice)
        if where := unread_next(response, envelope, crawl.pages):
            message = f"{self._shown(response)} has a next page, by its {where}, which is not read"
            if not by_choice:
                raise ReadError(
                    f"{message}; name the paginator that follows it{advice(response, list(page))}"
                )
            self.stats.warn(message)
        elif not by_choice and crawl.pages == 1:
            self._look_at_only_page(page, crawl)

    def _look_at_only_page(self, page: Page, crawl: _Crawl) -> None:
        """By what is announced, and by the records, there may be more than it gives."""
        shown = self._shown(page.response)
        try:
            refuse_part(page, crawl.total)
        except ReadError as error:
            raise ReadError(f"{shown} {error}") from None
        has_led_on = self.stats.pages > self._lists
        has_led_on |= not self._led_on.isdisjoint(looked_in(page.paginator))
        if crawl.total is not None or has_led_on:
            return
        if finding := doubt(page):
            self.stats.full += 1
            if self._of_parents:
                self.stats.of_full = self.stats.of_full or f"{shown} {finding}"
            elif not self._doubts:
                self.stats.warn(f"{shown} {finding}")
            self._doubts = True

    def _look_at_rule(
        self,
        paginator: BasePaginator,
        crawl: _Crawl,
        envelope: Envelope,
        response: requests.Response,
    ) -> None:
        """The configuration tells where the list ends; the API may say otherwise, by a flag."""
        at = getattr(paginator, "current_value", 0)
        maximum = getattr(paginator, "maximum_value", None)
        if maximum is not None and at >= maximum:
            return
        if where := says_more(envelope):
            raise ReadError(
                f"{self._shown(response)} has a next page, by its {where}, but the paginator ends "
                "there; correct its total_path or has_more_path, or set them to null"
            )
        if not is_counted(paginator) and (where := unread_next(response, envelope, crawl.pages)):
            self.stats.warn(
                f"{self._shown(response)} names a next page, by its {where}, where has_more_path "
                "says that there is none; if that flag says the opposite, say where the list ends "
                f"by reading.{self._resource}.last_page instead"
            )
        if is_guessed(paginator) and crawl.of_pages is not None and crawl.of_pages < crawl.pages:
            raise ReadError(
                f"{self._shown(response)} announces {crawl.of_pages} pages and is page "
                f"{crawl.pages}: name the paginator, which then reads on to an empty page"
            )

    def _shown(self, response: requests.Response) -> str:
        return self._redact(redacted_url(response.url))


def _place(paginator: BasePaginator, crawl: _Crawl) -> ListPosition:
    """A list that is gone on with is counted from its beginning.

    A total of a `page_number` paginator may be one of records; which it is, the records tell.
    """
    of_records, of_pages, pages = crawl.announced, crawl.of_pages, crawl.pages
    if of_pages is not None and of_pages < pages:
        of_pages = None
    if counts_pages(paginator) and of_pages not in (None, of_records):
        pages = paginator.current_value - paginator.base_index
    else:
        of_pages = None
    return ListPosition(
        records=crawl.records, of_records=of_records, pages=pages, of_pages=of_pages
    )


def _shape(body: Json) -> str:
    """What the answer looks like; no value of it, which may be anybody's data."""
    if not isinstance(body, dict):
        return f"is a {'list' if isinstance(body, list) else type(body).__name__}"
    keys = [str(key) for key in body][:KEYS_SHOWN]
    return f"has the keys {', '.join(keys)}{' …' if len(body) > KEYS_SHOWN else ''}"

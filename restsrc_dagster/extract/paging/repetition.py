"""Paging that goes round in circles, or gives the same again and again.

A request that was asked before is one: the API names a page that was there already. Whether
records that were there before are a repetition depends on who says that they come next:

- Pages with numbers are asked for by us, and an API that does not heed the number gives the same
  again. So a page that was there before, be it the one before or any other, is a repetition if it
  holds several records that differ, or one with an id; so is one that is less full than others
  were, as it is the last. On pages of one record, which a list may have twice, it takes three of
  them in a row, or none that was another.
- Equal records are rows of their own as long as nothing tells more: numbered pages of the same
  record without an id, over and over, and whatever the API itself names by a link or a token that
  is new. But a hundred pages in a row with nothing new are too many.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from dlt.sources.helpers.rest_client.paginators import BasePaginator

from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.paging.kinds import counts_from_zero, is_counted, kind_of
from restsrc_dagster.extract.records.digests import Digests
from restsrc_dagster.extract.records.field import plain
from restsrc_dagster.extract.records.rewind import Rewindable
from restsrc_dagster.json_types import Json

MOST_IN_A_ROW = 100
"""Pages that are empty, or bring nothing new."""
MOST_OF_ONE = 2
"""Pages of one record in a row that were there before, after others."""
IDENTITY = frozenset({"id", "uuid", "guid"})
"""Fields by which a record is itself, and not one that is equal."""


@dataclass
class Repetition(Rewindable):
    """The pages of one list so far; some 32 bytes for each."""

    _asked: Digests = field(default_factory=Digests)
    _pages: Digests = field(default_factory=Digests)
    _last: int = 0
    _last_request: str = ""
    _largest: int = 0
    _empty_in_a_row: int = 0
    _known_in_a_row: int = 0

    def point(self) -> Callable[[], None]:
        return partial(vars(self).update, deepcopy(vars(self)))

    def ask(self, request: tuple[Any, ...], address: str) -> None:
        """Look at a request, which `address` shows; raises ReadError."""
        if not self._asked.add(hash(request)):
            raise ReadError(
                f"paging goes round in circles: {address} was asked for a second time, after "
                f"{self._last_request}; the API gives a next page that was there already"
            )

    def answer(
        self,
        records: list[Json],
        content: bytes,
        paginator: BasePaginator,
        address: str,
        *,
        by_key: bool,
        size: int,
    ) -> None:
        """Look at the page that the request has given; raises ReadError.

        `content` is the records as bytes, `by_key` whether a primary key tells them apart. Of a
        page in pieces, `records` are the last one; it has `size` in all.
        """
        if records:
            self._empty_in_a_row = 0
            digest = hash(content)
            if self._pages.add(digest):
                self._known_in_a_row = 0
            else:
                again = digest == self._last
                self._look_at_known(records, size, paginator, address, again=again, by_key=by_key)
            self._last, self._largest = digest, max(self._largest, size)
        else:
            self._empty_in_a_row += 1
            if self._empty_in_a_row > MOST_IN_A_ROW:
                raise ReadError(f"{MOST_IN_A_ROW} empty pages in a row, {self._two(address)}")
        self._last_request = address

    def end(self, resource: str, records: list[Json], content: bytes) -> str:
        """Of an error about pages that the API names: the rule that may end such a list, to add to
        the message. Empty where the page was there before."""
        if records and not self._pages.add(hash(content)):
            return ""
        rule = f'"reading": {{"{resource}": {{"last_page": "length(records) == `0`"}}}}'
        return f"; if the list ends where a page is empty, say so: {rule}"

    def _look_at_known(
        self,
        records: list[Json],
        size: int,
        paginator: BasePaginator,
        address: str,
        *,
        again: bool,
        by_key: bool,
    ) -> None:
        is_second = again and len(self._pages) == 1 and not self._known_in_a_row
        is_numbered = is_counted(paginator)
        # Others came before, so the API heeds the number, and lists a record twice, or has moved.
        is_of_one = self._largest == 1 < len(self._pages)
        is_told = is_numbered and not (is_of_one and self._known_in_a_row < MOST_OF_ONE)
        if is_told and (
            size < self._largest
            or by_key
            or is_itself(records[0])
            or _differ(records)
            or (is_second and counts_from_zero(paginator))
        ):
            raise ReadError(self._repeated(records, size, paginator, address, again, is_second))
        self._known_in_a_row += 1
        if self._known_in_a_row >= MOST_IN_A_ROW:
            cure = f"{_unheeded(paginator)}; if it does, and" if is_numbered else "if"
            raise ReadError(
                f"{MOST_IN_A_ROW} pages in a row with nothing new, {self._two(address)}; "
                f"{cure} so many records are equal, ask for larger pages"
            )

    def _repeated(
        self,
        records: list[Json],
        count: int,
        paginator: BasePaginator,
        address: str,
        again: bool,
        is_second: bool,
    ) -> str:
        if not again:
            return (
                f"the pages begin again: {address} gave the {count} records of an earlier page. "
                "Name in the paginator what tells the end: total_path, has_more_path or "
                f"{kind_of(paginator).maximum or 'maximum_value'}"
            )
        finding = (
            f"the same page came twice: {self._last_request} and {address} gave the same {count} "
            "records"
        )
        if is_second and counts_from_zero(paginator):
            cure = "the API counts its pages from 1: set the paginator's base_page to 1"
            may_be_equal = not (is_itself(records[0]) or _differ(records))
            larger = ", or, if these are equal records, ask for larger pages"
            return f"{finding}; {cure}{larger if may_be_equal else ''}"
        return f"{finding}; {_unheeded(paginator)}"

    def _two(self, address: str) -> str:
        return f"each with a next one; the last two: {self._last_request} and {address}"


def _unheeded(paginator: BasePaginator) -> str:
    name = getattr(paginator, "param_name", None) or getattr(paginator, "param_body_path", None)
    return f"the API does not heed {name!r}: name the parameter that it takes"


def is_itself(record: Json) -> bool:
    """Whether a record has an id: met again, it is the same one, and not one that is equal."""
    return isinstance(record, dict) and any(
        value is not None and plain(str(key)) in IDENTITY for key, value in record.items()
    )


def _differ(records: list[Json]) -> bool:
    return any(record != records[0] for record in records)

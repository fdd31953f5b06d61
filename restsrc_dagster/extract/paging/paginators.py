"""dlt's paginators, which end where there is no next page, and say what an answer lacks.

dlt goes on after a next link or cursor that is `""`, `false` or `0`, and crashes or begins anew;
where an API gives the same cursor again with an empty page, it asks for ever. It ends at a total of
0 or -1, which APIs give that do not count, and leaves out what a server gives less than it was
asked for.
"""

from contextlib import suppress
from copy import deepcopy
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from dlt.common import jsonpath
from dlt.common.utils import str2bool
from dlt.sources.helpers.rest_client import paginators as dlt_paginators
from dlt.sources.helpers.rest_client.paginators import RangePaginator

from restsrc_dagster.connector.page_size import is_page_size
from restsrc_dagster.dlt_compat.paginators import NumberPaginator, ReferencePaginator
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.paging.body_cursor import BodyCursorPaginator
from restsrc_dagster.extract.paging.item_count import slots
from restsrc_dagster.extract.paging.more_pages import says_end
from restsrc_dagster.extract.records.field import bytes_of
from restsrc_dagster.extract.response.envelope import Envelope
from restsrc_dagster.extract.response.links import link_of, refuse_endless
from restsrc_dagster.json_types import Json

SHOWN = 6
LONGEST_SIZE = 19


class LinkedPaginator(ReferencePaginator):
    """Ends on nothing, and on a last page that names itself as the next one.

    Exports by time do that. By itself it may as well be an API that does not heed what it is sent:
    the page has to say that it is the last, or to hold fewer records than those before it or than
    were asked for.
    """

    ended_on_itself = False
    same_is_meant = False
    """Whether a next reference that stays the same leads on: a rule says where the list ends."""
    before = 0
    """How many records of the next answer come before those that are given with it."""
    _largest = 0
    _records = 0
    _says_end = False

    def update_state(self, response: requests.Response, data: list[Any] | None = None) -> None:
        """Take the next reference from `response`; a falsy one is the end."""
        before = self.next_reference
        super().update_state(response, data)  # type: ignore[safe-super]
        after = self.next_reference
        if isinstance(after, (dict, list)) and not getattr(self, "cursor_body_path", None):
            raise ReadError(self._of_several(after))
        if after:
            self._refuse_no_reference(after)
        if not after or (after == before and not data and not self.same_is_meant):
            self.next_reference = None
        self._records, self.before = self.before + len(data or ()), 0
        short = self._records < self._largest or not self._records
        self._largest = max(self._largest, self._records)
        if self.has_next_page:
            envelope = Envelope.of_answer(response, data or [])
            self._says_end = short or says_end(envelope, self._records)

    def update_request(self, request: requests.Request) -> None:
        """Make it the next one; where that is the same again, the page may have been the last."""
        if not self.has_next_page or self.same_is_meant:
            return super().update_request(request)  # type: ignore[safe-super]
        before = _what_is_asked(request)
        super().update_request(request)  # type: ignore[safe-super]
        if _what_is_asked(request) == before and (self._says_end or self._is_short(before)):
            self.next_reference, self.ended_on_itself = None, True
        return None

    def _is_short(self, asked: tuple[Any, ...]) -> bool:
        """Whether there was room for more, by the page size in the query or the body."""
        _, query, body, _ = asked
        sizes = [*query, *(body.items() if isinstance(body, dict) else ())]
        return any(is_page_size(key) and _size(str(value)) > self._records for key, value in sizes)

    def _refuse_no_reference(self, found: Any) -> None:
        """Raises ReadError at a next link that is no address, or a cursor without end."""
        option, path = self.looked_in()
        said_by = f"the paginator's {option}, {path!r}, leads to"
        if option in ("next_url_path", "links_next_key"):
            link_of(found, said_by)
        elif isinstance(found, str):
            refuse_endless(found, said_by)

    def looked_in(self) -> tuple[str, str]:
        """(option, its value): where the next page is looked for."""
        return next(
            (option, str(value))
            for option in ("next_url_path", "cursor_path", "links_next_key", "cursor_key")
            if (value := getattr(self, option, None)) is not None
        )

    def finds_nothing(self, response: requests.Response) -> bool:
        """Whether an answer has nothing at all there: neither a next page nor a null."""
        option, path = self.looked_in()
        if option.endswith("_path"):
            return not jsonpath.find_values(path, response.json())
        return path not in (response.links if option == "links_next_key" else response.headers)

    def _of_several(self, found: Any) -> str:
        option, path = self.looked_in()
        if isinstance(found, list):
            return f"the paginator's {option}, {path!r}, leads to a list; name one of its items"
        return f"the paginator's {option}, {path!r}, leads to {_object(path, found)}"


class HeaderLinkPaginator(LinkedPaginator, dlt_paginators.HeaderLinkPaginator):
    """dlt's, ending well: Sentry links behind the last page, and says so by `results="false"`."""

    def update_state(self, response: requests.Response, data: list[Any] | None = None) -> None:
        """Take the next link from `response`."""
        super().update_state(response, data)
        if response.links.get(self.links_next_key, {}).get("results") == "false":
            self.next_reference = None


class JSONLinkPaginator(LinkedPaginator, dlt_paginators.JSONLinkPaginator):
    """dlt's, ending well."""


class JSONResponseCursorPaginator(LinkedPaginator, BodyCursorPaginator):
    """dlt's, ending well, and naming what its flag is where that is none."""

    def update_state(self, response: requests.Response, data: list[Any] | None = None) -> None:
        """Take the next cursor from `response`."""
        if self.has_more_path:
            for found in jsonpath.find_values(self.has_more_path, response.json())[:1]:
                _refuse_object("has_more_path", self.has_more_path, found)
        super().update_state(response, data)


class HeaderCursorPaginator(LinkedPaginator, dlt_paginators.HeaderCursorPaginator):
    """dlt's, ending well."""


class CountingPaginator(NumberPaginator):
    """Goes on to an empty page where more came than the total says; and where something is missing,
    does not repeat the whole answer, which is somebody's data.

    Attributes:
        total: what the last answer tells, where it can be true.
    """

    total: int | None = None

    def init_request(self, request: requests.Request) -> None:
        """Begin a list."""
        self.total = None
        super().init_request(request)

    def update_state(self, response: requests.Response, data: list[Any] | None = None) -> None:
        """Go on behind the records of a page, and find out whether there are any."""
        records = data or []
        if self.ends_after(records):
            self.go_on(False)
            return
        total = self._total(response, self.total_path) if self.total_path else None
        begins = self.current_value
        self.value_step = self._step(response, records)
        self.current_value += self.value_step
        self.total = total if total is not None and self._may_be(total, begins, records) else None
        ends = [] if self.total is None else [self.total + self.base_index]
        if self.maximum_value is not None:
            ends.append(self.maximum_value)
        goes_on = all(self.current_value < end for end in ends)
        if self.has_more_path:
            goes_on = self._has_more(response, self.has_more_path) and goes_on
        self.go_on(goes_on)

    def _step(self, response: requests.Response, records: list[Json]) -> int:  # noqa: ARG002
        return int(self.value_step)

    def _may_be(self, total: int, begins: int, records: list[Json]) -> bool:
        """Whether it can be a total, now that a page with records begins there."""
        return not records or begins - self.base_index < total

    def _total(self, response: requests.Response, path: Any) -> int:
        found = jsonpath.find_values(path, response.json())
        if not found or found[0] is None:
            raise ReadError(_missing("total_path", path, response.json()))
        _refuse_object("total_path", path, found[0])
        try:
            return int(found[0])
        except (ValueError, TypeError, OverflowError):
            raise ReadError(f"total_path {str(path)!r} leads to no number") from None

    def _has_more(self, response: requests.Response, path: Any) -> bool:
        found = jsonpath.find_values(path, response.json())
        if not found or found[0] is None:
            raise ReadError(_missing("has_more_path", path, response.json()))
        _refuse_object("has_more_path", path, found[0])
        with suppress(ValueError, AttributeError):  # of what is no text
            return found[0] if isinstance(found[0], bool) else bool(str2bool(found[0]))
        raise ReadError(f"has_more_path {str(path)!r} leads to no true or false")


class PageNumberPaginator(CountingPaginator, dlt_paginators.PageNumberPaginator):
    """dlt's, which knows what a total cannot be."""


class OffsetPaginator(CountingPaginator, dlt_paginators.OffsetPaginator):
    """dlt's, which goes on by what came: a server may give less than it is asked for, or more.

    So the page behind a short one may begin with records of that. Where an API counts records that
    it leaves out of its pages, its first ones do; where it takes an offset for the page that this
    is on, all do, and then nothing is missing before the next multiple of the limit. An API that
    has shown to count in single records does not: there the list has moved.

    Attributes:
        came_again: how many records of the last page stood at the end of the one before.
        counts_single: whether the API has shown that its offset is not that of a page.
    """

    came_again = 0
    counts_single = False
    _began = 0
    _passed_over = 0
    """Of how many records the page was from which the list went on at the next multiple."""
    _before: tuple[int, ...] = ()
    """The records of the page before, if that was a short one: digests, as others change them."""

    def init_request(self, request: requests.Request) -> None:
        """Begin a list."""
        self.value_step, self._before = self.limit, ()
        self.counts_single, self._passed_over = False, 0
        super().init_request(request)

    def update_state(self, response: requests.Response, data: list[Any] | None = None) -> None:
        """Go on behind the records of a page, and find out whether there are any."""
        self.came_again = 0
        super().update_state(response, data)

    def _step(self, response: requests.Response, records: list[Json]) -> int:
        before, self._before = self._before, ()
        digests = _digests(records[: len(before)])
        common = min(len(before), len(digests))
        self.came_again = next((n for n in range(common, 0, -1) if before[-n:] == digests[:n]), 0)
        if not records:
            return int(self.limit)
        if before and not self.came_again and self._is_between_pages:
            self.counts_single = True
            self._refuse_to_have_passed_over(records)
        if self.came_again == len(records) and not self.counts_single:
            self._passed_over = len(records)
            return int(self._began + self.limit - self.current_value)
        self._began = self.current_value
        step = slots(response.json(), records) or min(len(records), self.limit)
        if step < self.limit:
            self._before = _digests(records)
        return step

    @property
    def _is_between_pages(self) -> bool:
        return (int(self.current_value) - self.base_index) % int(self.limit) != 0

    def _refuse_to_have_passed_over(self, records: list[Json]) -> None:
        """Of a server that gives pages of a size of its own, one of which came again."""
        if self._passed_over == len(records):
            raise ReadError(
                f"the server gives {self._passed_over} records where {self.limit} are asked for, "
                "and gave one such page twice: the list has moved, or has equal records, and "
                "others may have been passed over. Set the paginator's limit to "
                f"{self._passed_over}"
            )

    def _may_be(self, total: int, begins: int, records: list[Json]) -> bool:
        """A total that is just a full first page may be no more than the size of that."""
        if not records or self.came_again == len(records):
            return True
        is_size = begins == self.initial_value == 0 and total == self.value_step == self.limit
        return self.current_value <= total and not is_size


def _size(text: str) -> int:
    """Of a page; what has more digits than any size is none."""
    return int(text) if text.isdecimal() and len(text) < LONGEST_SIZE else 0


def told_total(paginator: RangePaginator, response: requests.Response) -> int | None:
    """By what the list is known to end, of the answer that the paginator has seen last."""
    if isinstance(paginator, CountingPaginator) or not paginator.total_path:
        return getattr(paginator, "total", None)
    return int(jsonpath.find_values(paginator.total_path, response.json())[0])


def _refuse_object(option: str, path: Any, found: Any) -> None:
    if isinstance(found, dict) and found:
        raise ReadError(f"the paginator's {option}, {str(path)!r}, leads to {_object(path, found)}")


def _object(path: Any, found: dict[str, Any]) -> str:
    """An object where one of its fields is meant."""
    names = ", ".join(list(map(str, found))[:SHOWN])
    first = next(iter(found), "")
    return f"an object with {names}; name one of them, such as {path}.{first}"


def _missing(option: str, path: Any, answer: Json) -> str:
    numbers = [
        f"{key}.{inner}" if inner else key
        for key, value in (answer.items() if isinstance(answer, dict) else ())
        for inner, number in (value.items() if isinstance(value, dict) else [("", value)])
        if isinstance(number, int)
    ]
    there = f"; it has {', '.join(numbers[:SHOWN])}" if numbers else ""
    return (
        f"nothing is at the paginator's {option}, {str(path)!r}, of the answer{there}. Correct it, "
        "set it to null, or, if this list has no pages, give its endpoint the paginator single_page"
    )


def _digests(records: list[Json]) -> tuple[int, ...]:
    return tuple(hash(bytes_of(record)) for record in records)


def _what_is_asked(request: requests.Request) -> tuple[Any, ...]:
    """Of a page: path, query, body as JSON or not; which host is asked may change on the way."""
    parts = urlsplit(request.url or "")
    params = request.params.items() if isinstance(request.params, dict) else ()
    query = [*parse_qsl(parts.query, keep_blank_values=True), *((k, str(v)) for k, v in params)]
    return parts.path, sorted(query), deepcopy(request.json), request.data

"""How much there is in all, by the API's own word."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, urlsplit

import requests
from dlt.common import jsonpath
from dlt.sources.helpers.rest_client.paginators import PageNumberPaginator

from restsrc_dagster.extract.records.field import plain
from restsrc_dagster.extract.response.envelope import Envelope, Object, words
from restsrc_dagster.json_types import Json

TOTAL_KEYS = frozenset(
    {
        *("total", "totalcount", "totalresults", "totalitems", "totalrecords", "totalelements"),
        *("totalsize", "totalhits", "totalrows", "numfound", "nbhits", "count", "rowcount"),
        *("totalentries", "totalmatches", "totalrecordcount", "@odata.count", "odata.count"),
    }
)
TOTAL_HEADERS = (
    *("X-Total-Count", "X-Total", "Total-Count", "X-WP-Total", "Total", "X-Pagination-Total-Count"),
    *("X-Total-Results", "X-Total-Records", "X-Total-Items", "X-Total-Entries"),
)
PAGES_HEADERS = (
    *("X-WP-TotalPages", "X-Total-Pages", "Total-Pages", "X-Page-Count", "X-Pages"),
    "X-Pagination-Page-Count",
)
PAGE_HEADERS = ("X-Page", "X-Current-Page", "X-Pagination-Current-Page", "X-Page-Number")
PAGES_KEYS = frozenset(
    {"totalpages", "pagestotal", "pagecount", "numpages", "nbpages", "lastpage", "pages"}
)
PAGE_KEYS = frozenset({"page", "currentpage", "pagenumber", "pageindex", "pageno", "pagenum"})
SIZE_KEYS = frozenset({"limit", "perpage", "pagesize", "hitsperpage", "resultsperpage"})
_RANGE = re.compile(r"(?!bytes)\S* ?\d+-\d+/(\d{1,18})")
"""`Content-Range: items 0-99/250`."""
_DIGITS = re.compile(r"[0-9]{1,15}")


def announced_total(response: requests.Response, envelope: Envelope, records: int) -> int | None:
    """How many records there are: a header, or a key beside a page of so many `records`.

    A number that is only the size of the page is no total.
    """
    if (announced := _header(response, TOTAL_HEADERS)) is not None:
        return announced[1]
    if found := _RANGE.fullmatch(response.headers.get("Content-Range", "")):
        return int(found[1])
    totals = [total for _, _, total in totals_of(envelope, records)]
    return next((total for total in totals if total >= records), next(iter(totals), None))


def totals_of(envelope: Envelope, records: int) -> Iterator[tuple[Object, tuple[str, ...], int]]:
    """(object, keys below it, number), for each number that may be how many records there are."""
    for one in _about_the_list(envelope, records):
        for key, value in one.items():
            word = plain(str(key))
            if word in TOTAL_KEYS or (word == "itemcount" and "pagecount" in words(one)):
                inner = _inner(value) if isinstance(value, dict) else ""
                total = number(value[inner] if inner else value)
                if total is not None and not (word == "count" and total == records):
                    yield one, (str(key), inner) if inner else (str(key),), total


def _about_the_list(envelope: Envelope, records: int) -> list[Object]:
    """Where an object counts the records of the page: that, what it is in, and what has the list.

    A `total` in another one is of something else, such as a quota.
    """
    counts = next((one for one in envelope.near if _counts(one, records)), None)
    if counts is None:
        return envelope.near
    return [
        one
        for one in envelope.near
        if one is counts or one is envelope.holder or any(inner is counts for inner in one.values())
    ]


def _counts(one: Object, records: int) -> bool:
    return any(
        plain(str(key)) == "count" and number(value) == records for key, value in one.items()
    )


def number(value: Json) -> int | None:
    """A count, which some APIs write as text; None for what is none."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    return value if type(value) is int and value >= 0 else None


def _inner(total: Object) -> str:
    """Elasticsearch says `{"value": 120, "relation": "eq"}`."""
    return next((str(key) for key in total if plain(str(key)) in {"value", "count", "total"}), "")


def _header(response: requests.Response, names: Iterable[str]) -> tuple[str, int] | None:
    for name in names:
        text = response.headers.get(name, "")
        if _DIGITS.fullmatch(text):
            return name, int(text)
    return None


def pages_of_header(response: requests.Response) -> tuple[str, int] | None:
    """(header, how many pages there are), where a header tells that there is a further page."""
    announced = _header(response, PAGES_HEADERS)
    at = _header(response, PAGE_HEADERS)
    return (
        announced
        if announced and announced[1] > max(at[1] if at else 0, asked_page(response) or 0)
        else None
    )


def asked_page(response: requests.Response) -> int | None:
    """The number of the page that the query asks for; None where it names none."""
    query = parse_qsl(urlsplit(response.request.url or "").query)
    return next((number(value) for name, value in query if plain(name) in PAGE_KEYS), None)


def announced_pages(paginator: PageNumberPaginator, body: Json) -> int | None:
    """How many pages there are in all, by what the paginator takes for that."""
    if not paginator.total_path:
        return None
    found = jsonpath.find_values(paginator.total_path, body)
    try:
        return int(found[0]) if found else None
    except (ValueError, TypeError, OverflowError):
        return None


def last_page(envelope: Envelope) -> tuple[str, int] | None:
    """(key, how many pages there are), where an answer tells that of a list, and of a further page.

    A book has pages, too: beside the number stands which page this is, or how large one is.
    """
    for one in envelope.near:
        numbers = {
            plain(str(key)): known
            for key, value in one.items()
            if (known := number(value)) is not None
        }
        at = next((numbers[word] for word in PAGE_KEYS & numbers.keys()), None)
        if at is None and SIZE_KEYS.isdisjoint(numbers):
            continue
        for key in one:
            pages = numbers.get(word) if (word := plain(str(key))) in PAGES_KEYS else None
            if pages is not None and (at or 0) < pages:
                return str(key), pages
    return None


def is_about_a_list(one: Object) -> bool:
    """Whether an object tells how long a list is, and so is about one."""
    return not words(one).isdisjoint(TOTAL_KEYS | PAGES_KEYS)

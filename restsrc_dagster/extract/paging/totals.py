"""How much there is in all, by the API's own word."""

from typing import Any

import requests
from dlt.common import jsonpath
from dlt.sources.helpers.rest_client.paginators import PageNumberPaginator

from restsrc_dagster.extract.response.envelope import Envelope, Object, plain, words

TOTAL_KEYS = frozenset(
    {
        *("total", "totalcount", "totalresults", "totalitems", "totalrecords", "totalelements"),
        *("totalsize", "totalhits", "totalrows", "numfound", "nbhits", "count"),
    }
)
TOTAL_HEADERS = ("X-Total-Count", "X-Total", "Total-Count", "X-WP-Total")
PAGES_KEYS = frozenset(
    {"totalpages", "pagestotal", "pagecount", "numpages", "nbpages", "lastpage", "pages"}
)
PAGE_KEYS = frozenset({"page", "currentpage", "pagenumber", "pageindex", "pageno"})
SIZE_KEYS = frozenset({"limit", "perpage", "pagesize", "hitsperpage", "resultsperpage"})


def announced_total(response: requests.Response, envelope: Envelope, records: int) -> int | None:
    """How many records there are: a header, or a key beside a page of so many `records`.

    A number that is only the size of the page is no total.
    """
    for name in TOTAL_HEADERS:
        text = response.headers.get(name, "")
        if text.isdigit():
            return int(text)
    for one in envelope.near:
        for key, value in one.items():
            word = plain(str(key))
            if word in TOTAL_KEYS or (word == "itemcount" and "pagecount" in words(one)):
                total = value.get("value") if isinstance(value, dict) else value
                if type(total) is int and total >= 0:
                    return None if word == "count" and total == records else total
    return None


def announced_pages(paginator: PageNumberPaginator, body: Any) -> int | None:
    """How many pages there are in all, by what the paginator takes for that."""
    if not paginator.total_path:
        return None
    found = jsonpath.find_values(paginator.total_path, body)
    try:
        return int(found[0]) if found else None
    except (ValueError, TypeError):
        return None


def last_page(envelope: Envelope) -> tuple[str, int] | None:
    """(key, how many pages there are), where an answer tells that of a list, and of a further page.

    A book has pages, too: beside the number stands which page this is, or how large one is.
    """
    for one in envelope.near:
        numbers = {plain(str(key)): value for key, value in one.items() if type(value) is int}
        at = next((numbers[word] for word in PAGE_KEYS & numbers.keys()), None)
        if at is None and SIZE_KEYS.isdisjoint(numbers):
            continue
        for key, value in one.items():
            if type(value) is int and plain(str(key)) in PAGES_KEYS and (at or 0) < value:
                return str(key), value
    return None


def is_about_a_list(one: Object) -> bool:
    """Whether an object tells how long a list is, and so is about one."""
    return not words(one).isdisjoint(TOTAL_KEYS | PAGES_KEYS)

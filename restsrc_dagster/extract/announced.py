"""What an answer says of itself beside the records: how many there are, what comes next, errors."""

from collections.abc import Iterator
from typing import Any

import requests
from dlt.common import jsonpath
from dlt.sources.helpers.rest_client.paginators import BasePaginator, PageNumberPaginator

TOTAL_KEYS = frozenset(
    {"total", "totalcount", "totalresults", "totalitems", "totalrecords", "totalelements", "count"}
)
TOTAL_HEADERS = ("X-Total-Count", "X-Total", "Total-Count", "X-WP-Total")
NEXT_KEYS = frozenset(
    {
        *("next", "nexturl", "nextlink", "nextpage", "nextpageurl", "nextpagetoken", "nexttoken"),
        *("nextcursor", "@odata.nextlink", "nexthref", "nextpagecursor", "continuationtoken"),
    }
)
MORE_KEYS = frozenset({"hasmore", "hasnext", "hasnextpage", "morerecords"})
ERROR_KEYS = ("error", "errors", "fault", "exception")
BESIDE_ERRORS = frozenset(
    {
        *("data", "result", "results", "message", "msg", "code", "status", "statuscode", "ok"),
        *("success", "detail", "details", "title", "type", "reason", "hint", "description"),
        *("errorcode", "errordescription", "errormessage", "requestid", "traceid", "timestamp"),
        *("path", "instance", "documentationurl", "moreinfo", "extensions", "warnings", "meta"),
    }
)
"""What an error comes with; a record whose field is called `error` has others."""
LONGEST_ERROR = 200
DEPTH = 2


def announced_total(response: requests.Response, body: Any, page: list[Any]) -> int | None:
    """How many records there are in all, by the API's own word: a header, or a key in the body.

    A number that is only the size of the page is no total.
    """
    for name in TOTAL_HEADERS:
        text = response.headers.get(name, "")
        if text.isdigit():
            return int(text)
    for key, value in _beside(body, page):
        if _plain(key) in TOTAL_KEYS and type(value) is int and value >= 0:
            return None if _plain(key) == "count" and value == len(page) else value
    return None


def announced_pages(paginator: BasePaginator, body: Any) -> int | None:
    """How many pages there are in all, by what a `page_number` paginator takes for that."""
    if not isinstance(paginator, PageNumberPaginator) or not paginator.total_path:
        return None
    found = jsonpath.find_values(paginator.total_path, body)
    return int(found[0]) if found and str(found[0]).isdigit() else None


def unread_next(response: requests.Response, body: Any, page: list[Any]) -> str | None:
    """Where the answer names a next page; None if it names none."""
    if response.links.get("next", {}).get("url"):
        return "Link header"
    for key, value in _beside(body, page):
        if _plain(key) in NEXT_KEYS and _is_reference(value):
            return f"key {key!r}"
        if _plain(key) in MORE_KEYS and value is True:
            return f"key {key!r}, which is true,"
    return None


def error_in(body: Any, *, has_records: bool) -> str | None:
    """The error that a good answer holds, shortened; None if it holds none.

    Where there are records too, only GraphQL's `{"data": …, "errors": […]}` is one: some of its
    records are missing.
    """
    if not isinstance(body, dict):
        return None
    graphql = {"data", "errors"} <= set(body) <= {"data", "errors", "extensions"}
    if has_records and not graphql:
        return None
    if not {_plain(str(key)) for key in body} <= BESIDE_ERRORS | set(ERROR_KEYS):
        return None
    for key in ERROR_KEYS:
        if body.get(key) and not isinstance(body[key], (int, float)):
            return _shortened(body[key])
        if body.get(key) is True:
            return _shortened(body)
    if any(body.get(key) is False for key in ("ok", "success")):
        return _shortened(body)
    return None


def _beside(body: Any, page: list[Any]) -> Iterator[tuple[str, Any]]:
    """Keys and values of the envelope, outermost first; not those of a record."""
    return _not_of(frozenset(map(id, page)), body, DEPTH)


def _not_of(records: frozenset[int], body: Any, depth: int) -> Iterator[tuple[str, Any]]:
    if not isinstance(body, dict) or id(body) in records:
        return
    yield from ((str(key), value) for key, value in body.items())
    if depth:
        for value in body.values():
            yield from _not_of(records, value, depth - 1)


def _is_reference(value: Any) -> bool:
    """An address, a token, a page's number, or HAL's `{"href": …}`."""
    if isinstance(value, dict):
        return any(_is_reference(value.get(key)) for key in ("href", "url"))
    if isinstance(value, str):
        return bool(value.strip())
    return type(value) is int and value > 0


def _plain(key: str) -> str:
    return key.replace("_", "").replace("-", "").lower()


def _shortened(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST_ERROR else f"{text[:LONGEST_ERROR]}…"

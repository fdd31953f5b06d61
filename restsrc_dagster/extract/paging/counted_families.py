"""Answers whose pages are counted: by their number, or by how many records come before them.

Each function is a family of APIs: the paginator that an answer of it asks for, or None.
"""

from typing import Any

from restsrc_dagster.extract.paging.answer import Answer, Asked
from restsrc_dagster.extract.paging.more_pages import flag_of_more
from restsrc_dagster.extract.paging.proposed import Proposal, proposed
from restsrc_dagster.extract.paging.totals import (
    PAGE_HEADERS,
    PAGE_KEYS,
    PAGES_KEYS,
    SIZE_KEYS,
    announced_total,
    number,
    pages_of_header,
    totals_of,
)
from restsrc_dagster.extract.records.field import plain
from restsrc_dagster.extract.response.envelope import Object, words
from restsrc_dagster.json_types import Json

SIZES = SIZE_KEYS | {"maxresults", "itemsperpage", "size", "rows", "take", "pagelen", "max"}
PAGE_PARAMS = {"currentpage": "page", "number": "page", "current": "page"}
"""By the word of the key with the number of this page, the parameter, where it is another word."""
LIMITS = {
    "offset": "limit",
    "start": "limit",
    "startat": "maxResults",
    "startindex": "count",
    "skip": "limit",
    "from": "size",
    "startposition": "maxResults",
}
"""By the word of the key with the number of records before a page, the parameter for its size."""
FROM_ONE = (0, 1)


def page_numbers(answer: Answer) -> Proposal | None:
    """Laravel, Xero, Algolia, Spring, Zoho: the number of this page, and how many there are."""
    for one in answer.envelope.near:
        at = _current_page(one)
        if at is None or not _tells_of_more(answer, one):
            continue
        key, page = at
        param = answer.asked(PAGE_PARAMS.get(plain(key), key), "page")
        if page not in FROM_ONE and answer.asked_value(param.name) != page:
            return None
        return _numbered(answer, one, page, _param_of_page(answer, one, param))
    return None


def pages_without_number(answer: Answer) -> Proposal | None:
    """ClickUp, WordPress: how many pages there are, or that this is not the last; not which it is.

    Begun at page 0, as that cannot pass over a page: an API that counts from 1 gives it twice, by
    which a run fails and names `base_page`.
    """
    param = answer.asked("page", "page_number")
    asked = answer.asked_value(param.name)
    for one in answer.envelope.near:
        pages = [key for key, value in one.items() if _is_pages(key, value)]
        sized = not words(one).isdisjoint(SIZES | {"lastpage"})
        if (pages and sized) or (one.get("last_page") is False):
            return _numbered(answer, one, asked, param)
    if pages_of_header(answer.response):
        headers = answer.response.headers
        shown = next((number(headers[name]) for name in PAGE_HEADERS if name in headers), asked)
        wordpress = 1 if "X-WP-TotalPages" in headers else None
        return _numbered(answer, {}, shown if shown is not None else wordpress, param)
    return None


def offsets(answer: Answer) -> Proposal | None:
    """Jira, Contentful, Solr, GBIF, SCIM: how many records come before the first of this page."""
    for one in answer.envelope.near:
        for key, value in one.items():
            at = number(value)
            if plain(str(key)) not in LIMITS or at is None or not _tells_of_more(answer, one):
                continue
            if at in FROM_ONE or answer.asked_value(answer.asked(str(key)).name) == at:
                return _by_offset(answer, one, answer.asked(_offset_param(one, str(key))), at)
    return None


def elasticsearch(answer: Answer) -> Proposal | None:
    """`hits: {total: {value, relation}, hits: […]}`: `from` and `size`, which are no secret."""
    hits = answer.body.get("hits") if isinstance(answer.body, dict) else None
    if not isinstance(hits, dict) or "_shards" not in answer.body or "_scroll_id" in answer.body:
        return None
    return _by_offset(answer, hits, Asked("from", is_sure=True), 0, size_param="size")


def mailchimp(answer: Answer) -> Proposal | None:
    """`total_items` beside a list of `_links`: `offset` and `count`."""
    body = answer.body
    if not isinstance(body, dict) or "total_items" not in body:
        return None
    if not isinstance(body.get("_links"), list):
        return None
    return _by_offset(answer, body, answer.asked("offset"), 0, size_param="count")


def as_asked(answer: Answer) -> Proposal | None:
    """The request names the number of a page, or of a record, and the answer says that there is
    more."""
    page = answer.asked("page", "page_number", "page_no", "pagenum")
    at = answer.asked_value(page.name)
    if page.is_sure and at is not None and at in FROM_ONE:
        return _numbered(answer, {}, at, page)
    offset = answer.asked("offset", "skip", "start", "startAt", "startIndex", "from")
    at = answer.asked_value(offset.name)
    if offset.is_sure and at is not None and at in FROM_ONE:
        return _by_offset(answer, {}, offset, at)
    return None


def _numbered(answer: Answer, one: Object, page: int | None, param: Asked) -> Proposal | None:
    """Pages by number; how many there are counts only where the answer calls them pages."""
    base = Asked("0") if page is None else page
    pages = next((str(key) for key, value in one.items() if _is_pages(key, value)), None)
    where = "page_body_path" if answer.asks_in_body else "page_param"
    found = proposed(
        "page_number",
        base_page=0 if isinstance(base, Asked) else base,
        total_path=answer.path(one, pages) if pages else None,
        has_more_path=_has_more(answer),
        **{where: param},
    )
    if found is None or not isinstance(base, Asked):
        return found
    return Proposal(found.written, ("base_page", *found.guessed))


def _by_offset(
    answer: Answer, one: Object, offset: Asked, at: int, *, size_param: str = ""
) -> Proposal | None:
    """Pages by offset; where the first record is number 1, a total would end one too early."""
    size_key = next((str(key) for key in one if plain(str(key)) in SIZES), None)
    sent = answer.asked_size()
    size = sent[1] if sent else number(one[size_key]) or 0 if size_key else 0
    convention = size_param or LIMITS.get(plain(offset.name), "limit")
    if convention == "limit" and "numFound" in one:
        convention = "rows"
    param = sent[0] if sent else answer.asked(size_key or convention)
    if size_param and not sent:
        param = Asked(size_param, is_sure=True)
    suffix = "body_path" if answer.asks_in_body else "param"
    return proposed(
        "offset",
        limit=size if sent else max(size, len(answer.page)),
        offset=at or False,
        total_path=None if at else _total_path(answer),
        has_more_path=_has_more(answer),
        **{f"offset_{suffix}": offset, f"limit_{suffix}": param},
    )


def _current_page(one: Object) -> tuple[str, int] | None:
    """(key, number) of this page; `number` and `current` only beside how many there are."""
    is_counted = any(_is_pages(key, value) for key, value in one.items())
    known = PAGE_KEYS | ({"number", "current"} if is_counted else set())
    return next(
        (
            (str(key), at)
            for key, value in one.items()
            if plain(str(key)) in known and (at := number(value)) is not None
        ),
        None,
    )


def _is_pages(key: Any, value: Json) -> bool:
    return plain(str(key)) in PAGES_KEYS and number(value) is not None


def _tells_of_more(answer: Answer, one: Object) -> bool:
    """By a number of pages, a number of records, or a flag."""
    if any(_is_pages(key, value) for key, value in one.items()) or flag_of_more(answer.envelope):
        return True
    total = announced_total(answer.response, answer.envelope, len(answer.page))
    return total is not None and total > len(answer.page)


def _param_of_page(answer: Answer, one: Object, param: Asked) -> Asked:
    """Strapi's is `pagination[page]`."""
    above = (answer.path(one) or "").split(".")
    is_strapi = above == ["meta", "pagination"] and "pageCount" in one
    return Asked("pagination[page]") if is_strapi and not param.is_sure else param


def _offset_param(one: Object, key: str) -> str:
    """CouchDB answers with an `offset` and is asked with `skip`."""
    return "skip" if {"total_rows", "rows", "offset"} <= one.keys() else key


def _total_path(answer: Answer) -> str | None:
    count = len(answer.page)
    for one, keys, total in totals_of(answer.envelope, count):
        is_exact = not isinstance(one[keys[0]], dict) or one[keys[0]].get("relation") != "gte"
        if total > count and is_exact:
            return answer.path(one, *keys)
    return None


def _has_more(answer: Answer) -> Any:
    """The path of a flag that is true where there is more; False where there is none."""
    flag = flag_of_more(answer.envelope)
    if flag is None or not flag.asks_for_more or not isinstance(flag.holder[flag.key], bool | str):
        return False
    return answer.path(flag.holder, flag.key) or False

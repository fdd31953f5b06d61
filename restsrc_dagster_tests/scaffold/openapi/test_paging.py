"""How the next page is asked for, from parameters and answers of many makes."""

from typing import Any

import pytest

from restsrc_dagster_tests.scaffold.openapi.documents import (
    LIST,
    document,
    endpoint,
    envelope,
    get,
    integer,
    made,
    param,
    string,
)

BOOLEAN = {"type": "boolean"}
LINK = {"type": "json_link"}
PAGE = {"type": "page_number", "base_page": 1, "total_path": None}
OFFSET = {"type": "offset", "limit": 100, "total_path": None}


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


PAGINATORS: dict[str, tuple[Any, list[Any], Any]] = {
    "next, as a uri": (
        envelope(next=string(format="uri", nullable=True)),
        [param("page", integer())],
        {**LINK, "next_url_path": "next"},
    ),
    "next, told in words": (
        envelope(next=string(description="URL of the next page"), limit=integer()),
        [param("offset", integer()), param("limit", integer())],
        {**LINK, "next_url_path": "next"},
    ),
    "next, shown": (
        envelope(paging=of(next=string(example="/customers?page=2"))),
        [],
        {**LINK, "next_url_path": "paging.next"},
    ),
    "a key with other signs": (
        envelope(**{"@odata.nextLink": string()}),
        [param("$skip", integer()), param("$top", integer(maximum=50))],
        {**LINK, "next_url_path": "['@odata.nextLink']"},
    ),
    "a link in an object": (
        envelope(_links=of(self=of(href=string()), next=of(href=string()))),
        [],
        {**LINK, "next_url_path": "_links.next.href"},
    ),
    "next beside cursors": (
        envelope(paging=of(cursors=of(before=string(), after=string()), next=string())),
        [param("after"), param("before")],
        {"type": "cursor", "cursor_path": "paging.cursors.after", "cursor_param": "after"},
    ),
    "a link that is only a query": (
        envelope(paging=of(next=of(after=string(), link=string(example="?after=NT")))),
        [param("after")],
        {"type": "cursor", "cursor_path": "paging.next.after", "cursor_param": "after"},
    ),
    "a cursor": (
        envelope(meta=of(next_cursor=string(nullable=True), prev_cursor=string())),
        [param("cursor")],
        {"type": "cursor", "cursor_path": "meta.next_cursor", "cursor_param": "cursor"},
    ),
    "a token": (
        envelope(nextPageToken=string(), hasMore=BOOLEAN),
        [param("pageToken"), param("maxResults", integer())],
        {
            "type": "cursor",
            "cursor_path": "nextPageToken",
            "cursor_param": "pageToken",
            "has_more_path": "hasMore",
        },
    ),
    "hidden in page info": (
        envelope(pageInfo=of(startCursor=string(), endCursor=string(), hasNextPage=BOOLEAN)),
        [param("after")],
        {
            "type": "cursor",
            "cursor_path": "pageInfo.endCursor",
            "cursor_param": "after",
            "has_more_path": "pageInfo.hasNextPage",
        },
    ),
    "the number of the next page": (
        envelope(meta=of(next_page=integer(nullable=True), total_count=integer())),
        [param("page", integer())],
        {"type": "cursor", "cursor_path": "meta.next_page", "cursor_param": "page"},
    ),
    "the start of the next page": (
        envelope(pagination=of(start=integer(), next_start=integer())),
        [param("start", integer()), param("limit", integer(maximum=500))],
        {"type": "cursor", "cursor_path": "pagination.next_start", "cursor_param": "start"},
    ),
    "the last id, which the answer has": (
        envelope(first_id=string(), last_id=string(), has_more=BOOLEAN),
        [param("after"), param("before")],
        {
            "type": "cursor",
            "cursor_path": "last_id",
            "cursor_param": "after",
            "has_more_path": "has_more",
        },
    ),
    "offset": (
        LIST,
        [param("offset", integer()), param("limit", integer(maximum=100))],
        OFFSET,
    ),
    "offset with a total": (
        envelope(meta=of(total=integer())),
        [param("skip", integer()), param("take", integer(default=50))],
        {
            **OFFSET,
            "limit": 50,
            "offset_param": "skip",
            "limit_param": "take",
            "total_path": "meta.total",
        },
    ),
    "a total that may be missing": (
        envelope(total=integer(nullable=True)),
        [param("offset", integer()), param("limit", integer(maximum=100))],
        OFFSET,
    ),
    "offset that counts from 1": (
        envelope(totalResults=integer()),
        [param("startIndex", integer(minimum=1)), param("count", integer(maximum=100))],
        {**OFFSET, "offset_param": "startIndex", "limit_param": "count", "offset": 1},
    ),
    "pages, their number told": (
        envelope(page=of(number=integer(), totalPages=integer(), totalElements=integer())),
        [param("page", integer(minimum=0)), param("size", integer())],
        {**PAGE, "base_page": 0, "total_path": "page.totalPages"},
    ),
    "pages, only their records told": (
        envelope(total=integer(), total_count=integer()),
        [param("pageNumber", integer(default=1))],
        {**PAGE, "page_param": "pageNumber"},
    ),
    "pages, and whether there are more": (
        envelope(has_more=BOOLEAN),
        [param("page", integer(description="Starts at 0"))],
        {**PAGE, "base_page": 0, "has_more_path": "has_more"},
    ),
    "pages counted from 0 in words": (
        LIST,
        [param("page", integer(), description="Zero-based page number")],
        {**PAGE, "base_page": 0},
    ),
    "the last page's number, counted from 0": (
        envelope(lastPage=integer()),
        [param("page", integer(minimum=0))],
        {**PAGE, "base_page": 0},
    ),
    "an object that is sent as its properties": (
        envelope(),
        [param("pageable", of(page=integer(minimum=0), size=integer()), required=True)],
        {**PAGE, "base_page": 0},
    ),
    "nothing": (envelope(), [param("q"), param("from", string(format="date"))], None),
    "a flag named like a size": (LIST, [param("count", BOOLEAN)], None),
}


@pytest.mark.parametrize(("answer", "parameters", "paginator"), PAGINATORS.values(), ids=PAGINATORS)
def test_paginator(answer: Any, parameters: list[Any], paginator: Any) -> None:
    assert endpoint(answer, *parameters).get("paginator") == paginator


def test_a_link_header() -> None:
    path = get(LIST, param("page", integer()), param("per_page", integer(), description="(max 30)"))
    path["get"]["responses"]["200"]["headers"] = {"Link": {"schema": string()}}
    first = made(document({"/customers": path}))
    asked = first.configuration["resources"][0]["endpoint"]
    assert asked["paginator"] == {"type": "header_link"}
    assert asked["params"] == {"per_page": 30}


@pytest.mark.parametrize(
    "description",
    [
        "All customers. The `Link` header has the address of the next page.",
        "Pages follow by the Link response header, as RFC 5988 says.",
        'Link: <https://api.acme.com/v2/customers?page=2>; rel="next"',
    ],
)
def test_a_link_header_that_is_told_in_words(description: str) -> None:
    found = endpoint(LIST, param("page", integer()), description=description)
    assert found["paginator"] == {"type": "header_link"}


def test_a_link_that_is_no_header() -> None:
    told = "Each has a link to its headers."
    found = endpoint(LIST, param("page", integer()), description=told)
    assert found["paginator"]["type"] == "page_number"


OF_SPEAKEASY: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"type": "url", "outputs": {"nextUrl": "$.page.more"}},
        {**LINK, "next_url_path": "page.more"},
    ),
    (
        {
            "type": "cursor",
            "inputs": [{"name": "since", "in": "parameters", "type": "cursor"}],
            "outputs": {"nextCursor": "$.data[-1].id"},
        },
        {"type": "cursor", "cursor_path": "data[-1].id", "cursor_param": "since"},
    ),
    (
        {
            "type": "offsetLimit",
            "inputs": [{"name": "sheet", "in": "parameters", "type": "page"}],
            "outputs": {"results": "$.data", "numPages": "$.sheets"},
        },
        {"type": "page_number", "base_page": 1, "page_param": "sheet", "total_path": "sheets"},
    ),
    (
        {
            "type": "offsetLimit",
            "inputs": [
                {"name": "begin", "in": "parameters", "type": "offset"},
                {"name": "most", "in": "parameters", "type": "limit"},
            ],
        },
        {
            "type": "offset",
            "limit": 50,
            "offset_param": "begin",
            "limit_param": "most",
            "total_path": None,
        },
    ),
]


@pytest.mark.parametrize(("extension", "paginator"), OF_SPEAKEASY)
def test_an_extension_of_speakeasy(extension: Any, paginator: Any) -> None:
    names = [param(name, integer()) for name in ("sheet", "begin")]
    most = param("most", integer(maximum=50))
    found = endpoint(envelope(), *names, most, **{"x-speakeasy-pagination": extension})
    assert found["paginator"] == paginator


@pytest.mark.parametrize(
    ("extension", "paginator"),
    [
        ({}, {**LINK, "next_url_path": "nextLink"}),
        ({"nextLinkName": "@odata.nextLink"}, {**LINK, "next_url_path": "['@odata.nextLink']"}),
        ({"nextLinkName": None}, {"type": "single_page"}),
    ],
)
def test_an_extension_of_autorest(extension: Any, paginator: Any) -> None:
    found = endpoint(envelope(), **{"x-ms-pageable": extension})
    assert found["paginator"] == paginator


def test_a_cursor_in_a_header() -> None:
    path = get(LIST, param("cursor"))
    path["get"]["responses"]["200"]["headers"] = {"X-Next-Cursor": {"schema": string()}}
    asked = made(document({"/customers": path})).configuration["resources"][0]["endpoint"]
    assert asked["paginator"] == {
        "type": "header_cursor",
        "cursor_key": "x-next-cursor",
        "cursor_param": "cursor",
    }


@pytest.mark.parametrize(
    ("size", "sent"),
    [
        (param("per_page", integer(maximum=250)), {"per_page": 250}),
        (param("limit", integer(maximum=10_000)), {"limit": 1000}),
        (param("page_size", {"type": "integer", "enum": [10, 25, 50]}), {"page_size": 50}),
        (param("limit", integer(), description="Default 20, maximum 75."), {"limit": 75}),
        (param("limit", integer(), description="Up to 40 are given."), {"limit": 40}),
        (param("limit", integer(default=20)), None),
        (param("per_page", integer(default=20), required=True), {"per_page": 20}),
    ],
)
def test_pages_are_as_large_as_the_api_gives_them(size: Any, sent: Any) -> None:
    answer = envelope(next=string(format="uri"))
    assert endpoint(answer, size).get("params") == sent


@pytest.mark.parametrize(
    ("answer", "parameters", "told"),
    [
        (LIST, [param("page", integer())], "pages are taken to be counted from 1"),
        (LIST, [param("offset", integer()), param("limit", integer())], "100 records a page"),
        (envelope(next=string()), [], "next is taken for the next page's address"),
        (LIST, [], "does not say how pages are asked for; `restsrc test acme` shows"),
    ],
)
def test_guesses_are_told(answer: Any, parameters: list[Any], told: str) -> None:
    (note,) = made(document({"/customers": get(answer, *parameters)})).notes
    assert note.startswith("customers: paginator: ")
    assert told in note


def test_pages_of_a_search_are_asked_for_in_its_body() -> None:
    wanted = of(
        query=string(default="*"),
        paging=of(page=integer(minimum=1), size=integer(maximum=200)),
    )
    wanted["required"] = ["query"]
    path = {"post": get(envelope())["get"]}
    path["post"]["requestBody"] = {"content": {"application/json": {"schema": wanted}}}
    (found,) = made(document({"/search": path}), "/search").configuration["resources"]
    assert found["endpoint"]["method"] == "POST"
    assert found["endpoint"]["json"] == {"query": "*", "paging": {"size": 200}}
    assert found["endpoint"]["paginator"] == {**PAGE, "page_body_path": "paging.page"}


def test_offset_in_a_body() -> None:
    path = {"post": get(envelope())["get"]}
    schema = of(offset=integer(), limit=integer(maximum=100))
    path["post"]["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    (found,) = made(document({"/search": path}), "/search").configuration["resources"]
    assert found["endpoint"]["paginator"] == {
        "type": "offset",
        "limit": 100,
        "offset_body_path": "offset",
        "limit_body_path": "limit",
        "total_path": None,
    }

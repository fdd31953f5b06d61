"""What APIs say of a further page that nobody reads, in their own words; and what says no such."""

import json
from typing import Any

import pytest

from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.extract.reading import load_all, read_with_traffic
from restsrc_dagster_tests.extract.test_pages import failure
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items

ROWS = [{"id": number} for number in range(100)]
MORE: dict[str, tuple[Any, str, str]] = {
    "HubSpot": (
        {"results": ROWS, "paging": {"next": {"after": "100", "link": "https://a.b/?after=100"}}},
        "results",
        "key 'next'",
    ),
    "Asana": (
        {"data": ROWS, "next_page": {"offset": "eyJ0", "path": "/t?offset=eyJ0", "uri": "https:"}},
        "data",
        "key 'next_page'",
    ),
    "Airtable": (
        {"records": ROWS, "offset": "itrcFCi0I8Kd5PqdH/rec7Gf9kv9hQ0nhC7"},
        "records",
        "key 'offset'",
    ),
    "Square": ({"cursor": "CiRhOTY3", "customers": ROWS}, "customers", "key 'cursor'"),
    "Reddit": (
        {"kind": "Listing", "data": {"after": "t3_15bfi0", "before": None, "children": ROWS}},
        "data.children",
        "key 'after'",
    ),
    "GraphQL": (
        {
            "data": {
                "users": {
                    "pageInfo": {"hasNextPage": True, "endCursor": "abc"},
                    "edges": [{"node": row} for row in ROWS],
                }
            }
        },
        "data.users.edges[*].node",
        "key 'hasNextPage', which is true",
    ),
    "Algolia": (
        {"hits": ROWS, "nbHits": 250, "page": 0, "nbPages": 3, "hitsPerPage": 100},
        "hits",
        "key 'nbPages', which is 3",
    ),
    "Xero": (
        {"pagination": {"page": 1, "pageSize": 100, "pageCount": 3, "itemCount": 250}, "I": ROWS},
        "I",
        "key 'pageCount', which is 3",
    ),
    "Laravel": (
        {"data": ROWS, "current_page": 1, "last_page": 3, "per_page": 100},
        "data",
        "key 'last_page', which is 3",
    ),
    "ClickUp": ({"tasks": ROWS, "last_page": False}, "tasks", "key 'last_page', which is false"),
    "DynamoDB": (
        {"Items": ROWS, "Count": 100, "LastEvaluatedKey": {"id": {"N": "99"}}},
        "Items",
        "key 'LastEvaluatedKey'",
    ),
    "Salesforce": (
        {"totalSize": 250, "done": False, "nextRecordsUrl": "/query/01g-100", "records": ROWS},
        "records",
        "key 'nextRecordsUrl'",
    ),
    "Pipedrive": (
        {
            "success": True,
            "data": ROWS,
            "additional_data": {
                "pagination": {"start": 0, "more_items_in_collection": True, "next_start": 100}
            },
        },
        "data",
        "key 'next_start'",
    ),
    "Zendesk": (
        {"users": ROWS, "meta": {"has_more": True, "after_cursor": "xx"}},
        "users",
        "key 'has_more', which is true",
    ),
    "MediaWiki": (
        {"continue": {"cmcontinue": "page|4|5", "continue": "-||"}, "query": {"members": ROWS}},
        "query.members",
        "key 'continue'",
    ),
    "GBIF": (
        {"offset": 0, "limit": 100, "endOfRecords": False, "results": ROWS},
        "results",
        "key 'endOfRecords', which is false",
    ),
}
TOTALS: dict[str, tuple[Any, int]] = {
    "Elasticsearch": (
        {
            "_shards": {"total": 5, "successful": 5},
            "hits": {"total": {"value": 120, "relation": "eq"}, "hits": ROWS},
        },
        120,
    ),
    "Solr": ({"response": {"numFound": 3471, "start": 0, "docs": ROWS}}, 3471),
    "Open Library": ({"numFound": 3471, "docs": ROWS}, 3471),
}
MISSED: list[Any] = [
    "auto",
    {"type": "cursor", "cursor_path": "nope", "cursor_param": "after"},
    {"type": "json_link", "next_url_path": "nope"},
    "header_link",
]


FOUND = {"Salesforce", "Pipedrive", "Zendesk's end", "itself"}
"""dlt detects a paginator for these."""


def each(answers: dict[str, Any], paginators: list[Any]) -> list[Any]:
    return [
        pytest.param(name, paginator, id=f"{name}-{paginator}")
        for name in answers
        for paginator in paginators
        if paginator != "auto" or name not in FOUND
    ]


@pytest.mark.parametrize(("name", "paginator"), each(MORE, MISSED))
def test_a_further_page_that_nobody_reads_is_told(api: Api, name: str, paginator: Any) -> None:
    """With a selector, or, for each second answer, without one."""
    body, selector, where = MORE[name]
    selected = "[*]" in selector or list(MORE).index(name) % 2
    chosen = {"data_selector": selector if selected else None}
    told = failure(api, lambda _: body, paginator, params={"limit": 100}, **chosen)
    sentence, _, proposed = told.partition(": {")
    assert sentence == (
        f"items: /items?limit=100 has a next page, by its {where}, which is not read; name the "
        "paginator that follows it"
    )
    assert proposed


@pytest.mark.parametrize("name", TOTALS)
def test_a_longer_list_whose_paginator_cannot_be_guessed(api: Api, name: str) -> None:
    body, total = TOTALS[name]
    told = failure(api, lambda _: body, "auto", data_selector=None)
    assert told.startswith(f"items: /items announces {total} records and gave 100; how the others")


ENDS: dict[str, Any] = {
    "Facebook": {"data": ROWS, "paging": {"cursors": {"before": "a", "after": "b"}}},
    "Dropbox": {"entries": ROWS, "cursor": "abc", "has_more": False},
    "Zendesk's end": {"tickets": ROWS, "next_page": "https://a.b/?t=7", "end_of_stream": True},
    "relay": {
        "data": {
            "users": {"nodes": ROWS, "pageInfo": {"hasNextPage": False, "endCursor": "b"}},
            "viewer": {"repos": {"pageInfo": {"hasNextPage": True}}},
        }
    },
    "Spring": {"content": ROWS, "last": True, "totalPages": 3, "number": 2},
    "the last of three": {"data": ROWS, "current_page": 3, "last_page": 3},
    "Square": {"customers": ROWS, "cursor": None},
    "Slack": {"members": ROWS, "cursor": "abc", "response_metadata": {"next_cursor": ""}},
    "a time zone": {"hours": ROWS, "offset": "+02:00", "timezone": "Europe/Berlin"},
    "another one": {"hours": ROWS, "offset": "UTC+2 Berlin"},
    "a time": {"rows": ROWS, "after": "2024-01-01T00:00:00Z", "before": "2025-01-01"},
    "a filter": {"rows": ROWS, "after": "monday", "cursor": "x"},
    "a book": {"title": "Emma", "pages": 300, "chapters": ROWS},
    "a task": {"name": "sweep", "done": False, "complete": False, "steps": ROWS},
    "a link to the next post": {"posts": ROWS, "next_payment": "2026-01-01"},
    "one page": {"data": ROWS, "page": 1, "total_pages": 1},
    "itself": {"data": ROWS, "next": "{url}/items?after=monday&cursor=x"},
}


@pytest.mark.parametrize(("name", "paginator"), each(ENDS, MISSED[:2]))
def test_what_says_no_such_thing(api: Api, name: str, paginator: Any) -> None:
    body = json.loads(json.dumps(ENDS[name]).replace("{url}", api.url))
    api.routes["/items"] = lambda _: body
    key = next((key for key, value in body.items() if value == ROWS), "data.users.nodes")
    asked = {"after": "monday", "cursor": "x"}
    resource = items(data_selector=key, paginator=paginator, params=asked)
    rows, reading = read_with_traffic(connector("acme", api.url, [resource]))
    assert rows == ROWS
    assert reading.pages["items"].warnings == {}


def test_a_record_says_nothing_of_pages(api: Api) -> None:
    """A single one, and the only one of a list."""
    record = {"id": 1, "next": "/items/2", "has_more": True, "last_page": False, "cursor": "a"}
    api.routes["/items/1"] = lambda _: record
    api.routes["/items"] = lambda _: {"data": [record]}
    for path, selector in (("items/1", None), ("items/1", "$"), ("items", "data")):
        resource = items(path=path, data_selector=selector, paginator=MISSED[1])
        rows, reading = read_with_traffic(connector("acme", api.url, [resource]))
        assert rows == [record]
        assert reading.pages["items"].warnings == {}


def test_the_wrong_way_round(api: Api) -> None:
    """`has_more_path` leads to what says that there is no more."""

    def route(asked: Asked) -> Any:
        at = int(asked.params.get("page", 0))
        return {"data": ROWS[at * 40 : at * 40 + 40], "end_of_stream": at == 2, "cursor": at + 1}

    for paginator in (
        {"type": "page_number", "total_path": None, "has_more_path": "end_of_stream"},
        {"type": "cursor", "cursor_path": "cursor", "has_more_path": "end_of_stream"},
    ):
        assert failure(api, route, paginator).endswith(
            "has a next page, by its key 'end_of_stream', which is false, but the paginator ends "
            "there; correct its total_path or has_more_path, or set them to null"
        )


def test_a_total_that_a_flag_contradicts(api: Api) -> None:
    """Three records of this page, taken for the number of pages."""

    def route(asked: Asked) -> Any:
        at = int(asked.params["page"])
        return {"data": [{"id": at}], "meta": {"count": 2, "has_next": at < 5}}

    numbered = {"type": "page_number", "total_path": "meta.count"}
    assert "by its key 'has_next', which is true, but the pag" in failure(api, route, numbered)


def test_a_maximum_is_the_persons_own(api: Api) -> None:
    def route(asked: Asked) -> Any:
        return {"data": [{"id": asked.params["page"]}], "has_more": True}

    api.routes["/items"] = route
    numbered = {"type": "page_number", "total_path": None, "maximum_page": 3}
    rows, _ = read_with_traffic(connector("acme", api.url, [items(paginator=numbered)]))
    assert len(rows) == 3


@pytest.mark.parametrize("at_once", [1, 4])
def test_no_table_gets_the_first_page_alone(api: Api, settings: Settings, at_once: int) -> None:
    """Of a parent's child as well: the others are loaded, and nothing of it."""
    body, selector, where = MORE["HubSpot"]
    api.routes["/posts"] = lambda _: {"data": [{"id": 1}, {"id": 2}]}
    api.routes["/posts/1"] = lambda _: {"results": ROWS[:3]}
    api.routes["/posts/2"] = lambda _: Answer(body)
    deals = items("deals", path="posts/{resources.posts.id}", data_selector=selector)
    deals["endpoint"]["paginator"] = MISSED[1]
    acme = connector("acme", api.url, [items("posts"), deals], http={"max_concurrency": at_once})
    with pytest.raises(Exception, match=f"^deals: .*/posts/2 has a next page, by its {where}"):
        load_all(acme, settings)

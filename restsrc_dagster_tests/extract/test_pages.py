"""Paging that would lose or double rows ends with an error that says what to change."""

from collections.abc import Callable
from typing import Any

import pytest

from restsrc_dagster.errors import ReadError, RestsrcError
from restsrc_dagster.extract.failures.explain import explain
from restsrc_dagster.extract.paging.repetition import MOST_IN_A_ROW
from restsrc_dagster.extract.source import open_reading
from restsrc_dagster_tests.extract.reading import RECORDS, page, read, read_with_traffic
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items

LINK = {"type": "json_link", "next_url_path": "next"}
CURSOR = {"type": "cursor", "cursor_path": "next", "cursor_param": "after"}
NUMBER = {"type": "page_number", "base_page": 1, "total_path": None}
OFFSET = {"type": "offset", "limit": 5, "total_path": None}
FACTS = {"records", "announced", "missing"}


def failure(api: Api, route: Callable[[Asked], Any], paginator: Any, **endpoint: Any) -> str:
    api.routes["/items"] = route
    acme = connector("acme", api.url, [items(**endpoint)], client={"paginator": paginator})
    with open_reading(acme, {}) as reading, pytest.raises(Exception) as raised:  # noqa: PT011
        list(reading.source)
    error: RestsrcError = explain(raised.value, reading.redact)
    assert type(error) is ReadError
    return str(error).replace(api.url, "")


def facts(api: Api, route: Callable[[Asked], Any], paginator: Any, **endpoint: Any) -> Any:
    api.routes["/items"] = route
    acme = connector("acme", api.url, [items(**endpoint)], client={"paginator": paginator})
    return read_with_traffic(acme)[1].pages["items"]


def number(asked: Asked) -> int:
    return int(asked.params.get("page", 1))


def test_the_same_next_link_twice(api: Api) -> None:
    def answer(asked: Asked) -> Any:
        return {"data": page(number(asked) % 2), "next": f"/items?page={3 - number(asked)}"}

    assert failure(api, answer, LINK) == (
        "items: paging goes round in circles: GET /items?page=2 was asked for a second time, after "
        "GET /items?page=1; the API gives a next page that was there already"
    )
    assert len(api.asked) <= 5  # the one behind the repeated page may be on its way


def test_the_same_cursor_twice_with_records(api: Api) -> None:
    counter = iter(range(100))

    def answer(_: Asked) -> Any:
        return {"data": [{"id": next(counter)}], "next": "abc"}

    told = failure(api, answer, CURSOR)
    assert told.startswith("items: paging goes round in circles: GET /items?after=… was asked for")
    assert len(api.asked) == 3


def test_the_same_cursor_with_an_empty_page_is_the_end(api: Api) -> None:
    """As APIs with a feed of changes do."""

    def answer(asked: Asked) -> Any:
        return {"data": [] if asked.params else RECORDS, "next": "abc"}

    api.routes["/items"] = answer
    assert read(connector("acme", api.url, client={"paginator": CURSOR})) == RECORDS
    assert len(api.asked) == 2


@pytest.mark.parametrize(
    ("paginator", "told"),
    [
        (NUMBER, "; the API does not heed 'page': name the parameter that it takes"),
        ({**NUMBER, "page_param": "p"}, "; the API does not heed 'p': name the parameter"),
        (OFFSET, "; the API does not heed 'offset': name the parameter that it takes"),
    ],
)
def test_the_same_page_twice_in_a_row(api: Api, paginator: Any, told: str) -> None:
    message = failure(api, lambda _: {"data": page(0, size=5)}, paginator)
    assert message.startswith("items: the same page came twice: GET /items?")
    assert told in message
    assert len(api.asked) == 2


def test_an_api_that_counts_from_one_asked_from_zero(api: Api) -> None:
    def answer(asked: Asked) -> Any:
        return {"data": page(max(number(asked), 1) - 1)}

    told = failure(api, answer, {"type": "page_number", "total_path": None})
    assert told == (
        "items: the same page came twice: GET /items?page=0 and GET /items?page=1 gave the same 3 "
        "records; the API counts its pages from 1: set the paginator's base_page to 1"
    )


def test_empty_pages_with_ever_new_links_are_bounded(api: Api) -> None:
    def answer(asked: Asked) -> Any:
        return {"data": [], "next": f"/items?page={number(asked) + 1}"}

    told = failure(api, answer, LINK)
    assert told == (
        f"items: {MOST_IN_A_ROW} empty pages in a row, each with a next one; the last two: "
        f"GET /items?page={MOST_IN_A_ROW} and GET /items?page={MOST_IN_A_ROW + 1}; if the list "
        'ends where a page is empty, say so: "reading": {"items": {"last_page": "length(records) '
        '== `0`"}}'
    )


def test_some_empty_pages_are_gone_through(api: Api) -> None:
    def answer(asked: Asked) -> Any:
        at = number(asked)
        following = {"next": f"/items?page={at + 1}"} if at < 80 else {}
        return {"data": [{"id": at}] if at in (1, 41, 80) else [], **following}

    api.routes["/items"] = answer
    acme = connector("acme", api.url, client={"paginator": LINK})
    assert read(acme) == [{"id": 1}, {"id": 41}, {"id": 80}]


@pytest.mark.parametrize("nothing", [None, "", False, 0])
@pytest.mark.parametrize("paginator", [LINK, CURSOR], ids=["json_link", "cursor"])
def test_a_falsy_next_is_the_end(api: Api, paginator: Any, nothing: Any) -> None:
    api.routes["/items"] = lambda asked: {
        "data": page(1) if asked.params else page(0),
        "next": nothing if asked.params else ("/items?page=2" if paginator is LINK else "x"),
    }
    assert read(connector("acme", api.url, client={"paginator": paginator})) == RECORDS[:6]


def test_a_falsy_next_in_a_header_is_the_end(api: Api) -> None:
    api.routes["/items"] = lambda _: Answer({"data": RECORDS}, headers={"next": ""})
    assert read(connector("acme", api.url, client={"paginator": "header_cursor"})) == RECORDS


UNREAD = [
    ({"paging": {"next": "/items?page=2"}}, {}, "key 'next'"),
    ({"@odata.nextLink": "https://x.y/z"}, {}, "key '@odata.nextLink'"),
    ({"_links": {"next": {"href": "/items?page=2"}}}, {}, "key 'next'"),
    ({"meta": {"next_page": 2}}, {}, "key 'next_page'"),
    ({"nextPageToken": "abc"}, {}, "key 'nextPageToken'"),
    ({"has_more": True}, {}, "key 'has_more', which is true"),
    ({}, {"Link": '</items?page=2>; rel="next"'}, "Link header"),
]


@pytest.mark.parametrize(("envelope", "headers", "where"), UNREAD)
def test_a_next_page_that_the_paginator_does_not_see(
    api: Api, envelope: Any, headers: dict[str, str], where: str
) -> None:
    paginator = {"type": "json_link", "next_url_path": "links.following"}
    answer = Answer({"data": RECORDS, **envelope}, headers=headers)
    told = failure(api, lambda _: answer, paginator)
    assert told.partition(": {")[0] == (
        f"items: /items has a next page, by its {where}, which is not read; name the paginator "
        "that follows it"
    )


@pytest.mark.parametrize(("envelope", "headers", "where"), UNREAD)
def test_who_wants_one_page_gets_it_and_is_told(
    api: Api, envelope: Any, headers: dict[str, str], where: str
) -> None:
    answer = Answer({"data": RECORDS, **envelope}, headers=headers)
    found = facts(api, lambda _: answer, "single_page")
    assert list(found.warnings) == [
        f"{api.url}/items has a next page, by its {where}, which is not read"
    ]


@pytest.mark.parametrize(
    "envelope",
    [{"next": None}, {"next": ""}, {"has_more": False}, {"next_payment": "2026-01-01"}, {}],
)
def test_what_is_no_next_page(api: Api, envelope: Any) -> None:
    found = facts(api, lambda _: {"data": RECORDS, **envelope}, LINK)
    assert found.warnings == {}


def test_a_guessed_single_page_of_a_longer_list(api: Api) -> None:
    told = failure(api, lambda _: {"data": page(0), "meta": {"total": 7}}, "auto")
    assert told.startswith(
        "items: /items announces 7 records and gave 3; how the others are asked for cannot be "
        "guessed: name a paginator. If the documentation has a param such as before or after that"
    )


@pytest.mark.parametrize(
    ("envelope", "headers", "announced", "missing"),
    [
        ({"total": 9}, {}, 9, 2),
        ({"meta": {"pagination": {"total_count": 7}}}, {}, 7, 0),
        ({"total": 2}, {}, None, 0),
        ({"total": 0}, {}, None, 0),
        ({"total": -1}, {}, None, 0),
        ({"hits": {"total": {"value": 9, "relation": "eq"}}, "_shards": {"total": 5}}, {}, 9, 2),
        ({"numFound": 8}, {}, 8, 1),
        ({"nbHits": 8, "nbPages": 2, "page": 0, "hitsPerPage": 7}, {}, 8, 1),
        ({}, {"X-Total-Count": "8"}, 8, 1),
        ({"count": 7}, {}, None, 0),
        ({"count": 9}, {}, 9, 2),
        ({"total": "many"}, {}, None, 0),
        ({"total": True}, {}, None, 0),
        ({}, {}, None, 0),
    ],
)
def test_what_is_announced_is_compared_with_what_came(
    api: Api, envelope: Any, headers: dict[str, str], announced: int | None, missing: int
) -> None:
    answer = Answer({"data": RECORDS, **envelope}, headers=headers)
    found = facts(api, lambda _: answer, "single_page")
    assert (found.records, found.announced, found.missing) == (7, announced, missing)


def test_a_list_that_changes_while_it_is_read_is_warned_about(api: Api) -> None:
    def answer(asked: Asked) -> Any:
        at = number(asked)
        return {"data": page(at - 1), "total": 7 if at == 1 else 6}

    found = facts(api, answer, NUMBER)
    assert list(found.warnings) == [
        "the list changed while it was read: the API announced 7 records first and 6 later; rows "
        "that moved between pages may have been missed"
    ]


@pytest.mark.parametrize(("paginator", "warns"), [("json_link", False), (NUMBER, True)])
def test_of_a_list_that_grows_nothing_is_missed_where_links_are_followed(
    api: Api, paginator: Any, warns: bool
) -> None:
    def answer(asked: Asked) -> Any:
        at = number(asked)
        link = f"{api.url}/items?page={at + 1}" if at == 1 else None
        return {"data": page(at - 1), "total": 6 + (at > 1), "next": link}

    if paginator == "json_link":
        paginator = {"type": "json_link", "next_url_path": "next"}
    found = facts(api, answer, paginator)
    assert bool(list(found.warnings)) == warns


def test_lists_of_all_parents_are_added_up(api: Api) -> None:
    api.routes["/posts"] = lambda _: {"data": [{"id": 1}, {"id": 2}]}
    for post, total in ((1, 2), (2, 5)):
        body = {"data": [{"text": f"{post}-{n}"} for n in range(2)], "total": total}
        api.routes[f"/posts/{post}/comments"] = lambda _, body=body: body
    comments = items("comments", path="posts/{resources.posts.id}/comments")
    _, reading = read_with_traffic(connector("acme", api.url, [items("posts"), comments]))
    found = reading.pages["comments"]
    assert (found.records, found.announced, found.missing) == (4, 7, 3)


@pytest.mark.parametrize(
    ("paginator", "cure"),
    [
        ({"type": "page_number", "total_path": None}, "set the paginator's base_page to 1"),
        ("single_page", "correct the request or the data_selector"),
    ],
)
def test_a_list_that_announces_records_and_gives_none(api: Api, paginator: Any, cure: str) -> None:
    told = failure(api, lambda _: {"data": [], "meta": {"total": 731}}, paginator)
    assert "announces 731 records and gave none" in told
    assert cure in told

"""Pages that are known as soon as the one before them is there, long before dlt has come to it."""

import threading
import time
from typing import Any

import pytest
import requests
import urllib3

from restsrc_dagster.extract.incremental.list_order import PROVEN_BY
from restsrc_dagster.extract.paging.checks import PageChecks
from restsrc_dagster.extract.prefetch.prefetcher import Prefetcher
from restsrc_dagster.extract.prefetch.requests import PrefetchedRequest, RequestDropped, RequestPlan
from restsrc_dagster.extract.source import open_reading
from restsrc_dagster_tests.extract.test_ahead import (
    BY_LINK,
    BY_PAGE,
    LAST,
    RECORDS,
    SECONDS,
    SIZE,
    acme,
    assert_the_same,
    by_link,
    no_threads,
)
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import items

CURSOR = {"type": "cursor", "cursor_path": "cursor", "cursor_param": "page"}
HEADER = {"type": "header_cursor", "cursor_key": "next", "cursor_param": "page"}
MORE = {**BY_PAGE, "total_path": None, "has_more_path": "more"}
PAGINATORS = [BY_LINK, CURSOR, HEADER, "header_link", BY_PAGE, MORE]


def parts(asked: Asked, pages: int = 3) -> Answer:
    """One of so many pages of a child, with all that tells of the next one."""
    at = int(asked.params.get("page", 0))
    goes_on = at < pages - 1
    following = {"next": f"{asked.path}?page={at + 1}", "cursor": str(at + 1)} if goes_on else {}
    headers = {"Link": f'<{asked.path}?page={at + 1}>; rel="next"', "next": str(at + 1)}
    body = {"data": [{"of": asked.path, "at": at}], "total": pages, "more": goes_on, **following}
    return Answer(body, headers=headers if goes_on else {})


def child(paginator: Any, **endpoint: Any) -> dict[str, Any]:
    path = "items/{resources.items.id}/parts"
    return items("parts", path=path, paginator=paginator, **endpoint)


def with_children(api: Api, count: int, route: Any = parts) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": number} for number in range(count)]}
    api.routes |= {f"/items/{number}/parts": route for number in range(count)}


def parents() -> dict[str, Any]:
    return items(paginator="single_page")


@pytest.mark.parametrize("paginator", PAGINATORS, ids=str)
def test_all_pages_of_the_next_children_come_while_the_first_is_processed(
    api: Api, paginator: Any
) -> None:
    """Three children of three pages fit into what may wait."""
    all_asked, lock, first = threading.Event(), threading.Lock(), threading.Event()
    pages: set[Any] = set()

    def route(asked: Asked) -> Answer:
        with lock:
            pages.add((asked.path, asked.params.get("page", "0")))
            if len(pages) == 9:
                all_asked.set()
        return parts(asked)

    with_children(api, 3, route)
    with open_reading(acme(api, [parents(), child(paginator)], 4), {}) as reading:
        for row in reading.source:
            if "of" in row and not first.is_set():
                first.set()
                assert all_asked.wait(SECONDS), pages
    assert len(api.asked) == 10


@pytest.mark.parametrize("paginator", PAGINATORS, ids=str)
def test_the_same_requests_and_rows(api: Api, paginator: Any) -> None:
    """Of children with one page to four, of some that are gone, and of some in mid-list."""

    def route(asked: Asked) -> Answer:
        number = int(asked.path.split("/")[2])
        gone = 0 if paginator is BY_PAGE else number % 3  # whose total tells of pages behind it
        if number % 5 == 4 and int(asked.params.get("page", 0)) == gone:
            return Answer(status=404)
        return parts(asked, 1 + number % 4)

    with_children(api, 23, route)
    with_gone = child(paginator)
    with_gone["endpoint"]["response_actions"] = [{"status_code": 404, "action": "ignore"}]
    assert_the_same(api, {}, [parents(), with_gone])


def test_nothing_is_asked_ahead_where_a_page_may_be_the_last(api: Api) -> None:
    """The newest first, down to what is known: the list is left when that is certain."""

    def newest(asked: Asked) -> Any:
        at = int(asked.params.get("page", 0))
        return {"data": [{"at": 9 - at}], "next": f"{asked.path}?page={at + 1}"}

    api.routes |= {"/a": by_link, "/b": newest}
    incremental = {"cursor_path": "at", "row_order": "desc", "initial_value": 9}
    resources = [items("a", paginator=BY_LINK)]
    resources.append(items("b", paginator=BY_LINK, incremental=incremental))
    assert_the_same(api, {}, resources, in_order=False)
    pages = [asked.params.get("page") for asked in api.asked if asked.path == "/b"]
    assert pages == [None, *map(str, range(1, PROVEN_BY + 1))]


def test_the_next_link_is_followed_before_the_page_is_looked_at(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that gets a page sends the next request, and no page further."""
    asked_for = [threading.Event() for _ in range(LAST + 3)]
    checks = PageChecks.__call__

    def route(asked: Asked) -> Answer:
        asked_for[int(asked.params.get("page", 0))].set()
        return by_link(asked)

    def checked(self: PageChecks, item: Any, meta: Any = None) -> Any:
        at = item[0]["id"] // SIZE
        if 0 < at < LAST:  # nobody has asked for the first page ahead of its turn
            assert asked_for[at + 1].wait(SECONDS)
            assert not asked_for[at + 2].wait(0.05)
        return checks(self, item, meta)

    api.routes["/items"] = route
    monkeypatch.setattr(PageChecks, "__call__", checked)
    with open_reading(acme(api, [items(paginator=BY_LINK)], 2), {}) as reading:
        assert list(reading.source) == RECORDS


def test_no_more_pages_of_children_wait_than_may(api: Api) -> None:
    """Six, and the next one of the list at hand."""
    with_children(api, 9, lambda asked: parts(asked, 9))
    with open_reading(acme(api, [parents(), child(BY_LINK)], 3), {}) as reading:
        handed_on, most = 0, 0
        for row in reading.source:
            handed_on += "of" in row
            quiet_since, count = time.monotonic(), len(api.asked)
            while handed_on and time.monotonic() - quiet_since < 0.05:
                time.sleep(0.01)
                if len(api.asked) != count:
                    quiet_since, count = time.monotonic(), len(api.asked)
            most = max(most, count - 1 - handed_on) if handed_on else 0
    assert handed_on == 81
    assert 6 <= most <= 7


def test_what_has_not_been_sent_when_a_resource_is_left_is_not_sent() -> None:
    began, released = threading.Event(), threading.Event()
    sent: list[Any] = []
    is_read = True

    def fetch(request: requests.Request) -> requests.Response:
        sent.append(request.url)
        began.set()
        assert released.wait(SECONDS)
        return answered

    answered = requests.Response()
    answered._content = b"{}"
    coming = iter([requests.Request("GET", url) for url in "abc"])
    threads = Prefetcher(fetch, threads=1, is_read=lambda _: is_read)
    threads.answered("items", answered)
    plan = RequestPlan("items", lambda: next(coming, None))
    threads.add(plan)
    assert began.wait(SECONDS)
    waiting = plan.tickets[-1]
    is_read = False
    released.set()
    with pytest.raises(RequestDropped):
        waiting.answer()
    threads.close()
    assert sent == ["a"]


def test_what_is_about_to_be_written_when_the_reading_ends_is_not(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect, connecting = urllib3.util.connection.create_connection, threading.Event()

    def slowly(*args: Any, **kwargs: Any) -> Any:
        if ticket := PrefetchedRequest.current():
            connecting.set()
            give_up = time.monotonic() + SECONDS
            while ticket.is_wanted and time.monotonic() < give_up:
                time.sleep(0.01)
        return connect(*args, **kwargs)

    def route(asked: Asked) -> Any:
        if asked.path != "/items/0/parts":
            connecting.wait(SECONDS)
        return parts(asked, 1)

    monkeypatch.setattr(urllib3.util.connection, "create_connection", slowly)
    with_children(api, 3, route)
    with open_reading(acme(api, [parents(), child("single_page")], 3), {}) as reading:
        next(row for row in reading.source if "of" in row)
        assert connecting.wait(SECONDS)
    assert no_threads()
    assert len(api.asked) <= 3, "one may have had a connection"

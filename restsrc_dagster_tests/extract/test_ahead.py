"""Requests before their turn: the same ones, in less time, and nobody notices otherwise."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import requests

from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.errors import RestsrcError
from restsrc_dagster.extract.failures.explain import explain
from restsrc_dagster.extract.failures.isolation import CircuitBreaker, Isolation
from restsrc_dagster.extract.options import ReadOptions
from restsrc_dagster.extract.prefetch import prefetcher as ahead
from restsrc_dagster.extract.reading import Reading
from restsrc_dagster.extract.source import open_reading
from restsrc_dagster_tests.support.api import Answer, Api, Asked, Route
from restsrc_dagster_tests.support.connectors import connector, items

SIZE, LAST = 3, 11
RECORDS = [{"id": number} for number in range((LAST + 1) * SIZE - 1)]
BY_PAGE = {"type": "page_number"}
TO_THE_END = {**BY_PAGE, "stop_after_empty_page": False}
BY_LINK = {"type": "json_link", "next_url_path": "next"}
SECONDS = 60
"""Until a test gives up."""


def records(at: int) -> list[dict[str, int]]:
    return RECORDS[at * SIZE : (at + 1) * SIZE]


def by_page(asked: Asked) -> dict[str, Any]:
    at = int(asked.params.get("page", 0))
    return {"data": records(at), "total": LAST + 1, "records": len(RECORDS), "more": at < LAST}


def by_body(asked: Asked) -> dict[str, Any]:
    return {"data": records(asked.json["paging"]["page"]), "total": LAST + 1}


def by_offset(asked: Asked) -> dict[str, Any]:
    start = int(asked.params["offset"])
    return {"data": RECORDS[start : start + SIZE], "total": len(RECORDS)}


def without_a_total(asked: Asked) -> dict[str, Any]:
    answer = by_offset(asked) if "offset" in asked.params else by_page(asked)
    return {**answer, "total": -1}


def itself_at_the_end(asked: Asked) -> dict[str, Any]:
    at = int(asked.params.get("page", 0))
    return {"data": records(at), "next": f"{asked.path}?page={min(at + 1, LAST)}"}


def by_link(asked: Asked) -> Answer:
    at = int(asked.params.get("page", 0))
    following = {"next": f"{asked.path}?page={at + 1}", "cursor": str(at + 1)} if at < LAST else {}
    headers = {"Link": f'<{asked.path}?page={at + 1}>; rel="next"', "next": str(at + 1)}
    return Answer({"data": records(at), **following}, headers=headers if at < LAST else {})


def by_address(asked: Asked) -> Any:
    at = int(asked.params.get("page", 0))
    following = {"next": f"http://{asked.headers['Host']}{asked.path}?page={at + 1}"}
    return {"data": records(at), **(following if at < LAST else {})}


def fewer_than_announced(asked: Asked) -> dict[str, Any]:
    return by_page(asked) | {"total": len(RECORDS)}


def gone_in_the_middle(asked: Asked) -> Any:
    return Answer(status=404) if asked.params.get("page") == str(LAST) else by_page(asked)


def newest_first(asked: Asked) -> dict[str, Any]:
    return {**by_page(asked), "data": records(LAST - int(asked.params["page"]))[::-1]}


def acme(api: Api, resources: list[Any], at_once: int, **http: Any) -> Any:
    http = {"max_concurrency": at_once, **http}
    return connector("acme", api.url, resources, client={"paginator": "auto"}, http=http)


def rows_and_reading(
    api: Api, resources: list[Any], at_once: int, **http: Any
) -> tuple[list[Any], Reading]:
    with open_reading(acme(api, resources, at_once, **http), {}) as reading:
        return list(reading.source), reading


def requests_of(api: Api) -> Counter[Any]:
    return Counter(
        (asked.method, asked.path, *sorted(asked.params.items()), asked.body) for asked in api.asked
    )


ONE_LIST: list[tuple[Route, Any, dict[str, Any]]] = [
    (by_page, BY_PAGE, {}),
    (by_page, {**BY_PAGE, "total_path": None}, {}),
    (by_page, {**BY_PAGE, "total_path": "records"}, {}),
    (by_page, {**BY_PAGE, "total_path": "records", "maximum_page": 7}, {}),
    (by_page, {**BY_PAGE, "total_path": None, "has_more_path": "more"}, {}),
    (
        by_page,
        {**TO_THE_END, "total_path": None, "has_more_path": "more", "maximum_page": 40},
        {},
    ),
    (by_page, {**BY_PAGE, "maximum_page": 7}, {}),
    (by_page, {**BY_PAGE, "total_path": None, "maximum_page": 40}, {}),
    (
        by_page,
        {**BY_PAGE, "total_path": None, "maximum_page": 20, "stop_after_empty_page": False},
        {},
    ),
    (by_page, {**BY_PAGE, "page": 4}, {}),
    (fewer_than_announced, BY_PAGE, {}),
    (
        by_body,
        {**BY_PAGE, "page_body_path": "paging.page"},
        {"method": "POST", "json": {"query": {"all": True}}},
    ),
    (by_offset, {"type": "offset", "limit": SIZE}, {}),
    (by_offset, {"type": "offset", "limit": SIZE, "maximum_offset": 7}, {}),
    (by_offset, {"type": "offset", "limit": SIZE, "total_path": None}, {}),
    (by_offset, {"type": "offset", "limit": 2 * SIZE}, {}),
    (by_offset, {"type": "offset", "limit": 2 * SIZE, "total_path": None}, {}),
    (by_offset, {"type": "offset", "limit": SIZE - 1}, {}),
    (without_a_total, {"type": "offset", "limit": SIZE}, {}),
    (without_a_total, BY_PAGE, {}),
    (itself_at_the_end, BY_LINK, {}),
    (by_link, BY_LINK, {}),
    (by_link, "header_link", {}),
    (by_link, {"type": "cursor", "cursor_path": "cursor", "cursor_param": "page"}, {}),
    (by_link, {"type": "header_cursor", "cursor_key": "next", "cursor_param": "page"}, {}),
    (by_address, "auto", {}),
    (by_page, "single_page", {}),
    (newest_first, BY_PAGE, {"incremental": {"cursor_path": "id", "row_order": "desc"}}),
    (newest_first, BY_PAGE, {"incremental": {"cursor_path": "id", "start_param": "since"}}),
    (by_page, BY_PAGE, {"incremental": {"cursor_path": "id", "row_order": "asc"}}),
    (
        by_page,
        BY_PAGE,
        {"incremental": {"cursor_path": "id", "row_order": "asc", "end_value": 25}},
    ),
]


@pytest.mark.parametrize(("route", "paginator", "endpoint"), ONE_LIST)
def test_the_same_requests_and_rows(
    api: Api, route: Route, paginator: Any, endpoint: dict[str, Any]
) -> None:
    endpoint = {**endpoint, "paginator": paginator}
    if "incremental" in endpoint:
        endpoint["incremental"] = {"initial_value": 20, **endpoint["incremental"]}
    assert_the_same(api, {"/items": route}, [items(**endpoint)])


def test_the_same_requests_of_children(api: Api) -> None:
    """Of parents on several pages, children with one page, several, none, and no such address."""

    def child(asked: Asked) -> Any:
        number = int(asked.path.split("/")[2])
        if number % 5 == 4:
            return Answer(status=404)
        at = asked.params["page"]
        return {"data": [{"of": number, "at": at}] if number % 4 else [], "total": number % 4}

    routes: dict[str, Route] = {f"/items/{row['id']}/parts": child for row in RECORDS}
    gone = [{"status_code": 404, "action": "ignore"}]
    parts = items("parts", path="items/{resources.items.id}/parts", paginator=BY_PAGE)
    parts["endpoint"]["response_actions"] = gone
    parts["include_from_parent"] = ["id"]
    assert_the_same(api, {"/items": by_page, **routes}, [items(paginator=BY_PAGE), parts])


def test_the_same_requests_of_several_resources(api: Api) -> None:
    resources = [items(name, paginator=BY_PAGE) for name in "abc"]
    routes: dict[str, Route] = {f"/{name}": by_page for name in "abc"}
    resources.append(items("d", paginator=BY_LINK))
    resources.append({**items("e", path="a", paginator=BY_PAGE), "parallelized": True})
    assert_the_same(api, {**routes, "/d": by_link}, resources, in_order=False)


def assert_the_same(
    api: Api, routes: Mapping[str, Route], resources: list[Any], *, in_order: bool = True
) -> None:
    api.routes |= routes
    expected, sequential = rows_and_reading(api, resources, 1)
    requests = requests_of(api)
    api.asked.clear()
    rows, reading = rows_and_reading(api, resources, 5)
    assert rows == expected if in_order else Counter(map(str, rows)) == Counter(map(str, expected))
    assert requests_of(api) == requests
    for resource in resources:
        ours, other = reading.traffic(resource["name"]), sequential.traffic(resource["name"])
        assert (ours.requests, ours.pages) == (other.requests, other.pages)


class Crowd:
    """Lets a route answer when so many requests are under way, and remembers the most."""

    def __init__(self, route: Route, size: int, alone: Callable[[Asked], bool]) -> None:
        self.most = 0
        self._route, self._alone = route, alone
        self._barrier = threading.Barrier(size, timeout=SECONDS)
        self._lock = threading.Lock()
        self._inside = 0

    def __call__(self, asked: Asked) -> Any:
        with self._lock:
            self._inside += 1
            self.most = max(self.most, self._inside)
        if not self._alone(asked):
            self._barrier.wait()
        with self._lock:
            self._inside -= 1
        return self._route(asked)


def test_known_pages_are_asked_for_at_once(api: Api) -> None:
    """The first tells how many there are; 11 follow, three times three and two."""
    crowd = Crowd(by_page, 3, lambda asked: int(asked.params["page"]) in (0, 10, 11))
    api.routes["/items"] = crowd
    rows, _ = rows_and_reading(api, [items(paginator=TO_THE_END)], 3)
    assert rows == RECORDS
    assert crowd.most == 3


def test_pages_are_asked_for_at_once_also_when_they_have_become_shorter(api: Api) -> None:
    """Of ten records first, of three from then on: what was asked for by tens is dropped."""
    rows = [{"id": number} for number in range(10 + 3 * 10)]

    def route(asked: Asked) -> Any:
        start = int(asked.params["offset"])
        return {"data": rows[start : start + (3 if start else 10)], "total": len(rows)}

    by_threes = {16, 19, 22, 25, 28, 31, 34, 37}
    api.routes["/items"] = Crowd(route, 2, lambda a: int(a.params["offset"]) not in by_threes)
    paginator = {"type": "offset", "limit": 10}
    with open_reading(acme(api, [items(paginator=paginator)], 3), {}) as reading:
        for number, row in enumerate(reading.source):
            assert row == rows[number]
            if number == 22:
                (plan,) = reading.sessions.api.prefetcher._plans  # type: ignore[union-attr]
                offsets = [ticket.request.params["offset"] for ticket in plan.tickets]
                assert offsets == list(range(25, 25 + 3 * len(offsets), 3))
    assert number == len(rows) - 1


def test_children_are_asked_for_at_once(api: Api) -> None:
    crowd = Crowd(lambda asked: {"data": [{"of": asked.path}]}, 4, lambda a: a.path == "/items/0")
    api.routes["/items"] = lambda _: {"data": [{"id": number} for number in range(9)]}
    api.routes |= {f"/items/{number}": crowd for number in range(9)}
    parts = items("parts", path="items/{resources.items.id}")
    rows, _ = rows_and_reading(api, [items(), parts], 4)
    assert [row["of"] for row in rows if "of" in row] == [f"/items/{at}" for at in range(9)]
    assert crowd.most == 4


def test_resources_are_asked_for_at_once(api: Api) -> None:
    """The first alone: who it is that asks may be wrong."""
    first: list[str] = []

    def is_first(asked: Asked) -> bool:
        first.append(asked.path)
        return asked.path == first[0]

    crowd = Crowd(lambda asked: {"data": [{"of": asked.path}]}, 4, is_first)
    api.routes |= {f"/{name}": crowd for name in "abcde"}
    rows, _ = rows_and_reading(api, [items(name) for name in "abcde"], 4)
    assert len(rows) == 5
    assert crowd.most == 4


def test_no_resource_runs_ahead_of_the_others(api: Api) -> None:
    """Where each of them has its further pages known at another time, all keep their share: the
    last ones would else ask for one page at a time, for which all others wait."""
    pages: dict[str, int] = {}
    spread: list[int] = []
    lock = threading.Lock()

    def counted(asked: Asked) -> dict[str, Any]:
        with lock:
            pages[asked.path] = int(asked.params.get("page", 0))
            spread.append(max(pages.values()) - min(pages.values()))
        return by_page(asked)

    names = [f"items_{number}" for number in range(4)]
    api.routes.update({f"/{name}": counted for name in names})
    resources = [items(name, paginator=BY_PAGE) for name in names]
    with open_reading(acme(api, resources, 4), {}) as reading:
        assert len(list(reading.source)) == 4 * len(RECORDS)
    # Of eight answers that may wait, each has two; beside them, the next page of each may be sent,
    # and what is sent first may arrive later.
    assert max(spread) <= 2 + 2 + 1


def test_the_next_page_is_on_its_way_while_one_is_processed(api: Api) -> None:
    asked_for = [threading.Event() for _ in range(LAST + 3)]

    def route(asked: Asked) -> Answer:
        asked_for[int(asked.params.get("page", 0))].set()
        return by_link(asked)

    api.routes["/items"] = route
    with open_reading(acme(api, [items(paginator=BY_LINK)], 2), {}) as reading:
        for row in reading.source:
            following = row["id"] // SIZE + 1
            if following <= LAST:
                assert asked_for[following].wait(SECONDS)
            assert not asked_for[following + 1].is_set(), "nobody knows its address yet"


ALL_KINDS: dict[str, tuple[Route, Any]] = {
    "page_number with a total": (by_page, BY_PAGE),
    "page_number without one": (without_a_total, {**BY_PAGE, "total_path": None}),
    "page_number in the body": (by_body, {**BY_PAGE, "page_body_path": "paging.page"}),
    "offset with a total": (by_offset, {"type": "offset", "limit": SIZE}),
    "offset without one": (by_offset, {"type": "offset", "limit": SIZE, "total_path": None}),
    "json_link": (by_link, BY_LINK),
    "header_link": (by_link, "header_link"),
    "cursor": (by_link, {"type": "cursor", "cursor_path": "cursor", "cursor_param": "page"}),
    "header_cursor": (
        by_link,
        {"type": "header_cursor", "cursor_key": "next", "cursor_param": "page"},
    ),
    "guessed by dlt": (by_address, "auto"),
}


@pytest.mark.parametrize("kind", ALL_KINDS)
@pytest.mark.parametrize("below_a_parent", [False, True], ids=["list", "child"])
def test_every_kind_of_paginator_is_asked_ahead(api: Api, kind: str, below_a_parent: bool) -> None:
    """The next page is asked for while the rows of one are still being handed on."""
    route, paginator = ALL_KINDS[kind]
    endpoint: dict[str, Any] = {"paginator": paginator}
    if "body" in kind:
        endpoint |= {"method": "POST", "json": {"query": {"all": True}}}
    resources = [items(**endpoint)]
    api.routes["/items"] = route
    if below_a_parent:
        api.routes["/parents"] = lambda _: {"data": [{"key": "items"}]}
        parents = items("parents", paginator="single_page")
        resources = [parents, items(**{**endpoint, "path": "{resources.parents.key}"})]
    with open_reading(acme(api, resources, 2), {}) as reading:
        for row in reading.source:
            following = row["id"] // SIZE + 1 if "id" in row else LAST + 1
            if following <= LAST:
                wait_for_page(api, following)
        assert reading.pages["items"].not_ahead == ""


def wait_for_page(api: Api, number: int) -> None:
    deadline = time.monotonic() + SECONDS
    while api.paths().count("/items") <= number:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_why_nothing_is_asked_ahead(api: Api) -> None:
    api.routes |= {"/items": newest_first, "/parts": by_page}
    falling = {"cursor_path": "id", "row_order": "desc", "initial_value": 0}
    resources = [
        items(paginator=BY_PAGE, incremental=falling),
        items("parts", paginator=BY_PAGE),
    ]
    _, reading = rows_and_reading(api, resources, 2)
    assert reading.pages["items"].not_ahead.startswith("row_order says where the list is left")
    assert reading.pages["parts"].not_ahead == ""
    _, reading = rows_and_reading(api, resources, 1)
    assert reading.pages["parts"].not_ahead == "http.max_concurrency is 1"


def test_as_today_with_one_at_a_time(api: Api) -> None:
    api.routes["/items"] = by_page
    with open_reading(acme(api, [items(paginator=BY_PAGE)], 1), {}) as reading:
        for row in reading.source:
            assert len(api.asked) == row["id"] // SIZE + 1


def waiting(api: Api, reading: Reading) -> Iterator[int]:
    """After each row, when no further page comes: how many pages were asked for in vain so far."""
    for row in reading.source:
        quiet_since, count = time.monotonic(), len(api.asked)
        while time.monotonic() - quiet_since < 0.2:
            time.sleep(0.01)
            if len(api.asked) != count:
                quiet_since, count = time.monotonic(), len(api.asked)
        yield count - row["id"] - 1


def many_pages(asked: Asked) -> dict[str, Any]:
    at = int(asked.params["page"])
    return {"data": [{"id": at, "text": "x" * 1000}], "total": 20}


@pytest.mark.parametrize(("most_bytes", "pages"), [(32_000_000, 6), (4_200, 4), (10, 1)])
def test_not_more_than_so_many_pages_wait(
    api: Api, monkeypatch: pytest.MonkeyPatch, most_bytes: int, pages: int
) -> None:
    """Twice as many as are asked for at once, and so many bytes; the next one in any case."""
    monkeypatch.setattr(ahead, "WAITING_BYTES", most_bytes)
    api.routes["/items"] = many_pages
    with open_reading(acme(api, [items(paginator=TO_THE_END)], 3), {}) as reading:
        assert max(waiting(api, reading)) == pages


def test_a_failure_is_met_when_its_turn_comes(api: Api) -> None:
    api.routes["/items"] = gone_in_the_middle
    told = []
    for at_once in (1, 4):
        rows = []
        with open_reading(acme(api, [items(paginator=BY_PAGE)], at_once), {}) as reading:
            try:
                for row in reading.source:
                    rows.append(row)  # noqa: PERF402 - those before the failure
            except Exception as error:
                told.append(str(explain(error, reading.redact)))
        assert rows == RECORDS[: LAST * SIZE]
    assert told[0] == told[1]
    assert "404" in told[0]


def isolated(api: Api, resources: list[Any], **http: Any) -> tuple[list[Any], Isolation]:
    made = acme(api, resources, 4, **http)
    isolation = Isolation(made.resources, Redactor(), silence=CircuitBreaker(), failed={})
    with open_reading(made, {}, ReadOptions(isolation=isolation)) as reading:
        return list(reading.source), isolation


def test_what_is_not_wanted_any_more_is_not_waited_for(api: Api) -> None:
    """Its further pages wait for their time at the API; that is not waited out."""

    wanted = [threading.Event() for _ in range(3)]

    def failing(asked: Asked) -> Any:
        at = int(asked.params["page"])
        if at < len(wanted):
            wanted[at].set()
            return Answer(status=404) if at == 2 else by_page(asked)
        # Else one of those may have to wait, too.
        assert all(asked_for.wait(SECONDS) for asked_for in wanted)
        return Answer(status=503, headers={"Retry-After": "600"})

    api.routes["/bad"] = failing
    rows, isolation = isolated(api, [items("bad", paginator=BY_PAGE)])
    assert rows == RECORDS[: 2 * SIZE]
    assert list(isolation.stopped) == ["bad"]
    assert no_threads()


def test_what_waits_for_a_list_that_has_ended_is_dropped() -> None:
    """An answer that ends a list may be ignored: others are read on, with all threads."""
    urls = iter("bcdef")
    under_way = threading.Event()

    def fetch(request: requests.Request) -> requests.Response:
        if request.url == "a":
            raise requests.HTTPError("gone")
        under_way.wait(SECONDS)
        ahead.PrefetchedRequest.current().sleep(SECONDS)  # type: ignore[union-attr]
        raise AssertionError("nobody wants it")

    first = requests.Request("GET", "a")
    coming = iter([first, *(requests.Request("GET", url) for url in urls)])
    threads = ahead.Prefetcher(fetch, threads=2, is_read=lambda _: True)
    answered = requests.Response()
    answered._content = b"{}"
    threads.answered("items", answered)
    plan = ahead.RequestPlan("items", lambda: next(coming, None), is_list=True)
    threads.add(plan)
    ticket = threads.take("items", first)
    assert ticket is not None
    with pytest.raises(requests.HTTPError):
        threads.answer(ticket)
    assert not plan.tickets
    under_way.set()
    threads.close()


def test_no_thread_is_left(api: Api) -> None:
    api.routes["/items"] = by_page
    with open_reading(acme(api, [items(paginator=BY_PAGE)], 4), {}) as reading:
        assert next(iter(reading.source)) == RECORDS[0]
        assert not no_threads()
    assert no_threads()


def no_threads() -> bool:
    return not [one for one in threading.enumerate() if one.name == "restsrc-ahead"]


def test_who_is_refused_is_refused_once(api: Api) -> None:
    api.routes |= {f"/items/{number}": lambda _: Answer(status=403) for number in range(9)}
    api.routes["/items"] = lambda _: {"data": [{"id": number} for number in range(9)]}
    parts = items("parts", path="items/{resources.items.id}")
    rows, isolation = isolated(api, [items(), parts])
    assert len(rows) == 9
    assert set(isolation.stopped) == {"parts"}
    assert api.paths() == ["/items", "/items/0"]


def test_what_has_failed_before_is_not_asked_ahead(api: Api) -> None:
    api.routes |= {f"/{name}": lambda _: {"data": RECORDS} for name in "abc"}
    made = acme(api, [items(name) for name in "abc"], 4)
    failed = {"b": RestsrcError("b: no more")}
    isolation = Isolation(made.resources, Redactor(), silence=CircuitBreaker(), failed=failed)
    with open_reading(made, {}, ReadOptions(isolation=isolation)) as reading:
        list(reading.source)
    assert sorted(api.paths()) == ["/a", "/c"]


def test_too_many_pages_are_noticed_by_one_request(api: Api) -> None:
    api.routes["/items"] = by_page
    _, isolation = isolated(api, [items(paginator=BY_PAGE)], max_pages=5)
    assert "more than 5 pages" in str(isolation.stopped["items"])
    assert len(api.asked) == 6


def test_a_limit_slows_all_down_once(api: Api) -> None:
    """None is sent between the refusal and the time that it tells, but what is under way then."""
    sent: list[tuple[float, int]] = []
    lock = threading.Lock()
    refused = threading.Event()

    def route(asked: Asked) -> Any:
        at = int(asked.params["page"])
        with lock:
            sent.append((time.monotonic(), at))
            first = at == 4 and not refused.is_set()
            if first:
                refused.set()
        return Answer(status=429, headers={"Retry-After": "1.5"}) if first else by_page(asked)

    api.routes["/items"] = route
    rows, reading = rows_and_reading(api, [items(paginator=BY_PAGE)], 3)
    assert rows == RECORDS
    assert reading.traffic("items").requests == LAST + 2
    at_refusal = next(moment for moment, at in sent if at == 4)
    too_early = [at for moment, at in sent if at_refusal < moment < at_refusal + 1.4]
    assert len(too_early) <= 4, "of eight that are left"

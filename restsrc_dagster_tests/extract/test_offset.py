"""Offsets and numbers of pages against APIs that give less than is asked for, or count wrongly.

Each list is read one page after the other and side by side: every record once, or a reason.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.extract.reading import load_all, read_with_traffic
from restsrc_dagster_tests.extract.test_pages import failure
from restsrc_dagster_tests.support.api import Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items

Records = list[Any]
AT_ONCE = pytest.mark.parametrize("at_once", [1, 4])


def ids(count: int) -> Records:
    return [{"id": number} for number in range(count)]


def offset(limit: int, **keys: Any) -> dict[str, Any]:
    return {"type": "offset", "limit": limit, "total_path": None, **keys}


def serve(records: Records, cap: int, **envelope: Any) -> Callable[[Asked], Any]:
    """No more than `cap` records a page."""

    def route(asked: Asked) -> Any:
        start = int(asked.params["offset"])
        most = min(cap, int(asked.params["limit"]))
        return {"data": records[start : start + most], **envelope}

    return route


def read(api: Api, route: Any, paginator: Any, at_once: int = 1, **endpoint: Any) -> Any:
    """The records, the offsets that were asked for, and what was noticed."""
    api.routes["/items"] = route
    resource = items(paginator=paginator, **endpoint)
    acme = connector("acme", api.url, [resource], http={"max_concurrency": at_once})
    api.asked.clear()
    rows, reading = read_with_traffic(acme)
    return rows, [int(asked.params["offset"]) for asked in api.asked], reading.pages["items"]


@AT_ONCE
@pytest.mark.parametrize("count", [0, 1, 50, 51, 100, 120, 230])
@pytest.mark.parametrize("total", [None, "right"])
def test_a_server_that_caps_the_page_size(
    api: Api, count: int, total: str | None, at_once: int
) -> None:
    envelope = {"total": count} if total else {}
    paginator = offset(100, total_path="total" if total else None)
    route = serve(ids(count), 50, **envelope)
    rows, offsets, facts = read(api, route, paginator, at_once)
    assert rows == ids(count)
    begun = list(range(0, count, 50)) or [0]
    end = [] if total or not count else [count]
    assert sorted(offsets) == [*begun, *end]
    assert (facts.warnings, facts.missing) == ({}, 0)


@AT_ONCE
def test_pages_of_any_size(api: Api, at_once: int) -> None:
    """As of a server that fills a page up to so many bytes."""
    sizes = {0: 100, 100: 37, 137: 60, 197: 100, 297: 3}

    def route(asked: Asked) -> Any:
        start = int(asked.params["offset"])
        return {"data": ids(300)[start : start + sizes.get(start, 0)], "total": 300}

    for total_path in (None, "total"):
        rows, *_ = read(api, route, offset(100, total_path=total_path), at_once)
        assert rows == ids(300)


@AT_ONCE
def test_a_server_that_gives_more_than_is_asked_for(api: Api, at_once: int) -> None:
    def route(asked: Asked) -> Any:
        start = int(asked.params["offset"])
        return {"data": ids(70)[start : start + 30]}

    assert read(api, route, offset(10), at_once)[:2] == (ids(70), [0, 30, 60, 70])


def test_an_offset_in_the_body(api: Api) -> None:
    def route(asked: Asked) -> Any:
        start = asked.json["from"]
        return {"data": ids(12)[start : start + 5]}

    paginator = offset(8, offset_body_path="from", limit_body_path="size")
    api.routes["/items"] = route
    resource = items(paginator=paginator, method="POST", json={"q": 1})
    assert read_with_traffic(connector("acme", api.url, [resource]))[0] == ids(12)


@pytest.mark.parametrize(
    ("selector", "rows"),
    [
        ("orders[*].lines[*]", [{"id": f"{n}-{m}"} for n in range(7) for m in range(n % 3)]),
        ("orders[?(@.open==true)]", None),
        ("orders[*]", None),
    ],
)
def test_what_the_api_counts_is_what_it_lists(api: Api, selector: str, rows: Any) -> None:
    """Not what the selector makes of it: more, or less."""
    orders = [
        {"id": n, "open": n % 3 != 1, "lines": [{"id": f"{n}-{m}"} for m in range(n % 3)]}
        for n in range(7)
    ]

    def route(asked: Asked) -> Any:
        start = int(asked.params["offset"])
        return {"orders": orders[start : start + 2], "total": 7}

    if rows is None:
        rows = [order for order in orders if "?" not in selector or order["open"]]
    for limit in (2, 3):
        paginator = offset(limit, total_path="total", stop_after_empty_page=False)
        found, offsets, _ = read(api, route, paginator, data_selector=selector)
        assert found == rows
        assert offsets == [0, 2, 4, 6]


@AT_ONCE
@pytest.mark.parametrize("total", [-1, 0, 2, 3])
@pytest.mark.parametrize("limit", [3, 100])
def test_more_records_than_the_total_says(api: Api, total: int, limit: int, at_once: int) -> None:
    """3 is the size of the page, of which the first one cannot say whether it is more."""
    if (total, limit) == (3, 100):
        total = 2
    route = serve(ids(10), 3, total=total)
    rows, offsets, facts = read(api, route, offset(limit, total_path="total"), at_once)
    assert (rows, offsets) == (ids(10), [0, 3, 6, 9, 10])
    assert (facts.announced, facts.missing) == (None, 0)


@AT_ONCE
@pytest.mark.parametrize("total", [-1, 0])
@pytest.mark.parametrize("base", [0, 1])
def test_more_pages_than_the_total_says(api: Api, total: int, base: int, at_once: int) -> None:
    def route(asked: Asked) -> Any:
        at = int(asked.params["page"]) - base
        return {"data": ids(10)[at * 3 : at * 3 + 3], "total": total}

    api.routes["/items"] = route
    paginator = {"type": "page_number", "base_page": base}
    http = {"max_concurrency": at_once}
    acme = connector("acme", api.url, [items(paginator=paginator)], http=http)
    rows, reading = read_with_traffic(acme)
    assert rows == ids(10)
    assert [asked.params["page"] for asked in api.asked] == [str(base + at) for at in range(5)]
    assert reading.pages["items"].place.of_pages is None


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_a_total_that_is_right_costs_no_request(api: Api, count: int) -> None:
    route = serve(ids(count), 100, total=count)
    assert read(api, route, offset(4, total_path="total"))[:2] == (ids(count), [0])


def test_a_guessed_number_of_pages_that_is_none(api: Api) -> None:
    told = failure(api, lambda _: {"data": ids(3), "total_pages": 0}, "auto")
    assert told == (
        "items: /items announces 0 pages and is page 1: name the paginator, which then reads on "
        "to an empty page"
    )


@AT_ONCE
@pytest.mark.parametrize("count", [3, 10, 12])
@pytest.mark.parametrize("limit", [5, 20])
def test_an_api_that_makes_a_page_of_an_offset(
    api: Api, count: int, limit: int, at_once: int
) -> None:
    """It gives the page on which the offset is: the last one again, once."""

    def route(asked: Asked) -> Any:
        start = int(asked.params["offset"]) // limit * limit
        return {"data": ids(count)[start : start + limit]}

    rows, _, facts = read(api, route, offset(limit), at_once)
    assert rows == ids(count)
    assert facts.warnings == {}
    assert facts.records == count


@AT_ONCE
@pytest.mark.parametrize("cap", [1, 2])
@pytest.mark.parametrize("key", [{}, {"primary_key": "id"}], ids=["", "with a key"])
def test_a_server_that_caps_the_page_gives_one_twice(
    api: Api, cap: int, key: dict[str, str], at_once: int
) -> None:
    """The list has moved by just a page: nothing behind it is passed over."""
    records = ids(12)
    records[3 * cap : 3 * cap] = records[2 * cap : 3 * cap]
    api.routes["/items"] = serve(records, cap)
    resource = items(paginator=offset(5)) | key
    acme = connector("acme", api.url, [resource], http={"max_concurrency": at_once})
    rows, reading = read_with_traffic(acme)
    assert rows == ids(12)
    (told,) = reading.pages["items"].warnings
    assert "or the list has moved" in told


@AT_ONCE
@pytest.mark.parametrize("cap", [1, 2])
def test_where_it_is_the_first_page_it_fails_by_name(api: Api, cap: int, at_once: int) -> None:
    """It might have been an API that makes a page of an offset: others were passed over."""
    records = ids(12)
    records[cap:cap] = records[:cap]
    api.routes["/items"] = serve(records, cap)
    resource = items(paginator=offset(7)) | {"primary_key": "id"}
    acme = connector("acme", api.url, [resource], http={"max_concurrency": at_once})
    with pytest.raises(Exception, match=f"gives {cap} records where 7 .* limit to {cap}$"):
        read_with_traffic(acme)


def left_out(count: int, hidden: set[int], **field: Any) -> tuple[Records, Callable[..., Any]]:
    """What is given, and an API that counts in its offset what it does not give."""
    records = [{**field, "id" if not field else "n": number} for number in range(count)]
    seen = [record for number, record in enumerate(records) if number not in hidden]

    def route(asked: Asked) -> Any:
        start, limit = int(asked.params["offset"]), int(asked.params["limit"])
        numbers = range(start, min(start + limit, count))
        return {"data": [records[number] for number in numbers if number not in hidden]}

    return seen, route


@AT_ONCE
@pytest.mark.parametrize("hidden", [{1}, {0, 1}, {8, 9}, {3, 4, 12}, {2, 5, 7, 11, 13, 14}])
def test_an_api_that_leaves_records_out_of_its_pages(
    api: Api, hidden: set[int], at_once: int
) -> None:
    seen, route = left_out(20, hidden)
    rows, _, facts = read(api, route, offset(10), at_once)
    assert rows == seen
    assert all("those that came again were left out" in told for told in facts.warnings)


def test_records_that_nothing_tells_apart_are_not_left_out(api: Api, settings: Settings) -> None:
    seen, route = left_out(20, {1, 13}, kind="x")
    told = failure(api, route, offset(10))
    assert "begins with 1 records of the page before, which had fewer than were asked" in told
    assert told.endswith("a page, set the paginator's limit to that")
    api.routes["/items"] = route
    keyed = {**items(paginator=offset(10)), "primary_key": "n"}
    report = load_all(connector("acme", api.url, [keyed]), settings).resources["items"]
    assert report.rows_in_table == len(seen)
    assert any("came again were left out" in told for told in report.warnings)


def test_an_api_that_does_not_heed_the_offset(api: Api) -> None:
    """Whether its page is full or not, and be it of a single record."""
    for count, limit in ((3, 3), (3, 100), (1, 1), (1, 100)):
        told = failure(api, lambda _, count=count: {"data": ids(count)}, offset(limit))
        assert "the same page came twice: GET /items?offset=" in told
        assert told.endswith("the API does not heed 'offset': name the parameter that it takes")


@AT_ONCE
@pytest.mark.parametrize("count", [100, 120, 150])
def test_all_rows_are_in_the_tables(api: Api, settings: Settings, count: int, at_once: int) -> None:
    """Also of a parent's children, and in parts."""
    api.routes["/items"] = serve(ids(count), 50)
    api.routes["/posts"] = lambda _: {"data": [{"id": 1}, {"id": 2}]}
    api.routes["/posts/1"] = serve(ids(120), 50)
    api.routes["/posts/2"] = serve(ids(7), 50)
    child = items("parts", path="posts/{resources.posts.id}", paginator=offset(100))
    keyed = {**items(paginator=offset(100)), "primary_key": "id"}
    acme = connector(
        "acme",
        api.url,
        [keyed, items("posts"), child],
        http={"max_concurrency": at_once},
    )
    in_parts = replace(settings, commit_after_records=60)
    report = load_all(acme, in_parts)
    assert report.resources["items"].rows_in_table == count
    assert report.resources["parts"].rows_in_table == 127
    assert [report.resources[name].warnings for name in ("items", "parts")] == [[], []]

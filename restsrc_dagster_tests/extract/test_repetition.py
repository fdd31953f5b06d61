"""What is the same page again, what are equal records, and which page is the last one."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.extract.paging.repetition import MOST_IN_A_ROW
from restsrc_dagster.extract.records.digests import Digests
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.extract.reading import load_all, read, read_with_traffic
from restsrc_dagster_tests.extract.test_pages import CURSOR, LINK, failure
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items

X, Y = {"m": "x"}, {"m": "y"}
NUMBER = {"type": "page_number", "base_page": 1, "total_path": None}
HEADER = {"type": "header_cursor", "cursor_key": "next", "cursor_param": "after"}
AT_ONCE = pytest.mark.parametrize("at_once", [1, 4])


def pages(records: list[Any], size: int) -> Any:
    """An honest list, told of in every way; `page` counts from 1."""

    def route(asked: Asked) -> Any:
        at = int(asked.params.get("page", asked.params.get("after", 1)))
        start = int(asked.params.get("offset", (at - 1) * size))
        data = records[start : start + size]
        if start + size >= len(records):
            return {"data": data}
        link = f"{asked.path}?page={at + 1}"
        named = {"next": link if "page" in asked.params or not asked.params else at + 1}
        headers = {"Link": f'<{link}>; rel="next"', "next": str(at + 1)}
        return Answer({"data": data, "link": link, "cursor": str(at + 1), **named}, headers=headers)

    return route


def paginators(size: int) -> list[Any]:
    return [
        {"type": "json_link", "next_url_path": "link"},
        "header_link",
        HEADER,
        {"type": "cursor", "cursor_path": "cursor", "cursor_param": "after"},
        NUMBER,
        {"type": "offset", "limit": size, "total_path": None},
    ]


def with_children(api: Api, size: int, paginator: Any, at_once: int) -> Connector:
    """Five rows, and three for each of two parents."""
    api.routes["/items"] = pages([X, X, X, X, Y], size)
    api.routes["/posts"] = lambda _: {"data": [{"id": 1}, {"id": 2}]}
    api.routes |= {f"/posts/{number}": pages([X, X, X], size) for number in (1, 2)}
    child = items("parts", path="posts/{resources.posts.id}", paginator=paginator)
    resources = [items(paginator=paginator), items("posts"), child]
    return connector("acme", api.url, resources, http={"max_concurrency": at_once})


@AT_ONCE
@pytest.mark.parametrize("kind", range(6))
@pytest.mark.parametrize("size", [1, 3])
def test_equal_records_are_all_delivered(api: Api, size: int, kind: int, at_once: int) -> None:
    """However many a page holds, also below a parent."""
    rows = read(with_children(api, size, paginators(size)[kind], at_once))
    assert [rows.count(one) for one in (X, Y)] == [4 + 6, 1]


def test_equal_records_are_all_in_the_tables(api: Api, settings: Settings) -> None:
    report = load_all(with_children(api, 1, paginators(1)[0], 4), settings)
    assert report.resources["items"].rows_in_table == 5
    assert report.resources["parts"].rows_in_table == 6


def test_links_may_lead_to_equal_pages_of_several_records(api: Api) -> None:
    api.routes["/items"] = pages([X, Y] * 3, 2)
    assert read(connector("acme", api.url, [items(paginator=LINK)])) == [X, Y] * 3


@pytest.mark.parametrize("base", [0, 1])
@pytest.mark.parametrize("pages_in_all", [1, 3, 7])
def test_pages_that_begin_again_after_the_last_one(api: Api, base: int, pages_in_all: int) -> None:
    """Page 4 is page 1, and so on; with a single one, page 2 is."""

    def route(asked: Asked) -> Any:
        at = (int(asked.params["page"]) - base) % pages_in_all
        return {"data": [{"n": at * 2}, {"n": at * 2 + 1}]}

    paginator = {"type": "page_number", "base_page": base, "total_path": None}
    told = failure(api, route, paginator)
    if pages_in_all == 1:
        assert "the same page came twice: GET /items?page=" in told
    else:
        assert told == (
            f"items: the pages begin again: GET /items?page={pages_in_all + base} gave the 2 "
            "records of an earlier page. Name in the paginator what tells the end: total_path, "
            "has_more_path or maximum_page"
        )
    assert len(api.asked) <= pages_in_all + 2


def test_pages_that_begin_again_in_a_later_part(api: Api, settings: Settings) -> None:
    """What was committed on the way is not read again for ever."""

    def route(asked: Asked) -> Any:
        at = (int(asked.params["page"]) - 1) % 5
        return {"data": [{"id": at * 2}, {"id": at * 2 + 1}]}

    api.routes["/items"] = route
    keyed = {**items(paginator=NUMBER), "primary_key": "id"}
    in_parts = replace(settings, commit_after_records=4)
    with pytest.raises(Exception, match=r"the pages begin again: GET .*page=6 gave the 2 records"):
        load_all(connector("acme", api.url, [keyed]), in_parts)
    assert len(api.asked) <= 8


def test_the_last_page_again_and_again(api: Api) -> None:
    """Of a record that nothing tells apart, but which is less than a page."""

    def route(asked: Asked) -> Any:
        at = min(int(asked.params["page"]), 3)
        return {"data": [X] if at == 3 else [{"m": at}, {"m": -at}]}

    assert "the same page came twice: GET /items?page=3 and GET" in failure(api, route, NUMBER)
    assert len(api.asked) <= 5


@pytest.mark.parametrize("key", [{}, {"primary_key": "id"}])
@pytest.mark.parametrize("kind", [4, 5])
@pytest.mark.parametrize("ids", [[1, 2, 2, 2, 3], [1, 2, 1, 3, 4, 4], [1, 2, 3, 3]])
def test_a_record_may_be_there_twice_on_pages_of_one(
    api: Api, ids: list[int], kind: int, key: dict[str, str]
) -> None:
    """The list says so, or has moved: the API heeds what it is asked for."""
    api.routes["/items"] = pages([{"id": one} for one in ids], 1)
    acme = connector("acme", api.url, [items(paginator=paginators(1)[kind]) | key])
    found = Counter(row["id"] for row in read(acme))
    assert found == (Counter({*ids}) if key else Counter(ids))


@pytest.mark.parametrize("ids", [[1, 1, 1], [1, 2, 2, 2, 2], [1, 2, 3, 1, 2, 3]])
def test_a_record_on_a_page_of_one_is_not_there_for_ever(api: Api, ids: list[int]) -> None:
    """An API that gives the first page, or the last one, or begins again."""
    told = failure(api, pages([{"id": one} for one in ids], 1), paginators(1)[5])
    assert "the same page came twice" in told or "the pages begin again" in told


@pytest.mark.parametrize("record", [{"id": 1}, {"_id": "a", "m": "x"}])
def test_a_record_with_an_id_is_no_equal_one(api: Api, record: Any) -> None:
    told = failure(api, lambda _: {"data": [record]}, NUMBER)
    assert "the same page came twice" in told
    assert len(api.asked) <= 3


def test_a_record_with_a_key_is_no_equal_one(api: Api, settings: Settings) -> None:
    api.routes["/items"] = lambda _: {"data": [X]}
    keyed = {**items(paginator=NUMBER), "primary_key": "m"}
    with pytest.raises(Exception, match="the same page came twice"):
        load_all(connector("acme", api.url, [keyed]), settings)


def test_nothing_new_for_ever_is_bounded(api: Api) -> None:
    numbers = iter(range(10_000))

    def linked(_: Asked) -> Any:
        return {"data": [X, Y], "next": f"/items?page={next(numbers)}"}

    def in_turn(_: Asked) -> Any:
        at = next(numbers)
        return {"data": [{"n": at % 3}], "next": f"/items?page={at}"}

    for route in (linked, in_turn):
        told = failure(api, route, LINK)
        assert told.startswith(f"items: {MOST_IN_A_ROW} pages in a row with nothing new, each with")
        assert told.endswith("; if so many records are equal, ask for larger pages")
    told = failure(api, lambda _: {"data": [X]}, NUMBER)
    assert told.endswith(
        "; the API does not heed 'page': name the parameter that it takes; if it does, and so many "
        "records are equal, ask for larger pages"
    )


def test_the_first_of_two_equal_pages_from_zero(api: Api) -> None:
    told = failure(api, lambda _: {"data": [X]}, {**NUMBER, "base_page": 0})
    assert told.endswith(
        "set the paginator's base_page to 1, or, if these are equal records, ask for larger pages"
    )


def export(stamps: list[int], size: int, **last: Any) -> Any:
    """Tickets by time: the next link begins at the last of the page, be it the one at hand."""

    def route(asked: Asked) -> Any:
        since = int(asked.params.get("start_time", stamps[0]))
        page = [{"id": at} for at in stamps if at >= since][:size]
        end = page[-1]["id"] if page else since
        body = {"tickets": page, "next_page": f"{asked.path}?start_time={end}", "end": str(end)}
        return body | (last if end == stamps[-1] else {})

    return route


BY_TIME = {"type": "json_link", "next_url_path": "next_page"}
STAMPS = [1000 + 7 * number for number in range(25)]


@AT_ONCE
@pytest.mark.parametrize(
    ("size", "last"),
    [
        (10, {}),
        (24, {}),
        (8, {"end_of_stream": True}),
        (25, {"end_of_stream": True}),
        (25, {"has_more": False}),
        (25, {"meta": {"has_more": False}}),
        (100, {"end_of_stream": True}),
        (100, {"count": 25, "per_page": 100}),
    ],
)
@pytest.mark.parametrize("by", ["link", "cursor"])
def test_a_last_page_that_links_to_itself(
    api: Api, size: int, last: dict[str, Any], by: str, at_once: int
) -> None:
    api.routes["/tickets"] = export(STAMPS, size, **last)
    cursor = {"type": "cursor", "cursor_path": "end", "cursor_param": "start_time"}
    tickets = items(
        "tickets",
        data_selector="tickets",
        params={"start_time": "1000"},
        paginator=BY_TIME if by == "link" else cursor,
    )
    acme = connector("acme", api.url, [tickets], http={"max_concurrency": at_once})
    rows, reading = read_with_traffic(acme)
    assert sorted({row["id"] for row in rows}) == STAMPS
    assert reading.pages["tickets"].warnings == {}
    assert max(Counter(asked.params["start_time"] for asked in api.asked).values()) == 1


def test_such_an_export_is_in_the_table_once(api: Api, settings: Settings) -> None:
    api.routes["/tickets"] = export(STAMPS, 10)
    tickets = items("tickets", data_selector="tickets", paginator=BY_TIME)
    acme = connector("acme", api.url, [{**tickets, "primary_key": "id"}])
    for _ in range(2):
        report = load_all(acme, settings).resources["tickets"]
        assert report.rows_in_table == len(STAMPS)
        assert [one.partition(":")[0] for one in report.warnings] == [
            "3 records came twice, and were loaded once"
        ]


def test_a_page_that_has_room_for_more_is_the_last(api: Api) -> None:
    """By what was asked for, in the query or in the body."""
    api.routes["/tickets"] = export(STAMPS, 100)
    linked = items("tickets", data_selector="tickets", params={"limit": 100}, paginator=BY_TIME)
    assert len(read(connector("acme", api.url, [linked]))) == 25 + 1
    api.routes["/search"] = lambda asked: {"hits": [{"id": 1}], "after": asked.json["after"]}
    body = {"size": 10, "after": "a"}
    cursor = {"type": "cursor", "cursor_path": "after", "cursor_body_path": "after"}
    search = items("search", data_selector="hits", method="POST", json=body, paginator=cursor)
    assert read(connector("acme", api.url, [search])) == [{"id": 1}]


def itself(**last: Any) -> Any:
    """Three full pages, of which the last one names itself."""

    def route(asked: Asked) -> Any:
        at = int(asked.params.get("page", asked.params.get("after", 0)))
        following = min(at + 1, 2)
        named = {"next_page": f"/items?page={following}", "next": str(following)}
        return {"data": [{"id": at}, {"id": at + 10}], **named, **(last if at == 2 else {})}

    return route


@pytest.mark.parametrize("paginator", [BY_TIME, CURSOR])
@pytest.mark.parametrize(
    "last",
    [
        {"end_of_stream": True},
        {"has_more": False},
        {"meta": {"isLast": True}},
        {"total": 6, "done": True},
        {"page_size": 3},
    ],
)
def test_a_full_page_that_says_that_it_is_the_last(
    api: Api, paginator: Any, last: dict[str, Any]
) -> None:
    api.routes["/items"] = itself(**last)
    assert len(read(connector("acme", api.url, [items(paginator=paginator)]))) == 6
    assert len(api.asked) == 3


@pytest.mark.parametrize("paginator", [BY_TIME, CURSOR])
@pytest.mark.parametrize("more", [{}, {"end_of_stream": False}, {"has_more": True}])
def test_a_full_page_that_links_to_itself_is_a_failure(
    api: Api, paginator: Any, more: dict[str, Any]
) -> None:
    told = failure(api, itself(**more), paginator)
    assert told.startswith("items: paging goes round in circles: GET /items?")


@pytest.mark.parametrize(
    ("cursor", "told"),
    [
        ({"after": "100", "link": "https://a.b"}, "an object with after, link; name one of them"),
        (["a", "b"], "a list; name one of its items"),
    ],
)
def test_a_cursor_that_is_no_value(api: Api, cursor: Any, told: str) -> None:
    def route(_: Asked) -> Any:
        return {"data": [{"id": 1}], "paging": {"next": cursor}}

    for option, paginator in (
        ("cursor_path", {"type": "cursor", "cursor_path": "paging.next", "cursor_param": "after"}),
        ("next_url_path", {"type": "json_link", "next_url_path": "paging.next"}),
    ):
        begins = f"items: the paginator's {option}, 'paging.next', leads to {told}"
        assert failure(api, route, paginator).startswith(begins)
    assert len(api.asked) == 2


def test_a_cursor_that_is_an_object_goes_into_a_body(api: Api) -> None:
    """As DynamoDB and Elasticsearch want it."""

    def route(asked: Asked) -> Any:
        at = asked.json.get("from", {"id": 0})["id"]
        more = {"LastEvaluatedKey": {"id": at + 1}} if at < 3 else {}
        return {"data": [{"id": at}], **more}

    api.routes["/items"] = route
    cursor = {"type": "cursor", "cursor_path": "LastEvaluatedKey", "cursor_body_path": "from"}
    table = items(method="POST", json={"q": 1}, paginator=cursor)
    assert read(connector("acme", api.url, [table])) == [{"id": at} for at in range(4)]


def test_what_was_there_is_remembered_in_little_room() -> None:
    known = Digests()
    numbers = [number * 0x9E3779B97F4A7C15 % (1 << 64) for number in range(20_000)]
    assert all(map(known.add, numbers))
    assert not any(map(known.add, numbers))
    assert known.add(-1)
    assert not known.add(-1)
    assert len(known) == 20_001
    assert known._slots.buffer_info()[1] * known._slots.itemsize < 24 * len(known)

"""Every paginator of dlt from JSON alone: all records once, by exactly these requests.

One after the other, so that their order is known; `test_ahead` has them side by side.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from dlt.sources.helpers.rest_client.paginators import RangePaginator

from restsrc_dagster_tests.extract.reading import RECORDS, bodies, page, params, read
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items

LAST = 2
PAGES = range(LAST + 1)
ONE_BY_ONE = {"max_concurrency": 1}


def read_items(api: Api, paginator: Any, **endpoint: Any) -> list[Any]:
    """The only resource's records, the paginator being the client's."""
    resources = [items(**endpoint)]
    client = {"paginator": paginator}
    return read(connector("acme", api.url, resources, client=client, http=ONE_BY_ONE))


def number(asked: Asked, name: str = "page", first: int = 0) -> int:
    return int(asked.params.get(name, first)) - first


def by_offset(values: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    start, limit = int(values["offset"]), int(values["limit"])
    return {"data": RECORDS[start : start + limit], "total": len(RECORDS), **more}


@pytest.mark.parametrize("kind", ["json_link", "json_response"])
def test_json_link(api: Api, kind: str) -> None:
    """json_response is its deprecated name."""

    def answer(asked: Asked) -> Any:
        at = number(asked)
        following = f"{api.url}/items?page={at + 1}" if at < LAST else None
        return {"data": page(at), "paging": {"next": following}}

    api.routes["/items"] = answer
    paginator = {"type": kind, "next_url_path": "paging.next"}
    assert read_items(api, paginator, params={"size": 3}) == RECORDS
    assert params(api) == [{"size": "3"}, {"page": "1"}, {"page": "2"}]


@pytest.mark.parametrize("link", ["/v1/items?page={}", "?page={}", "items?page={}"])
def test_json_link_relative_to_the_page_before(api: Api, link: str) -> None:
    api.routes["/v1/items"] = lambda asked: {
        "data": page(number(asked)),
        **({"next": link.format(number(asked) + 1)} if number(asked) < LAST else {}),
    }
    assert read_items(api, {"type": "json_link"}, path="v1/items") == RECORDS
    assert params(api) == [{}, {"page": "1"}, {"page": "2"}]
    assert set(api.paths()) == {"/v1/items"}


def test_json_link_under_a_name_with_a_dot(api: Api) -> None:
    def answer(asked: Asked) -> Any:
        at = number(asked, "$skiptoken")
        following = {"@odata.nextLink": f"{api.url}/items?$skiptoken={at + 1}"}
        return {"data": page(at), **(following if at < LAST else {})}

    api.routes["/items"] = answer
    paginator = {"type": "json_link", "next_url_path": "['@odata.nextLink']"}
    assert read_items(api, paginator) == RECORDS
    assert params(api) == [{}, {"$skiptoken": "1"}, {"$skiptoken": "2"}]


@pytest.mark.parametrize(
    ("paginator", "rel"),
    [("header_link", "next"), ({"type": "header_link", "links_next_key": "older"}, "older")],
)
def test_header_link(api: Api, paginator: Any, rel: str) -> None:
    def answer(asked: Asked) -> Answer:
        at = number(asked)
        links = [f'<{api.url}/items?page={at}>; rel="self"']
        if at < LAST:
            links.append(f'<{api.url}/items?page={at + 1}>; rel="{rel}"')
        return Answer({"data": page(at)}, headers={"Link": ", ".join(links)})

    api.routes["/items"] = answer
    assert read_items(api, paginator) == RECORDS
    assert params(api) == [{}, {"page": "1"}, {"page": "2"}]


@pytest.mark.parametrize(
    ("paginator", "header", "param"),
    [
        ("header_cursor", "next", "cursor"),
        (
            {"type": "header_cursor", "cursor_key": "X-Next-Token", "cursor_param": "after"},
            "X-Next-Token",
            "after",
        ),
    ],
)
def test_header_cursor(api: Api, paginator: Any, header: str, param: str) -> None:
    def answer(asked: Asked) -> Answer:
        at = int(asked.params.get(param, "c0")[1:])
        return Answer({"data": page(at)}, headers={header: f"c{at + 1}"} if at < LAST else {})

    api.routes["/items"] = answer
    assert read_items(api, paginator, params={"size": 3}) == RECORDS
    assert params(api) == [
        {"size": "3"},
        {"size": "3", param: "c1"},
        {"size": "3", param: "c2"},
    ]


def by_cursor(at: int, **more: Any) -> dict[str, Any]:
    return {"data": page(at), "cursors": {"next": f"c{at + 1}" if at < LAST else None}, **more}


@pytest.mark.parametrize(
    ("paginator", "param"),
    [
        ("cursor", "cursor"),
        ({"type": "cursor", "cursor_path": "cursors.next", "cursor_param": "after"}, "after"),
    ],
)
def test_cursor_in_the_query(api: Api, paginator: Any, param: str) -> None:
    api.routes["/items"] = lambda asked: by_cursor(int(asked.params.get(param, "c0")[1:]))
    assert read_items(api, paginator, params={"size": 3}) == RECORDS
    assert params(api) == [
        {"size": "3"},
        {"size": "3", param: "c1"},
        {"size": "3", param: "c2"},
    ]


def test_cursor_in_the_body_of_a_post(api: Api) -> None:
    api.routes["/items"] = lambda asked: by_cursor(int(asked.json["page"].get("after", "c0")[1:]))
    paginator = {
        "type": "cursor",
        "cursor_path": "cursors.next",
        "cursor_body_path": "page.after",
    }
    body = {"query": "all", "page": {"size": 3}}
    assert read_items(api, paginator, method="POST", json=body) == RECORDS
    assert {asked.method for asked in api.asked} == {"POST"}
    assert bodies(api) == [
        {"query": "all", "page": {"size": 3}},
        {"query": "all", "page": {"size": 3, "after": "c1"}},
        {"query": "all", "page": {"size": 3, "after": "c2"}},
    ]
    assert params(api) == [{}, {}, {}]


def test_cursor_in_a_list_of_the_body(api: Api) -> None:
    """HubSpot's searches go on behind the last id, which is the value of a filter."""
    api.routes["/items"] = lambda asked: by_cursor(int(asked.json["filters"][1]["value"][1:]))
    place = {"type": "cursor", "cursor_path": "cursors.next", "cursor_body_path": "filters.1.value"}
    body = {"filters": [{"value": "all"}, {"value": "c0"}]}
    for _ in range(2):
        api.asked.clear()
        assert read_items(api, place, method="POST", json=body) == RECORDS
        values = [[one["value"] for one in asked["filters"]] for asked in bodies(api)]
        assert values == [["all", "c0"], ["all", "c1"], ["all", "c2"]]
    within = {**place, "cursor_body_path": "filters.0.paging.after"}
    api.asked.clear()
    api.routes["/items"] = lambda asked: by_cursor(
        int(asked.json["filters"][0].get("paging", {"after": "c0"})["after"][1:])
    )
    assert read_items(api, within, method="POST", json=body) == RECORDS
    with pytest.raises(Exception, match="names '2' in a list of 2 items"):
        read_items(api, {**place, "cursor_body_path": "filters.2.value"}, method="POST", json=body)


@pytest.mark.parametrize(
    ("keys", "requests"), [({"has_more_path": "more"}, 3), ({"stop_after_empty_page": True}, 4)]
)
def test_cursor_of_an_api_that_always_gives_one(
    api: Api, keys: Mapping[str, Any], requests: int
) -> None:
    def answer(asked: Asked) -> Any:
        at = number(asked, "cursor")
        return {"data": page(at), "cursors": {"next": at + 1}, "more": at < LAST}

    api.routes["/items"] = answer
    assert read_items(api, {"type": "cursor", **keys}) == RECORDS
    assert [asked.params.get("cursor") for asked in api.asked] == [None, "1", "2", "3"][:requests]


@pytest.mark.parametrize(
    ("keys", "offsets"),
    [
        ({}, [0, 3, 6]),
        ({"total_path": "meta.count"}, [0, 3, 6]),
        ({"total_path": None, "has_more_path": "more"}, [0, 3, 6]),
        ({"total_path": None, "stop_after_empty_page": True}, [0, 3, 6, 7]),
        ({"total_path": None, "maximum_offset": 7}, [0, 3, 6]),
        ({"total_path": None, "maximum_offset": 7, "stop_after_empty_page": False}, [0, 3, 6]),
    ],
    ids=str,
)
def test_offset(api: Api, keys: Mapping[str, Any], offsets: list[int]) -> None:
    api.routes["/items"] = lambda asked: by_offset(
        asked.params,
        meta={"count": str(len(RECORDS))},
        more=int(asked.params["offset"]) + 3 < len(RECORDS),
    )
    assert read_items(api, {"type": "offset", "limit": 3, **keys}) == RECORDS
    assert params(api) == [{"offset": str(offset), "limit": "3"} for offset in offsets]


def test_offset_from_a_start_under_other_names(api: Api) -> None:
    api.routes["/items"] = lambda asked: by_offset(
        {"offset": asked.params["skip"], "limit": asked.params["top"]}
    )
    paginator = {
        "type": "offset",
        "limit": 2,
        "offset": 4,
        "offset_param": "skip",
        "limit_param": "top",
    }
    assert read_items(api, paginator) == RECORDS[4:]
    assert params(api) == [{"skip": "4", "top": "2"}, {"skip": "6", "top": "2"}]


def test_offset_and_limit_in_the_body_of_a_post(api: Api) -> None:
    api.routes["/items"] = lambda asked: by_offset(asked.json["page"])
    paginator = {
        "type": "offset",
        "limit": 3,
        "offset_body_path": "page.offset",
        "limit_body_path": "page.limit",
    }
    assert read_items(api, paginator, method="POST", json={"query": "all"}) == RECORDS
    assert bodies(api) == [
        {"query": "all", "page": {"offset": offset, "limit": 3}} for offset in (0, 3, 6)
    ]


@pytest.mark.parametrize(
    ("keys", "asked_pages"),
    [
        ({"total_path": "pages"}, [1, 2, 3]),
        ({"total_path": None, "maximum_page": 4}, [1, 2, 3]),
        ({"total_path": None, "has_more_path": "more"}, [1, 2, 3]),
        ({"total_path": None}, [1, 2, 3, 4]),
    ],
    ids=str,
)
def test_page_number_from_1(api: Api, keys: Mapping[str, Any], asked_pages: list[int]) -> None:
    def answer(asked: Asked) -> Any:
        at = number(asked, first=1)
        return {"data": page(at), "pages": len(PAGES), "more": str(at < LAST).lower()}

    api.routes["/items"] = answer
    assert read_items(api, {"type": "page_number", "base_page": 1, **keys}) == RECORDS
    assert params(api) == [{"page": str(at)} for at in asked_pages]


def test_page_number_from_0_is_the_default(api: Api) -> None:
    api.routes["/items"] = lambda asked: {"data": page(number(asked)), "total": len(PAGES)}
    assert read_items(api, "page_number") == RECORDS
    assert params(api) == [{"page": str(at)} for at in PAGES]


def test_page_number_from_a_later_page_under_another_name(api: Api) -> None:
    api.routes["/items"] = lambda asked: {"data": page(number(asked, "p", 1)), "total": len(PAGES)}
    paginator = {"type": "page_number", "base_page": 1, "page": 2, "page_param": "p"}
    assert read_items(api, paginator) == RECORDS[3:]
    assert params(api) == [{"p": "2"}, {"p": "3"}]


def test_page_number_in_the_body_of_a_post(api: Api) -> None:
    api.routes["/items"] = lambda asked: {
        "data": page(asked.json["paging"]["page"] - 1),
        "total": len(PAGES),
    }
    paginator = {"type": "page_number", "base_page": 1, "page_body_path": "paging.page"}
    assert read_items(api, paginator, method="POST", json={"query": "all"}) == RECORDS
    assert bodies(api) == [{"query": "all", "paging": {"page": at}} for at in (1, 2, 3)]


@pytest.mark.parametrize("paginator", ["single_page", {"type": "single_page"}])
def test_single_page(api: Api, paginator: Any) -> None:
    api.routes["/items"] = lambda _: {"data": RECORDS, "next": f"{api.url}/items?page=1"}
    assert read_items(api, paginator, params={"all": "true"}) == RECORDS
    assert params(api) == [{"all": "true"}]


def next_link_in_the_header(api: Api, at: int) -> Answer:
    links = {"Link": f'<{api.url}/items?page={at + 1}>; rel="next"'} if at < LAST else {}
    return Answer({"data": page(at)}, headers=links)


def next_link_in_the_body(api: Api, at: int) -> Answer:
    following = f"{api.url}/items?page={at + 1}" if at < LAST else None
    return Answer({"data": page(at), "links": {"next": following}})


@pytest.mark.parametrize("answer", [next_link_in_the_header, next_link_in_the_body])
@pytest.mark.parametrize("paginator", ["auto", {"type": "auto"}], ids=str)
def test_auto_follows_links(api: Api, paginator: Any, answer: Callable[[Api, int], Answer]) -> None:
    api.routes["/items"] = lambda asked: answer(api, number(asked))
    assert read_items(api, paginator) == RECORDS
    assert params(api) == [{}, {"page": "1"}, {"page": "2"}]


def test_auto_follows_a_cursor(api: Api) -> None:
    api.routes["/items"] = lambda asked: by_cursor(int(asked.params.get("cursor", "c0")[1:]))
    assert read_items(api, "auto") == RECORDS
    assert params(api) == [{}, {"cursor": "c1"}, {"cursor": "c2"}]


def test_auto_counts_pages_where_their_number_is_told(api: Api) -> None:
    api.routes["/items"] = lambda asked: {"data": page(number(asked)), "total_pages": len(PAGES)}
    assert read_items(api, "auto") == RECORDS
    assert params(api) == [{}, {"page": "1"}, {"page": "2"}]


def test_auto_takes_anything_else_for_a_single_page(api: Api) -> None:
    api.routes["/items"] = lambda _: {"data": RECORDS}
    assert read_items(api, "auto") == RECORDS
    assert params(api) == [{}]


@pytest.mark.parametrize("name", ["json_link", "json_response"])
def test_the_name_alone_of_a_json_link(api: Api, name: str) -> None:
    api.routes["/items"] = lambda asked: {
        "data": page(number(asked)),
        "next": f"/items?page={number(asked) + 1}" if number(asked) < LAST else None,
    }
    assert read_items(api, name) == RECORDS
    assert params(api) == [{}, {"page": "1"}, {"page": "2"}]


def test_the_name_alone_of_an_offset_lacks_its_limit(api: Api) -> None:
    with pytest.raises(ValueError, match="needs a limit; write"):
        read_items(api, "offset")
    assert api.asked == []


def test_an_endpoint_pages_in_its_own_way(api: Api) -> None:
    api.routes["/items"] = lambda asked: by_offset(asked.params)
    resources = [items(paginator={"type": "offset", "limit": 3})]
    assert read(connector("acme", api.url, resources)) == RECORDS
    assert len(api.asked) == 3


def test_paginators_start_afresh_for_each_parent(api: Api) -> None:
    api.routes["/shelves"] = lambda _: {"data": [{"id": 1}, {"id": 2}]}
    for shelf in (1, 2):
        api.routes[f"/shelves/{shelf}/items"] = lambda asked: by_offset(asked.params)
    resources = [
        {**items("shelves"), "selected": False},
        items(
            path="shelves/{resources.shelves.id}/items", paginator={"type": "offset", "limit": 3}
        ),
    ]
    assert read(connector("acme", api.url, resources, http=ONE_BY_ONE)) == RECORDS * 2
    assert [asked.params.get("offset") for asked in api.asked] == [None, *("0", "3", "6") * 2]


MISSING = [
    ({"type": "page_number", "base_page": 1, "total_path": "pages"}, {}, "total_path, 'pages'"),
    ({"type": "offset", "limit": 5}, {}, "total_path, 'total'"),
    (
        {"type": "page_number", "base_page": 1, "total_path": "meta.pages"},
        {"meta": {"total_pages": 2, "note": "x"}},
        "total_path, 'meta.pages', of the answer; it has meta.total_pages. Correct it, set it to",
    ),
    (
        {"type": "offset", "limit": 5, "total_path": None, "has_more_path": "more"},
        {"has_more": True},
        "has_more_path, 'more', of the answer; it has has_more. Correct it",
    ),
    ({"type": "offset", "limit": 5}, {"total": "many"}, "total_path 'total' leads to no number"),
]


@pytest.mark.parametrize(("paginator", "envelope", "told"), MISSING)
def test_what_an_answer_lacks_is_told_without_its_data(
    api: Api, paginator: Any, envelope: Any, told: str
) -> None:
    api.routes["/items"] = lambda _: {"data": [{"mail": "ada@example.com"}], **envelope}
    with pytest.raises(Exception, match="caused an exception") as raised:
        read_items(api, paginator)
    assert told in str(raised.value)
    assert "ada@example.com" not in str(raised.value)


def test_dlt_still_asks_these_what_to_say() -> None:
    for name in ("missing_total", "invalid_total", "missing_has_more", "invalid_has_more"):
        assert f"_handle_{name}" in vars(RangePaginator)

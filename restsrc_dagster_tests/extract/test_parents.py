"""A parent's values in its children's requests."""

from typing import Any
from urllib.parse import quote

import pytest

from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.failures.explain import explain
from restsrc_dagster.extract.http.request_values import IN_A_SEGMENT
from restsrc_dagster.extract.source import open_reading
from restsrc_dagster_tests.extract.reading import read
from restsrc_dagster_tests.support.api import Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items

BOUND = [
    {"path": "posts/{resources.posts.id}/comments"},
    {
        "path": "posts/{id}/comments",
        "params": {"id": {"type": "resolve", "resource": "posts", "field": "id"}},
    },
]


def acme(api: Api, value: Any, **endpoint: Any) -> Any:
    api.routes["/posts"] = lambda _: {"data": [{"id": value, "deep": {"id": value}}]}
    return connector("acme", api.url, [items("posts"), items("comments", **endpoint)])


@pytest.mark.parametrize("endpoint", BOUND)
@pytest.mark.parametrize(
    ("value", "path"),
    [
        (5, "/posts/5/comments"),
        ("a-b_c.d~e", "/posts/a-b_c.d~e/comments"),
        ("ann@x.y", "/posts/ann@x.y/comments"),
        ("a b", "/posts/a%20b/comments"),
        ("a/b", "/posts/a%2Fb/comments"),
        ("../admin", None),
        ("..", None),
        (".", None),
        ("a?b=c&d", "/posts/a%3Fb=c&d/comments"),
        ("a#b", "/posts/a%23b/comments"),
        ("50%", "/posts/50%25/comments"),
        ("é", "/posts/%C3%A9/comments"),
        ("{x}", "/posts/%7Bx%7D/comments"),
    ],
)
def test_values_are_encoded_in_a_path(
    api: Api, endpoint: dict[str, Any], value: Any, path: str | None
) -> None:
    if path is None:
        assert "would lead elsewhere in the path of 'comments'" in failure(
            acme(api, value, **endpoint)
        )
        assert api.paths() == ["/posts"]
        return
    api.routes[path] = lambda _: {"data": [{"text": "a"}]}
    assert {"text": "a"} in read(acme(api, value, **endpoint))


@pytest.mark.parametrize("value", [None, "", True, 1.5, {"a": 1}, [1]])
def test_what_is_no_part_of_a_path_is_refused(api: Api, value: Any) -> None:
    told = failure(acme(api, value, **BOUND[0]))
    assert told.startswith("comments: ")
    assert "'posts'" in told
    assert "{resources.posts.id}" in told
    assert api.paths() == ["/posts"]


def test_elsewhere_they_are_as_they_are(api: Api) -> None:
    seen: list[Asked] = []

    def answer(asked: Asked) -> Any:
        seen.append(asked)
        return {"data": [{"text": "a"}]}

    api.routes["/comments"] = answer
    described = {
        "path": "comments",
        "method": "POST",
        "params": {"post": "{resources.posts.id}"},
        "json": {"post": "{resources.posts.id}"},
        "headers": {"X-Post": "{resources.posts.id}"},
    }
    child = items("comments", **described) | {"include_from_parent": ["id"]}
    api.routes["/posts"] = lambda _: {"data": [{"id": "a/b c"}]}
    records = read(connector("acme", api.url, [items("posts"), child]))
    assert {"text": "a", "_posts_id": "a/b c"} in records
    (asked,) = seen
    assert (asked.params["post"], asked.json, asked.headers["X-Post"]) == (
        "a/b c",
        {"post": "a/b c"},
        "a/b c",
    )


def test_in_a_path_a_value_is_encoded_and_elsewhere_it_is_as_it_is(api: Api) -> None:
    endpoint = {**BOUND[0], "params": {"post": "{resources.posts.id}"}}
    for post in ("abc", "a b", "a/b?c#d&e"):
        path = f"/posts/{quote(post, safe=IN_A_SEGMENT)}/comments"
        api.routes[path] = lambda asked: {"data": [{"text": asked.params["post"]}]}
        assert {"text": post} in read(acme(api, post, **endpoint))


def test_the_parent_s_own_row_and_what_is_copied_stay_as_they_are(api: Api) -> None:
    api.routes["/posts"] = lambda _: {"data": [{"id": "a b", "deep": {"id": "c/d"}}]}
    api.routes["/posts/c%2Fd/comments"] = lambda _: {"data": [{"text": "x"}]}
    child = items("comments", path="posts/{resources.posts.deep.id}/comments")
    child |= {"include_from_parent": ["id", "deep"]}
    records = read(connector("acme", api.url, [items("posts"), child]))
    assert sorted(records, key=len) == [
        {"id": "a b", "deep": {"id": "c/d"}},
        {"text": "x", "_posts_id": "a b", "_posts_deep": {"id": "c/d"}},
    ]


@pytest.mark.parametrize("address", ["/posts/7/comments?page=1", "posts/7/comments"])
def test_a_whole_path_of_the_parent_is_taken_as_it_is_meant(api: Api, address: str) -> None:
    api.routes["/posts"] = lambda _: {"data": [{"comments_url": address}]}
    api.routes["/posts/7/comments"] = lambda _: {"data": [{"text": "a"}]}
    child = items("comments", path="{resources.posts.comments_url}")
    assert {"text": "a"} in read(connector("acme", api.url, [items("posts"), child]))


def test_a_whole_path_may_not_climb(api: Api) -> None:
    api.routes["/posts"] = lambda _: {"data": [{"comments_url": "posts/../../admin"}]}
    child = items("comments", path="{resources.posts.comments_url}")
    told = failure(connector("acme", api.url, [items("posts"), child]))
    assert "would lead elsewhere" in told


def failure(one: Any) -> str:
    with open_reading(one, {}) as reading, pytest.raises(Exception) as raised:  # noqa: PT011
        list(reading.source)
    error = explain(raised.value, reading.redact)
    assert type(error) is ReadError
    return str(error)

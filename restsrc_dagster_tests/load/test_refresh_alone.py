"""A refresh, or a new beginning, touches no table but those that it names."""

from itertools import cycle
from typing import Any

import pytest

from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import items

pytestmark = pytest.mark.usefixtures("foretold")

CURSOR = {"cursor_path": "at", "initial_value": 0, "start_param": "since"}
COMMENTS = items("comments", path="posts/{resources.posts.id}/comments")


@pytest.fixture
def posts(api: Api) -> list[dict[str, Any]]:
    """The API forgets the first post when there are three of them."""
    known: list[dict[str, Any]] = [{"id": 1, "at": 1}, {"id": 2, "at": 2}]
    api.routes["/posts"] = lambda asked: {
        "data": [one for one in known if one["at"] >= int(asked.params.get("since", 0))]
    }
    for number in range(1, 6):
        api.routes[f"/posts/{number}/comments"] = lambda _, number=number: {
            "data": [{"id": number, "post": number}]
        }
    return known


PARENTS: dict[str, dict[str, Any]] = {
    "replaced": {},
    "merged": {"primary_key": "id"},
    "appended": {"write_disposition": "append"},
    "by a cursor": {"primary_key": "id", "cursor": True},
}


def parent(hints: dict[str, Any]) -> dict[str, Any]:
    endpoint = {"incremental": CURSOR} if hints.get("cursor") else {}
    rest = {key: value for key, value in hints.items() if key != "cursor"}
    return {**items("posts", **endpoint), **rest}


@pytest.mark.parametrize(
    ("hints", "selected"),
    list(zip(PARENTS.values(), cycle([["comments"], ["posts", "comments"]]), strict=False)),
    ids=PARENTS,
)
def test_the_parent_keeps_its_history(
    api: Api,
    duck: Warehouse,
    posts: list[dict[str, Any]],
    hints: dict[str, Any],
    selected: list[str],
) -> None:
    acme = duck.connector(api.url, [parent(hints), COMMENTS])
    duck.load(acme)
    del posts[0]
    posts.append({"id": 3, "at": 3})
    before = duck.values("SELECT id FROM acme.posts")
    report = duck.load(acme, *selected, refresh=["comments"])
    assert report.refreshed == {"comments"}
    there = set(duck.values("SELECT id FROM acme.posts"))
    kept = set(before) if hints else set()
    assert kept <= there
    assert set(duck.values("SELECT post FROM acme.comments")) >= {2, 3}
    if hints.get("cursor"):
        api.asked.clear()
        duck.load(acme)
        (asked,) = [one for one in api.asked if one.path == "/posts"]
        assert asked.params["since"] == ("3" if "posts" in selected else "2")


def test_a_child_that_is_read_anew_keeps_the_cursor_that_it_has_then(
    api: Api, duck: Warehouse, posts: list[dict[str, Any]]
) -> None:
    """Though it stands above one that is read anew with it."""
    for number in range(1, 6):
        api.routes[f"/posts/{number}/comments"] = lambda _, number=number: {
            "data": [{"id": number, "at": 10 + number}]
        }
        api.routes[f"/comments/{number}/votes"] = lambda _: {"data": [{"v": 1}]}
    comments = items(**{**COMMENTS["endpoint"], "incremental": {"cursor_path": "at"}})
    votes = items("votes", path="comments/{resources.comments.id}/votes")
    top = parent(PARENTS["by a cursor"])
    acme = duck.connector(api.url, [top, {**comments, "name": "comments"}, votes])
    duck.load(acme)
    for post in posts:
        post["at"] += 10
        number = post["id"]
        api.routes[f"/posts/{number}/comments"] = lambda _, number=number: {
            "data": [{"id": number, "at": 20 + number}]
        }
    duck.load(acme, "comments", refresh=["comments"])
    duck.load(acme)
    assert duck.values("SELECT id FROM acme.comments") == [1, 2]


def test_a_child_alone_that_is_refreshed_before_anything_was_loaded(
    api: Api, duck: Warehouse, posts: list[dict[str, Any]]
) -> None:
    """Its parent is read, not loaded: its cursor stays where it is."""
    acme = duck.connector(api.url, [parent(PARENTS["by a cursor"]), COMMENTS])
    duck.load(acme, "comments", refresh=["comments"])
    assert duck.values("SELECT post FROM acme.comments") == [1, 2]
    duck.load(acme)
    assert duck.values("SELECT id FROM acme.posts") == [1, 2]


def test_a_key_given_to_a_child_begins_it_anew_alone(
    api: Api, warehouse: Warehouse, posts: list[dict[str, Any]]
) -> None:
    top = parent(PARENTS["merged"])
    warehouse.load(warehouse.connector(api.url, [top, COMMENTS]))
    del posts[0]
    acme = warehouse.connector(api.url, [top, {**COMMENTS, "primary_key": "id"}])
    warehouse.load(acme, "comments")
    assert warehouse.values("SELECT id FROM acme.posts") == [1, 2]
    assert warehouse.values("SELECT id FROM acme.comments") == [2]


@pytest.mark.parametrize("commit", [500_000, 1], ids=["at once", "page by page"])
def test_a_parent_that_is_no_table(api: Api, duck: Warehouse, commit: int) -> None:
    """Its cursor moves when the children of all of them are there."""
    object.__setattr__(duck.settings, "commit_after_records", commit)
    records = [{"id": number, "at": 12 - number} for number in range(1, 13)]
    paged = {"type": "page_number", "base_page": 1, "total_path": None}
    api.routes["/posts"] = lambda asked: {
        "data": [one for one in records if one["at"] >= int(asked.params.get("since", 0))][
            2 * int(asked.params["page"]) - 2 : 2 * int(asked.params["page"])
        ]
    }
    for number in range(1, 13):
        api.routes[f"/posts/{number}/comments"] = lambda _, number=number: {
            "data": [{"id": number}]
        }
    top = {**items("posts", incremental=CURSOR, paginator=paged), "selected": False}
    acme = duck.connector(
        api.url, [{**top, "primary_key": "id"}, {**COMMENTS, "primary_key": "id"}]
    )
    duck.load(acme)
    assert duck.values("SELECT id FROM acme.comments") == list(range(1, 13))
    api.asked.clear()
    duck.load(acme)
    assert api.asked[0].params["since"] == "11"


def test_a_new_beginning_that_fails_is_made_by_the_next_run(api: Api, duck: Warehouse) -> None:
    """The list of parents is committed as far as it is read; nothing of the child is."""
    posts: list[dict[str, Any]] = [{"id": number, "tags": ["a"]} for number in range(1, 5)]
    is_down = False

    def page(asked: Asked) -> Any:
        at = int(asked.params["offset"])
        return Answer({}, status=400) if is_down and at == 2 else {"data": posts[at : at + 1]}

    api.routes["/posts"] = page
    for number in range(1, 5):
        api.routes[f"/posts/{number}/comments"] = lambda _, number=number: {"data": [{"n": number}]}
    paged = {"type": "offset", "limit": 1, "total_path": None}
    listed = {**items("posts", paginator=paged), "primary_key": "id"}
    duck.load(duck.connector(api.url, [listed, COMMENTS]))
    del posts[0]
    is_down, keyed = True, duck.connector(api.url, [listed, {**COMMENTS, "primary_key": "n"}])
    assert duck.load(keyed).failed.keys() == {"posts", "comments"}
    assert duck.values("SELECT n FROM acme.comments") == [1, 2, 3, 4]
    is_down = False
    posts[0]["tags"] = ["b"]
    report = duck.load(keyed)
    assert report.refreshed == {"comments"}
    assert duck.values("SELECT n FROM acme.comments") == [2, 3, 4]
    assert duck.values("SELECT value FROM acme.posts__tags") == ["a", "a", "a", "b"]


@pytest.mark.parametrize(
    ("child", "alone", "refresh"),
    [
        ("comments", True, True), ("comments", False, False),
        ("votes", True, False), ("votes", False, True),
    ],
)  # fmt: skip
def test_what_a_refreshed_child_or_one_read_alone_hangs_on_is_read_from_its_start(
    api: Api, duck: Warehouse, child: str, alone: bool, refresh: bool
) -> None:
    """Though a run before has stopped on its way, and would be gone on with."""
    pages: dict[str, Any] = {
        str(page): {"data": [{"id": page}], "pages": 5} for page in range(1, 6)
    }
    broken = {**pages, "4": Answer({"message": "out of order"}, status=400)}
    api.routes["/posts"] = lambda asked: broken[asked.params["page"]]
    for number in range(1, 6):
        api.routes[f"/posts/{number}/comments"] = lambda _, number=number: {
            "data": [{"id": number}]
        }
        api.routes[f"/comments/{number}/votes"] = lambda _, number=number: {
            "data": [{"id": number}]
        }
    paginator = {"type": "page_number", "base_page": 1, "total_path": "pages"}
    votes = items("votes", path="comments/{resources.comments.id}/votes")
    resources = [
        one | {"primary_key": "id"}
        for one in (items("posts", paginator=paginator), COMMENTS, votes)
    ]
    acme = duck.connector(api.url, resources)
    assert set(duck.load(acme).failed) == {"posts", "comments", "votes"}
    assert duck.values(f"SELECT count(*) FROM acme.{child}") == [3]
    broken |= pages
    below = {"comments": "/posts/1/comments", "votes": "/comments/1/votes"}[child]
    api.routes[below] = lambda _: {"data": [{"id": 1}, {"id": 6}]}
    for _ in range(2):  # what came after the list was left is in its table at once, and stays
        duck.load(acme, *([child] if alone else []), refresh=[child] if refresh else [])
        assert sorted(duck.values(f"SELECT id FROM acme.{child}")) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("nesting", [0, 1])
def test_a_run_without_rows_does_not_keep_a_refresh_from_emptying_the_table(
    api: Api, duck: Warehouse, nesting: int
) -> None:
    """Of a resource with max_table_nesting, dlt forgets then that the table has any."""
    records: list[dict[str, Any]] = [{"id": 1, "at": 1, "tags": ["a"]}, {"id": 2, "at": 2}]
    api.routes["/posts"] = lambda asked: {
        "data": [one for one in records if one["at"] > int(asked.params["since"])]
    }
    listed = {**items("posts", incremental=CURSOR), "max_table_nesting": nesting}
    api.routes["/authors"] = lambda _: {"data": [{"id": len(api.asked)}]}
    acme = duck.connector(api.url, [{**listed, "primary_key": "id"}, items("authors")])
    duck.load(acme)
    assert duck.load(acme).resources["posts"].rows_loaded == 0
    del records[0]
    duck.load(acme, refresh=["posts"])
    assert duck.values("SELECT id FROM acme.posts") == [2]

"""A child that comes when its parent's cursor has moved gets the history of every parent."""

import pytest

from restsrc_dagster_tests.load.blog import COMMENTS, POSTS, Blog
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.load.worker import KILLED
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import items

pytestmark = pytest.mark.usefixtures("foretold")

COMMENTS_OF_POSTS = "SELECT _posts_id, text FROM acme.comments"
NOTES = {**COMMENTS, "name": "notes"}
CURSOR = {"cursor_path": "at", "initial_value": "2024-01-01"}


@pytest.fixture
def read_posts(blog: Blog, warehouse: Warehouse) -> Warehouse:
    """Two posts were read before there were comments."""
    blog.post(1, at=1, comments="a")
    blog.post(2, at=2, comments="bc")
    warehouse.load(warehouse.connector(blog.url, [POSTS]))
    return warehouse


def test_it_is_read_for_every_parent_and_the_cursor_stays(
    blog: Blog, read_posts: Warehouse
) -> None:
    acme = read_posts.connector(blog.url, [POSTS, COMMENTS])
    report = read_posts.load(acme)
    assert report.late == {"comments"}
    assert report.resources["comments"].rows_loaded == 3
    assert report.resources["posts"].rows_loaded == 0
    assert read_posts.rows(COMMENTS_OF_POSTS) == [(1, "a"), (2, "b"), (2, "c")]

    blog.post(3, at=3, comments="d")
    blog.asked()
    report = read_posts.load(acme)
    assert report.late == frozenset()
    assert blog.asked() == ["/posts?since=2", "/posts/3/comments"]
    assert report.resources["posts"].cursor_before == 2
    assert read_posts.rows(COMMENTS_OF_POSTS) == [(1, "a"), (2, "b"), (2, "c"), (3, "d")]
    assert read_posts.values("SELECT id FROM acme.posts") == [1, 2, 3]


def test_new_posts_of_the_same_run_are_loaded_too(blog: Blog, read_posts: Warehouse) -> None:
    blog.post(3, at=3, comments="d")
    read_posts.load(read_posts.connector(blog.url, [POSTS, COMMENTS]))
    assert read_posts.values("SELECT id FROM acme.posts") == [1, 2, 3]
    assert len(read_posts.rows(COMMENTS_OF_POSTS)) == 4


def test_a_renamed_child_is_a_new_one(blog: Blog, read_posts: Warehouse) -> None:
    read_posts.load(read_posts.connector(blog.url, [POSTS, COMMENTS]))
    report = read_posts.load(read_posts.connector(blog.url, [POSTS, NOTES]))
    assert report.late == {"notes"}
    assert len(read_posts.rows("SELECT _posts_id, text FROM acme.notes")) == 3


def test_a_child_that_hangs_on_another_parent_is_a_new_one(
    blog: Blog, read_posts: Warehouse
) -> None:
    of_posts = COMMENTS["endpoint"]
    alone = {
        **COMMENTS,
        "endpoint": {**of_posts, "path": "posts/1/comments"},
        "primary_key": "text",
    }
    keyed = {**COMMENTS, "primary_key": "text"}
    read_posts.load(read_posts.connector(blog.url, [POSTS, alone]))
    assert read_posts.values("SELECT text FROM acme.comments") == ["a"]
    acme = read_posts.connector(blog.url, [POSTS, keyed])
    assert read_posts.load(acme).late == {"comments"}
    assert read_posts.values("SELECT text FROM acme.comments") == ["a", "b", "c"]
    assert read_posts.load(acme).late == frozenset()


def test_one_that_was_away_is_read_again(blog: Blog, read_posts: Warehouse) -> None:
    both = read_posts.connector(blog.url, [POSTS, COMMENTS])
    read_posts.load(both)
    blog.post(3, at=3, comments="d")
    read_posts.load(read_posts.connector(blog.url, [POSTS]))
    read_posts.load(both)
    assert len(read_posts.rows(COMMENTS_OF_POSTS)) == 4


def test_a_child_without_any_rows_is_read_once(blog: Blog, duck: Warehouse) -> None:
    blog.post(1, at=1)
    duck.load(duck.connector(blog.url, [POSTS]))
    acme = duck.connector(blog.url, [POSTS, COMMENTS])
    assert duck.load(acme).late == {"comments"}
    assert duck.load(acme).late == frozenset()


def test_a_grandchild_too(blog: Blog, read_posts: Warehouse) -> None:
    votes = items("votes", path="posts/{resources.comments._posts_id}/comments")
    votes["write_disposition"] = "append"
    acme = read_posts.connector(
        blog.url, [POSTS, {**COMMENTS, "include_from_parent": ["id"]}, votes]
    )
    report = read_posts.load(acme)
    assert report.late == {"comments", "votes"}
    assert len(read_posts.rows("SELECT text FROM acme.votes")) == 3, "once for each post"


@pytest.mark.parametrize("time", [1, 2])
def test_killed_in_between_nothing_is_lost(blog: Blog, read_posts: Warehouse, time: int) -> None:
    blog.post(3, at=3, comments="d")
    resources = [POSTS, COMMENTS]
    killed = read_posts.start(blog.url, resources, holder="run 1", die=("complete_package", time))
    assert killed.wait(60) == KILLED
    acme = read_posts.connector(blog.url, resources)
    read_posts.load(acme)
    blog.post(4, at=4, comments="e")
    read_posts.load(acme)
    assert read_posts.values("SELECT id FROM acme.posts") == [1, 2, 3, 4]
    comments = [(1, "a"), (2, "b"), (2, "c"), (3, "d"), (4, "e")]
    assert read_posts.rows(COMMENTS_OF_POSTS) == comments


def test_a_parent_that_lost_all_its_children_has_none(api: Api, warehouse: Warehouse) -> None:
    """Nested tables of the children go with them; those of other parents stay."""
    posts = [{"id": number, "at": number} for number in range(3)]
    comments = {number: [{"text": f"{number}", "likes": ["ann"]}] for number in range(3)}
    api.routes["/posts"] = lambda _: {"data": posts}
    for number in range(3):
        api.routes[f"/posts/{number}/comments"] = lambda asked: {
            "data": comments[int(asked.path.split("/")[2])]
        }
    cursor = {"cursor_path": "at", "initial_value": 0}
    acme = warehouse.connector(
        api.url,
        [
            items("posts", incremental=cursor),
            items("comments", path="posts/{resources.posts.id}/comments"),
        ],
    )
    warehouse.load(acme)
    posts[1]["at"], comments[1] = 9, []
    warehouse.load(acme)
    assert warehouse.values("SELECT text FROM acme.comments") == ["0", "2"]
    assert len(warehouse.rows("SELECT value FROM acme.comments__likes")) == 2
    posts[1]["at"], comments[1] = 10, [{"text": "new", "likes": []}]
    warehouse.load(acme)
    assert warehouse.values("SELECT text FROM acme.comments") == ["0", "2", "new"]


def test_what_is_read_for_its_children_only_is_never_late(api: Api, warehouse: Warehouse) -> None:
    """It has no rows that could be missing: nothing is read once more for it."""
    posts = [{"id": 1, "at": 1}]
    api.routes = {
        "/posts": lambda asked: {
            "data": [post for post in posts if post["at"] >= int(asked.params["since"])]
        },
        "/posts/1": lambda _: {"data": [{"part": 1}]},
        "/posts/2": lambda _: {"data": [{"part": 2}]},
        "/parts/1": lambda _: {"data": [{"id": 1}]},
        "/parts/2": lambda _: {"data": [{"id": 2}]},
    }
    cursor = {"cursor_path": "at", "initial_value": 0, "start_param": "since"}
    parts = items("parts", path="posts/{resources.posts.id}")
    lines = items("lines", path="parts/{resources.parts.part}")
    file = [
        {**items("posts", incremental=cursor), "primary_key": "id"},
        {**parts, "selected": False},
        {**lines, "primary_key": "id"},
    ]
    acme = warehouse.connector(api.url, file)
    warehouse.load(acme)
    posts.append({"id": 2, "at": 2})
    api.asked.clear()
    assert warehouse.load(acme).late == frozenset()
    assert [one.path for one in api.asked].count("/posts") == 1
    assert warehouse.values("SELECT id FROM acme.lines") == [1, 2]

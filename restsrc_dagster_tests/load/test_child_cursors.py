"""The cursor of a child: one for each parent, steady within a run, whatever pages they are on."""

from typing import Any

import pytest

from restsrc_dagster.extract.incremental import parent_cursors
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Api, Asked
from restsrc_dagster_tests.support.connectors import items

PAGED = {"type": "page_number", "base_page": 1, "total_path": None}
PLACES: dict[str, dict[str, Any]] = {
    "param": {"params": {"since": "{incremental.start_value}"}},
    "body": {"method": "POST", "json": {"since": "{incremental.start_value}"}},
    "start_param": {"incremental": {"start_param": "since"}},
    "nothing": {},
}


class Forum:
    """Posts on pages of their own, comments below them, votes below these."""

    def __init__(self, api: Api, comments: dict[int, list[str]], *, size: int = 1) -> None:
        self.comments = comments
        self.sent: list[tuple[int, Any]] = []
        self._size = size
        api.routes["/posts"] = self._posts
        for post in comments:
            for path in ("comments", "comments/votes"):
                api.routes[f"/posts/{post}/{path}"] = self._comments
        self._api = api

    def add(self, post: int, at: str) -> None:
        self.comments[post].append(at)

    def _posts(self, asked: Asked) -> Any:
        first = (int(asked.params["page"]) - 1) * self._size
        return {"data": [{"id": one} for one in sorted(self.comments)][first : first + self._size]}

    def _comments(self, asked: Asked) -> Any:
        post = int(asked.path.split("/")[2])
        body = asked.json if asked.body else {}
        since = asked.params.get("since") or body.get("since")
        self.sent.append((post, since))
        return {"data": [{"at": at, "post": post} for at in self.comments[post]]}


def resources(place: str, **cursor: Any) -> list[Any]:
    endpoint = {"path": "posts/{resources.posts.id}/comments", **PLACES[place]}
    incremental = {"cursor_path": "at", **cursor, **endpoint.get("incremental", {})}
    comments = items("comments", **{**endpoint, "incremental": incremental})
    return [items("posts", paginator=PAGED), comments]


@pytest.mark.parametrize(
    ("place", "initial"),
    [
        ("param", {}),
        ("body", {"initial_value": "2020-01-01"}),
        ("start_param", {"initial_value": "2020-01-01"}),
        ("nothing", {}),
    ],
)
@pytest.mark.parametrize("size", [1, 3])
def test_it_does_not_move_from_parent_to_parent(
    api: Api, duck: Warehouse, place: str, initial: dict[str, Any], size: int
) -> None:
    days = {post: [f"2024-01-{20 - post:02}", f"2024-01-{10 - post:02}"] for post in range(1, 5)}
    forum = Forum(api, days, size=size)
    acme = duck.connector(api.url, resources(place, **initial))
    assert duck.load(acme).resources["comments"].rows_loaded == 8
    for post in days:
        forum.add(post, f"2024-01-{21 - post:02}")  # later than its own, not than those of others
    forum.sent.clear()
    assert duck.load(acme).resources["comments"].rows_loaded == 4
    if place != "nothing":
        assert sorted(forum.sent) == [(post, f"2024-01-{20 - post:02}") for post in days]
    assert duck.load(acme).resources["comments"].rows_loaded == 0


@pytest.mark.parametrize("by", ["max", "min"])
def test_as_far_down_as_its_own(api: Api, duck: Warehouse, by: str) -> None:
    forum = Forum(api, {1: ["2024-01-10"], 2: ["2024-01-20"], 3: ["2024-01-15"]})
    acme = duck.connector(api.url, resources("param", last_value_func=by))
    duck.load(acme)
    for post in (1, 2, 3):
        day = int(forum.comments[post][0][-2:])
        forum.add(post, f"2024-01-{day + (1 if by == 'max' else -1):02}")
    assert duck.load(acme).resources["comments"].rows_loaded == 3
    assert len(duck.values('SELECT "at" FROM acme.comments')) == 6


def test_shared_it_begins_for_all_where_the_run_began(api: Api, duck: Warehouse) -> None:
    forum = Forum(api, {1: ["2024-01-20"], 2: ["2024-01-10"], 3: ["2024-01-12"]})
    shared = {"comments": {"cursor": "shared"}}
    acme = duck.connector(api.url, resources("param", initial_value="2020-01-01"), reading=shared)
    assert duck.load(acme).resources["comments"].rows_loaded == 3
    assert {since for _, since in forum.sent} == {"2020-01-01"}
    forum.sent.clear()
    duck.load(acme)
    assert {since for _, since in forum.sent} == {"2024-01-20"}


@pytest.mark.parametrize("keyed", [False, True])
def test_from_shared_to_its_own_may_double_those_of_absent_parents(
    api: Api, duck: Warehouse, *, keyed: bool
) -> None:
    forum = Forum(api, {1: ["2024-01-20"], 2: ["2024-01-10"]})
    posts, comments = resources("param", initial_value="2020-01-01")
    every = [posts, {**comments, "primary_key": ["post", "at"]} if keyed else comments]
    shared = {"comments": {"cursor": "shared"}}
    duck.load(duck.connector(api.url, every, reading=shared))
    away = forum.comments.pop(2)
    report = duck.load(duck.connector(api.url, every)).resources["comments"]
    assert [line[:12] for line in report.warnings] == ([] if keyed else ["so far one c"])
    forum.comments[2] = away
    report = duck.load(duck.connector(api.url, every)).resources["comments"]
    assert not report.warnings
    assert report.rows_in_table == (2 if keyed else 3)


def test_too_many_parents_share_one_and_it_is_told(
    api: Api, duck: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parent_cursors, "MOST_PARENTS", 2)
    forum = Forum(api, {1: ["2024-01-20"], 2: ["2024-01-10"], 3: ["2024-01-12"]})
    acme = duck.connector(api.url, resources("param", initial_value="2020-01-01"))
    report = duck.load(acme).resources["comments"]
    assert report.rows_loaded == 3
    assert any("share" in warning for warning in report.warnings), report.warnings
    forum.add(3, "2024-01-21")
    duck.load(acme)
    assert "2024-01-21" in duck.values('SELECT CAST("at" AS VARCHAR)[:10] FROM acme.comments')


def test_a_new_parent_is_read_from_its_beginning(api: Api, duck: Warehouse) -> None:
    forum = Forum(api, {1: ["2024-01-20"], 2: ["2024-01-10"]})
    acme = duck.connector(api.url, resources("param", initial_value="2020-01-01"))
    duck.load(acme)
    forum.comments[3] = ["2024-01-01"]
    api.routes["/posts/3/comments"] = forum._comments
    forum.sent.clear()
    assert duck.load(acme).resources["comments"].rows_loaded == 1
    assert (3, "2020-01-01") in forum.sent


def test_of_a_grandchild(api: Api, duck: Warehouse) -> None:
    votes = {11: ["2024-01-20"], 12: ["2024-01-10"], 21: ["2024-01-15"], 22: ["2024-01-05"]}
    api.routes["/posts"] = lambda asked: {
        "data": [{"id": int(asked.params["page"])}] if int(asked.params["page"]) < 3 else []
    }
    for post in (1, 2):
        api.routes[f"/posts/{post}/comments"] = lambda _, post=post: {
            "data": [{"id": 10 * post + one} for one in (1, 2)]
        }
    for comment in votes:
        api.routes[f"/comments/{comment}/votes"] = lambda _, comment=comment: {
            "data": [{"at": at} for at in votes[comment]]
        }
    cursor = {"cursor_path": "at", "initial_value": "2020-01-01", "start_param": "since"}
    acme = duck.connector(
        api.url,
        [
            items("posts", paginator=PAGED),
            items("comments", path="posts/{resources.posts.id}/comments"),
            items("votes", path="comments/{resources.comments.id}/votes", incremental=cursor),
        ],
    )
    assert duck.load(acme).resources["votes"].rows_loaded == 4
    votes[22].append("2024-01-06")
    assert duck.load(acme).resources["votes"].rows_loaded == 1
    assert len(duck.values('SELECT "at" FROM acme.votes')) == 5

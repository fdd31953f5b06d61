"""One resource that fails does not stop the others; nothing of it is loaded, and nothing lost."""

from collections.abc import Callable
from typing import Any

import pytest

from restsrc_dagster.errors import AccessDenied, ApiUnavailable, RestsrcError
from restsrc_dagster_tests.load.blog import COMMENTS, POSTS, Blog
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.load.worker import KILLED
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import items

SENT = {"cursor_path": "at", "initial_value": 0, "start_param": "since"}
EVENTS = items("events", incremental=SENT, paginator="json_link")
COMMENTS_OF_POSTS = "SELECT _posts_id, text FROM acme.comments"


class Events:
    """A list that grows, two records a page; what is wrong with it is set from outside."""

    def __init__(self, api: Api) -> None:
        self.last = 2
        self.wrong: Callable[[Asked], Any] | None = None
        api.routes["/events"] = self._answer

    def _answer(self, asked: Asked) -> Any:
        if self.wrong and (wrong := self.wrong(asked)) is not None:
            return wrong
        since, page = int(asked.params.get("since", 0)), int(asked.params.get("page", 0))
        found = [number for number in range(1, self.last + 1) if number >= since]
        answer: dict[str, Any] = {
            "data": [{"id": number, "at": number} for number in found[page * 2 : page * 2 + 2]]
        }
        if len(found) > page * 2 + 2:
            answer["next"] = f"/events?since={since}&page={page + 1}"
        return answer


@pytest.fixture
def events(api: Api) -> Events:
    return Events(api)


def reasons(failed: Any) -> dict[str, str]:
    return {name: str(error) for name, error in failed.items()}


def not_found(_: Asked) -> Answer:
    return Answer({"message": "gone"}, status=404)


def refused(_: Asked) -> Answer:
    return Answer({"message": "gone"}, status=400)


WRONG = {
    "404": not_found,
    "html": lambda _: Answer(b"<html>", headers={"Content-Type": "text/html"}),
    "no list": lambda _: {"items": []},
    "401": lambda _: Answer(status=401),
    "after good pages": lambda asked: Answer(status=404) if "page" in asked.params else None,
}


@pytest.mark.parametrize(
    ("wrong", "parallelized"), [*((wrong, False) for wrong in WRONG), ("after good pages", True)]
)
def test_the_others_are_loaded_and_the_next_run_delivers_what_was_missed(
    blog: Blog, api: Api, events: Events, duck: Warehouse, wrong: str, parallelized: bool
) -> None:
    api.routes["/others"] = lambda _: {"data": [{"id": 1}]}
    resources = [POSTS, EVENTS, items("others")]
    acme = duck.connector(
        blog.url, [{**resource, "parallelized": parallelized} for resource in resources]
    )
    blog.post(1, at=1)
    duck.load(acme)
    blog.post(2, at=2)
    events.last = 6
    events.wrong = WRONG[wrong]
    report = duck.load(acme)
    assert set(report.resources) == {"posts", "others"}
    assert set(report.failed) == {"events"}
    assert str(report.failed["events"]).startswith("events: ")
    assert isinstance(report.failed["events"], AccessDenied) == (wrong == "401")
    assert report.resources["posts"].cursor_after == 2
    assert duck.values("SELECT id FROM acme.posts") == [1, 2]
    assert duck.values("SELECT id FROM acme.events") == [1, 2]

    events.wrong = None
    blog.asked()
    report = duck.load(acme)
    assert not report.failed
    assert {"/events?since=2", "/posts?since=2"} <= set(blog.asked())
    assert report.resources["events"].rows_loaded == 4
    assert duck.values("SELECT id FROM acme.posts") == [1, 2]
    assert duck.values("SELECT id FROM acme.events") == [1, 2, 3, 4, 5, 6]


def test_in_postgres_too(blog: Blog, events: Events, elephant: Warehouse) -> None:
    acme = elephant.connector(blog.url, [POSTS, EVENTS])
    blog.post(1, at=1)
    events.last = 4
    events.wrong = WRONG["after good pages"]
    assert set(elephant.load(acme).failed) == {"events"}
    events.wrong = None
    report = elephant.load(acme).resources
    assert (report["posts"].rows_loaded, report["events"].rows_loaded) == (0, 4)
    assert elephant.values("SELECT id FROM acme.events") == [1, 2, 3, 4]
    assert elephant.values("SELECT id FROM acme.posts") == [1]


def test_a_table_that_is_replaced_keeps_its_rows(api: Api, duck: Warehouse) -> None:
    api.routes["/items"] = api.routes["/others"] = lambda _: {"data": [{"id": 1}]}
    acme = duck.connector(api.url, [items(), items("others")])
    duck.load(acme)
    api.routes["/items"] = not_found
    assert set(duck.load(acme).failed) == {"items"}
    assert duck.values("SELECT id FROM acme.items") == [1]


def test_requests_are_as_many_as_without_a_failure(blog: Blog, api: Api, duck: Warehouse) -> None:
    """Nothing is read twice, and what has failed is not asked for again."""
    late = items("late", path="posts/{resources.posts.id}/late")
    acme = duck.connector(blog.url, [items("posts"), COMMENTS, late])
    api.routes |= {f"/posts/{number}/late": refused for number in range(3)}
    for number in range(3):
        blog.post(number, at=1, comments="a")
    report = duck.load(acme)
    assert set(report.failed) == {"late"}
    asked = blog.asked()
    assert sorted(path for path in asked if "late" not in path) == [
        "/posts", *(f"/posts/{number}/comments" for number in range(3)),
    ]  # fmt: skip
    assert len([path for path in asked if "late" in path]) == 1


@pytest.mark.parametrize("refresh", [(), ("posts",)])
def test_when_all_fail_nothing_is_committed(
    blog: Blog, api: Api, duck: Warehouse, refresh: tuple[str, ...]
) -> None:
    acme = duck.connector(blog.url, [POSTS, COMMENTS])
    blog.post(1, at=1, comments="a")
    duck.load(acme)
    loads = duck.rows("SELECT * FROM acme._dlt_loads")
    api.routes["/posts"] = not_found
    report = duck.load(acme, refresh=refresh)
    assert (set(report.failed), report.refreshed) == ({"posts", "comments"}, set())
    assert duck.rows("SELECT * FROM acme._dlt_loads") == loads
    assert duck.rows(COMMENTS_OF_POSTS) == [(1, "a")]


def test_what_fails_with_a_child_is_not_read_to_its_end(
    api: Api, events: Events, duck: Warehouse
) -> None:
    events.last = 20
    api.routes |= {f"/events/{number}/notes": refused for number in range(1, 21)}
    notes = items("notes", path="events/{resources.events.id}/notes")
    assert set(duck.load(duck.connector(api.url, [EVENTS, notes])).failed) == {"events", "notes"}
    assert api.paths().count("/events") <= 3, "of ten pages; one was on its way"


class TestTrees:
    def test_a_child_fails_with_its_parent(self, blog: Blog, api: Api, duck: Warehouse) -> None:
        api.routes["/items"] = lambda _: {"data": [{"id": 1}]}
        votes = items("votes", path="posts/{resources.comments.id}/votes")
        acme = duck.connector(blog.url, [items("posts"), COMMENTS, votes, items()])
        api.routes["/posts"] = not_found
        report = duck.load(acme)
        why = f'{api.url}/posts answered 404 Not Found: \'{{"message": "gone"}}\''
        assert reasons(report.failed) == {
            "posts": f"posts: {why}",
            "comments": f"comments: its parent posts failed: {why}",
            "votes": f"votes: its ancestor posts failed: {why}",
        }
        assert set(report.resources) == {"items"}

    def test_a_parent_that_fails_late_takes_the_children_that_were_read(
        self, api: Api, duck: Warehouse
    ) -> None:
        api.routes["/posts"] = lambda _: {"data": [{"id": 1}], "next": "/more"}
        api.routes["/posts/1/comments"] = lambda _: {"data": [{"text": "a"}]}
        acme = duck.connector(api.url, [items("posts", paginator="json_link"), COMMENTS])
        report = duck.load(acme)
        assert set(report.failed) == {"posts", "comments"}
        api.routes["/more"] = lambda _: {"data": [{"id": 2}]}
        api.routes["/posts/2/comments"] = lambda _: {"data": []}
        assert not duck.load(acme).failed
        assert duck.rows(COMMENTS_OF_POSTS.replace("_posts_id, ", "")) == [("a",)]

    def test_a_parent_without_cursor_goes_on_without_its_child(
        self, blog: Blog, api: Api, duck: Warehouse
    ) -> None:
        acme = duck.connector(blog.url, [items("posts"), COMMENTS])
        blog.post(1, at=1, comments="a")
        duck.load(acme)
        blog.post(2, at=1, comments="b")
        api.routes["/posts/2/comments"] = refused
        report = duck.load(acme)
        assert (set(report.resources), set(report.failed)) == ({"posts"}, {"comments"})
        assert duck.values("SELECT id FROM acme.posts") == [1, 2]
        assert duck.values("SELECT text FROM acme.comments") == ["a"]

    def test_what_hangs_on_one_cursor_fails_together_and_nothing_is_lost(
        self, blog: Blog, api: Api, events: Events, warehouse: Warehouse
    ) -> None:
        notes = {**COMMENTS, "name": "notes"}
        acme = warehouse.connector(blog.url, [POSTS, COMMENTS, notes, EVENTS])
        blog.post(1, at=1, comments="a")
        warehouse.load(acme)
        blog.post(2, at=2, comments="b")
        good = api.routes["/posts/2/comments"]
        api.routes["/posts/2/comments"] = refused
        report = warehouse.load(acme)
        assert set(report.resources) == {"events"}
        told = reasons(report.failed)
        assert set(told) == {"posts", "comments", "notes"}
        first = next(iter(told))
        assert f"posts: {first} failed, and both hang on one cursor: {api.url}" in told["posts"]
        assert warehouse.values("SELECT id FROM acme.posts") == [1]

        api.routes["/posts/2/comments"] = good
        blog.asked()
        report = warehouse.load(acme)
        assert not report.failed
        assert "/posts?since=1" in blog.asked()
        assert warehouse.values("SELECT id FROM acme.posts") == [1, 2]
        assert warehouse.rows(COMMENTS_OF_POSTS) == [(1, "a"), (2, "b")]

    def test_a_parent_that_is_only_read(self, api: Api, events: Events, duck: Warehouse) -> None:
        acme = duck.connector(api.url, [items("posts"), COMMENTS, EVENTS])
        report = duck.load(acme, "comments", "events")
        assert set(report.failed) == {"comments"}
        assert "comments: its parent posts failed: " in str(report.failed["comments"])
        assert set(report.resources) == {"events"}

    @pytest.mark.parametrize("parallelized", [False, True])
    def test_children_that_are_read_in_threads(
        self, blog: Blog, api: Api, duck: Warehouse, parallelized: bool
    ) -> None:
        acme = duck.connector(blog.url, [POSTS, {**COMMENTS, "parallelized": parallelized}])
        for number in range(20):
            blog.post(number, at=1, comments="a")
        good = api.routes["/posts/7/comments"]
        api.routes["/posts/7/comments"] = refused
        assert set(duck.load(acme).failed) == {"posts", "comments"}
        api.routes["/posts/7/comments"] = good
        assert not duck.load(acme).failed
        assert len(duck.rows(COMMENTS_OF_POSTS)) == 20

    def test_a_late_child_that_fails_is_late_again(
        self, blog: Blog, api: Api, duck: Warehouse
    ) -> None:
        blog.post(1, at=1, comments="a")
        duck.load(duck.connector(blog.url, [POSTS]))
        acme = duck.connector(blog.url, [POSTS, COMMENTS])
        blog.post(2, at=2, comments="b")
        good = api.routes["/posts/1/comments"]
        api.routes["/posts/1/comments"] = refused
        report = duck.load(acme)
        assert (set(report.resources), set(report.failed)) == ({"posts"}, {"comments"})
        assert report.late == frozenset()
        api.routes["/posts/1/comments"] = good
        blog.asked()
        report = duck.load(acme)
        assert (report.late, set(report.failed)) == ({"comments"}, set())
        assert duck.rows(COMMENTS_OF_POSTS) == [(1, "a"), (2, "b")]
        assert duck.values("SELECT id FROM acme.posts") == [1, 2]
        blog.asked()
        duck.load(acme)
        assert blog.asked() == ["/posts?since=2"]

    def test_of_two_late_children_one_fails(
        self, blog: Blog, api: Api, events: Events, duck: Warehouse
    ) -> None:
        notes = items("notes", path="events/{resources.events.id}/notes")
        blog.post(1, at=1, comments="a")
        duck.load(duck.connector(blog.url, [POSTS, EVENTS]))
        acme = duck.connector(blog.url, [POSTS, EVENTS, COMMENTS, notes])
        api.routes |= {f"/events/{number}/notes": lambda _: {"data": []} for number in (1, 2)}
        good = api.routes["/posts/1/comments"]
        api.routes["/posts/1/comments"] = refused
        report = duck.load(acme)
        assert (report.late, set(report.failed)) == ({"notes"}, {"comments"})
        api.routes["/posts/1/comments"] = good
        assert duck.load(acme).late == {"comments"}
        assert duck.rows(COMMENTS_OF_POSTS) == [(1, "a")]


class TestRefresh:
    def test_of_two_the_one_that_fails_keeps_its_rows_and_its_cursor(
        self, blog: Blog, events: Events, warehouse: Warehouse
    ) -> None:
        acme = warehouse.connector(blog.url, [POSTS, EVENTS])
        blog.post(1, at=1, tags=["x"])
        warehouse.load(acme)
        events.last = 4
        events.wrong = WRONG["after good pages"]
        blog.delete(1)
        blog.post(2, at=2)
        report = warehouse.load(acme, refresh=["posts", "events"])
        assert (report.refreshed, set(report.failed)) == ({"posts"}, {"events"})
        assert warehouse.values("SELECT id FROM acme.posts") == [2]
        assert warehouse.values("SELECT id FROM acme.events") == [1, 2]

        events.wrong = None
        blog.asked()
        report = warehouse.load(acme)
        assert report.refreshed == frozenset(), "it was ordered for one run"
        assert sorted(blog.asked()) == ["/events?since=2", "/events?since=2", "/posts?since=2"]
        assert warehouse.values("SELECT id FROM acme.events") == [1, 2, 3, 4]
        assert warehouse.values("SELECT id FROM acme.posts") == [2]

    def test_nested_tables_of_the_one_that_fails_stay_as_well(
        self, blog: Blog, api: Api, duck: Warehouse
    ) -> None:
        api.routes["/items"] = lambda _: {"data": [{"id": 1, "tags": [{"n": 1}]}]}
        acme = duck.connector(blog.url, [POSTS, {**items(), "write_disposition": "append"}])
        blog.post(1, at=1)
        duck.load(acme)
        good = api.routes["/items"]
        api.routes["/items"] = not_found
        assert set(duck.load(acme, refresh=["posts", "items"]).failed) == {"items"}
        assert duck.values("SELECT n FROM acme.items__tags") == [1]
        api.routes["/items"] = good
        duck.load(acme)
        assert duck.values("SELECT n FROM acme.items__tags") == [1, 1]
        assert duck.load(acme, refresh=["items"]).refreshed == {"items"}
        assert duck.values("SELECT n FROM acme.items__tags") == [1]

    def test_what_could_not_be_refreshed_is_still_known(
        self, blog: Blog, api: Api, duck: Warehouse
    ) -> None:
        """dlt empties the tables that it knows, nested ones among them."""
        api.routes["/items"] = lambda _: {"data": [{"id": 1, "tags": [{"n": 1}]}]}
        acme = duck.connector(blog.url, [POSTS, items()])
        duck.load(acme)
        api.routes["/items"] = not_found
        assert set(duck.load(acme, refresh=["posts", "items"]).failed) == {"items"}
        api.routes["/items"] = lambda _: {"data": []}
        assert duck.load(acme).resources["items"].rows_in_table == 0
        assert duck.values("SELECT n FROM acme.items__tags") == []

    def test_that_was_killed_and_then_fails_stays_intended(
        self, blog: Blog, events: Events, duck: Warehouse
    ) -> None:
        """Its tables may be empty behind a cursor that has moved."""
        resources = [POSTS, EVENTS]
        acme = duck.connector(blog.url, resources)
        blog.post(1, at=1)
        duck.load(acme)
        worker = duck.start(
            blog.url,
            resources,
            holder="run 1",
            refresh=["posts", "events"],
            die=("complete_package", 2),
        )
        assert worker.wait(60) == KILLED
        events.wrong = not_found
        for refreshed in ({"posts"}, set()):
            report = duck.load(acme)
            assert (report.refreshed, set(report.failed)) == (refreshed, {"events"})
            assert report.resources["posts"].cursor_after == 1
        events.wrong = None
        assert duck.load(acme).refreshed == {"events"}
        assert duck.values("SELECT id FROM acme.events") == [1, 2]
        assert duck.load(acme).refreshed == frozenset()


class TestKill:
    @pytest.mark.parametrize("die", [("load", 1), ("complete_package", 1)])
    def test_a_load_without_the_failed_that_is_killed(
        self, blog: Blog, events: Events, warehouse: Warehouse, die: tuple[str, int]
    ) -> None:
        acme = warehouse.connector(blog.url, [POSTS, EVENTS])
        blog.post(1, at=1)
        warehouse.load(acme)
        blog.post(2, at=2)
        events.last = 4
        events.wrong = WRONG["after good pages"]
        worker = warehouse.start(blog.url, [POSTS, EVENTS], holder="run 1", die=die)
        assert worker.wait(60) == KILLED
        assert set(warehouse.load(acme).failed) == {"events"}
        events.wrong = None
        warehouse.load(acme)
        assert warehouse.values("SELECT id FROM acme.posts") == [1, 2]
        assert warehouse.values("SELECT id FROM acme.events") == [1, 2, 3, 4]


class TestWhatConcernsAll:
    def test_a_refused_client_fails_the_run_at_once(self, api: Api, duck: Warehouse) -> None:
        api.routes["/token"] = lambda _: Answer(status=401)
        auth = {
            "type": "oauth2_client_credentials",
            "access_token_url": f"{api.url}/token",
            "client_id": "id",
            "client_secret": "secret",
        }
        acme = duck.connector(api.url, [items("a"), items("b"), items("c")], client={"auth": auth})
        with pytest.raises(AccessDenied, match="/token gave no token: it answered 401"):
            duck.load(acme)
        assert api.paths() == ["/token"]

    def test_a_refused_client_of_one_endpoint_is_its_own(self, api: Api, duck: Warehouse) -> None:
        api.routes["/token"] = lambda _: Answer(status=401)
        api.routes["/b"] = lambda _: {"data": [{"id": 1}]}
        auth = {
            "type": "oauth2_client_credentials",
            "access_token_url": f"{api.url}/token",
            "client_id": "id",
            "client_secret": "secret",
        }
        report = duck.load(duck.connector(api.url, [items("a", auth=auth), items("b")]))
        assert (set(report.resources), set(report.failed)) == ({"b"}, {"a"})

    def test_each_endpoint_may_refuse_for_itself(self, api: Api, duck: Warehouse) -> None:
        api.routes |= {f"/{name}": lambda _: Answer(status=403) for name in "abc"}
        report = duck.load(duck.connector(api.url, [items("a"), items("b"), items("c")]))
        assert {type(error) for error in report.failed.values()} == {AccessDenied}
        assert len(api.asked) == 3

    @pytest.fixture
    def two_tries(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "2")
        monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0")

    @pytest.mark.usefixtures("two_tries")
    def test_an_api_that_does_not_answer_is_not_asked_for_each(
        self, api: Api, duck: Warehouse
    ) -> None:
        names = "abcdef"
        api.routes |= {f"/{name}": lambda _: Answer(fault="reset") for name in names}
        report = duck.load(duck.connector(api.url, [items(name) for name in names]))
        assert api.paths() == ["/a", "/a", "/b", "/b"]
        assert {type(error) for error in report.failed.values()} == {ApiUnavailable}
        assert str(report.failed["f"]) == "f: not tried: the API does not answer"

    @pytest.mark.usefixtures("two_tries")
    def test_one_that_answers_between_is_up(self, api: Api, duck: Warehouse) -> None:
        api.routes |= {f"/{name}": lambda _: Answer(fault="reset") for name in "ac"}
        api.routes |= {f"/{name}": lambda _: {"data": [{"id": 1}]} for name in "be"}
        report = duck.load(duck.connector(api.url, [items(name) for name in "abce"]))
        assert set(report.resources) == {"b", "e"}

    @pytest.mark.usefixtures("two_tries")
    def test_an_endpoint_with_an_error_of_its_own_is_an_answer(
        self, api: Api, duck: Warehouse
    ) -> None:
        api.routes |= {f"/{name}": lambda _: Answer(status=503) for name in "ab"}
        api.routes["/c"] = lambda _: {"data": [{"id": 1}]}
        report = duck.load(duck.connector(api.url, [items(name) for name in "abc"]))
        assert set(report.resources) == {"c"}
        assert all(isinstance(error, RestsrcError) for error in report.failed.values())

"""What a load leaves in the tables, through the real dlt, on real databases."""

import tempfile
from pathlib import Path
from typing import Any

import pytest

from restsrc_dagster_tests.load.blog import COMMENTS, POSTS, Blog
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.load.worker import KILLED
from restsrc_dagster_tests.support.api import Answer, Api
from restsrc_dagster_tests.support.connectors import items

POST_IDS = "SELECT id FROM acme.posts"
COMMENTS_OF_POSTS = "SELECT _posts_id, text FROM acme.comments"
TABLES = (
    "SELECT table_name FROM information_schema.tables "
    "WHERE table_schema = 'acme' AND NOT starts_with(table_name, '_dlt')"
)


class TestIncremental:
    def test_a_cursor_appends_only_what_is_new(self, blog: Blog, warehouse: Warehouse) -> None:
        acme = warehouse.connector(blog.url, [POSTS])
        blog.post(1, at=1)
        blog.post(2, at=2)
        report = warehouse.load(acme).resources["posts"]
        assert (report.rows_loaded, report.rows_in_table) == (2, 2)
        assert (report.cursor_before, report.cursor_after) == (None, 2)
        blog.post(3, at=3)
        report = warehouse.load(acme).resources["posts"]
        assert (report.rows_loaded, report.rows_in_table) == (1, 3)
        assert (report.cursor_before, report.cursor_after) == (2, 3)
        assert report.write_disposition == "append"
        assert blog.asked() == ["/posts", "/posts?since=2"]
        assert warehouse.values(POST_IDS) == [1, 2, 3]

    def test_a_later_version_of_a_row_is_appended(self, blog: Blog, duck: Warehouse) -> None:
        acme = duck.connector(blog.url, [POSTS])
        blog.post(1, at=1, title="a")
        duck.load(acme)
        blog.post(1, at=2, title="b")
        duck.load(acme)
        assert duck.rows("SELECT id, title FROM acme.posts") == [(1, "a"), (1, "b")]

    def test_another_row_with_the_last_cursor_is_not_missed(
        self, blog: Blog, duck: Warehouse
    ) -> None:
        acme = duck.connector(blog.url, [POSTS])
        blog.post(1, at=1)
        duck.load(acme)
        blog.post(2, at=1)
        duck.load(acme)
        assert duck.values(POST_IDS) == [1, 2]

    def test_nothing_new_changes_nothing(self, blog: Blog, warehouse: Warehouse) -> None:
        acme = warehouse.connector(blog.url, [POSTS, COMMENTS])
        blog.post(1, at=1, comments="ab")
        warehouse.load(acme)
        for _ in range(2):
            report = warehouse.load(acme)
            posts, comments = (report.resources[name] for name in ("posts", "comments"))
            assert (posts.rows_loaded, posts.rows_in_table, posts.cursor_after) == (0, 1, 1)
            assert (comments.rows_loaded, comments.rows_in_table) == (0, 2)
        assert warehouse.rows(COMMENTS_OF_POSTS) == [(1, "a"), (1, "b")]

    def test_an_api_without_any_rows_is_no_error(self, blog: Blog, duck: Warehouse) -> None:
        acme = duck.connector(blog.url, [POSTS, COMMENTS])
        for _ in range(2):
            posts = duck.load(acme).resources["posts"]
            assert (posts.rows_loaded, posts.rows_in_table, posts.cursor_after) == (0, None, None)
        blog.post(1, at=1)
        duck.load(acme)
        assert duck.values(POST_IDS) == [1]


class TestWriteDisposition:
    """What happens to rows where the configuration does not say."""

    def test_a_primary_key_merges(self, api: Api, duck: Warehouse) -> None:
        answers = iter([[(1, "a"), (2, "b")], [(2, "B"), (3, "c")]])
        api.routes["/items"] = lambda _: {
            "data": [{"id": key, "name": name} for key, name in next(answers)]
        }
        acme = duck.connector(api.url, [{**items(), "primary_key": "id"}])
        for _ in range(2):
            report = duck.load(acme)
        assert report.resources["items"].write_disposition == "merge"
        assert duck.rows("SELECT id, name FROM acme.items") == [(1, "a"), (2, "B"), (3, "c")]

    def test_a_primary_key_with_a_cursor_merges(self, blog: Blog, duck: Warehouse) -> None:
        acme = duck.connector(blog.url, [{**POSTS, "primary_key": "id"}])
        blog.post(1, at=1, title="a")
        blog.post(2, at=2, title="b")
        duck.load(acme)
        blog.post(1, at=3, title="A")
        duck.load(acme)
        assert duck.rows("SELECT id, title FROM acme.posts") == [(1, "A"), (2, "b")]

    def test_the_children_of_a_parent_that_is_read_again_replace_its_old_ones(
        self, blog: Blog, warehouse: Warehouse
    ) -> None:
        acme = warehouse.connector(blog.url, [POSTS, COMMENTS])
        blog.post(1, at=1, comments="ab")
        blog.post(2, at=2, comments="c")
        warehouse.load(acme)
        blog.asked()
        blog.post(1, at=3, comments="bd")
        report = warehouse.load(acme)
        assert report.resources["comments"].write_disposition == "merge"
        assert blog.asked() == ["/posts?since=2", "/posts/1/comments"]
        assert warehouse.rows(COMMENTS_OF_POSTS) == [(1, "b"), (1, "d"), (2, "c")]

    def test_equal_children_of_one_parent_are_all_kept(self, blog: Blog, duck: Warehouse) -> None:
        acme = duck.connector(blog.url, [POSTS, COMMENTS])
        blog.post(1, at=1, comments="aa")
        duck.load(acme)
        blog.post(1, at=2, comments="aab")
        duck.load(acme)
        assert duck.rows(COMMENTS_OF_POSTS) == [(1, "a"), (1, "a"), (1, "b")]

    def test_children_are_bound_by_a_nested_field(self, api: Api, duck: Warehouse) -> None:
        answers = iter(
            [
                [{"at": 1, "ref": {"Id": "x"}}, {"at": 2, "ref": {"Id": "y"}}],
                [{"at": 3, "ref": {"Id": "x"}}],
            ]
        )
        texts = iter(["ab", "c", "d"])
        api.routes["/posts"] = lambda _: {"data": next(answers)}
        api.routes |= {
            f"/posts/{key}/comments": lambda _: {"data": [{"text": one} for one in next(texts)]}
            for key in "xy"
        }
        comments = items("comments", path="posts/{resources.posts.ref.Id}/comments")
        acme = duck.connector(api.url, [POSTS, comments])
        for _ in range(2):
            duck.load(acme)
        assert duck.rows("SELECT _posts_ref__id, text FROM acme.comments") == [
            ("x", "d"),
            ("y", "c"),
        ]

    def test_children_are_bound_by_several_fields(self, api: Api, duck: Warehouse) -> None:
        every = [{"at": 1, "org": org, "id": number} for org, number in ("o1", "o2", "p1")]
        answers = iter([every, [{**every[0], "at": 2}]])
        api.routes["/posts"] = lambda _: {"data": next(answers)}
        texts = {
            "/o/1/comments": iter("ad"),
            "/o/2/comments": iter("b"),
            "/p/1/comments": iter("c"),
        }
        for path in texts:
            api.routes[path] = lambda asked: {"data": [{"text": next(texts[asked.path])}]}
        path = "{resources.posts.org}/{resources.posts.id}/comments"
        acme = duck.connector(api.url, [POSTS, items("comments", path=path)])
        for _ in range(2):
            duck.load(acme)
        assert duck.rows("SELECT _posts_org, _posts_id, text FROM acme.comments") == [
            ("o", "1", "d"),
            ("o", "2", "b"),
            ("p", "1", "c"),
        ]

    def test_without_key_cursor_or_incremental_parent_a_table_is_replaced(
        self, api: Api, duck: Warehouse
    ) -> None:
        parents = iter(["xy", "y"])
        api.routes["/items"] = lambda _: {"data": [{"id": key} for key in next(parents)]}
        api.routes |= {f"/items/{key}": lambda _: {"data": [{"text": "t"}]} for key in "xy"}
        child = items("children", path="items/{resources.items.id}", params={"full": "yes"})
        child["include_from_parent"] = ["id"]
        acme = duck.connector(api.url, [items(), child])
        for _ in range(2):
            report = duck.load(acme)
        assert {one.write_disposition for one in report.resources.values()} == {"replace"}
        assert duck.values("SELECT id FROM acme.items") == ["y"]
        assert duck.values("SELECT _items_id FROM acme.children") == ["y"]

    def test_what_the_configuration_names_holds(self, blog: Blog, duck: Warehouse) -> None:
        resources = [
            {**POSTS, "primary_key": "id", "write_disposition": "append"},
            {**COMMENTS, "write_disposition": "append", "include_from_parent": ["id"]},
        ]
        acme = duck.connector(blog.url, resources)
        blog.post(1, at=1, comments="a")
        duck.load(acme)
        blog.post(1, at=2, comments="b")
        duck.load(acme)
        assert duck.values(POST_IDS) == [1, 1]
        assert duck.rows(COMMENTS_OF_POSTS) == [(1, "a"), (1, "b")]


class TestSubset:
    """A selection, closed so that no cursor outruns its rows."""

    def test_a_child_alone_loads_its_incremental_parent_too(
        self, blog: Blog, duck: Warehouse
    ) -> None:
        acme = duck.connector(blog.url, [POSTS, COMMENTS])
        blog.post(1, at=1, comments="a")
        report = duck.load(acme, "comments")
        assert report.also_loaded == {"posts"}
        blog.post(2, at=2, comments="b")
        duck.load(acme)
        assert duck.values(POST_IDS) == [1, 2]
        assert duck.rows(COMMENTS_OF_POSTS) == [(1, "a"), (2, "b")]

    def test_an_incremental_parent_alone_loads_its_children_too(
        self, blog: Blog, duck: Warehouse
    ) -> None:
        acme = duck.connector(blog.url, [POSTS, COMMENTS])
        blog.post(1, at=1, comments="a")
        report = duck.load(acme, "posts")
        assert report.also_loaded == {"comments"}
        blog.post(2, at=2, comments="b")
        duck.load(acme, "comments")
        assert duck.values(POST_IDS) == [1, 2]
        assert duck.rows(COMMENTS_OF_POSTS) == [(1, "a"), (2, "b")]

    def test_a_child_alone_of_another_parent_only_reads_it(self, api: Api, duck: Warehouse) -> None:
        api.routes["/items"] = lambda _: {"data": [{"id": 1}]}
        api.routes["/items/1"] = lambda _: {"data": [{"text": "a"}]}
        acme = duck.connector(
            api.url, [items(), items("children", path="items/{resources.items.id}")]
        )
        report = duck.load(acme, "children")
        assert report.also_loaded == frozenset()
        assert api.paths() == ["/items", "/items/1"]
        assert duck.values("SELECT text FROM acme.children") == ["a"]
        assert duck.values(TABLES) == ["children"]

    def test_what_is_not_selected_is_not_asked_for(self, blog: Blog, duck: Warehouse) -> None:
        acme = duck.connector(blog.url, [POSTS, items("others")])
        blog.post(1, at=1)
        assert duck.load(acme, "posts").also_loaded == frozenset()
        assert blog.asked() == ["/posts"]

    def test_an_unselected_parent_is_read_and_moves_with_its_children(
        self, blog: Blog, duck: Warehouse
    ) -> None:
        acme = duck.connector(blog.url, [{**POSTS, "selected": False}, COMMENTS])
        blog.post(1, at=1, comments="a")
        duck.load(acme, "comments")
        blog.post(2, at=2, comments="b")
        duck.load(acme, "comments")
        assert duck.rows(COMMENTS_OF_POSTS) == [(1, "a"), (2, "b")]
        assert duck.values(TABLES) == ["comments"]


class TestFullRefresh:
    def test_of_everything_and_the_next_run_goes_on_from_it(
        self, blog: Blog, warehouse: Warehouse
    ) -> None:
        acme = warehouse.connector(blog.url, [POSTS, COMMENTS])
        blog.post(1, at=1, comments="a")
        blog.post(2, at=2, comments="b")
        warehouse.load(acme)
        blog.delete(1)
        blog.asked()
        report = warehouse.load(acme, refresh=["posts", "comments"])
        assert report.refreshed == {"posts", "comments"}
        assert blog.asked() == ["/posts", "/posts/2/comments"]
        assert warehouse.values(POST_IDS) == [2]
        assert warehouse.rows(COMMENTS_OF_POSTS) == [(2, "b")]
        blog.post(3, at=3, comments="c")
        assert warehouse.load(acme).refreshed == frozenset()
        assert blog.asked() == ["/posts?since=2", "/posts/3/comments"]
        assert warehouse.values(POST_IDS) == [2, 3]
        assert warehouse.rows(COMMENTS_OF_POSTS) == [(2, "b"), (3, "c")]

    def test_of_one_resource_leaves_the_others_at_their_cursors(
        self, blog: Blog, api: Api, duck: Warehouse
    ) -> None:
        events = items("events", incremental={"cursor_path": "n", "start_param": "since"})
        api.routes["/events"] = lambda _: {"data": [{"n": 7}]}
        acme = duck.connector(blog.url, [POSTS, events])
        blog.post(1, at=1)
        duck.load(acme)
        blog.asked()
        report = duck.load(acme, refresh=["posts"])
        assert report.refreshed == {"posts"}
        assert sorted(blog.asked()) == ["/events?since=7", "/posts"]
        assert duck.values(POST_IDS) == [1]
        assert duck.values("SELECT n FROM acme.events") == [7]
        duck.load(acme)
        assert sorted(blog.asked()) == ["/events?since=7", "/posts?since=1"]
        assert duck.values(POST_IDS) == [1]

    def test_of_a_child_reads_all_parents_and_touches_none(
        self, blog: Blog, duck: Warehouse
    ) -> None:
        acme = duck.connector(blog.url, [POSTS, COMMENTS])
        blog.post(1, at=1, comments="a")
        blog.post(2, at=2, comments="b")
        duck.load(acme)
        blog.delete(1)
        blog.asked()
        report = duck.load(acme, "comments", refresh=["comments"])
        assert (report.refreshed, set(report.resources)) == ({"comments"}, {"comments"})
        assert duck.values(POST_IDS) == [1, 2]
        assert duck.rows(COMMENTS_OF_POSTS) == [(2, "b")]
        blog.asked()
        duck.load(acme)
        assert blog.asked()[0] == "/posts?since=2"

    def test_before_anything_was_loaded_is_a_load(self, blog: Blog, duck: Warehouse) -> None:
        acme = duck.connector(blog.url, [POSTS])
        blog.post(1, at=1)
        duck.load(acme, refresh=["posts"])
        assert duck.load(acme).refreshed == frozenset()
        assert duck.values(POST_IDS) == [1]

    def test_that_cannot_read_leaves_everything_as_it_was(
        self, blog: Blog, api: Api, duck: Warehouse
    ) -> None:
        acme = duck.connector(blog.url, [POSTS])
        blog.post(1, at=1)
        duck.load(acme)
        posts = api.routes["/posts"]
        api.routes["/posts"] = lambda _: Answer(status=400)
        duck.failure(acme, refresh=["posts"])
        api.routes["/posts"] = posts
        blog.post(2, at=2)
        blog.asked()
        assert duck.load(acme).refreshed == frozenset()
        assert blog.asked() == ["/posts?since=1"]
        assert duck.values(POST_IDS) == [1, 2]

    @pytest.mark.parametrize(
        "die",
        [("complete_package", 1), ("load", 2), ("complete_package", 2)],
        ids=["in the intent", "before the load", "in the load"],
    )
    def test_killed_while_it_commits_is_finished_by_the_next_run(
        self, blog: Blog, duck: Warehouse, die: tuple[str, int]
    ) -> None:
        acme = duck.connector(blog.url, [POSTS, COMMENTS])
        blog.post(1, at=1, comments="ab")
        blog.post(2, at=2, comments="c")
        duck.load(acme)
        worker = duck.start(blog.url, [POSTS, COMMENTS], holder="run 1", refresh=["posts"], die=die)
        assert worker.wait(60) == KILLED
        blog.post(3, at=3, comments="d")
        report = duck.load(acme)
        intended = die != ("complete_package", 1)
        assert report.refreshed == ({"posts", "comments"} if intended else set())
        assert duck.load(acme).refreshed == frozenset()
        assert duck.values(POST_IDS) == [1, 2, 3]
        assert duck.rows(COMMENTS_OF_POSTS) == [(1, "a"), (1, "b"), (2, "c"), (3, "d")]


INSERT_POST = 'INSERT INTO acme.posts (id, "at", _dlt_load_id, _dlt_id) VALUES'
NESTED = [{"n": 1, "deep": [1, 2]}, {"n": 2, "deep": [3]}]


class TestBrokenLoad:
    """dlt commits table by table: a load that is killed leaves rows, and its cursor behind."""

    @pytest.mark.parametrize(
        ("first", "point", "removed"),
        [(True, "complete_package", 1), (False, "complete_package", 1), (False, "nested first", 0)],
        ids=[
            "all is there in the first",
            "all is there in a later one",
            "nested rows are there, and nothing tells of which load",
        ],
    )
    def test_a_killed_load_is_loaded_again_without_doubles(
        self, blog: Blog, warehouse: Warehouse, point: str, removed: int, first: bool
    ) -> None:
        acme = warehouse.connector(blog.url, [POSTS])
        if not first:
            blog.post(1, at=1, tags=NESTED)
            warehouse.load(acme)
        blog.post(2, at=2, tags=NESTED)
        worker = warehouse.start(blog.url, [POSTS], holder="run 1", die=(point, 1))
        assert worker.wait(60) == KILLED
        assert warehouse.values(POST_IDS).count(2) == removed
        report = warehouse.load(acme)
        assert report.removed_rows == removed
        kept = [2] if first else [1, 2]
        assert warehouse.values(POST_IDS) == kept
        assert warehouse.values("SELECT n FROM acme.posts__tags") == sorted([1, 2] * len(kept))
        assert warehouse.values("SELECT value FROM acme.posts__tags__deep") == sorted(
            [1, 2, 3] * len(kept)
        )
        assert warehouse.values("SELECT DISTINCT status FROM acme._dlt_loads") == [0]
        assert warehouse.load(acme).removed_rows == 0

    def test_only_rows_of_unknown_later_loads_are_removed(
        self, blog: Blog, warehouse: Warehouse
    ) -> None:
        acme = warehouse.connector(blog.url, [POSTS])
        blog.post(1, at=1, tags=NESTED)
        warehouse.load(acme)
        blog.post(2, at=2, tags=NESTED)
        warehouse.load(acme)
        (first_load, _) = sorted(warehouse.values("SELECT load_id FROM acme._dlt_loads"))
        warehouse.execute(
            f"DELETE FROM acme._dlt_loads WHERE load_id = '{first_load}'",
            f"{INSERT_POST} (90, 0, '1.0', 'older')",
            f"{INSERT_POST} (91, 9, '9999999999.9', 'later')",
            "INSERT INTO acme.posts__tags (n, _dlt_parent_id, _dlt_list_idx, _dlt_id) "
            "VALUES (91, 'later', 0, 'tag')",
            "INSERT INTO acme.posts__tags__deep (value, _dlt_parent_id, _dlt_list_idx, _dlt_id) "
            "VALUES (91, 'tag', 0, 'deep')",
        )
        blog.post(3, at=3)
        report = warehouse.load(acme)
        assert report.removed_rows == 1
        assert warehouse.values(POST_IDS) == [1, 2, 3, 90]
        assert warehouse.values("SELECT n FROM acme.posts__tags") == [1, 1, 2, 2]
        assert warehouse.values("SELECT value FROM acme.posts__tags__deep") == [1, 1, 2, 2, 3, 3]

    def test_also_of_resources_that_this_run_does_not_load(
        self, blog: Blog, api: Api, duck: Warehouse
    ) -> None:
        api.routes["/others"] = lambda _: {"data": [{"id": 1}]}
        acme = duck.connector(blog.url, [POSTS, items("others")])
        blog.post(1, at=1)
        duck.load(acme)
        duck.execute(f"{INSERT_POST} (2, 9, '9999999999.9', 'later')")
        assert duck.load(acme, "others").removed_rows == 1
        assert duck.values(POST_IDS) == [1]

    def test_also_where_a_nested_table_is_only_hinted_at(
        self, blog: Blog, warehouse: Warehouse
    ) -> None:
        hints = {"tags": {"columns": {"n": {"name": "n", "data_type": "bigint"}}}}
        acme = warehouse.connector(blog.url, [{**POSTS, "nested_hints": hints}])
        blog.post(1, at=1)
        warehouse.load(acme)
        warehouse.execute(f"{INSERT_POST} (2, 9, '9999999999.9', 'later')")
        assert warehouse.load(acme).removed_rows == 1
        assert warehouse.values(POST_IDS) == [1]


class TestWorkingFolder:
    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Where temporary folders are made."""
        folder = tmp_path / "temporary"
        folder.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
        return folder

    def test_is_gone_after_a_load_and_after_a_failure(
        self, blog: Blog, api: Api, duck: Warehouse, folder: Path
    ) -> None:
        acme = duck.connector(blog.url, [POSTS])
        seen: list[Path] = []
        posts = api.routes["/posts"]

        def look(asked: Any) -> Any:
            seen.extend(folder.iterdir())
            return posts(asked)

        api.routes["/posts"] = look
        blog.post(1, at=1)
        duck.load(acme)
        duck.load(acme, refresh=["posts"])
        assert seen
        assert list(folder.iterdir()) == []
        api.routes["/posts"] = lambda _: Answer(status=400)
        duck.failure(acme)
        assert list(folder.iterdir()) == []

    def test_is_not_where_dlt_keeps_pipelines(
        self, blog: Blog, duck: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        home = tmp_path / "home"
        monkeypatch.setenv("DLT_DATA_DIR", str(home))
        blog.post(1, at=1)
        duck.load(duck.connector(blog.url, [POSTS]))
        assert not (home / "pipelines" / "acme").exists()

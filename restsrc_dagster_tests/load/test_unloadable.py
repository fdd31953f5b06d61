"""What only shows when dlt normalizes, or at the destination: it fails its resource alone."""

import errno
from dataclasses import replace
from typing import Any

import pytest
from dlt.common.storages import ParsedLoadJobFileName
from dlt.normalize import normalize
from dlt.normalize.exceptions import NormalizeJobFailed

from restsrc_dagster.errors import DestinationUnavailable, ReadError
from restsrc_dagster_tests.load.blog import COMMENTS, POSTS, Blog
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Api, Asked
from restsrc_dagster_tests.support.connectors import items

SENT = {"cursor_path": "at", "initial_value": 0, "start_param": "since", "row_order": "asc"}
LINKED = {"type": "json_link", "next_url_path": "next"}
GOOD = {"v": 1, "v__v_text": 1}
"""The column for texts in `v` is one for numbers, which shows when dlt looks for it."""
BAD = {"v": "somebody@example.com"}
TOLD = (
    "a record has text as v__v_text, and that column of {} is bigint; give it a type that holds "
    'both, "columns": {{"v__v_text": {{"data_type": "text"}}}}, and read the resource again with '
    'full_refresh, or keep such records out: "processing_steps": [{{"filter": "…"}}]'
)
PAGE = 10


class Lists:
    """Lists that grow, by the names of their resources; `bad` is what some records have instead."""

    def __init__(self, api: Api, *names: str) -> None:
        self.last = 2
        self.bad: dict[tuple[str, int], dict[str, Any]] = {}
        self.announces = False
        self._api = api
        api.routes |= {f"/{name}": self._answer for name in names}

    def record(self, name: str, number: int) -> dict[str, Any]:
        return {"id": number, "at": number, **self.bad.get((name, number), GOOD)}

    def _answer(self, asked: Asked) -> Any:
        since, page = int(asked.params.get("since", 0)), int(asked.params.get("page", 0))
        found = range(max(since, 1), self.last + 1)
        name = asked.path.removeprefix("/")
        answer: dict[str, Any] = {
            "data": [self.record(name, one) for one in found[page * PAGE : (page + 1) * PAGE]]
        }
        if len(found) > (page + 1) * PAGE:
            answer["next"] = f"{asked.path}?since={since}&page={page + 1}"
        if self.announces:
            answer["total"] = len(found)
        return answer

    def asked(self) -> dict[str, int]:
        """How often each list was asked for, since the last time."""
        paths = self._api.paths()
        self._api.asked.clear()
        return {path.removeprefix("/"): paths.count(path) for path in paths}


def by_cursor(name: str, **hints: Any) -> dict[str, Any]:
    return items(name, incremental=SENT, paginator=LINKED) | {"primary_key": "id"} | hints


def ids(warehouse: Warehouse, table: str) -> list[int]:
    return warehouse.values(f"SELECT id FROM acme.{table}")


@pytest.fixture
def lists(api: Api) -> Lists:
    return Lists(api, "items", "others", "more")


class TestNormalizing:
    def test_the_others_are_loaded_and_the_next_run_delivers_what_was_missed(
        self, api: Api, lists: Lists, warehouse: Warehouse
    ) -> None:
        acme = warehouse.connector(api.url, [by_cursor("items"), by_cursor("others")])
        warehouse.load(acme)
        lists.last, lists.bad = 5, {("items", 4): BAD}
        said: list[str] = []
        report = warehouse.load(acme, on_message=said.append)
        assert {name: str(error) for name, error in report.failed.items()} == {
            "items": f"items: {TOLD.format('items')}"
        }
        assert isinstance(report.failed["items"], ReadError)
        assert "items cannot be loaded: what else there is, is read once more" in said
        assert report.resources["others"].rows_loaded == 4, "the two last times, and two new"
        assert (ids(warehouse, "items"), ids(warehouse, "others")) == ([1, 2], [1, 2, 3, 4, 5])

        lists.bad, api.asked[:] = {}, []
        report = warehouse.load(acme)
        assert not report.failed
        assert {asked.params["since"] for asked in api.asked if asked.path == "/items"} == {"2"}
        assert (ids(warehouse, "items"), ids(warehouse, "others")) == ([1, 2, 3, 4, 5],) * 2

    def test_in_the_very_first_run(self, api: Api, lists: Lists, warehouse: Warehouse) -> None:
        acme = warehouse.connector(api.url, [by_cursor("items"), by_cursor("others")])
        lists.bad = {("items", 2): BAD}
        assert set(warehouse.load(acme).failed) == {"items"}
        assert ids(warehouse, "others") == [1, 2]
        lists.bad = {}
        assert warehouse.load(acme).resources["items"].rows_loaded == 2

    def test_all_who_cannot_be_loaded_are_found_at_once(
        self, api: Api, lists: Lists, duck: Warehouse
    ) -> None:
        resources = [by_cursor(name) for name in ("items", "others", "more")]
        lists.bad = {("items", 2): BAD, ("more", 1): GOOD, ("more", 2): BAD}
        report = duck.load(duck.connector(api.url, resources))
        assert set(report.failed) == {"items", "more"}
        assert ids(duck, "others") == [1, 2]
        assert lists.asked() == {"items": 1, "others": 2, "more": 1}

    def test_when_all_fail_nothing_is_committed(
        self, api: Api, lists: Lists, duck: Warehouse
    ) -> None:
        acme = duck.connector(api.url, [by_cursor("items"), by_cursor("others")])
        duck.load(acme)
        loads = duck.rows("SELECT * FROM acme._dlt_loads")
        lists.last, lists.bad = 3, {("items", 3): BAD, ("others", 3): BAD}
        assert set(duck.load(acme).failed) == {"items", "others"}
        assert duck.rows("SELECT * FROM acme._dlt_loads") == loads

    def test_which_table_it_is_shows_only_beside_another_one(
        self, api: Api, lists: Lists, duck: Warehouse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        normalized = normalize.w_normalize_files

        def not_side_by_side(*args: Any, **keys: Any) -> Any:
            files = args[5]
            tables = {ParsedLoadJobFileName.parse(file).table_name for file in files}
            if {"items", "others"} <= tables:
                raise NormalizeJobFailed(args[4], "", "not side by side", [])
            return normalized(*args, **keys)

        monkeypatch.setattr(normalize, "w_normalize_files", not_side_by_side)
        resources = [items(name) for name in ("items", "more", "others")]
        report = duck.load(duck.connector(api.url, resources))
        assert set(report.failed) == {"others"}
        assert ids(duck, "items") == ids(duck, "more") == [1, 2]

    def test_what_nobody_has_thought_of_is_told_without_data(
        self, api: Api, lists: Lists, duck: Warehouse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A column of dlt's own stands for it here, as if it were not refused before."""
        monkeypatch.setattr("restsrc_dagster.extract.records.tables.refuse_own", lambda *_: None)
        lists.bad = {("items", 1): {"_dlt_id": 5}}
        report = duck.load(duck.connector(api.url, [items(), items("others")]))
        assert set(report.resources) == {"others"}
        assert str(report.failed["items"]) == (
            "items: a value of its records cannot become a row of items (ArrowInvalid: Column … is "
            "declared non-nullable but contains nulls); take out the field that has changed by "
            "processing_steps, or give its column another type in columns"
        )

    def test_in_processes_of_their_own(
        self, api: Api, lists: Lists, duck: Warehouse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NORMALIZE__WORKERS", "2")
        lists.bad = {("items", 2): BAD}
        report = duck.load(duck.connector(api.url, [items(), items("others"), items("more")]))
        assert set(report.failed) == {"items"}
        assert "somebody" not in str(report.failed["items"])
        assert ids(duck, "others") == ids(duck, "more") == [1, 2]

    @pytest.mark.parametrize("system", [OSError(errno.ENOSPC, "No space left"), MemoryError()])
    def test_what_is_nobodys_fault_fails_the_run(
        self, api: Api, lists: Lists, duck: Warehouse, monkeypatch: pytest.MonkeyPatch, system: Any
    ) -> None:
        acme = duck.connector(api.url, [by_cursor("items"), by_cursor("others")])
        duck.load(acme)
        monkeypatch.setattr("restsrc_dagster.load.columns.normalizer.tables_of", _raising(system))
        lists.asked()
        with pytest.raises((DestinationUnavailable, ReadError)):
            duck.load(acme)
        assert lists.asked() == {"items": 1, "others": 1}


class TestFamilies:
    def test_a_parent_without_cursor_is_loaded_without_its_child(
        self, api: Api, blog: Blog, duck: Warehouse
    ) -> None:
        acme = duck.connector(blog.url, [items("posts"), COMMENTS])
        blog.post(1, at=1)
        api.routes["/posts/1/comments"] = lambda _: {"data": [GOOD, BAD]}
        report = duck.load(acme)
        assert set(report.failed) == {"comments"}
        assert duck.values("SELECT id FROM acme.posts") == [1]

    def test_what_hangs_on_one_cursor_fails_together_and_nothing_is_lost(
        self, api: Api, blog: Blog, lists: Lists, warehouse: Warehouse
    ) -> None:
        notes = {**COMMENTS, "name": "notes"}
        acme = warehouse.connector(blog.url, [POSTS, COMMENTS, notes, by_cursor("others")])
        for number in (1, 2):
            blog.post(number, at=number)
            api.routes[f"/posts/{number}/comments"] = lambda _: {"data": [GOOD]}
        warehouse.load(acme)
        blog.post(3, at=3)
        api.routes["/posts/3/comments"] = lambda _: {"data": [BAD]}
        report = warehouse.load(acme)
        assert set(report.resources) == {"others"}
        told = str(report.failed["posts"])
        assert told.startswith("posts: comments failed, and both hang on one cursor: a record has")
        assert warehouse.values("SELECT id FROM acme.posts") == [1, 2]

        api.routes["/posts/3/comments"] = lambda _: {"data": [GOOD]}
        assert not warehouse.load(acme).failed
        assert warehouse.values("SELECT id FROM acme.posts") == [1, 2, 3]
        assert warehouse.values("SELECT _posts_id FROM acme.comments") == [1, 2, 3]

    def test_children_by_a_field_that_is_kept_whole(
        self, api: Api, lists: Lists, duck: Warehouse
    ) -> None:
        """The field by which they are replaced lies in an object of their parent."""
        texts = ["a", "b"]
        post = {"id": 1, "at": 1, "meta": {"id": 7}}
        api.routes["/posts"] = lambda _: {"data": [post]}
        api.routes["/posts/7/comments"] = lambda _: {"data": [{"text": text} for text in texts]}
        comments = items("comments", path="posts/{resources.posts.meta.id}/comments")
        acme = duck.connector(
            api.url, [POSTS, comments | {"max_table_nesting": 0}, items("others")]
        )
        assert not duck.load(acme).failed
        assert duck.values("SELECT text FROM acme.comments") == texts
        texts[:], post["at"] = ["c"], 2
        assert not duck.load(acme).failed
        assert duck.values("SELECT text FROM acme.comments") == texts

    def test_a_late_child_is_late_again(self, api: Api, blog: Blog, duck: Warehouse) -> None:
        blog.post(1, at=1)
        duck.load(duck.connector(blog.url, [POSTS]))
        acme = duck.connector(blog.url, [POSTS, COMMENTS])
        blog.post(2, at=2)
        api.routes |= {f"/posts/{n}/comments": lambda _: {"data": [GOOD, BAD]} for n in (1, 2)}
        report = duck.load(acme)
        assert (set(report.resources), set(report.failed)) == ({"posts"}, {"comments"})
        api.routes |= {f"/posts/{n}/comments": lambda _: {"data": [GOOD]} for n in (1, 2)}
        assert duck.load(acme).late == {"comments"}
        assert duck.values("SELECT _posts_id FROM acme.comments") == [1, 2]
        blog.asked()
        duck.load(acme)
        assert blog.asked()[0] == "/posts?since=2"


class TestChunks:
    @pytest.fixture
    def small(self, duck: Warehouse) -> Warehouse:
        """Commits what has reached 25 records; one page is asked for after the other."""
        settings = replace(duck.settings, commit_after_records=25)
        return replace(duck, settings=settings, http={"max_concurrency": 1})

    def test_what_was_committed_before_stays_and_the_others_come_once(
        self, api: Api, lists: Lists, small: Warehouse
    ) -> None:
        resources = [by_cursor(name, write_disposition="append") for name in ("items", "others")]
        acme = small.connector(api.url, resources)
        lists.last, lists.bad, lists.announces = 100, {("items", 77): BAD}, True
        report = small.load(acme)
        told = str(report.failed["items"])
        assert "rows that were read before are committed, and the next run goes on" in told
        committed = ids(small, "items")
        assert committed == list(range(1, len(committed) + 1))
        assert 50 <= len(committed) < 77
        others = report.resources["others"]
        assert ids(small, "others") == list(range(1, 101))
        assert (others.rows_loaded, others.rows_in_table) == (100, 100)
        assert others.warnings == []

        lists.bad = {}
        report = small.load(acme)
        assert not report.failed
        assert ids(small, "items") == list(range(1, 101))
        assert ids(small, "others") == list(range(1, 101))

    def test_pages_with_numbers(self, api: Api, small: Warehouse) -> None:
        records = {
            name: [{"id": one, **GOOD} for one in range(100)] for name in ("items", "others")
        }

        def answer(asked: Asked) -> Any:
            start = (int(asked.params["page"]) - 1) * PAGE
            return {"data": records[asked.path.removeprefix("/")][start : start + PAGE]}

        api.routes |= {"/items": answer, "/others": answer}
        numbered = {"type": "page_number", "base_page": 1, "total_path": None}
        acme = small.connector(
            api.url,
            [items(name, paginator=numbered) | {"primary_key": "id"} for name in records],
        )
        records["items"][63] |= BAD
        report = small.load(acme)
        assert set(report.failed) == {"items"}
        assert ids(small, "others") == list(range(100))
        assert report.resources["others"].rows_loaded == 100
        assert len(ids(small, "items")) >= 30
        records["items"][63] |= GOOD
        assert not small.load(acme).failed
        assert ids(small, "items") == list(range(100))


class TestRefresh:
    def test_of_two_the_one_that_fails_keeps_its_rows_and_its_cursor(
        self, api: Api, lists: Lists, warehouse: Warehouse
    ) -> None:
        acme = warehouse.connector(api.url, [by_cursor("items"), by_cursor("others")])
        warehouse.load(acme)
        lists.last, lists.bad = 4, {("items", 4): BAD}
        report = warehouse.load(acme, refresh=["items", "others"])
        assert (report.refreshed, set(report.failed)) == ({"others"}, {"items"})
        assert (ids(warehouse, "items"), ids(warehouse, "others")) == ([1, 2], [1, 2, 3, 4])
        lists.bad = {}
        assert not warehouse.load(acme).failed
        assert ids(warehouse, "items") == [1, 2, 3, 4]


class TestTheDestination:
    """What a person has forbidden there; `v` must not be 13."""

    @pytest.mark.parametrize(
        "hints",
        [{}, {"write_disposition": "append"}],
        ids=["merge", "append"],
    )
    def test_it_refuses_rows_of_one_table(
        self, api: Api, lists: Lists, elephant: Warehouse, hints: Any
    ) -> None:
        resources = [by_cursor(name, **hints) for name in ("items", "others")]
        resources += [items("more") | {"write_disposition": "replace"}]
        acme = elephant.connector(api.url, resources)
        elephant.load(acme)
        elephant.execute("ALTER TABLE acme.items ADD CHECK (v <> 13)")
        lists.last, lists.bad = 5, {("items", 4): {"v": 13}, ("others", 4): {"l": [1, 2]}}
        report = elephant.load(acme)
        (told,) = map(str, report.failed.values())
        assert told.startswith("items: the destination refuses rows of items: new row for relation")
        assert "items_v_check" in told
        assert "13" not in told, "what the row holds is somebody's data"
        assert ids(elephant, "items") == [1, 2]
        assert ids(elephant, "others") == ids(elephant, "more") == [1, 2, 3, 4, 5]
        assert elephant.values("SELECT value FROM acme.others__l") == [1, 2]
        assert report.resources["others"].rows_in_table == 5

        elephant.execute("ALTER TABLE acme.items DROP CONSTRAINT items_v_check")
        report = elephant.load(acme)
        assert not report.failed
        assert ids(elephant, "items") == ids(elephant, "others") == [1, 2, 3, 4, 5]
        assert elephant.values("SELECT value FROM acme.others__l") == [1, 2]

    def test_a_table_that_is_replaced_was_emptied_and_that_is_told(
        self, api: Api, lists: Lists, elephant: Warehouse
    ) -> None:
        acme = elephant.connector(api.url, [items(), by_cursor("others")])
        elephant.load(acme)
        elephant.execute("ALTER TABLE acme.items ADD CHECK (v <> 13)")
        lists.last, lists.bad = 3, {("items", 3): {"v": 13}}
        told = str(elephant.load(acme).failed["items"])
        assert told.endswith("; the rows that it had are gone, as it is replaced in each run")
        assert (ids(elephant, "items"), ids(elephant, "others")) == ([], [1, 2, 3])

    def test_a_table_that_is_new_with_the_others_is_there_once(
        self, api: Api, lists: Lists, elephant: Warehouse
    ) -> None:
        """The load that broke has made it, and may have filled it."""
        elephant.load(elephant.connector(api.url, [by_cursor("items")]))
        elephant.execute("ALTER TABLE acme.items ADD CHECK (v <> 13)")
        lists.last, lists.bad = 3, {("items", 3): {"v": 13}, ("more", 1): {"l": [1]}}
        resources = [by_cursor("items"), items("more") | {"write_disposition": "append"}]
        assert set(elephant.load(elephant.connector(api.url, resources)).failed) == {"items"}
        assert ids(elephant, "more") == [1, 2, 3]
        assert elephant.values("SELECT value FROM acme.more__l") == [1]

    def test_it_refuses_all_tables(self, api: Api, elephant: Warehouse) -> None:
        """Which has a cause that is no resource's own."""
        names = [f"r{number}" for number in range(3)]
        lists = Lists(api, *names)
        acme = elephant.connector(api.url, [by_cursor(name) for name in names])
        elephant.load(acme)
        for name in names:
            elephant.execute(f"ALTER TABLE acme.{name} ADD CHECK (v <> 13)")
        lists.last, lists.bad = 3, {(name, 3): {"v": 13} for name in names}
        report = elephant.load(acme)
        assert set(report.failed) == set(names)
        assert [ids(elephant, name) for name in names] == [[1, 2]] * 3


def _raising(error: BaseException) -> Any:
    def raises(*_: object, **__: object) -> None:
        raise error

    return raises

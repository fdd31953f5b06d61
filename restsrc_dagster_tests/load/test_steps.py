"""What processing steps leave in the tables, and what they leave nowhere."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from restsrc_dagster_tests.load.blog import COMMENTS, POSTS, Blog
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import items

MARKER = "pErSoNaL-7d1f0c"
CONTROL = "cOnTrOl-52ab91"


def with_steps(resource: dict[str, Any], *steps: Any, **keys: Any) -> dict[str, Any]:
    return {**resource, **keys, "processing_steps": list(steps)}


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_filter_map_and_hash_in_the_table(api: Api, warehouse: Warehouse) -> None:
    api.routes["/items"] = lambda _: {
        "data": [
            {"id": 1, "status": "ok", "email": "a", "amount": {"value": 5}},
            {"id": 2, "status": "deleted", "email": "b"},
            {"id": 3, "status": "ok", "email": None, "amount": {"value": 7}},
        ]
    }
    steps = (
        {"filter": "status != 'deleted'"},
        {"map": {"exclude": ["status"], "hash": ["email"]}},
        {"map": "{id: id, email: email, total: amount.value}"},
    )
    report = warehouse.load(warehouse.connector(api.url, [with_steps(items(), *steps)]))
    assert report.resources["items"].rows_loaded == 2
    assert set(report.resources["items"].columns) - {"_dlt_id", "_dlt_load_id"} == {
        "id", "email", "total",
    }  # fmt: skip
    rows = warehouse.rows("SELECT id, email, total FROM acme.items")
    assert rows == [(1, sha("a"), 5), (3, None, 7)]


def test_a_yield_map_loads_the_lines(api: Api, duck: Warehouse) -> None:
    lines = [{"sku": "a"}, {"sku": "b"}]
    api.routes["/items"] = lambda _: {"data": [{"id": 1, "lines": lines}, {"id": 2}]}
    step = {"yield_map": "lines[*].{sku: sku}"}
    duck.load(duck.connector(api.url, [with_steps(items(), step)]))
    assert duck.values("SELECT sku FROM acme.items") == ["a", "b"]


def test_rows_are_merged_by_a_hashed_key(api: Api, duck: Warehouse) -> None:
    names = iter(["old", "new"])
    api.routes["/items"] = lambda _: {"data": [{"mail": "a", "name": next(names)}]}
    resource = with_steps(items(), {"map": {"hash": ["mail"]}}, primary_key="mail")
    for _ in range(2):
        duck.load(duck.connector(api.url, [resource]))
    assert duck.rows("SELECT mail, name FROM acme.items") == [(sha("a"), "new")]


def test_a_filter_holds_no_cursor_back_and_loses_nothing(blog: Blog, duck: Warehouse) -> None:
    """The cursor is that of the records which are loaded: what was dropped is read again."""
    acme = duck.connector(blog.url, [with_steps(POSTS, {"filter": "final"})])
    blog.post(1, at=1, final=True)
    blog.post(2, at=2)
    assert duck.load(acme).resources["posts"].cursor_after == 1
    blog.post(2, at=3, final=True)
    duck.load(acme)
    assert blog.asked() == ["/posts", "/posts?since=1"]
    assert duck.values("SELECT id FROM acme.posts") == [1, 2]


def test_children_are_replaced_though_a_map_does_not_name_their_parent(
    blog: Blog, duck: Warehouse
) -> None:
    comments = with_steps(COMMENTS, {"map": "{text: text, loud: text == 'B'}"})
    acme = duck.connector(blog.url, [POSTS, comments])
    blog.post(1, at=1, comments="ab")
    blog.post(2, at=2, comments="c")
    duck.load(acme)
    blog.post(1, at=3, comments="B")
    duck.load(acme)
    found = duck.rows("SELECT _posts_id, text, loud FROM acme.comments")
    assert found == [(1, "B", True), (2, "c", False)]


def test_a_cursor_that_a_map_has_lost_moves_nothing(api: Api, duck: Warehouse) -> None:
    cursor = {"cursor_path": "at", "initial_value": 0, "on_cursor_value_missing": "exclude"}
    api.routes["/items"] = lambda _: {"data": [{"id": 1, "at": 5, "in": {"id": 1}}]}
    resource = items(incremental=cursor)
    lost = duck.connector(api.url, [with_steps(resource, {"map": "in"})])
    assert "items: the processing_steps drop at, the cursor" in duck.failure(lost)
    report = duck.load(duck.connector(api.url, [resource])).resources["items"]
    assert (report.cursor_before, report.rows_loaded) == (None, 1)


@pytest.mark.parametrize("form", ["exclude", "hash", "map"])
def test_personal_data_is_kept_nowhere(
    api: Api, duck: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """Neither in the database nor in the files of dlt, which a run would delete."""
    people = [
        {"id": 1, "at": 1, "name": CONTROL, "email": MARKER, "contacts": [{"phone": MARKER}]},
        {"id": 2, "at": 1, "name": CONTROL, "email": MARKER, "contacts": [{"phone": MARKER}]},
    ]
    hidden = ["email", "contacts[*].phone"]
    step: Any = {"map": {form: hidden} if form != "map" else "{id: id, at: at, name: name}"}
    api.routes["/people"] = lambda _: {"data": people}
    api.routes["/people/1/notes"] = api.routes["/people/2/notes"] = lambda _: {"data": [{"a": 1}]}
    cursor = {"cursor_path": "at", "initial_value": 0}
    resources = [
        with_steps(items("people", incremental=cursor), step),
        items("notes", path="people/{resources.people.id}/notes"),
    ]

    @contextmanager
    def kept_folder(prefix: str) -> Iterator[str]:
        folder = tmp_path / "work"
        folder.mkdir()
        yield str(folder)

    monkeypatch.setattr("tempfile.TemporaryDirectory", kept_folder)
    duck.load(duck.connector(api.url, resources))
    assert len(duck.values("SELECT id FROM acme.people")) == 2
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    found = {path: path.read_bytes() for path in files}
    assert [path for path, content in found.items() if MARKER.encode() in content] == []
    holding = [path for path, content in found.items() if CONTROL.encode() in content]
    assert {path.suffix for path in holding} >= {".duckdb", ".parquet"}, "the search finds"
    assert "state.json" in {path.name for path in files}

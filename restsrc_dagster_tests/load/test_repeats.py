"""Keys that come again: told, whatever the disposition, the page size or the distance."""

from typing import Any

import pytest

from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Api, Asked
from restsrc_dagster_tests.support.connectors import items

NUMBERED = {"type": "page_number", "base_page": 1, "total_path": None}
LINKED = {"type": "json_link", "next_url_path": "next"}
ENDPOINT = {"path": "items", "data_selector": "data", "paginator": NUMBERED}
HINTS: dict[str, dict[str, Any]] = {
    "replace": {"write_disposition": "replace"},
    "append": {"write_disposition": "append"},
    "merge": {"write_disposition": "merge"},
}


def listed(api: Api, records: list[dict[str, Any]], size: int, **answer: Any) -> None:
    def page(asked: Asked) -> Any:
        number = int(asked.params.get("page", 1))
        more = {"next": f"/items?page={number + 1}"} if records[number * size :] else {}
        return {"data": records[(number - 1) * size : number * size], **more, **answer}

    api.routes["/items"] = page


def told(duck: Warehouse, api: Api, paginator: dict[str, Any], **hints: Any) -> list[str]:
    resource = {**items(paginator=paginator), "primary_key": "id", **hints}
    report = duck.load(duck.connector(api.url, [resource]))
    assert not report.failed
    return report.resources["items"].warnings


@pytest.mark.parametrize("hints", HINTS.values(), ids=HINTS)
@pytest.mark.parametrize(("size", "distance"), [(1, 20), (7, 1)], ids=str)
def test_the_same_record_again(
    api: Api, duck: Warehouse, hints: dict[str, Any], size: int, distance: int
) -> None:
    records: list[dict[str, Any]] = [{"id": number, "v": "a"} for number in range(30)]
    records.insert(5 + distance, dict(records[5]))
    listed(api, records, size)
    (line,) = told(duck, api, LINKED, **hints)
    assert line.startswith("1 records came twice, and were loaded once")
    assert duck.values("SELECT id FROM acme.items") == list(range(30))


@pytest.mark.parametrize("hints", HINTS.values(), ids=HINTS)
@pytest.mark.parametrize("size", [1, 7], ids="{} a page".format)
@pytest.mark.parametrize("distance", [1, 20])
def test_another_record_of_the_same_key(
    api: Api, duck: Warehouse, hints: dict[str, Any], size: int, distance: int
) -> None:
    records: list[dict[str, Any]] = [{"id": number, "v": "a"} for number in range(30)]
    records.insert(5 + distance, {"id": 5, "v": "b"})
    listed(api, records, size)
    (line,) = told(duck, api, LINKED, **hints)
    assert line.startswith("1 records have the primary key of another one, and differ from it")
    kept = duck.values("SELECT v FROM acme.items WHERE id = 5")
    assert kept == (["b"] if hints["write_disposition"] == "merge" else ["a", "b"])


@pytest.mark.parametrize("size", [3, 50])
@pytest.mark.parametrize(("at", "is_told"), [(5, True), (4, False), (6, False)], ids=str)
def test_a_cursor_that_does_not_say_which_is_newer(
    api: Api, duck: Warehouse, size: int, at: int, is_told: bool
) -> None:
    records: list[dict[str, Any]] = [{"id": number, "at": number} for number in range(30)]
    records.insert(20, {"id": 5, "at": at, "v": "b"})
    records.insert(2, {"id": 5, "at": 1})
    listed(api, records, size)
    endpoint = {**items(paginator=LINKED)["endpoint"], "incremental": {"cursor_path": "at"}}
    lines = told(duck, api, LINKED, endpoint=endpoint)
    assert [line.split(",")[0] for line in lines] == [
        "1 records have the primary key of another one"
    ] * is_told
    assert duck.values('SELECT "at" FROM acme.items WHERE id = 5') == [max(at, 5)]


def test_of_numbered_pages_others_may_be_missing(api: Api, duck: Warehouse) -> None:
    records: list[dict[str, Any]] = [{"id": number} for number in range(10)]
    records.insert(6, dict(records[2]))
    listed(api, records, 2)
    (line,) = told(duck, api, NUMBERED)
    assert line.endswith("others may have been passed over")


def test_distinct_keys_are_compared_with_the_total(api: Api, duck: Warehouse) -> None:
    records: list[dict[str, Any]] = [{"id": number} for number in range(10)]
    records[7] = dict(records[2])
    listed(api, records, 2, total=10)
    lines = told(duck, api, LINKED)
    assert "the API announces 10 records and gave 9" in lines


def test_a_key_that_is_unique_only_within_its_parent(api: Api, duck: Warehouse) -> None:
    api.routes["/posts"] = lambda _: {"data": [{"id": 1}, {"id": 2}]}
    for post in (1, 2):
        api.routes[f"/posts/{post}/comments"] = lambda _, post=post: {
            "data": [{"id": one, "text": f"{post}.{one}"} for one in range(3)]
        }
    comments = items("comments", path="posts/{resources.posts.id}/comments")
    acme = duck.connector(api.url, [items("posts"), {**comments, "primary_key": "id"}])
    (line,) = duck.load(acme).resources["comments"].warnings
    assert line.startswith("3 records have the primary key of a record of another parent")
    cure = {"include_from_parent": ["id"], "primary_key": ["_posts_id", "id"]}
    assert '"include_from_parent": ["id"], "primary_key": ["_posts_id", "id"]' in line
    cured = duck.connector(api.url, [items("posts"), {**comments, **cure}])
    report = duck.load(cured, refresh=["comments"])
    assert not report.resources["comments"].warnings
    assert len(duck.values("SELECT text FROM acme.comments")) == 6


def posts_of_their_own_runs(api: Api, comments: dict[int, list[dict[str, Any]]]) -> Any:
    """One more post for each run; only the new ones are asked for their comments."""
    posts: list[dict[str, Any]] = []
    api.routes["/posts"] = lambda asked: {
        "data": [one for one in posts if one["at"] >= int(asked.params["since"])]
    }
    for post, rows in comments.items():
        api.routes[f"/posts/{post}/comments"] = lambda _, rows=rows: {"data": rows}
    cursor = {"cursor_path": "at", "initial_value": 1, "range_start": "open"}
    parent = items("posts", params={"since": "{incremental.start_value}"}, incremental=cursor)
    child = items("comments", path="posts/{resources.posts.id}/comments")
    return posts, [parent | {"primary_key": "id"}, child | {"primary_key": "id"}]


@pytest.mark.parametrize("size", [1, 700], ids=["few", "more than are remembered"])
def test_a_key_within_its_parent_is_seen_where_its_parents_come_in_several_runs(
    api: Api, duck: Warehouse, size: int
) -> None:
    of_post = {post: [{"id": one, "of": post} for one in range(size)] for post in (2, 3)}
    posts, resources = posts_of_their_own_runs(api, of_post)
    posts.append({"id": 2, "at": 2})
    assert not duck.load(duck.connector(api.url, resources)).resources["comments"].warnings
    posts.append({"id": 3, "at": 3})
    (line,) = duck.load(duck.connector(api.url, resources)).resources["comments"].warnings
    assert "of another parent in a run before" in line
    assert '"primary_key": ["_posts_id", "id"]' in line
    assert len(line) < 500


def test_a_record_that_moves_to_another_parent_is_none_with_a_shared_key(
    api: Api, duck: Warehouse
) -> None:
    of_post = {2: [{"id": one} for one in range(5)], 3: [{"id": one} for one in range(5, 9)]}
    posts, resources = posts_of_their_own_runs(api, of_post)
    posts += [{"id": 2, "at": 2}, {"id": 3, "at": 2}]
    duck.load(duck.connector(api.url, resources))
    of_post[3].append(of_post[2].pop())
    posts[1]["at"] = 3
    assert not duck.load(duck.connector(api.url, resources)).resources["comments"].warnings
    assert len(duck.values("SELECT id FROM acme.comments")) == 9


@pytest.mark.parametrize("hints", [{}, {"primary_key": "at"}], ids=["without", "with"])
def test_three_equal_rows_at_the_very_cursor(
    api: Api, duck: Warehouse, hints: dict[str, Any]
) -> None:
    """One comes late; and a row whose fields come in another order is the same."""
    rows: list[dict[str, Any]] = [{"at": 5, "v": "x"}, {"at": 5, "v": "x"}, {"at": 4, "v": "y"}]
    api.routes["/items"] = lambda _: {"data": rows}
    cursor = {"cursor_path": "at", "initial_value": 0}
    acme = duck.connector(api.url, [{**items(incremental=cursor), **hints}])
    duck.load(acme)
    rows[:] = [{"v": "x", "at": 5}, {"v": "x", "at": 5}, {"v": "x", "at": 5}]
    duck.load(acme)
    duck.load(acme)
    kept = duck.values('SELECT v FROM acme.items WHERE "at" = 5')
    assert kept == (["x"] if hints else ["x", "x", "x"])


def test_the_newest_of_versions_that_are_spelled_otherwise_and_committed_apart(
    api: Api, duck: Warehouse
) -> None:
    object.__setattr__(duck.settings, "commit_after_records", 1)
    older, newer = "2024-03-01T02:00:00+05:00", "2024-03-01T00:00:00Z"
    others = [{"id": number, "at": f"2024-02-{number:02}T00:00:00Z"} for number in range(1, 8)]
    records = [{"id": 9, "at": older, "v": "older"}, *others, {"id": 9, "at": newer, "v": "newer"}]
    listed(api, records, 2)
    told(duck, api, NUMBERED, endpoint={**ENDPOINT, "incremental": {"cursor_path": "at"}})
    assert duck.values("SELECT v FROM acme.items WHERE id = 9") == ["newer"]

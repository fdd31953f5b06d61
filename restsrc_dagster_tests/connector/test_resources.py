"""Parents, cursors and dispositions as read from a configuration, without dlt."""

from copy import deepcopy
from typing import Any

import pytest
from dlt.sources.rest_api.config_setup import build_resource_dependency_graph

from restsrc_dagster.connector.resources.resource import expanded
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster_tests.support.connectors import items

INCREMENTAL = {"cursor_path": "updated_at", "initial_value": "1970-01-01"}


def resources(*listed: str | dict[str, Any], **defaults: Any) -> Resources:
    return Resources({"resources": list(listed), "resource_defaults": defaults})


def child(**endpoint: Any) -> dict[str, Any]:
    return {"name": "comments", "endpoint": {"path": "comments", **endpoint}}


PARENT_FORMS = {
    "resolve": child(
        path="posts/{id}/comments",
        params={"id": {"type": "resolve", "resource": "posts", "field": "id"}},
    ),
    "path": child(path="posts/{resources.posts.id}/comments"),
    "endpoint is a path": {"name": "comments", "endpoint": "posts/{resources.posts.id}/comments"},
    "params": child(params={"post": "{resources.posts.id}"}),
    "key of params": child(params={"{resources.posts.id}": "1"}),
    "json": child(json={"filter": {"posts": ["{resources.posts.id}"]}}),
    "headers": child(headers={"X-Post": "{resources.posts.id}"}),
    "data": child(data="post={resources.posts.id}"),
}


@pytest.mark.parametrize("form", PARENT_FORMS)
def test_a_child_names_its_parent(form: str) -> None:
    comments = resources("posts", PARENT_FORMS[form])["comments"]
    assert comments.parent == "posts"
    assert comments.bound_fields == ("id",)


@pytest.mark.parametrize("form", PARENT_FORMS)
def test_dlt_sees_the_same_parent(form: str) -> None:
    _, _, resolved = build_resource_dependency_graph({}, ["posts", PARENT_FORMS[form]])
    (param,) = resolved["comments"] or []
    assert (param.resolve_config["resource"], param.resolve_config["field"]) == ("posts", "id")


def test_a_parent_may_come_from_the_defaults() -> None:
    read = resources(
        "comments", {"name": "posts", "endpoint": {"headers": {}}},
        endpoint={"headers": {"X-Post": "{resources.posts.id}"}},
    )  # fmt: skip
    assert read["comments"].parent == "posts"
    assert read["posts"].parent is None


def test_several_fields_of_one_parent() -> None:
    path = "{resources.posts.owner.id}/{resources.posts.id}/{resources.posts.owner.id}"
    comments = resources("posts", child(path=path))["comments"]
    assert comments.parents == ("posts",)
    assert comments.bound_fields == ("owner.id", "id")


def test_a_resource_without_parent() -> None:
    posts = resources("posts")["posts"]
    assert posts.parent is None
    assert posts.parents == posts.bound_fields == ()
    assert posts.endpoint == {"path": "posts"}


def test_defaults_are_merged_as_dlt_merges_them() -> None:
    defaults = {
        "primary_key": "id",
        "endpoint": {"params": {"a": 1, "b": 1}, "json": {"c": 1}, "headers": {"d": "1"}},
    }
    listed: list[Any] = [
        "plain",
        {"name": "own", "primary_key": "key", "endpoint": {
            "path": "p", "params": {"b": 2}, "json": {"e": 2}, "headers": {"f": "2"}}},
        {"name": "bare", "endpoint": "some/path"},
    ]  # fmt: skip
    read = Resources({"resources": listed, "resource_defaults": defaults})
    _, by_dlt, _ = build_resource_dependency_graph(defaults, listed)  # type: ignore[arg-type]
    for name, resource in read.items():
        merged = dict(by_dlt[name])
        assert resource.endpoint == merged.pop("endpoint")
        assert resource.hints | {"name": name} == merged


ID, V = {"data_type": "text", "nullable": False}, {"data_type": "bigint"}
AS_LIST = [{"name": "id", **ID}, {"name": "v", **V}]


@pytest.mark.parametrize("defaults", [{"id": ID, "v": V}, AS_LIST], ids=["object", "list"])
@pytest.mark.parametrize(
    "own",
    [
        {"w": {"data_type": "json"}},
        [{"name": "w", "data_type": "json"}],
        {"id": {"primary_key": True}},
        [{"name": "id", "primary_key": True, "nullable": True}],
        {"id": {"data_type": None, "dedup_sort": "desc"}, "v": {"data_type": "decimal"}},
        {},
        [],
        None,
    ],
    ids=str,
)
def test_columns_are_merged_as_dlt_merges_them(defaults: Any, own: Any) -> None:
    listed: list[Any] = [{"name": "a", "columns": own}]
    read = Resources({"resources": listed, "resource_defaults": {"columns": defaults}})["a"]
    _, by_dlt, _ = build_resource_dependency_graph(
        deepcopy({"columns": defaults}), deepcopy(listed)
    )
    assert read.hints == {key: by_dlt["a"][key] for key in ("columns",)}


def test_columns_of_the_defaults_alone_stay_as_they_are() -> None:
    read = resources("a", columns=AS_LIST)["a"]
    assert read.columns == {column["name"]: column for column in AS_LIST}


def test_nothing_is_merged_into_the_file() -> None:
    defaults, own = {"id": dict(ID)}, {"id": {"primary_key": True}}
    resources({"name": "a", "columns": own}, "b", columns=defaults)
    assert (defaults, own) == ({"id": ID}, {"id": {"primary_key": True}})


def test_expanded() -> None:
    assert expanded("posts") == {"name": "posts", "endpoint": {"path": "posts"}}
    assert expanded({"name": "posts"}) == {"name": "posts"}


# posts -> comments -> likes; posts -> tags; users (apart)
def family(**incremental: bool) -> Resources:
    def endpoint(name: str, path: str) -> dict[str, Any]:
        return items(
            name, path=path, **({"incremental": INCREMENTAL} if name in incremental else {})
        )

    return resources(
        endpoint("posts", "posts"),
        endpoint("comments", "posts/{resources.posts.id}/comments"),
        endpoint("likes", "comments/{resources.comments.id}/likes"),
        endpoint("tags", "posts/{resources.posts.id}/tags"),
        "users",
    )  # fmt: skip


def test_ancestors_and_descendants() -> None:
    read = family()
    assert read.ancestors("likes") == ("comments", "posts")
    assert read.ancestors("posts") == ()
    assert read.descendants("posts") == ["comments", "likes", "tags"]
    assert read.descendants("users") == []


@pytest.mark.parametrize(
    "listed",
    [
        (items("a", path="{resources.a.id}"),),
        (items("a", path="{resources.b.id}"), items("b", path="{resources.a.id}")),
        (items("a", path="{resources.gone.id}"),),
        (items("a", path="{resources.b.id}"), items("b", path="{resources.c.id}"),
         items("c", path="{resources.b.id}")),
    ],
)  # fmt: skip
def test_a_chain_that_does_not_end_is_walked_once(listed: tuple[dict[str, Any], ...]) -> None:
    ancestors = resources(*listed).ancestors("a")
    assert len(ancestors) == len(set(ancestors))


def test_below_incremental() -> None:
    read = family(posts=True)
    assert [name for name in read if read.below_incremental(name)] == ["comments", "likes", "tags"]
    read = family(comments=True)
    assert [name for name in read if read.below_incremental(name)] == ["likes"]
    assert not any(family().below_incremental(name) for name in family())


@pytest.mark.parametrize(
    ("incremental", "selected", "closed"),
    [
        ((), {"comments"}, {"comments"}),
        ((), {"likes", "users"}, {"likes", "users"}),
        (("posts",), {"posts"}, {"posts", "comments", "likes", "tags"}),
        (("posts",), {"likes"}, {"posts", "comments", "likes", "tags"}),
        (("posts",), {"users"}, {"users"}),
        (("comments",), {"comments"}, {"comments", "likes"}),
        (("comments",), {"likes"}, {"comments", "likes"}),
        (("comments",), {"tags"}, {"tags"}),
        (("comments",), {"posts"}, {"posts"}),
        (("likes",), {"likes"}, {"likes"}),
        (("likes",), {"comments"}, {"comments"}),
        (("likes", "posts"), {"tags"}, {"posts", "comments", "likes", "tags"}),
        (("posts",), set(), set()),
    ],
)
def test_a_selection_is_closed_over_cursors(
    incremental: tuple[str, ...], selected: set[str], closed: set[str]
) -> None:
    read = family(**dict.fromkeys(incremental, True))
    assert read.dependency_closure(selected) == closed
    assert read.dependency_closure(read.dependency_closure(selected)) == closed


@pytest.mark.parametrize(
    ("incremental", "failing", "falling"),
    [
        ((), "users", set()),
        ((), "posts", {"comments", "likes", "tags"}),
        ((), "comments", {"likes"}),
        ((), "likes", set()),
        (("posts",), "likes", {"posts", "comments", "tags"}),
        (("posts",), "posts", {"comments", "likes", "tags"}),
        (("comments",), "likes", {"comments"}),
        (("comments",), "tags", set()),
        (("comments",), "posts", {"comments", "likes", "tags"}),
        (("likes",), "comments", {"likes"}),
    ],
)
def test_what_falls_with_one_that_fails(
    incremental: tuple[str, ...], failing: str, falling: set[str]
) -> None:
    assert family(**dict.fromkeys(incremental, True)).blocked_by(failing) == falling


def of_one_table() -> Resources:
    """eu and us; eu has a child, and hangs on the cursor of its parent."""
    appended = {"write_disposition": "append", "table_name": "orders"}
    return resources(
        items("shops", incremental=INCREMENTAL),
        items("eu", path="{resources.shops.id}/orders") | appended,
        items("lines", path="{resources.eu.id}/lines"),
        items("us") | appended,
        items("states", path="{resources.us.id}/states"),
        "users",
        items("read") | {"selected": False, "table_name": "orders"},
    )


def test_resources_of_one_table_fall_together() -> None:
    read = of_one_table()
    assert read.beside("eu") == {"us"}
    assert read.beside("users") == read.beside("read") == frozenset()
    everything = {"shops", "eu", "lines", "us", "states"}
    for name in ("eu", "us", "shops"):
        assert read.blocked_by(name) == everything - {name}
    assert read.blocked_by("states") == frozenset()
    assert read.blocked_by("users") == frozenset()


def test_resources_of_one_table_are_refreshed_together() -> None:
    read = of_one_table()
    anew = {"us", "eu", "lines"}
    assert read.refreshed_with({"us"}) == anew == read.behind_a_cursor(anew)
    assert read.refreshed_with({"shops"}) == {"shops", "eu", "lines", "us"}
    assert read.refreshed_with({"users"}) == {"users"}
    assert read.refreshed_with(frozenset()) == frozenset()


def test_parents_that_are_only_read() -> None:
    read = resources(
        {"name": "accounts", "selected": False},
        {"name": "posts", "selected": False, "endpoint": "{resources.accounts.id}/posts"},
        items("comments", path="{resources.posts.id}"),
        {"name": "likes", "endpoint": "{resources.comments.id}"},
    )
    assert [name for name, resource in read.items() if resource.selected] == ["comments", "likes"]
    assert read.loaded_parent("likes") == "comments"
    assert read.loaded_parent("comments") is None
    assert read["comments"].parent == "posts"


def test_the_nearest_loaded_ancestor() -> None:
    read = resources(
        "accounts",
        {"name": "posts", "selected": False, "endpoint": "{resources.accounts.id}/posts"},
        items("comments", path="{resources.posts.id}"),
    )
    assert read.loaded_parent("comments") == "accounts"


COMMENTS = "posts/{resources.posts.id}/comments"
POSTS = items("posts", incremental=INCREMENTAL)
DISPOSITIONS: dict[str, tuple[list[Any], dict[str, Any], Any, bool]] = {
    "a plain resource": (["comments"], {}, "replace", False),
    "a primary key": ([items("comments") | {"primary_key": "id"}], {}, "merge", False),
    "several": ([items("comments") | {"primary_key": ["a", "b"]}], {}, "merge", False),
    "no key at all": ([items("comments") | {"primary_key": []}], {}, "replace", False),
    "a primary key in a column": (
        [items("comments") | {"columns": {"id": {"primary_key": True}}}], {}, "merge", False),
    "a primary key in a listed column": (
        [items("comments") | {"columns": [{"name": "id", "primary_key": True}]}],
        {}, "merge", False),
    "columns without a key": (
        [items("comments") | {"columns": {"id": {"primary_key": False}}}], {}, "replace", False),
    "a primary key in the defaults": (["comments"], {"primary_key": "id"}, "merge", False),
    "a cursor": ([items("comments", incremental=INCREMENTAL)], {}, "append", False),
    "a cursor among the params": (
        [items("comments", params={"since": {"type": "incremental", **INCREMENTAL}})],
        {}, "append", False),
    "a cursor in the defaults": (
        ["comments"], {"endpoint": {"incremental": INCREMENTAL}}, "append", False),
    "a primary key and a cursor": (
        [items("comments", incremental=INCREMENTAL) | {"primary_key": "id"}], {}, "merge", False),
    "a primary key in the columns of the defaults": (
        [items("comments") | {"columns": {"v": {"data_type": "text"}}}],
        {"columns": {"id": {"primary_key": True}}}, "merge", False),
    "a key of the defaults that is taken back": (
        [items("comments") | {"columns": {"id": {"primary_key": False}}}],
        {"columns": {"id": {"primary_key": True}}}, "replace", False),
    "below an incremental parent": ([POSTS, items("comments", path=COMMENTS)], {}, "merge", True),
    "two levels below": (
        [POSTS, items("tags", path="{resources.posts.id}"),
         items("comments", path="{resources.tags.id}")], {}, "merge", True),
    "below, with a primary key": (
        [POSTS, items("comments", path=COMMENTS) | {"primary_key": "id"}], {}, "merge", False),
    "below, with a cursor": (
        [POSTS, items("comments", path=COMMENTS, incremental=INCREMENTAL)], {}, "append", False),
    "below a parent without cursor": (
        ["posts", items("comments", path=COMMENTS)], {}, "replace", False),
    "below, named": (
        [POSTS, items("comments", path=COMMENTS) | {"write_disposition": "append"}],
        {}, "append", False),
    "named": (
        [items("comments", incremental=INCREMENTAL) | {"write_disposition": "replace"}],
        {}, "replace", False),
    "named as an object": (
        [items("comments") | {"write_disposition": {"disposition": "merge", "strategy": "scd2"}}],
        {}, {"disposition": "merge", "strategy": "scd2"}, False),
    "named in the defaults": (
        [items("comments") | {"primary_key": "id"}], {"write_disposition": "append"},
        "append", False),
}  # fmt: skip


@pytest.mark.parametrize("case", DISPOSITIONS)
def test_the_write_disposition_where_none_is_named(case: str) -> None:
    listed, defaults, disposition, replaces_children = DISPOSITIONS[case]
    read = resources(*listed, **defaults)
    assert read.write_disposition("comments") == disposition
    assert read.replaces_children("comments") == replaces_children


@pytest.mark.parametrize(
    ("hints", "without_key"),
    [
        ({"write_disposition": "merge"}, True),
        ({"write_disposition": {"disposition": "merge"}}, True),
        ({"write_disposition": {"disposition": "merge", "strategy": "upsert"}}, True),
        ({"write_disposition": {"disposition": "merge", "strategy": "scd2"}}, False),
        ({"write_disposition": "merge", "primary_key": "id"}, False),
        ({"write_disposition": "merge", "merge_key": "id"}, False),
        ({"write_disposition": "merge", "columns": {"id": {"merge_key": True}}}, False),
        ({"write_disposition": "merge", "columns": {"id": {"data_type": "text"}}}, True),
        ({"write_disposition": "append"}, False),
        ({}, False),
    ],
    ids=str,
)
def test_merge_without_a_key(hints: dict[str, Any], without_key: bool) -> None:
    assert resources(items() | hints)["items"].merges_without_key == without_key


def test_the_table_of_a_resource() -> None:
    read = resources("posts", items() | {"table_name": "other"})
    assert [resource.table_name for resource in read.values()] == ["posts", "other"]


def test_a_resource_is_a_mappings_value() -> None:
    read = resources("posts", "users")
    assert list(read) == ["posts", "users"]
    assert len(read) == 2
    assert "gone" not in read

"""Processing steps as a run does them: order, cursor, children, and what is told when they fail."""

from collections.abc import Mapping
from typing import Any

import pytest

from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.errors import ConnectorError, MissingVariable, ReadError, RestsrcError
from restsrc_dagster.extract.failures.explain import explain
from restsrc_dagster.extract.source import open_reading
from restsrc_dagster_tests.extract.reading import read
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import connector, items

MARKER = "M4RK3R@example.com"


def stepped(api: Api, records: list[Any], *steps: Any, **endpoint: Any) -> list[Any]:
    api.routes["/items"] = lambda _: {"data": records}
    return read(connector("acme", api.url, [with_steps(items(**endpoint), *steps)]))


def with_steps(resource: dict[str, Any], *steps: Any) -> dict[str, Any]:
    return {**resource, "processing_steps": list(steps)}


def failure(api: Api, records: list[Any], *steps: Any, **endpoint: Any) -> RestsrcError:
    with pytest.raises(Exception) as failed:  # noqa: PT011 - what it becomes is looked at
        stepped(api, records, *steps, **endpoint)
    assert isinstance(failed.value, Exception)
    return explain(failed.value, Redactor())


@pytest.mark.parametrize("value", [False, None, "", [], {}])
def test_a_filter_drops_what_is_false_to_jmespath(api: Api, value: Any) -> None:
    records = [{"id": 1, "v": value}, {"id": 2, "v": 0}, {"id": 3, "v": "a"}, {"id": 4}]
    assert [row["id"] for row in stepped(api, records, {"filter": "v"})] == [2, 3]


def test_a_filter_compares(api: Api) -> None:
    records = [{"id": 1, "status": "ok"}, {"id": 2, "status": "deleted"}, {"id": 3}]
    kept = stepped(api, records, {"filter": "status != 'deleted'"})
    assert [row["id"] for row in kept] == [1, 3]


def test_a_map_replaces_the_record(api: Api) -> None:
    records = [{"id": 1, "amount": {"value": 5}, "x": 1}, {"id": 2}]
    assert stepped(api, records, {"map": "{id: id, total: amount.value}"}) == [
        {"id": 1, "total": 5},
        {"id": 2, "total": None},
    ]


def test_a_yield_map_makes_several_records_of_one(api: Api) -> None:
    records = [{"lines": [{"sku": "a", "x": 1}, {"sku": "b"}]}, {"lines": []}, {"other": 1}]
    found = stepped(api, records, {"yield_map": "lines[*].{sku: sku}"})
    assert found == [{"sku": "a"}, {"sku": "b"}]


def test_a_yield_map_that_keeps_fields_of_the_record(api: Api) -> None:
    records = [{"id": 1, "x": 2, "lines": [{"sku": "a"}, {"sku": "b", "id": 1}]}, {"id": 2}]
    step = {"yield_map": {"list": "lines", "keep": ["id", "none"]}}
    assert stepped(api, records, step) == [
        {"sku": "a", "id": 1, "none": None},
        {"sku": "b", "id": 1, "none": None},
    ]


def test_a_field_that_would_be_overwritten_is_named(api: Api) -> None:
    records = [{"id": 1, "lines": [{"id": 2, "mail": MARKER}]}]
    error = failure(api, records, {"yield_map": {"list": "lines", "keep": ["id"]}})
    assert "processing_steps[0].yield_map.list: gives a field id of its own" in str(error)
    assert MARKER not in str(error)


def test_all_records_of_a_reading_have_one_now(api: Api) -> None:
    records = [{"id": number} for number in range(100)]
    found = stepped(api, records, {"map": "{at: now()}"})
    assert len({row["at"] for row in found}) == 1


def test_what_a_yield_map_keeps_is_there_for_children(api: Api) -> None:
    api.routes |= {
        "/orders": lambda _: {"data": [{"id": 1, "lines": [{"sku": "a"}]}]},
        "/of/1": lambda _: {"data": [{"x": 1}]},
    }
    step = {"yield_map": {"list": "lines", "keep": ["id"]}}
    orders = with_steps(items("orders"), step)
    child = items("child", path="of/{resources.orders.id}")
    assert {"x": 1} in read(connector("acme", api.url, [orders, child]))
    with pytest.raises(ConnectorError, match=r"drops id, which 'child' takes"):
        connector("acme", api.url, [
            with_steps(items("orders"), {"yield_map": {"list": "lines[*].{sku: sku}"}}), child
        ])  # fmt: skip


def test_steps_run_in_their_order(api: Api) -> None:
    records = [{"id": 1, "v": 1}, {"id": 2, "v": 2}]
    rename, keep = {"map": "{id: id, w: v}"}, {"filter": "w == `2`"}
    assert stepped(api, records, rename, keep) == [{"id": 2, "w": 2}]
    assert stepped(api, records, keep, rename) == []
    hide = {"map": {"exclude": ["v"]}}
    assert stepped(api, records, hide, rename) == [{"id": 1, "w": None}, {"id": 2, "w": None}]


def test_records_that_are_no_objects(api: Api) -> None:
    assert stepped(api, ["a", "b"], {"filter": "@ != 'b'"}, {"map": "{name: @}"}) == [{"name": "a"}]


def test_the_cursor_sees_what_the_steps_have_made(api: Api) -> None:
    """As with dlt's own steps, which run before it."""
    records = [{"id": 1, "meta": {"at": 5}}, {"id": 2, "meta": {"at": 1}}]
    cursor = {"cursor_path": "changed", "initial_value": 3}
    found = stepped(api, records, {"map": "{id: id, changed: meta.at}"}, incremental=cursor)
    assert found == [{"id": 1, "changed": 5}]


def test_a_filter_of_the_parent_is_one_of_its_children(api: Api) -> None:
    api.routes["/posts"] = lambda _: {"data": [{"id": 1, "open": True}, {"id": 2}]}
    api.routes["/posts/1/comments"] = lambda _: {"data": [{"text": "a"}]}
    posts = with_steps(items("posts"), {"filter": "open"})
    comments = items("comments", path="posts/{resources.posts.id}/comments")
    assert {"text": "a"} in read(connector("acme", api.url, [posts, comments]))
    assert api.paths() == ["/posts", "/posts/1/comments"]


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ({"map": "{text: text}"}, [{"_posts_id": 1, "_posts_name": "n", "text": "a"}]),
        ({"map": "{text: text, _posts_id: `9`}"}, [{"_posts_id": 9, "_posts_name": "n",
         "text": "a"}]),
        ({"map": "meta"}, [{"_posts_id": 1, "_posts_name": "n", "x": 1}]),
        ({"map": {"exclude": ["meta"]}}, [{"_posts_id": 1, "_posts_name": "n", "text": "a"}]),
        ({"yield_map": "tags[*].{tag: @}"}, [{"_posts_id": 1, "_posts_name": "n", "tag": "t"}]),
        ({"filter": "_posts_id == `1`"}, None),
        ({"filter": "_posts_id == `2`"}, []),
    ],
)  # fmt: skip
def test_a_map_takes_the_parent_s_fields_over(api: Api, step: Any, expected: Any) -> None:
    """dlt adds them before the steps, and its own map would drop them."""
    comment = {"text": "a", "meta": {"x": 1}, "tags": ["t"]}
    if "yield_map" not in step:
        del comment["tags"]
    api.routes["/posts"] = lambda _: {"data": [{"id": 1, "name": "n"}]}
    api.routes["/posts/1/comments"] = lambda _: {"data": [comment]}
    comments = with_steps(items("comments", path="posts/{resources.posts.id}/comments"), step)
    comments["include_from_parent"] = ["id", "name"]
    posts = {**items("posts"), "selected": False}
    whole = [{**comment, "_posts_id": 1, "_posts_name": "n"}]
    assert read(connector("acme", api.url, [posts, comments])) == (
        whole if expected is None else expected
    )


def test_a_parallelized_child(api: Api) -> None:
    api.routes["/posts"] = lambda _: {"data": [{"id": 1}, {"id": 2}]}
    for number in (1, 2):
        api.routes[f"/posts/{number}/comments"] = lambda _: {"data": [{"a": 1}, {"a": None}]}
    comments = with_steps(
        items("comments", path="posts/{resources.posts.id}/comments"), {"filter": "a"}
    )
    posts = {**items("posts"), "selected": False}
    found = read(connector("acme", api.url, [posts, comments | {"parallelized": True}]))
    assert found == [{"a": 1}, {"a": 1}]


def test_steps_of_the_defaults(api: Api) -> None:
    """A resource's own list replaces them, as dlt merges."""
    for name in ("a", "b", "c"):
        api.routes[f"/{name}"] = lambda asked: {"data": [{"id": asked.path, "x": 1}]}
    acme = connector("acme", api.url, ["a", with_steps(items("b")), with_steps(items("c"),
        {"map": {"exclude": ["id"]}})])  # fmt: skip
    defaults = {"processing_steps": [{"map": {"exclude": ["x"]}}]}
    configuration = acme.configuration | {"resource_defaults": defaults}
    found = read(acme.model_copy(update={"configuration": configuration}))
    assert found == [{"id": "/a"}, {"id": "/b", "x": 1}, {"x": 1}]


def test_an_empty_list_after_a_filter_is_no_missing_selector(api: Api) -> None:
    assert stepped(api, [{"id": 1}], {"filter": "gone"}) == []


def test_every_page_is_filtered(api: Api) -> None:
    def pages(asked: Any) -> Any:
        number = int(asked.params.get("page", 1))
        following = f"/items?page={number + 1}" if number < 3 else None
        return {"data": [{"id": number}], "next": following}

    api.routes["/items"] = pages
    linked = items(paginator={"type": "json_link", "next_url_path": "next"})
    steps = with_steps(linked, {"filter": "id == `3`"})
    assert read(connector("acme", api.url, [steps])) == [{"id": 3}]


@pytest.mark.parametrize(
    ("steps", "record", "told"),
    [
        ([{"map": "email"}], {"email": MARKER},
         "[0].map: gives text instead of a record, which is an object"),
        ([{"filter": "email"}, {"map": "[email]"}], {"email": MARKER},
         "[1].map: gives a list instead of a record, which is an object"),
        ([{"map": "nothing"}], {"email": MARKER},
         "[0].map: gives null instead of a record, which is an object"),
        ([{"yield_map": "email"}], {"email": MARKER},
         "[0].yield_map: gives text instead of a list of records"),
        ([{"yield_map": "[email]"}], {"email": MARKER},
         "[0].yield_map: gives text instead of a record, which is an object"),
        ([{"filter": "abs(email) > `1`"}], {"email": MARKER},
         "[0].filter: abs() takes number, but got string"),
        ([{"filter": "starts_with(name, 'a')"}], {"email": MARKER},
         "[0].filter: starts_with() takes string, but got null; write field && function(field)"),
        ([{"filter": "email > `1`"}], {"email": MARKER}, "[0].filter: fails with TypeError"),
        ([{"filter": "email[::0]"}], {"email": [MARKER]}, "[0].filter: fails with ValueError"),
    ],
)  # fmt: skip
def test_what_fails_is_told_without_the_data(
    api: Api, steps: list[Any], record: Any, told: str
) -> None:
    error = failure(api, [record], *steps)
    assert isinstance(error, ReadError)
    assert str(error) == f"items: processing_steps{told}"


@pytest.mark.parametrize("missing", ["raise", "include", "exclude"])
@pytest.mark.parametrize(
    "step",
    [{"map": "merge({id: id}, {x: `1`})"}, {"yield_map": "lines"}, {"map": "{id: id, at: att}"}],
)
def test_a_cursor_that_gets_lost_is_told(api: Api, missing: str, step: Any) -> None:
    """dlt would take the records again in every run, or never."""
    cursor = {"cursor_path": "at", "initial_value": 0, "on_cursor_value_missing": missing}
    record = {"id": 1, "at": 5, "lines": [{"id": 1}]}
    error = failure(api, [record], step, incremental=cursor)
    assert str(error) == (
        "items: the processing_steps drop at, the cursor; keep it under this name"
    )


def test_a_cursor_that_was_never_there_is_dlt_s_affair(api: Api) -> None:
    cursor = {"cursor_path": "at", "initial_value": 0, "on_cursor_value_missing": "include"}
    step = {"map": "merge(@, {x: `1`})"}
    assert stepped(api, [{"id": 1}], step, incremental=cursor) == [{"id": 1, "x": 1}]


def test_a_key_and_a_parent_s_field_that_get_lost_are_told(api: Api) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1, "in": {"x": 1}}]}
    resource = with_steps(items(), {"map": "in"})
    child = items("parts", path="items/{resources.items.id}/parts")
    for resources, told in (
        ([resource | {"primary_key": "id"}], "drop id, a primary_key; keep"),
        ([resource, child], "drop id, which 'parts' takes from its parent; keep"),
    ):
        with pytest.raises(Exception, match=told):
            read(connector("acme", api.url, resources))


def test_a_salt_is_read_when_a_run_reads(api: Api) -> None:
    api.routes["/items"] = lambda _: {"data": [{"email": MARKER}]}
    steps = {"map": {"hash": ["email"], "salt": "${SALT}"}}
    acme = connector("acme", api.url, [with_steps(items(), steps)])

    def hashed(environment: Mapping[str, str]) -> str:
        return str(read(acme, environment)[0]["email"])

    assert hashed({"SALT": "pepper"}) == hashed({"SALT": "pepper"}) != hashed({"SALT": "other"})
    place = r"resources\[0\].processing_steps\[0\].map.salt"
    with pytest.raises(MissingVariable, match=f"SALT is not set, but configuration.{place}"):
        hashed({})
    with pytest.raises(MissingVariable, match=f"SALT is empty, but configuration.{place}"):
        hashed({"SALT": ""})


def test_a_salt_is_a_secret(api: Api) -> None:
    steps = {"map": {"hash": ["email"], "salt": "p3pper-and-salt"}}
    acme = connector("acme", api.url, [with_steps(items(), steps)])
    with open_reading(acme, {}) as reading:
        assert reading.redact("not p3pper-and-salt here") == "not *** here"


def test_dlt_never_sees_them(api: Api) -> None:
    """Its own validation would print them, and it refuses texts."""
    acme = connector("acme", api.url, [with_steps(items(), {"filter": "id"})])
    before = repr(acme.configuration)
    with open_reading(acme, {}):
        pass
    assert repr(acme.configuration) == before

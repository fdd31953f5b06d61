"""Format strings reach the worker's environment through dlt; only harmless ones may pass."""

from typing import Any

import pytest
from dlt.sources.rest_api import rest_api_source
from hypothesis import given
from hypothesis import strategies as st

from restsrc_dagster.connector.files.folder import check_content
from restsrc_dagster.connector.syntax.placeholders import Placeholder, endpoint_placeholders
from restsrc_dagster.errors import ConnectorError
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import content, items

INCREMENTAL = {"cursor_path": "at", "initial_value": "1"}
TO_ENVIRONMENT = "incremental.__init__.__globals__[logger].logging.os.environ[SECRET_MARKER]"

LEAKING = [
    TO_ENVIRONMENT,
    "incremental",
    "incremental.__init__",
    "incremental.start_value.__class__",
    "incremental.last_value_func.__globals__",
    "incremental.start_value!r",
    "incremental.start_value:>10",
    "incremental.start_value:{incremental.__init__}",
    "incremental[__init__]",
    " incremental.start_value",
    "resources",
    "resources.posts",
    "resources.posts.__class__",
    "resources.posts.id.__class__",
    "resources.posts.id!r",
    "resources.posts.id:{incremental.__init__}",
    "resources[posts].id",
    "client.auth.token",
    "0",
    "",
    "x",
]
ALLOWED = [
    "incremental.start_value",
    "incremental.last_value",
    "incremental.initial_value",
    "incremental.end_value",
    "resources.posts.id",
    "resources.posts.owner.id",
    "resources.posts.tags[0].id",
]
PLACES: dict[str, Any] = {
    "path": lambda text: {"path": f"v/{text}"},
    "params": lambda text: {"params": {"q": text}},
    "key of params": lambda text: {"params": {text: "q"}},
    "headers": lambda text: {"headers": {"X-Q": f"a{text}"}},
    "json": lambda text: {"json": {"deep": [{"q": text}]}},
    "data": lambda text: {"data": text},
}


def checked(**endpoint: Any) -> None:
    resources = [
        {"name": "posts", "endpoint": {"path": "posts"}},
        items("comments", **{"incremental": INCREMENTAL, **endpoint}),
    ]
    check_content("acme", content(resources=resources), file="acme.json")


@pytest.mark.parametrize("expression", LEAKING)
@pytest.mark.parametrize("place", PLACES)
def test_what_could_leak_is_refused(place: str, expression: str) -> None:
    with pytest.raises(ConnectorError, match=r"is not a placeholder|path: "):
        checked(**PLACES[place](f"{{{expression}}}"))


@pytest.mark.parametrize("expression", ALLOWED)
@pytest.mark.parametrize("place", PLACES)
def test_what_is_harmless_passes(place: str, expression: str) -> None:
    checked(**PLACES[place](f"{{{expression}}}"))


@pytest.mark.parametrize("expression", LEAKING)
def test_doubled_braces_in_a_path_are_a_placeholder_to_dlt(expression: str) -> None:
    with pytest.raises(ConnectorError, match=r"is not a placeholder|has no value"):
        checked(path=f"v/{{{{{expression}}}}}")


def test_a_param_of_that_name_does_not_help() -> None:
    with pytest.raises(ConnectorError, match="is not a placeholder"):
        checked(path=f"v/{{{TO_ENVIRONMENT}}}", params={TO_ENVIRONMENT: "x"})


@pytest.mark.parametrize("place", ["resource_defaults", "bare name"])
def test_other_ways_in(place: str) -> None:
    text = f"{{{TO_ENVIRONMENT}}}"
    what = content(resources=[text] if place == "bare name" else ["items"])
    if place == "resource_defaults":
        what["configuration"]["resource_defaults"] = {"endpoint": {"headers": {"X-Q": text}}}
    with pytest.raises(ConnectorError, match="is not a placeholder"):
        check_content("acme", what, file="acme.json")


@pytest.mark.parametrize("place", [*PLACES, "doubled in the path"])
def test_the_refused_ones_do_leak(api: Api, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """Why the check exists: dlt, given the same endpoint, sends the variable to the API."""
    monkeypatch.setenv("SECRET_MARKER", "m4rk3r")
    text = f"{{{TO_ENVIRONMENT}}}"
    described = PLACES.get(place, lambda text: {"path": f"v/{{{text}}}"})(text)
    resource: Any = items(incremental=INCREMENTAL, **described)
    client: Any = {"base_url": api.url, "paginator": "single_page"}
    for path in ("/items", "/v/m4rk3r"):
        api.routes[path] = lambda _: {"data": []}
    list(rest_api_source({"client": client, "resources": [resource]}).resources["items"])
    (asked,) = api.asked
    assert "m4rk3r" in f"{asked.path}{asked.params}{asked.headers}{asked.body!r}"


def test_literal_braces_are_no_placeholders() -> None:
    checked(params={"q": "{{x}} {{{{y}}}}"}, headers={"{{a}}": "b"}, path="a/{{{{b}}}}")


def test_names_of_params_are_placeholders_in_a_path_only() -> None:
    checked(path="v/{kind}/{id}", params={
        "kind": "x", "id": {"type": "resolve", "resource": "posts", "field": "id"}})  # fmt: skip
    with pytest.raises(ConnectorError, match="is not a placeholder"):
        checked(headers={"X-Q": "{kind}"}, params={"kind": "x"})


def test_where_a_placeholder_stands() -> None:
    endpoint = {
        "path": "{resources.posts.id}",
        "params": {"a": {"b": ["x", "{incremental.start_value}"]}},
        "data_selector": "{not.formatted}",
    }
    assert list(endpoint_placeholders(endpoint)) == [
        Placeholder("resources.posts.id", "path"),
        Placeholder("incremental.start_value", "params.a.b[1]"),
    ]


def test_what_a_placeholder_names() -> None:
    assert Placeholder("resources.posts.owner.id", "path").parent_field == ("posts", "owner.id")
    assert Placeholder("resources.a-b.id", "path").parent_field == ("a-b", "id")
    assert Placeholder("incremental.start_value", "path").parent_field is None
    assert Placeholder("incremental.start_value", "path").incremental_value == "start_value"
    assert Placeholder("resources.posts.id", "path").incremental_value is None


@given(st.text("{}ab.!:[]_ ", max_size=12))
def test_whatever_is_written_is_parsed_or_refused(text: str) -> None:
    for key in ("path", "params", "headers"):
        endpoint = {key: text if key == "path" else {"q": text}}
        told = []
        try:
            told += [placeholder.path for placeholder in endpoint_placeholders(endpoint)]
        except ValueError as error:
            told.append(str(error))
        assert all(place.startswith(key) for place in told)

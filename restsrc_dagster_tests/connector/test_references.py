"""`${NAME}`: what is resolved, where, and what dlt then sends."""

from collections import defaultdict
from copy import deepcopy
from typing import Any

import pytest

from restsrc_dagster.connector.syntax.references import (
    blank,
    misplaced_references,
    references,
    resolve,
)
from restsrc_dagster.errors import ConnectorError, MissingVariable
from restsrc_dagster.extract.source import open_reading
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import connector, items

ENVIRONMENT = {"A": "alpha", "B_2": "beta", "EMPTY": "", "NESTED": "${A}", "BRACES": "a{b}c"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${A}", "alpha"),
        ("x${A}y${B_2}z", "xalphaybetaz"),
        ("${EMPTY}", ""),
        ("$${A}", "${A}"),
        ("$${A}${A}", "${A}alpha"),
        ("$$${A}", "$${A}"),
        ("$A {A} $", "$A {A} $"),
        ("${NESTED}", "${A}"),
        ("${BRACES}", "a{b}c"),
        ("${A:-b}", "alpha"),
        ("${EMPTY:-b}", "b"),
        ("x${GONE:-b:c-d/$e f}y", "xb:c-d/$e fy"),
        ("${GONE:-}", ""),
        ("$${GONE:-}", "${GONE:-}"),
        ("${number:GONE:-5}", 5),
        ("${number:GONE:-5.5}", 5.5),
        ("${boolean:GONE:-Yes}", True),
        ("${list:GONE:-a, b,,c}", ["a", "b", "c"]),
        ("${list:EMPTY}", []),
    ],
)
def test_resolve(text: str, expected: Any) -> None:
    assert resolve(text, ENVIRONMENT) == expected


def test_every_string_below_is_resolved_and_the_original_stays() -> None:
    value = {"a": ["${A}", {"b": "${B_2}"}], "${A}": 1, "n": None, "f": 1.5, "t": True}
    before = deepcopy(value)
    assert resolve(value, ENVIRONMENT) == {
        "a": ["alpha", {"b": "beta"}], "${A}": 1, "n": None, "f": 1.5, "t": True,
    }  # fmt: skip
    assert value == before


def test_every_missing_variable_is_named_with_every_place() -> None:
    configuration = {
        "client": {"auth": {"token": "${GONE}"}, "headers": {"X-Key": "${A}"}},
        "resources": [{"endpoint": {"params": {"a": "${LOST}", "b": "x${GONE}"}}}],
    }
    with pytest.raises(MissingVariable) as raised:
        resolve(configuration, ENVIRONMENT, "configuration")
    assert str(raised.value) == (
        "environment variable GONE is not set, but configuration.client.auth.token, "
        "configuration.resources[0].endpoint.params.b wants it; environment variable LOST is not "
        "set, but configuration.resources[0].endpoint.params.a wants it"
    )


def test_an_empty_variable_is_missing_where_an_auth_needs_something() -> None:
    def sent(auth: dict[str, str]) -> Any:
        return resolve({"client": {"auth": auth}}, {"EMPTY": ""}, "configuration")["client"]["auth"]

    with pytest.raises(MissingVariable, match=r"EMPTY is empty, but configuration\.client"):
        sent({"type": "bearer", "token": "${EMPTY}"})
    assert sent({"username": "key", "password": "${EMPTY}"})["password"] == ""


def test_an_environment_may_make_up_its_values() -> None:
    assert resolve("${GONE}", defaultdict(lambda: "stand-in")) == "stand-in"


def test_references_are_listed_with_their_places() -> None:
    value = {"a": "${A}${B_2}", "b": ["$${A}", "${A}"]}
    assert list(references(value, "root")) == [
        ("A", "root.a"), ("B_2", "root.a"), ("A", "root.b[1]"),
    ]  # fmt: skip


def test_blank_is_what_is_known_without_an_environment() -> None:
    assert blank({"a": "x${A}y", "b": ["$${A}"]}) == {"a": "xy", "b": ["${A}"]}


@pytest.mark.parametrize(
    "text",
    ["${", "${}", "${A", "${1A}", "${A-B}", "${ A }", "${A.B}", "${é}", "ok ${A} ${", "${${A}}"],
)
def test_what_begins_like_a_reference_and_is_none(text: str) -> None:
    ((message, place),) = misplaced_references({"token": text})
    assert place == "token"
    assert message == "has a ${ that begins no reference; write ${NAME}, or $${ for a literal"


@pytest.mark.parametrize("text", ["${A}", "$${", "$${not a reference}", "$", "{A}", "", "$${}${A}"])
def test_what_is_well_formed(text: str) -> None:
    assert list(misplaced_references({"token": text})) == []


def configuration(**resource: Any) -> dict[str, Any]:
    return {"resources": [resource]}


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"resources": ["${A}"]}, "resources[0]"),
        (configuration(name="${A}"), "resources[0].name"),
        (configuration(table_name="x${A}"), "resources[0].table_name"),
        (configuration(write_disposition="${A}"), "resources[0].write_disposition"),
        (
            configuration(write_disposition={"disposition": "${A}"}),
            "resources[0].write_disposition.disposition",
        ),
        (
            {"resource_defaults": {"write_disposition": "${A}"}},
            "resource_defaults.write_disposition",
        ),
        ({"client": {"auth": {"type": "${A}"}}}, "client.auth.type"),
        ({"client": {"paginator": {"type": "${A}"}}}, "client.paginator.type"),
    ],
)
def test_plain_keys_take_no_reference(value: dict[str, Any], place: str) -> None:
    ((message, found),) = misplaced_references(value)
    assert found == place
    assert message == "takes no ${…} reference: it is needed before any run reads"
    assert resolve(value, ENVIRONMENT) == value


@pytest.mark.parametrize("key", ["type", "dataset"])
def test_plain_keys_of_a_destination(key: str) -> None:
    value = {key: "${A}"}
    assert [place for _, place in misplaced_references(value, "destination")] == [
        f"destination.{key}"
    ]


@pytest.mark.parametrize(
    ("root", "value"),
    [
        ("configuration", {"client": {"auth": {"type": "api_key", "name": "${A}"}}}),
        ("configuration", {"client": {"headers": {"type": "${A}", "name": "${A}"}}}),
        (
            "configuration",
            {"client": {"auth": {"access_token_request_data": {"resource": "${A}"}}}},
        ),
        ("configuration", configuration(endpoint={"params": {"type": "${A}", "resource": "${A}"}})),
        ("configuration", configuration(endpoint={"json": [{"deep": {"name": "${A}"}}]})),
        (
            "destination",
            {"credentials": {"type": "${A}", "name": "${A}"}, "destination_name": "${A}"},
        ),
    ],
)  # fmt: skip
def test_names_and_types_inside_what_is_sent_are_data(root: str, value: dict[str, Any]) -> None:
    assert list(misplaced_references(value, root)) == []
    assert "${" not in str(resolve(value, ENVIRONMENT, root))


HOSTILE = [
    "a{b}c",
    "{",
    "}}",
    "{{x}}",
    "{incremental.start_value}",
    "{incremental.__init__.__globals__}",
    "{resources.items.id}",
    "${A}",
]
FORMATTED: dict[str, dict[str, Any]] = {
    "path": {"path": "v/${VALUE}"},
    "a param bound in the path": {"path": "v/{p}", "params": {"p": "${VALUE}"}},
    "params": {"params": {"q": "${VALUE}"}},
    "headers": {"headers": {"X-Q": "${VALUE}"}},
    "json": {"json": {"deep": [{"q": "${VALUE}"}]}, "method": "POST"},
}


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("place", [*FORMATTED, "endpoint is a path"])
def test_the_api_gets_a_variables_value_to_the_letter(api: Api, place: str, value: str) -> None:
    for path in ("/items", f"/v/{value}"):
        api.routes[path] = lambda _: {"data": [{"id": 1, "at": "2"}]}
    described = items(
        incremental={"cursor_path": "at", "initial_value": "1"}, **FORMATTED.get(place, {})
    )
    if place == "endpoint is a path":
        described = {"name": "items", "endpoint": "v/${VALUE}"}
    reading = open_reading(connector("acme", api.url, [described]), {"VALUE": value})
    with_unquoting(api)
    assert len(list(reading.source.resources["items"])) == 1
    (asked,) = api.asked
    got = {
        "params": asked.params.get("q"),
        "headers": asked.headers.get("X-Q"),
        "json": asked.body and asked.json["deep"][0]["q"],
    }
    assert got.get(place, asked.path) == (value if place in got else f"/v/{value}")


def with_unquoting(api: Api) -> None:
    """Routes by the path that the person meant, not by the percent signs on its way."""
    from dataclasses import replace
    from urllib.parse import unquote

    routed = api.answer
    api.answer = lambda asked: routed(replace(asked, path=unquote(asked.path)))  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("described", "asked_for"),
    [
        ({"params": {"q": "{{x}}"}}, ("/items", {"q": "{x}"})),
        ({"params": {"q": "$${{x}}"}}, ("/items", {"q": "${x}"})),
        ({"path": "a%7Bx%7D"}, ("/a%7Bx%7D", {})),
        ({"path": "a{{{{x}}}}"}, ("/a%7Bx%7D", {})),
    ],
)
def test_literal_braces(
    api: Api, described: dict[str, Any], asked_for: tuple[str, dict[str, str]]
) -> None:
    api.routes[asked_for[0]] = lambda _: {"data": []}
    list(
        open_reading(connector("acme", api.url, [items(**described)]), {}).source.resources["items"]
    )
    assert [(asked.path, asked.params) for asked in api.asked] == [asked_for]


def test_outside_of_formatted_places_nothing_is_doubled() -> None:
    value = {
        "client": {"headers": {"X": "${BRACES}"}, "auth": {"token": "${BRACES}"}},
        "resources": [{"endpoint": {"data_selector": "${BRACES}"}}],
    }
    assert str(resolve(value, ENVIRONMENT, "configuration")).count("'a{b}c'") == 3
    endpoint = {"credentials": {"endpoint": {"path": "${BRACES}"}, "endpoint_url": "${BRACES}"}}
    assert str(resolve(endpoint, ENVIRONMENT, "destination")).count("'a{b}c'") == 2


def test_a_reference_in_a_path_is_no_way_around_the_placeholders() -> None:
    with pytest.raises(ConnectorError, match="is not a placeholder"):
        connector("acme", resources=[items(path="v/${VALUE}/{{incremental.__class__}}")])


@pytest.mark.parametrize("root", ["resources[0]", "resource_defaults"])
def test_of_processing_steps_literals_and_the_salt_are_resolved(root: str) -> None:
    """A name that a variable could change could not be checked."""
    fields = {"exclude": ["${A}"], "hash": ["$${"], "salt": "${A}"}
    steps = [{"filter": "a == '${A}'"}, {"map": fields}]
    holder = {"processing_steps": steps}
    name = root.partition("[")[0]
    value = {name: [holder] if "[" in root else holder}
    resolved = resolve(value, {"A": "x"}, "configuration")
    expected = [{"filter": 'a == `"x"`'}, {"map": {**fields, "salt": "x"}}]
    assert resolved[name] == (
        [{"processing_steps": expected}] if "[" in root else {"processing_steps": expected}
    )
    at = f"{root}.processing_steps"
    assert [place for _, place in misplaced_references(value)] == [f"{at}[1].map.exclude[0]"]


def test_what_is_only_called_processing_steps_is_data() -> None:
    value = {"resources": [{"endpoint": {"json": {"processing_steps": {"a": "${A}"}}}}]}
    assert list(misplaced_references(value)) == []
    found = resolve(value, {"A": "x"})
    assert found["resources"][0]["endpoint"]["json"] == {"processing_steps": {"a": "x"}}

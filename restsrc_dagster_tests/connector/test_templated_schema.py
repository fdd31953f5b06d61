"""The JSON Schema of a component's attributes: what is wrong is told where it is, and a template
may stand for every value."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from restsrc_dagster.connector.schema import EXAMPLE
from restsrc_dagster.connector.templated_schema import templated_schema
from restsrc_dagster_tests.connector.configuration.tables import VALID
from restsrc_dagster_tests.connector.configuration.test_invalid import INVALID
from restsrc_dagster_tests.support.connectors import content, items
from restsrc_dagster_tests.support.pages import json_blocks

SCHEMA: dict[str, Any] = {
    "properties": templated_schema(),
    "required": ["created_at", "schedule", "configuration"],
    "additionalProperties": False,
}
VALIDATOR = Draft202012Validator(SCHEMA)
WHOLE = content(
    client={"auth": {"token": "${TOKEN}"}, "paginator": {"type": "page_number", "base_page": 1}},
    description="Things",
    http={"max_pages": 5, "allowed_hosts": ["cdn.acme.com"]},
    reading={"items": {"cursor": "shared"}},
    destination={"type": "postgres", "credentials": {"host": "${HOST}"}},
    partitions={"every": "day", "from": "2025-01-01"},
    on_schema_change="fail",
    alerts={"on": ["failure"]},
    owners=["team:data"],
    tags={"tier": "one"},
)


def told(attributes: Any) -> list[tuple[str, str]]:
    """(place, message) as `dg check yaml` prints them."""
    return [
        (".".join(map(str, error.absolute_path)), error.message)
        for error in VALIDATOR.iter_errors(attributes)
    ]


def shown(kind: str) -> list[Any]:
    """The JSON blocks of all pages."""
    found = [block.json() for block in json_blocks() if block.kind == kind]
    assert found
    return found


def with_a_template(value: Any) -> Iterator[Any]:
    """Each time with another of its values, or of those in them, replaced."""
    yield "{{ template }}"
    for at, one in value.items() if isinstance(value, dict) else ():
        yield from (value | {at: templated} for templated in with_a_template(one))
    for at, one in enumerate(value) if isinstance(value, list) else ():
        yield from ([*value[:at], it, *value[at + 1 :]] for it in with_a_template(one))


def test_it_is_a_schema_that_needs_no_other() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    text = json.dumps(SCHEMA)
    assert "$ref" not in text
    assert len(text) < 250_000


def test_the_examples_fit() -> None:
    assert told(EXAMPLE) == told(WHOLE) == []
    for whole in shown("connector"):
        assert told({key: part for key, part in whole.items() if key != "$schema"}) == []
    for configuration in shown("configuration"):
        assert told(content() | {"configuration": configuration}) == []
    for destination in shown("destination"):
        assert told(content(destination=destination)) == []


def test_a_template_may_stand_for_every_value() -> None:
    for key, value in WHOLE.items():
        for templated in with_a_template(value):
            assert told(WHOLE | {key: templated}) == []


@pytest.mark.parametrize("configuration", VALID.values())
def test_a_template_may_stand_for_every_value_of(configuration: dict[str, Any]) -> None:
    one = Draft202012Validator(SCHEMA["properties"]["configuration"])
    assert one.is_valid(configuration)
    assert all(one.is_valid(templated) for templated in with_a_template(configuration))


def test_what_is_wrong_by_its_shape_is_told_at_its_place() -> None:
    """Or at the object that it is in; what is wrong in another way is left to the load."""
    refused = {messages[0]: told(content() | {"configuration": it}) for it, messages in INVALID}
    found = {message: mistakes for message, mistakes in refused.items() if mistakes}
    assert len(found) > len(refused) * 2 / 3
    for message, mistakes in found.items():
        key = re.sub(r"\[(\d+)\]", r".\1", message.partition(":")[0])
        place = f"configuration.{key}"
        assert {where for where, _ in mistakes} <= {place, place.rpartition(".")[0]}
    vague = [message for message, ((_, said), *_) in found.items() if "under any of" in said]
    assert all(".write_disposition" in one or ".convert" in one for one in vague)


@pytest.mark.parametrize(
    ("keys", "place", "message"),
    [
        ({"schedule": {"mode": "weeks"}}, "schedule.mode", "'weeks' is not one of"),
        ({"schedule": {"mode": "days", "intervall": 2}}, "schedule", "'intervall' was unexpected"),
        ({"schedule": "every day"}, "schedule", "'every day' is not of type 'object'"),
        ({"created_at": 5}, "created_at", "5 is not of type 'string'"),
        ({"http": {"max_pages": "5"}}, "http.max_pages", "'5' is not of type"),
        ({"http": {"max_pages": 0}}, "http.max_pages", "less than the minimum"),
        ({"reading": {"items": {"cursor": "own"}}}, "reading.items.cursor", "is not one of"),
        ({"partitions": {"every": "year", "from": "x"}}, "partitions.every", "is not one of"),
        ({"alerts": {"onn": []}}, "alerts", "'onn' is not one of"),
        ({"on_schema_change": "warm"}, "on_schema_change", "'warm' is not one of"),
        ({"owners": "team:data"}, "owners", "is not of type 'array'"),
        ({"tags": {"tier": 1}}, "tags.tier", "1 is not of type 'string'"),
        ({"htp": {}}, "", "'htp' was unexpected"),
    ],
)
def test_the_keys_beside_the_configuration(keys: Any, place: str, message: str) -> None:
    ((where, said),) = told(content() | keys)
    assert where == place
    assert message in said


def test_the_kind_of_a_thing_chooses_what_is_expected_of_it() -> None:
    client = {"auth": {"type": "api_key", "token": "x"}, "paginator": {"type": "page_nubmer"}}
    assert told(content(client=client)) == [
        (
            "configuration.client.auth",
            "Additional properties are not allowed ('token' was unexpected)",
        ),
        ("configuration.client.auth", "'api_key' is a required property"),
        (
            "configuration.client.paginator.type",
            "'page_nubmer' is not one of ['auto', 'single_page', 'json_link', 'json_response', "
            "'header_link', 'header_cursor', 'cursor', 'offset', 'page_number']",
        ),
    ]


def test_what_dagster_s_yaml_makes_of_a_file_fits() -> None:
    """Times stay texts, and `on` is true."""
    written = yaml.safe_load("alerts: {on: [failure]}")
    assert written == {"alerts": {True: ["failure"]}}
    assert (
        told(content(resources=[items(params={"page": 1, "since": "2025-01-01"})]) | written) == []
    )

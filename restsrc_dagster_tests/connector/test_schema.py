"""The JSON Schema of a connector file: what the models take passes, wrong shapes fail."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from restsrc_dagster.cli.main import cli
from restsrc_dagster.connector.files.folder import check_content
from restsrc_dagster.connector.schema import EXAMPLE, connector_schema
from restsrc_dagster_tests.connector.configuration.tables import VALID
from restsrc_dagster_tests.connector.configuration.test_invalid import INVALID
from restsrc_dagster_tests.support.connectors import content

SCHEMA = connector_schema()
VALIDATOR = Draft202012Validator(SCHEMA)


def fits(configuration: Any = None, **keys: Any) -> bool:
    whole = {**content(), **keys}
    if configuration is not None:
        whole["configuration"] = configuration
    return bool(VALIDATOR.is_valid(whole))


@pytest.mark.parametrize(
    ("keys", "fitting"),
    [
        ({"processing_steps": [{"filter": "a"}]}, True),
        ({"processing_steps": [{"map": {"exclude": ["a"], "hash": ["b"], "salt": "${S}"}}]}, True),
        ({"processing_steps": [{}]}, False),
        ({"processing_steps": [{"filter": "a", "map": "b"}]}, False),
        ({"processing_steps": [{"map": {"exclude": "a"}}]}, False),
        ({"endpoint": {"incremental": {"cursor_path": "at", "convert": "date"}}}, True),
        ({"endpoint": {"incremental": {"cursor_path": "at", "convert": "%Y"}}}, True),
        ({"endpoint": {"incremental": {"cursor_path": "at", "convert": "epoch"}}}, False),
        ({"endpoint": {"incremental": {"cursor_path": "at", "convert": "{%Y}"}}}, False),
    ],
)
def test_texts_that_stand_for_python(keys: dict[str, Any], fitting: bool) -> None:
    client = {"base_url": "https://api.acme.com"}
    assert fits({"client": client, "resources": [{"name": "a", **keys}]}) == fitting


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"].endswith("2020-12/schema")


@pytest.mark.parametrize("name", VALID)
def test_what_the_models_take_passes(name: str) -> None:
    assert [
        error.message for error in VALIDATOR.iter_errors(content() | {"configuration": VALID[name]})
    ] == []


def test_most_of_what_the_models_refuse_fails() -> None:
    """A schema cannot say what holds between two parts, or what a language in a text is."""
    passing = [told[0] for configuration, told in INVALID if fits(configuration)]
    beyond = ("JSONPath", "convert", "path", "placeholder", "brace", "format string", "parent")
    beyond += ("ancestor", "name of another", "cursors", "end_value", "is not a time", "{table}")
    assert [message for message in passing if not any(word in message for word in beyond)] == []
    assert len(passing) < len(INVALID) / 5


@pytest.mark.parametrize(
    "keys",
    [
        {"schedule": {"mode": "weeks"}},
        {"schedule": {"mode": "days", "intervall": 2}},
        {"htp": {}},
        {"http": {"max_concurrency": 0}},
        {"created_at": 5},
        {"name": "acme"},
    ],
)
def test_the_file_s_own_keys_are_held_too(keys: dict[str, Any]) -> None:
    assert fits()
    assert not fits(**keys)


def test_the_example_is_a_connector() -> None:
    check_content("acme", EXAMPLE, file="acme.json")
    assert VALIDATOR.is_valid(EXAMPLE)


def test_the_example_of_the_repository_passes() -> None:
    example = Path(__file__).parents[2] / "connectors" / "_example.json"
    assert VALIDATOR.is_valid(json.loads(example.read_text(encoding="utf-8")))


def test_every_key_is_explained() -> None:
    """An editor shows the description where the cursor stands."""
    told_by_type = {"type", "disposition", "strategy"}
    silent = [
        f"{name}.{key}"
        for name, part in SCHEMA["$defs"].items()
        for key, field in part.get("properties", {}).items()
        if "description" not in field and key not in told_by_type
    ]
    assert silent == []


def test_the_command_prints_and_writes_it(tmp_path: Path) -> None:
    printed = CliRunner().invoke(cli, ["schema"])
    assert json.loads(printed.stdout) == SCHEMA
    target = tmp_path / "connector.schema.json"
    assert CliRunner().invoke(cli, ["schema", "--output", str(target)]).exit_code == 0
    assert json.loads(target.read_text(encoding="utf-8")) == SCHEMA

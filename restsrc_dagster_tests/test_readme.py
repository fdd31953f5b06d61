"""What the README shows works: every JSON in it is loaded, every command exists."""

import json
import os
import re
import subprocess
import sys
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import click
import pytest
import yaml

from restsrc_dagster.cli.main import cli
from restsrc_dagster.connector.files.folder import check_content
from restsrc_dagster.connector.lint import RULES, lint
from restsrc_dagster.connector.schedule.schedule import Schedule, parse_schedule
from restsrc_dagster.demo.folder import DemoFolder
from restsrc_dagster.demo.run import start_api
from restsrc_dagster.extract.dry import validate_with_dlt
from restsrc_dagster.orchestrate.assets import CONFIG_SCHEMA
from restsrc_dagster_tests.support.connectors import CREATED_AT, content

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^ *```(\S*)(?: (\S+))?\n(.*?)^ *```$", README, re.MULTILINE | re.DOTALL)
JSON_BLOCKS = [(kind, json.loads(text)) for language, kind, text in BLOCKS if language == "json"]


def test_every_json_block_says_what_it_is() -> None:
    assert {kind for kind, _ in JSON_BLOCKS} == {"configuration", "connector"}


@pytest.mark.parametrize(("kind", "shown"), JSON_BLOCKS)
def test_json_is_a_connector(kind: str, shown: dict[str, object]) -> None:
    whole = shown if kind == "connector" else {**content(), "configuration": shown}
    connector = check_content("acme", whole, file="README.md")
    assert validate_with_dlt(connector) is None
    assert lint(connector) == []


def test_inline_schedules_are_schedules() -> None:
    shown = re.findall(r'`(\{"mode".*?\})`', README)
    assert len(shown) == 6
    for text in shown:
        Schedule.model_validate(json.loads(text))


def test_schedules_in_words_are_schedules() -> None:
    words = set(re.findall(r'"(every [^"]+)"', README))
    assert len(words) == 5
    for text in words:
        parse_schedule(text)


def test_every_command_is_told_and_every_command_told_exists() -> None:
    told = set(re.findall(r"restsrc (?!-)([a-z]+)", README)) - {"dagster"}
    assert told == set(cli.commands)


@pytest.mark.parametrize("command", cli.commands.values(), ids=lambda command: command.name)
def test_every_command_has_help(command: click.Command) -> None:
    assert command.help
    assert all(option.help for option in command.params if isinstance(option, click.Option)) or (
        command.name == "next"
    )


def test_yaml_shown_is_yaml() -> None:
    shown = [yaml.safe_load(text) for language, _, text in BLOCKS if language == "yaml"]
    configs = [one["ops"]["acme__load"]["config"] for one in shown if "ops" in one]
    assert [set(config) for config in configs] == [{"full_refresh"}, {"from", "to"}]
    assert all(config.keys() <= CONFIG_SCHEMA.keys() for config in configs)
    (component,) = [one["attributes"] for one in shown if "attributes" in one]
    component["created_at"] = CREATED_AT  # a time without quotes, as YAML has them
    assert check_content("acme", component, file="README.md").resources.keys() == {"customers"}
    (shown_settings,) = [one for one in shown if "ops" not in one and "attributes" not in one]
    settings = yaml.safe_load((ROOT / "deploy" / "deployment_settings.yaml").read_text("utf-8"))
    assert settings.items() >= shown_settings.items()


def test_settings_told_are_the_settings_read() -> None:
    source = (ROOT / "restsrc_dagster" / "settings.py").read_text(encoding="utf-8")
    assert set(re.findall(r"RESTSRC_[A-Z_]+", README)) == set(
        re.findall(r"RESTSRC_[A-Z_]+", source)
    )


def test_the_example_of_the_repository_is_a_connector() -> None:
    example = json.loads((ROOT / "connectors" / "_example.json").read_text(encoding="utf-8"))
    connector = check_content("acme", example, file="_example.json")
    assert connector.created_at.isoformat().replace("+00:00", "Z") == CREATED_AT
    assert validate_with_dlt(connector) is None
    assert lint(connector) == []


def test_every_warning_is_told() -> None:
    _, _, section = README.partition("\n## Warnings\n")
    told = re.findall(r"^\| `([a-z0-9-]+)` \|", section.partition("\n## ")[0], re.MULTILINE)
    assert told == list(RULES)


def test_both_workspaces_name_the_same_location() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    block = project["tool"]["dg"]["project"]
    (module,) = yaml.safe_load((ROOT / "workspace.yaml").read_text("utf-8"))["load_from"]
    (cloud,) = yaml.safe_load((ROOT / "dagster_cloud.yaml").read_text("utf-8"))["locations"]
    assert module["python_module"] == {
        "module_name": block["code_location_target_module"],
        "location_name": block["code_location_name"],
    }
    assert cloud["location_name"] == block["code_location_name"]
    assert cloud["code_source"]["module_name"] == block["code_location_target_module"]


CHANGING = re.compile(
    r"127\.0\.0\.1:\d+|\d+ ms|[\d.]+ kB|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|cursor=\w+|announces \d+"
)


def test_the_test_read_of_the_demonstration_word_for_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The README's command, as it stands there, beside a running demonstration's API."""
    command, shown = next(
        (command.strip(), answer)
        for (_, _, command), (_, _, answer) in pairwise(BLOCKS)
        if "restsrc test demo_shop" in command
    )
    monkeypatch.delenv("RESTSRC_DEMO_TOKEN", raising=False)
    place = DemoFolder(tmp_path / ".restsrc-demo")
    place.path.mkdir()
    (tmp_path / ".venv").symlink_to(sys.prefix)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with ExitStack() as stack:
        start_api(place, stack)
        ended = subprocess.run(
            ["bash", "-c", command], cwd=tmp_path, env=environment,
            capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip
    assert CHANGING.sub("…", ended.stdout).strip() == CHANGING.sub("…", shown).strip()

"""What docs/errors.md shows is what is said, by this package and by dlt."""

import json
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from restsrc_dagster.cli.main import cli
from restsrc_dagster.connector.abilities import ABILITIES
from restsrc_dagster.connector.fitted import fitted
from restsrc_dagster.connector.lint import lint
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.connector.configuration.tables import validate_with_dlt
from restsrc_dagster_tests.support.connectors import connector, items

PAGE = (Path(__file__).parent.parent / "docs" / "errors.md").read_text(encoding="utf-8")
SECTIONS = re.findall(
    r"^## (.+?)\n\n```json mistake\n(.+?)```\n\n```\n(.+?)\n```\n\n(.+?)(?=^## |\Z)",
    PAGE,
    re.MULTILINE | re.DOTALL,
)


def test_there_are_ten() -> None:
    assert len(SECTIONS) == 10 == PAGE.count("\n## ")


@pytest.mark.parametrize(("title", "mistake", "told", "rest"), SECTIONS)
def test_this_is_what_add_says(
    title: str, mistake: str, told: str, rest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del title, rest
    monkeypatch.chdir(tmp_path)
    Path("acme.json").write_text(mistake, encoding="utf-8")
    words = ["add", "acme", "--config", "acme.json", "--schedule", "every day"]
    assert str(CliRunner().invoke(cli, words).exception) == told
    assert not Path("connectors").exists()


@pytest.mark.skipif(f"dlt {version('dlt')} " not in PAGE, reason="the page is of another dlt")
@pytest.mark.parametrize(("title", "mistake", "told", "rest"), SECTIONS)
def test_this_is_what_dlt_says(title: str, mistake: str, told: str, rest: str) -> None:
    del title, told
    refusal = (validate_with_dlt(json.loads(mistake)) or "").replace("\n", " ")
    if "dlt says nothing" in rest:
        assert refusal == ""
        return
    shown = re.search(r"```\n(.+?)\n```", rest, re.DOTALL)
    assert shown is not None
    excerpt = re.sub(r"\s+", " ", shown[1]).removesuffix(" …")
    assert re.sub(r"\s+", " ", refusal).startswith(excerpt)
    assert f"{len(refusal):,} characters" in rest


@pytest.mark.parametrize(
    ("name", "least"), [("guarantees.md", 100), ("dagster.md", 25), ("destinations.md", 25)]
)
def test_every_row_names_a_test_that_is_there(name: str, least: int) -> None:
    page = (Path(__file__).parent.parent / "docs" / name).read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ") and "| test |" not in line]
    named = [re.findall(r"`([\w/]+\.py)(?:::(\w+))?`", row.split(" | ")[-1]) for row in rows]
    assert len(named) > least
    for row, found in zip(rows, named, strict=True):
        assert found, row
        for file, function in found:
            source = (Path(__file__).parent / file).read_text(encoding="utf-8")
            assert not function or f"def {function}(" in source, row


DESTINATIONS = re.findall(
    r"^```json destination\n(.+?)```$",
    (Path(__file__).parent.parent / "docs" / "destinations.md").read_text(encoding="utf-8"),
    re.MULTILINE | re.DOTALL,
)


def test_each_destination_has_an_example() -> None:
    assert len(DESTINATIONS) == 6


@pytest.mark.parametrize("shown", [json.loads(text) for text in DESTINATIONS])
def test_a_destination_that_is_shown_is_one_of_a_connector(shown: dict[str, Any]) -> None:
    resource = {**items(), "primary_key": "id"}
    acme = connector(resources=[resource], destination=shown)
    assert lint(acme) == []
    assert fitted(acme, ABILITIES[shown["type"]], Settings()).refused == ()

"""`restsrc recipes`, and `restsrc add --recipe`: from a name to a connector that reads."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from restsrc_dagster.cli.main import cli
from restsrc_dagster.connector.files.folder import read_connector
from restsrc_dagster.errors import RestsrcError
from restsrc_dagster.recipes.recipe import read_recipe, recipe_names

NOBODY = ("--dagster-url", "http://127.0.0.1:1")


def restsrc(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def add(folder: Path, *arguments: str) -> Result:
    return restsrc("add", "shop_eu", "--connectors-dir", str(folder), *NOBODY, *arguments)


def written(folder: Path) -> Any:
    return json.loads((folder / "shop_eu.json").read_text(encoding="utf-8"))


def test_every_recipe_is_listed_with_what_it_covers() -> None:
    told = " ".join(restsrc("recipes").output.split())
    for name in recipe_names():
        recipe = read_recipe(name)
        assert f"{name} {recipe.title}: {recipe.covers}" in told
    assert "not against the live service" in told


def test_one_recipe_is_shown_with_what_it_wants_and_leaves_out() -> None:
    result = restsrc("recipes", "stripe")
    recipe, told = read_recipe("stripe"), " ".join(result.output.split())
    for text in [*recipe.sources, *recipe.limits, *recipe.resources, *recipe.variables.values()]:
        assert text in told
    assert "STRIPE_LOOKBACK_SECONDS" in told
    assert "(otherwise 2592000)" in told
    assert "restsrc add stripe --recipe stripe" in told


def test_the_file_of_a_recipe_is_printed() -> None:
    shown = json.loads(restsrc("recipes", "stripe", "--json").output)
    assert shown == read_recipe("stripe").connector


def test_a_connector_is_written_with_variables_of_its_own(tmp_path: Path) -> None:
    result = add(tmp_path, "--recipe", "stripe", "--schedule", "every 6 hours")
    assert result.exit_code == 0, result.output
    assert written(tmp_path)["schedule"] == {"mode": "hours", "interval": 6}
    assert "warning" not in result.output
    assert "set SHOP_EU_API_KEY, in .env for example" in result.output
    assert "SHOP_EU_API_KEY: A restricted key" in result.output
    assert "STRIPE_" not in json.dumps(written(tmp_path))
    assert result.output.rstrip().endswith("then: restsrc test shop_eu")
    connector = read_connector(tmp_path / "shop_eu.json")
    assert list(connector.resources) == read_recipe("stripe").resources


def test_a_recipe_has_a_schedule(tmp_path: Path) -> None:
    add(tmp_path, "--recipe", "stripe")
    assert written(tmp_path)["schedule"] == {"mode": "hours", "interval": 1}


def test_chosen_resources_bring_their_parents_which_are_not_loaded(tmp_path: Path) -> None:
    result = add(tmp_path, "--recipe", "jira", "--resources", "worklogs,sprints")
    assert result.exit_code == 0, result.output
    connector = read_connector(tmp_path / "shop_eu.json")
    chosen = written(tmp_path)
    resources = chosen["configuration"]["resources"]
    loaded = {one["name"]: one.get("selected", True) for one in resources}
    assert loaded == {"issues": False, "worklogs": True, "boards": False, "sprints": True}
    assert chosen["reading"].keys() == {"issues"}
    assert set(connector.resources) >= {"worklogs", "sprints"}


def test_what_belongs_to_other_resources_is_left_out(tmp_path: Path) -> None:
    result = add(tmp_path, "--recipe", "stripe", "--resources", "customers")
    assert "reading" not in written(tmp_path)
    assert "SHOP_EU_LOOKBACK_SECONDS" not in result.output
    add(tmp_path / "github", "--recipe", "github", "--resources", "issues")
    assert written(tmp_path / "github")["values"] == {"repos": "${SHOP_EU_REPOS}"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--recipe", "strip"), "there is no recipe 'strip'; there are .*did you mean stripe?"),
        (
            ("--recipe", "stripe", "--resources", "invoice"),
            "the recipe has no resource 'invoice'; it has .*did you mean invoices?",
        ),
    ],
)
def test_what_is_not_there_is_told_with_what_is_near(
    tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    result = add(tmp_path, *arguments)
    assert isinstance(result.exception, RestsrcError)
    with pytest.raises(RestsrcError, match=told):
        raise result.exception
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--resources", "a"), "give one of"),
        (("--recipe", "stripe", "--from-curl", "curl x"), "give one of"),
        (("--config", "x", "--resources", "a"), "--resources goes with --recipe"),
    ],
)
def test_options_that_do_not_go_together_are_told(
    tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    result = add(tmp_path, *arguments)
    assert result.exit_code == 2
    assert told in result.output

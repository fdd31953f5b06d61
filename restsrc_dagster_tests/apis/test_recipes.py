"""Every recipe of the folder is whole: it loads, tells what it wants, and has its mock."""

from typing import Any

import pytest
import tomli

from restsrc_dagster.connector.files.folder import check_content
from restsrc_dagster.connector.lint import lint
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.schedule.schedule import parse_schedule
from restsrc_dagster.connector.syntax.references import references
from restsrc_dagster.demo.apis.known import Known
from restsrc_dagster.extract.validation import validate_with_dlt
from restsrc_dagster.recipes.recipe import read_recipe, recipe_names
from restsrc_dagster_tests.support.recipes import PAGE, ROOT, mocks, table

NAMES = recipe_names()


def connector(name: str) -> Connector:
    recipe = read_recipe(name)
    content: dict[str, Any] = {"created_at": "2026-11-23T10:03:00Z", "schedule": {"mode": "hours"}}
    return check_content(name, content | recipe.connector, file=f"{name}.json")


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_is_in_order(name: str) -> None:
    acme, recipe = connector(name), read_recipe(name)
    assert validate_with_dlt(acme) is None
    assert {one.code for one in lint(acme)} == set(recipe.warnings)
    parse_schedule(recipe.schedule)
    assert recipe.connector["description"]


@pytest.mark.parametrize("name", NAMES)
def test_every_variable_is_described_and_named_after_the_recipe(name: str) -> None:
    recipe = read_recipe(name)
    named = {variable for variable, _ in references(recipe.connector)}
    assert named == set(recipe.variables)
    assert all(variable.startswith(f"{name.upper()}_") for variable in named)


@pytest.mark.parametrize("name", NAMES)
def test_rows_are_told_apart(name: str) -> None:
    resources = connector(name).resources
    for loaded in read_recipe(name).resources:
        one = resources[loaded]
        parent = one.parent and resources[one.parent]
        assert one.primary_key or (parent and parent.incremental), f"{loaded} has no key"


@pytest.mark.parametrize("name", NAMES)
def test_every_table_is_compared_with_a_mock(name: str) -> None:
    mock = mocks()[name]
    assert issubclass(mock, Known)
    compared = {one.partition(":")[0] for one in mock().tables()}
    assert compared == set(read_recipe(name).resources)


def test_recipes_are_in_the_wheel() -> None:
    settings = tomli.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packaged = settings["tool"]["setuptools"]["package-data"]["restsrc_dagster"]
    assert "recipes/*.json" in packaged


def test_the_page_is_up_to_date() -> None:
    assert table() in PAGE.read_text(encoding="utf-8"), (
        "python -m restsrc_dagster_tests.support.recipes writes it"
    )

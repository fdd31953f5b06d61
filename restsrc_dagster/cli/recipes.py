"""`restsrc recipes`, and what `restsrc add --recipe` takes from one."""

import json
from collections.abc import Iterator, Sequence
from textwrap import wrap

import click

from restsrc_dagster.recipes.chosen import for_connector
from restsrc_dagster.recipes.recipe import Recipe, read_recipe, recipe_names
from restsrc_dagster.scaffold.configuration import FirstConfiguration

WIDTH = 100
TRIED = "tried against the documentation, not against the live service"


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_file", is_flag=True, help="Print the file of the recipe NAME.")
def recipes(name: str | None, as_file: bool) -> None:
    """List the recipes: connectors of well-known APIs; or show the one called NAME."""
    if as_file and name is None:
        raise click.UsageError("--json goes with a name")
    lines = _list() if name is None else _shown(name, read_recipe(name), as_file=as_file)
    click.echo("\n".join(lines))


def _list() -> Iterator[str]:
    names = recipe_names()
    longest = max(map(len, names))
    for name in names:
        recipe = read_recipe(name)
        first, *more = wrap(f"{recipe.title}: {recipe.covers}", WIDTH - longest - 2)
        yield f"{name:{longest}}  {first}"
        yield from (" " * (longest + 2) + line for line in more)
    yield ""
    yield f"Each is {TRIED}. restsrc recipes NAME tells more."


def _shown(name: str, recipe: Recipe, *, as_file: bool) -> Iterator[str]:
    if as_file:
        yield json.dumps(recipe.connector, indent=2, ensure_ascii=False)
        return
    yield f"{recipe.title}: {recipe.covers}"
    yield f"{TRIED[0].upper()}{TRIED[1:]}, as it was on {recipe.written_on}."
    _, variables = for_connector(recipe, name, name)
    yield from _section("resources", [", ".join(recipe.resources)])
    yield from _section("set in .env", [f"{one}: {told}" for one, told in variables.items()])
    yield from _section("limits", recipe.limits)
    yield from _section("warnings", [f"{code}: {why}" for code, why in recipe.warnings.items()])
    yield from _section("documentation", recipe.sources)
    yield ""
    yield f"restsrc add {name} --recipe {name}   (schedule: {recipe.schedule})"
    yield f"restsrc recipes {name} --json   prints the connector"


def _section(title: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        yield ""
        yield title
    for item in items:
        yield from wrap(item, WIDTH, initial_indent="  ", subsequent_indent="    ")


def from_recipe(name: str, connector: str, resources: str | None) -> FirstConfiguration:
    """What `restsrc add` writes for a recipe; `resources` are names with commas between them."""
    recipe = read_recipe(name)
    wanted = [one.strip() for one in (resources or "").split(",") if one.strip()]
    content, variables = for_connector(recipe, name, connector, wanted)
    configuration = content.pop("configuration")
    return FirstConfiguration(
        configuration,
        notes=[f"{recipe.title}: {TRIED}", *(f"limit: {one}" for one in recipe.limits)],
        description=content.pop("description"),
        beside=content,
        told=variables,
        schedule=recipe.schedule,
    )

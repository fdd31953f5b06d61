"""A recipe for one connector: under its name, with the resources that somebody wants."""

import json
import re
from collections.abc import Collection, Iterable
from typing import Any

from restsrc_dagster.connector.syntax.references import found_references
from restsrc_dagster.connector.wording import allowed
from restsrc_dagster.errors import RestsrcError
from restsrc_dagster.recipes.recipe import Recipe

_BOUND = re.compile(r"\{resources\.(\w+)\.")


class UnknownResource(RestsrcError):
    """A recipe has no resource of that name."""


def for_connector(
    recipe: Recipe, name: str, connector: str, resources: Collection[str] = ()
) -> tuple[dict[str, Any], dict[str, str]]:
    """What the recipe `name` writes for a connector, and its variables with their descriptions.

    Variables begin with the connector's name, so that two accounts of one API have two sets. With
    `resources`, parents of them that are not wanted are read for their children alone.
    """
    prefix, own = f"{name.upper()}_", f"{connector.upper()}_"
    content = chosen(recipe, resources) if resources else recipe.connector
    text = json.dumps(content)
    defaults = {found["name"]: found["default"] for _, found in found_references(content)}
    renamed: dict[str, Any] = json.loads(re.sub(rf"(\$\{{(?:\w+:)?){prefix}", rf"\g<1>{own}", text))
    return renamed, {
        own + variable.removeprefix(prefix): told + _otherwise(defaults[variable])
        for variable, told in recipe.variables.items()
        if variable in defaults
    }


def _otherwise(default: str | None) -> str:
    return "" if default is None else f" (otherwise {default or 'nothing'})"


def chosen(recipe: Recipe, resources: Collection[str]) -> dict[str, Any]:
    """The connector with these resources, and what they hang on; raises UnknownResource."""
    content: dict[str, Any] = json.loads(json.dumps(recipe.connector))
    every = {one["name"]: one for one in content["configuration"]["resources"]}
    for one in resources:
        if one not in every:
            known = allowed(one, recipe.resources)
            raise UnknownResource(f"the recipe has no resource {one!r}; it has {known}")
    kept = _with_parents(resources, every)
    content["configuration"]["resources"] = [
        one if name in resources else {**one, "selected": False}
        for name, one in every.items()
        if name in kept
    ]
    for place in ("reading", "values"):
        if place in content:
            content[place] = {key: one for key, one in content[place].items() if key in kept}
    if "allow_missing_selector" in (http := content.get("http", {})):
        named = http["allow_missing_selector"]
        http["allow_missing_selector"] = [one for one in named if one in kept]
    _remove_empty(content)
    return content


def _remove_empty(content: dict[str, Any]) -> None:
    http = content.get("http", {})
    if not http.get("allow_missing_selector", True):
        del http["allow_missing_selector"]
    for place in ("reading", "values", "http"):
        if not content.get(place, True):
            del content[place]


def _with_parents(resources: Iterable[str], every: dict[str, Any]) -> set[str]:
    """With all that they take a field of: parents, theirs, and lists of values."""
    kept: set[str] = set()
    wanted = list(resources)
    while wanted:
        if (name := wanted.pop()) not in kept:
            kept.add(name)
            wanted += _BOUND.findall(json.dumps(every.get(name, {})))
    return kept

"""What a recipe is: a connector of a known API, and what a person needs to know to use it."""

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from restsrc_dagster.connector.wording import allowed
from restsrc_dagster.errors import RestsrcError

_FOLDER = Path(__file__).parent
Text = Annotated[str, Field(min_length=1)]


class UnknownRecipe(RestsrcError):
    """There is no recipe of that name; the message names all, and the nearest."""


class Recipe(BaseModel):
    """A file `<name>.json` of this folder.

    Attributes:
        title: the API, as its vendor writes it.
        covers: what is read, in a sentence.
        tried_against: what its test stands in for; no recipe has met the live service.
        written_on: when it was written from the pages of `sources`.
        sources: addresses of the API's documentation.
        variables: what the file refers to, `<NAME>_…` in capitals, and where one gets it.
        limits: what it does not read, or reads late.
        warnings: codes of `restsrc validate` that it raises all the same, each with the reason.
        schedule: how often it is read unless somebody says otherwise, in words.
        connector: the connector file without `created_at` and `schedule`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Text
    covers: Text
    tried_against: Literal["documentation"]
    written_on: date
    sources: Annotated[list[Text], Field(min_length=1)]
    variables: Annotated[dict[str, Text], Field(min_length=1)]
    limits: list[Text]
    warnings: dict[str, Text] = {}
    schedule: Text = "every hour"
    connector: dict[str, Any]

    @property
    def resources(self) -> list[str]:
        """Those that become tables."""
        every = self.connector["configuration"]["resources"]
        return [one["name"] for one in every if one.get("selected", True)]


def recipe_names() -> list[str]:
    return sorted(path.stem for path in _FOLDER.glob("*.json"))


def read_recipe(name: str) -> Recipe:
    """The recipe of that name; raises UnknownRecipe."""
    if name not in (known := recipe_names()):
        raise UnknownRecipe(f"there is no recipe {name!r}; there are {allowed(name, known)}")
    return Recipe.model_validate(recipe_content(name))


def recipe_content(name: str) -> dict[str, Any]:
    """The file as it is written."""
    content: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return content

"""The table of recipes in docs/recipes/apis.md, and the mocks of APIs by name.

`python -m restsrc_dagster_tests.support.recipes` writes the table again.
"""

import inspect
import re
from importlib import import_module
from pathlib import Path
from textwrap import fill

from restsrc_dagster.recipes.recipe import read_recipe, recipe_names
from restsrc_dagster_tests import apis
from restsrc_dagster_tests.apis.mock import Mock

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "recipes" / "apis.md"
WIDTH = 140
_TABLE = re.compile(r"(?<=<!-- recipes -->\n).*?(?=<!-- end -->)", re.DOTALL)


def mocks() -> dict[str, type[Mock]]:
    """The mock of each module of `apis`; those of recipes have their names."""
    found: dict[str, type[Mock]] = {}
    for path in sorted(Path(next(iter(apis.__path__))).glob("[a-z]*.py")):
        module = import_module(f"{apis.__name__}.{path.stem}")
        for one in vars(module).values():
            if inspect.isclass(one) and issubclass(one, Mock) and not inspect.isabstract(one):
                found[one.__module__.rpartition(".")[2]] = one
    return found


def table() -> str:
    """What stands between the marks: a paragraph for each recipe, with its tables and limits."""
    lines = ["", "| recipe | API | covers |", "|---|---|---|"]
    for name in recipe_names():
        recipe = read_recipe(name)
        lines.append(f"| [`{name}`](#{name}) | {recipe.title} | {recipe.covers} |")
    return "\n".join(lines) + "\n\n" + "\n".join(map(section, recipe_names()))


def section(name: str) -> str:
    """What a page says of one recipe."""
    recipe = read_recipe(name)
    tables = fill(", ".join(f"`{one}`" for one in recipe.resources), WIDTH)
    limits = [fill(f"- {one}.", WIDTH, subsequent_indent="  ") for one in recipe.limits]
    sources = [f"- <{one}>" for one in recipe.sources]
    return "\n".join(
        [
            *(
                f"### {name}",
                "",
                f"{recipe.title}, written on {recipe.written_on}. Tables:",
                "",
                tables,
            ),
            *("", "Limits:", "", *limits, "", "Documentation:", "", *sources, ""),
        ]
    )


def main() -> None:
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(_TABLE.sub(lambda _: table(), text), encoding="utf-8")


if __name__ == "__main__":
    main()

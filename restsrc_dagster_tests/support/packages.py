"""Which package imports which, drawn in docs/architecture.md.

`python -m restsrc_dagster_tests.support.packages` draws it again. A node is a package, or a module
that lies beside packages. Drawn is no arrow that follows from others: what is reached by arrows may
be imported.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

import restsrc_dagster

ROOT = Path(restsrc_dagster.__file__).parent
SOURCES = sorted(path.relative_to(ROOT) for path in ROOT.rglob("*.py"))
PAGE = ROOT.parent / "docs" / "architecture.md"
DIVIDED = ("connector", "extract", "load")
"""Whose packages are drawn in a picture of their own."""
Graph = Mapping[str, frozenset[str]]


def imports(tree: ast.AST) -> Iterator[str]:
    """Modules and what is taken from them, `a.b` for both; also of imports inside of functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part_of(source: Path) -> str:
    """`connector/files/parse.py` is of `connector`, `settings.py` is `settings`."""
    return source.parts[0] if len(source.parts) > 1 else _name(source)


def package_of(source: Path) -> str:
    """`connector/files/parse.py` is of `files`, `connector/model.py` is `model`; a folder that is
    not divided is one package."""
    return part_of(source.relative_to(source.parts[0]))


def _name(source: Path) -> str:
    return "." if source.stem == "__init__" else source.stem


def graph(area: str = "") -> Graph:
    """Of the parts of the whole, or of the packages of one of them."""
    found: dict[str, set[str]] = {}
    for source in SOURCES:
        if area and source.parts[0] != area:
            continue
        node = package_of(source) if area else part_of(source)
        reached = found.setdefault(node, set())
        for name in imports(ast.parse((ROOT / source).read_text(encoding="utf-8"))):
            target = _source_of(name)
            if target is None or (area and target.parts[0] != area):
                continue
            reached.add(package_of(target) if area else part_of(target))
    return {node: frozenset(reached - {node}) for node, reached in found.items() if node != "."}


def _source_of(name: str) -> Path | None:
    """The file of a module of ours, or the module that has the name."""
    first, *rest = name.split(".")
    if first != ROOT.name:
        return None
    for path in (Path(*rest), Path(*rest[:-1])):
        for source in (path.with_suffix(".py"), path / "__init__.py"):
            if source in SOURCES:
                return source
    return None


def reached(node: str, drawn: Graph, on_the_way: tuple[str, ...] = ()) -> frozenset[str]:
    """All that arrows lead to.

    Raises:
        ValueError: they lead back.
    """
    if node in on_the_way:
        raise ValueError(" -> ".join((*on_the_way, node)))
    further = (reached(below, drawn, (*on_the_way, node)) for below in drawn[node])
    return drawn[node].union(chain.from_iterable(further))


def reduced(whole: Graph) -> Graph:
    """Without the arrows that follow from others."""
    return {
        node: frozenset(
            one for one in below if not any(one in reached(other, whole) for other in below - {one})
        )
        for node, below in whole.items()
    }


def picture(whole: Graph) -> str:
    """As Mermaid draws it: what imports is above what it imports."""
    drawn = reduced(whole)
    lines = [f"    {node} --> {one}" for node in sorted(drawn) for one in sorted(drawn[node])]
    return "\n".join(["```mermaid", "flowchart TD", *lines, "```"])


def drawn_again(page: str) -> str:
    """The page with each picture as it is now: of the whole, then of each divided part."""
    pictures = iter([picture(graph(area)) for area in ("", *DIVIDED)])
    drawn = r"```mermaid\nflowchart TD\n.*?```"
    return re.sub(drawn, lambda _: next(pictures), page, flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(drawn_again(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

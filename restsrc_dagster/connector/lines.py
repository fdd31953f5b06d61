"""On which line of a connector file a problem lies."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import yaml

from restsrc_dagster.connector.parse import compose
from restsrc_dagster.errors import Problem


def with_lines(problems: Iterable[Problem], file: Path) -> list[Problem]:
    """The problems of `file`, each with the line of its path, or of what that path lies in.

    In the order of the lines.
    """
    problems = list(problems)
    try:
        lines = line_of_each_path(file.read_text(encoding="utf-8-sig")) if problems else {}
    except (OSError, ValueError, yaml.YAMLError, RecursionError):
        lines = {}
    placed = [replace(problem, line=_line(problem.path, lines)) for problem in problems]
    return sorted(placed, key=lambda problem: problem.line or 0)


def line_of_each_path(text: str) -> Mapping[str, int]:
    """Line by path (`configuration.resources[0].name`), of JSON as of YAML; lines count from 1."""
    node = compose(text)
    return dict(_paths(node, "")) if node is not None else {}


def _paths(node: yaml.Node, path: str) -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = f"{path}.{key.value}" if path else str(key.value)
            yield inner, key.start_mark.line + 1
            yield from _paths(value, inner)
    elif isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            inner = f"{path}[{position}]"
            yield inner, item.start_mark.line + 1
            yield from _paths(item, inner)


def _line(path: str, lines: Mapping[str, int]) -> int | None:
    """A key that is missing has the line of the object that lacks it."""
    inside = (
        known for known in lines if path == known or path.startswith((f"{known}.", f"{known}["))
    )
    nearest = max(inside, key=len, default=None)
    return None if nearest is None else lines[nearest]

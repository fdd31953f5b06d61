"""On which line of a connector file a problem lies."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from restsrc_dagster.connector.files.parse import compose
from restsrc_dagster.errors import Problem

_RESOURCES = re.compile(r'"resources"\s*:\s*\[')
_BETWEEN = re.compile(r"[\s,]*")
_DECODER = json.JSONDecoder()


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


def lines_of_resources(text: str, resources: Sequence[Any]) -> list[int]:
    """The line of each of `configuration.resources`, in their order; lines count from 1.

    Empty where they cannot be found. Of JSON it is a hundred times faster than a look at each path.
    """
    for found in _RESOURCES.finditer(text):
        lines, at = [], found.end()
        try:
            for resource in resources:
                between = _BETWEEN.match(text, at)
                at = between.end() if between else at
                value, end = _DECODER.raw_decode(text, at)
                if value != resource:
                    break
                lines.append(text.count("\n", 0, at) + 1)
                at = end
            else:
                return lines
        except ValueError:
            continue
    try:
        by_path = line_of_each_path(text)
        return [by_path[f"configuration.resources[{n}]"] for n in range(len(resources))]
    except (KeyError, ValueError, yaml.YAMLError, RecursionError):
        return []


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
    while path and path not in lines:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return lines.get(path)

"""From the bytes of a connector file to plain values, as strictly in YAML as in JSON."""

import json
import math
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

SUFFIXES = (".json", ".yaml", ".yml")


def parse(path: Path) -> dict[str, Any]:
    """The mapping that the file holds.

    Raises:
        ValueError: in plain words, with line and column where there are any. Texts of the file
            are not repeated: they may be secrets.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8 text") from None
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    content = _parse_json(text) if path.suffix == ".json" else _parse_yaml(text)
    if not isinstance(content, dict):
        raise ValueError("holds no object at its top level")
    return content


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise ValueError("is nested too deeply") from None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    if twice := next((key for key in keys if keys.count(key) > 1), None):
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return dict(pairs)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


class _JsonLikeLoader(yaml.SafeLoader):
    """YAML with JSON's values: times stay text, and only true and false are booleans."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - a class attribute of the base
        first: [
            (tag, pattern)
            for tag, pattern in resolvers
            if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")
            or (tag.endswith("bool") and first in "tTfF")
        ]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key) for key, _ in node.value]
        for key in keys:
            if not isinstance(key, str):
                raise yaml.MarkedYAMLError(problem=f"the key {key!r} is not text; put it in quotes")
            if keys.count(key) > 1:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key!r} stands twice in one object",
                    problem_mark=node.start_mark,
                )
        return super().construct_mapping(node, deep=deep)


def _parse_yaml(text: str) -> Any:
    try:
        content = yaml.load(text, Loader=_JsonLikeLoader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ValueError(f"{where}{error.problem}") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(f"is not YAML: {type(error).__name__}") from None
    _no_special_numbers(content)
    return content


def _no_special_numbers(value: Any) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is not a number that JSON knows")
    for item in value.values() if isinstance(value, dict) else value or ():
        if isinstance(item, (dict, list, float)):
            _no_special_numbers(item)

"""From the bytes of a connector file to plain values, as strictly in YAML as in JSON."""

import json
import math
import re
from collections import Counter
from collections.abc import Hashable, Iterator
from itertools import count
from operator import itemgetter
from pathlib import Path
from typing import Any

import yaml

SUFFIXES = (".json", ".yaml", ".yml")
DEEPEST = 100
LARGEST = {True: 5_000_000, False: 500_000}
"""Characters, of JSON or not: YAML of that size takes some five seconds, JSON a tenth of one."""
MOST_VALUES = 200_000
"""Keys and values, those of YAML's aliases counted wherever they stand."""
_TEXT_OF_FILE = re.compile(r"\b(alias|handle|the tag) .*", re.DOTALL)
"""The pieces of the file that PyYAML's messages repeat."""
_SURROGATE = re.compile("[\ud800-\udfff]")


class TooLargeError(ValueError):
    """A text that is not to be looked into: all connectors would wait for it."""


def parse(path: Path) -> dict[str, Any]:
    """The mapping that the file holds.

    Raises:
        TooLargeError: it is larger than any connector, by its size or by what it holds.
        ValueError: in plain words, with line and column where there are any. Texts of the file
            are not repeated: they may be secrets.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(max(LARGEST.values()) + 1)
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8 text") from None
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    return parse_text(text, is_json=path.suffix == ".json")


def parse_text(text: str, *, is_json: bool) -> dict[str, Any]:
    """The mapping that the text of a file holds; raises ValueError as `parse` does."""
    if not text.strip():
        raise ValueError("is empty")
    if len(text) > (largest := LARGEST[is_json]):
        kind = "JSON" if is_json else "YAML"
        raise TooLargeError(f"is too large; at most {largest:,} characters of {kind} are read")
    content = _parse_json(text) if is_json else _parse_yaml(text)
    if not isinstance(content, dict):
        raise ValueError("holds no object at its top level")
    refuse_what_json_cannot_say(content)
    return content


def refuse_what_json_cannot_say(content: Any) -> None:
    """Also what could not be walked, or written again.

    Raises:
        TooLargeError: there is too much of it.
        ValueError: as `parse` does.
    """
    _only_json(content, DEEPEST, count())


def compose(text: str) -> yaml.Node | None:
    """The nodes of a text in JSON or YAML, with their places; None if there is nothing in it.

    Raises:
        TooLargeError: it would take too long.
        yaml.YAMLError: it is neither.
    """
    if len(text) > LARGEST[False]:
        raise TooLargeError("is too large to be looked through for places")
    # JSON is YAML save for the tabs between its tokens; inside of its texts there are none.
    return yaml.compose(text.replace("\t", " "), Loader=JsonLikeLoader)


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_no_constant)
    except _TwiceError as error:
        if len(text) > LARGEST[False]:
            raise ValueError(f"the key {error.args[0]!r} stands twice in one object") from None
        return _parse_yaml(text.replace("\t", " "))  # which refuses it too, and knows where
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise ValueError("is nested too deeply") from None


class _TwiceError(Exception):
    """A key stands twice in one object."""


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _TwiceError(
            next(key for key, times in Counter(map(itemgetter(0), pairs)).items() if times > 1)
        )
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


class JsonLikeLoader(yaml.SafeLoader):
    """YAML with JSON's values: times, `no`, `on`, `010` and `1:30` are text."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - a class attribute of the base

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set[str]()
        for written, _ in node.value:
            key = self.construct_object(written)
            if not isinstance(key, str):
                problem = "a key is not text; put it in quotes"
            elif key == "<<":
                problem = "the merge key << is not supported; write the keys out"
            elif key in seen:
                problem = f"the key {key!r} stands twice in one object"
            else:
                seen.add(key)
                continue
            raise ValueError(f"{_where(written.start_mark)}{problem}")
        return super().construct_mapping(node, deep=deep)


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"-?(?:0|[1-9][0-9]*)", list("-0123456789")),
    (
        "float",
        r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
):
    JsonLikeLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), _first
    )


def _parse_yaml(text: str) -> Any:
    try:
        return yaml.load(text, Loader=JsonLikeLoader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        problem = _TEXT_OF_FILE.sub(r"\1 …", error.problem or "is not YAML")
        raise ValueError(f"{_where(error.problem_mark)}{problem}") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(f"is not YAML: {type(error).__name__}") from None


def _where(mark: yaml.Mark | None) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""


def _only_json(value: Any, depth: int, counted: Iterator[int]) -> None:
    if next(counted) > MOST_VALUES:
        raise TooLargeError(f"holds more than {MOST_VALUES:,} keys and values")
    match value:
        case dict() | list() if not depth:
            raise ValueError("is nested too deeply")
        case dict():
            for key, item in value.items():
                _only_json(key, depth - 1, counted)
                _only_json(item, depth - 1, counted)
        case list():
            for item in value:
                _only_json(item, depth - 1, counted)
        case float() if not math.isfinite(value):
            raise ValueError(f"{value} is not a number that JSON knows")
        case str() if not value.isascii() and _SURROGATE.search(value):
            raise ValueError("holds half of a surrogate pair, which is no text")
        case str() | int() | float() | None:
            pass
        case _:
            raise ValueError(f"holds a {type(value).__name__}, which JSON does not know")

"""What can still be read of a connector file that is not in order.

Not enough to load anything, but enough to keep its place: its assets, its schedule, its owners.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from restsrc_dagster.connector.check import check_configuration, resource_name
from restsrc_dagster.connector.files.folder import check_content
from restsrc_dagster.connector.files.parse import (
    DEEPEST,
    JsonLikeLoader,
    TooLargeError,
    parse,
    refuse_what_json_cannot_say,
)
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.naming import CONNECTOR_NAME
from restsrc_dagster.connector.resources.values import ValueList, value_lists
from restsrc_dagster.errors import ConnectorError

NAMELESS = "connector_file"
"""Stands for the resources of a file that tells none any more."""

ROUNDS = 20
"""What still does not hold after so many changes is left out."""
LARGEST_MENDED = 50_000
"""Characters of YAML, which is read as a whole for each line that is left out."""

_CLIENT = {"base_url": "http://127.0.0.1"}
_UNKNOWN = {"schedule": {"mode": "hours"}, "created_at": "1970-01-01T00:00:00Z"}
_KEPT = (
    *("description", "owners", "tags", "destination", "partitions", "on_schema_change", "alerts"),
    *_UNKNOWN,
)
_POSITION = re.compile(r"resources\[(\d+)\]")
_PIECE = re.compile(r'"(?:[^"\\\n]|\\.)*"?|[{}\[\]:]|[^\s{}\[\]:,"]+')
_NAMES = re.compile(r"^[ \t]*(?:- +|  )(?:name: *)(?P<name>[^\s#].*?)[ \t]*$", re.MULTILINE)
_PARENT = re.compile(r"{resources\.([^.{}]+)\.([^{}]+)}")
_WORDS = {"true": True, "false": False, "null": None}


@dataclass(frozen=True)
class Salvage:
    """A connector with the resources of the file; it requests nothing.

    `schedule_is_known` tells whether its schedule is that of the file.
    """

    connector: Connector
    schedule_is_known: bool = True


def salvage(path: Path) -> Salvage | None:
    """As much as holds of the file; None if not even its name is a connector's."""
    if not CONNECTOR_NAME.fullmatch(path.stem):
        return None
    content = _content(path)
    written = content.get("configuration")
    written = written if isinstance(written, dict) else {}
    lists = value_lists(content.get("values"))
    left = {
        **_UNKNOWN,
        **{key: content[key] for key in _KEPT if key in content},
        **({"values": content["values"]} if lists else {}),
        "configuration": {"client": _CLIENT, **_resources_left(written, lists)},
    }
    known = set(_UNKNOWN) & set(content)
    while True:
        try:
            connector = check_content(path.stem, left, file=str(path))
        except ConnectorError as error:
            broken = {re.split(r"[.\[]", problem.path)[0] for problem in error.problems}
            known -= broken
            if not broken & {*_KEPT, "values"}:
                return None
            left = {key: value for key, value in left.items() if key not in broken}
            left |= {key: value for key, value in _UNKNOWN.items() if key in broken}
            if "values" in broken:
                left["configuration"] = {"client": _CLIENT, **_resources_left(written, {})}
        else:
            return Salvage(connector, schedule_is_known=known == set(_UNKNOWN))


def _resources_left(
    configuration: Mapping[str, Any], lists: Mapping[str, ValueList]
) -> dict[str, Any]:
    """The resources, each as it is written if that holds, else with its parent, else by its name
    alone."""
    written = configuration.get("resources")
    items: list[Any] = [
        item for item in (written if isinstance(written, list) else []) if resource_name(item)
    ]
    named = configuration.get("resource_defaults")
    defaults = {"resource_defaults": named} if named else {}
    for _ in range(ROUNDS):
        if not items:
            break
        left = {**defaults, "resources": items}
        problems = list(check_configuration({"client": _CLIENT, **left}, lists))
        if not problems:
            return left
        places = [_POSITION.match(problem.path) for problem in problems]
        if defaults and not all(places):
            defaults = {}
            continue
        broken = {int(place[1]) for place in places if place} or set(range(len(items)))
        items = [
            less if position in broken else item
            for position, item in enumerate(items)
            if (less := _less(item)) != item or position not in broken
        ]
    return {"resources": [NAMELESS]}


def _less(item: Any) -> dict[str, Any]:
    """The name of a resource with its parent's; of one that has no more than that, the name."""
    selected = item.get("selected") if isinstance(item, dict) else None
    chosen = {"selected": selected} if isinstance(selected, bool) else {}
    by_name = {"name": resource_name(item), **chosen, "endpoint": {"path": "unknown"}}
    place = next(filter(None, _parents(item)), None)
    with_parent = {**by_name, "endpoint": {"path": f"unknown/{place}"}} if place else by_name
    return by_name if item == with_parent else with_parent


def _parents(value: Any) -> Iterator[str]:
    """The placeholders of parents' fields, in any text of a resource, or in dlt's older words."""
    if isinstance(value, str):
        yield from (place[0] for place in _PARENT.finditer(value))
    elif isinstance(value, list):
        for one in value:
            yield from _parents(one)
    elif isinstance(value, dict):
        if value.get("type") == "resolve":
            yield f"{{resources.{value.get('resource')}.{value.get('field')}}}"
        for one in value.values():
            yield from _parents(one)


def _content(path: Path) -> dict[str, Any]:
    try:
        return parse(path)
    except TooLargeError:
        return {}
    except ValueError:
        pass
    content = _content_left(path)
    try:
        refuse_what_json_cannot_say(content)
    except TooLargeError:
        return {}
    except ValueError:
        pass
    return content


def _content_left(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return {}
    if path.suffix == ".json":
        content = _Scanner(text).value()
        return content if isinstance(content, dict) else {}
    content = _yaml_left(text) if len(text) <= LARGEST_MENDED else None
    content = content if isinstance(content, dict) else {}
    configuration = content.get("configuration")
    if not (isinstance(configuration, dict) and configuration.get("resources")):
        content["configuration"] = {"resources": _names_by_indentation(text)}
    return content


class _Scanner:
    """Reads JSON whose commas, quotes or brackets are missing, or too many."""

    def __init__(self, text: str) -> None:
        self._pieces = _PIECE.findall(text)
        self._at = self._pieces.index("{") if "{" in self._pieces else 0

    def value(self, depth: int = DEEPEST) -> Any:
        piece = self._take()
        if piece == "{" and depth:
            return self._object(depth - 1)
        if piece == "[" and depth:
            return self._array(depth - 1)
        return _text(piece) if piece.startswith('"') else _WORDS.get(piece, _number(piece))

    def _object(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while (piece := self._peek()) not in ("", "}", "]"):
            self._at += 1
            if self._peek() == ":" and piece not in ("{", "[", ":"):
                self._at += 1
                if self._has_value():
                    found[_text(piece)] = self.value(depth)
        if piece == "}":
            self._at += 1
        return found

    def _array(self, depth: int) -> list[Any]:
        found = []
        while (piece := self._peek()) not in ("", "}", "]"):
            if piece == ":":
                self._at += 1
            else:
                found.append(self.value(depth))
        if piece == "]":
            self._at += 1
        return found

    def _has_value(self) -> bool:
        """Whether a value comes next, and not another key, or an end."""
        following = self._pieces[self._at + 1 : self._at + 2]
        return self._peek() not in ("", "}", "]", ":") and following != [":"]

    def _peek(self) -> str:
        return self._pieces[self._at] if self._at < len(self._pieces) else ""

    def _take(self) -> str:
        piece = self._peek()
        self._at += 1
        return piece


def _text(piece: str) -> str:
    """What a string says; one that does not end goes to the end of its line, without the comma."""
    if not piece.startswith('"'):
        return piece
    try:
        return str(json.loads(piece))
    except ValueError:
        return piece.strip('"').rstrip(" ,")


def _number(piece: str) -> Any:
    try:
        return int(piece)
    except ValueError:
        return piece


def _names_by_indentation(text: str) -> list[str]:
    """The names below `resources:` that stand farthest to the left."""
    _, _, below = text.partition("resources:")
    found = [
        (match.start("name") - match.start(), match["name"]) for match in _NAMES.finditer(below)
    ]
    first = min((column for column, _ in found), default=0)
    return [name.strip("'\"") for column, name in found if column == first]


class _LenientLoader(JsonLikeLoader):
    """Takes a key that stands twice."""

    construct_mapping = yaml.SafeLoader.construct_mapping


def _yaml_left(text: str) -> Any:
    """YAML without the lines at which reading it fails."""
    lines = text.splitlines()
    for _ in range(ROUNDS):
        if not any(lines):
            break
        try:
            return yaml.load("\n".join(lines), Loader=_LenientLoader)  # noqa: S506 - a SafeLoader
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            at = min(mark.line if mark else 0, len(lines) - 1)
            at = next((line for line in range(at, -1, -1) if lines[line]), None) or 0
            if not lines[at]:
                return None
            lines[at] = ""
        except (yaml.YAMLError, ValueError, RecursionError):
            return None
    return None

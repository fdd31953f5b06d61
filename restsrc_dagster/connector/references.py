"""`${NAME}` references to environment variables, resolved when a run reads.

`$${` is a literal `${`. Names, types and dispositions take no references: they are known when
definitions load, the environment of a run is not.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from restsrc_dagster.connector.placeholders import FORMATTED_KEYS
from restsrc_dagster.errors import MissingVariable

_REFERENCE = re.compile(r"\$\$\{|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}")
_BROKEN = re.compile(r"(?<!\$)\$\{(?![A-Za-z_][A-Za-z0-9_]*\})[^}]*\}?")
PLAIN_KEYS = frozenset({"name", "type", "write_disposition", "table_name", "resource"})


def references(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(variable, place) of every reference below `value`."""
    for place, text, _ in _strings(value, path):
        for match in _REFERENCE.finditer(text):
            if match["name"]:
                yield match["name"], place


def misplaced_references(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(what is wrong, place) of references that are malformed or stand where none may."""
    for place, text, plain in _strings(value, path):
        if broken := _BROKEN.search(text):
            yield f"{broken[0]} is not a reference; write ${{NAME}}, or $${{ for a literal", place
        elif plain and any(match["name"] for match in _REFERENCE.finditer(text)):
            yield "takes no ${…} reference: it is needed before any run reads", place


def resolve(value: Any, environment: Mapping[str, str], path: str = "") -> Any:
    """A copy of `value` in which every reference is replaced.

    In the parts of an endpoint that dlt formats, braces in a variable's value are doubled, so
    that a value is only ever a value.

    Raises:
        MissingVariable: names every variable that is not set, with the places that want it.
    """
    missing: dict[str, list[str]] = {}

    def replace(text: str, place: str) -> str:
        def value_of(match: re.Match[str]) -> str:
            name = match["name"]
            if name is None:
                return "${"
            if name not in environment:
                missing.setdefault(name, []).append(place)
                return ""
            found = environment[name]
            return found.replace("{", "{{").replace("}", "}}") if _formatted(place) else found

        return _REFERENCE.sub(value_of, text)

    resolved = _rebuild(value, path, replace)
    if missing:
        raise MissingVariable(
            "; ".join(
                f"environment variable {name} is not set, but {', '.join(places)} wants it"
                for name, places in missing.items()
            )
        )
    return resolved


def blank(value: Any) -> Any:
    """A copy of `value` with every reference taken out: what is known without an environment."""
    return _rebuild(
        value, "", lambda text, _: _REFERENCE.sub(lambda m: "" if m["name"] else "${", text)
    )


def _formatted(place: str) -> bool:
    parts = place.split(".")
    return "endpoint" in parts and any(
        part.split("[")[0] in FORMATTED_KEYS for part in parts[parts.index("endpoint") + 1 :][:1]
    )


def _rebuild(value: Any, path: str, replace: Callable[[str, str], str], plain: bool = False) -> Any:
    if isinstance(value, str):
        return value if plain else replace(value, path)
    if isinstance(value, dict):
        return {
            key: _rebuild(item, _join(path, key), replace, _is_plain(key, path))
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [
            _rebuild(item, f"{path}[{position}]", replace, plain)
            for position, item in enumerate(value)
        ]
    return value


def _strings(value: Any, path: str, plain: bool = False) -> Iterator[tuple[str, str, bool]]:
    if isinstance(value, str):
        yield path, value, plain
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _strings(item, _join(path, key), _is_plain(key, path))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _strings(item, f"{path}[{position}]", plain)


def _is_plain(key: str, path: str) -> bool:
    """Keys named like a name or a type are data inside what a person sends to the API."""
    if _formatted(path):
        return False
    return key == "type" or (key in PLAIN_KEYS and not path.endswith("auth"))


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else str(key)

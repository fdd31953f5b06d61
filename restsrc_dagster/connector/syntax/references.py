"""`${NAME}` references to environment variables, resolved when a run reads.

`$${` is a literal `${`. Names, types, dispositions and processing steps take no references: they
are known when definitions load, the environment of a run is not.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from restsrc_dagster.connector.syntax.placeholders import FORMATTED_KEYS
from restsrc_dagster.errors import MissingVariable

_REFERENCE = re.compile(r"\$\$\{|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}")
_BROKEN = re.compile(r"(?<!\$)\$\{(?![A-Za-z_][A-Za-z0-9_]*\})[^}]*\}?")
_IN_ENDPOINT = re.compile(
    r"(?:configuration\.)?(?:resources\[\d+\]|resource_defaults)\.endpoint"
    r"(?:\.(?P<key>[^.\[]+).*)?",
    re.DOTALL,
)
_IN_STEPS = re.compile(
    r"\.?(?:configuration\.)?(?:resources\[\d+\]|resource_defaults)\.processing_steps\b.*",
    re.DOTALL,
)
_NEVER_EMPTY = re.compile(
    r"\.auth\.(token|api_key|client_id|client_secret|username)$|\.processing_steps\[\d+\]\.map\.salt$"
)
"""What each `AuthKind` names as `never_empty`, in an auth of any kind, a registered one as well.

An empty password is one: some APIs take the key as username and nothing else."""
PLAIN_KEYS = frozenset({"name", "type", "write_disposition", "table_name", "resource", "resources"})
SALT = "salt"
"""The one secret of a processing step; everything else in it is names and expressions."""
SENT = frozenset({*FORMATTED_KEYS, "access_token_request_data"})


def references(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(variable, place) of every reference below `value`."""
    for place, text, _ in _strings(value, path):
        for match in _REFERENCE.finditer(text):
            if match["name"]:
                yield match["name"], place


def misplaced_references(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(what is wrong, place) of references that are malformed or stand where none may."""
    for place, text, plain in _strings(value, path):
        if _BROKEN.search(text):
            yield "has a ${ that begins no reference; write ${NAME}, or $${ for a literal", place
        elif plain and any(match["name"] for match in _REFERENCE.finditer(text)):
            yield "takes no ${…} reference: it is needed before any run reads", place


def resolve(value: Any, environment: Mapping[str, str], path: str = "") -> Any:
    """A copy of `value` in which every reference is replaced.

    In the parts of an endpoint that dlt formats, braces in a variable's value are doubled as
    often as dlt undoes it, so that a value is only ever a value.

    Raises:
        MissingVariable: names every variable that is not set, with the places that want it; or
            that is set to nothing, where an auth or a salt must have something.
    """
    missing: dict[str, list[str]] = {}

    def replace(text: str, place: str) -> str:
        def value_of(match: re.Match[str]) -> str:
            name = match["name"]
            if name is None:
                return "${"
            try:
                found = environment[name]
            except KeyError:
                missing.setdefault(f"{name} is not set", []).append(place)
                return ""
            if not found and text == match[0] and _NEVER_EMPTY.search(place):
                missing.setdefault(f"{name} is empty", []).append(place)
            times = _formattings(place)
            return found.replace("{", "{" * 2**times).replace("}", "}" * 2**times)

        return _REFERENCE.sub(value_of, text)

    resolved = _rebuild(value, path, replace)
    if missing:
        raise MissingVariable(
            "; ".join(
                f"environment variable {what}, but {', '.join(places)} wants it"
                for what, places in missing.items()
            )
        )
    return resolved


def blank(value: Any) -> Any:
    """A copy of `value` with every reference taken out: what is known without an environment."""
    if isinstance(value, str):
        return _REFERENCE.sub(lambda m: "" if m["name"] else "${", value) if "$" in value else value
    if isinstance(value, dict):
        return {key: blank(item) for key, item in value.items()}
    if isinstance(value, list):
        return [blank(item) for item in value]
    return value


def in_steps(path: str) -> bool:
    """Whether `path` lies in the processing steps of a resource or of the defaults."""
    return "processing_steps" in path and _IN_STEPS.fullmatch(path) is not None


def _formattings(place: str) -> int:
    """How often dlt takes the text at `place` for a format string.

    A path is one twice: `_bind_path_params` undoes a doubling before the request does.
    """
    endpoint = _IN_ENDPOINT.fullmatch(place)
    if endpoint is None:
        return 0
    key = endpoint["key"] or "path"
    return 2 if key == "path" else int(key in FORMATTED_KEYS)


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
    """Whether strings under `key` are names, types, dispositions or expressions.

    Keys with such names are data inside what is sent to the API, and in a destination's
    credentials. A string in the list of resources is a name.
    """
    if path.startswith("destination"):
        return path == "destination" and key in ("type", "dataset")
    if in_steps(path):
        return key != SALT
    if key not in PLAIN_KEYS and not path.endswith("write_disposition"):
        return False
    parts = [part.split("[")[0] for part in path.split(".")]
    return SENT.isdisjoint(parts) and (key == "type" or parts[-1] != "auth")


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else str(key)

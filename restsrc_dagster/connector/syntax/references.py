"""Where `${NAME}` references stand, and resolving them when a run reads.

Names, types and dispositions take none: they are known when definitions load, the environment of a
run is not. In a JMESPath a reference stands in a literal, so that it is a value and changes nothing
else. `variables` has the grammar.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from restsrc_dagster.connector.syntax.placeholders import FORMATTED_KEYS
from restsrc_dagster.connector.syntax.response_actions import EXPRESSION
from restsrc_dagster.connector.syntax.variables import (
    REFERENCE,
    Kind,
    broken_reference,
    converted,
    filled_expression,
    is_left_out,
    is_reference,
    looked_up,
    whole_reference,
)
from restsrc_dagster.errors import MissingVariable, WrongVariable

NO_REFERENCE = "takes no ${…} reference: it is needed before any run reads"
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
    r"\.auth\.(token|api_key|client_id|client_secret|username|refresh_token|private_key|key"
    r"|client_key|access_key_id|secret_access_key)$|\.processing_steps\[\d+\]\.map\.salt$"
)
"""What each `AuthKind` names as `never_empty`, in an auth of any kind, a registered one as well.

An empty password is one: some APIs take the key as username and nothing else."""
_EARLY = re.compile(
    r"(?:configuration\.)?(?:resources\[\d+\]|resource_defaults)\."
    r"(?!endpoint\b|parallelized$|processing_steps\b)"
)
_UNTYPED = re.compile(
    r"(?:^|\.)endpoint\.(?:params|json|data)\b|\.(?:auth|paginator)\.[^.]+"
    r"|\.(?:initial_value|end_value)$|^destination\b|^values\b"
)
"""Where any JSON may stand, so that a reference says itself what it becomes."""
_OF_THE_FILE = re.compile(r"(?:configuration|http|reading)[.\[]")
_OF_AN_ANSWER = re.compile(
    r"reading\..+\.(?:last_page|wait_until|failed_if)|.*\.response_actions\[\d+\]\.content",
    re.DOTALL,
)
PLAIN_KEYS = frozenset(
    {"name", "type", "write_disposition", "table_name", "resource", "resources"}
    | {"primary_key", "merge_key", "include_from_parent"}
)
SALT = "salt"
"""The one secret of a processing step; everything else in it is names and expressions."""
_IN_A_STEP = frozenset({"filter", "map", "yield_map", "list", SALT})
_EXPRESSIONS = (".filter", ".map", ".yield_map", ".yield_map.list")
_LEFT_OUT = object()
SENT = frozenset({*FORMATTED_KEYS, "access_token_request_data"})


def references(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(variable, place) of every reference below `value`."""
    for place, match in found_references(value, path):
        yield match["name"], place


def found_references(value: Any, path: str = "") -> Iterator[tuple[str, re.Match[str]]]:
    """(place, match of `REFERENCE`) of every reference below `value`."""
    for place, text, _ in _strings(value, path):
        for match in REFERENCE.finditer(text) if "${" in text else ():
            if match["name"]:
                yield place, match


def misplaced_references(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(what is wrong, place) of references that are malformed or stand where none may."""
    for place, text, plain in _strings(value, path):
        if "${" not in text:
            continue
        if wrong := broken_reference(text):
            yield wrong, place
        elif plain and is_reference(text):
            yield NO_REFERENCE, place
        elif (found := whole_reference(text)) and found["kind"] and not _UNTYPED.search(place):
            yield f"takes a text here, and {found['kind']}: makes none: take it out", place
        elif (expression := _expression_at(place, text)) is not None:
            try:
                filled_expression(expression, lambda one: one["default"] or "1")
            except ValueError as error:
                yield str(error), place


def takes_reference(path: str) -> bool:
    """Whether what is no text may be a reference at a place of a file: what runs alone need."""
    return _OF_THE_FILE.match(path) is not None and _EARLY.match(path) is None


def resolve(value: Any, environment: Mapping[str, str], path: str = "") -> Any:
    """A copy of `value` in which every reference is replaced.

    In the parts of an endpoint that dlt formats, braces in a variable's value are doubled as
    often as dlt undoes it, so that a value is only ever a value.

    Raises:
        MissingVariable: names every variable that is not set, with the places that want it; or
            that is set to nothing, where an auth or a salt must have something.
        WrongVariable: one is set to what is no number, true or false, or JSON, where that is meant.
    """
    resolver = _Resolver(environment)
    resolved = _rebuild(value, path, resolver.replace)
    resolver.fail_if_any()
    return resolved


class _Resolver:
    """Replaces the references of texts, and notes what is wrong with their variables."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._missing: dict[str, list[str]] = {}
        self._wrong: dict[str, list[str]] = {}

    def replace(self, text: str, place: str) -> Any:
        """The text without its references; what a whole one with a kind stands for."""
        if "${" not in text:
            return text
        expression = _expression_at(place, text)
        if expression is not None:
            return text.removesuffix(expression) + self._filled(expression, place)
        match = REFERENCE.fullmatch(text)
        if match is not None and match["kind"]:
            return self._whole(match, place)
        return REFERENCE.sub(lambda one: self._formatted(one, text, place), text)

    def fail_if_any(self) -> None:
        missing = [
            f"environment variable {what}, but {', '.join(places)} wants it"
            for what, places in self._missing.items()
        ]
        wrong = [f"{what}, in {', '.join(places)}" for what, places in self._wrong.items()]
        if missing:
            raise MissingVariable("; ".join([*missing, *wrong]))
        if wrong:
            raise WrongVariable("; ".join(wrong))

    def _found(self, match: re.Match[str], place: str) -> str | None:
        try:
            return looked_up(match, self._environment)
        except KeyError:
            self._missing.setdefault(f"{match['name']} is not set", []).append(place)
            return None

    def _formatted(self, match: re.Match[str], text: str, place: str) -> str:
        if match["name"] is None:
            return "${"
        if (found := self._found(match, place)) is None:
            return ""
        if not found and text == match[0] and _NEVER_EMPTY.search(place):
            self._missing.setdefault(f"{match['name']} is empty", []).append(place)
        return _only_a_value(found, place)

    def _whole(self, match: re.Match[str], place: str) -> Any:
        found = self._found(match, place)
        if found is None or is_left_out(match, found):
            return [] if match["kind"] == "list" else _LEFT_OUT
        try:
            made = converted(found, cast("Kind", match["kind"]))
        except ValueError as error:
            self._wrong.setdefault(f"{match['name']} {error}", []).append(place)
            return None
        return [_only_a_value(one, place) for one in made] if isinstance(made, list) else made

    def _filled(self, expression: str, place: str) -> str:
        names: list[str] = []

        def value_of(match: re.Match[str]) -> str:
            names.append(match["name"])
            found = self._found(match, place)
            return "1" if found is None else found

        try:
            return filled_expression(expression, value_of)
        except ValueError as error:
            self._wrong.setdefault(f"{names[-1]} {error}", []).append(place)
            return expression


def blank(value: Any) -> Any:
    """A copy of `value` with every reference taken out: what is known without an environment."""
    if isinstance(value, str):
        return REFERENCE.sub(lambda m: "" if m["name"] else "${", value) if "$" in value else value
    if isinstance(value, dict):
        return {key: blank(item) for key, item in value.items()}
    if isinstance(value, list):
        return [blank(item) for item in value]
    return value


def in_steps(path: str) -> bool:
    """Whether `path` lies in the processing steps of a resource or of the defaults."""
    return "processing_steps" in path and _IN_STEPS.fullmatch(path) is not None


def is_expression(place: str) -> bool:
    """Whether the text at a place may be a JMESPath, in which references are literals."""
    return _OF_AN_ANSWER.fullmatch(place) is not None or (
        in_steps(place) and place.endswith(_EXPRESSIONS)
    )


def _expression_at(place: str, text: str) -> str | None:
    """The JMESPath that a text is, or holds; None if it is none."""
    if not is_expression(place):
        return None
    if not place.endswith(".content"):
        return text
    return text.removeprefix(EXPRESSION) if text.startswith(EXPRESSION) else None


def _only_a_value(text: str, place: str) -> str:
    """A variable's text with its braces doubled as often as dlt undoes it at a place."""
    times = 2 ** _formattings(place)
    return text.replace("{", "{" * times).replace("}", "}" * times)


def _formattings(place: str) -> int:
    """How often dlt takes the text at `place` for a format string.

    A path is one twice: `_bind_path_params` undoes a doubling before the request does.
    """
    endpoint = _IN_ENDPOINT.fullmatch(place)
    if endpoint is None:
        return 0
    key = endpoint["key"] or "path"
    return 2 if key == "path" else int(key in FORMATTED_KEYS)


def _rebuild(value: Any, path: str, replace: Callable[[str, str], Any], plain: bool = False) -> Any:
    if isinstance(value, str):
        return value if plain else replace(value, path)
    if isinstance(value, dict):
        made = {
            key: _rebuild(item, _join(path, key), replace, _is_plain(key, path))
            for key, item in value.items()
        }
        return {key: item for key, item in made.items() if item is not _LEFT_OUT}
    if isinstance(value, list):
        items = [
            _rebuild(item, f"{path}[{position}]", replace, plain)
            for position, item in enumerate(value)
        ]
        return [item for item in items if item is not _LEFT_OUT]
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
    if path.startswith("values"):
        return False
    if path.startswith("destination"):
        return path == "destination" and key in ("type", "dataset")
    if in_steps(path):
        return key not in _IN_A_STEP
    if key not in PLAIN_KEYS and not path.endswith("write_disposition"):
        return False
    parts = [part.split("[")[0] for part in path.split(".")]
    return SENT.isdisjoint(parts) and (key == "type" or parts[-1] != "auth")


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else str(key)

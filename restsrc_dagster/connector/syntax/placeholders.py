"""The `{…}` placeholders that dlt fills with Python's str.format.

Format strings reach attributes, and through them the worker's environment: only the incremental
values and the fields of a parent record may be named.
"""

import re
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

FORMATTED_KEYS = ("path", "params", "json", "data", "headers")
INCREMENTAL_VALUES = ("start_value", "last_value", "initial_value", "end_value")
_PARENT_FIELD = re.compile(r"resources\.(?P<resource>[^.{}!:]+)\.(?P<field>[^{}!:]+)")


@dataclass(frozen=True)
class Placeholder:
    """`expression` as written between the braces of `text`, which is at `path` below the
    endpoint."""

    expression: str
    path: str
    text: str = field(default="", compare=False)

    @property
    def parent_field(self) -> tuple[str, str] | None:
        """(resource, field path) of `resources.<resource>.<field>`; else None."""
        match = _PARENT_FIELD.fullmatch(self.expression)
        if match is None or "__" in match["field"].replace("['", "").replace("']", ""):
            return None
        return match["resource"], match["field"]

    @property
    def incremental_value(self) -> str | None:
        """Which of the four values `incremental.<value>` names; else None."""
        prefix, _, value = self.expression.partition(".")
        return value if prefix == "incremental" and value in INCREMENTAL_VALUES else None


def endpoint_placeholders(endpoint: dict[str, Any]) -> Iterator[Placeholder]:
    """Every placeholder in the parts of an endpoint that dlt formats.

    Raises:
        ValueError: unbalanced braces, with the place in front.
    """
    for key in FORMATTED_KEYS:
        value = endpoint.get(key)
        if key == "path" and isinstance(value, str):
            value = _with_params_bound(value)
        yield from _walk(value, key)


def literal_braces(path: str) -> str:
    """How a person writes a brace at `path` that is no placeholder."""
    if path == "path":
        return "write %7B and %7D for literal braces"
    return "write literal braces twice, {{ and }}"


def _with_params_bound(path: str) -> str:
    """A path as dlt formats it: `_bind_path_params` has undone one doubling of braces by then."""
    parts = []
    for literal, expression, spec, conversion in _parse(path, "path"):
        parts.append(literal)
        if expression is not None:
            parts.append("{" + _written(expression, spec, conversion) + "}")
    return "".join(parts)


def _walk(value: Any, path: str) -> Iterator[Placeholder]:
    if isinstance(value, str):
        for _, expression, spec, conversion in _parse(value, path):
            if expression is not None:
                yield Placeholder(_written(expression, spec, conversion), path, value)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _walk(key, path)
            yield from _walk(item, f"{path}.{key}")
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _walk(item, f"{path}[{position}]")


def _parse(text: str, path: str) -> list[tuple[str, str | None, str | None, str | None]]:
    if "{" not in text and "}" not in text:  # most texts, and there are many
        return [(text, None, None, None)]
    try:
        return list(string.Formatter().parse(text))
    except ValueError as error:
        raise ValueError(f"{path}: {error}; {literal_braces(path)}") from None


def _written(expression: str, spec: str | None, conversion: str | None) -> str:
    return expression + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")

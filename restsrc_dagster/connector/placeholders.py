"""The `{…}` placeholders that dlt fills with Python's str.format.

Format strings reach attributes, and through them the worker's environment: only the incremental
values and the fields of a parent record may be named.
"""

import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

FORMATTED_KEYS = ("path", "params", "json", "data", "headers")
INCREMENTAL_VALUES = ("start_value", "last_value", "initial_value", "end_value")
_PARENT_FIELD = re.compile(r"resources\.(?P<resource>[^.{}!:]+)\.(?P<field>[^{}!:]+)")


@dataclass(frozen=True)
class Placeholder:
    """`expression` as written between the braces, at `path` below the endpoint."""

    expression: str
    path: str

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
        yield from _walk(endpoint.get(key), key)


def _walk(value: Any, path: str) -> Iterator[Placeholder]:
    if isinstance(value, str):
        try:
            parts = list(string.Formatter().parse(value))
        except ValueError as error:
            raise ValueError(
                f"{path}: {error}; write literal braces twice, {{{{ and }}}}"
            ) from None
        for _, expression, spec, conversion in parts:
            if expression is None:
                continue
            suffix = (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
            yield Placeholder(expression + suffix, path)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _walk(key, path)
            yield from _walk(item, f"{path}.{key}")
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _walk(item, f"{path}[{position}]")

"""Whether nothing at a selector is an empty list, and not another answer than was expected."""

import re
from collections.abc import Iterator
from typing import Any

from dlt.common import jsonpath

from restsrc_dagster.json_types import Json

_OF_ALL = re.compile(r"\.?\[\*\]|\.\*|^\*")
_OF_SOME = re.compile(r"\.?\[(?:-?\d*:-?\d*(?::-?\d*)?|\?.*?)\]")


def is_empty_there(selector: str, body: Json) -> bool:
    """Whether the list stands where `selector` says, and has nothing that it selects: `data[*].a`
    of an empty `data`, `[1:]` of a header alone."""
    if body in ({}, [], None) or jsonpath.find_values(selector, body):
        return True
    for prefix in _before(_OF_ALL, selector):
        found = _at(prefix, body)
        if found and all(one in ({}, [], None) for one in found):
            return True
    return any(
        found and all(isinstance(one, list) for one in found)
        for found in (_at(prefix, body) for prefix in _before(_OF_SOME, selector))
    )


def _before(pattern: re.Pattern[str], selector: str) -> Iterator[str]:
    for match in pattern.finditer(selector):
        yield selector[: match.start()]


def _at(prefix: str, body: Json) -> list[Any]:
    if prefix in ("", "$"):
        return [body]
    try:
        return list(jsonpath.find_values(prefix, body))
    except Exception:  # of a part that is no JSONPath by itself
        return []

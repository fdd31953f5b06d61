"""Paths of fields in a record, as `exclude` and `hash` name them: `contacts[*].phone`."""

import json
import re
from dataclasses import dataclass

_STEP = re.compile(
    r"(?P<plain>[^.\[\]\"'*$\s](?:[^.\[\]\"'*]*[^.\[\]\"'*\s])?)"
    r"|(?P<quoted>\"(?:[^\"\\]|\\.)+\")"
    r"|\['(?P<bracketed>[^']+)'\]"
    r"|(?P<each>\[\*\])"
)


@dataclass(frozen=True)
class FieldPath:
    """Names from the outside in; lists on the way are walked. `each` is a `[*]` at the end."""

    names: tuple[str, ...]
    each: bool = False


def field_path(text: str) -> FieldPath:
    """The path that `text` names: `email`, `address.street`, `contacts[*].phone`, `"a.b".c`.

    A `[*]` that a name follows says only what is done anyway.

    Raises:
        ValueError: in words that do not repeat the text.
    """
    names: list[str] = []
    position, each = 0, False
    while position < len(text):
        if text[position] == "." and names and position + 1 < len(text):
            position += 1
            if text[position] == "[":
                raise _not_a_path()
        elif position and text[position] != "[":
            raise _not_a_path()
        step = _STEP.match(text, position)
        if step is None or (step["each"] and not names):
            raise _not_a_path()
        position, each = step.end(), bool(step["each"])
        if not each:
            names.append(_name(step))
    if not names:
        raise _not_a_path()
    return FieldPath(tuple(names), each)


def plain_path(jsonpath: str) -> tuple[str, ...] | None:
    """The names of a JSONPath that is only names, as most are; None for any other."""
    try:
        path = field_path(jsonpath.removeprefix("$."))
    except ValueError:
        return None
    return path.names if "[*]" not in jsonpath else None


def _name(step: re.Match[str]) -> str:
    if step["quoted"] is None:
        return step["plain"] or step["bracketed"]
    try:
        return str(json.loads(step["quoted"]))
    except ValueError:
        raise _not_a_path() from None


def _not_a_path() -> ValueError:
    return ValueError(
        "is no path of fields: write names with dots between, lists as contacts[*].phone, and "
        'names with other characters in quotes, "a.b"'
    )

"""What a `${NAME}` reference is: its grammar, and what becomes of a variable's text.

`${NAME:-default}` has a default, as in bash: for a variable that is not set, or set to nothing.
`${number:NAME}`, `${boolean:NAME}` and `${list:NAME}` say what a text becomes where nothing else
does; they are whole values, and no part of a text. `$${` is a literal `${`.
"""

import json
import re
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, Literal

Kind = Literal["text", "whole number", "number", "boolean", "list"]
"""What a whole reference stands for."""

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_INSIDE = rf"(?:(?:number|boolean|list):)?{_NAME}(?::-[^{{}}]*)?"
REFERENCE = re.compile(
    r"\$\$\{|\$\{(?:(?P<kind>number|boolean|list):)?"
    rf"(?P<name>{_NAME})(?P<given>:-(?P<default>[^{{}}]*))?\}}"
)
WHOLE = rf"^\$\{{{_INSIDE}\}}$"
"""A text that is one reference and nothing else, as a pattern of JSON Schema, too."""
BROKEN = re.compile(rf"(?<!\$)\$\{{(?!{_INSIDE}\}})[^}}]*\}}?")
_COLON = re.compile(rf"\$\{{{_NAME}:")
_NO_NUMBER: dict[Kind, str] = {
    "whole number": "is no whole number",
    "number": "is no number",
    "boolean": "is neither true nor false",
}
_BOOLEANS = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}
_WHOLE_NUMBER = re.compile(r"[+-]?\d+", re.ASCII)
_LITERAL = re.compile(r"'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`|\"(?:\\.|[^\"\\])*\"", re.DOTALL)


def is_reference(text: Any) -> bool:
    """Whether a value is a text in which a variable is named."""
    return isinstance(text, str) and any(match["name"] for match in REFERENCE.finditer(text))


def whole_reference(text: Any) -> re.Match[str] | None:
    """The reference that a value is, and nothing beside it."""
    found = REFERENCE.fullmatch(text) if isinstance(text, str) else None
    return found if found and found["name"] else None


def has_default(text: str) -> bool:
    """Whether a reference in `text` has a default that is something."""
    return any(match["default"] for match in REFERENCE.finditer(text))


def looked_up(reference: re.Match[str], environment: Mapping[str, str]) -> str:
    """The text that a variable has, or its default; raises KeyError if it has neither."""
    if reference["given"] is None:
        return environment[reference["name"]]
    return environment.get(reference["name"]) or str(reference["default"])


def is_left_out(reference: re.Match[str], text: str) -> bool:
    """Whether `${NAME:-}` gives nothing: what is no text is then as if it were not written."""
    return not text and reference["given"] is not None


def converted(text: str, kind: Kind) -> Any:
    """What a variable's text stands for; raises ValueError with what it is not."""
    match kind:
        case "list":
            return items_of(text)
        case "text":
            return text
        case "boolean" if text.strip().lower() in _BOOLEANS:
            return _BOOLEANS[text.strip().lower()]
        case "whole number" | "number" if _WHOLE_NUMBER.fullmatch(text.strip()):
            return int(text)
        case "number" if (number := _fraction(text)) is not None:
            return number
    raise ValueError(_NO_NUMBER[kind])


def items_of(text: str) -> list[str]:
    """The list that a variable holds: what stands between commas, without the spaces around."""
    return [item for part in text.split(",") if (item := part.strip())]


def _fraction(text: str) -> float | None:
    try:
        number = float(text) if "_" not in text else None
    except ValueError:
        return None
    return number if number is not None and isfinite(number) else None


def broken_reference(text: str) -> str | None:
    """What is wrong with the spelling of a reference in `text`; None if there is nothing."""
    if found := BROKEN.search(text):
        if _COLON.match(found[0]):
            return (
                "has a : behind the name of a variable: a default is ${NAME:-default}, without "
                "braces in it, and number:, boolean: or list: stands before the name"
            )
        return "has a ${ that begins no reference; write ${NAME}, or $${ for a literal"
    for match in REFERENCE.finditer(text):
        if match["kind"] and match[0] != text:
            return f"has {match['kind']}: in a text; it makes a whole value: write ${{NAME}} here"
    return None


def filled_expression(text: str, value_of: Callable[[re.Match[str]], str]) -> str:
    """A JMESPath whose references are replaced: values stay values, whatever they hold.

    Raises:
        ValueError: a reference stands outside of a literal, or gives no JSON between backticks.
    """

    def fill(literal: re.Match[str]) -> str:
        quote, inside = literal[0][0], literal[0][1:-1]
        if not REFERENCE.search(inside):
            return literal[0]
        if quote == '"':
            raise ValueError(_IN_A_LITERAL)
        inside = inside.replace(f"\\{quote}", quote)
        found = REFERENCE.sub(lambda one: value_of(one) if one["name"] else "${", inside)
        if quote == "'":
            found = json.dumps(found)
        elif not _is_json(found):
            raise ValueError("is no JSON, which backticks want; write '${NAME}' for a text")
        return f"`{found.replace('`', _BACKTICK).replace('${', _BEGINNING)}`"

    made = _LITERAL.sub(fill, text)
    if REFERENCE.search(made):
        raise ValueError(_IN_A_LITERAL)
    return made


def with_stand_ins(expression: str) -> str:
    """An expression as it can be looked at before its variables are known."""
    if "${" not in expression:
        return expression
    try:
        return filled_expression(expression, lambda one: one["default"] or STAND_IN)
    except ValueError:
        return expression


STAND_IN = "1"
"""For a variable in an expression, where it is only asked what is done."""
_IN_A_LITERAL = (
    "takes a ${…} reference in a literal only: '${NAME}' for a text, `${NAME}` for a number"
)
_BACKTICK, _BEGINNING = "\\u0060", "$\\u007b"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True

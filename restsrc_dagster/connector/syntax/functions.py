"""JMESPath's functions, and those that this package adds to them.

JMESPath cannot make a list of an object, join lists by position, or give the elements of a list
what their record knows. `Functions` is what expressions of a connector file are run with.
"""

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from jmespath import functions

from restsrc_dagster.connector.time.conversion import conversion, instant_of


class FunctionError(ValueError):
    """A function cannot do what it is asked for; the message repeats no value."""


def _one(*types: str) -> Any:
    """An argument of one of JMESPath's types."""
    return {"types": list(types)}


_TEXT = _one("string")
_LIST = _one("array")
_LISTS: Any = {**_LIST, "variadic": True}
_OBJECT = _one("object")


class Functions(functions.Functions):
    """All functions of an expression.

    Args:
        now: what `now()` gives; one instant for all records of a reading.
    """

    def __init__(self, now: datetime | None = None) -> None:
        self._now = now or datetime.now(timezone.utc)

    @functions.signature(_OBJECT)
    def _func_items(self, of: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [{"key": key, "value": value} for key, value in of.items()]

    @functions.signature(_LIST)
    def _func_from_items(self, pairs: list[Any]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for pair in pairs:
            key, value = _pair(pair)
            if key in made:
                raise FunctionError("from_items() has the same key twice")
            made[key] = value
        return made

    @functions.signature(_LIST, _LISTS)
    def _func_zip(self, *lists: list[Any]) -> list[list[Any]]:
        if any(not isinstance(one, list) for one in lists):
            raise FunctionError("zip() takes lists")
        lengths = sorted({len(one) for one in lists})
        if len(lengths) > 1:
            raise FunctionError(
                f"zip() takes lists of one length, but they have {lengths[0]} to {lengths[-1]} "
                "elements"
            )
        return [list(row) for row in zip(*lists, strict=True)]

    @functions.signature(_LIST, _OBJECT)
    def _func_spread(self, elements: list[Any], outer: Mapping[str, Any]) -> list[dict[str, Any]]:
        fields = {name: value for name, value in outer.items() if value is not elements}
        return [_with_fields(element, fields) for element in elements]

    @functions.signature()
    def _func_now(self) -> str:
        return f"{self._now:%Y-%m-%dT%H:%M:%S.%f}Z"

    @functions.signature(_TEXT, _TEXT)
    def _func_parse_time(self, text: str, pattern: str) -> str:
        try:
            moment = datetime.strptime(text.strip(), pattern)  # noqa: DTZ007 - its zone is asked for
        except ValueError:
            raise FunctionError(
                f"parse_time() got a text that is not written as {pattern}"
            ) from None
        moment = (
            moment.replace(tzinfo=timezone.utc)
            if moment.tzinfo is None
            else moment.astimezone(timezone.utc)
        )
        digits = f".{moment:%f}" if moment.microsecond else ""
        return f"{moment:%Y-%m-%dT%H:%M:%S}{digits}Z"

    @functions.signature(_one("string", "number"), _TEXT)
    def _func_format_time(self, time: str | float, pattern: str) -> int | str:
        try:
            made = conversion(pattern)
        except ValueError as error:
            raise FunctionError(f"format_time(): {pattern!r} {error}") from None
        if (instant := instant_of(time)) is None:
            raise FunctionError("format_time() got a value that is no point in time")
        return made(instant, False)

    @functions.signature(_TEXT)
    def _func_lower(self, text: str) -> str:
        return text.lower()

    @functions.signature(_TEXT)
    def _func_upper(self, text: str) -> str:
        return text.upper()

    @functions.signature(_TEXT)
    def _func_trim(self, text: str) -> str:
        return text.strip()

    @functions.signature(_TEXT, _TEXT)
    def _func_split(self, text: str, separator: str) -> list[str]:
        if not separator:
            raise FunctionError("split() takes a separator that is not empty")
        return text.split(separator)

    @functions.signature(_TEXT, _TEXT, _TEXT)
    def _func_replace(self, text: str, old: str, new: str) -> str:
        if not old:
            raise FunctionError("replace() takes a text to replace that is not empty")
        return text.replace(old, new)

    @functions.signature(_one("string", "number"))
    def _func_number(self, value: str | float) -> int | float:
        if not isinstance(value, str):
            return value
        for kind in (int, float):
            try:
                return kind(_plain_number(value))
            except ValueError:
                continue
        raise FunctionError("number() got a text that is no number")


def _plain_number(text: str) -> str:
    """Python reads `1_000`, `inf` and `nan`, too, which no API means."""
    text = text.strip()
    if not text or set(text) - set("+-.0123456789eE"):
        raise ValueError
    return text


def _pair(pair: Any) -> tuple[str, Any]:
    match pair:
        case {"key": str(key), "value": value}:
            return key, value
        case [str(key), value]:
            return key, value
        case _:
            raise FunctionError(
                "from_items() takes a list of {key: …, value: …}, or of pairs, whose keys are texts"
            )


def _with_fields(element: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(element, dict):
        raise FunctionError("spread() takes a list of objects")
    for name, value in fields.items():
        if name in element and element[name] != value:
            raise FunctionError(
                f"spread(): an element has a field {name} of its own; give the outer one another "
                f"name, as in spread(list, {{outer_{name}: {name}}})"
            )
    return {**fields, **element}

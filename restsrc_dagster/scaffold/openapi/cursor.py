"""Reading only what is new: the time of a record's change, and the parameter that asks for it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from restsrc_dagster.scaffold.openapi.document import Document
from restsrc_dagster.scaffold.openapi.operation import Field, Operation
from restsrc_dagster.scaffold.openapi.schema import Schema
from restsrc_dagster.scaffold.openapi.words import jsonpath, plain, words

START = "{incremental.start_value}"
_CHANGED = frozenset(
    {"updated", "update", "modified", "modification", "changed", "change", "edited", "mod"}
)
_TIME = frozenset(
    {
        *("at", "on", "date", "time", "timestamp", "datetime", "utc", "last", "ts", "stamp", "gmt"),
        *("record", "system", "most", "recent", "recently", "ms", "unix", "epoch"),
    }
)
_FROM = frozenset({"since", "after", "from", "gte", "gt", "ge", "min", "start", "newer", "begin"})
_UNTIL = frozenset(
    {"until", "before", "to", "lte", "lt", "le", "max", "end", "older", "by", "sort"}
)
_ANY_SINCE = frozenset({"since", "fromdate", "sincedate", "datefrom", "startdate", "fromtime"})
_OF_CHANGE = re.compile(r"updat|modif|chang|edited", re.IGNORECASE)
_INITIAL: dict[str, str | int] = {
    "date-time": "1970-01-01T00:00:00Z",
    "date": "1970-01-01",
    "integer": 0,
}
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class FoundCursor:
    """dlt's `incremental`, and the parameter that takes its start."""

    incremental: dict[str, Any]
    param: str


def find_cursor(document: Document, operation: Operation, item: Schema) -> FoundCursor | None:
    """Where records tell when they changed and the API can be asked for those changed since."""
    for keys, schema in _times(document, item):
        kind = _kind(schema)
        if kind is None:
            continue
        for field in operation.of("query"):
            if _asks_since(field, keys[-1]) and _takes(field, kind):
                incremental: dict[str, Any] = {
                    "cursor_path": jsonpath(keys),
                    "initial_value": _INITIAL[kind],
                }
                if schema.nullable:
                    incremental["on_cursor_value_missing"] = "include"
                return FoundCursor(incremental, field.name)
    return None


def _times(document: Document, item: Schema) -> Iterator[tuple[tuple[str, ...], Schema]]:
    for key, raw in item.properties.items():
        parts = set(words(key))
        if parts & _CHANGED and not parts - _CHANGED - _TIME:
            yield (key,), document.schema(raw)
    attributes = document.schema(item.properties.get("attributes"))  # as JSON:API has them
    for key, raw in attributes.properties.items():
        parts = set(words(key))
        if parts & _CHANGED and not parts - _CHANGED - _TIME:
            yield ("attributes", key), document.schema(raw)


def _kind(schema: Schema) -> str | None:
    """date-time, date or integer; None for what is no time, or one written in another way."""
    if schema.types & {"integer", "number"}:
        return "integer"
    if not schema.may_be("string"):
        return None
    shown = [example for example in schema.examples if isinstance(example, str)]
    if shown:
        if _DATE_TIME.match(shown[0]):
            return "date-time"
        return "date" if _DATE.fullmatch(shown[0]) else None
    return {"date-time": "date-time", "date": "date", "": "date-time"}.get(schema.format)


def _asks_since(field: Field, cursor: str) -> bool:
    parts = set(words(field.name))
    if parts & _UNTIL:
        return False
    if parts & _FROM and parts & _CHANGED:
        return True
    rest = plain(field.name).replace(plain(cursor), "", 1)
    if rest != plain(field.name) and rest in _FROM:
        return True
    if plain(field.name) not in _ANY_SINCE:
        return False
    return _OF_CHANGE.search(field.description) is not None


def _takes(field: Field, kind: str) -> bool:
    """Whether the parameter takes what the records have."""
    if kind == "integer":
        return field.schema.may_be("integer", "number")
    if not field.schema.may_be("string"):
        return False
    return field.schema.format in (kind, "")

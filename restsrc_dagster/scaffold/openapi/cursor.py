"""Reading only what is new: the time of a record's change, and the parameter that asks for it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from restsrc_dagster.scaffold.openapi.document import Document
from restsrc_dagster.scaffold.openapi.operation import Field, Operation
from restsrc_dagster.scaffold.openapi.schema import Schema
from restsrc_dagster.scaffold.words import jsonpath, plain, words

_CHANGED = frozenset(
    {
        *("updated", "update", "modified", "modification", "changed", "change", "edited", "mod"),
        *("modifiedon", "updatedon", "changedon", "updatedat", "modifiedat"),
    }
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
_EVENT = frozenset({"published", "occurred", "happened", "logged", "event"})
_DATES = frozenset({"date-time", "date"})
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
    of_change: bool = True
    """Whether it moves when a record changes, and not only when one is new."""


def find_cursor(document: Document, operation: Operation, item: Schema) -> FoundCursor | None:
    """Where records tell when they changed, or when they happened if they tell of no change, and
    the API can be asked for those since."""
    fields = list(_fields(document, item))
    changes = [one for one in fields if _is_time_of(_CHANGED, one[0][-1])]
    for keys, schema in changes:
        for field in operation.of("query"):
            if _asks_since(field, keys[-1]) and (found := _found(keys, schema, field)):
                return found
    for keys, schema in [] if changes else fields:
        for field in operation.of("query"):
            if _asks_since_event(field, keys[-1]) and (found := _found(keys, schema, field)):
                return replace(found, of_change=False)
    return None


def not_sent(operation: Operation, handled: set[str]) -> list[Field]:
    """The params that ask for what is newer than a time, and that nobody has to send: without
    one, an API may answer for its last days only. Those `handled` ask for pages."""
    found = [
        field
        for field in operation.of("query")
        if not field.required
        and field.name not in handled
        and _is_lower_bound(field)
        and (field.schema.format in _DATES or "since" in words(field.name))
    ]
    signed = {field.name.rstrip(">=") for field in found if field.name.endswith((">", ">="))}
    return [field for field in found if field.name not in signed]


def filter_of_standard(
    document: Document, operation: Operation, item: Schema, filters: tuple[str, str]
) -> Iterator[str]:
    """A line that says how only changes are asked for by a standard's filter, where the operation
    has it; whether it takes this field, no document says."""
    param, value = filters
    if not any(field.name == param for field in operation.of("query")):
        return
    for keys, schema in _fields(document, item):
        kind = _kind(schema)
        if _is_time_of(_CHANGED, keys[-1]) and kind in _DATES:
            path = jsonpath(keys)
            cursor = json.dumps({"cursor_path": path, "initial_value": _INITIAL[str(kind)]})
            written = json.dumps(value.replace("{cursor}", path))
            yield (
                f'to read only what has changed, write "incremental": {cursor} into the endpoint, '
                f'and "{param}": {written} into its params, if the API filters by it'
            )
            return


def _found(keys: tuple[str, ...], schema: Schema, field: Field) -> FoundCursor | None:
    kind = _kind(schema)
    if kind is None or not _takes(field, kind):
        return None
    incremental: dict[str, Any] = {"cursor_path": jsonpath(keys), "initial_value": _INITIAL[kind]}
    if schema.nullable:
        incremental["on_cursor_value_missing"] = "include"
    return FoundCursor(incremental, field.name)


def _fields(document: Document, item: Schema) -> Iterator[tuple[tuple[str, ...], Schema]]:
    for key, raw in item.properties.items():
        yield (key,), document.schema(raw)
    for above in ("attributes", "meta", "metadata"):  # as JSON:API has them, SCIM, Kubernetes
        inner = document.schema(item.properties.get(above))
        for key, raw in inner.properties.items():
            yield (above, key), document.schema(raw)


def _is_time_of(what: frozenset[str], name: str) -> bool:
    parts = set(words(name))
    return bool(parts & what) and not parts - what - _TIME


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


def _asks_since_event(field: Field, name: str) -> bool:
    """Whether it is a `since`, and of the records' field of that name: the description says so, or
    the field is when something happened."""
    if plain(field.name) not in _ANY_SINCE or field.schema.format not in _DATES:
        return False
    quoted = re.search(rf"[`'\"]{re.escape(name)}[`'\"]", field.description)
    return quoted is not None or _is_time_of(_EVENT, name)


def _is_lower_bound(field: Field) -> bool:
    if field.name.endswith((">", ">=")):
        return True
    parts = set(words(field.name))
    return not field.name.endswith(("<", "<=")) and bool(parts & _FROM) and not parts & _UNTIL


def _takes(field: Field, kind: str) -> bool:
    """Whether the parameter takes what the records have."""
    if kind == "integer":
        return field.schema.may_be("integer", "number")
    if not field.schema.may_be("string"):
        return False
    return field.schema.format in (kind, "")

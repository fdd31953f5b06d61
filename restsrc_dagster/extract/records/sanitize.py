"""Values that JSON can hold and a table cannot: found cheaply, and made to fit or refused by name.

Integers of more than 64 bits break dlt's extraction or the load, lone surrogates are no UTF-8, a
NUL is no text to PostgreSQL, and what is nested too deeply cannot be written at all.
"""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from dlt.common.json import json

from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.records.remedies import excluding
from restsrc_dagster.extract.records.tables import VALUE, Fields, Rows
from restsrc_dagster.json_types import Json, Record

MOST_LEVELS = 240
"""orjson, with which dlt writes records down, takes 254 in all (`recursion limit reached`)."""
BITS = 1 << 63
DECIMAL_DIGITS = 29
"""Before the point of dlt's `decimal`, which has 38 digits, 9 of them behind it."""
DOUBLE_DIGITS = 308
WEI_DIGITS = 38
"""Of DuckDB's widest number; PostgreSQL takes 78."""

_DIGITS_ALIKE = bytes.maketrans(b"123456789", b"000000000")
_19_DIGITS = b"0" * 19
_20_DIGITS = b"0" * 20
_FROM_9E18 = re.compile(rb"9[0-9]{18}")
_NUL = b"\\u0000"
_SURROGATE = re.compile("[\ud800-\udfff]")


class OversizedInt(str):
    """An integer that only text can hold."""

    __slots__ = ()


def written(records: list[Json]) -> bytes | None:
    """The records as dlt will write them; None where it cannot."""
    try:
        return json.dumpb(records)
    except TypeError:
        return None


def may_be_odd(content: bytes) -> bool:
    """Whether records may hold what no table can: NUL in a text, or an integer of more than 64
    bits.

    `content` is the records as JSON, as `written` gives it; 20 MB take 20 ms.
    """
    if _NUL in content:
        return True
    alike = content.translate(_DIGITS_ALIKE)
    return _19_DIGITS in alike and (_20_DIGITS in alike or bool(_FROM_9E18.search(content)))


def are_odd(records: list[Json]) -> bool:
    """Whether records need a closer look of which nothing is known yet."""
    content = written(records)
    return content is None or may_be_odd(content)


class ValueSanitizer:
    """Makes odd values fit.

    Args:
        warn: called with a line for the person.
    """

    def __init__(self, warn: Callable[[str], None]) -> None:
        self._warn = warn

    def mended(self, records: Iterable[Json], rows: Rows) -> list[Any]:
        """Copies of the records, without what no table holds; raises ReadError."""
        made = []
        for record in records:
            if path := _too_deep(record):
                raise ReadError(
                    f"the field {path} holds objects and lists of more than {MOST_LEVELS} levels, "
                    f"which cannot be loaded; leave it out: {excluding(path)}"
                )
            made.append(self._item(record, rows))
        return made

    def _item(self, value: Json, rows: Rows) -> Any:
        if isinstance(value, dict):
            return self._object(value, rows.fields)
        if isinstance(value, list):
            inner = rows.inner()
            return self._list(value, inner) if inner else self._whole(value)
        return self._scalar(value, rows.fields, VALUE)

    def _list(self, values: list[Any], rows: Rows) -> list[Any]:
        return [self._item(value, rows) for value in values]

    def _object(self, record: Record, fields: Fields) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, value in record.items():
            sound = self._text(key, "the names of fields")
            name = fields.name(sound)
            if isinstance(value, dict):
                below = fields.object(name)
                made[sound] = self._object(value, below) if below else self._whole(value)
            elif isinstance(value, list):
                rows = fields.list(name)
                made[sound] = self._list(value, rows) if rows else self._whole(value)
            else:
                made[sound] = self._scalar(value, fields, name)
        return made

    def _whole(self, value: Json) -> Any:
        """Of a column of JSON: numbers have any length there, but dlt writes 64 bits."""
        if isinstance(value, dict):
            return {
                self._text(key, "the names of fields"): self._whole(item)
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self._whole(item) for item in value]
        if isinstance(value, str):
            return self._text(value, "a column of JSON")
        return str(value) if _is_wide(value) else value

    def _scalar(self, value: Json, fields: Fields, name: str) -> Any:
        if isinstance(value, str):
            return self._text(value, fields.path(name))
        return self._number(value, fields, name) if _is_wide(value) else value

    def _text(self, text: str, place: str) -> str:
        if "\0" in text:
            self._warn(f"NUL characters, which a table cannot hold, were taken out of {place}")
            text = text.replace("\0", "")
        if not text.isascii() and _SURROGATE.search(text):
            self._warn(f"halves of characters (lone surrogates) were replaced in {place}")
            text = _SURROGATE.sub("\ufffd", text)
        return text

    def _number(self, value: int, fields: Fields, name: str) -> Any:
        digits, hints = len(str(abs(value))), fields.hints(name)
        kind = hints.get("data_type")
        places = int(hints.get("precision") or 38) - int(hints.get("scale") or 9)
        match kind:
            case None:
                return Decimal(value) if digits <= DECIMAL_DIGITS else OversizedInt(value)
            case "text" | "json":
                return str(value)
            case "double" if digits <= DOUBLE_DIGITS:
                return float(value)
            case "wei" if digits <= WEI_DIGITS:
                return Decimal(value)
            case "decimal" if digits <= places:
                return Decimal(value)
        again = ""
        if fields.is_stored(name):
            again = ", and read the resource again with full_refresh"
        raise ReadError(
            f"the field {fields.path(name)} holds an integer of {digits} digits, and its column "
            f"is {kind}; give it room, {fields.type_hint(name)}{again}"
        )


def _is_wide(value: Json) -> bool:
    return type(value) is int and not -BITS <= value < BITS


def _too_deep(record: Json) -> str | None:
    """The top-level field of a record that has too many levels."""
    if not isinstance(record, dict):
        return VALUE if _levels(record) > MOST_LEVELS else None
    return next((key for key, value in record.items() if _levels(value) >= MOST_LEVELS), None)


def _levels(value: Json) -> int:
    levels, layer = 0, [value]
    while layer := [one for one in layer if isinstance(one, (dict, list)) and one]:
        levels += 1
        layer = [item for one in layer for item in (one.values() if isinstance(one, dict) else one)]
    return levels

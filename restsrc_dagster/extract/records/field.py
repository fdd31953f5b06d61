"""A record: a field of it, by dlt's path, and the bytes that tell it from others."""

import json as std_json
from collections.abc import Sequence
from typing import Any

import orjson
from dlt.common import jsonpath
from dlt.common.json import json

from restsrc_dagster.json_types import Json


class FieldReader:
    """Reads what is at a path: a name, `a.b`, or any JSONPath."""

    def __init__(self, path: str) -> None:
        self._simple = jsonpath.extract_simple_field_name(path)
        self._path = jsonpath.compile_path(path)

    def get(self, record: Json) -> Any:
        """What is there first; None if there is nothing."""
        if not isinstance(record, dict):
            return None
        if self._simple is not None:
            return record.get(self._simple)
        values = jsonpath.find_values(self._path, record)
        return values[0] if values else None

    def all(self, record: Json) -> list[Any]:
        """What is there, all of it."""
        if self._simple is not None or not isinstance(record, dict):
            value = self.get(record)
            return [] if value is None else [value]
        return list(jsonpath.find_values(self._path, record))

    def of(self, records: Sequence[Json]) -> list[Any]:
        """What is there first in each record, None where there is nothing."""
        if self._simple is not None and {*map(type, records)} == {dict}:
            name = self._simple
            return [record.get(name) for record in records]
        return [self.get(record) for record in records]


def walked(record: Json, names: Sequence[str]) -> Any:
    """What is there, name below name; None if there is nothing."""
    for name in names:
        record = record.get(name) if isinstance(record, dict) else None
    return record


def bytes_of(value: Json) -> bytes:
    """What a digest of records is made of."""
    try:
        return json.dumpb(value)
    except TypeError:  # a number of more than 64 bits
        return repr(value).encode()


def sorted_bytes_of(value: Json) -> bytes:
    """As `bytes_of`, the same whatever the order of the keys."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # a number of more than 64 bits
        return std_json.dumps(value, sort_keys=True, default=repr).encode("utf-8", "surrogatepass")


def plain(name: str) -> str:
    """Of a field: `nextPage`, `next-page` and `next_page` are one word."""
    return name.replace("_", "").replace("-", "").lower()

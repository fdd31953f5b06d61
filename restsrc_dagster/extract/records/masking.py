"""Personal data: fields that are removed from a record, or replaced by their hash."""

import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from hashlib import sha256
from typing import Any

from restsrc_dagster.connector.syntax.fields import field_path
from restsrc_dagster.json_types import Json


class _Fate(Enum):
    REMOVED = auto()
    EMPTIED = auto()
    HASHED = auto()
    HASHED_EACH = auto()


@dataclass
class _Node:
    """What becomes of a field, or of the fields below it."""

    fate: _Fate | None = None
    below: dict[str, "_Node"] = field(default_factory=dict)


class FieldMasker:
    """A record without what `exclude` names, and with hashes of what `hash` names.

    The record itself is not touched: a map may have put one object into several places.
    """

    def __init__(self, fields: Mapping[str, Json]) -> None:
        self._root = _Node()
        salt = fields.get("salt")
        self._salt: bytes | None = salt.encode() if salt is not None else None
        self._mark(fields.get("hash", ()), _Fate.HASHED, _Fate.HASHED_EACH)
        self._mark(fields.get("exclude", ()), _Fate.REMOVED, _Fate.EMPTIED)

    def __call__(self, record: Json) -> Any:
        return self._walked(self._root, record)

    def _mark(self, paths: Iterable[str], fate: _Fate, fate_of_each: _Fate) -> None:
        for text in paths:
            path, node = field_path(text), self._root
            for name in path.names:
                node = node.below.setdefault(name, _Node())
            node.fate = fate_of_each if path.each else fate

    def _walked(self, node: _Node, value: Json) -> Any:
        if isinstance(value, list):
            return [self._walked(node, item) for item in value]
        if not isinstance(value, dict) or node.below.keys().isdisjoint(value):
            return value
        walked = {}
        for name, item in value.items():
            inner = node.below.get(name)
            if inner is None:
                walked[name] = item
            elif inner.fate is None:
                walked[name] = self._walked(inner, item)
            elif inner.fate is not _Fate.REMOVED:
                walked[name] = self._replaced(inner.fate, item)
        return walked

    def _replaced(self, fate: _Fate, value: Json) -> Any:
        if fate is _Fate.EMPTIED:
            return [] if isinstance(value, list) else value
        if fate is _Fate.HASHED_EACH and isinstance(value, list):
            return [self._replaced(fate, item) for item in value]
        return None if value is None else _hashed(value, self._salt)


def _hashed(value: Json, salt: bytes | None) -> str:
    """Hex SHA-256 of a text, or of the canonical JSON of anything else; HMAC where there is a salt.

    Stable between runs and connectors, so that tables can be joined by it.
    """
    if not isinstance(value, str):
        value = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    content = value.encode("utf-8", "surrogatepass")
    if salt is None:
        return sha256(content).hexdigest()
    return hmac.new(salt, content, sha256).hexdigest()

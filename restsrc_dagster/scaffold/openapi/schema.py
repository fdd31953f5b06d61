"""One schema, its composed parts put together; and the schema that an example shows."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from restsrc_dagster.scaffold.openapi.parse import mapping, sequence

_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_KEPT = ("default", "example", "examples", "enum", "const", "minimum", "maximum", "description")
SCALARS = frozenset({"string", "integer", "number", "boolean"})


@dataclass
class Schema:
    """What a value may be. The schemas of properties and items are still as the document has them.

    Of alternatives (`oneOf`, `anyOf`) it has everything that any of them has.
    """

    types: set[str] = field(default_factory=set)
    nullable: bool = False
    format: str = ""
    properties: dict[str, Any] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    items: Any = None
    keywords: dict[str, Any] = field(default_factory=dict)
    """default, example, enum, minimum, maximum, description."""

    @property
    def is_list(self) -> bool:
        return "array" in self.types

    @property
    def is_object(self) -> bool:
        return "object" in self.types and not self.is_list

    def may_be(self, *types: str) -> bool:
        """Whether it is of one of `types`, as far as the document says."""
        return not self.types or not self.types.isdisjoint(types)

    @property
    def examples(self) -> list[Any]:
        several = self.keywords.get("examples")
        single = [self.keywords["example"]] if "example" in self.keywords else []
        return single + (several if isinstance(several, list) else [])

    @property
    def description(self) -> str:
        return str(self.keywords.get("description") or "")

    @property
    def choices(self) -> list[Any]:
        const = [self.keywords["const"]] if "const" in self.keywords else []
        return [item for item in sequence(self.keywords.get("enum")) if item is not None] or const


def read_schema(raw: Any, find: Callable[[str], Any]) -> Schema:
    """`raw` with everything that it is composed of; `find` gives the target of a `$ref`."""
    schema = Schema()
    _collect(raw, schema, find, seen=set(), alternative=False)
    if not schema.types:
        if schema.properties:
            schema.types.add("object")
        elif schema.items is not None:
            schema.types.add("array")
    return schema


def _collect(
    raw: Any,
    schema: Schema,
    find: Callable[[str], Any],
    *,
    seen: set[tuple[str, bool]],
    alternative: bool,
) -> None:
    if not isinstance(raw, dict):
        return
    _own(raw, schema, alternative=alternative)
    reference = raw.get("$ref")
    if isinstance(reference, str) and (reference, alternative) not in seen:
        seen.add((reference, alternative))  # once is enough, and ends what refers to itself
        _collect(find(reference), schema, find, seen=seen, alternative=alternative)
    for part in sequence(raw.get("allOf")):
        _collect(part, schema, find, seen=seen, alternative=alternative)
    for part in [*sequence(raw.get("oneOf")), *sequence(raw.get("anyOf"))]:
        _collect(part, schema, find, seen=seen, alternative=True)


def _own(raw: Mapping[str, Any], schema: Schema, *, alternative: bool) -> None:
    named = raw.get("type")
    types = {str(item) for item in (named if isinstance(named, list) else [named]) if item}
    if "null" in types or raw.get("nullable") is True or raw.get("x-nullable") is True:
        schema.nullable = True
    schema.types |= types - {"null"}
    schema.format = schema.format or str(raw.get("format") or "")
    for name, item in mapping(raw.get("properties")).items():
        known = schema.properties.get(name)
        schema.properties[name] = _both(known, item, alternative=alternative)
    if not alternative:
        schema.required |= {item for item in sequence(raw.get("required")) if isinstance(item, str)}
    if isinstance(raw.get("items"), dict):
        schema.items = _both(schema.items, raw["items"], alternative=alternative)
    for key in _KEPT:
        if key in raw:
            schema.keywords.setdefault(key, raw[key])


def _both(known: Any, item: Any, *, alternative: bool) -> Any:
    """What two parts say of the same property: a general envelope, and what is in this one."""
    if known is None or known is item:
        return item
    return {"anyOf" if alternative else "allOf": [known, item]}


def shown_by(example: Any, depth: int = 6) -> dict[str, Any]:
    """The schema of an example."""
    match example:
        case dict() if depth:
            shown = {str(key): shown_by(item, depth - 1) for key, item in example.items()}
            return {"type": "object", "properties": shown}
        case list() if depth:
            parts = [shown_by(item, depth - 1) for item in example[:3]]
            return {"type": "array", "items": {"anyOf": parts} if parts else {}}
        case bool():
            return {"type": "boolean"}
        case int():
            return {"type": "integer"}
        case float():
            return {"type": "number"}
        case str():
            return {"type": "string", "example": example, "format": _format(example)}
        case None:
            return {"nullable": True}
        case _:
            return {}


def _format(text: str) -> str:
    if _DATE_TIME.fullmatch(text):
        return "date-time"
    return "date" if _DATE.fullmatch(text) else ""

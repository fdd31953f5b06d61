"""The JSON Schema of a connector's keys where each value may be a template, as in a `defs.yaml`.

Editors complete by it, and `dg check yaml` refuses by it. That command prints jsonschema's errors
as they are, and of an `anyOf` only that nothing fits. So a choice is made by JSON type, or by the
key that tells objects apart, and what is wrong deep inside is told where it is. Nothing is a
reference: Dagster puts the schema into others.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from restsrc_dagster.connector.schema import EXAMPLE, REFERENCE_SCHEMA, connector_schema
from restsrc_dagster.connector.syntax.variables import WHOLE

Schema = dict[str, Any]
TEMPLATE: Schema = {"type": "string", "pattern": r"\{[{%]"}
_OR_REFERENCE: Schema = {"type": "string", "pattern": r"\{[{%]|" + WHOLE}
_TYPES = ("null", "boolean", "number", "string", "array", "object")
_FOR_READERS = ("description", "default", "examples")
_KEPT = {
    *("type", "const", "enum", "pattern", "format", "required", "additionalProperties"),
    *("minLength", "minItems", "maxItems", "minProperties", "maxProperties"),
    *("minimum", "maximum", "exclusiveMinimum"),
}
"""Not what forbids two keys beside each other (`not`): a load tells that in words."""


def templated_schema() -> dict[str, Schema]:
    """By key of a connector file; what each needs has an example, which Dagster's tools show."""
    schema = connector_schema()
    templated = _Templated(schema["$defs"])
    keys = {key: part for key, part in schema["properties"].items() if key != "$schema"}
    examples = {key: {"examples": [part]} for key, part in EXAMPLE.items()}
    return {key: templated.value(part | examples.get(key, {})) for key, part in keys.items()}


class _Templated:
    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self._definitions = definitions

    def value(self, schema: Schema) -> Schema:
        """What fits, or a template."""
        told = {key: schema[key] for key in _FOR_READERS if schema.get(key) is not None}
        named = list(self._members(schema))
        members = [one for one in named if one != REFERENCE_SCHEMA]
        template = TEMPLATE if members == named else _OR_REFERENCE
        choices = {kind: [one for one in members if kind in _types(one)] for kind in _TYPES}
        fits = self._alone(members[0]) if len(members) == 1 else self._by_type(choices)
        if any(_is_any_text(one) for one in choices["string"]):
            return told | fits
        if words := [word for one in members for word in _words(one)]:
            told.setdefault("examples", words)  # an editor offers them
        return told | {"if": template, "else": fits}

    def _members(self, schema: Schema) -> Iterator[Schema]:
        """Those of a union, and of the unions in it."""
        if "$ref" in schema:
            yield from self._members(self._definitions[schema["$ref"].removeprefix("#/$defs/")])
        elif "anyOf" in schema:
            for member in schema["anyOf"]:
                yield from self._members(member)
        else:
            yield schema

    def _by_type(self, choices: Mapping[str, Sequence[Schema]]) -> Schema:
        limited = {kind: some for kind, some in choices.items() if all(map(_is_limited, some))}
        chosen = [
            {"if": {"type": kind}, "then": self._one_of(some)}
            for kind, some in limited.items()
            if some
        ]
        kinds = [kind for kind, some in choices.items() if some]
        return {"type": kinds} | ({"allOf": chosen} if chosen else {})

    def _one_of(self, members: Sequence[Schema]) -> Schema:
        """Of members with one JSON type."""
        if len(members) == 1:
            return self._alone(members[0])
        if (key := _telling_key(members)) is None:
            return {"anyOf": [self._alone(one) for one in members]}
        named = [_words(one["properties"][key]) for one in members]
        must_have = [[key] if key in one.get("required", ()) else [] for one in members]
        return {
            "properties": {key: self.value({"enum": [word for words in named for word in words]})},
            "required": min(must_have),
            "allOf": [
                {
                    "if": {"properties": {key: {"enum": words}}, "required": required},
                    "then": self._alone(one),
                }
                for one, words, required in zip(members, named, must_have, strict=True)
            ],
        }

    def _alone(self, schema: Schema) -> Schema:
        fits = {key: part for key, part in schema.items() if key in _KEPT}
        if "properties" in schema:
            parts = schema["properties"].items()
            fits["properties"] = {key: self.value(part) for key, part in parts}
        for key in ("items", "additionalProperties"):
            if isinstance(schema.get(key), dict):
                fits[key] = self.value(schema[key])
        if "on" in schema.get("properties", {}):  # which is a word for true in YAML 1.1
            del fits["additionalProperties"]
            fits["propertyNames"] = {"enum": [*schema["properties"], True]}
        return fits


def _types(schema: Schema) -> set[str]:
    if "not" in schema and "type" not in schema:
        return set(_TYPES) - {schema["not"]["type"]}
    kind = schema.get("type", "string" if _words(schema) else None)
    return {"number" if kind == "integer" else kind} if kind else set(_TYPES)


def _is_limited(schema: Schema) -> bool:
    """Whether not every value of its JSON types fits."""
    says = schema.keys() & (_KEPT | {"properties", "items"}) - {"type"}
    return bool(says) or schema.get("type") == "integer"


def _is_any_text(schema: Schema) -> bool:
    return not schema.keys() & {"const", "enum", "pattern", "format"}


def _words(schema: Schema) -> list[Any]:
    """The values that it names."""
    return [schema["const"]] if "const" in schema else schema.get("enum", [])


def _telling_key(objects: Sequence[Schema]) -> str | None:
    """The key by whose value each of them is another."""
    for key in objects[0].get("properties", {}):
        named = [_words(one.get("properties", {}).get(key, {})) for one in objects]
        words = [word for some in named for word in some]
        if all(named) and len(words) == len(set(words)):
            return str(key)
    return None

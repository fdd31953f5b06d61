"""The JSON Schema of a connector file, from the models: editors complete and explain by it."""

from typing import Any

from restsrc_dagster.connector.configuration.model import Configuration
from restsrc_dagster.connector.deferred import RESOLVED_WHOLE
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.syntax.references import takes_reference
from restsrc_dagster.connector.syntax.variables import WHOLE

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TOLD = ("title", "description", "default")
REFERENCE_SCHEMA = {"type": "string", "pattern": WHOLE}
"""A variable of the environment, in place of a number, true or false, or a list."""
EXAMPLE: dict[str, Any] = {
    "created_at": "2026-11-23T10:03:00Z",
    "schedule": {"mode": "minutes", "interval": 10},
    "configuration": {
        "client": {
            "base_url": "https://api.example.com/v1",
            "auth": {"type": "bearer", "token": "${ACME_TOKEN}"},
            "paginator": {"type": "json_link", "next_url_path": "paging.next"},
        },
        "resources": [
            {
                "name": "customers",
                "primary_key": "id",
                "endpoint": {
                    "path": "customers",
                    "data_selector": "data",
                    "params": {"updated_since": "{incremental.start_value}"},
                    "incremental": {
                        "cursor_path": "updated_at",
                        "initial_value": "1970-01-01T00:00:00Z",
                    },
                },
            }
        ],
    },
}


def connector_schema() -> dict[str, Any]:
    """JSON Schema, draft 2020-12. What only shows between the parts of a file it cannot say."""
    schema = Connector.model_json_schema()
    configuration = Configuration.model_json_schema()
    definitions = {**schema.pop("$defs", {}), **configuration.pop("$defs", {})}
    properties: dict[str, Any] = schema["properties"]
    del properties["name"]
    properties["configuration"] = configuration | {
        "description": "dlt's rest_api configuration: the API and the resources to read from it."
    }
    properties["$schema"] = {"type": "string", "description": "Where this schema is, for editors."}
    for key in ("configuration", *RESOLVED_WHOLE):
        _take_references(properties[key], key, definitions, set())
    schema["required"] = [key for key in schema["required"] if key != "name"]
    return {
        "$schema": DIALECT,
        "title": "A connector of restsrc_dagster",
        "description": "A REST API, and when it is loaded. The file's name is the connector's.",
        **{key: schema[key] for key in ("type", "additionalProperties", "required")},
        "properties": _with_any_of(properties),
        "examples": [EXAMPLE],
        "$defs": _with_any_of(definitions),
    }


def _take_references(
    part: dict[str, Any], path: str, definitions: dict[str, Any], seen: set[str]
) -> None:
    """Let numbers, booleans and lists below `part` be a reference where the models take one."""
    if "$ref" in part:
        name = part["$ref"].removeprefix("#/$defs/")
        if name not in seen:
            seen.add(name)
            _take_references(definitions[name], path, definitions, seen)
        return
    for member in (*part.get("anyOf", ()), *part.get("oneOf", ())):
        _take_references(member, path, definitions, seen)
    for key, below in part.get("properties", {}).items():
        place = f"{path}.{key}"
        _take_references(below, place, definitions, seen)
        if takes_reference(place) and _wants_no_text(below):
            part["properties"][key] = _or_reference(below)
    for key, end in (("additionalProperties", ".x"), ("items", "[0]")):
        if isinstance(part.get(key), dict):
            _take_references(part[key], path + end, definitions, seen)


def _wants_no_text(part: dict[str, Any]) -> bool:
    members = part.get("anyOf", [part])
    if any(one.get("type") == "string" for one in members):
        return False
    return any(
        one.get("type") in ("integer", "number", "boolean")
        or (one.get("type") == "array" and one["items"].get("type") == "string")
        for one in members
    )


def _or_reference(part: dict[str, Any]) -> dict[str, Any]:
    if "anyOf" in part:
        return {**part, "anyOf": [*part["anyOf"], REFERENCE_SCHEMA]}
    told: dict[str, Any] = {key: part[key] for key in _TOLD if key in part}
    alone = {key: one for key, one in part.items() if key not in told}
    return {"anyOf": [alone, REFERENCE_SCHEMA], **told}


def _with_any_of(value: Any) -> Any:
    """A value that fits two members of a union is well: pydantic has chosen by its type."""
    if isinstance(value, dict):
        return {
            "anyOf" if key == "oneOf" else key: _with_any_of(item)
            for key, item in value.items()
            if key != "discriminator"
        }
    if isinstance(value, list):
        return [_with_any_of(item) for item in value]
    return value

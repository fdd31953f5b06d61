"""The JSON Schema of a connector file, from the models: editors complete and explain by it."""

from typing import Any

from restsrc_dagster.connector.configuration.model import Configuration
from restsrc_dagster.connector.model import Connector

DIALECT = "https://json-schema.org/draft/2020-12/schema"
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

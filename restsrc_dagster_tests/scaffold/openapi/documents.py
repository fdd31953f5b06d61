"""Small documents, from the few keys that a test is about."""

import json
from pathlib import Path
from typing import Any

from restsrc_dagster.connector.files.folder import check_content
from restsrc_dagster.extract.validation import validate_with_dlt
from restsrc_dagster.scaffold.configuration import FirstConfiguration
from restsrc_dagster.scaffold.openapi import from_openapi
from restsrc_dagster_tests.support.connectors import content

HERE = Path(__file__).parent
SERVER = "https://api.acme.com/v2"
RECORD = {"type": "object", "properties": {"id": {"type": "string"}}}
LIST = {"type": "array", "items": RECORD}


def text(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def string(**keys: Any) -> dict[str, Any]:
    return {"type": "string", **keys}


def integer(**keys: Any) -> dict[str, Any]:
    return {"type": "integer", **keys}


def envelope(**properties: Any) -> dict[str, Any]:
    """The schema of an object with a list of records at `data`."""
    return {"type": "object", "properties": {"data": LIST, **properties}}


def param(name: str, schema: Any = None, **keys: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema or string(), **keys}


def get(answer: Any = LIST, *parameters: Any, **keys: Any) -> dict[str, Any]:
    """What a path has: a GET that answers JSON of the schema `answer`."""
    good = {"description": "", "content": {"application/json": {"schema": answer}}}
    return {"get": {"parameters": list(parameters), "responses": {"200": good}, **keys}}


def document(paths: dict[str, Any] | None = None, **keys: Any) -> str:
    whole = {
        "openapi": "3.0.3",
        "info": {"title": "Acme"},
        "servers": [{"url": SERVER}],
        "security": [],
        "paths": paths if paths is not None else {"/customers": get()},
        **keys,
    }
    return json.dumps({key: value for key, value in whole.items() if value is not None})


def made(source: str, *paths: str, base_url: str | None = None) -> FirstConfiguration:
    """From a document to a configuration that passes the checks, ours and dlt's."""
    first = from_openapi(source, "acme", paths or ["/customers"], base_url=base_url)
    whole = {**content(), "configuration": first.configuration}
    assert validate_with_dlt(check_content("acme", whole, file="acme.json")) is None
    return first


def resource(source: str, *paths: str) -> dict[str, Any]:
    """The last resource of the configuration."""
    found: dict[str, Any] = made(source, *paths).configuration["resources"][-1]
    return found


def endpoint(answer: Any, *parameters: Any, **keys: Any) -> dict[str, Any]:
    """The endpoint of `GET /customers` with these parameters and this answer."""
    found: dict[str, Any] = resource(document({"/customers": get(answer, *parameters, **keys)}))[
        "endpoint"
    ]
    return found

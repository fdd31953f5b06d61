"""What documents look like in the wild: YAML of all sorts, references, and what is no document."""

import json
from typing import Any

import pytest

from restsrc_dagster.scaffold.openapi import from_openapi
from restsrc_dagster_tests.scaffold.openapi.documents import (
    LIST,
    RECORD,
    SERVER,
    document,
    get,
    made,
    param,
    resource,
    string,
)

YAML = f"""
# a comment, a status that is a number, a date that is text, a merge, a key that stands twice
openapi: 3.1.0
info: {{title: Acme, version: 2026-01-02}}
servers: [{{url: {SERVER}}}]
security: []
x-common: &common
  responses:
    200:
      content:
        application/json:
          schema:
            type: array
            items:
              properties: {{id: {{type: [string, "null"]}}, uuid: {{type: string}}}}
paths:
  /customers:
    get:
      <<: *common
      summary: first
      summary: second
      parameters:
        - {{name: on, in: query, required: yes, schema: {{type: string}}}}
        - {{name: since, in: query, required: true, schema: {{default: 2020-01-02, type: string}}}}
"""


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_yaml(mark: str) -> None:
    found = resource(mark + YAML)
    assert found["endpoint"]["params"] == {"since": "2020-01-02"}
    assert found["primary_key"] == "uuid"  # its id may be null


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "holds no object"),
        ("[]", "holds no object"),
        ("{", "line 1, column 2: Expecting property name"),
        ("a: [1\nb: 2", "line 2, column 2: is not YAML"),
        ("a: *b", "is not YAML"),
        ("{}", "says neither openapi nor swagger"),
        ('{"openapi": "4.0"}', "is of version 4.0; 2.0 and 3.x are read"),
        ("swagger: 1.2", "is of version 1.2"),
        ("openapi: 3.0.0", "has no paths"),
        ("openapi: 3.0.0\npaths: []", "has no paths"),
    ],
)
def test_what_is_no_document(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        from_openapi(text, "acme", ["/customers"])


def test_texts_of_a_broken_document_are_not_repeated() -> None:
    for text in ("a: 's3cr3t\n b", "a: &s3cr3t 1\nb: *s3cr3t2", '{"a": "s3cr3t" "b"}'):
        with pytest.raises(ValueError, match=r".+") as error:
            from_openapi(text, "acme", ["/customers"])
        assert "s3cr3t" not in str(error.value)


def to(*path: str) -> dict[str, str]:
    """A reference to a component."""
    parts = [part.replace("~", "~0").replace("/", "~1") for part in path]
    return {"$ref": "#/components/" + "/".join(parts)}


def test_references_anywhere() -> None:
    path = get()["get"]
    path["parameters"] = [to("parameters", "Q")]
    path["responses"]["200"] = to("responses", "a/b c")
    source = document(
        {"/customers": to("pathItems", "Customers")},
        components={
            "pathItems": {"Customers": {"get": path}},
            "parameters": {"Q": param("q", to("schemas", "Q"), required=True)},
            "responses": {
                "a/b c": to("responses", "Good"),
                "Good": get({"allOf": [to("schemas", "List")]})["get"]["responses"]["200"],
            },
            "schemas": {
                "Q": string(default="x"),
                "List": {
                    "properties": {"people": {"type": "array", "items": to("schemas", "One")}}
                },
                "One": RECORD,
            },
            "securitySchemes": {
                "key": to("securitySchemes", "real"),
                "real": {"type": "http", "scheme": "bearer"},
            },
        },
        security=[{"key": []}],
    )
    configuration = made(source).configuration
    assert configuration["client"]["auth"]["type"] == "bearer"
    (found,) = configuration["resources"]
    assert found["primary_key"] == "id"
    assert found["endpoint"]["params"] == {"q": "x"}
    assert found["endpoint"]["data_selector"] == "people"


def test_schemas_within_themselves() -> None:
    node: dict[str, Any] = {
        "allOf": [to("schemas", "Node")],
        "properties": {
            "id": string(),
            "parent": to("schemas", "Node"),
            "children": {"type": "array", "items": to("schemas", "Node")},
            "data": {"properties": {"next": to("schemas", "Node")}},
        },
    }
    schemas = {"Node": node, "Loop": to("schemas", "Loop")}
    paths = {
        "/nodes": get({"type": "array", "items": to("schemas", "Node")}),
        "/node": get(to("schemas", "Node")),
        "/loop": get(to("schemas", "Loop")),
    }
    made(document(paths, components={"schemas": schemas}), *paths)
    with pytest.raises(ValueError, match="/nodes"):
        from_openapi(document(paths, components={"schemas": schemas}), "acme", [])


def test_a_reference_out_of_the_document_is_unknown() -> None:
    outside = {"$ref": "other.yaml#/components/schemas/One"}
    paths = {"/customers": get({"type": "array", "items": outside})}
    found = resource(document(paths, components={"schemas": {"One": RECORD}}))
    assert found == {"name": "customers", "endpoint": {"path": "customers"}}
    assert "data_selector" not in resource(document({"/customers": get(outside)}))["endpoint"]


@pytest.mark.parametrize("inside", [True, False])
def test_a_path_in_another_document(inside: bool) -> None:
    outside = {"$ref": "customers.yaml"}
    item = {"get": outside} if inside else outside
    with pytest.raises(ValueError, match=r"/customers is in another document, customers\.yaml"):
        made(document({"/customers": item, "/orders": get(LIST)}))
    assert made(document({"/customers": item, "/orders": get(LIST)}), "/orders")


def test_nonsense_in_a_document_is_passed_over() -> None:
    path = {
        "parameters": [None, 1, {"in": "query"}, {"name": 3, "in": "query"}, {"$ref": "#/nowhere"}],
        "get": {
            "parameters": "x",
            "responses": {"200": {"content": {"application/json": {"schema": []}}}},
            "security": "none",
        },
    }
    source = document(
        {"/customers": path, "/x": None, "x-y": 1}, components=[], servers=[{"url": SERVER}]
    )
    assert resource(source) == {"name": "customers", "endpoint": {"path": "customers"}}


def test_a_million_laughs_are_not_laughed() -> None:
    schemas: dict[str, Any] = {"l0": {"properties": {"id": string()}}}
    for level in range(1, 30):
        below = to("schemas", f"l{level - 1}")
        schemas[f"l{level}"] = {"allOf": [below, below], "properties": {"a": below, "b": below}}
    source = document(
        {"/customers": get(to("schemas", "l29"))},
        components={"schemas": schemas},
    )
    assert json.loads(source)
    made(source)

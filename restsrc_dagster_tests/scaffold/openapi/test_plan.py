"""Paths as people write them, names, parents, and what must be sent."""

from typing import Any

import pytest

from restsrc_dagster.scaffold.openapi import from_openapi
from restsrc_dagster_tests.scaffold.openapi.documents import (
    LIST,
    RECORD,
    document,
    get,
    integer,
    made,
    param,
    resource,
    string,
)


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    "asked",
    [
        *("/customers/", "customers", "/v2/customers", "https://api.acme.com/v2/customers/"),
        *("/Customers", "customers?limit=3"),
    ],
)
def test_a_path_is_found_as_people_write_it(asked: str) -> None:
    assert resource(document({"/other": get(), "/customers/": get()}), asked)["endpoint"] == {
        "path": "customers/"
    }


@pytest.mark.parametrize("asked", ["/a/{id}/b", "/a/{}/b", "/a/:id/b", "a/{theId}/b"])
def test_a_parameter_of_a_path_has_any_name(asked: str) -> None:
    assert resource(document({"/a/{the_id}/b": get()}), asked)["name"] == "b"


def test_an_unknown_path_names_the_nearest() -> None:
    paths = {"/v1/customers": get(), "/v1/orders": get(), "/v1/settings": {"put": {}}}
    for asked, told in (
        ("/v1/custmers", "has no path /v1/custmers; did you mean /v1/customers"),
        ("/customers", "has no path /customers; did you mean /v1/customers"),
        ("/nowhere-near", "has no path /nowhere-near$"),
        ("/v1/settings", "/v1/settings cannot be read by GET or POST; the document has PUT for it"),
    ):
        with pytest.raises(ValueError, match=told):
            made(document(paths), asked)


def test_without_a_path_the_lists_are_told() -> None:
    paths = {
        **{f"/things{number}/{{id}}/parts": get() for number in range(15)},
        **{
            f"/things{number}": get({"type": "object", "properties": {"data": LIST}})
            for number in range(8)
        },
        "/one": get(RECORD),
        "/words": get({"type": "array", "items": string()}),
        "/made": {"post": get()["get"]},
    }
    with pytest.raises(ValueError, match="name at least one --path") as error:
        from_openapi(document(paths), "acme", [])
    _, *lines, last = str(error.value).split("\n")
    assert len(lines) == 20
    assert [line.strip() for line in lines[:8]] == [f"/things{number}" for number in range(8)]
    assert last.strip() == "… and 3 more"
    assert "/one" not in str(error.value)
    assert "/words" not in str(error.value)


def test_a_document_without_lists_tells_what_can_be_read() -> None:
    with pytest.raises(ValueError, match="these can be read:\n  /one"):
        from_openapi(document({"/one": get(RECORD)}), "acme", [])


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["/v1/customers.json"], ["customers"]),
        (["/customers/search"], ["customers"]),
        (["/search"], ["search"]),
        (["/a/list", "/b/list"], ["a", "b"]),
        (["/crm/contacts", "/hr/contacts"], ["contacts", "hr_contacts"]),
        (["/crm/x-Files", "/hr/xFiles"], ["x_Files", "hr_xFiles"]),
        (["/{one}"], ["items"]),
        (["/{one}", "/{one}/{two}"], ["items", "items_2"]),
    ],
)
def test_names(paths: list[str], names: list[str]) -> None:
    configuration = made(document({path: get() for path in paths}), *paths).configuration
    assert [one["name"] for one in configuration["resources"]] == names


def test_a_path_asked_for_twice_is_one_resource() -> None:
    assert len(made(document(), "/customers", "customers/").configuration["resources"]) == 1


def children(parent: Any, parameter: str, **keys: Any) -> dict[str, Any]:
    """The paths of customers and of their invoices."""
    schema = keys.pop("schema", string())
    bound = param(parameter, schema, required=True, **{"in": "path"})
    item = {"type": "array", "items": parent} if parent is not None else {}
    return {
        "/customers": get(item),
        f"/customers/{{{parameter}}}/invoices": get(LIST, bound, **keys),
    }


@pytest.mark.parametrize(
    ("parent", "parameter", "field"),
    [
        (of(id=string()), "id", "id"),
        (of(id=string()), "customer_id", "id"),
        (of(id=string()), "customerId", "id"),
        (of(id=string()), "customer", "id"),
        (of(id=string(), customer_id=string()), "customer_id", "id"),
        (of(customer_id=string()), "id", "customer_id"),
        (of(customerId=integer()), "customer_id", "customerId"),
        (of(uuid=string(), id=integer()), "customer_uuid", "uuid"),
        (of(code=string(), id=string()), "code", "code"),
        (of(id=string()), "customerIdOrKey", "id"),
        (None, "customer_id", "id"),
    ],
)
def test_a_child_takes_a_field_of_its_parent(parent: Any, parameter: str, field: str) -> None:
    paths = children(parent, parameter)
    first = made(document(paths), list(paths)[1])
    above, below = first.configuration["resources"]
    assert (above["name"], above["selected"]) == ("customers", False)
    assert below["endpoint"]["path"] == f"customers/{{resources.customers.{field}}}/invoices"
    assert "customers: read for invoices, and not loaded: selected is false" in first.notes


@pytest.mark.parametrize(
    ("parent", "parameter", "schema"),
    [
        (of(name=string()), "customer_id", string()),
        (of(id=string()), "tenant", string()),
        (of(id=string()), "customer_id", integer()),
    ],
)
def test_where_no_field_fits_the_person_is_asked(parent: Any, parameter: str, schema: Any) -> None:
    paths = children(parent, parameter, schema=schema)
    first = made(document(paths), list(paths)[1])
    (only,) = first.configuration["resources"]
    reference = f"${{ACME_{parameter.upper()}}}"
    assert only["endpoint"]["path"] == f"customers/{reference}/invoices"
    assert first.variables == [f"ACME_{parameter.upper()}"]
    assert f"invoices: {parameter} is required: it is {reference}" in first.notes


def test_a_parent_that_is_asked_for_is_loaded() -> None:
    paths = children(RECORD, "id")
    above, below = made(document(paths), *reversed(paths)).configuration["resources"]
    assert [above["name"], below["name"]] == ["customers", "invoices"]
    assert "selected" not in above


@pytest.mark.parametrize(
    ("fields", "key", "copied"),
    [
        ({"id": string(), "customer_id": string()}, "id", None),
        ({"id": string(), "customer": of(id=string())}, "id", None),
        ({"id": string(), "customerKey": string()}, "id", None),
        ({"id": string(), "name": string()}, ["id", "_customers_id"], ["id"]),
        ({"name": string()}, None, ["id"]),
    ],
)
def test_a_child_that_does_not_name_its_parent_copies_its_key(
    fields: dict[str, Any], key: Any, copied: Any
) -> None:
    paths = children(RECORD, "id")
    answer = {"type": "array", "items": of(**fields)}
    paths["/customers/{id}/invoices"] = get(answer)
    found = resource(document(paths), "/customers/{id}/invoices")
    assert found.get("primary_key") == key
    assert found.get("include_from_parent") == copied


def test_a_parent_is_read_whole() -> None:
    item = of(id=string(), updated_at=string(format="date-time"))
    paths = children(item, "id")
    paths["/customers"]["get"]["parameters"] = [param("updated_since")]
    first = made(document(paths), *paths)
    assert "incremental" not in first.configuration["resources"][0]["endpoint"]
    assert (
        "customers: could be read by updated_at and updated_since, but invoices would then be "
        "read for changed records only"
    ) in first.notes
    alone = resource(document(paths), "/customers")
    assert alone["endpoint"]["incremental"]["cursor_path"] == "updated_at"


def test_the_names_of_what_is_asked_for_are_the_short_ones() -> None:
    paths = {"/contacts": get(), "/contacts/{id}/contacts": get()}
    first = made(document(paths), "/contacts/{id}/contacts")
    names = {one["name"]: one["endpoint"]["path"] for one in first.configuration["resources"]}
    assert names == {
        "contacts_2": "contacts",
        "contacts": "contacts/{resources.contacts_2.id}/contacts",
    }


def test_three_generations_and_no_more() -> None:
    deep = "/a/{a_id}/b/{b_id}/c/{c_id}/d"
    paths = {"/a": get(), "/a/{a_id}/b": get(), "/a/{a_id}/b/{b_id}/c": get(), deep: get()}
    third = made(document(paths), "/a/{a}/b/{b}/c").configuration["resources"]
    assert [one["name"] for one in third] == ["a", "b", "c"]
    assert third[2]["endpoint"]["path"] == "a/{resources.b._a_id}/b/{resources.b.id}/c"
    (alone,) = made(document(paths), deep).configuration["resources"]
    assert alone["endpoint"]["path"] == "a/${ACME_A_ID}/b/${ACME_B_ID}/c/${ACME_C_ID}/d"


def test_parameters_of_a_path_that_are_fixed() -> None:
    path = "/v{version}/{format}/{tenant}/customers"
    parameters = [
        param("version", string(default="1.0"), **{"in": "path"}),
        param("format", string(enum=["js on"]), **{"in": "path"}),
        param("tenant", string(example="t-1", enum=["a", "b"]), **{"in": "path"}),
    ]
    first = made(document({path: get(LIST, *parameters)}), path)
    (only,) = first.configuration["resources"]
    assert only["endpoint"]["path"] == "v1.0/js%20on/${ACME_TENANT}/customers"
    assert any("tenant is required, one of a, b: it is ${ACME_TENANT}" in x for x in first.notes)


REQUIRED: dict[str, tuple[Any, Any]] = {
    "default": (string(default="EUR", example="x"), "EUR"),
    "example": (string(example="EUR"), "EUR"),
    "enum": (string(enum=["EUR", "CHF"]), "EUR"),
    "nothing": (string(), "${ACME_CURRENCY}"),
    "braces": (string(default="{a} ${B}"), "{{a}} $${{B}}"),
    "list": ({"type": "array", "items": string(), "example": ["EUR", "CHF"]}, ["EUR", "CHF"]),
}


@pytest.mark.parametrize(("schema", "value"), REQUIRED.values(), ids=REQUIRED)
def test_what_is_required_is_sent(schema: Any, value: Any) -> None:
    parameters = [param("currency", schema, required=True), param("optional", string(default="x"))]
    first = made(document({"/customers": get(LIST, *parameters)}))
    (only,) = first.configuration["resources"]
    assert only["endpoint"]["params"] == {"currency": value}
    told = [note for note in first.notes if "currency is required" in note]
    assert bool(told) == ("default" not in schema)


def test_a_list_in_one_parameter() -> None:
    schema = {"type": "array", "items": string(), "default": ["a", "b"]}
    joined = param("fields", schema, required=True, explode=False)
    assert resource(document({"/customers": get(LIST, joined)}))["endpoint"]["params"] == {
        "fields": "a,b"
    }


def test_headers_that_are_required() -> None:
    headers = [
        param("Acme-Version", string(default="2026-01-01"), required=True, **{"in": "header"}),
        param("X-Tenant", required=True, **{"in": "header"}),
        param("Accept", string(default="application/json"), required=True, **{"in": "header"}),
        param("X-Trace", **{"in": "header"}),
    ]
    paths = {"/a": get(LIST, *headers), "/b": get(LIST, *headers)}
    wanted = {"Acme-Version": "2026-01-01", "X-Tenant": "${ACME_X_TENANT}"}
    assert resource(document(paths), "/a")["endpoint"]["headers"] == wanted
    both = made(document(paths), "/a", "/b").configuration
    assert both["client"]["headers"] == wanted
    assert all("headers" not in one["endpoint"] for one in both["resources"])


def test_a_query_that_a_document_keeps_in_its_path() -> None:
    found = resource(document({"/customers?beta=true": get()}), "/customers")
    assert found["name"] == "customers"
    assert found["endpoint"] == {"path": "customers", "params": {"beta": "true"}}


def test_get_before_post() -> None:
    paths = {"/customers": {"post": get()["get"], **get()}}
    assert "method" not in resource(document(paths))["endpoint"]

"""Where the records are, what tells them apart, and reading only those that are new."""

import json
from typing import Any

import pytest

from restsrc_dagster.scaffold.openapi import from_openapi
from restsrc_dagster_tests.scaffold.openapi.documents import (
    LIST,
    RECORD,
    document,
    endpoint,
    get,
    integer,
    made,
    param,
    resource,
    string,
)

SINGLE = "one record"


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def a_list(item: Any = RECORD) -> dict[str, Any]:
    return {"type": "array", "items": item}


TAGS = a_list(of(tag=string()))
SELECTORS: dict[str, tuple[Any, str | None]] = {
    "at the top": (LIST, None),
    "in an object": (of(took=integer(), people=LIST), "people"),
    "well known among several": (of(tags=TAGS, results=LIST), "results"),
    "named like the path": (of(data=TAGS, customers=LIST), "customers"),
    "named like the path, one of them": (of(facets=TAGS, tags=TAGS, customer=LIST), "customer"),
    "no errors, no included": (of(errors=TAGS, included=TAGS, people=LIST), "people"),
    "no texts": (of(ids=a_list(string()), people=LIST), "people"),
    "nested": (of(data=of(items=LIST, total=integer())), "data.items"),
    "nested, named like the path": (of(_embedded=of(customers=LIST)), "_embedded.customers"),
    "nested, before any other": (of(tags=TAGS, data=of(items=LIST)), "data.items"),
    "a key with a dot": (of(**{"acme.customers": LIST}), "['acme.customers']"),
    "a word of JSONPath": (of(where=LIST), "['where']"),
    "a quote": (of(**{"it's": LIST}), '["it\'s"]'),
    "composed": ({"allOf": [of(total=integer()), of(data=LIST)]}, "data"),
    "an envelope and what is in it": (
        {"allOf": [of(data=a_list({})), of(data={"items": RECORD})]},
        "data",
    ),
    "one of several": ({"oneOf": [of(data=LIST), of(error=string())]}, "data"),
    "or null": ({"anyOf": [of(data=LIST), {"type": "null"}]}, "data"),
    "unknown": ({}, None),
    "unknown object": ({"type": "object"}, None),
}


@pytest.mark.parametrize(("answer", "selector"), SELECTORS.values(), ids=SELECTORS)
def test_selector(answer: Any, selector: str | None) -> None:
    assert endpoint(answer).get("data_selector") == selector
    assert endpoint(answer).get("paginator") != {"type": "single_page"}


ONE: dict[str, tuple[str, Any, str]] = {
    "by its path": ("/customers/{code}", of(name=string(), owners=TAGS), "$"),
    "by its path and its key": ("/customers/{code}", of(id=string(), items=TAGS), "$"),
    "by its key": ("/account", of(id=string(), owners=TAGS), "$"),
    "wrapped": ("/account", of(data=of(id=string(), owners=TAGS)), "data"),
    "wrapped in its name": ("/accounts/{id}", of(account=of(id=string(), owners=TAGS)), "account"),
    "without any list": ("/account", of(name=string()), "$"),
}


@pytest.mark.parametrize(("path", "answer", "selector"), ONE.values(), ids=ONE)
def test_one_record(path: str, answer: Any, selector: str) -> None:
    first = made(document({path: get(answer)}), path)
    found = first.configuration["resources"][-1]["endpoint"]
    assert found["data_selector"] == selector
    assert found["paginator"] == {"type": "single_page"}
    assert any(note.endswith("the answer is taken for one record") for note in first.notes)


def test_a_path_that_ends_with_a_parameter_may_answer_a_list() -> None:
    for answer, selector in (
        (of(data=of(items=LIST)), "data.items"),
        (of(results=LIST), "results"),
    ):
        found = resource(document({"/search/{text}": get(answer)}), "/search/{text}")
        assert found["endpoint"]["data_selector"] == selector
        assert "paginator" not in found["endpoint"]


def test_an_unknown_answer_is_told() -> None:
    assert "customers: the document does not say where the records are; dlt looks for a list" in (
        made(document({"/customers": get({})})).notes
    )


@pytest.mark.parametrize("schema", [{}, {"type": "object"}, None])
@pytest.mark.parametrize("several", [True, False])
def test_an_example_stands_in_for_a_schema(schema: Any, several: bool) -> None:
    shown = {"people": [{"id": 7, "updated_at": "2026-01-02T03:04:05Z"}], "next_cursor": "x"}
    path = get(None, param("cursor"), param("updated_since"))
    examples = {"examples": {"good": {"value": shown}}} if several else {"example": shown}
    content = {**({} if schema is None else {"schema": schema}), **examples}
    path["get"]["responses"]["200"]["content"] = {"application/json; charset=utf-8": content}
    found = resource(document({"/customers": path}))
    assert found["endpoint"]["data_selector"] == "people"
    assert found["primary_key"] == "id"
    assert found["endpoint"]["paginator"]["cursor_path"] == "next_cursor"
    assert found["endpoint"]["incremental"]["cursor_path"] == "updated_at"


def test_an_example_shows_what_the_items_are() -> None:
    path = get({"type": "array", "items": {}})
    path["get"]["responses"]["200"]["content"]["application/json"]["example"] = [{"uuid": "a"}]
    assert resource(document({"/customers": path}))["primary_key"] == "uuid"


@pytest.mark.parametrize(
    ("item", "key"),
    [
        (of(id=integer(), name=string()), "id"),
        (of(customer_id=string(), uuid=string()), "customer_id"),
        (of(CustomerID=string()), "CustomerID"),
        (of(uuid=string()), "uuid"),
        (of(id=string(nullable=True), uuid=string()), "uuid"),
        (of(id=of(value=string())), None),
        (of(order_id=string(), number=integer()), None),
    ],
)
def test_primary_key(item: Any, key: str | None) -> None:
    assert resource(document({"/customers": get(a_list(item))})).get("primary_key") == key


DATE_TIME = string(format="date-time")
CURSORS: dict[str, tuple[Any, Any, Any]] = {
    "updated_at": (DATE_TIME, param("updated_since"), "1970-01-01T00:00:00Z"),
    "updatedAt": (DATE_TIME, param("updatedAfter", DATE_TIME), "1970-01-01T00:00:00Z"),
    "lastModifiedDateTime": (string(), param("modified_from"), "1970-01-01T00:00:00Z"),
    "modified": (integer(), param("modified_after", integer()), 0),
    "changed_on": (string(format="date"), param("changed_on[gte]"), "1970-01-01"),
    "update_time": (string(example="2026-02-03"), param("min_update_time"), "1970-01-01"),
    "updated": (
        DATE_TIME,
        param("since", description="Only what was last updated after this time"),
        "1970-01-01T00:00:00Z",
    ),
}


@pytest.mark.parametrize("name", CURSORS)
def test_cursor(name: str) -> None:
    schema, parameter, initial = CURSORS[name]
    found = endpoint(a_list(of(id=string(), **{name: schema})), parameter)
    assert found["incremental"] == {"cursor_path": name, "initial_value": initial}
    assert found["params"] == {parameter["name"]: "{incremental.start_value}"}


NO_CURSORS: dict[str, tuple[dict[str, Any], list[Any]]] = {
    "no parameter": ({"updated_at": DATE_TIME}, []),
    "no field": ({"name": string()}, [param("updated_since")]),
    "another time": ({"updated_at": DATE_TIME}, [param("created_since")]),
    "the other end": ({"updated_at": DATE_TIME}, [param("updated_before")]),
    "since, of something else": ({"updated_at": DATE_TIME}, [param("since", integer())]),
    "who, not when": ({"updated_by": string()}, [param("updated_since")]),
    "a time of another make": (
        {"updated_at": string(example="/Date(1573755038314)/")},
        [param("updated_since")],
    ),
    "a date for a time": (
        {"updated_at": DATE_TIME},
        [param("updated_since", string(format="date"))],
    ),
    "the order": ({"updated_at": DATE_TIME}, [param("sort_from_updated")]),
}


@pytest.mark.parametrize(("fields", "parameters"), NO_CURSORS.values(), ids=NO_CURSORS)
def test_no_cursor(fields: dict[str, Any], parameters: list[Any]) -> None:
    found = endpoint(a_list(of(id=string(), **fields)), *parameters)
    assert "incremental" not in found
    assert "params" not in found


SINCE = param("since", DATE_TIME, description="The lower bound of the records' `published`")
UNTIL = param("until", DATE_TIME, description="The upper bound of the records' `published`")


def test_a_log_is_read_by_the_time_of_its_records() -> None:
    log = get(a_list(of(uuid=string(), published=DATE_TIME)), SINCE, UNTIL)
    first = made(document({"/customers": log}))
    found = first.configuration["resources"][0]["endpoint"]
    assert found["incremental"]["cursor_path"] == "published"
    assert found["params"] == {"since": "{incremental.start_value}"}
    assert any("a record that changes later keeps its old row" in note for note in first.notes)


SEVEN_DAYS = "7 days ago"
NOT_SENT: dict[str, tuple[Any, str | None]] = {
    "with a default": (
        param("since", string(format="date-time", default=SEVEN_DAYS)),
        f"customers: since is not sent; the API then answers from its default on: {SEVEN_DAYS}",
    ),
    "by a sign": (param("StartTime>", DATE_TIME), "customers: StartTime> is not sent; whether"),
    "of any kind": (param("since", integer()), "customers: since is not sent; whether"),
    "the other end": (param("StartTime<", DATE_TIME), None),
    "an offset": (param("start", integer()), None),
}


@pytest.mark.parametrize(("parameter", "told"), NOT_SENT.values(), ids=NOT_SENT)
def test_a_start_that_is_not_sent_is_told(parameter: Any, told: str | None) -> None:
    records = a_list(of(id=string(), created=DATE_TIME))
    notes = made(document({"/customers": get(records, parameter)})).notes
    found = [note for note in notes if "is not sent" in note]
    assert len(found) == (told is not None)
    assert all(note.startswith(str(told)) for note in found)


def test_an_example_of_the_schema_itself() -> None:
    answer = {"type": "object", "example": {"people": [{"id": 1}]}}
    found = resource(document({"/customers": get(answer)}))
    assert found["endpoint"]["data_selector"] == "people"
    assert found["primary_key"] == "id"


def answers(*media: str, schema: Any = None) -> dict[str, Any]:
    """A GET that answers in these formats."""
    content = {one: {} if schema is None else {"schema": schema} for one in media}
    return {"get": {"responses": {"200": {"description": "", "content": content}}}}


def test_csv_is_a_list_whose_values_are_texts() -> None:
    first = made(document({"/customers": answers("text/csv", schema=string())}))
    assert "data_selector" not in first.configuration["resources"][0]["endpoint"]
    told = "customers: the answer is CSV, whose values are texts: say their types in columns"
    assert told in first.notes
    with pytest.raises(ValueError, match="answer with lists:\n  /customers"):
        from_openapi(document({"/customers": answers("text/csv")}), "acme", [])


@pytest.mark.parametrize("schema", [RECORD, LIST])
def test_lines_of_json_are_records(schema: Any) -> None:
    of_lines = answers("application/x-ndjson", "text/csv", schema=schema)
    (found,) = made(document({"/customers": of_lines})).configuration["resources"]
    assert found["primary_key"] == "id"
    assert "data_selector" not in found["endpoint"]


def test_json_is_read_where_an_answer_may_be_csv_as_well() -> None:
    both = answers("text/csv", "application/json", schema=of(people=LIST))
    (found,) = made(document({"/customers": both})).configuration["resources"]
    assert found["endpoint"]["data_selector"] == "people"


def test_csv_of_swagger() -> None:
    path = {"get": {"produces": ["text/csv"], "responses": {"200": {"description": ""}}}}
    whole = {"swagger": "2.0", "host": "api.acme.com", "schemes": ["https"], "security": []}
    first = made(json.dumps({**whole, "info": {"title": "A"}, "paths": {"/customers": path}}))
    assert any("is CSV" in note for note in first.notes)

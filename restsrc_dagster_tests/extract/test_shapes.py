"""Answers whose records are no list of objects: read right, or refused by name."""

from typing import Any

import pytest

from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.extract.failures.explain import explain
from restsrc_dagster.extract.paging.keyed_object import is_keyed_object
from restsrc_dagster.extract.sample.read import read_samples
from restsrc_dagster_tests.extract.reading import read
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import connector, items

PARENTS = items("parents")
CHILD = {**items("child", path="of/{resources.parents.id}"), "include_from_parent": ["id"]}


def rows(api: Api, body: Any, *steps: Any, **endpoint: Any) -> list[Any]:
    api.routes["/items"] = lambda _: body
    resource = {**items(**endpoint), "processing_steps": list(steps)}
    return read(connector("acme", api.url, [resource]))


def refusal(api: Api, body: Any, *steps: Any, **endpoint: Any) -> str:
    with pytest.raises(Exception) as failed:  # noqa: PT011 - what it becomes is looked at
        rows(api, body, *steps, **endpoint)
    assert isinstance(failed.value, Exception)
    return str(explain(failed.value, Redactor()))


@pytest.mark.parametrize(
    "record",
    [
        {"17": {"name": "a"}},
        {"17": {"name": "a"}, "18": {"name": "b", "x": 1}},
        {"2024-01-31": {"n": 1}},
        {"7f3c2b1a-0000-4000-8000-1234567890ab": {"n": 1}},
        {"u-1": {"name": "a"}, "u-2": {"name": "b"}},
        {"EUR": {"rate": 1}, "USD": {"rate": 2}},
        {"ann@example.com": {"age": 1}, "lee@example.com": {"age": 2}},
        {f"{chr(97 + n)}x": {"n": n} for n in range(25)},
    ],
)
def test_an_object_of_records(api: Api, record: Any) -> None:
    assert is_keyed_object(record)
    text = refusal(api, {"data": record})
    assert 'data_selector "data.*"' in text
    assert "example.com" not in text
    assert len(rows(api, {"data": record}, data_selector="data.*")) == len(record)
    with_keys = rows(api, {"data": record}, {"yield_map": "items(@)[*].merge(value, {key: key})"})
    assert [row["key"] for row in with_keys] == list(record)
    assert rows(api, {"data": record}, {"map": "@"}) == [record]


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"17": {}},
        {"17": 1},
        {"id": 1, "17": {"name": "a"}},
        {"billing": {"street": "a"}, "shipping": {"street": "b"}},
        {"address1": {"street": "a"}, "owner2": {"name": "b"}},
        {"data": {"id": 1}, "meta": {"page": 1}},
        {"EUR": 1, "USD": 2},
    ],
)
def test_one_record_that_holds_objects(api: Api, record: Any) -> None:
    assert not is_keyed_object(record)
    assert rows(api, {"data": record}) == [record]


def test_records_that_are_lists(api: Api) -> None:
    table = [["day", "value"], ["2024-01-31", 1], ["2024-02-01", 2]]
    assert 'such as {"map": "{day: [0], value: [1]}"}' in refusal(api, table, data_selector="$")
    found = rows(api, table, {"map": "{day: [0], value: [1]}"}, data_selector="$[1:]")
    assert found == [{"day": "2024-01-31", "value": 1}, {"day": "2024-02-01", "value": 2}]


def test_a_test_read_refuses_them_as_well(api: Api) -> None:
    api.routes |= {
        "/lists": lambda _: {"data": [[1, 2]]},
        "/keyed": lambda _: {"data": {"1": {"a": 1}}},
    }
    acme = connector("acme", api.url, [items("lists"), items("keyed")])
    samples = read_samples(acme, {}, resources=["lists", "keyed"], limit=5)
    errors = [str(sample.error) for sample in samples]
    assert "records are lists" in errors[0]
    assert "each under a key that looks like an id" in errors[1]


def child_rows(api: Api, body: Any, child: Any = CHILD, **parent: Any) -> list[Any]:
    api.routes |= {"/parents": lambda _: {"data": [{"id": 1, **parent}]}, "/of/1": lambda _: body}
    return read(connector("acme", api.url, [{**PARENTS, "selected": False}, child]))


def test_texts_with_a_field_of_their_parent(api: Api) -> None:
    assert child_rows(api, {"data": ["a", "b"]}) == [
        {"value": "a", "_parents_id": 1},
        {"value": "b", "_parents_id": 1},
    ]


def test_lists_with_a_field_of_their_parent(api: Api) -> None:
    with pytest.raises(Exception, match="records are lists, into which include_from_parent cannot"):
        child_rows(api, {"data": [["a", 1]]})
    step = {"yield_map": "data[*].{day: [0], value: [1]}"}
    whole = {**CHILD, "endpoint": {**CHILD["endpoint"], "data_selector": "$"}}
    found = child_rows(api, {"data": [["a", 1]]}, {**whole, "processing_steps": [step]})
    assert found == [{"day": "a", "value": 1, "_parents_id": 1}]


@pytest.mark.parametrize("at_once", [1, 4])
def test_a_placeholder_that_matches_several_values(api: Api, at_once: int) -> None:
    child = items("child", path="of/{resources.parents.items[*].uid}")
    bodies = {"/of/1": lambda _: {"data": [{"x": 1}]}}
    for uids, expected in (([1], [{"x": 1}]), ([1, 2], None)):
        parent = {"id": 1, "items": [{"uid": uid} for uid in uids]}
        api.routes |= {"/parents": lambda _, parent=parent: {"data": [parent]}, **bodies}
        acme = connector(
            "acme",
            api.url,
            [{**PARENTS, "selected": False}, child],
            http={"max_concurrency": at_once},
        )
        if expected is None:
            with pytest.raises(
                Exception, match="matches 2 values of a record, and a request takes"
            ):
                read(acme)
        else:
            assert read(acme) == expected

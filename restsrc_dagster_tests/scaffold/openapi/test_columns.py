"""Descriptions of fields become those of columns."""

from typing import Any

import pytest

from restsrc_dagster_tests.scaffold.openapi.documents import document, get, made, resource, string


def columns(**properties: Any) -> Any:
    record = {"type": "object", "properties": {"id": string(), **properties}}
    found = resource(
        document({"/customers": get({"type": "array", "items": record})}), "/customers"
    )
    return found.get("columns")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("What the customer has booked", "What the customer has booked"),
        ("Booked by them. Never null.", "Booked by them."),
        ("Booked\n  by them", "Booked by them"),
        (f"{'long ' * 60}", f"{'long ' * 39}long…"),
        ("e.g. free or paid", "e.g. free or paid"),
    ],
)
def test_the_first_sentence_of_a_field(text: str, told: str) -> None:
    assert columns(plan=string(description=text)) == {"plan": {"description": told}}


@pytest.mark.parametrize(
    "field",
    [
        string(),
        string(description=" "),
        string(description="The plan"),
        string(description="Plan ID of the plan"),
        {"type": "object", "description": "An address", "properties": {"city": string()}},
        {"type": "array", "description": "All of them", "items": string()},
    ],
)
def test_what_says_nothing_or_is_no_column_is_left_out(field: dict[str, Any]) -> None:
    assert columns(plan_id=field) is None


def test_a_parent_that_is_only_read_has_none() -> None:
    record = {"type": "object", "properties": {"id": string(description="Given by us")}}
    paths = {
        "/teams": get({"type": "array", "items": record}),
        "/teams/{team_id}/members": get({"type": "array", "items": record}),
    }
    first = made(document(paths), "/teams/{team_id}/members")
    assert [("columns" in one) for one in first.configuration["resources"]] == [False, True]

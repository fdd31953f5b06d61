"""Processing steps that are wrong, by themselves or with what else the resource says."""

from typing import Any

import pytest

from restsrc_dagster_tests.connector.configuration.tables import (
    Configuration,
    api,
    problems,
    steps,
    told,
)

MARKER = "M4RK3R-do-not-show"
AT = "resources[0].processing_steps"


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        (steps("lower"), [f"{AT}[0]: is text, not an object"]),
        (steps({}), [f"{AT}[0]: has 0 of filter, map and yield_map; give one"]),
        (
            steps({"filter": "a", "map": "{a: a}"}),
            [f"{AT}[0]: has 2 of filter, map and yield_map; give one"],
        ),
        (steps({"filtre": "a"}), [f"{AT}[0].filtre: unknown key; did you mean filter?"]),
        (steps({"filter": ""}), [f"{AT}[0].filter: is empty; leave the key out"]),
        (steps({"filter": None}), [f"{AT}[0].filter: is null, not text; leave the key out"]),
        (steps({"filter": ["a"]}), [f"{AT}[0].filter: is a list, not text"]),
        (
            steps({"filter": "a"}, {"filter": "status = 'x'"}),
            [
                f"{AT}[1].filter: is no JMESPath: a character that has no meaning there at "
                "character 8"
            ],
        ),
        (
            steps({"map": "{a: lenght(a)}"}),
            [f"{AT}[0].map: lenght() is no function; did you mean length()?"],
        ),
        (steps({"yield_map": "a["}), [f"{AT}[0].yield_map: is no JMESPath: it ends too early, a…"]),
        (
            steps({"yield_map": {"list": "a[", "keep": ["id"]}}),
            [f"{AT}[0].yield_map.list: is no JMESPath: it ends too early, a…"],
        ),
        (
            steps({"yield_map": {"keep": ["id"]}}),
            [f"{AT}[0].yield_map.list: required: the list of objects, as…"],
        ),
        (
            steps({"map": 5}),
            [f"{AT}[0].map: is a number, not a JMESPath, or an object with exclude and hash"],
        ),
        (steps({"map": {}}), [f"{AT}[0].map: names no field; give exclude, hash, or both"]),
        (steps({"map": {"exclude": "ssn"}}), [f"{AT}[0].map.exclude: is text, not a list"]),
        (steps({"map": {"hash": [5]}}), [f"{AT}[0].map.hash[0]: is a number, not text"]),
        (
            steps({"map": {"hash": ["a", "b[0]"]}}),
            [f"{AT}[0].map.hash[1]: is no path of fields: write names with dots between, lists …"],
        ),
        (steps({"map": {"excude": ["a"]}}), [f"{AT}[0].map.excude: unknown key; did you mean ex…"]),
        (
            steps({"map": {"exclude": ["a"], "salt": MARKER}}),
            [f"{AT}[0].map.salt: is of no use without hash"],
        ),
        (
            steps({"map": {"hash": ["a"], "salt": ""}}),
            [f"{AT}[0].map.salt: is empty; leave the key out"],
        ),
        (
            steps({"filter": "${FIELD} == 'a'"}),
            [f"{AT}[0].filter: takes a ${{…}} reference in a literal only: '${{NAME}}' for a …"],
        ),
        (
            steps({"map": {"exclude": ["${FIELD}"]}}),
            [f"{AT}[0].map.exclude[0]: takes no ${{…}} reference: it is needed before any run …"],
        ),
        (
            steps({"map": {"hash": ["a"], "salt": "${not a name}"}}),
            [f"{AT}[0].map.salt: has a ${{ that begins no reference; write ${{NAME}}, or $${{ …"],
        ),
        (
            {**api(), "resource_defaults": {"processing_steps": None}},
            ["resource_defaults.processing_steps: is null, not a list; leave the key out"],
        ),
        (
            api(resource_defaults={"processing_steps": [{"filter": "a ="}]}),
            ["resource_defaults.processing_steps[0].filter: is no JMESPath: a character that ha…"],
        ),
    ],
)
def test_a_step_that_is_none(configuration: Configuration, expected: list[str]) -> None:
    found = problems(configuration)
    assert told(found, expected), found
    assert MARKER not in str(found)


CURSOR = {"endpoint": {"incremental": {"cursor_path": "meta.at"}}}
PARTS = {"name": "parts", "endpoint": "items/{resources.items.ref.id}/parts"}


@pytest.mark.parametrize(
    ("given", "keys", "expected"),
    [
        ({"map": {"exclude": ["meta"]}}, CURSOR, ".exclude[0]: removes meta.at, the cursor; keep "),
        ({"map": {"exclude": ["x", "meta.at"]}}, CURSOR, ".exclude[1]: removes meta.at, the cur"),
        ({"map": {"hash": ["meta.at"]}}, CURSOR, ".hash[0]: hashes meta.at, the cursor; keep it"),
        ({"map": {"hash": ["meta"]}}, CURSOR, ".hash[0]: hashes meta.at, the cursor; keep it"),
        ({"map": "{id: id}"}, CURSOR, ": drops meta.at, the cursor; keep it"),
        ({"map": "{meta: {on: at}}"}, CURSOR, ": drops meta.at, the cursor; keep it"),
        ({"map": "payload.{id: id}"}, CURSOR, ": drops meta.at, the cursor; keep it"),
        ({"map": "payload | {id: id}"}, CURSOR, ": drops meta.at, the cursor; keep it"),
        ({"yield_map": "lines[*].{id: id}"}, CURSOR, ": drops meta.at, the cursor; keep it"),
        (
            {"yield_map": {"list": "lines[*].{id: id}", "keep": ["id"]}},
            CURSOR,
            ".list: drops meta.at, the cursor; keep it",
        ),
        ({"yield_map": "lines[?a].{id: id}"}, CURSOR, ": drops meta.at, the cursor; keep it"),
        (
            {"map": {"exclude": ["id"]}},
            {"primary_key": "id"},
            ".exclude[0]: removes id, a primary_",
        ),
        (
            {"map": {"exclude": ["Id"]}},
            {"primary_key": "id"},
            ".exclude[0]: removes id, a primary_",
        ),
        ({"map": "{x: x}"}, {"primary_key": ["x", "id"]}, ": drops id, a primary_key; keep it"),
        ({"map": "{x: x}"}, {"merge_key": "day"}, ": drops day, a merge_key; keep it"),
        (
            {"map": {"hash": ["a"]}},
            {"primary_key": "a__b"},
            ".hash[0]: hashes a.b, a primary_key; ",
        ),
        ({"map": "{a: {c: c}}"}, {"primary_key": "a__b"}, ": drops a.b, a primary_key; keep it"),
        (
            {"map": {"exclude": ["gone"]}},
            {"columns": {"gone": {"hard_delete": True}}},
            ".exclude[0]: removes gone, a column with hard_delete; keep it",
        ),
        (
            {"map": {"hash": ["gone"]}},
            {"columns": [{"name": "gone", "hard_delete": True}]},
            ".hash[0]: hashes gone, a column with hard_delete; keep it",
        ),
        (
            {"map": "{x: x}"},
            {"endpoint": {"incremental": {"cursor_path": "x", "primary_key": "id"}}},
            ": drops id, which incremental.primary_key names; keep it",
        ),
    ],
)
def test_a_step_that_takes_away_what_is_needed(
    given: dict[str, Any], keys: dict[str, Any], expected: str
) -> None:
    (found,) = problems(steps({"filter": "a"}, given, **keys))
    key = next(iter(given))
    assert found.startswith(f"{AT}[1].{key}{expected}")


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        ([{"map": "{meta: {at: changed}}"}], CURSOR),
        ([{"map": "{meta: meta}"}], CURSOR),
        ([{"map": "@"}], CURSOR),
        ([{"map": "payload"}], CURSOR),
        ([{"map": "merge(@, {id: id})"}], CURSOR),
        ([{"map": "{meta: {at: at}}"}, {"map": {"hash": ["at"]}}], CURSOR),
        ([{"map": {"exclude": ["meta.by", "metadata"]}}], CURSOR),
        ([{"map": {"hash": ["meta.by"]}}], CURSOR),
        ([{"filter": "meta"}], CURSOR),
        ([{"yield_map": "lines"}], CURSOR),
        ([{"yield_map": {"list": "lines[*].{id: id}", "keep": ["meta"]}}], CURSOR),
        ([{"yield_map": "lines[*].{meta: meta}"}], CURSOR),
        ([{"map": {"hash": ["id"]}}], {"primary_key": "id", "merge_key": "id"}),
        ([{"map": "{Id: id}"}], {"primary_key": "id"}),
        ([{"map": "{a: {b: c}}"}], {"primary_key": "a__b"}),
        ([{"map": "{id: id}"}], {"primary_key": []}),
    ],
)
def test_a_step_that_keeps_what_is_needed(given: list[Any], keys: dict[str, Any]) -> None:
    assert problems(steps(*given, **keys)) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([{"map": "{at: at, ref: ref}"}, {"map": {"hash": ["at"]}}], "[1].map.hash[0]: hashes at"),
        ([{"map": {"hash": ["on"]}}, {"map": "{at: on}"}], "[0].map.hash[0]: hashes at"),
        ([{"map": {"exclude": ["a"]}}, {"map": "a.b.{at: on}"}], "[0].map.exclude[0]: removes at"),
        ([{"map": "{on: on}"}, {"map": "{at: up}"}], "[0].map: drops at"),
    ],
)
def test_a_field_is_followed_through_the_maps(given: list[Any], expected: str) -> None:
    endpoint = {"incremental": {"cursor_path": "at"}}
    assert problems(steps(*given, endpoint=endpoint)) == [f"{AT}{expected}, the cursor; keep it"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"map": {"exclude": ["ref"]}}, ".exclude[0]: removes ref.id, which 'parts' takes from it"),
        ({"map": {"hash": ["ref.id"]}}, ".hash[0]: hashes ref.id, which 'parts' takes from its p"),
        ({"map": "{name: name, ref: ref.x}"}, None),
        ({"map": "{name: name}"}, ": drops ref.id, which 'parts' takes from its parent; keep it"),
        ({"map": {"exclude": ["name"]}}, ".exclude[0]: removes name, which 'parts' includes from"),
        ({"map": {"hash": ["name"]}}, None),
    ],
)
def test_a_child_finds_what_it_takes_from_its_parent(given: Any, expected: str | None) -> None:
    parts = {**PARTS, "include_from_parent": ["name"]}
    found = problems(api({"name": "items", "processing_steps": [given]}, parts))
    assert len(found) == (expected is not None)
    if expected:
        assert found[0].startswith(f"{AT}[0].map{expected}")


def test_the_parent_s_field_by_which_children_are_replaced_is_not_removed() -> None:
    """A map need not name it; to exclude it is refused."""
    items = {"name": "items", "endpoint": {"incremental": {"cursor_path": "at"}}}
    fine = {**PARTS, "processing_steps": [{"map": "{text: text}"}, {"yield_map": "a[*].{b: b}"}]}
    assert problems(api(items, fine)) == []
    wrong = {**PARTS, "processing_steps": [{"map": {"exclude": ["_items_ref"]}}]}
    assert problems(api(items, wrong)) == [
        "resources[1].processing_steps[0].map.exclude[0]: removes _items_ref.id, by which children "
        "of a parent are replaced; keep it"
    ]


def test_steps_of_the_defaults_are_held_to_each_resource() -> None:
    defaults = {"processing_steps": [{"map": "{name: name}"}]}
    keyed = {"name": "keyed", "primary_key": "id"}
    own = {**keyed, "name": "own", "processing_steps": []}
    assert problems(api("items", keyed, own, resource_defaults=defaults)) == [
        "resource_defaults.processing_steps[0].map: drops id, a primary_key of 'keyed'; keep it"
    ]

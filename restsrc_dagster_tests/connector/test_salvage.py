"""A file that is not in order still tells which assets it had, and when they were read."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from restsrc_dagster.connector.files.folder import read_connector
from restsrc_dagster.connector.files.salvage import NAMELESS, Salvage, salvage
from restsrc_dagster.errors import ConnectorError
from restsrc_dagster_tests.support.connectors import content, items

BOOKS = content(
    "https://api.example.com",
    [
        {"name": "shelves", "primary_key": "id", "endpoint": {"path": "shelves"}},
        "authors",
        items("books", path="shelves/{resources.shelves.id}/books"),
    ],
    client={"auth": {"type": "bearer", "token": "s3cret"}},
    owners=["team:data"],
    description="Shelves and books",
)
TEXT = json.dumps(BOOKS, indent=2)
ALL = ["shelves", "authors", "books"]
EVERY = "every 10 minutes from 10:03 UTC"


def salvaged(tmp_path: Path, text: str, suffix: str = ".json") -> Salvage:
    path = tmp_path / f"acme{suffix}"
    path.write_text(text, encoding="utf-8")
    found = salvage(path)
    assert found is not None
    return found


def told(found: Salvage) -> tuple[list[str], str | None]:
    """The resources, and the schedule in words, None if it is not known."""
    connector = found.connector
    words = connector.schedule.describe(connector.created_at)
    return list(connector.resources), words if found.schedule_is_known else None


def broken(tmp_path: Path, text: str, suffix: str = ".json") -> tuple[list[str], str | None]:
    """What is told of a file of which it is certain that it is not in order."""
    found = salvaged(tmp_path, text, suffix)
    with pytest.raises(ConnectorError):
        read_connector(tmp_path / f"acme{suffix}")
    return told(found)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('"path": "shelves"', '"paths": "shelves"'),
        ('"authors",', '"authors"'),
        ('"authors",', '"authors",,'),
        ('"authors"', '"authors'),
        ('"name": "shelves"', '"name": "shelves'),
        ('"name": "books",', '"name": "books", "name": "books",'),
        ('"interval": 10', '"interval": 10,'),
        ("{resources.shelves.id}", "{resources.racks.id}"),
        ('"base_url": "https://api.example.com"', '"base_url": "api.example.com"'),
        ('"base_url": "https://api.example.com"', '"base_url":'),
        ('"description"', '"descriptoin"'),
        ('"description": "Shelves and books"', '"description": ["Shelves"]'),
        ('"team:data"', '"nobody"'),
        ('"type": "bearer"', '"type": "bear"'),
    ],
)
def test_one_mistake_takes_away_neither_an_asset_nor_the_schedule(
    tmp_path: Path, right: str, wrong: str
) -> None:
    assert right in TEXT
    assert broken(tmp_path, TEXT.replace(right, wrong)) == (ALL, EVERY)


@pytest.mark.parametrize("text", [TEXT[:-1], TEXT + TEXT, TEXT + "}", "\ufeff\ufeff" + TEXT])
def test_an_end_too_few_or_too_many_takes_nothing_away(tmp_path: Path, text: str) -> None:
    assert broken(tmp_path, text) == (ALL, EVERY)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('"mode": "minutes"', '"mode": "minuets"'),
        ('"interval": 10', '"interval": 0'),
        ('"created_at": "2026-11-23T10:03:00Z"', '"created_at": "yesterday"'),
        ('"created_at": "2026-11-23T10:03:00Z",', ""),
        ('"schedule"', '"shedule"'),
    ],
)
def test_a_schedule_that_cannot_be_read_is_not_known(
    tmp_path: Path, right: str, wrong: str
) -> None:
    assert broken(tmp_path, TEXT.replace(right, wrong)) == (ALL, None)


@pytest.mark.parametrize("text", ["", "[]", "null", "what?", '"', "{", "[[[", "]}", ":" * 9])
def test_a_file_that_tells_nothing_has_one_resource_of_that_name(tmp_path: Path, text: str) -> None:
    assert broken(tmp_path, text) == ([NAMELESS], None)


def test_half_of_a_file_tells_what_it_still_holds(tmp_path: Path) -> None:
    half = TEXT[: TEXT.index('"books"')]
    assert broken(tmp_path, half) == (["shelves", "authors"], EVERY)


def test_no_cut_and_no_lost_character_stops_it(tmp_path: Path) -> None:
    for at in range(len(TEXT)):
        assert salvaged(tmp_path, TEXT[:at]).connector.resources
        assert salvaged(tmp_path, TEXT[:at] + TEXT[at + 1 :]).connector.resources


def test_no_lost_comma_takes_away_an_asset(tmp_path: Path) -> None:
    for at, character in enumerate(TEXT):
        if character == ",":
            assert broken(tmp_path, TEXT[:at] + TEXT[at + 1 :]) == (ALL, EVERY)


@pytest.mark.parametrize(
    ("right", "wrong", "left"),
    [
        ("  client:", "   client:", ["shelves", "books"]),
        ("interval:", "\tinterval:", ALL),
        ("  - authors", "  - authors: : x", ["shelves", "books"]),
        ("token: s3cret", "token: 's3cret", ["shelves", "books"]),
        ("description: Shelves and books", "description: 'Shelves: and", ALL),
        ("created_at:", "description: twice\ncreated_at:", ALL),
    ],
)
def test_yaml_is_read_without_the_lines_at_which_it_breaks(
    tmp_path: Path, right: str, wrong: str, left: list[str]
) -> None:
    text = yaml.safe_dump(BOOKS)
    assert right in text
    assert broken(tmp_path, text.replace(right, wrong), ".yaml")[0] == left


def test_names_that_no_resource_can_have_are_left_out(tmp_path: Path) -> None:
    resources: list[Any] = ["_dlt_loads", "good", "good", "", 7, None, {"endpoint": {}}, " x"]
    assert broken(tmp_path, json.dumps(content(resources=resources))) == (["good"], EVERY)


def test_what_is_not_selected_has_no_asset(tmp_path: Path) -> None:
    resources = [{"name": "hidden", "selected": False, "endpoint": {"paths": "x"}}, "shown"]
    found = salvaged(tmp_path, json.dumps(content(resources=resources)))
    assert [name for name, item in found.connector.resources.items() if item.selected] == ["shown"]


def test_a_child_keeps_its_parent_if_its_own_part_is_in_order(tmp_path: Path) -> None:
    found = salvaged(tmp_path, TEXT.replace('"description"', '"descriptoin"'))
    assert found.connector.resources["books"].parent == "shelves"


@pytest.mark.parametrize(
    ("endpoint", "of"),
    [
        ({"pth": "shelves/{resources.shelves.id}/books"}, "shelves"),
        ({"path": "books", "json": {"shelf": ["{resources.shelves.id}"]}, "x": 1}, "shelves"),
        (
            {
                "path": "shelves/{shelf}/books",
                "params": {"shelf": {"type": "resolve", "resource": "shelves", "field": "id"}},
                "x": 1,
            },
            "shelves",
        ),
        ({"path": "racks/{resources.racks.id}/books", "x": 1}, None),
    ],
    ids=["path", "body", "resolve", "no such parent"],
)
def test_a_child_keeps_its_parent_though_it_is_broken(
    tmp_path: Path, endpoint: dict[str, Any], of: str | None
) -> None:
    resources = ["shelves", {"name": "books", "endpoint": endpoint}]
    found = salvaged(tmp_path, json.dumps(content(resources=resources)))
    assert found.connector.resources["books"].parent == of


def test_neither_the_client_nor_its_secrets_are_kept(tmp_path: Path) -> None:
    assert "s3cret" not in repr(salvaged(tmp_path, TEXT.replace('"mode"', '"moode"')))


def test_a_name_that_no_connector_can_have_is_none(tmp_path: Path) -> None:
    path = tmp_path / "Acme-1.json"
    path.write_text(TEXT)
    assert salvage(path) is None

"""Two connectors never own one table."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from restsrc_dagster.cli.main import cli
from restsrc_dagster.connector.files.conflicts import may_conflict, shared_grants
from restsrc_dagster.connector.files.folder import read_folder
from restsrc_dagster.connector.files.table_conflicts import may_share_tables, shared_tables
from restsrc_dagster.orchestrate.build import build_definitions
from restsrc_dagster_tests.support.connectors import connector, items, write

SHARED: dict[str, Any] = {"destination": {"type": "postgres", "dataset": "shared"}}


def found(*, east: Any, west: Any, default: str = "duckdb") -> list[tuple[str, str]]:
    connectors = {
        name: connector(name, resources=keys.pop("resources", None), **keys)
        for name, keys in (("east", dict(east)), ("west", dict(west)))
    }
    return list(shared_tables(connectors, default))


def test_the_same_table_of_the_same_dataset_is_refused_to_the_second() -> None:
    assert found(east=SHARED, west=SHARED) == [
        ("west", "shared.items is a table of the connector 'east' already")
    ]


@pytest.mark.parametrize(
    "west",
    [
        {},
        {**SHARED, "resources": [items("others")]},
        {"destination": {"type": "postgres", "dataset": "own"}},
        {"destination": {"type": "postgres", "dataset": "shared", "credentials": "${OTHER}"}},
    ],
)
def test_another_table_dataset_or_database_is_well(west: Any) -> None:
    assert found(east=SHARED, west=west) == []


def test_datasets_are_compared_as_the_destination_spells_them() -> None:
    east = {"destination": {"dataset": "Sales-Data"}}
    west = {"destination": {"dataset": "sales_data"}}
    assert len(found(east=east, west=west, default="postgres")) == 1
    assert found(east=east, west=west) == [], "DuckDB: a file for each"


def test_the_second_loads_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("east", "west"):
        write(tmp_path, name, **SHARED)
    specs = build_definitions(tmp_path).resolve_all_asset_specs()
    told = {spec.key.path[0] for spec in specs if "is not in order" in (spec.description or "")}
    assert told == {"west"}
    assert "is a table of the connector 'east' already" in caplog.text


@pytest.mark.parametrize(
    ("east", "shares"),
    [
        ('{"destination": {"dataset": "sales_data"}}', True),
        ('{"destination": {"d\\u0061taset": "sales_data"}}', True),
        ('{"destination": {"dataset": "other"}, "description": "unlike sales_data"}', False),
        ("{}", False),
        ("{", False),
        ('{"destination": {"dataset": "sales_data"}', False),
    ],
)
def test_the_other_files_tell_whether_tables_may_be_shared(
    tmp_path: Path, east: str, shares: bool
) -> None:
    (tmp_path / "east.json").write_text(east)
    west = connector("west", destination={"dataset": "Sales-Data"})
    assert may_share_tables(west, tmp_path, "postgres") == shares
    assert not may_share_tables(west, tmp_path, "duckdb"), "a file for each"
    own = connector("west", destination={"dataset": "east"})
    assert may_share_tables(own, tmp_path, "postgres"), "a dataset is named like its file"


def let_in(token: str = "${TOKEN}", **options: Any) -> dict[str, Any]:
    auth = {
        "type": "oauth2_refresh_token",
        "access_token_url": "https://auth.acme.com/token",
        "client_id": "us",
        "refresh_token": token,
        **options,
    }
    return {"client": {"auth": auth}}


@pytest.mark.parametrize(
    ("east", "west", "is_refused"),
    [
        ({}, {}, True),
        ({}, {"rotates": False}, True),
        ({"rotates": False}, {}, True),
        ({"rotates": False}, {"rotates": False}, False),
        ({}, {"token": "${OTHER}"}, False),
    ],
)
def test_a_refresh_token_that_rotates_is_of_one_connector(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, east: Any, west: Any, is_refused: bool
) -> None:
    """When the definitions load, and when files are validated; a run of one looks at all again."""
    for name, options in (("east", east), ("west", west)):
        write(tmp_path, name, **let_in(**options))
    read = read_folder(tmp_path).connectors
    assert [name for name, _, _ in shared_grants(read)] == (["west"] if is_refused else [])
    is_another = west.get("token") is not None
    assert may_conflict(read["west"], tmp_path, "duckdb") != is_another
    specs = build_definitions(tmp_path).resolve_all_asset_specs()
    told = {spec.key.path[0] for spec in specs if "is not in order" in (spec.description or "")}
    assert told == ({"west"} if is_refused else set())
    files = [str(path) for path in tmp_path.iterdir()]
    result = CliRunner().invoke(cli, ["validate", *files])
    assert (result.exit_code == 1) == is_refused
    told_of = f"{result.output}{result.exception}"
    place = "west.json: configuration.client.auth.refresh_token: is that of the connector 'east'"
    assert (place in told_of) == is_refused
    assert ('say "rotates": false in both' in told_of) == is_refused

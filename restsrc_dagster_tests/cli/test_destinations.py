"""What `restsrc validate` says of destinations, without connecting to one."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from restsrc_dagster.cli.main import cli
from restsrc_dagster.errors import ConnectorError
from restsrc_dagster_tests.support.connectors import items, write

KEYED = {**items(), "primary_key": "id"}
NEW = {
    **items(
        incremental={"cursor_path": "at", "start_param": "since", "initial_value": "2024-01-01"}
    ),
    "primary_key": "id",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", (tmp_path / "bucket").as_uri())
    return tmp_path


def validate(folder: Path, resource: Any, *options: str, **destination: Any) -> Result:
    write(folder / "connectors", "shop", resources=[resource], destination=destination)
    return CliRunner().invoke(cli, ["validate", *options])


def test_what_a_bucket_cannot_do_is_a_problem(folder: Path) -> None:
    ended = validate(folder, KEYED, type="filesystem")
    assert ended.exit_code == 1
    assert isinstance(ended.exception, ConnectorError)
    (problem,) = ended.exception.problems
    assert str(problem) == (
        "connectors/shop.json:1: configuration.resources[0]: is to be merged, which filesystem "
        "cannot do without a table format; set destination.table_format to delta or iceberg, or "
        "destination.where_merge_is_impossible to append or replace, or write_disposition of the "
        "resource to append or replace"
    )


def test_a_deployment_has_a_rule_for_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTSRC_DESTINATION", "filesystem")
    assert validate(folder, NEW).exit_code == 1
    monkeypatch.setenv("RESTSRC_WHERE_MERGE_IS_IMPOSSIBLE", "append")
    ended = validate(folder, NEW, "--strict")
    assert ended.exit_code == 0, "somebody has chosen it"
    assert ended.stderr.startswith(
        "warning: connectors/shop.json:1: configuration.resources[0]: is appended, as filesystem "
        "cannot merge it: a record that has changed is one more row"
    )


def test_a_table_format_of_the_deployment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTSRC_TABLE_FORMAT", "delta")
    monkeypatch.setattr("restsrc_dagster.load.destinations.readiness.find_spec", lambda _: "there")
    assert validate(folder, KEYED, "--strict", type="filesystem").exit_code == 0
    ended = validate(folder, KEYED)
    assert isinstance(ended.exception, ConnectorError)
    assert [str(problem) for problem in ended.exception.problems] == [
        "connectors/shop.json: RESTSRC_TABLE_FORMAT: 'delta' is a table format that duckdb does "
        "not have; it has none"
    ]


def test_a_package_counts_and_credentials_do_not(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("restsrc_dagster.load.destinations.readiness.find_spec", lambda _: None)
    told = (
        "warning: connectors/shop.json:1: destination: the table format delta wants a package: pip "
        "install 'restsrc-dagster[delta]'\n"
    )
    made = {"type": "filesystem", "table_format": "delta"}
    ended = validate(folder, KEYED, **made)
    assert (ended.exit_code, ended.stderr) == (0, told)
    assert validate(folder, KEYED, "--strict", **made).exit_code == 1
    monkeypatch.delenv("DESTINATION__FILESYSTEM__BUCKET_URL")
    ended = validate(folder, KEYED, "--strict", **made)
    assert ended.exit_code == 0
    assert "the destination filesystem lacks bucket_url" in ended.stderr


def test_a_word_that_is_no_format(folder: Path) -> None:
    ended = validate(folder, KEYED, type="filesystem", table_format="parquet")
    assert isinstance(ended.exception, ConnectorError)
    (problem,) = ended.exception.problems
    assert problem.path == "destination.table_format"
    assert "delta" in problem.message

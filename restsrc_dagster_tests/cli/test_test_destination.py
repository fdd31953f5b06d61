"""`restsrc test --destination`: whether rows can go where they are to go; none are sent."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pytest
from click.testing import CliRunner, Result

from restsrc_dagster.cli.main import cli
from restsrc_dagster.connector.files.folder import read_connector
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.extract.reading import load_all
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import items, write

SECRET = "s3cr3t-mark"
KEYED = {**items(), "primary_key": "id"}


@pytest.fixture(autouse=True)
def data(tmp_path: Path, api: Api, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RESTSRC_DATA_DIR", str(tmp_path / "data"))
    api.routes["/items"] = lambda _: {"data": [{"id": 1}]}
    return tmp_path / "data"


def told(api: Api, *options: str, **destination: Any) -> Result:
    write(Path("connectors"), "acme", api.url, [KEYED], destination=destination)
    return CliRunner().invoke(cli, ["test", "acme", "--destination", *options])


def load(data: Path) -> None:
    load_all(read_connector(Path("connectors", "acme.json")), Settings(data_dir=data))


def test_a_file_is_looked_into_and_not_made(api: Api, data: Path) -> None:
    result = told(api)
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith(
        "destination duckdb\n  dataset    acme is made by the first run\n"
    )
    assert list(data.iterdir()) == []
    load(data)
    file = data / "restsrc_acme.duckdb"
    before = file.read_bytes()
    assert told(api).stdout.endswith("destination duckdb\n  dataset    acme is there\n")
    assert file.read_bytes() == before
    found = json.loads(told(api, "--json").stdout)["destination"]
    assert found == {
        "type": "duckdb", "dataset": "acme", "is_there": True, "may_write": True, "problem": None
    }  # fmt: skip


def test_a_file_that_is_no_database(api: Api, data: Path) -> None:
    data.mkdir()
    (data / "restsrc_acme.duckdb").write_bytes(b"no database")
    result = told(api)
    assert result.exit_code == 5
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("  failed")]
    assert "the destination is not to be had" in line
    assert "not a valid DuckDB database file" in line


def test_a_place_that_cannot_be_written_to(
    api: Api, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said before anything is made there."""
    access = os.access
    monkeypatch.setattr("os.access", lambda path, mode: path != data and access(path, mode))
    result = told(api)
    assert result.exit_code == 1
    assert f"failed     {data} may not be written to by this user: {data}/restsrc_" in result.stdout


def test_credentials_that_are_not_there(api: Api) -> None:
    result = told(api, type="postgres")
    assert result.exit_code == 1
    assert "failed     the destination postgres lacks database, password" in result.stdout


def test_nobody_answers_at_the_database(api: Api) -> None:
    result = told(api, type="postgres", credentials=f"postgresql://ann:{SECRET}@127.0.0.1:1/acme")
    assert result.exit_code == 5
    assert "failed     the destination is not to be had: " in result.stdout
    assert "Connection refused" in result.stdout
    assert SECRET not in result.output


def test_a_folder_of_files(api: Api, tmp_path: Path) -> None:
    made = {"type": "filesystem", "bucket_url": (tmp_path / "bucket").as_uri()}
    result = told(api, **made, where_merge_is_impossible="append")
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith("filesystem\n  dataset    acme is made by the first run\n")
    assert not (tmp_path / "bucket").exists()


def test_a_policy_holds_here_too(api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = tmp_path / "policy.json"
    monkeypatch.setenv("RESTSRC_POLICY", str(policy))
    monkeypatch.setenv("RESTSRC_ACME_PG", f"postgresql://ann:{SECRET}@127.0.0.1:1/acme")
    rules: dict[str, Any] = {"hosts": {"private": True}}
    policy.write_text(json.dumps(rules), encoding="utf-8")
    assert told(api).stdout.endswith("dataset    acme is made by the first run\n")
    elsewhere = told(api, type="postgres", credentials="${RESTSRC_ACME_PG}")
    assert elsewhere.exit_code == 1
    assert "destination.type: 'postgres' is none of duckdb (policy" in str(elsewhere.exception)
    rules["destinations"] = {"types": ["postgres"]}
    policy.write_text(json.dumps(rules), encoding="utf-8")
    allowed = told(api, type="postgres", credentials="${RESTSRC_ACME_PG}")
    assert allowed.exit_code == 5
    assert "Connection refused" in allowed.stdout
    assert SECRET not in elsewhere.output + allowed.output


@pytest.fixture
def sql(postgres: str) -> Iterator[Callable[[str], list[Any]]]:
    """Asks an empty PostgreSQL."""
    with closing(psycopg2.connect(postgres)) as connection:
        connection.autocommit = True

        def ask(query: str) -> list[Any]:
            cursor = connection.cursor()
            cursor.execute(query)
            return cursor.fetchall() if cursor.description else []

        yield ask
        ask("DROP SCHEMA IF EXISTS acme CASCADE")
        ask("DROP SCHEMA IF EXISTS _staging_acme CASCADE")
        ask("DROP OWNED BY poor; DROP ROLE poor") if ask(
            "SELECT 1 FROM pg_roles WHERE rolname = 'poor'"
        ) else None


SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname LIKE '%acme%' ORDER BY 1"


def test_rights_in_a_database(
    api: Api, data: Path, postgres: str, sql: Callable[[str], list[Any]]
) -> None:
    sql("CREATE ROLE poor LOGIN")
    poor = postgres.replace("postgres:trust@", "poor:trust@")

    def said(url: str) -> tuple[int, str]:
        result = told(api, type="postgres", credentials=url)
        return result.exit_code, result.stdout.splitlines()[-1].strip()

    def refused(what: str) -> tuple[int, str]:
        return 1, f"failed     poor may not make {what}"

    on_database = "GRANT CREATE ON DATABASE postgres TO poor"
    assert said(poor) == refused(f"the schema acme: {on_database}")
    assert said(postgres) == (0, "dataset    acme is made by the first run")
    assert sql(SCHEMAS) == []
    load(data)
    assert said(postgres) == (0, "dataset    acme is there")
    made = sql(SCHEMAS)
    sql("DROP SCHEMA _staging_acme CASCADE")
    merging = "the schema _staging_acme, in which rows are merged"
    assert said(poor) == refused(f"{merging}: {on_database}")
    sql("CREATE SCHEMA _staging_acme; GRANT CREATE, USAGE ON SCHEMA _staging_acme TO poor")
    tables = "tables in the schema acme: GRANT CREATE, USAGE ON SCHEMA acme TO poor"
    assert said(poor) == refused(tables)
    sql("GRANT CREATE, USAGE ON SCHEMA acme TO poor")
    assert said(poor) == (0, "dataset    acme is there")
    assert sql(SCHEMAS) == made


def test_a_database_of_duckdb_named_in_the_file(api: Api, tmp_path: Path) -> None:
    file = tmp_path / "other.duckdb"
    with duckdb.connect(str(file)) as database:
        database.sql("CREATE SCHEMA acme")
    result = told(api, type="duckdb", credentials=str(file))
    assert result.stdout.endswith("dataset    acme is there\n")

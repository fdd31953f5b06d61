"""What a connector file says of its destination runs no code, and leads to no other place."""

import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb as engine
import pytest
from dlt import destinations

from restsrc_dagster.errors import PolicyRefused
from restsrc_dagster.load.destinations.destination import build_destination
from restsrc_dagster.policy.arguments import TYPES
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.security.ruled import restsrc, told, under
from restsrc_dagster_tests.support.connectors import connector, write

SQLITE = "sqlite:////tmp/x.db"
CODE: list[dict[str, Any]] = [
    {"credentials": {"pragmas": ["version; COPY (SELECT 1) TO '/tmp/evil.pth'; PRAGMA version"]}},
    {"credentials": {"statements": ["COPY (SELECT 1) TO '/tmp/evil.pth'"]}},
    {"credentials": {"extensions": ["'/tmp/evil.duckdb_extension'"]}},
    {"credentials": {"global_config": {"allow_unsigned_extensions": True}}},
    {"credentials": {"global_config": {"memory_limit = '1GB'; COPY (SELECT 1) TO 'x'; --": 1}}},
    {"credentials": {"global_config": {"memory_limit": "1GB'; COPY (SELECT 1) TO 'x'; --"}}},
    {"credentials": {"global_config": {"preserve_insertion_order": "x'; COPY (SELECT 1) TO 'y"}}},
    {"credentials": {"global_config": {"threads": ["x"]}}},
    {"credentials": {"local_config": {"search_path": "main"}}},
    {"credentials": {"session_timezone": "UTC'; COPY (SELECT 1) TO 'x'; --"}},
    {"credentials": {"database": "evil:/tmp/x"}},
    {"credentials": "evil:/tmp/x"},
    {"credentials": "https://example.com/x.duckdb"},
    {"credentials": "site-packages/evil.pth"},
    {"credentials": "connectors/payroll.json"},
    {"credentials": {"database": "data/restsrc_payroll.duckdb.wal"}},
    {"credentials": "data/restsrc_payroll.duckdb.restsrc-lock"},
    {"type": "sqlalchemy", "credentials": "sqlite:///evil.py"},
    {"type": "filesystem", "bucket_url": ".", "dataset": "yaml", "layout": "{table_name}.py"},
    {
        "type": "filesystem",
        "bucket_url": ".",
        "layout": "{table_name}.{x}",
        "extra_placeholders": {"x": "py"},
    },
    {"credentials": "duckdb:////tmp/x.duckdb?extensions=evil"},
    {"pragmas": ["version"]},
    {"local_dir": "/tmp"},
    {"staging_dataset_name_layout": "payroll"},
    {"enable_dataset_name_normalization": False},
    {"naming_convention": "os"},
    {"merge_strategies_selector": "os.system"},
    {"type": "destination", "destination_callable": "os.system"},
    {"type": "os.path"},
    {"type": "restsrc_dagster_tests.security.imported.Store"},
    {"type": "sqlalchemy", "credentials": SQLITE, "engine_kwargs": {"plugins": ["x"]}},
    {"type": "sqlalchemy", "credentials": SQLITE, "engine_args": {"creator": "x"}},
    {"type": "sqlalchemy", "credentials": f"{SQLITE}?uri=true"},
    {"type": "sqlalchemy", "credentials": f"{SQLITE}?plugin=evil"},
    {"type": "sqlalchemy", "credentials": "sqlite+pysqlcipher:////tmp/x.db"},
    {"type": "sqlalchemy", "credentials": "evil://host/x"},
    {"type": "sqlalchemy", "credentials": {"drivername": "evil", "host": "h"}},
    {"type": "sqlalchemy", "credentials": "mysql://h/x?read_default_file=/etc/passwd"},
    {"type": "sqlalchemy", "credentials": "mysql://h/x?local_infile=1"},
    {"type": "sqlalchemy", "credentials": "mssql+pyodbc:///?odbc_connect=DRIVER=/tmp/evil.so"},
    {"type": "mssql", "credentials": "mssql://u:p@h/x?driver=/tmp/evil.so"},
    {"type": "mssql", "credentials": {"host": "h", "query": {"DRIVER": "/tmp/evil.so"}}},
    {"type": "postgres", "credentials": "postgresql://h/x?service=other"},
    {"type": "postgres", "csv_format": {"encoding": "x'; DROP TABLE y; --"}},
    {"type": "redshift", "additional_copy_options": {"x": "y"}},
    {"type": "snowflake", "stage_name": "x'; DROP TABLE y; --"},
    {"type": "filesystem", "bucket_url": "simplecache::s3://bucket"},
    {"type": "filesystem", "bucket_url": "github://org:repo@main/"},
    {"type": "filesystem", "bucket_url": "s3://b", "kwargs": {"session": "x"}},
    {"type": "filesystem", "bucket_url": "s3://b", "client_kwargs": {"verify": "/etc/passwd"}},
    {"type": "filesystem", "bucket_url": "s3://b", "config_kwargs": {"proxies": {}}},
    {"type": "filesystem", "bucket_url": "s3://b", "layout": "../other/{table_name}.{ext}"},
    {"type": "filesystem", "bucket_url": "s3://b", "extra_placeholders": {"x": "../../other"}},
    {"type": "ducklake", "credentials": {"catalog": "sqlite:///x' AS y; COPY (SELECT 1) TO 'z"}},
    {"type": "ducklake", "credentials": {"ducklake_name": "x; COPY (SELECT 1) TO 'z'"}},
    {"type": "ducklake", "credentials": "x; COPY (SELECT 1) TO 'z'"},
    {"type": "ducklake", "credentials": {"storage": {"kwargs": {"session": "x"}}}},
    {"type": "lancedb", "embedding_model_provider": "sentence-transformers"},
    {"type": "postgres", "credentials": "postgresql://169.254.169.254/x"},
    {"type": "postgres", "credentials": "postgresql:///x?host=169.254.169.254"},
    {"type": "postgres", "credentials": "postgresql://127.0.0.1:1,169.254.169.254:2/x"},
    {"type": "postgres", "credentials": {"host": "127.0.0.1, 169.254.169.254"}},
    {
        "type": "filesystem",
        "bucket_url": "s3://b",
        "credentials": {"endpoint_url": "http://[fd00:ec2::254]"},
    },
]
DATA: list[dict[str, Any]] = [
    {"credentials": "/data/lake.duckdb"},
    {"credentials": "duckdb:////data/lake.duckdb"},
    {"credentials": {"database": "x", "global_config": {"memory_limit": "1GB", "threads": 2}}},
    {"credentials": {"database": "x", "global_config": {"memory_limit": "${LIMIT}"}}},
    {"credentials": "${LAKE}", "create_indexes": True},
    {"type": "ducklake", "credentials": {"catalog": "sqlite:///x.db", "storage": "s3://b/x"}},
    {"type": "dlt.destinations.duckdb"},
    {"type": "lake"},
    {"type": "sqlalchemy", "credentials": SQLITE},
    {"type": "sqlalchemy", "credentials": "mysql+pymysql://u:p@db.acme.com/x?charset=utf8mb4"},
    {"type": "postgres", "credentials": "postgresql://u:p@db.acme.com/x?sslmode=require"},
    {"type": "postgres", "credentials": {"host": "${H}", "password": "${P}", "database": "x"}},
    {"type": "filesystem", "bucket_url": "s3://bucket/raw", "layout": "{table_name}/{file_id}"},
    {"type": "filesystem", "bucket_url": "/data/lake", "credentials": {"region_name": "eu-west-1"}},
    {"type": "bigquery", "location": "EU", "credentials": {"private_key": "${K}"}},
    {"type": "snowflake", "stage_name": "RAW.STAGE", "keep_staged_files": False},
]  # fmt: skip


def not_found(*_: Any, **__: Any) -> Any:
    raise socket.gaierror


@pytest.mark.parametrize("destination", CODE, ids=str)
def test_code_is_refused_before_anything_is_done(
    destination: Mapping[str, Any], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", not_found)
    before = set(sys.modules)
    assert told(settings, destination=dict(destination)), (
        "definitions and `restsrc validate` tell it"
    )
    with pytest.raises(PolicyRefused):
        build_destination(connector(destination=dict(destination)), settings, {})
    assert "restsrc_dagster_tests.security.imported" not in set(sys.modules) - before


@pytest.mark.parametrize("destination", DATA, ids=str)
def test_data_is_not(
    destination: Mapping[str, Any], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESTINATION__LAKE__DESTINATION_TYPE", "duckdb")
    assert told(settings, destination=dict(destination)) == []


def test_what_is_refused_would_run(tmp_path: Path) -> None:
    """The control: DuckDB runs what a pragma says."""
    written = tmp_path / "evil.pth"
    with engine.connect(str(tmp_path / "x.duckdb")) as database:
        database.sql(f"PRAGMA version; COPY (SELECT 'import os') TO '{written}'; PRAGMA version")
    assert written.exists()


def test_a_variable_is_no_way_around(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its default, and a text that it is part of, are the file's; what it holds is not."""
    monkeypatch.setattr(socket, "getaddrinfo", not_found)
    of_the_file = connector(destination={"credentials": "${NOT_SET:-evil:/tmp/x}"})
    with pytest.raises(PolicyRefused, match="is no path of a file"):
        build_destination(of_the_file, settings, {})
    url = "postgresql://h/x?service=other"
    mixed = connector(destination={"type": "postgres", "credentials": "${A}service=other"})
    with pytest.raises(PolicyRefused, match=r"credentials\.query\.service"):
        build_destination(mixed, settings, {"A": "postgresql://h/x?"})
    alone = connector(destination={"type": "postgres", "credentials": "${A}"})
    assert build_destination(alone, settings, {"A": url}), "the deployment has set it"


@pytest.mark.parametrize(
    "destination",
    [
        {"type": "postgres", "credentials": "postgresql://db.acme.invalid/x"},
        {"type": "postgres", "credentials": {"host": "db.acme.invalid", "database": "x"}},
        {"type": "filesystem", "bucket_url": "sftp://db.acme.invalid/x"},
    ],
    ids=str,
)
def test_a_name_of_a_database_is_looked_up_before_it_is_dialled(
    destination: Mapping[str, Any], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, found = [], "93.184.215.14"

    def look_up(host: str, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (found, 0))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    acme = connector(destination=dict(destination))
    assert told(settings, destination=dict(destination)) == []
    assert asked == [], "definitions load without the network"
    assert build_destination(acme, settings, {})
    assert set(asked) == {"db.acme.invalid"}
    found = "169.254.169.254"
    with pytest.raises(PolicyRefused, match=r"db\.acme\.invalid \(169\.254\.169\.254\) is "):
        build_destination(acme, settings, {})


def test_a_bucket_is_no_host(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", None)
    lake = connector(destination={"type": "filesystem", "bucket_url": "s3://bucket/raw"})
    assert build_destination(lake, settings, {})


def test_validate_imports_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "evil.py").write_text("from pathlib import Path\nPath('ran').touch()\n")
    file = write(tmp_path / "connectors", "acme", destination={"type": "evil.Store"})
    status, said = restsrc("validate", str(file))
    assert (status, (tmp_path / "ran").exists()) == (1, False)
    assert "'evil.Store' would run code by its name, which no connector file may" in said


def test_the_deployment_lets_files_say_more(settings: Settings) -> None:
    file = f"{settings.data_dir}/x.duckdb"
    duckdb = under(settings, {"destinations": {"arguments": {"duckdb": ["credentials.pragmas"]}}})
    pragmas = {"credentials": {"database": file, "pragmas": ["version"]}}
    statements = {"credentials": {"database": file, "statements": ["SELECT 1"]}}
    assert told(duckdb, destination=pragmas) == []
    assert (
        "destination.credentials.statements: is no arg" in told(duckdb, destination=statements)[0]
    )


UNDER_POLICY: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"type": "postgres"}, {}, "'postgres' is none of duckdb (policy"),
    ({"type": "lake"}, {}, ""),
    ({"type": "postgres", "credentials": {"host": "evil.com"}}, {"types": ["postgres"]},
     "credentials: is for the deployment to say, or a ${NAME} alone"),
    ({"type": "postgres", "destination_name": "payroll"}, {"types": ["postgres"]},
     "destination_name: is for the deployment to say"),
    ({"type": "postgres", "credentials": "${PG}"}, {"types": ["postgres"]}, ""),
    ({"type": "postgres", "credentials": {"host": "h"}},
     {"types": ["postgres"], "arguments": {"postgres": ["credentials"]}}, ""),
    ({"type": "postgres", "csv_format": {}},
     {"types": ["postgres"], "arguments": {"*": ["credentials"]}}, "csv_format: is no argument"),
    ({"type": "my.own.store"}, {"types": ["my.own.store"]}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("destination", "allowed", "message"), UNDER_POLICY)
def test_a_policy_says_which_destinations(
    destination: dict[str, Any],
    allowed: dict[str, Any],
    message: str,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DESTINATION__LAKE__DESTINATION_TYPE", "postgres")
    ruled = under(settings, {"variables": {"*": ["PG"]}, "destinations": allowed})
    found = told(ruled, destination=destination)
    assert (message in found[0]) if message else not found


def test_the_list_of_destinations_is_dlts() -> None:
    assert set(destinations.__all__) - {"destination"} == TYPES

"""Which destination is meant, and what is said where it cannot be one."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dlt.common.configuration import resolve
from dlt.common.schema import Schema
from dlt.destinations import duckdb
from duckdb import ConnectionException, connect

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.errors import MissingPackage, SettingsError
from restsrc_dagster.load.destinations.destination import build_destination, unknown_destination
from restsrc_dagster.load.destinations.profile import PROFILES, profile_of
from restsrc_dagster.load.destinations.readiness import PACKAGES, unready
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import connector


def refusal(acme: Connector, settings: Settings) -> str:
    with pytest.raises(SettingsError) as refused:
        build_destination(acme, settings, {})
    assert refused.value.__cause__ is None
    return str(refused.value)


def test_a_misspelt_destination(settings: Settings) -> None:
    acme = connector(destination={"type": "postgress", "credentials": "m4rk3r"})
    assert refusal(acme, settings) == (
        "destination.type: 'postgress' is not a destination of dlt; did you mean postgres?"
    )


def test_a_misspelt_destination_of_the_deployment() -> None:
    assert refusal(connector(), Settings(destination="duck_db")) == (
        "RESTSRC_DESTINATION: 'duck_db' is not a destination of dlt; did you mean duckdb?"
    )


def test_a_path_that_cannot_be_imported() -> None:
    assert refusal(connector(), Settings(destination="acme.stores.lake")) == (
        "RESTSRC_DESTINATION: 'acme.stores.lake' is not a destination of dlt; nothing of that name "
        "can be imported"
    )


def test_an_argument_that_cannot_be_one(settings: Settings) -> None:
    acme = connector(destination={"type": "filesystem", "bucket_url": 5})
    assert unknown_destination(acme, settings) is None
    assert refusal(acme, settings) == (
        "dlt cannot set up the destination 'filesystem' (AttributeError): an argument in "
        "destination is wrong, or a package is missing"
    )


LACKING: list[tuple[dict[str, Any], str]] = [
    (
        {"type": "postgres"},
        "the destination postgres lacks database, password, username, host: set "
        "DESTINATION__POSTGRES__CREDENTIALS__DATABASE, "
        "DESTINATION__POSTGRES__CREDENTIALS__PASSWORD, "
        "DESTINATION__POSTGRES__CREDENTIALS__USERNAME, DESTINATION__POSTGRES__CREDENTIALS__HOST; "
        "or all of them in a URL, as DESTINATION__POSTGRES__CREDENTIALS; or write them into "
        '"destination" of the connector file',
    ),
    (
        {"type": "filesystem"},
        "the destination filesystem lacks bucket_url: set DESTINATION__FILESYSTEM__BUCKET_URL; or "
        'write them into "destination" of the connector file',
    ),
    (
        {"type": "postgres", "credentials": "m4rk3r"},
        "the credentials of the destination postgres cannot be read (InvalidNativeValue): they are "
        "a URL of user, password, host and database, or an object",
    ),
    (
        {"type": "sqlalchemy", "credentials": "mysql+nodriver://u:m4rk3r@127.0.0.1:1/x"},
        "the credentials of the destination sqlalchemy cannot be read (NoSuchModuleError): they "
        "are a URL of user, password, host and database, or an object",
    ),
    (
        {"type": "sqlalchemy", "credentials": "mysql+mariadbconnector://u:m4rk3r@127.0.0.1:1/x"},
        "the destination sqlalchemy wants a package: pip install 'mariadb'",
    ),
]


@pytest.mark.parametrize(("destination", "message"), LACKING)
def test_what_a_destination_lacks_is_said_before_anything_is_read(
    api: Api, settings: Settings, destination: dict[str, Any], message: str
) -> None:
    acme = connector("acme", api.url, destination=destination)
    order = LoadRequest(selection=frozenset({"items"}), refresh=frozenset(), holder="the test")
    with pytest.raises(SettingsError) as refused:
        load(acme, order, settings=settings, environment={}, on_message=print)
    assert str(refused.value) == message
    assert not api.asked
    assert str(unready(acme, settings, {})) == message


@pytest.mark.parametrize(("table_format", "module"), PACKAGES.items())
def test_a_table_format_without_its_package(
    api: Api,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    table_format: str,
    module: str,
) -> None:
    bucket = {"type": "filesystem", "bucket_url": tmp_path.as_uri()}
    acme = connector("acme", api.url, destination={**bucket, "table_format": table_format})
    found = {name: None if name == module else "there" for name in PACKAGES.values()}
    monkeypatch.setattr("restsrc_dagster.load.destinations.readiness.find_spec", found.get)
    message = (
        f"the table format {table_format} wants a package: pip install "
        f"'restsrc-dagster[{table_format}]'"
    )
    with pytest.raises(MissingPackage) as refused:
        load(acme, LoadRequest(selection=frozenset({"items"})), settings=settings, environment={})
    assert str(refused.value) == message
    assert not api.asked
    assert str(unready(acme, settings, {})) == message
    plain = connector("acme", api.url, destination=bucket)
    assert unready(plain, settings, {}) is None


def test_a_database_that_ends_with_the_run(settings: Settings) -> None:
    for url in ("sqlite://", "sqlite:///:memory:"):
        acme = connector(destination={"type": "sqlalchemy", "credentials": url})
        assert "ends with the run, and its rows too" in refusal(acme, settings)


def test_a_destination_that_lacks_nothing(settings: Settings) -> None:
    assert unready(connector(), settings, {}) is None
    assert settings.data_dir is not None
    assert not settings.data_dir.exists(), "only a run makes it"
    away = {"type": "postgres", "credentials": "postgresql://u:p@127.0.0.1:1/x"}
    assert unready(connector(destination=away), settings, {}) is None, "nothing is connected"
    later = connector(destination={"type": "postgres", "credentials": "${NOT_SET_HERE}"})
    assert unready(later, settings, {"NOT_SET_HERE": away["credentials"]}) is None


def test_a_variable_that_a_destination_wants_is_said_beforehand(settings: Settings) -> None:
    later = connector(destination={"type": "postgres", "credentials": "${NOT_SET_HERE}"})
    message = "environment variable NOT_SET_HERE is not set, but destination.credentials wants it"
    assert str(unready(later, settings, {})) == message


def test_postgres_without_its_driver(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "restsrc_dagster.load.columns.copy_job", raising=False)
    for driver in ("psycopg2", "psycopg2.errors"):
        monkeypatch.setitem(sys.modules, driver, None)
    acme = connector(destination={"type": "postgres", "credentials": "postgresql://u:p@h/x"})
    message = "the destination postgres wants a package: pip install 'restsrc-dagster[postgres]'"
    assert str(unready(acme, settings, {})) == message
    with pytest.raises(MissingPackage) as refused:
        load(acme, LoadRequest(selection=frozenset({"items"})), settings=settings, environment={})
    assert str(refused.value) == message


class Store(duckdb):
    """A destination of one's own, which wants an argument."""

    def __init__(self, *, shelf: str, **keys: Any) -> None:
        super().__init__(f"{shelf}.duckdb", **keys)


def test_a_destination_of_ones_own(settings: Settings) -> None:
    own = replace(settings, destination=f"{__name__}.Store")
    assert unknown_destination(connector(), own) is None
    assert "(TypeError): an argument" in refusal(connector(), own)
    acme = connector(destination={"shelf": "a"})
    store = build_destination(acme, own, {})
    assert isinstance(store, Store)
    assert profile_of(store) is PROFILES["duckdb"], "it is locked, and loaded, as DuckDB is"


@pytest.mark.parametrize("kind", ["duckdb", "dlt.destinations.duckdb", "lake"])
def test_what_dlt_finds(settings: Settings, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setenv("DESTINATION__LAKE__DESTINATION_TYPE", "duckdb")
    acme = connector(destination={"type": kind})
    assert unknown_destination(acme, settings) is None
    found = build_destination(acme, settings, {})
    assert found.destination_type == "dlt.destinations.duckdb"
    assert found.destination_name == ("lake" if kind == "lake" else "duckdb")


def test_capabilities_are_resolved_once_and_nobody_changes_those_of_others(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = build_destination(connector(), settings, {})
    theirs = duckdb(credentials=ours.config_params["credentials"])
    first = ours.capabilities()
    first.supported_loader_file_formats = []
    second = ours.capabilities()
    assert {**second} == {**theirs.capabilities()}
    monkeypatch.setattr(resolve, "_resolve_config_fields", None)
    assert {**ours.capabilities()} == {**second}


def test_clients_of_one_dataset_are_resolved_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = build_destination(connector(), settings, {})
    ours.capabilities()
    one, staging = (
        ours.configuration(ours.spec()._bind_dataset_name(name)) for name in ("acme", "other")
    )
    assert one.credentials.database == ours.config_params["credentials"]
    assert (one.dataset_name, staging.dataset_name) == ("acme", "other")
    monkeypatch.setattr(resolve, "_resolve_config_fields", None)
    again = ours.configuration(ours.spec()._bind_dataset_name("acme"))
    assert (again.credentials.database, again.dataset_name) == (one.credentials.database, "acme")


def test_clients_of_one_file_come_and_go(settings: Settings) -> None:
    """They share a connection: the last one to go closes the file, which can be opened again."""
    ours = build_destination(connector(), settings, {})
    path = ours.config_params["credentials"]
    first, second = (
        ours.client(Schema("acme"), ours.spec()._bind_dataset_name("acme")) for _ in range(2)
    )
    for _ in range(2):
        with first:
            with second:
                second.initialize_storage()
            assert first.is_storage_initialized()
            with pytest.raises(ConnectionException, match="different configuration"):
                connect(path, read_only=True)
        with connect(path, read_only=True) as elsewhere:
            found = elsewhere.execute("SELECT schema_name FROM information_schema.schemata")
            assert ("acme",) in found.fetchall()

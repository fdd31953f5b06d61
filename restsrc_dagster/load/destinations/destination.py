"""Which dlt destination a connector loads to."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dlt import destinations
from dlt.common.destination import Destination
from dlt.common.destination.exceptions import UnknownDestinationModule
from dlt.destinations.exceptions import DatabaseUndefinedRelation
from dlt.destinations.impl.duckdb.configuration import DuckDbClientConfiguration
from dlt.destinations.job_client_impl import SqlJobClientBase
from dlt.destinations.sql_client import SqlClientBase
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.syntax.references import resolve
from restsrc_dagster.connector.wording import nearest
from restsrc_dagster.dlt_compat.replaced import replace_method
from restsrc_dagster.errors import SettingsError
from restsrc_dagster.load.destinations.profile import FileFormat, profile_of
from restsrc_dagster.permitted import refuse_arguments
from restsrc_dagster.policy.destinations import type_problem
from restsrc_dagster.settings import Settings

STAGING_LAYOUT = ("staging_dataset_name_layout", "_staging_%s")
"""No connector's name begins with `_`. With dlt's own layout, `%s_staging`, the connector `acme`
would use the dataset of a connector `acme_staging` to merge in, and empty its tables."""
VANISHING = (":memory:", ":pipeline:", "sqlite://", "sqlite:///", "sqlite:///:memory:")


def build_destination(
    connector: Connector, settings: Settings, environment: Mapping[str, str]
) -> Destination[Any, Any]:
    """The destination; nothing is connected yet.

    DuckDB without credentials of its own is one file for each connector, named so that it cannot
    be mistaken for a schema: in a file called like its schema, DuckDB finds `acme.customers`
    ambiguous.

    Raises:
        MissingVariable: a `${NAME}` is not set.
        SettingsError: dlt knows no such destination, or a local file would not stay.
        PolicyRefused: the file may not name it, or give it an argument.
    """
    kind = connector.destination_type(settings.destination)
    arguments = resolve(connector.destination.arguments, environment, "destination")
    refuse_arguments(connector, settings, arguments)
    if kind == "duckdb" and not arguments.get("credentials"):
        arguments["credentials"] = str(duckdb_file(connector.name, settings))
    if arguments.get("credentials") in VANISHING:
        raise SettingsError(
            f"destination.credentials: {arguments['credentials']!r} ends with the run, and its "
            "rows too; name a file"
        )
    if unknown := unknown_destination(connector, settings):
        raise SettingsError(": ".join(unknown))
    try:
        destination = Destination.from_reference(kind, **arguments)
        if destination and STAGING_LAYOUT[0] in destination.spec.get_resolvable_fields():
            arguments = dict([STAGING_LAYOUT]) | arguments
            destination = Destination.from_reference(kind, **arguments)
        assert isinstance(destination, Destination)  # noqa: S101 - for the type checker
    except Exception as error:
        raise SettingsError(
            f"dlt cannot set up the destination {kind!r} ({type(error).__name__}): an argument in "
            "destination is wrong, or a package is missing"
        ) from None
    _resolve_once(destination)
    if prepare := profile_of(destination).prepare:
        prepare(destination)
    return destination


def _resolve_once(destination: Destination[Any, Any]) -> None:
    """Resolve each configuration of a destination once in a load, for all who ask.

    dlt asks for its capabilities thirty times, and for that of a client ten times, and looks for
    each field in several places: a third of a small load's time. Clients of one load share what is
    resolved, and so DuckDB's connection, as those of dlt's load step do.
    """
    capabilities: list[Any] = []
    clients: dict[str, Any] = {}

    def once(resolve: Callable[..., Any]) -> Callable[..., Any]:
        def configuration(initial_config: Any, accept_partial: bool = False) -> Any:
            if accept_partial:
                if not capabilities:
                    capabilities.append(resolve(initial_config, accept_partial=True))
                return capabilities[0].copy()
            if initial_config is None or initial_config.is_resolved():
                return resolve(initial_config)
            given = repr((type(initial_config), sorted(dict(initial_config).items())))
            if given not in clients:
                clients[given] = resolve(initial_config)
            return clients[given]

        return configuration

    replace_method(destination, "configuration", once)


def unknown_destination(connector: Connector, settings: Settings) -> tuple[str, str] | None:
    """(setting, message) where the connector's destination is none that dlt can find.

    dlt finds its own by name, those that its configuration gives a type
    (`DESTINATION__<NAME>__DESTINATION_TYPE`), and by a path with dots what can be imported: nothing
    is, of what a connector's file names.
    """
    kind = connector.destination_type(settings.destination)
    if wrong := type_problem(kind, settings.destination, os.environ, settings.policy):
        return "destination.type", wrong
    try:
        Destination.from_reference(kind)
    except UnknownDestinationModule:
        own = [name for name in destinations.__all__ if name not in ("destination", "dummy")]
        meant = nearest(kind, own)
        cure = f"did you mean {meant}?" if meant else f"it has {', '.join(sorted(own))}"
        if "." in kind:
            cure = "nothing of that name can be imported"
        setting = "destination.type" if connector.destination.type else "RESTSRC_DESTINATION"
        return setting, f"{kind!r} is not a destination of dlt; {cure}"
    except Exception:  # it is there; whether it can be set up is told by who does so
        return None
    return None


def duckdb_file(connector: str, settings: Settings) -> Path:
    """The DuckDB file of a connector; its folder exists afterwards."""
    file = settings.duckdb_file(connector)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return file


def local_database(pipeline: Pipeline) -> Path | None:
    """The file of DuckDB's or SQLite's database; None where it is in memory, at MotherDuck, or the
    database of a server."""
    config = pipeline.destination_client().config
    credentials = getattr(config, "credentials", None)
    is_sqlite = str(getattr(credentials, "drivername", "")).startswith("sqlite")
    if not (isinstance(config, DuckDbClientConfiguration) or is_sqlite):
        return None
    database = str(getattr(credentials, "database", ""))
    return None if database.startswith((":", "md:", "motherduck:")) else Path(database)


def database_client(pipeline: Pipeline) -> SqlClientBase[Any] | None:
    """A connection to the tables, where they are a database's; None for files and the like.

    dlt gives files a SQL client too, but only to read them, through views.
    """
    client = pipeline.destination_client()
    return client.sql_client if isinstance(client, SqlJobClientBase) else None


def count_rows(pipeline: Pipeline, tables: Mapping[str, str]) -> dict[str, int]:
    """Rows now in each table, by the key of `tables`; left out where they cannot be counted."""
    counted: dict[str, int] = {}
    database = database_client(pipeline)
    if database is None:
        return counted
    with database as client:
        for key, table in tables.items():
            try:
                rows = client.execute_sql(
                    f"SELECT COUNT(*) FROM {client.make_qualified_table_name(table)}"
                )
            except DatabaseUndefinedRelation:
                continue
            if rows:
                counted[key] = int(rows[0][0])
    return counted


def loader_file_format(
    destination: Destination[Any, Any], *, by_column: bool = True
) -> FileFormat | None:
    """The format of the files that are loaded, `by_column` or record by record; None for dlt's own
    choice."""
    profile = profile_of(destination)
    return profile.file_format if by_column else profile.row_format

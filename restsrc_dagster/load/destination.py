"""Which dlt destination a connector loads to."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from dlt.common.destination import Destination
from dlt.destinations.job_client_impl import SqlJobClientBase
from dlt.destinations.sql_client import SqlClientBase
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.references import resolve
from restsrc_dagster.errors import SettingsError
from restsrc_dagster.settings import Settings

STAGING_LAYOUT = ("staging_dataset_name_layout", "_staging_%s")
"""No connector's name begins with `_`. With dlt's own layout, `%s_staging`, the connector `acme`
would use the dataset of a connector `acme_staging` to merge in, and empty its tables."""
VANISHING = (":memory:", ":pipeline:")
FAST_WITH_PARQUET = frozenset({"duckdb", "motherduck", "ducklake"})


def destination_type(connector: Connector, settings: Settings) -> str:
    """dlt's name of the destination: the connector's, else the deployment's."""
    return connector.destination.type or settings.destination


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
    """
    kind = destination_type(connector, settings)
    arguments = resolve(connector.destination.arguments, environment, "destination")
    if kind == "duckdb" and not arguments.get("credentials"):
        arguments["credentials"] = str(duckdb_file(connector.name, settings))
    if arguments.get("credentials") in VANISHING:
        raise SettingsError(
            f"destination.credentials: {arguments['credentials']!r} ends with the run, and its "
            "rows too; name a file"
        )
    try:
        destination = Destination.from_reference(kind, **arguments)
        if destination and STAGING_LAYOUT[0] in destination.spec.get_resolvable_fields():
            arguments = dict([STAGING_LAYOUT]) | arguments
            destination = Destination.from_reference(kind, **arguments)
        assert isinstance(destination, Destination)  # noqa: S101 - for the type checker
    except Exception as error:
        raise SettingsError(
            f"dlt has no destination {kind!r}, or a package for it is missing "
            f"({type(error).__name__}); check destination.type or RESTSRC_DESTINATION"
        ) from None
    return destination


def duckdb_file(connector: str, settings: Settings) -> Path:
    """The DuckDB file of a connector; its folder exists afterwards."""
    folder = settings.local_data_dir()
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / f"restsrc_{connector}.duckdb").absolute()


def database_client(pipeline: Pipeline) -> SqlClientBase[Any] | None:
    """A connection to the tables, where they are a database's; None for files and the like.

    dlt gives files a SQL client too, but only to read them, through views.
    """
    client = pipeline.destination_client()
    return client.sql_client if isinstance(client, SqlJobClientBase) else None


def loader_file_format(destination: Destination[Any, Any]) -> Literal["parquet"] | None:
    """Parquet where it is the fast way; None for dlt's own choice.

    With dlt's choice for DuckDB, insert_values, 100,000 rows take 25 s and 4 GB; with parquet 3 s
    and a quarter of a gigabyte.
    """
    return (
        "parquet"
        if destination.destination_name in FAST_WITH_PARQUET
        or (destination.destination_type.rpartition(".")[2] in FAST_WITH_PARQUET)
        else None
    )

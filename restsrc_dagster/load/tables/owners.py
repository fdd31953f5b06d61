"""Tables of other connectors in the dataset that a connector writes to, as the destination knows.

Files that name one database in two ways, by variables or by two names of a server, are only found
here. dlt keeps the schema of each connector beside its tables.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from dlt.common.destination.client import WithStateSync
from dlt.common.destination.exceptions import DestinationUndefinedEntity
from dlt.common.schema import Schema
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.connector.files.folder import connector_files, find_connector
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.naming import table_identifier
from restsrc_dagster.errors import ConnectorError, SettingsError
from restsrc_dagster.load.destinations.destination import database_client
from restsrc_dagster.settings import Settings

MADE = "_dlt_id"
"""A column of every table that was ever loaded into."""


def refuse_tables_of_others(
    connector: Connector, pipeline: Pipeline, known: Schema | None, settings: Settings
) -> None:
    """Under the connector's lock, before anything is changed.

    A table is that of the connector that has loaded into it and whose file still names it; of two,
    that of the older.

    Args:
        known: the connector's own tables so far.

    Raises:
        SettingsError: a table is another connector's, and whose.
    """
    own = set(known.tables) if known else set()
    for other, tables in _of_others(connector.name, pipeline):
        for name in _named(connector, pipeline) | own:
            if name in tables and _is_theirs(other, name, connector, settings, had=name in own):
                raise SettingsError(
                    f"{pipeline.dataset_name}.{name} is a table of the connector {other!r}, which "
                    f"has loaded into it: give {connector.name} another destination.dataset, or "
                    "the resource another name"
                )


def _named(connector: Connector, pipeline: Pipeline) -> set[str]:
    """The tables of the file, as the destination spells and shortens them."""
    naming = pipeline.destination_client().schema.naming
    resources = connector.resources.values()
    return {naming.normalize_table_identifier(one.table_name) for one in resources}


def _of_others(connector: str, pipeline: Pipeline) -> Iterator[tuple[str, set[str]]]:
    """(connector, tables) of each other one that has loaded into the dataset of a database."""
    database = database_client(pipeline)
    if database is None:
        return
    versions = pipeline.destination_client().schema.version_table_name
    with database as client, suppress(DestinationUndefinedEntity):
        rows = client.execute_sql(
            f"SELECT DISTINCT schema_name FROM {client.make_qualified_table_name(versions)} "
            "WHERE schema_name <> %s",
            connector,
        )
        names = [str(name) for (name,) in rows or ()]
        for name in names:
            yield name, _tables(name, pipeline)


def _tables(connector: str, pipeline: Pipeline) -> set[str]:
    with pipeline.destination_client() as client:
        assert isinstance(client, WithStateSync)  # noqa: S101 - of every database
        stored = client.get_stored_schema(connector)
    content: dict[str, Any] = json.loads(stored.schema) if stored else {}
    made = content.get("tables", {}).items()
    return {name for name, table in made if MADE in table.get("columns", {})}


def _is_theirs(
    other: str, table: str, connector: Connector, settings: Settings, *, had: bool
) -> bool:
    """Whether the file of another connector still names a table, or what it is nested in."""
    if not connector_files(settings.connectors_dir, other):
        return False
    try:
        found = find_connector(settings.connectors_dir, other)
    except ConnectorError:  # it is broken, and its rows are still its own
        return True
    if found is None or (had and found.created_at > connector.created_at):
        return False
    roots = {table_identifier(one.table_name) for one in found.resources.values()}
    return any(table == root or table.startswith(f"{root}__") for root in roots)

"""Connectors that would write into each other's tables."""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from restsrc_dagster.connector.files.database import DefaultFile, Place, place_of
from restsrc_dagster.connector.files.folder import connector_paths
from restsrc_dagster.connector.files.parse import parse
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.naming import table_identifier

Tables = dict[str, str]
"""The connector of each table of a dataset."""


def shared_tables(
    connectors: Mapping[str, Connector],
    default_destination: str,
    *,
    default_file: DefaultFile = lambda _: None,
    environment: Mapping[str, str] = os.environ,
) -> Iterator[tuple[str, str]]:
    """(connector, message) of each one that shares a table with one that is older.

    Each would take the other's rows for the remains of a broken load, or replace them. Connectors
    may share a dataset; DuckDB files by default are one for each connector.

    Args:
        default_destination: the deployment's, RESTSRC_DESTINATION.
        default_file: the DuckDB file of a connector that names none.
        environment: where the deployment says which database a destination is.
    """
    owners: defaultdict[tuple[Place, str], Tables] = defaultdict(dict)
    for name, connector in sorted(connectors.items(), key=by_age):
        place = place_of(connector, default_destination, default_file, environment)
        dataset = table_identifier(connector.dataset)
        taken = owners[place, dataset]
        own = [table_identifier(one.table_name) for one in connector.resources.values()]
        clash = next((table for table in own if table in taken), None)
        if clash is None:
            taken.update(dict.fromkeys(own, name))
        else:
            owner = taken[clash]
            yield name, f"{dataset}.{clash} is a table of the connector {owner!r} already"


def by_age(named: tuple[str, Connector]) -> tuple[float, str]:
    """The order in which connectors have what several of them want: the older one stays."""
    return named[1].created_at.timestamp(), named[0]


def may_share_tables(connector: Connector, folder: Path, default_destination: str) -> bool:
    """Whether another file of `folder` might share a table with `connector`.

    The other files are looked at from outside: a dataset is named like its file, unless the file
    speaks of datasets. Who has a DuckDB file of its own need not look: another one that names this
    file is the one to be refused, or else its rows are found there.
    """
    if _has_its_own_file(connector, default_destination):
        return False
    dataset = table_identifier(connector.dataset)
    return any(
        dataset in _datasets(path)
        for path in connector_paths(folder)
        if path.stem != connector.name
    )


def _has_its_own_file(connector: Connector, default_destination: str) -> bool:
    return connector.destination_type(
        default_destination
    ) == "duckdb" and not connector.destination.arguments.get("credentials")


def _datasets(path: Path) -> set[str]:
    """What the connector of a file might name its dataset, as an identifier."""
    found = {path.stem}
    try:
        text = path.read_bytes()
        if b"dataset" in text or b"\\" in text:  # a key may be written with escapes
            destination = parse(path).get("destination")
            if isinstance(destination, dict) and destination.get("dataset"):
                found.add(str(destination["dataset"]))
    except (OSError, ValueError):
        pass  # broken, and left out
    return {table_identifier(name) for name in found}

"""Connectors that would write into each other's tables."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from restsrc_dagster.connector.files.folder import connector_paths
from restsrc_dagster.connector.files.parse import parse
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.naming import table_identifier


def shared_tables(
    connectors: Mapping[str, Connector], default_destination: str
) -> Iterator[tuple[str, str]]:
    """(connector, message) of each one that shares a table with one before it.

    Each would take the other's rows for the remains of a broken load, or replace them. Connectors
    may share a dataset; DuckDB files by default are one for each connector.
    """
    owners: dict[tuple[str, str, str], str] = {}
    for name, connector in sorted(connectors.items()):
        if _has_its_own_file(connector, default_destination):
            continue
        kind = connector.destination_type(default_destination)
        arguments = connector.destination.arguments
        place = f"{kind} {json.dumps(arguments, sort_keys=True, default=str)}"
        dataset = table_identifier(connector.dataset)
        for resource in connector.resources.values():
            table = table_identifier(resource.table_name)
            owner = owners.setdefault((place, dataset, table), name)
            if owner != name:
                yield name, f"{dataset}.{table} is a table of the connector {owner!r} already"
                break


def may_share_tables(connector: Connector, folder: Path, default_destination: str) -> bool:
    """Whether another file of `folder` might share a table with `connector`.

    The other files are looked at from outside: a dataset is named like its file, unless the file
    speaks of datasets.
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

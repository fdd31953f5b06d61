"""Connectors that would write into each other's tables."""

import json
from collections.abc import Iterator, Mapping

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
        kind = connector.destination_type(default_destination)
        arguments = connector.destination.arguments
        if kind == "duckdb" and not arguments.get("credentials"):
            continue
        place = f"{kind} {json.dumps(arguments, sort_keys=True, default=str)}"
        dataset = table_identifier(connector.dataset)
        for resource in connector.resources.values():
            table = table_identifier(resource.table_name)
            owner = owners.setdefault((place, dataset, table), name)
            if owner != name:
                yield name, f"{dataset}.{table} is a table of the connector {owner!r} already"
                break

"""Deleting the children of parents that have none any more."""

from collections.abc import Set
from itertools import islice
from typing import Any

from dlt.common.destination.exceptions import DestinationUndefinedEntity
from dlt.common.schema import Schema
from dlt.destinations.sql_client import SqlClientBase
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.extract.parents.binding import Key
from restsrc_dagster.load.destinations.destination import database_client
from restsrc_dagster.load.rows.comparable import comparable
from restsrc_dagster.load.state.pipeline_state import column_of
from restsrc_dagster.load.state.recovery import remove_orphans

AT_ONCE = 200


def replacing_columns(schema: Schema, resources: Resources, name: str) -> list[str]:
    """Those by which the children of a parent replace the ones that it had."""
    paths = resources.replaced_by(name).values()
    return [column_of(schema, path) for path in paths]


def remove_children(
    pipeline: Pipeline, name: str, resources: Resources, childless: Set[Key]
) -> None:
    """Delete the rows of the resource `name` whose parents were read and gave none.

    Before the load commits: if that is killed, the parents' cursor has not moved, and the next run
    finds them without children again.
    """
    schema, database = pipeline.default_schema, database_client(pipeline)
    table = schema.naming.normalize_table_identifier(resources[name].table_name)
    if not childless or database is None or table not in schema.tables:
        return
    columns = replacing_columns(schema, resources, name)
    described = schema.get_table_columns(table)
    if any(column not in described for column in columns):
        return
    keys = comparable(childless, columns, described, schema)
    with database as client:
        try:
            while some := list(islice(keys, AT_ONCE)):
                _remove(client, schema, table, columns, some)
        except DestinationUndefinedEntity:  # nothing was ever loaded into it
            return


def _remove(
    client: SqlClientBase[Any], schema: Schema, table: str, columns: list[str], keys: list[Key]
) -> None:
    one = " AND ".join(f"{client.escape_column_name(column)} = %s" for column in columns)
    where = " OR ".join([f"({one})"] * len(keys))
    values = [value for key in keys for value in key]
    root = client.make_qualified_table_name(table)
    with client.begin_transaction():
        client.execute_sql(f"DELETE FROM {root} WHERE {where}", *values)
        remove_orphans(client, schema, table)

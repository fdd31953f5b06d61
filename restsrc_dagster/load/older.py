"""A range whose end is past: of a record that has a newer version, the table has that already.

An API that lists several versions of a record gives the one of the range. It would take the place
of the newer one, and no later run would bring that back.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from dlt.common.destination.exceptions import DestinationUndefinedEntity
from dlt.common.schema import Schema
from dlt.destinations.sql_client import SqlClientBase
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.connector.columns import named_by
from restsrc_dagster.connector.resource import Resource
from restsrc_dagster.extract.facts import PageFacts
from restsrc_dagster.load.comparable import comparable
from restsrc_dagster.load.destination import database_client
from restsrc_dagster.load.extracted import ExtractedRows
from restsrc_dagster.load.replaced import bounds_of

AT_ONCE = 200
"""Keys in one query."""


def leave_newer(
    pipeline: Pipeline,
    schema: Schema,
    resource: Resource,
    facts: PageFacts,
    keys_of: Callable[[Sequence[Any]], list[Any]],
    rows: ExtractedRows,
) -> None:
    """Take out of `rows` what the table of the resource has in a version of after the range; say so
    in `facts`."""
    table = schema.naming.normalize_tables_path(resource.table_name)
    columns = schema.get_table_columns(table) if table in schema.tables else {}
    names = [schema.naming.normalize_path(name) for name in named_by(resource.hints, "primary_key")]
    bounds, database = bounds_of(schema, table, resource), database_client(pipeline)
    if not bounds or database is None or any("data_type" not in columns.get(n, {}) for n in names):
        return
    cursor, _, end = bounds
    dropped: set[int] = set()
    with database as client:
        table_name = client.make_qualified_table_name(table)
        later = f"{client.escape_column_name(cursor)} >= %s"
        try:
            found = client.execute_sql(f"SELECT COUNT(*) FROM {table_name} WHERE {later}", end)
            if not found or not found[0][0]:
                return
            numbered = _numbered(keys_of, rows)
            while some := dict(islice(numbered, AT_ONCE)):
                dropped |= _newer(client, schema, table_name, names, columns, some, later, end)
        except DestinationUndefinedEntity:  # nothing was ever loaded into it
            return
    if dropped:
        rows.remove(dropped)
        facts.handed_on -= len(dropped)
        facts.warn(
            f"{len(dropped)} records of the range are in the table in a version of after it, which "
            "stays"
        )


def _numbered(
    keys_of: Callable[[Sequence[Any]], list[Any]], rows: ExtractedRows
) -> Iterator[tuple[int, Any]]:
    """Each record's number and key, as a tuple."""
    number = 0
    for records in rows:
        for key in keys_of(records):
            yield number, key if isinstance(key, tuple) else (key,)
            number += 1


def _newer(
    client: SqlClientBase[Any],
    schema: Schema,
    table_name: str,
    names: Sequence[str],
    columns: Any,
    some: dict[int, Any],
    later: str,
    end: Any,
) -> set[int]:
    """The numbers of those whose keys have a row of after the range."""
    numbers: dict[Any, set[int]] = {}
    for number, key in some.items():
        for value in comparable([key], names, columns, schema):
            numbers.setdefault(value, set()).add(number)
    if not numbers:
        return set()
    escaped = [client.escape_column_name(name) for name in names]
    one = " AND ".join(f"{name} = %s" for name in escaped)
    where = " OR ".join([f"({one})"] * len(numbers))
    values = [part for value in numbers for part in value]
    found = client.execute_sql(
        f"SELECT {', '.join(escaped)} FROM {table_name} WHERE {later} AND ({where})", end, *values
    )
    return set().union(*(numbers.get(tuple(row), set()) for row in found or ()))

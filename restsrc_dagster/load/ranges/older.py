"""A range whose end is past: of a record that has a newer version, the table has that already.

An API that lists several versions of a record gives the one of the range. It would take the place
of the newer one, and no later run would bring that back.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timezone
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from typing import Any

from dlt.common.destination.exceptions import DestinationUndefinedEntity
from dlt.common.schema import Schema
from dlt.destinations.sql_client import SqlClientBase
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.connector.resources.columns import named_by
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.connector.time.conversion import seconds_since_1970
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.paging.page_stats import PageStats
from restsrc_dagster.load.destinations.destination import database_client
from restsrc_dagster.load.rows.comparable import comparable
from restsrc_dagster.load.rows.extracted_rows import ExtractedRows
from restsrc_dagster.load.state.pipeline_state import column_of, cursor_of, resource_states

AT_ONCE = 200
"""Keys in one query."""

KeysOf = Callable[[Sequence[Any]], list[Any]]


def leave_newer(
    pipeline: Pipeline,
    schema: Schema,
    resources: Resources,
    name: str,
    stats: PageStats,
    keys_of: KeysOf,
    rows: ExtractedRows,
) -> None:
    """Take out of `rows` what the table of the resource has in a version of after the range; say so
    in `stats`.

    Raises:
        ReadError: what hangs on it would be taken from the older version.
    """
    resource, naming = resources[name], schema.naming
    incremental = resource.incremental or {}
    end = seconds_since_1970(incremental.get("end_value"))
    table = naming.normalize_tables_path(resource.table_name)
    columns = schema.get_table_columns(table) if table in schema.tables else {}
    keys = [naming.normalize_path(key) for key in named_by(resource.hints, "primary_key")]
    cursor = column_of(schema, str(resource.cursor_path))
    database = database_client(pipeline)
    known = all("data_type" in columns.get(column, {}) for column in (*keys, cursor))
    if end is None or database is None or not known:
        return
    kept = cursor_of(resource_states(pipeline, pipeline.pipeline_name), resource)
    if kept is not None and (seconds_since_1970(kept) or end) < end:
        return
    dropped: set[int] = set()
    with database as client:
        numbered = _numbered(keys_of, rows)
        try:
            while some := dict(islice(numbered, AT_ONCE)):
                stored = _stored(client, schema, table, keys, cursor, some)
                dropped |= {
                    number
                    for numbers, value in stored
                    if (at := _seconds(value)) is not None and at >= end
                    for number in numbers
                }
        except DestinationUndefinedEntity:  # nothing was ever loaded into it
            return
    if not dropped:
        return
    finding = f"{len(dropped)} records of the range are in the table in a version of after it"
    if below := [one for one in resources.descendants(name) if resources[one].selected]:
        raise ReadError(
            f"{name}: {finding}, and {', '.join(below)} would be taken from the older one; let the "
            "range reach to now, or read all again, with full_refresh"
        )
    rows.remove(dropped)
    stats.handed_on -= len(dropped)
    stats.warn(f"{finding}, which stays")


def _numbered(keys_of: KeysOf, rows: ExtractedRows) -> Iterator[tuple[int, Any]]:
    """Each record's number and key, as a tuple."""
    number = 0
    for records in rows:
        for key in keys_of(records):
            yield number, key if isinstance(key, tuple) else (key,)
            number += 1


def _stored(
    client: SqlClientBase[Any],
    schema: Schema,
    table: str,
    keys: Sequence[str],
    cursor: str,
    some: Mapping[int, Any],
) -> Iterator[tuple[set[int], Any]]:
    """The numbers of the records of each row that the table has of `some`, and its cursor."""
    columns = schema.get_table_columns(table)
    numbers: dict[Any, set[int]] = {}
    for number, key in some.items():
        for value in comparable([key], keys, columns, schema):
            numbers.setdefault(value, set()).add(number)
    if not numbers:
        return
    escaped = [client.escape_column_name(column) for column in (*keys, cursor)]
    one = " AND ".join(f"{column} = %s" for column in escaped[:-1])
    found = client.execute_sql(
        f"SELECT {', '.join(escaped)} FROM {client.make_qualified_table_name(table)} "
        f"WHERE {' OR '.join([f'({one})'] * len(numbers))}",
        *(part for value in numbers for part in value),
    )
    for *values, at in found or ():
        yield numbers.get(tuple(values), set()), at


def _seconds(stored: Any) -> Fraction | None:
    """When a cursor was, as the table has it."""
    if isinstance(stored, datetime):
        aware = stored if stored.tzinfo else stored.replace(tzinfo=timezone.utc)
        return Fraction(aware.timestamp()).limit_denominator(10**6)
    if isinstance(stored, date):
        return Fraction(datetime.combine(stored, time(), tzinfo=timezone.utc).timestamp())
    return seconds_since_1970(float(stored) if isinstance(stored, Decimal) else stored)

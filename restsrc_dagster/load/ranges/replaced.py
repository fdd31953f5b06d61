"""A range, read again into tables without a key: its rows take the place of those that were there.

The new rows are appended, and noted; then the old ones are deleted and the note is taken back, in
one transaction for all tables. A load that breaks in between is undone by the next one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from functools import partial
from typing import Any

from dlt.common.destination.exceptions import DestinationUndefinedEntity
from dlt.common.schema import Schema
from dlt.destinations.sql_client import SqlClientBase
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.connector.resources.ranges import replaces_range
from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.connector.time.conversion import seconds_since_1970
from restsrc_dagster.connector.time.lag import is_date
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.paging.page_stats import PageStats
from restsrc_dagster.load.destinations.destination import database_client
from restsrc_dagster.load.rows.comparable import comparable
from restsrc_dagster.load.state.pipeline_state import column_of
from restsrc_dagster.load.state.recovery import (
    LOAD_ID,
    forget_replacing,
    note_replacing,
    remove_orphans,
)

LIKE_TIME = re.compile(r"\d+|\d{4}-\d\d-\d\d[\d:. TZ]*", re.ASCII)
"""Texts of which that of the later time comes later, if they are of one length."""
MICROSECONDS = 6
"""Digits of the second that a time has where the file says nothing else."""
AGAIN = "read it again as a whole, with full_refresh"


class ReplacedRanges:
    """The tables of one load in which a range is replaced.

    Args:
        pipeline: the load's.
        resources: with the range in place of their cursors.
        names: those of them that are loaded.
    """

    def __init__(self, pipeline: Pipeline, resources: Resources, names: Iterable[str]) -> None:
        self._pipeline = pipeline
        self._resources = {
            name: resources[name] for name in sorted(names) if replaces_range(resources, name)
        }
        self._packages: list[str] = []

    def refuse_incomplete(
        self, row_counts: Mapping[str, int], pages: Mapping[str, PageStats]
    ) -> None:
        """Raise ReadError where it is known that not all of the range came: the old rows of what is
        missing would be deleted, and no run brings them again."""
        for name, resource in self._resources.items():
            stats, rows = pages[name], row_counts.get(self._table(resource), 0)
            if why := _why_incomplete(stats, rows):
                raise ReadError(
                    f"{name}: has no primary_key, and {why}: nothing of the range is replaced"
                )

    def begin(self, row_counts: Mapping[str, int]) -> None:
        """Before the rows are committed, `row_counts` of them by table: note that old ones stand
        beside them. Of a range that is empty now, those stay."""
        tables = {self._table(resource) for resource in self._resources.values()}
        if any(row_counts.get(table) for table in tables):
            self._packages = list(self._pipeline.list_normalized_load_packages())
            note_replacing(self._pipeline, self._packages)

    def finish(self, row_counts: Mapping[str, int]) -> dict[str, int]:
        """When they are committed: delete the old ones. How many there were, by resource."""
        database = database_client(self._pipeline)
        if database is None or not self._packages:
            return {}
        schema = self._pipeline.default_schema
        deleted: dict[str, int] = {}
        with database as client, client.begin_transaction():
            for name, resource in self._resources.items():
                table = self._table(resource)
                if row_counts.get(table) and (found := bounds_of(schema, table, resource)):
                    deleted[name] = self._delete(client, schema, table, *found)
            forget_replacing(client, schema)
        return deleted

    def _table(self, resource: Resource) -> str:
        return self._pipeline.default_schema.naming.normalize_tables_path(resource.table_name)

    def _delete(
        self, client: SqlClientBase[Any], schema: Schema, table: str, column: str, *bounds: Any
    ) -> int:
        root, cursor = client.make_qualified_table_name(table), client.escape_column_name(column)
        new = f"{LOAD_ID} IN ({', '.join(['%s'] * len(self._packages))})"

        def count(where: str, *values: Any) -> int:
            found = client.execute_sql(f"SELECT COUNT(*) FROM {root} WHERE {where}", *values)
            return int(found[0][0]) if found else 0

        # To some APIs the start is no part of the range: what they do not give again stays.
        start, end = bounds
        begins = ">=" if count(f"{cursor} = %s AND {new}", start, *self._packages) else ">"
        old = f"{cursor} {begins} %s AND {cursor} < %s AND NOT {new}"
        values = (start, end, *self._packages)
        deleted = count(old, *values)
        client.execute_sql(f"DELETE FROM {root} WHERE {old}", *values)
        remove_orphans(client, schema, table)
        return deleted


def _why_incomplete(stats: PageStats, rows: int) -> str | None:
    if stats.cut_off:
        return "a list ended with an answer that response_actions ignores"
    if stats.announced is not None and stats.missing:
        return f"the API announces {stats.announced} records and gave {stats.records}"
    if stats.unsettled:
        return "no two readings in turn of a window of it held the same"
    if stats.repeated and stats.counts_pages:
        return f"the list moved while it was read: {stats.repeated} records came twice"
    if rows < stats.handed_on:
        return f"{stats.handed_on - rows} records were discarded by schema_contract"
    return None


def not_replaceable(
    pipeline: Pipeline, schema: Schema | None, resources: Resources, names: Iterable[str]
) -> Iterator[ReadError]:
    """Why rows of the range would not be found in their tables, of those that have no key."""
    database = database_client(pipeline)
    for name in sorted(names):
        if not replaces_range(resources, name):
            continue
        resource, why = resources[name], ""
        path = str(resource.cursor_path)
        if database is None or not _has_transactions(pipeline):
            where = pipeline.destination.destination_name
            why = f"in {where} its rows are not replaced; name a primary_key, or {AGAIN}"
        elif schema is not None:
            table = schema.naming.normalize_tables_path(resource.table_name)
            columns = schema.get_table_columns(table) if table in schema.tables else {}
            column = column_of(schema, path)
            if columns and any(one.startswith(f"{column}__v_") for one in columns):
                why = f"{path!r} is in several columns of its table; {AGAIN}"
            elif columns and not (bounds := bounds_of(schema, table, resource)):
                why = f"{path!r} is no column of its table that tells times apart; {AGAIN}"
            elif columns and not _compares(database, table, *bounds):
                why = f"{path!r} is text in its table, written in several ways; {AGAIN}"
        if why:
            yield ReadError(f"{name}: has no primary_key, and {why}")


def _has_transactions(pipeline: Pipeline) -> bool:
    """As far as dlt knows: of most databases it says nothing but of those for tables."""
    capabilities = pipeline.destination.capabilities()
    return bool(
        capabilities.supports_transactions is not False and capabilities.supports_ddl_transactions
    )


def bounds_of(schema: Schema, table: str, resource: Resource) -> tuple[Any, ...]:
    """The column of the cursor, and where the range begins and ends in its values; nothing where
    those do not tell it: a bound that the column cannot hold is another one there."""
    incremental = resource.incremental or {}
    if incremental.get("end_value") is None:  # it is not read, or only for others
        return ()
    columns, column = schema.get_table_columns(table), column_of(schema, str(resource.cursor_path))
    start, end = ends = (incremental["initial_value"], incremental["end_value"])
    kind = columns.get(column, {}).get("data_type", "json")
    if kind in ("json", "binary", "bool"):
        return ()
    if kind == "text" and not (LIKE_TIME.fullmatch(start) and len(start) == len(end)):
        return ()
    for bounds in comparable([ends], [column, column], columns, schema):
        exact = all(map(partial(_is_exact, columns[column]), bounds, ends))
        return (column, *bounds) if exact else ()
    return ()


def _is_exact(column: Mapping[str, Any], held: Any, bound: Any) -> bool:
    """Whether a column holds a bound, and all values beside it, as they are."""
    kind, precision = column["data_type"], column.get("precision")
    if kind == "date":
        return is_date(bound)
    if kind == "timestamp":
        if precision is not None and precision < MICROSECONDS:
            return False
        return Fraction(held.timestamp()).limit_denominator(10**6) == seconds_since_1970(bound)
    return kind == "text" or bool(held == bound)


def _compares(database: SqlClientBase[Any], table: str, column: str, start: Any, end: Any) -> bool:
    """Whether all values in the table compare with the range as they should."""
    if not isinstance(start, str) or not isinstance(end, str):
        return True
    with database as client:
        root, name = client.make_qualified_table_name(table), client.escape_column_name(column)
        query = f"SELECT COUNT(*) FROM {root} WHERE LENGTH({name}) <> %s"
        try:
            found = client.execute_sql(query, len(start))
        except DestinationUndefinedEntity:
            return True
    return not found or found[0][0] == 0

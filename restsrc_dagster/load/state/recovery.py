"""What a broken load left behind.

dlt commits table by table and writes `_dlt_loads` last. A load that is killed in between leaves
rows in its append tables while its cursor has not moved: the next load would append them again.
Every row carries `_dlt_load_id`, so the rows of a load that began after the last one that ended,
and that did not end itself, are known, and removed first. `merge` and `replace` heal themselves.

The rows of nested tables carry no `_dlt_load_id`, and may be committed when no root row is. So a
load that appends to nested tables is noted in `_dlt_loads` when it begins, with a status that is
not dlt's 0 for success, and the note is taken back when it has ended. Where one is found, or no
load has ever ended, nested rows without root rows are looked for.

A range that is read again into a table without a key stands beside the rows that it replaces until
those are deleted. A load that breaks in between leaves its note, and its rows are taken back.
"""

import json
import logging
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any

from dlt.common.destination.client import WithStateSync
from dlt.common.destination.exceptions import DestinationUndefinedEntity
from dlt.common.schema import Schema
from dlt.common.schema.utils import get_nested_tables, get_write_disposition, has_table_seen_data
from dlt.destinations.sql_client import SqlClientBase
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.load.destinations.destination import database_client
from restsrc_dagster.load.destinations.profile import profile_of

log = logging.getLogger(__name__)

LOAD_ID = "_dlt_load_id"
GOING, REPLACING = 1, 2
"""Statuses in `_dlt_loads`, of notes beside dlt's own."""
NOTES = f"({GOING}, {REPLACING})"


def remove_broken_loads(pipeline: Pipeline, *, same_again: bool = False) -> int:
    """Delete the rows of loads that never ended; returns how many root rows.

    `same_again` is that the very load that broke follows, whose state may be there already.

    Of a database: files keep what a broken load left, each row at least once.
    Only under the connector's lock: a load that is going looks just like a broken one.
    """
    schema = _schema_at_destination(pipeline)
    tables = _appended(schema) if schema else []
    database = database_client(pipeline) if tables or same_again else None
    if schema is None or database is None:
        return 0
    removed = 0
    with database as client:
        if profile_of(pipeline.destination).may_commit_alone:
            _wait_for_commits(client, schema)
        with suppress(DestinationUndefinedEntity):
            _remove_states(client, schema)
        with suppress(DestinationUndefinedEntity):
            removed += _undo_replacing(client, schema, tables)
        orphans = _may_have_orphans(client, schema)
        for table in tables:
            try:
                gone = _remove(client, schema, table, orphans=orphans)
            except DestinationUndefinedEntity:
                continue
            if gone:
                log.debug("%s: %d rows of broken loads are removed", table, gone)
            removed += gone
        if orphans:
            _forget_begun(client, schema)
    return removed


def mark_started(pipeline: Pipeline, packages: Iterable[str]) -> bool:
    """Note the loads of `packages` if they append to nested tables; whether any does."""
    schema, database = pipeline.default_schema, database_client(pipeline)
    appending = [
        load_id
        for load_id in packages
        if any(
            _is_nested_append(schema, job.job_file_info.table_name)
            for job in pipeline.get_load_package_info(load_id).jobs["new_jobs"]
        )
    ]
    if database is None or not appending:
        return False
    with database as client, suppress(DestinationUndefinedEntity):
        for load_id in appending:
            _note(client, schema, load_id, GOING)
    return True


def mark_ended(pipeline: Pipeline) -> None:
    """Take back what `mark_started` has noted."""
    database = database_client(pipeline)
    if database is not None:
        with database as client:
            _forget_begun(client, pipeline.default_schema)


def note_replacing(pipeline: Pipeline, packages: Iterable[str]) -> None:
    """Note that the rows of `packages` stand beside those that they replace, until
    `forget_replacing` is called in the transaction that deletes those."""
    database = database_client(pipeline)
    if database is not None:  # without the table of loads, there is nothing to replace
        with database as client, suppress(DestinationUndefinedEntity):
            for load_id in packages:
                _note(client, pipeline.default_schema, load_id, REPLACING)


def forget_replacing(client: SqlClientBase[Any], schema: Schema) -> None:
    """Take back what `note_replacing` has noted."""
    loads = client.make_qualified_table_name("_dlt_loads")
    client.execute_sql(
        f"DELETE FROM {loads} WHERE schema_name = %s AND status = {REPLACING}", schema.name
    )


def _undo_replacing(client: SqlClientBase[Any], schema: Schema, tables: Iterable[str]) -> int:
    """Delete what stands beside the rows that it was to replace; returns how many root rows."""
    loads = client.make_qualified_table_name("_dlt_loads")
    noted = client.execute_sql(
        f"SELECT load_id FROM {loads} WHERE schema_name = %s AND status = {REPLACING}", schema.name
    )
    if not noted:
        return 0
    beside = f"{LOAD_ID} IN ({', '.join(['%s'] * len(noted))})"
    load_ids = [row[0] for row in noted]
    counts: dict[str, int] = {}
    for table in tables:
        root = client.make_qualified_table_name(table)
        with suppress(DestinationUndefinedEntity):
            found = client.execute_sql(f"SELECT COUNT(*) FROM {root} WHERE {beside}", *load_ids)
            counts[table] = int(found[0][0]) if found else 0
    with client.begin_transaction():
        for table in counts:
            root = client.make_qualified_table_name(table)
            client.execute_sql(f"DELETE FROM {root} WHERE {beside}", *load_ids)
            remove_orphans(client, schema, table)
        forget_replacing(client, schema)
    return sum(counts.values())


def _note(client: SqlClientBase[Any], schema: Schema, load_id: str, status: int) -> None:
    loads = client.make_qualified_table_name("_dlt_loads")
    client.execute_sql(
        f"INSERT INTO {loads} (load_id, schema_name, status, inserted_at) VALUES (%s, %s, %s, %s)",
        *(load_id, schema.name, status, datetime.now(timezone.utc)),
    )


def _is_nested_append(schema: Schema, table: str) -> bool:
    return (
        table in schema.tables
        and bool(schema.tables[table].get("parent"))
        and get_write_disposition(schema.tables, table) == "append"
    )


def _may_have_orphans(client: SqlClientBase[Any], schema: Schema) -> bool:
    """Whether a load that was noted has not ended, or none ever has."""
    loads = client.make_qualified_table_name("_dlt_loads")
    query = (
        f"SELECT COUNT(CASE WHEN status = {GOING} THEN 1 END), "
        f"COUNT(CASE WHEN status = 0 THEN 1 END) FROM {loads} WHERE schema_name = %s"
    )
    try:
        rows = client.execute_sql(query, schema.name)
    except DestinationUndefinedEntity:
        return True
    return not rows or rows[0][0] > 0 or rows[0][1] == 0


def _forget_begun(client: SqlClientBase[Any], schema: Schema) -> None:
    loads = client.make_qualified_table_name("_dlt_loads")
    with suppress(DestinationUndefinedEntity):
        client.execute_sql(
            f"DELETE FROM {loads} WHERE schema_name = %s AND status = {GOING}", schema.name
        )


def _schema_at_destination(pipeline: Pipeline) -> Schema | None:
    """A pipeline whose very first load broke has a schema there, but no state to restore it by."""
    if pipeline.default_schema_name:
        return pipeline.default_schema
    with pipeline.destination_client() as client:
        if not isinstance(client, WithStateSync):
            return None
        try:
            stored = client.get_stored_schema(pipeline.pipeline_name)
        except DestinationUndefinedEntity:
            return None
    return Schema.from_dict(json.loads(stored.schema)) if stored else None


def _wait_for_commits(client: SqlClientBase[Any], schema: Schema) -> None:
    """Until what a killed load asked PostgreSQL for in its last moment is done.

    A commit that was sent is carried out without its client, and its rows are not seen before.
    """
    for table in schema.data_table_names(seen_data_only=True):
        name = client.make_qualified_table_name(table)
        with suppress(DestinationUndefinedEntity), client.begin_transaction():
            client.execute_sql(f"LOCK TABLE {name} IN SHARE MODE")


def _appended(schema: Schema) -> list[str]:
    """The root tables that do not heal themselves. Without any, no connection is opened."""
    return [
        table
        for table in schema.data_table_names(seen_data_only=True)
        if not schema.tables[table].get("parent")
        and LOAD_ID in schema.get_table_columns(table)
        and get_write_disposition(schema.tables, table) == "append"
    ]


def _broken(client: SqlClientBase[Any]) -> str:
    """A condition, with the schema's name to be filled in."""
    loads = client.make_qualified_table_name("_dlt_loads")
    # Later than the last: should somebody prune _dlt_loads, older rows are not taken for broken.
    return (
        f"{LOAD_ID} NOT IN (SELECT load_id FROM {loads} WHERE status NOT IN {NOTES}) AND "
        f"{LOAD_ID} > (SELECT COALESCE(MAX(load_id), '') FROM {loads} WHERE schema_name = %s "
        f"AND status NOT IN {NOTES})"
    )


def _remove_states(client: SqlClientBase[Any], schema: Schema) -> None:
    """dlt does not look at them, but cannot write them again when the same load is repeated."""
    table = client.make_qualified_table_name(schema.state_table_name)
    client.execute_sql(f"DELETE FROM {table} WHERE {_broken(client)}", schema.name)


def _remove(client: SqlClientBase[Any], schema: Schema, table: str, *, orphans: bool) -> int:
    broken = _broken(client)
    root = client.make_qualified_table_name(table)
    found = client.execute_sql(f"SELECT COUNT(*) FROM {root} WHERE {broken}", schema.name)
    count = int(found[0][0]) if found else 0
    if not (count or orphans):
        return 0
    with client.begin_transaction():
        client.execute_sql(f"DELETE FROM {root} WHERE {broken}", schema.name)
        remove_orphans(client, schema, table)
    return count


def remove_orphans(client: SqlClientBase[Any], schema: Schema, table: str) -> None:
    """Delete the rows of nested tables whose root rows in `table` are gone, level by level."""
    for nested in get_nested_tables(schema.tables, table, include_self=False):
        if not has_table_seen_data(nested):  # of nested_hints: there is no such table yet
            continue
        name, parent = (
            client.make_qualified_table_name(str(nested.get(key))) for key in ("name", "parent")
        )
        client.execute_sql(
            f"DELETE FROM {name} WHERE _dlt_parent_id NOT IN (SELECT _dlt_id FROM {parent})"
        )

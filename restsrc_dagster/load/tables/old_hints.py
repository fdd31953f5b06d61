"""Hints that the tables have from another edition of the file.

dlt adds what a file says now to what it said when the tables were made. Of the hints by which one
of several rows stays, that is wrong in each case: two columns to sort by break every load of the
connector, rows that an old `hard_delete` marks would go on being deleted, and so would the groups
of an old `merge_key`; and a strategy of the merge, or its options, would stay until others are
named.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from dlt.common.schema import Schema
from dlt.common.schema.typing import (
    C_DLT_ID,
    DEFAULT_VALIDITY_COLUMN_NAMES,
    MERGE_DISPOSITION_HINTS,
)
from dlt.common.schema.utils import get_nested_tables

from restsrc_dagster.connector.resources.columns import named_by
from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.extract.conform.column_hints import hints_by_table
from restsrc_dagster.extract.conform.conformer import hinted_columns
from restsrc_dagster.load.state.pipeline_state import column_of

OF_VERSIONS = ("x-row-version", "x-valid-from", "x-valid-to")
DECIDING = ("dedup_sort", "hard_delete", "merge_key", *OF_VERSIONS)
OF_THE_MERGE = {**MERGE_DISPOSITION_HINTS, "boundary_timestamp": "x-boundary-timestamp"}
"""Hints of a table, by the keys of `write_disposition`."""
_Column = tuple[str, str]


def forget_old_hints(schema: Schema | None, resources: Resources) -> None:
    """Take out of `schema` the hints that the file gives its tables and columns no more."""
    if schema is None:
        return
    said: dict[str, dict[_Column, set[str]]] = {}
    merges: dict[str, set[str]] = {}
    tables: dict[str, set[str]] = {}
    for name, resource in resources.items():
        root = schema.naming.normalize_tables_path(resource.table_name)
        way = resources.write_disposition(name)
        merge = way if isinstance(way, dict) else {}
        named = {key for key, value in resource.hints.items() if value is not None}
        tables.setdefault(root, set()).update(named)
        merges.setdefault(root, set()).update(key for key, value in merge.items() if value)
        of_table = said.setdefault(root, {})
        for column, hints in _said(schema, root, resource):
            of_table.setdefault(column, set()).update(hints)
        for part, path, hint in (*_merged_by(schema, root, resources, name), *_kept(root, merge)):
            column = part, column_of(schema, path)
            of_table.setdefault(column, set()).add(hint)
    for root, of_table in said.items():
        if root not in schema.tables:
            continue
        if "schema_contract" not in tables[root]:
            schema.tables[root].pop("schema_contract", None)
        if "max_table_nesting" not in tables[root]:
            (schema.tables[root].get("x-normalizer") or {}).pop("max_nesting", None)
        for option, hint in OF_THE_MERGE.items():
            if option not in merges[root]:
                schema.tables[root].pop(hint, None)  # type: ignore[misc]
        for table in get_nested_tables(schema.tables, root):
            for key, column_schema in table["columns"].items():
                for hint in {*DECIDING} - of_table.get((str(table["name"]), key), set()):
                    column_schema.pop(hint, None)  # type: ignore[misc]


def _kept(root: str, merge: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(table, column, hint) of what tells versions apart: columns that a merge names, or dlt."""
    version = merge.get("row_version_column_name")
    if merge.get("strategy") == "scd2":
        yield root, version or C_DLT_ID, "x-row-version"
        names = merge.get("validity_column_names") or DEFAULT_VALIDITY_COLUMN_NAMES
        for name, hint in zip(names, ("x-valid-from", "x-valid-to"), strict=True):
            yield root, name, hint
    elif version and merge.get("skip_unchanged_rows"):
        yield root, version, "x-row-version"


def _merged_by(
    schema: Schema, root: str, resources: Resources, name: str
) -> Iterator[tuple[str, str, str]]:
    """(table, column, hint) of merge keys, also of those by which a child is replaced with its
    parent."""
    for table, hints in hints_by_table(resources[name], root, schema.naming).items():
        for path in named_by(hints, "merge_key"):
            yield table, path, "merge_key"
    if resources.replaces_children(name):
        for path in resources.replaced_by(name).values():
            yield root, path, "merge_key"


def _said(schema: Schema, root: str, resource: Resource) -> Iterator[tuple[_Column, set[str]]]:
    """What the file says of each column."""
    for table, columns in hinted_columns(resource, root, schema.naming).items():
        for name, hints in columns.items():
            yield (table, name), _deciding(hints)


def _deciding(hints: Mapping[str, object]) -> set[str]:
    return {hint for hint in DECIDING if hints.get(hint)}

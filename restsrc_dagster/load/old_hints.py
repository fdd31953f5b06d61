"""Hints that the tables have from another edition of the file.

dlt adds what a file says now to what it said when the tables were made. Of the hints by which one
of several rows stays, that is wrong in each case: two columns to sort by break every load of the
connector, rows that an old `hard_delete` marks would go on being deleted, and so would the groups
of an old `merge_key`; and a strategy of the merge would stay until another one is named.
"""

from collections.abc import Iterator, Mapping

from dlt.common.schema import Schema
from dlt.common.schema.utils import get_nested_tables

from restsrc_dagster.connector.columns import named_by
from restsrc_dagster.connector.resource import Resource
from restsrc_dagster.connector.resources import Resources
from restsrc_dagster.extract.column_hints import hints_by_table
from restsrc_dagster.extract.surprises import hinted_columns

DECIDING = ("dedup_sort", "hard_delete", "merge_key")
STRATEGY = "x-merge-strategy"
_Column = tuple[str, str]


def forget_old_hints(schema: Schema | None, resources: Resources) -> None:
    """Take the hints from the columns of `schema` that the file gives them no more."""
    if schema is None:
        return
    said: dict[str, dict[_Column, set[str]]] = {}
    for name, resource in resources.items():
        root = schema.naming.normalize_tables_path(resource.table_name)
        of_table = said.setdefault(root, {})
        for column, hints in _said(schema, root, resource):
            of_table.setdefault(column, set()).update(hints)
        for part, path in _merged_by(schema, root, resources, name):
            column = part, schema.naming.normalize_path(path.replace(".", "__"))
            of_table.setdefault(column, set()).add("merge_key")
        if root in schema.tables and not isinstance(resources.write_disposition(name), dict):
            schema.tables[root].pop(STRATEGY, None)  # type: ignore[misc]
    for root, of_table in said.items():
        for table in get_nested_tables(schema.tables, root) if root in schema.tables else ():
            for key, facts in table["columns"].items():
                for hint in {*DECIDING} - of_table.get((str(table["name"]), key), set()):
                    facts.pop(hint, None)  # type: ignore[misc]


def _merged_by(
    schema: Schema, root: str, resources: Resources, name: str
) -> Iterator[tuple[str, str]]:
    """(table, column) of merge keys, also of those by which a child is replaced with its parent."""
    for table, hints in hints_by_table(resources[name], root, schema.naming).items():
        for path in named_by(hints, "merge_key"):
            yield table, path
    if resources.replaces_children(name):
        for path in resources.replaced_by(name).values():
            yield root, path


def _said(schema: Schema, root: str, resource: Resource) -> Iterator[tuple[_Column, set[str]]]:
    """What the file says of each column."""
    for table, columns in hinted_columns(resource, root, schema.naming).items():
        for name, hints in columns.items():
            yield (table, name), _deciding(hints)


def _deciding(hints: Mapping[str, object]) -> set[str]:
    return {hint for hint in DECIDING if hints.get(hint)}

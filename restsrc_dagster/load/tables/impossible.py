"""What the file says of a table that the destination cannot make: told before anything is read.

It would break the load of all resources, as the tables are made before the first row is loaded.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from dlt.common.destination import AnyDestination, DestinationCapabilitiesContext
from dlt.common.schema import Schema

from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.errors import ReadError, RestsrcError
from restsrc_dagster.extract.conform.conformer import hinted_columns
from restsrc_dagster.extract.conform.required import required_columns
from restsrc_dagster.extract.conform.type_fit import COUNTS_CHARACTERS, in_words, places_of
from restsrc_dagster.load.tables.schema_changes import changed_types

MOST_DIGITS = {"duckdb": 38, "postgres": 1000}


def refused(
    destination: AnyDestination,
    schema: Schema | None,
    resources: Resources,
    selection: frozenset[str],
    refresh: frozenset[str],
    has_rows: Callable[[str], bool],
) -> dict[str, RestsrcError]:
    """The resources of `selection` of which no table can be made; `refresh` are made anew.

    `has_rows` is asked of a table only where that decides.
    """
    kept = selection - refresh
    return {
        **changed_types(schema, resources, kept, destination.capabilities()),
        **_missing_keys(has_rows, schema, resources, kept),
        **_impossible_types(destination, resources, selection),
    }


def _impossible_types(
    destination: AnyDestination, resources: Resources, names: Iterable[str]
) -> dict[str, RestsrcError]:
    """The resources with a column whose type the destination does not have, and what to do."""
    capabilities = destination.capabilities()
    found: dict[str, RestsrcError] = {}
    for name in sorted(names):
        for table, column, hints in _typed(resources[name]):
            if why := _impossible({"name": column, **hints}, table, capabilities):
                found[name] = ReadError(
                    f"{name}: columns says that {column} is {in_words(hints)}, which "
                    f"{destination.destination_name} does not have: {why}"
                )
    return found


def _missing_keys(
    has_rows: Callable[[str], bool],
    schema: Schema | None,
    resources: Resources,
    names: Iterable[str],
) -> dict[str, RestsrcError]:
    """The resources of which a key is no column of the table that is there.

    A new column is empty in all rows, which it must not be.
    """
    found: dict[str, RestsrcError] = {}
    for name in sorted(names) if schema else ():
        assert schema is not None  # noqa: S101 - for the type checker
        for table, columns in _new_and_never_empty(schema, resources, name).items():
            if has_rows(table):
                column, why = next(iter(columns.items()))
                found[name] = ReadError(
                    f"{name}: {column}, {why}, is no column of the table {table}, which has rows "
                    "already: they would lack it. Read the resource again with full_refresh: "
                    f'["{name}"], or take the hint back'
                )
    return found


def _typed(resource: Resource) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(table, column, hints) of each column that the file gives a type."""
    hints = {resource.name: resource.columns}
    hints |= {name: nested.get("columns") or {} for name, nested in resource.nested_hints.items()}
    for table, columns in hints.items():
        for column, said in columns.items():
            if said.get("data_type"):
                yield table, column, said


def _impossible(
    column: Mapping[str, Any], table: str, capabilities: DestinationCapabilitiesContext
) -> str | None:
    dialect, precision = capabilities.sqlglot_dialect, column.get("precision")
    if column["data_type"] == "decimal":
        digits, places = places_of(column, capabilities)
        most = MOST_DIGITS.get(str(dialect))
        if digits < 1 or (most and digits > most):
            return f"precision is a number of digits, from 1 to {most or digits}"
        if places > digits:
            return f"of {digits} digits, {places} would be behind the point; name the scale, too"
    if column["data_type"] == "text" and precision == 0 and dialect in COUNTS_CHARACTERS:
        return "precision is a number of characters, at least 1"
    if capabilities.type_mapper is None:
        return None
    try:
        prepared: Any = {"name": table, "columns": {}}
        given: Any = column
        capabilities.get_type_mapper().to_destination_type(given, prepared)
    except Exception as error:
        return str(error)
    return None


def _new_and_never_empty(
    schema: Schema, resources: Resources, name: str
) -> dict[str, dict[str, str]]:
    resource, naming = resources[name], schema.naming
    root = naming.normalize_tables_path(resource.table_name)
    stored = {table["name"]: table["columns"] for table in schema.data_tables(seen_data_only=True)}
    required = required_columns(resource, resources.write_disposition(name), root, naming, {})
    found = {}
    for table in hinted_columns(resource, root, naming).keys() & stored.keys():
        new = {
            column: why
            for column, why in required.get(table, {}).items()
            if "data_type" not in stored[table].get(column, {})
        }
        if new:
            found[table] = new
    return found

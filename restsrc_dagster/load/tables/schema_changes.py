"""What a load changes in its tables, and what would go wrong there: refused before it does."""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from dlt.common.destination import AnyDestination, DestinationCapabilitiesContext
from dlt.common.schema import Schema
from dlt.common.schema.utils import get_nested_tables

from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.conform.conformer import hinted_columns
from restsrc_dagster.extract.conform.type_fit import in_words, places_of
from restsrc_dagster.extract.records.column_limit import ColumnLimit
from restsrc_dagster.extract.records.remedies import type_hint
from restsrc_dagster.load.destinations.profile import profile_of, type_of
from restsrc_dagster.load.tables.unloadable import Unloadable

SIZES = ("precision", "scale")
_VARIANT = "__v_"
Columns = Mapping[str, frozenset[str]]


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A column for the values that another one cannot hold; `table` is a path below the root."""

    table: str
    column: str
    type: str
    of: str
    of_type: str

    @property
    def name(self) -> str:
        return _named(self.table, self.column)

    def __str__(self) -> str:
        wanted = "double" if {self.type, self.of_type} == {"bigint", "double"} else "text"
        hint = type_hint(self.table.split("__") if self.table else (), self.of, wanted)
        return (
            f"the values of {_named(self.table, self.of)} that are no {self.of_type} are in a "
            f"column of their own, {self.column} ({self.type}); for one column give it a type, "
            f"{hint}, and read the resource again with full_refresh"
        )


@dataclass(frozen=True, kw_only=True)
class SchemaChanges:
    """Of the tables of one resource; columns of nested tables as `table.column`.

    `new_columns` came with this load into tables that were there; `variants` are all there are,
    except those that the person has named. `discarded` had values for which the contract makes no
    column. `emptied` are those that no record had anything for, though they were mostly filled;
    `gone` those that tables had before they were read anew.
    """

    new_columns: tuple[str, ...] = ()
    variants: tuple[Variant, ...] = ()
    discarded: tuple[str, ...] = ()
    emptied: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """What has changed since the load before, a line for each kind of change."""
        split = [one for one in self.variants if one.name in self.new_columns]
        of_others = {one.name for one in split}
        new = [name for name in self.new_columns if name not in of_others]
        by_kind = {
            "New columns": new,
            "Columns that no record has a value for any more": self.emptied,
            "Columns that are gone": self.gone,
            "Values of another type, in columns of their own": [
                f"{one.name} ({one.type}; {one.of} is {one.of_type})" for one in split
            ],
            "Fields that schema_contract leaves out": self.discarded,
        }
        return [f"{what}: {', '.join(names)}" for what, names in by_kind.items() if names]

    @property
    def warnings(self) -> list[str]:
        return [str(variant) for variant in self.variants]


def columns_now(schema: Schema | None) -> Columns:
    """The columns of each table that has some."""
    tables = schema.data_tables(seen_data_only=True) if schema else ()
    return {str(table["name"]): frozenset(table["columns"]) for table in tables}


def schema_changes(
    schema: Schema,
    table: str,
    resource: Resource,
    before: Columns,
    seen: Mapping[str, Set[str]],
) -> SchemaChanges:
    """What is new in a resource's tables, and what is split over two columns."""
    hinted = hinted_columns(resource, table, schema.naming)
    new, variants, gone = [], [], []
    for name, columns in _tables_of(schema, table):
        path = name.removeprefix(table).removeprefix("__")
        left = before.get(name, frozenset()) - columns.keys()
        gone += [_named(path, column) for column in sorted(left) if not column.startswith("_dlt")]
        for column, hints in columns.items():
            if "data_type" not in hints or column.startswith("_dlt"):
                continue
            if name in before and column not in before[name]:
                new.append(_named(path, column))
            of = column.rpartition(_VARIANT)[0]
            if hints.get("variant") and of in columns and column not in hinted.get(name, {}):
                variants.append(
                    Variant(
                        table=path,
                        column=column,
                        type=str(hints["data_type"]),
                        of=of,
                        of_type=in_words(columns[of]),
                    )
                )
    known = {name: set(columns) for name, columns in _tables_of(schema, table)}
    discarded = [
        _named(name.removeprefix(table).removeprefix("__"), column)
        for name, columns in seen.items()
        for column in sorted(columns - known.get(name, set()))
    ]
    return SchemaChanges(
        new_columns=tuple(new),
        variants=tuple(variants),
        discarded=tuple(discarded),
        gone=tuple(gone),
    )


def _tables_of(schema: Schema, root: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(name, columns) of a table and those nested in it."""
    if root in schema.tables:
        for table in get_nested_tables(schema.tables, root):
            yield str(table["name"]), table["columns"]


def _named(table: str, column: str) -> str:
    return f"{table}.{column}" if table else column


def changed_types(
    schema: Schema | None,
    resources: Resources,
    names: Iterable[str],
    capabilities: DestinationCapabilitiesContext,
) -> dict[str, ReadError]:
    """The resources with a hint that names another type than the table has, or another size, and
    what to do.

    A hint does not change a column that is there, but dlt would believe it had: 1.5 for a column
    that is bigint would become 2, and nobody is told.
    """
    if schema is None:
        return {}
    stored = {table["name"]: table for table in schema.data_tables(seen_data_only=True)}
    found = {}
    for name in sorted(names):
        table = schema.naming.normalize_tables_path(resources[name].table_name)
        for other, columns in hinted_columns(resources[name], table, schema.naming).items():
            for column, hints in columns.items():
                known: Any = stored.get(other, {}).get("columns", {}).get(column, {})
                if known.get("data_type") and _is_of_another_type(known, hints, capabilities):
                    now = in_words({**known, **hints})
                    found[name] = ReadError(
                        f"{name}: the column {column} of {other} is {in_words(known)}, and columns "
                        f"says {now}: a table keeps the types it has. Read the resource again with "
                        f'full_refresh: ["{name}"], or take the hint back'
                    )
    return found


def _is_of_another_type(
    known: Mapping[str, Any],
    hints: Mapping[str, Any],
    capabilities: DestinationCapabilitiesContext,
) -> bool:
    """A size that is named for the first time fits what has none, but for decimals."""
    wanted = {**known, **{key: hints[key] for key in SIZES if hints.get(key) is not None}}
    if known["data_type"] != (hints.get("data_type") or known["data_type"]):
        return True
    if known["data_type"] == "decimal":
        return places_of(known, capabilities) != places_of(wanted, capabilities)
    if known["data_type"] == "timestamp" and hints.get("timezone") is not None:
        return bool(hints["timezone"]) != (known.get("timezone") is not False)
    return any(known.get(key) is not None and known[key] != wanted[key] for key in SIZES)


def column_limit_of(destination: AnyDestination) -> ColumnLimit | None:
    """What a table may hold; None where there is no limit worth a word."""
    kind, profile = type_of(destination), profile_of(destination)
    most = profile.most_columns
    if by_dialect := profile.most_columns_by_dialect:
        kind = str(destination.capabilities().sqlglot_dialect)
        most = by_dialect.get(kind)
    return ColumnLimit(kind, most) if most is not None else None


def refuse_too_many_columns(schema: Schema, limit: ColumnLimit, tables: Mapping[str, str]) -> None:
    """Before the load, of which some tables would be committed already.

    Most of it is refused while it is read; not what dlt itself adds, columns for other types.

    Args:
        schema: of all tables.
        limit: how many columns a table may hold.
        tables: of each resource, by its name.

    Raises:
        Unloadable: names the tables, how many columns they would have, and what to do.
    """
    found: dict[str, Exception] = {}
    for root in tables.values():
        for table, columns in _tables_of(schema, root):
            count = sum("data_type" in column for column in columns.values())
            try:
                limit.refuse(table, count)
            except ReadError as error:
                found[root] = error
    if found:
        raise Unloadable(found)

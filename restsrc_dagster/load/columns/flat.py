"""Records, which are rows, as columns: of objects in them, and lists in them apart."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import NoneType
from typing import Any, Protocol

from restsrc_dagster.extract.records.transpose import Records, by_key
from restsrc_dagster.load.columns.columns import Columns, Values, kinds_of
from restsrc_dagster.load.columns.row_by_row import NotColumnar

EMPTY = "_empty"
"""dlt's name for an empty key."""


class Names(Protocol):
    """How dlt spells things; see `relational.py`."""

    def of_column(self, key: str) -> str: ...
    def of_table(self, key: str) -> str: ...
    def joined(self, *names: str) -> str: ...
    def is_whole(self, table: str, column: str, level: int) -> bool: ...


@dataclass(frozen=True)
class Flat:
    """The columns of rows, one value for each row, and the lists of which dlt makes tables.

    `lists` are by the path of their table's name below that of the rows. `nulls` are objects and
    lists that were null in some record: such a key may be a column as well.
    """

    columns: dict[str, Values] = field(default_factory=dict)
    lists: dict[tuple[str, ...], Sequence[Any]] = field(default_factory=dict)
    nulls: set[str] = field(default_factory=set)


def flattened(records: Records | Columns, table: str, level: int, names: Names) -> Flat:
    """As dlt flattens them; raises NotColumnar where two fields meet in one column.

    Args:
        table: of which these are rows.
        level: how many levels of objects and lists become columns and tables.
    """
    flat = Flat()
    _flatten(records, table, level, names, (), flat)
    return flat


def _flatten(
    records: Records | Columns,
    table: str,
    level: int,
    names: Names,
    path: tuple[str, ...],
    flat: Flat,
) -> None:
    columns = records.values.items() if isinstance(records, Columns) else by_key(records)
    for key, values in columns:
        name = names.of_column(key) if key and not key.isspace() else EMPTY
        column = names.joined(*path, name) if path else name
        kinds = kinds_of(values)
        nested = kinds & {dict, list}
        if not nested or names.is_whole(table, column, level):
            if flat.columns.setdefault(column, values) is not values:
                raise NotColumnar("two fields meet in it", column=column, table=table)
            continue
        if len(kinds - {NoneType}) > 1:
            beside = "an object or a list beside other values in one field"
            raise NotColumnar(beside, column=column, table=table)
        if NoneType in kinds and _is_null(key, records):
            flat.nulls.add(column)
        if nested == {dict}:
            below = [value or {} for value in values] if NoneType in kinds else values
            _flatten(below, table, level - 1, names, (*path, name), flat)
        elif flat.lists.setdefault((*path, names.of_table(key)), values) is not values:
            raise NotColumnar("two lists meet in one table", column=column, table=table)


def _is_null(key: str, records: Records | Columns) -> bool:
    """Whether a key without a value in some record is there; columns have all keys."""
    if isinstance(records, Columns):
        return True
    return any(one.get(key, 0) is None for one in records)

"""Statements about the rows of a table that are not marked as deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import chain
from typing import Any

from dlt.common.schema import Schema
from dlt.destinations.sql_client import SqlClientBase

from restsrc_dagster.connector.resources.deletes import DELETED_AT
from restsrc_dagster.load.state.recovery import remove_orphans


@dataclass(frozen=True)
class Condition:
    """Part of a statement about the rows of a table, and the values in it."""

    text: str
    values: tuple[Any, ...] = ()

    def __and__(self, other: "Condition") -> "Condition":
        return Condition(f"({self.text}) AND ({other.text})", self.values + other.values)


EVERYTHING = Condition("1 = 1")


def any_of(some: Sequence[Condition]) -> Condition:
    """Where one of them holds."""
    text = " OR ".join(f"({one.text})" for one in some)
    return Condition(text, tuple(chain.from_iterable(one.values for one in some)))


class AliveRows:
    """The rows of a table that are not marked.

    Attributes:
        columns: of the table, as dlt describes them.
    """

    def __init__(self, client: SqlClientBase[Any], schema: Schema, table: str) -> None:
        self._client, self._schema, self._table = client, schema, table
        self._name = client.make_qualified_table_name(table)
        self.columns = schema.get_table_columns(table)
        is_marked = DELETED_AT in self.columns
        self._alive = Condition(f"{DELETED_AT} IS NULL" if is_marked else "1 = 1")

    def named(self, column: str) -> str:
        """A column in a statement."""
        return self._client.escape_column_name(column)

    def count(self, which: Condition) -> int:
        one = self._alive & which
        text = f"SELECT COUNT(*) FROM {self._name} WHERE {one.text}"
        found = self._client.execute_sql(text, *one.values)
        return int(found[0][0]) if found else 0

    def mark(self, which: Condition) -> None:
        one = self._alive & which
        text = f"UPDATE {self._name} SET {DELETED_AT} = %s WHERE {one.text}"
        self._client.execute_sql(text, datetime.now(timezone.utc), *one.values)

    def remove(self, which: Condition) -> None:
        """With what is nested in them."""
        one = self._alive & which
        with self._client.begin_transaction():
            self._client.execute_sql(f"DELETE FROM {self._name} WHERE {one.text}", *one.values)
            remove_orphans(self._client, self._schema, self._table)

"""dlt's normalizer of records, for which no value is too much.

A value that the column of its field cannot hold gets a column of its own, as dlt does it for values
of another type. Where the column must not be empty, as that of a key, there is no such way: it is
said which field it is, and what came.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any

from dlt.common.schema.exceptions import CannotCoerceNullException
from dlt.common.typing import VARIANT_FIELD_FORMAT

from restsrc_dagster.connector.wording import kind_of
from restsrc_dagster.dlt_compat.normalizer import RecordNormalizer
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.conform.type_fit import (
    HARMLESS,
    Check,
    Misfit,
    check_of,
    coercion,
    in_words,
    is_beyond_all_times,
    is_dlts,
)
from restsrc_dagster.extract.records.remedies import NEVER_EMPTY, retyping, without
from restsrc_dagster.json_types import Json

BITS = 1 << 63
Rounded = dict[tuple[str, str], int]
"""The places behind the point that are left, by table and column."""
_ROUNDED: "ContextVar[Rounded | None]" = ContextVar("restsrc_rounded", default=None)


@contextmanager
def rounded_noted() -> Iterator[Rounded]:
    """What is rounded meanwhile, in this context, without that anybody has said so."""
    found: Rounded = {}
    token = _ROUNDED.set(found)
    try:
        yield found
    finally:
        _ROUNDED.reset(token)


@dataclass(frozen=True, slots=True)
class _Table:
    """What is checked in the rows of one table.

    `known` are its columns when that was found out; `checks` have the type of values that need
    none; `required` are the columns that are never empty.
    """

    known: Any
    checks: tuple[tuple[str, type | None, Check], ...]
    required: tuple[str, ...]


class FittingNormalizer(RecordNormalizer):
    """Checks the values of each row before dlt coerces them."""

    def __init__(self, *args: Any, **keys: Any) -> None:
        super().__init__(*args, **keys)
        self._tables: dict[str, _Table] = {}
        self._fit = coercion(self.schema.data_item_normalizer)

    def coerce_type(self, to_type: Any, from_type: Any, value: Json) -> Any:
        """As dlt, which takes a ValueError for a value of another type, and no other error."""
        try:
            return self.coerce_type_as_dlt(to_type, from_type, value)
        except Exception as error:
            raise ValueError(to_type) from error

    def infer_column_type(self, v: Any, col_name: str, skip_preferred: bool = False) -> Any:
        """Text where a time cannot be stored, and in the column apart for texts (which dlt asks
        with `skip_preferred`): a text that is no time has no other place."""
        if not isinstance(v, str):
            return super().infer_column_type(v, col_name, skip_preferred)
        if skip_preferred:
            return "text"
        kind = super().infer_column_type(v, col_name, skip_preferred)
        return "text" if kind == "timestamp" and is_beyond_all_times(v, self._fit) else kind

    def coerce_row(self, table_name: str, parent_table: str, row: Json) -> Any:
        """As dlt; raises ReadError where a column that is never empty would be."""
        known, table = self.columns_of.get(table_name), self._tables.get(table_name)
        if table is None or known is None or table.known is not known:
            # dlt makes a new object of the columns of a table when one gets a type.
            table = self._tables[table_name] = self._look_at(table_name, known)
        apart: dict[str, Any] = {}
        for name, harmless, check in table.checks:
            value = row.get(name)
            if value is None or type(value) is harmless:
                continue
            try:
                row[name] = check(value)
            except Misfit:
                apart[name] = row.pop(name)
        try:
            made, changes = super().coerce_row(table_name, parent_table, row)
        except CannotCoerceNullException:
            if all(row.get(name) is not None for name in table.required):
                raise
            made, changes = {}, None
        for name in table.required:
            if name not in made:
                raise ReadError(self._missing(table_name, name, {**row, **apart}))
        for name, value in apart.items():
            changes = self._put_apart(table_name, name, value, made, changes)
        return made, changes

    def _put_apart(self, table_name: str, name: str, value: Json, row: Json, changes: Any) -> Any:
        table = self.schema.tables[table_name]
        if type(value) not in (bool, float, str) and not (
            type(value) is int and -BITS <= value < BITS
        ):
            value = str(value)
        kind = self.kind_of_type(type(value))
        variant = self.naming.shorten_fragments(name, VARIANT_FIELD_FORMAT % kind)
        column, new, stored = self.coerce_value(
            table["columns"], table_name, variant, value, is_variant=True
        )
        row[column] = stored
        if new:
            changes = changes or {**table, "columns": {}}
            changes["columns"][column] = new
        return changes

    def _look_at(self, table_name: str, known: Any) -> _Table:
        capabilities = self.config.destination_capabilities
        columns = self.schema.tables.get(table_name, {}).get("columns", {})
        checks, required = [], []
        for name, column in columns.items():
            if is_dlts(column):
                continue
            if column.get("nullable") is False:
                required.append(name)
            if "data_type" in column and capabilities is not None:
                rounded = partial(self._note_rounded, table_name, name, column)
                check = check_of(column, capabilities, self._fit, rounded)
                if check:
                    sized = column.get("precision") is not None
                    harmless = None if sized else HARMLESS.get(str(column["data_type"]))
                    checks.append((name, harmless, check))
        return _Table(known, tuple(checks), tuple(required))

    def _note_rounded(
        self, table_name: str, name: str, column: Mapping[str, Any], places: int
    ) -> None:
        """Two keys may be rounded to one; a scale that the person has said is meant."""
        if column.get("nullable") is False:
            raise Misfit
        noted = _ROUNDED.get()
        if noted is not None and column.get("scale") is None:
            noted[table_name, name] = places

    def _missing(self, table_name: str, name: str, row: Mapping[str, Json]) -> str:
        column: Any = self.schema.tables[table_name]["columns"][name]
        why = NEVER_EMPTY
        for hint in ("primary_key", "merge_key"):
            if column.get(hint):
                why = f"which {hint} names"
        path = self._path(table_name)
        what = f"a record{f' of {table_name}' if path else ''} has"
        if row.get(name) is None:
            return f"{what} no {name}, {why}; {without(why)}"
        return (
            f"{what} {kind_of(row[name])} as {name}, {why}, and its column is "
            f"{in_words(column)}; {retyping(path, name)}"
        )

    def _path(self, table_name: str) -> list[str]:
        """The names of the lists that lead to a table."""
        path: list[str] = []
        table: Any = self.schema.tables[table_name]
        while parent := table.get("parent"):
            path.insert(0, table["name"].removeprefix(f"{parent}__"))
            table = self.schema.tables[parent]
        return path

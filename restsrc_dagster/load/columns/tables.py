"""The rows of a root table and of the tables nested in it, linked as dlt links them."""

from array import array as array_of
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from secrets import token_bytes
from types import NoneType
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
from dlt.common.schema.typing import TTableSchemaColumns
from dlt.common.schema.utils import is_nullable_column

from restsrc_dagster.extract.records.transpose import Records
from restsrc_dagster.json_types import Json
from restsrc_dagster.load.columns.arrays import array
from restsrc_dagster.load.columns.columns import Columns, kinds_of
from restsrc_dagster.load.columns.flat import Flat, Names, flattened
from restsrc_dagster.load.columns.row_by_row import NEW_COLUMN, NEW_TABLE, NotColumnar

ID_LETTERS = 14
"""As many as dlt's ids have."""


class Known(Names, Protocol):
    """What dlt knows of the tables. All raise NotColumnar where that is not enough."""

    row_id: str
    load_id: str
    parent_id: str
    position: str
    value: str

    def level(self, root: str) -> int:
        """How many levels of a root table's records become columns and tables."""

    def columns(self, table: str, *, nested: bool) -> tuple[TTableSchemaColumns, pa.Schema]:
        """The columns that have a type, as dlt describes them and as Arrow does."""

    def passed_on(self, root: str) -> Sequence[str]:
        """The columns of nested tables that hold the id of the root row."""

    def passes_nothing_on(self, table: str) -> None:
        """Nested rows inherit nothing of this nested table."""

    def only_null(self, table: str, column: str) -> None:
        """A column that has no type yet is null."""


@dataclass(frozen=True)
class _Rows:
    """Rows of one table; `path` is that of its name, `level` how far they are unfolded.

    `ids` are those of the rows, `inherited` columns that the rows of nested tables get as well.
    """

    table: str
    path: tuple[str, ...]
    records: Records | Columns
    level: int
    ids: pa.Array
    inherited: Mapping[str, pa.Array]


def tables_of(
    records: Sequence[Json] | Columns, root: str, known: Known, load_id: str
) -> list[tuple[str, pa.Table]]:
    """(name, rows) of each table; raises NotColumnar unless dlt would store just these."""
    if not isinstance(records, Columns) and set(map(type, records)) != {dict}:
        raise NotColumnar("a record that is not an object")
    ids = new_ids(len(records))
    rows = _Rows(
        root, (root,), records, known.level(root), ids, dict.fromkeys(known.passed_on(root), ids)
    )
    load_ids = pa.repeat(pa.scalar(load_id, pa.string()), len(records))
    return list(_tables(rows, {known.row_id: ids, known.load_id: load_ids}, known, nested=False))


def _tables(
    rows: _Rows, own: Mapping[str, pa.Array], known: Known, *, nested: bool
) -> Iterator[tuple[str, pa.Table]]:
    flat = flattened(rows.records, rows.table, rows.level, known)
    yield rows.table, _table(rows, flat, own, known, nested=nested)
    for path, lists in flat.lists.items():
        yield from _nested(rows, path, lists, known)


def _nested(
    above: _Rows, path: tuple[str, ...], lists: Sequence[Any], known: Known
) -> Iterator[tuple[str, pa.Table]]:
    elements = [one for some in lists if some for one in some]
    if not elements:
        return
    path = (*above.path, *path)
    table = known.joined(*path)
    known.passes_nothing_on(table)
    of = pa.array([row for row, some in enumerate(lists) if some for _ in some], pa.int64())
    positions = pa.array([n for some in lists if some for n in range(len(some))], pa.int64())
    ids = new_ids(len(elements))
    inherited = {name: values.take(of) for name, values in above.inherited.items()}
    own = {
        known.row_id: ids,
        known.parent_id: above.ids.take(of),
        known.position: positions,
        **inherited,
    }
    kinds = set(map(type, elements))
    level = above.level - 1
    if kinds == {dict}:
        rows = _Rows(table, path, elements, level, ids, inherited)
        yield from _tables(rows, own, known, nested=True)
    elif kinds & {dict, list}:
        beside = "an object beside other values" if dict in kinds else "a list"
        raise NotColumnar(f"{beside} in a list", table=table)
    else:
        rows = _Rows(table, path, (), level, ids, inherited)
        flat = Flat({known.value: elements})
        yield table, _table(rows, flat, own, known, nested=True)


def _table(
    rows: _Rows, flat: Flat, own: Mapping[str, pa.Array], known: Known, *, nested: bool
) -> pa.Table:
    columns, schema = known.columns(rows.table, nested=nested)
    names = set(schema.names)
    if taken := own.keys() & flat.columns.keys():
        raise NotColumnar("a field of that name", column=min(taken), table=rows.table)
    if new := own.keys() - names:
        if known.row_id in new:
            raise NotColumnar(NEW_TABLE, table=rows.table)
        raise NotColumnar(NEW_COLUMN, column=min(new), table=rows.table)
    for column, values in flat.columns.items():
        if column not in names:
            if kinds_of(values) != {NoneType}:
                raise NotColumnar(NEW_COLUMN, column=column, table=rows.table)
            known.only_null(rows.table, column)
    for column in flat.nulls - names:
        known.only_null(rows.table, column)
    arrays = []
    for one in schema:
        try:
            arrays.append(_array(one, rows, flat, own, columns[one.name]))
        except NotColumnar as why:
            raise NotColumnar(why.reason, column=one.name, table=rows.table) from None
    return pa.Table.from_arrays(arrays, schema=schema)


def _array(
    arrow: pa.Field, rows: _Rows, flat: Flat, own: Mapping[str, pa.Array], column: Any
) -> pa.Array:
    if arrow.name in own:
        found = own[arrow.name]
        if found.type != arrow.type:
            raise NotColumnar(f"it is dlt's own, and of type {column['data_type']}")
        return found
    if arrow.name in flat.columns:
        found = array(flat.columns[arrow.name], column["data_type"], arrow.type)
    else:
        found = pa.nulls(len(rows.ids), arrow.type)
    if found.null_count and not is_nullable_column(column):
        raise NotColumnar("no value where there must be one")
    if column["data_type"] == "text" and column.get("precision") and _is_longer(found, column):
        raise NotColumnar("a text that is longer than its precision")
    return found


def _is_longer(texts: pa.Array, column: Any) -> bool:
    longest = pc.max(pc.utf8_length(texts)).as_py()
    return longest is not None and longest > column["precision"]


def new_ids(count: int) -> pa.Array:
    """Random ones, such as dlt gives to rows."""
    letters = b64encode(token_bytes((count * ID_LETTERS * 3 + 3) // 4))
    ends = pa.py_buffer(array_of("i", range(0, (count + 1) * ID_LETTERS, ID_LETTERS)))
    return pa.StringArray.from_buffers(count, ends, pa.py_buffer(letters))

"""The tables that dlt will make of a resource's records, seen before it does.

dlt flattens objects into columns and makes nested tables of lists (`relational.py`, `_flatten`).
What becomes one column there is found out here, once for each new shape of a record: a record
whose keys and types were seen before costs a look-up.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from types import NoneType
from typing import Any, Protocol

from restsrc_dagster.connector.wording import kind_of
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.records.bounds import Bounds, refuse_own
from restsrc_dagster.extract.records.remedies import excluding, type_hint, without
from restsrc_dagster.extract.records.transpose import aligned
from restsrc_dagster.json_types import Json

VALUE = "value"
"""dlt's column for what is no object, and its name for a list in a list."""
LIST = "list"
EMPTY = "_empty"
MOST_SHAPES = 10_000
OWN = {
    True: frozenset({"_dlt_load_id", "_dlt_id"}),
    False: frozenset({"_dlt_id", "_dlt_parent_id", "_dlt_list_idx"}),
}
"""dlt's columns of a root table, and of a nested one."""


class Naming(Protocol):
    """As dlt's NamingConvention."""

    def normalize_path(self, path: str) -> str: ...
    def shorten_fragments(self, *normalized_idents: str) -> str: ...


class Tables:
    """What is known of all tables of one resource.

    Args:
        table: the resource's own.
        naming: the schema's.
        typed: dlt's types by table and column: what the schema has, then what the person says.
        stored: tables and columns that are there already.
        nesting: dlt's `max_table_nesting`.
        required: what must be in each row: why, by table and column.
        others: tables of other resources.
    """

    def __init__(
        self,
        table: str,
        naming: Naming,
        *,
        typed: Mapping[str, Mapping[str, Mapping[str, Any]]],
        stored: Mapping[str, Mapping[str, Any]],
        nesting: int = 1000,
        required: Mapping[str, Mapping[str, str]] | None = None,
        others: Set[str] = frozenset(),
    ) -> None:
        self.naming = naming
        self.typed = typed
        self.stored = stored
        self.required = required or {}
        self.others = others
        self.news: list[tuple[Rows, str]] = []
        """Columns that came, be they null, and those for which a new kind of scalar came."""
        self.bounds = Bounds()
        self._names: dict[str, str] = {}
        self.root = Rows(self, None, (table,), (), nesting)

    def normalized(self, key: str) -> str:
        """One key as dlt spells it."""
        name = self._names.get(key)
        if name is None:
            name = self.naming.normalize_path(key) if key and not key.isspace() else EMPTY
            self._names[key] = name
        return name


class Rows:
    """One table: the resource's own, or that of a list in its records.

    `table` is the path of its name, `path` that of the list as the API spells it. `kinds` are the
    types of the scalars that came for each column.
    """

    def __init__(
        self,
        tables: Tables,
        parent: "Rows | None",
        table: tuple[str, ...],
        path: tuple[str, ...],
        level: int,
    ) -> None:
        self.tables = tables
        self.parent = parent
        self.table = table
        self.path = path
        self.level = level
        self.name = tables.naming.shorten_fragments(*table)
        self.kinds: dict[str, set[type]] = {}
        tables.bounds.add_table(self.name, ".".join(path), len(tables.stored.get(self.name, {})))
        self.fields = Fields(self, (), (), level)
        self.fields.required.update(tables.required.get(self.name, {}))
        if parent and self.name in tables.others:
            where = ".".join(path)
            raise ReadError(
                f"the list {where} becomes the table {self.name}, which is that of another "
                f"resource: give that one another table_name, or leave the list out: "
                f"{excluding(where)}"
            )
        self._inner: Rows | None = None

    def inner(self) -> "Rows | None":
        """The rows of lists in the list; None where these are loaded whole."""
        if self._inner is None and self.level > 1:
            path = (*self.path, LIST)
            self._inner = Rows(self.tables, self, (*self.table, LIST), path, self.level - 2)
        return self._inner

    def look(self, values: Sequence[Any]) -> None:
        """Learn what a list holds; raises ReadError where it would not be loaded rightly."""
        records = [value for value in values if type(value) is dict]
        self.fields.look(records)
        if len(records) == len(values):
            return
        for value in values:
            if type(value) is list:
                if inner := self.inner():
                    inner.look(value)
            elif type(value) is not dict:
                self.saw(VALUE, type(value))

    def saw(self, column: str, kind: type) -> None:
        """A scalar came for a column."""
        kinds = self.kinds.get(column)
        if kinds is None:
            kinds = self.kinds[column] = set()
            if not self.is_stored(column):
                self.tables.bounds.add_column(".".join((*self.path, column)))
            self.tables.news.append((self, column))
        if kind not in kinds and kind is not NoneType:
            kinds.add(kind)
            self.tables.news.append((self, column))

    def width(self) -> int:
        """How many columns the table has with all that came, dlt's own ones among them."""
        came = {column for column, kinds in self.kinds.items() if kinds}
        return len(came | OWN[self.parent is None] | {*self.tables.stored.get(self.name, {})})

    def hints(self, column: str) -> Mapping[str, Any]:
        """What is known of a column, the person's word first."""
        return self.tables.typed.get(self.name, {}).get(column, {})

    def is_stored(self, column: str) -> bool:
        return column in self.tables.stored.get(self.name, {})


@dataclass(frozen=True, slots=True)
class Shape:
    """What records with the same keys and types have in common.

    `objects` and `lists` are the keys below which there is more. `risky`: two fields may become
    one column.
    """

    objects: list[tuple[str, "Fields"]]
    lists: list[tuple[str, Rows]]
    risky: bool
    plain: bool


Kinds = tuple[tuple[str, frozenset[type]], ...]
"""The keys of records, and the types of their values."""


def _kinds(records: Sequence[dict[str, Any]]) -> Kinds | None:
    """Those of flat records, if all have the same keys.

    A page whose kinds were seen before costs a look-up, and not each record one: what scalars of
    these types do to a table they do in whatever record they stand.
    """
    if len(records) < 2 or any(type(value) in (dict, list) for value in records[0].values()):
        return None
    columns = aligned(records)
    if columns is None:
        return None
    return tuple((key, frozenset(map(type, values))) for key, values in columns)


class Fields:
    """The fields of an object: a record, or an object whose fields are columns of its record."""

    def __init__(
        self, rows: Rows, prefix: tuple[str, ...], path: tuple[str, ...], level: int
    ) -> None:
        self.required: dict[str, str] = {}
        self._rows = rows
        self._prefix = prefix
        self._path = path
        self._level = level
        self._spelled: dict[str, str] = {}
        self._columns: dict[str, str] = {}
        self._objects: dict[str, Fields] = {}
        self._lists: dict[str, Rows] = {}
        self._shapes: dict[tuple[Any, ...], Shape] = {}
        self._plain: set[Kinds] = set()

    def look(self, records: Sequence[dict[str, Any]]) -> None:
        """Learn what records hold; raises ReadError where they would not be loaded rightly."""
        kinds = _kinds(records)
        if kinds is not None and kinds in self._plain:
            return
        if self._look_at_each(records) and kinds is not None and len(self._plain) < MOST_SHAPES:
            self._plain.add(kinds)

    def _look_at_each(self, records: Sequence[dict[str, Any]]) -> bool:
        """Whether there is nothing more to any record with the same keys and the same types."""
        shapes, all_plain = self._shapes, True
        for record in records:
            signature = (*record, *map(type, record.values()))
            shape = shapes.get(signature)
            if shape is None:
                if len(shapes) >= MOST_SHAPES:
                    shapes.clear()
                shape = shapes[signature] = self._shape(record)
            if shape.plain:
                continue
            all_plain = False
            if shape.risky:
                self._refuse_overwriting(record)
            for key, below in shape.objects:
                below.look((record[key],))
            for key, rows in shape.lists:
                rows.look(record[key])
        return all_plain

    def name(self, key: str) -> str:
        """The key as dlt spells it."""
        name = self._rows.tables.normalized(key)
        self._spelled.setdefault(name, key)
        return name

    def column(self, name: str) -> str:
        column = self._columns.get(name)
        if column is None:
            column = self._rows.tables.naming.shorten_fragments(*self._prefix, name)
            refuse_own(column, self.path(name))
            self._columns[name] = column
        return column

    def path(self, name: str) -> str:
        """Where the field is, as the API spells it."""
        return ".".join((*self._rows.path, *self._path, self._spelled.get(name, name)))

    def hints(self, name: str) -> Mapping[str, Any]:
        return self._rows.hints(self.column(name))

    def is_stored(self, name: str) -> bool:
        return self._rows.is_stored(self.column(name))

    def type_hint(self, name: str) -> str:
        return type_hint(self._rows.table[1:], self.column(name))

    def object(self, name: str) -> "Fields | None":
        """The fields of an object; None where it is loaded whole."""
        if self._is_whole(name):
            return None
        if name not in self._objects:
            path = (*self._path, self._spelled.get(name, name))
            below = Fields(self._rows, (*self._prefix, name), path, self._level - 1)
            self._objects[name] = below
        return self._objects[name]

    def list(self, name: str) -> Rows | None:
        """The rows of a list; None where it is loaded whole."""
        if self._is_whole(name):
            return None
        if name not in self._lists:
            rows = self._rows
            table = (*rows.table, *self._prefix, name)
            path = (*rows.path, *self._path, self._spelled.get(name, name))
            self._lists[name] = Rows(rows.tables, rows, table, path, rows.level - 1)
        return self._lists[name]

    def columns(self, record: Mapping[str, Json]) -> Iterator[tuple[str, str, Any]]:
        """(column, path, value) of each field, those of objects in it as well."""
        for key, value in record.items():
            name = self.name(key)
            below = self.object(name) if type(value) is dict else None
            if below is None:
                path = ".".join((*self._rows.path, *self._path, key))
                yield self.column(name), path, value
            else:
                yield from below.columns(value)

    def _shape(self, record: Mapping[str, Json]) -> Shape:
        objects: list[tuple[str, Fields]] = []
        lists: list[tuple[str, Rows]] = []
        names: list[str] = []
        scalars: dict[str, Any] = {}
        for key, value in record.items():
            name, kind = self.name(key), type(value)
            names.append(name)
            if kind is dict and (below := self.object(name)):
                objects.append((key, below))
            elif kind is list and (rows := self.list(name)):
                lists.append((key, rows))
            else:
                column = self.column(name)
                scalars[column] = value
                self._rows.saw(column, kind)
        self._require(scalars, objects, record)
        risky = len(set(names)) < len(names)
        if objects and not risky:
            inside = tuple(f"{self.name(key)}__" for key, _ in objects)
            risky = any(name.startswith(inside) for name in names)
        return Shape(objects, lists, risky, plain=not (objects or lists or risky))

    def _require(
        self,
        scalars: Mapping[str, Any],
        objects: Sequence[tuple[str, "Fields"]],
        record: Mapping[str, Json],
    ) -> None:
        for column, why in self.required.items():
            if scalars.get(column) is not None:
                continue
            inside = [
                below
                for key, below in objects
                if column.startswith("__".join((*self._prefix, f"{self.name(key)}__")))
            ]
            if inside:
                inside[0].required[column] = why
                continue
            found = {self.column(self.name(key)): value for key, value in record.items()}
            what = f"{kind_of(found[column])} as" if column in found else "no"
            of = f" of {'.'.join(self._rows.path)}" if self._rows.path else ""
            raise ReadError(f"a record{of} has {what} {column}, {why}; {without(why)}")

    def _refuse_overwriting(self, record: Mapping[str, Json]) -> None:
        """dlt lets the last one win, whatever the others held (dlt #423)."""
        seen: dict[str, tuple[str, Any]] = {}
        for column, path, value in self.columns(record):
            other, known = seen.setdefault(column, (path, value))
            if known != value:
                raise ReadError(
                    f"the fields {other!r} and {path!r} of one record differ and become one "
                    f"column, {column}: one would be lost. Leave one of them out: {excluding(path)}"
                )

    def _is_whole(self, name: str) -> bool:
        return self._level <= 0 or self.hints(name).get("data_type") == "json"

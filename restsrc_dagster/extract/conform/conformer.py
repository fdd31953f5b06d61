"""The last look at the records before dlt writes them down: what would surprise in the tables.

Each is made right, refused by name, or told; dlt's own ways are a crash in the middle of the load,
or one value that silently takes the place of another.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

import dlt
from dlt.common.normalizers.naming import NamingConvention
from dlt.common.schema import Schema
from dlt.extract.items import DataItemWithMeta
from dlt.extract.items_transform import ItemTransform

from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.connector.wording import kind_of
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.conform.column_hints import hints_by_table
from restsrc_dagster.extract.conform.required import (
    PRIMARY_KEY,
    refuse_misfits,
    required_columns,
    type_for_all,
)
from restsrc_dagster.extract.incremental.parent_cursors import bound_to
from restsrc_dagster.extract.paging.page_stats import PageStats
from restsrc_dagster.extract.parents.current_page import PageAtHand
from restsrc_dagster.extract.records.column_limit import ColumnLimit
from restsrc_dagster.extract.records.dedup import KeyDeduplicator, always, refuses_others
from restsrc_dagster.extract.records.field import FieldReader
from restsrc_dagster.extract.records.parent_of_key import ParentOfKey
from restsrc_dagster.extract.records.sanitize import OversizedInt, ValueSanitizer, are_odd
from restsrc_dagster.extract.records.shared_tables import Whose
from restsrc_dagster.extract.records.tables import Rows, Tables
from restsrc_dagster.extract.step_order import StepOrder
from restsrc_dagster.json_types import Json

COMPUTING = ("sum(", "abs(")
"""What steps make integers with, of more digits than those that the API gave."""
UNLIMITED = 1000
"""dlt's `max_nesting` where nothing is said."""


class RecordConformer(ItemTransform[Any, Any]):
    """Sees what is left of each page after the processing steps and the cursor.

    `at_hand` notes the pages before that. `versions_of` is the cursor of which the values are
    remembered by the key, in case that versions of a record come in several chunks;
    `notes_versions` says of each page whether they are.
    """

    placement_affinity = StepOrder.CONFORM

    def __init__(
        self,
        resource: Resource,
        resources: Resources,
        stats: PageStats,
        column_limit: ColumnLimit | None = None,
        *,
        versions_of: FieldReader | None = None,
        notes_versions: Callable[[], bool] = always,
        at_hand: PageAtHand | None = None,
    ) -> None:
        super().__init__(lambda item: item)
        self._at_hand = at_hand
        self._versions_of = versions_of
        self._notes_versions = notes_versions
        self._resource = resource
        self._column_limit = column_limit
        self._stats = stats
        self._mender = ValueSanitizer(stats.warn)
        self._computes = any(word in str(resource.steps) for word in COMPUTING)
        self._disposition = resources.write_disposition(resource.name)
        self._strategy = resources.strategy(resource.name)
        self._merges = resources.disposition(resource.name) == "merge"
        self._others = {other.table_name for other in resources.values() if other.selected}
        self._keys: KeyDeduplicator | None = None
        self._whose: Whose | None = None
        self._parent_of_key: ParentOfKey | None = None
        self._below_incremental = resources.below_incremental(resource.name)
        self._beside = resources.beside(resource.name)
        self._tables: Tables | None = None
        self._columns: dict[str, Any] = {}
        self._nested: dict[Any, Any] = {}
        self._hints_due = False
        self._seen: dict[str, Any] = {}

    def __call__(self, item: Any, meta: Any = None) -> Any:
        """The page as it is to be loaded, with hints where its types need some."""
        records = item if isinstance(item, list) else [item]
        tables = self._tables or self._begin(dlt.current.source_schema())
        if self._stats.odd or (self._computes and are_odd(records)):
            records = self._mender.mended(records, tables.root)
        records = self._without_nulls(records)
        tables.root.look(records)
        if self._whose:
            self._whose.look(records, tables.root.fields)
        if self._keys:
            before = len(records)
            records = self._keys.kept(records, tables.root.fields, self._parent())
            if (looked := self._parent_of_key) is not None:
                self._stats.moved = list(looked.moved) if looked.seems_shared else []
            self._stats.repeated += before - len(records)
        self._stats.handed_on += len(records)
        result = records if isinstance(item, list) else next(iter(records), None)
        if tables.news:
            if self._column_limit:
                for rows in {rows for rows, _ in tables.news}:
                    self._column_limit.refuse(rows.name, rows.width())
            self._decide_types(tables, records)
        if self._hints_due and records:
            self._hints_due = False
            return dlt.mark.with_hints(result, self._hints())
        # Children inherit the mark of their parent's page, and would take its hints for theirs.
        return result if meta is None or result is None else DataItemWithMeta(None, result)

    def _begin(self, schema: Schema) -> Tables:
        naming, resource = schema.naming, self._resource
        table = naming.normalize_tables_path(resource.table_name)
        stored = {
            name: {key: column for key, column in one["columns"].items() if "data_type" in column}
            for name, one in schema.tables.items()
        }
        typed: dict[str, dict[str, Any]] = {name: dict(one) for name, one in stored.items()}
        for name, columns in hinted_columns(resource, table, naming).items():
            for key, hints in columns.items():
                if "data_type" in hints:
                    typed.setdefault(name, {})[key] = hints
        nesting = resource.hints.get("max_table_nesting")
        required = required_columns(resource, self._disposition, table, naming, stored)
        whys = required.get(table, {}).items()
        keys = [name for name, why in whys if why.startswith(PRIMARY_KEY)]
        if self._below_incremental and keys and self._merges:
            state = dlt.current.resource_state(resource.name)
            self._parent_of_key = ParentOfKey(state, bound_to(resource))
        if keys:
            self._keys = KeyDeduplicator(
                keys,
                self._stats.keys,
                refuses=refuses_others(self._strategy),
                versions_of=self._versions_of,
                notes_versions=self._notes_versions,
                parents=self._parent_of_key,
            )
        if self._beside and keys and self._merges:
            self._whose = Whose(resource.name, self._beside, keys)
        self._tables = Tables(
            table,
            naming,
            typed=typed,
            stored=stored,
            nesting=UNLIMITED if nesting is None else nesting,
            required=required,
            others={naming.normalize_tables_path(other) for other in self._others} - {table},
        )
        return self._tables

    def keys_of(self, records: Sequence[Json]) -> list[Any]:
        """The primary keys of records that have passed."""
        assert self._keys is not None  # noqa: S101 - some have passed
        assert self._tables is not None  # noqa: S101
        return self._keys.keys(records, self._tables.root.fields)

    @property
    def is_sorted(self) -> bool:
        """Whether records have the field by which the person says which version stays."""
        if self._tables is None:
            return False
        kinds, spelled = self._tables.root.kinds, self._tables.naming.normalize_path
        return any(kinds.get(spelled(name)) for name in self._resource.sorted_by)

    def _parent(self) -> str | None:
        parent = self._at_hand.parent if self._at_hand else None
        return parent.key if parent else None

    def _without_nulls(self, records: list[Json]) -> list[Any]:
        """dlt makes a row of nulls of each; what is no object gets a column `value`."""
        kinds = {*map(type, records)}
        if kinds <= {dict} and self._seen.keys() <= {"record"}:
            self._seen["record"] = None
            return records
        if type(None) in kinds:
            self._stats.warn("some records were null, and were left out")
            records = [record for record in records if record is not None]
        for record in records:
            kind = "record" if isinstance(record, dict) else "value"
            self._seen.setdefault(kind, record)
        if len(self._seen) > 1:
            raise ReadError(
                f"some records are objects, and one is {kind_of(self._seen['value'])}: they have "
                "no columns in common; correct data_selector, or name a processing step that "
                'keeps them out, such as {"filter": "type(@) == \'object\'"}'
            )
        if list in kinds:
            raise ReadError(
                "records are lists, which have no names for their values: name them by a "
                'processing step, such as {"map": "{day: [0], value: [1]}"}; a first row of names '
                'is left out by data_selector "$[1:]"'
            )
        return records

    def _decide_types(self, tables: Tables, records: list[Json]) -> None:
        """dlt takes the type of the first value, and gives others a column of their own."""
        for rows, column in dict.fromkeys(tables.news):
            kinds, known = rows.kinds[column], rows.hints(column).get("data_type")
            self._stats.fields.setdefault(rows.name, set()).add(column)
            if kinds:
                self._stats.columns.setdefault(rows.name, set()).add(column)
            if bool in kinds or known == "bool":
                self._warn_of_truth(rows, column, kinds)
            kind = None if known else _common_type(kinds)
            if why := tables.required.get(rows.name, {}).get(column):
                kind = kind or self._type_of_required(rows, column, why, records)
            if kind is None:
                continue
            columns = self._columns if rows.parent is None else self._nested_columns(rows)
            hint = {**columns.get(column, {}), "name": column, "data_type": kind}
            if columns.get(column) != hint:
                columns[column] = hint
                self._hints_due = True
        tables.news.clear()

    def _type_of_required(
        self, rows: Rows, column: str, why: str, records: list[Any]
    ) -> str | None:
        """A value of another type would leave the column empty, in which it must not be."""
        known = rows.hints(column)
        if "data_type" not in known:
            kind = type_for_all(rows.kinds[column], column, why)
            if kind:
                self._stats.warn(
                    f"{column}, {why}, is a number in some records and text in others: all of them "
                    "are stored as text"
                )
            return kind
        if rows.parent is None:
            of = rows.fields
            found = (of.columns(record) for record in records if isinstance(record, dict))
            values = (
                value
                for one in found
                for name, _, value in one
                if name == column and value is not None
            )
            refuse_misfits(values, column, known, why, dlt.current.source_schema())
        return None

    def _nested_columns(self, rows: Rows) -> dict[str, Any]:
        """Hints of a nested table; dlt wants every table above it to be named as well.

        One with a key of its own is none to dlt: what is added goes to the person's hints.
        """
        parent, columns = rows.parent, {}
        if parent is not None:
            if parent.parent is not None:
                self._nested_columns(parent)
            for name, hints in self._resource.nested_hints.items():
                if _has_key(hints) and _is_named(rows, name):
                    own = {**hints, "columns": dict(hints.get("columns") or {})}
                    return cast("dict[str, Any]", self._nested.setdefault(name, own)["columns"])
            new = {"parent_table_name": parent.name, "columns": {}}
            columns = self._nested.setdefault(rows.table[1:], new)["columns"]
        return columns

    def _warn_of_truth(self, rows: Rows, column: str, kinds: set[type]) -> None:
        if kinds & {int, float}:
            self._stats.warn(
                f"the field {'.'.join((*rows.path, column))} is true or false in some records and "
                "a number in others: numbers become true or false where the column is bool; name "
                'its type in columns, such as {"data_type": "text"}'
            )

    def _hints(self) -> Any:
        nested: Any = {**self._resource.nested_hints, **self._nested} if self._nested else None
        return dlt.mark.make_hints(columns=dict(self._columns) or None, nested_hints=nested)


def _has_key(hints: Mapping[str, Any]) -> bool:
    columns = (hints.get("columns") or {}).values()
    return any(
        hints.get(key) or any(column.get(key) for column in columns)
        for key in ("primary_key", "merge_key")
    )


def _is_named(rows: Rows, name: str) -> bool:
    root, naming = rows.tables.root.name, rows.tables.naming
    return naming.shorten_fragments(root, naming.normalize_path(name)) == rows.name


def hinted_columns(
    resource: Resource, table: str, naming: NamingConvention
) -> dict[str, dict[str, Any]]:
    """The person's hints of columns, by table and column as dlt spells them."""
    return {
        name: {
            naming.normalize_path(key): column
            for key, column in (said.get("columns") or {}).items()
        }
        for name, said in hints_by_table(resource, table, naming).items()
    }


def _common_type(kinds: set[type]) -> str | None:
    """The type for all numbers of a new column; None where dlt's own choice is as good."""
    if OversizedInt in kinds and kinds <= {int, float, Decimal, OversizedInt, str}:
        return "text"
    if not kinds <= {int, float, Decimal, OversizedInt}:
        return None
    if OversizedInt in kinds or kinds >= {float, Decimal}:
        return "text"
    if Decimal in kinds:
        return "decimal"
    return "double" if float in kinds and int in kinds else None

"""The tables that a load would make of some records: their columns, with the types of dlt."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dlt.common.schema import Schema
from dlt.common.schema.utils import get_nested_tables
from dlt.extract.resource import DltResource

from restsrc_dagster.extract.conform.fitting import FittingNormalizer
from restsrc_dagster.extract.conform.trial import Trial, capabilities_at_hand
from restsrc_dagster.extract.conform.type_fit import in_words, is_dlts, places_of
from restsrc_dagster.json_types import Json

NO_COLUMN = "only null"
"""In place of a type: there is no column before a value comes."""


@dataclass(frozen=True, kw_only=True)
class SeenColumn:
    """One column.

    Attributes:
        type: dlt's, with its size: `decimal(38,9)`.
        example: a value as the API gave it; None if no record has one.
        present: in how many rows there is a value.
    """

    name: str
    type: str
    example: Any
    present: int


@dataclass(frozen=True, kw_only=True)
class SeenTable:
    """One table, of a resource or nested below it, with as many rows as were seen."""

    name: str
    rows: int
    columns: list[SeenColumn]


class SeenTables:
    """Those of one resource; `capabilities` of the destination are taken from where dlt has them.

    Args:
        resource: dlt's.
        schema: that of the source, which stays as it is.
    """

    def __init__(self, resource: DltResource, schema: Schema) -> None:
        self._trial = Trial(resource, schema, by=_ObservingNormalizer)
        self._root = schema.naming.normalize_tables_path(str(resource.table_name))
        self._capabilities = capabilities_at_hand()

    def take(self, item: Any, meta: Any) -> None:
        """Look at a page as it would be written; raises dlt's DataValidationError."""
        self._trial.take(item, meta)

    @property
    def found(self) -> list[SeenTable]:
        """The table of the resource, then those nested below it."""
        normalizer = self._trial.normalizer
        if not isinstance(normalizer, _ObservingNormalizer) or not normalizer.rows:
            return []
        tables = normalizer.schema.tables
        return [
            SeenTable(
                name=str(table["name"]),
                rows=normalizer.rows.get(str(table["name"]), 0),
                columns=list(self._columns(table, normalizer)),
            )
            for table in get_nested_tables(tables, self._root)
            if normalizer.rows.get(str(table["name"]))
        ]

    def _columns(
        self, table: Mapping[str, Any], normalizer: "_ObservingNormalizer"
    ) -> Iterator[SeenColumn]:
        for name, column in table["columns"].items():
            if is_dlts(column):
                continue
            seen = normalizer.values.get((table["name"], name), _NOTHING)
            yield SeenColumn(
                name=name, type=self._type(column), example=seen.example, present=seen.count
            )

    def _type(self, column: Mapping[str, Any]) -> str:
        match column.get("data_type"):
            case None:
                return NO_COLUMN
            case "decimal" if self._capabilities is not None:
                digits, places = places_of(column, self._capabilities)
                return f"decimal({digits},{places})"
            case "timestamp" if column.get("timezone") is False:
                return f"{in_words(column)} without time zone"
            case _:
                return in_words(column)


@dataclass
class _Values:
    example: Any = None
    count: int = 0


_NOTHING = _Values()


class _ObservingNormalizer(FittingNormalizer):
    """Counts the values of each column, and keeps the first of each.

    Attributes:
        rows: how many there are, by table.
        values: by table and column.
    """

    def __init__(self, *args: Any, **keys: Any) -> None:
        super().__init__(*args, **keys)
        self.rows: dict[str, int] = {}
        self.values: dict[tuple[str, str], _Values] = {}

    def coerce_row(self, table_name: str, parent_table: str, row: Json) -> Any:
        """As it is coerced otherwise."""
        given = dict(row)
        made, changes = super().coerce_row(table_name, parent_table, row)
        self.rows[table_name] = self.rows.get(table_name, 0) + 1
        for name, value in made.items():
            seen = self.values.setdefault((table_name, name), _Values())
            if seen.example in (None, ""):
                seen.example = given.get(name, value)
            seen.count += 1
        return made, changes

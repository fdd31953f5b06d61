"""Files of one table that take records and Arrow tables, in any order."""

from collections.abc import Sequence
from itertools import groupby
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq
from dlt.common.schema.typing import TColumnSchema, TTableSchemaColumns

from restsrc_dagster.collector import without_collecting
from restsrc_dagster.dlt_compat.writers import RecordWriter, TableWriter
from restsrc_dagster.json_types import Json
from restsrc_dagster.load.columns.handover import Handover

ROWS_AT_ONCE = 50_000
"""Of one row group: many small ones take long to write and to read."""
BYTES_AT_ONCE = 64_000_000
"""Of one row group, too: rows may be wide."""


class HandoverWriter(RecordWriter):
    """dlt's writer of what was extracted, which puts columns down beside its file."""

    def write_data(self, items: Sequence[Any]) -> None:
        """Records, which have the same keys or not."""
        handover = Handover.current()
        if handover is None or self.is_compressed:  # who compresses wants no such file
            super().write_data(items)
            return
        with without_collecting():
            mark = handover.put(items)
        super().write_data(items if mark is None else [mark])
        self.items_count += 0 if mark is None else len(items) - 1


class MixedParquetWriter(TableWriter):
    """dlt's writer of records; Arrow tables have columns of the types that it would write."""

    def __init__(self, *args: Any, **keys: Any) -> None:
        super().__init__(*args, **keys)
        self._held: list[pa.Table] = []

    def write_header(self, columns_schema: TTableSchemaColumns) -> None:
        """A decimal with a precision alone has the places in the file that its column has."""
        super().write_header(
            {
                name: {**column, "scale": self.decimal_places}
                if column.get("data_type") == "decimal" and _is_without_scale(column)
                else column
                for name, column in columns_schema.items()
            }
        )

    def write_data(self, items: Sequence[Any]) -> None:
        """Records as dicts, and tables; a column that a table lacks is null."""
        for is_table, some in groupby(items, key=lambda item: isinstance(item, pa.Table)):
            if is_table:
                self._hold(list(some))
            else:
                self._write_records(list(some))

    def _write_records(self, records: Sequence[Json]) -> None:
        super().write_data(records)

    def write_footer(self) -> None:
        self._write_held()
        super().write_footer()

    def create_writer(self, file: IO[bytes], schema: pa.Schema) -> Any:
        """As dlt's, without dictionaries: to make them takes longer than to write the columns, and
        the file is read once."""
        return pq.ParquetWriter(file, schema, use_dictionary=False, **self.options())

    def _hold(self, tables: Sequence[pa.Table]) -> None:
        for table in tables:
            self.items_count += table.num_rows
            self._held.append(self._complete(table))
        rows = sum(table.num_rows for table in self._held)
        if rows >= ROWS_AT_ONCE or sum(table.nbytes for table in self._held) >= BYTES_AT_ONCE:
            self._write_held()

    def _complete(self, table: pa.Table) -> pa.Table:
        """With the columns that came up since it was made."""
        names, schema = set(table.column_names), self.schema
        assert schema is not None  # noqa: S101 - of the open file
        return pa.table(
            [
                table[one.name].cast(one.type)
                if one.name in names
                else pa.nulls(table.num_rows, one.type)
                for one in schema
            ],
            schema=schema,
        )

    def _write_held(self) -> None:
        if self._held and self.writer:
            held, self._held = self._held, []
            self.writer.write_table(
                pa.concat_tables(held), row_group_size=self.parquet_format.row_group_size
            )


def _is_without_scale(column: TColumnSchema) -> bool:
    return column.get("precision") is not None and column.get("scale") is None

"""Rows as PostgreSQL's COPY takes them, in its text format.

dlt's way, INSERT statements of text, takes several times as long; its files of CSV make an empty
text null (FORCE_NULL), and in CSV a line `\\.` within a text ends the file.
"""

from collections.abc import Sequence
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
from dlt.common.json import json
from dlt.common.schema.typing import TTableSchemaColumns

from restsrc_dagster.json_types import Json
from restsrc_dagster.load.columns.writer import MixedParquetWriter

NULL = r"\N"
_EMPTY, _TAB, _END = (pa.scalar(text, pa.large_string()) for text in ("", "\t", "\n"))
ESCAPED = {"\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"}
_MAY_NEED_ESCAPES = r"[\\\n\r\t]"


class CopyTextWriter(MixedParquetWriter):
    """Takes what `MixedParquetWriter` takes. The first line of its file names the columns."""

    def write_header(self, columns_schema: TTableSchemaColumns) -> None:
        """Numbers and times keep all their digits: the database rounds them, as it does those of
        INSERT statements, where Arrow refuses them or cuts them off."""
        super().write_header(columns_schema)
        assert self.schema is not None  # noqa: S101 - of the file that was opened now
        self.schema = pa.schema([field.with_type(_unrounded(field.type)) for field in self.schema])
        self._decimals = [
            name for name, one in columns_schema.items() if one["data_type"] in ("decimal", "wei")
        ]

    def _write_records(self, records: Sequence[Json]) -> None:
        for name in self._decimals:
            for record in records:
                if (value := record.get(name)) is not None:
                    record[name] = str(value)
        super()._write_records(records)

    def create_writer(self, file: IO[bytes], schema: pa.Schema) -> Any:
        return _CopyText(file, schema)


class _CopyText:
    """In place of a writer of parquet."""

    def __init__(self, file: IO[bytes], schema: pa.Schema) -> None:
        self._file = file
        file.write(json.dumpb(schema.names) + b"\n")

    def write_table(self, table: pa.Table, row_group_size: int | None = None) -> None:  # noqa: ARG002
        """Write all rows."""
        for batch in table.to_batches():
            self._file.write(lines_of(batch))

    def close(self) -> None:
        """The file belongs to whoever has opened it."""


def _unrounded(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_decimal(kind):
        return pa.string()
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz)
    return pa.time64("us") if pa.types.is_time(kind) else kind


def lines_of(rows: pa.RecordBatch) -> memoryview:
    """One line for each row, the columns separated by tabs."""
    *texts, last = map(_text, rows.columns)
    ended = pc.binary_join_element_wise(last, _EMPTY, _END)
    _, ends, letters = pc.binary_join_element_wise(*texts, ended, _TAB).buffers()
    end = memoryview(ends).cast("B").cast("q")[rows.num_rows]
    return memoryview(letters)[:end]


def _text(column: pa.Array) -> pa.Array:
    if pa.types.is_binary(column.type):
        hex_of = [None if one is None else rf"\\x{one.hex()}" for one in column.to_pylist()]
        return pa.array(hex_of, pa.large_string()).fill_null(NULL)
    text = column.cast(pa.string()).cast(pa.large_string())  # a chunk may be more than 2 GB
    if pa.types.is_string(column.type) and _any_matches(text, _MAY_NEED_ESCAPES):
        for character, escaped in ESCAPED.items():
            text = pc.replace_substring(text, character, escaped)
    return text.fill_null(NULL)


def _any_matches(texts: pa.Array, pattern: str) -> bool:
    return pc.any(pc.match_substring_regex(texts, pattern)).as_py() is True

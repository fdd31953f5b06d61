"""dlt's normalizer of records, which lets those that fit their tables pass by the column."""

import gc
import logging
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pyarrow as pa
from dlt.common.configuration import inject_section, known_sections, resolve_configuration
from dlt.common.configuration.specs import ConfigSectionContext
from dlt.common.libs.pyarrow import columns_to_arrow
from dlt.common.runners.configuration import PoolRunnerConfiguration
from dlt.common.schema import Schema, TSchemaUpdate
from dlt.common.schema.typing import TTableSchemaColumns
from dlt.common.schema.utils import is_nested_table
from dlt.common.time import get_context_timezone_name
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.collector import without_collecting
from restsrc_dagster.dlt_compat.normalizer import NORMALIZER
from restsrc_dagster.dlt_compat.relational import Relational, is_relational
from restsrc_dagster.dlt_compat.replaced import replaced
from restsrc_dagster.dlt_compat.writers import (
    CSV,
    PARQUET,
    RECORD_WRITER,
    DataItemStorage,
    DataWriter,
    FileWriterSpec,
    write_tables_by,
)
from restsrc_dagster.extract.conform.fitting import FittingNormalizer
from restsrc_dagster.extract.progress import counted
from restsrc_dagster.json_types import Json
from restsrc_dagster.load.columns.columns import Columns
from restsrc_dagster.load.columns.copy_text import CopyTextWriter
from restsrc_dagster.load.columns.file_writer import FileWriter
from restsrc_dagster.load.columns.handover import Handover
from restsrc_dagster.load.columns.row_by_row import NEW_TABLE, NotColumnar, note_row_by_row
from restsrc_dagster.load.columns.tables import tables_of
from restsrc_dagster.load.columns.writer import HandoverWriter, MixedParquetWriter

log = logging.getLogger(__name__)

STEP_GROWS = 16
DLT_TABLES = "_dlt_"
"""How the names of dlt's own begin."""
WRITERS: Mapping[FileWriter, tuple[FileWriterSpec, type[DataWriter]]] = {
    FileWriter.PARQUET: (PARQUET, MixedParquetWriter),
    FileWriter.COPY_TEXT: (CSV, CopyTextWriter),
}
"""The files of dlt in whose place each writer puts its own, and its class."""
_TAKEN: "ContextVar[Set[FileWriter]]" = ContextVar("restsrc_writers", default=frozenset())
"""By the destination of the load that goes on in this context."""


@contextmanager
def by_the_column(
    between: Path | None = None, writers: Set[FileWriter] = frozenset({FileWriter.PARQUET})
) -> Iterator[Handover | None]:
    """While it lasts, what is normalized by who calls this goes by the column where it can.

    Loads may overlap.

    Args:
        between: a file that does not exist: what is extracted meanwhile goes by the column from
            there on, if it is normalized meanwhile, too.
        writers: those of which the destination takes files.
    """
    token = _TAKEN.set(writers)
    try:
        with _PUT_IN, Handover(between) if between else nullcontext() as handover:
            yield handover
    finally:
        _TAKEN.reset(token)


def writer_for(spec: FileWriterSpec, taken: Set[FileWriter]) -> type[DataWriter] | None:
    """What writes files in the place of those that dlt has chosen; None where that is dlt."""
    known = (WRITERS[one] for one in FileWriter if one in taken)
    return next((writer for replaces, writer in known if replaces == spec), None)


def is_normalized_here(pipeline: Pipeline) -> bool:
    """Whether dlt normalizes in this process, and not in several of its own."""
    sections = ConfigSectionContext(
        pipeline_name=pipeline.pipeline_name, sections=(known_sections.NORMALIZE,)
    )
    with inject_section(sections):
        return (
            resolve_configuration(PoolRunnerConfiguration(pool_type="none", workers=1)).workers == 1
        )


def refuse_marks(handover: Handover, schema: Schema) -> None:
    """Fail where dlt took for a record what stands for many; there is no way that leads here."""
    mark = schema.naming.normalize_identifier(handover.mark)
    for table in schema.tables.values():
        if mark in table["columns"]:
            raise RuntimeError(f"columns of {table['name']} were not read: nothing was loaded")


class ColumnarNormalizer(FittingNormalizer):
    """Records go by the column; a few, where one among them does not fit, dlt's way."""

    def __init__(self, item_storage: DataItemStorage, *args: Any, **keys: Any) -> None:
        super().__init__(item_storage, *args, **keys)
        self._step = 1
        self._known: _Known | None = None
        if writer := writer_for(item_storage.writer_spec, _TAKEN.get()):
            write_tables_by(writer, item_storage)
            if is_relational(self.schema):
                self._known = _Known(self)

    def __call__(self, extracted_items_file: str, root_table_name: str) -> list[TSchemaUpdate]:
        """What a file of records changes in the schema; its rows are written."""
        with without_collecting():
            return super().__call__(extracted_items_file, root_table_name)

    def normalize_chunk(
        self, root_table_name: str, items: list[Any], may_have_pua: bool, skip_write: bool
    ) -> TSchemaUpdate:
        handover = Handover.current()
        columns = handover.get(items) if handover else None
        if columns is not None and columns.may_have_pua:
            items, may_have_pua, columns = columns.records(), True, None
        if self._known is None or may_have_pua or skip_write:
            items = columns.records() if columns else items
            if not skip_write:  # with it, dlt goes by the columns of a file without records
                self._note(root_table_name, len(items), self._why_none(may_have_pua))
            return super().normalize_chunk(root_table_name, items, may_have_pua, skip_write)
        update: TSchemaUpdate = {}
        rest: list[Any] | Columns = columns or items
        while rest and (reason := self._why_not(root_table_name, rest, self._known)):
            # Mostly it is the first record of a table, or of a new field; it may be any.
            some, rest = _cut(rest, self._step)
            self._note(root_table_name, len(some), reason)
            self._step *= STEP_GROWS
            partial = super().normalize_chunk(root_table_name, some, may_have_pua, skip_write)
            gc.collect(1)
            for table, changes in partial.items():
                update.setdefault(table, []).extend(changes)
        return update

    def _why_none(self, may_have_pua: bool) -> str:
        """Why no record of a chunk is even tried by the column."""
        if self._known is not None and may_have_pua:
            return "texts with characters by which dlt marks values"
        if not is_relational(self.schema):
            return "the schema has a normalizer of its own"
        return f"files of {self.item_storage.writer_spec.file_format} are written row by row"

    def _note(self, root: str, records: int, reason: str) -> None:
        if records and not root.startswith(DLT_TABLES):
            log.debug("%s: row by row, %s: %s", root, counted(records, "record"), reason)
            note_row_by_row(root, records, reason)

    def _why_not(self, root: str, records: Sequence[Json] | Columns, known: "_Known") -> str | None:
        """Write the records, or say why they cannot go by the column."""
        try:
            tables = tables_of(records, root, known, self.load_id)
        except NotColumnar as why:
            return why.of(root)
        for name, rows in tables:
            self.item_storage.write_data_item(
                self.load_id, self.schema.name, name, rows, self.schema.get_table_columns(name)
            )
            self.report_progress(name, rows.num_rows)
        self._step = 1
        return None


_PUT_IN = replaced((NORMALIZER, ColumnarNormalizer), (RECORD_WRITER, HandoverWriter))


def _cut(records: list[Json] | Columns, at: int) -> tuple[list[Any], list[Any] | Columns]:
    if isinstance(records, Columns):
        return records.sliced(0, at).records(), records.sliced(min(at, len(records)))
    return records[:at], records[at:]


class _Known(Relational):
    """What a normalizer knows, and how it does what it does record by record."""

    def __init__(self, normalizer: ColumnarNormalizer) -> None:
        super().__init__(normalizer.schema)
        self._normalizer = normalizer
        self._arrow: dict[str, tuple[TTableSchemaColumns, pa.Schema]] = {}

    def level(self, root: str) -> int:
        if self._normalizer.discards:
            raise NotColumnar("schema_contract discards some of it")
        if self.hashes(root):
            raise NotColumnar("the ids of rows are made of what is in them")
        if self.excludes:
            raise NotColumnar("the schema excludes fields")
        return self.levels(root)

    def columns(self, table: str, *, nested: bool) -> tuple[TTableSchemaColumns, pa.Schema]:
        described = self.schema.tables.get(table)
        if described is None:
            raise NotColumnar(NEW_TABLE, table=table)
        if is_nested_table(described) != nested:
            raise NotColumnar("the table is nested below another one", table=table)
        columns = self.schema.get_table_columns(table)
        known = self._arrow.get(table)
        if known is None or known[0] != columns:
            caps = self._normalizer.config.destination_capabilities
            arrow = columns_to_arrow(columns, caps, get_context_timezone_name())
            known = self._arrow[table] = columns, arrow
        return known

    def passed_on(self, root: str) -> Sequence[str]:
        passed = self.inherited(root, is_root=True)
        if passed.keys() - {self.row_id}:
            raise NotColumnar("nested rows get values of their root row")
        return list(passed.values())

    def passes_nothing_on(self, table: str) -> None:
        if self.inherited(table, is_root=False):
            raise NotColumnar("nested rows get values of this table", table=table)

    def only_null(self, table: str, column: str) -> None:
        described = self.schema.tables[table]["columns"]
        if column not in described and self.is_never_null(column):
            raise NotColumnar("null where there must be a value", column=column, table=table)
        self._normalizer.coerce_null(described, table, column)

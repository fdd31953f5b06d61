"""The tables that a load of a sample would make, column by column."""

import json
from collections.abc import Iterator
from typing import Any

from restsrc_dagster.extract.conform.seen_tables import NO_COLUMN, SeenColumn, SeenTable
from restsrc_dagster.extract.records.infer import infer_columns
from restsrc_dagster.extract.sample.sample import Sample

EXAMPLE_LENGTH = 48


def tables_of(sample: Sample) -> list[SeenTable]:
    """That of the resource first; with the fields that have no column yet, as they are null."""
    if not sample.tables:
        return []
    root, *nested = sample.tables
    nulls = [
        SeenColumn(name=column.name, type=NO_COLUMN, example=None, present=0)
        for column in infer_columns(sample.records)
        if column.type == NO_COLUMN and column.name not in {one.name for one in root.columns}
    ]
    return [SeenTable(name=root.name, rows=root.rows, columns=[*root.columns, *nulls]), *nested]


def facts_of(table: SeenTable) -> dict[str, Any]:
    """For machines."""
    return {"name": table.name, "rows": table.rows, "columns": _columns(table)}


def _columns(table: SeenTable) -> list[dict[str, Any]]:
    return [{**vars(column), "optional": column.present < table.rows} for column in table.columns]


def lines_of(tables: list[SeenTable]) -> Iterator[str]:
    """For people: the columns of each; `text?` where some rows lack a value."""
    for position, table in enumerate(tables):
        yield f"  table {table.name}" if position else "  columns"
        width = max((len(column.name) for column in table.columns), default=0)
        for column in table.columns:
            is_optional = 0 < column.present < table.rows
            kind = f"{column.type}{'?' if is_optional else ''}"
            yield f"    {column.name:<{width}}  {kind:<12}  {_shown(column.example)}"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= EXAMPLE_LENGTH else f"{text[:EXAMPLE_LENGTH]}…"

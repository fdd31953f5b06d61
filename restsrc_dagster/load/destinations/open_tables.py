"""Tables of files that can be merged into (delta, iceberg), made ready before rows are.

dlt merges each of them by itself, by `upsert`. Two things are missing there:

- A list that has become shorter keeps the rows of its old end: in databases dlt deletes them
  (`deltalake.py` and `pyiceberg.py` of `dlt/common/libs` only update and insert).
- pyiceberg looks for the rows to update in the columns of the last snapshot, and fails where rows
  bring a column that is newer (`Transaction.upsert`, of 0.12).

Both are done before the load commits. If that is killed, no cursor has moved: the next run brings
the same records, and the rows of their lists, again.
"""

import warnings
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from dlt.common.destination.exceptions import DestinationUndefinedEntity
from dlt.common.destination.utils import resolve_merge_strategy
from dlt.common.schema import Schema
from dlt.common.schema.utils import get_first_column_name_with_prop, get_nested_tables
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.load.destinations.profile import FILESYSTEM, type_of

FORMATS = ("delta", "iceberg")
Files = Mapping[str, Sequence[Path]]
"""Of rows that are to be loaded, by table."""


def make_ready(pipeline: Pipeline) -> None:
    """Remove what a merge into delta or iceberg files would leave of lists that became shorter.

    Call it before a pipeline's package is loaded, each time that it is; for other destinations it
    does nothing.
    """
    schema = pipeline.default_schema
    merged = _merged(pipeline, schema) if type_of(pipeline.destination) == FILESYSTEM else {}
    if not merged:
        return
    files = _files(pipeline)
    with pipeline.destination_client() as client:
        for root, table_format in merged.items():
            ids = _ids(schema, root, files)
            for table in get_nested_tables(schema.tables, root):
                name = str(table["name"])
                try:
                    found = client.load_open_table(table_format, name)  # type: ignore[attr-defined]
                except DestinationUndefinedEntity:  # nothing was ever loaded into it
                    continue
                if table_format == "iceberg" and name in files:
                    _add_columns(found, files[name])
                key = get_first_column_name_with_prop(table, "root_key")
                if name != root and key and len(ids):
                    _DELETE[table_format](found, key, ids)


def _merged(pipeline: Pipeline, schema: Schema) -> dict[str, str]:
    """The root tables that are merged by `upsert`, and their formats."""
    capabilities = pipeline.destination.capabilities()
    return {
        str(table["name"]): str(table["table_format"])
        for table in schema.data_tables(seen_data_only=True)
        if not table.get("parent")
        and table.get("table_format") in FORMATS
        and resolve_merge_strategy(schema.tables, table, capabilities) == "upsert"
    }


def _files(pipeline: Pipeline) -> Files:
    found: dict[str, list[Path]] = {}
    for package in pipeline.list_normalized_load_packages():
        for job in pipeline.get_load_package_info(package).jobs["new_jobs"]:
            if job.job_file_info.file_format == "parquet":
                path = Path(job.file_path)
                found.setdefault(job.job_file_info.table_name, []).append(path)
    return found


def _ids(schema: Schema, root: str, files: Files) -> pa.ChunkedArray:
    """Those of the records to be loaded, which dlt makes of their primary keys."""
    key = get_first_column_name_with_prop(schema.tables[root], "row_key")
    tables = [pq.read_table(path, columns=[key]) for path in files.get(root, ()) if key]
    return pa.concat_tables(tables).column(0) if tables else pa.chunked_array([], pa.string())


def _add_columns(table: Any, files: Sequence[Path]) -> None:
    """And make a snapshot that has them, of no rows."""
    from dlt.common.libs.pyiceberg import ensure_iceberg_compatible_arrow_schema

    columns = pa.unify_schemas([pq.read_schema(path) for path in files])
    if set(columns.names) <= {field.name for field in table.schema().fields}:
        return
    with table.update_schema() as update:
        update.union_by_name(ensure_iceberg_compatible_arrow_schema(columns))
    table.append(table.schema().as_arrow().empty_table())


def _delete_of_delta(table: Any, column: str, values: pa.ChunkedArray) -> None:
    table.merge(
        source=pa.table({column: values}),
        predicate=f"target.{column} = source.{column}",
        source_alias="source",
        target_alias="target",
    ).when_matched_delete().execute()


def _delete_of_iceberg(table: Any, column: str, values: pa.ChunkedArray) -> None:
    expressions: Any = import_module("pyiceberg.expressions")
    with warnings.catch_warnings():  # that no row was found
        warnings.simplefilter("ignore")
        table.delete(expressions.In(column, values.to_pylist()))


_DELETE = {"delta": _delete_of_delta, "iceberg": _delete_of_iceberg}

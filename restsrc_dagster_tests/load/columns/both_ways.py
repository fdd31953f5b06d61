"""The same pages record by record, and by the column: what comes out of each."""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dlt
import pyarrow.parquet as pq
from dlt.normalize import worker
from dlt.normalize.items_normalizers import JsonLItemsNormalizer
from dlt.pipeline.exceptions import PipelineStepFailed

from restsrc_dagster.extract.conform.fitting import FittingNormalizer
from restsrc_dagster.load.columns.normalizer import by_the_column, refuse_marks

IDS = {"_dlt_id", "_dlt_parent_id", "_dlt_root_id", "_dlt_load_id"}
CHUNK = "SOURCES__DATA_WRITER__BUFFER_MAX_ITEMS"
UNCOMPRESSED = "SOURCES__DATA_WRITER__DISABLE_COMPRESSION"
Row = dict[str, Any]
Tables = dict[str, list[Row]]


@dataclass(frozen=True)
class Outcome:
    """What would be loaded: rows without their ids, the nested ones in their parents.

    `failed` are the names of the errors that ended it. `types` are those of the files. `ids` are
    those that dlt makes of what is in a row, where it does.
    """

    failed: tuple[str, ...] = ()
    schema: Any = None
    types: Any = None
    rows: Any = None
    counts: Any = None
    ids: Any = None


@contextmanager
def by_the_record(normalizer: type[JsonLItemsNormalizer]) -> Iterator[None]:
    """While it lasts, dlt normalizes with `normalizer`."""
    name = JsonLItemsNormalizer.__name__
    setattr(worker, name, normalizer)
    try:
        yield
    finally:
        setattr(worker, name, JsonLItemsNormalizer)


def outcome(
    folder: Path,
    pages: Sequence[Any],
    *,
    columnar: bool,
    normalizer: type[JsonLItemsNormalizer] = FittingNormalizer,
    **hints: Any,
) -> Outcome:
    """Extract and normalize pages into the table `items`, for DuckDB.

    `normalizer` is that of records, where they do not go by the column.
    """
    pipeline = dlt.pipeline(
        "oracle",
        destination=dlt.destinations.duckdb(str(folder / "oracle.duckdb")),
        dataset_name="oracle_data",
        pipelines_dir=str(folder / "work"),
    )

    @dlt.resource(name="items", **hints)
    def items() -> Iterator[Any]:
        yield from pages

    try:
        os.environ[CHUNK] = "1"  # a page is one; dlt would put 5000 records together
        os.environ[UNCOMPRESSED] = "true"
        with (
            by_the_column(folder / "columns") if columnar else by_the_record(normalizer) as handover
        ):
            pipeline.extract(items(), loader_file_format="parquet")
            counts = dict(pipeline.normalize().row_counts)
        if handover:
            refuse_marks(handover, pipeline.default_schema)
        hashed = isinstance(hints.get("write_disposition"), dict)
        return _outcome(pipeline, counts, hashed=hashed)
    except PipelineStepFailed as error:
        return Outcome(failed=tuple(_causes(error)))
    finally:
        del os.environ[CHUNK], os.environ[UNCOMPRESSED]
        pipeline.drop()


def _outcome(pipeline: dlt.Pipeline, counts: Mapping[str, int], *, hashed: bool) -> Outcome:
    schema = pipeline.default_schema.to_dict()["tables"]
    tables, types = defaultdict(list), defaultdict(set)
    for load_id in pipeline.list_normalized_load_packages():
        info = pipeline.get_load_package_info(load_id)
        for job in info.jobs["new_jobs"]:
            if job.file_path.endswith(".parquet"):
                name = job.job_file_info.table_name
                found = pq.read_table(job.file_path)
                tables[name] += found.to_pylist()
                types[name] |= {(one.name, str(one.type), one.nullable) for one in found.schema}
        for rows in tables.values():
            assert {row["_dlt_load_id"] for row in rows if "_dlt_load_id" in row} <= {load_id}
    parents = {name: table.get("parent") for name, table in schema.items()}
    rows = [_without_ids(row) for row in in_trees(tables, parents).get("items", [])]
    return Outcome(
        schema=schema,
        types={name: types[name] for name in parents if name in types},
        rows=sorted(rows, key=repr),
        counts=counts,
        ids=sorted(row["_dlt_id"] for row in tables["items"]) if hashed else None,
    )


def in_trees(tables: Mapping[str, list[Row]], parents: Mapping[str, str | None]) -> Tables:
    """The rows of the root tables, each with its nested ones; they are linked as they must be."""
    below: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for name, rows in tables.items():
        ids = [row["_dlt_id"] for row in rows if "_dlt_id" in row]
        assert len(set(ids)) == len(ids)
        assert None not in ids
        for row in rows if parents.get(name) else ():
            below[row["_dlt_parent_id"]][name].append(row)
    roots = {name: rows for name, rows in tables.items() if not parents.get(name)}
    for rows in roots.values():
        for row in rows:
            _put_below(row, row.get("_dlt_id"), row.get("_dlt_id"), below)
    assert not below, "all nested rows have a parent"
    return roots


def _put_below(row: Row, key: Any, root: Any, below: dict[str, dict[str, list[Row]]]) -> None:
    nested = below.pop(key, {})
    for name, rows in nested.items():
        rows.sort(key=lambda one: one["_dlt_list_idx"])
        assert [one["_dlt_list_idx"] for one in rows] == list(range(len(rows)))
        for one in rows:
            assert one.get("_dlt_root_id", root) == root
            _put_below(one, one["_dlt_id"], root, below)
        row[f"[{name}]"] = rows


def _without_ids(row: Row) -> Row:
    return {
        key: [_without_ids(one) for one in value] if isinstance(value, list) else value
        for key, value in sorted(row.items())
        if key not in IDS
    }


def _causes(error: BaseException | None) -> Iterator[str]:
    while error is not None:
        yield type(error).__name__
        error = error.__cause__ or error.__context__

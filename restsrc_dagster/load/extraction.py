"""Reading into one load package, in which nothing stays of what could not be read.

A resource that fails has given pages before, moved its cursor, and its tables may be marked to be
dropped by a refresh. dlt extracts several sources into one package, one after the other: behind
the connector's own comes one without any rows, which puts the state of the failed resources back
before dlt writes it into the package. The files of their rows are taken out afterwards.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from copy import deepcopy
from pathlib import Path
from types import MappingProxyType
from typing import Any

import dlt
from dlt.common.pipeline import ExtractInfo
from dlt.common.schema import Schema
from dlt.common.schema.utils import get_root_table
from dlt.extract.source import DltSource
from dlt.pipeline.exceptions import PipelineStepFailed
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.errors import causes
from restsrc_dagster.load.destinations.profile import FileFormat
from restsrc_dagster.load.state.pipeline_state import known_schema, resource_states

SETTLING = "_restsrc_settling"


class _NothingRead(Exception):
    """All that was to be read has failed; never leaves this module."""


def extract(
    pipeline: Pipeline,
    source: DltSource,
    stopped: Mapping[str, object],
    *,
    wanted: Set[str],
    note: Callable[[dict[str, Any], frozenset[str]], None],
    judge: Callable[[], None] = lambda: None,
    refreshed: Set[str] = frozenset(),
    owners: Mapping[str, str] = MappingProxyType({}),
    moving: Set[str] | None = None,
    file_format: FileFormat | None = None,
    finish: Callable[[Schema, Mapping[str, Sequence[Path]]], None] = lambda *_: None,
) -> bool:
    """Read `source`; False if nothing of it went well, and the pipeline is as it was.

    Args:
        pipeline: its working folder gets the package.
        source: guarded, so that what fails lands in `stopped` and the rest is read.
        stopped: resources that have failed, and what falls with them; grows while it is read.
        wanted: names of the resources whose rows are to be loaded.
        judge: called when all is read; resources may land in `stopped` even then.
        note: called after that, with the source's state as it will be committed and those
            of `wanted` that went well.
        refreshed: names of the resources whose tables are dropped first, and whose state begins
            anew.
        owners: those of them, by the table, that load into one which was another resource's.
        moving: names of the resources whose state is committed; None for all that are read. Nothing
            is done to others that are read for them.
        file_format: of the files that are loaded; None for dlt's own choice.
        finish: called at the end, with the schema and the files of each table's rows.
    """
    before = deepcopy(resource_states(pipeline, source.name))
    known = known_schema(pipeline)
    as_it_was = known.clone() if known else None
    for table, name in owners.items():
        if known:
            known.tables[table]["resource"] = name
    schema = known.clone() if known and owners else as_it_was

    def settle() -> None:
        judge()
        if wanted <= stopped.keys():
            raise _NothingRead
        _put_back(before, stopped)
        if schema:
            only_read = refreshed and {*source.resources} - refreshed
            _keep_tables(schema, lambda name: name in stopped or name in (only_read or ()))
        note(dlt.current.source_state(), frozenset(wanted - stopped.keys()))
        if moving is not None:
            states = dlt.current.source_state().get("resources", {})
            _put_back(before, (before.keys() | states.keys()) - moving)

    try:
        info = pipeline.extract(
            [source, _after(source, settle)],
            loader_file_format=file_format,
            refresh="drop_resources" if refreshed else None,
        )
    except PipelineStepFailed as error:
        if wanted <= stopped.keys() and _is_of_nothing(error):
            if known and as_it_was:  # dlt forgets to (`with_schemas_sync`)
                known.replace_schema_content(as_it_was)
            return False
        raise
    now = pipeline.default_schema
    finish(now, _without_rows(info, now, stopped))
    return True


def _after(source: DltSource, do: Callable[[], None]) -> DltSource:
    """A source that is read behind `source`, into the same package, with the same state."""

    @dlt.resource(name=SETTLING)
    def settling() -> Iterator[Any]:
        do()
        yield from ()

    return DltSource(source.schema.clone(), source.section, [settling])


def _put_back(before: Mapping[str, Any], names: Iterable[str]) -> None:
    states = dlt.current.source_state().setdefault("resources", {})
    for name in names:
        states.pop(name, None)
        if name in before:
            states[name] = before[name]


def _keep_tables(before: Schema, is_kept: Callable[[str | None], bool]) -> None:
    """A refresh that could not read drops nothing, nor does it drop what it has only read; dlt
    drops the tables of all that it has read."""
    package = dlt.current.load_package_state()["state"]
    schema = dlt.current.source_schema()
    kept = {
        name
        for name in before.data_table_names(include_incomplete=True)
        if is_kept(_resource_of(before, name))
    }
    for name in kept:
        schema.tables[name] = before.tables[name]
    if dropped := package.get("dropped_tables"):
        package["dropped_tables"] = [table for table in dropped if table["name"] not in kept]


def _without_rows(
    info: ExtractInfo, schema: Schema, stopped: Mapping[str, object]
) -> dict[str, list[Path]]:
    """The files that are left, by their table, when those of what failed are removed."""
    left: dict[str, list[Path]] = {}
    for package in info.load_packages:
        for job in package.jobs["new_jobs"]:
            table, path = job.job_file_info.table_name, Path(job.file_path)
            if table not in schema.tables:
                continue
            if _resource_of(schema, table) in stopped:
                path.unlink()
            else:
                left.setdefault(table, []).append(path)
    return left


def _resource_of(schema: Schema, table: str) -> str | None:
    return get_root_table(schema.tables, table).get("resource")


def _is_of_nothing(error: BaseException) -> bool:
    return any(isinstance(cause, _NothingRead) for cause in causes(error))

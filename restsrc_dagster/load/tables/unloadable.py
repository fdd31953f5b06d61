"""One resource whose rows cannot be loaded does not stop the others.

Most of what no table holds is found while it is read, and fails its resource alone. This is the net
below: where dlt cannot normalize what was read, or the destination refuses it, it is found out
whose tables these are. Nothing stays of what was read; the others are read once more, without them.
"""

import errno
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import dlt
from dlt.common.pipeline import NormalizeInfo
from dlt.common.schema import TSchemaTables
from dlt.common.schema.utils import get_root_table
from dlt.common.storages import ParsedLoadJobFileName
from dlt.load.exceptions import LoadClientJobException
from dlt.pipeline.exceptions import PipelineStepFailed
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.dlt_compat.packages import is_of_new_job, last_exception
from restsrc_dagster.errors import RestsrcError, causes
from restsrc_dagster.extract.conform.fitting import Rounded, rounded_noted
from restsrc_dagster.extract.failures.explain import is_destination_away, is_full
from restsrc_dagster.extract.paging.page_stats import PageStats
from restsrc_dagster.extract.records.rewind import Rewindable
from restsrc_dagster.load.destinations.destination import database_client
from restsrc_dagster.load.state.recovery import remove_broken_loads
from restsrc_dagster.load.tables.why_unloadable import not_normalized, not_taken, rounding_in_words

T = TypeVar("T")
MOST_REFUSALS = 3
"""By the destination: that it refuses one table after the other has a cause which is none's own."""
_SYSTEM = frozenset({errno.EMFILE, errno.ENFILE, errno.EACCES, errno.EROFS})


class Unloadable(Exception):
    """Tables cannot be loaded; never leaves the load. `why` is by root table."""

    def __init__(self, why: Mapping[str, Exception]) -> None:
        super().__init__(", ".join(why))
        self.why = why


class Net:
    """What one load does about rows that cannot be loaded.

    Args:
        pipeline: the load's.
        resources: of the connector.
        redact: takes secrets out of the reasons.
        folder: for trials; it does not exist.
        on_message: gets a line for the person where something is read again.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        resources: Resources,
        redact: Redactor,
        folder: Path,
        on_message: Callable[[str], None],
    ) -> None:
        self._pipeline = pipeline
        self._resources = resources
        self._redact = redact
        self._folder = folder
        self._on_message = on_message
        self._refusals = 0

    def without_unloadable(
        self, attempt: Callable[[], T], failed: dict[str, RestsrcError], *noted: object
    ) -> T:
        """What an attempt to read and to commit comes to, made again without what cannot be loaded.

        Args:
            attempt: leaves out what has failed.
            failed: why, by resource; grows.
            noted: what an attempt notes, and has not noted where it is made again.
        """
        while True:
            point = _Point(noted)
            try:
                return attempt()
            except Exception as error:
                found = self._blamed(error, failed.keys())
            failed.update(found)
            point.put_back()
            names = ", ".join(sorted(found))
            self._on_message(f"{names} cannot be loaded: what else there is, is read once more")

    def normalize(self, pages: Mapping[str, PageStats]) -> NormalizeInfo:
        """As the pipeline does; raises Unloadable where it is known whose rows hinder it.

        What is rounded is told in the stats of its resource.
        """
        try:
            with rounded_noted() as rounded:
                normalized = self._pipeline.normalize()
            self._tell_of_rounding(rounded, pages)
            return normalized
        except PipelineStepFailed as error:
            if _concerns_all(error):
                raise
            why = dict(self._that_fail())
            if not why:
                raise
            raise Unloadable(why) from error

    def _tell_of_rounding(self, rounded: Rounded, pages: Mapping[str, PageStats]) -> None:
        tables = self._pipeline.default_schema.tables if rounded else {}
        for (table, column), places in rounded.items():
            root = _root(tables, table) or table
            path = table.removeprefix(root).removeprefix("__")
            for name in self._names(root):
                pages[name].warn(rounding_in_words(path, column, places))

    def _blamed(self, error: Exception, failed: Set[str]) -> dict[str, RestsrcError]:
        """The resources that are to blame, and why; afterwards nothing was read.

        Raises `error` again where it concerns all, or those that have `failed` before.
        """
        if isinstance(error, Unloadable):
            found = self._of_tables(
                {
                    table: not_normalized(cause, self._names(table)[0], table, self._redact)
                    for table, cause in error.why.items()
                    if self._names(table)
                }
            )
        else:
            found = self._of_tables(dict(self._refused(error)))
            self._refusals += 1
        if not found.keys() - failed or self._refusals > MOST_REFUSALS:
            raise error
        if not isinstance(error, Unloadable):
            remove_broken_loads(self._pipeline, same_again=True)
        self._pipeline.abort_packages()
        return found

    def _of_tables(self, why: Mapping[str, RestsrcError]) -> dict[str, RestsrcError]:
        return {name: error for table, error in why.items() for name in self._names(table)}

    def _names(self, table: str) -> list[str]:
        """Of the resources of a root table, or of one that is apart as it has a key of its own."""
        schema = self._pipeline.default_schema
        spelled = schema.naming.normalize_tables_path
        owner = schema.tables.get(table, {}).get("resource")
        return [
            name
            for name, resource in self._resources.items()
            if resource.selected and (spelled(resource.table_name) == table or name == owner)
        ]

    def _that_fail(self) -> Iterator[tuple[str, Exception]]:
        """Each root table that cannot be normalized; else the first that cannot beside others."""
        tables = sorted(
            {
                job.job_file_info.table_name
                for package in self._pipeline.list_extracted_load_packages()
                for job in self._pipeline.get_load_package_info(package).jobs["new_jobs"]
                if not job.job_file_info.table_name.startswith("_dlt")
            }
        )
        alone = [(table, error) for table in tables if (error := self._try_out({table}))]
        yield from alone
        for count in range(2, 0 if alone else len(tables) + 1):
            if error := self._try_out({*tables[:count]}):
                yield tables[count - 1], error
                return

    def _try_out(self, tables: Set[str]) -> Exception | None:
        """What a pipeline raises that has read nothing but the records of these root tables."""
        pipeline, folder = self._pipeline, self._folder / "trial"

        def others(_: str, names: list[str]) -> list[str]:
            return [name for name in names if _is_of_another(name, tables)]

        shutil.copytree(
            pipeline.working_dir,
            folder / pipeline.pipeline_name,
            copy_function=_link,
            ignore=others,
        )
        trial = dlt.pipeline(
            pipeline.pipeline_name,
            destination=pipeline.destination,
            dataset_name=pipeline.dataset_name,
            pipelines_dir=str(folder),
        )
        try:
            trial.normalize()
        except PipelineStepFailed as error:
            return error
        finally:
            pipeline.activate()
            shutil.rmtree(folder)
        return None

    def _refused(self, error: Exception) -> Iterator[tuple[str, RestsrcError]]:
        """Root tables of which a job has failed for good, where what it has left can be removed."""
        chain = list(causes(error))
        if (
            not any(isinstance(cause, LoadClientJobException) for cause in chain)
            or is_destination_away(error)
            or _concerns_all(error)
            or database_client(self._pipeline) is None
        ):
            return
        schema = self._pipeline.default_schema
        for load_id in self._pipeline.list_normalized_load_packages():
            for file, _ in self._pipeline.list_pending_retry_jobs_in_package(load_id):
                job = ParsedLoadJobFileName.parse(Path(file).name)
                if (root := _root(schema.tables, job.table_name)) and self._names(root):
                    words = self._words(load_id, job, chain)
                    name = self._names(root)[0]
                    replaced = self._resources.disposition(name) == "replace"
                    yield (
                        root,
                        not_taken(words, name, job.table_name, self._redact, replaced=replaced),
                    )

    def _words(self, load_id: str, job: ParsedLoadJobFileName, chain: list[BaseException]) -> str:
        for cause in chain:
            if isinstance(cause, LoadClientJobException) and cause.job_id == job.job_id():
                return str(cause.client_exception)
        with suppress(FileNotFoundError):
            return last_exception(self._pipeline, load_id, job)
        return "nothing is known of why"


class _Point:
    """What a reading changes beside the pipeline, as it was before it.

    Args:
        noted: objects whose attributes are changed, go back by themselves, or hold dicts of sets
            and lists that are changed.
    """

    def __init__(self, noted: Iterable[object]) -> None:
        self._noted = [(vars(one), _copy(vars(one))) for one in noted if one is not None]
        every = (value for attributes, _ in self._noted for value in attributes.values())
        self._go_back = [value.point() for value in every if isinstance(value, Rewindable)]

    def put_back(self) -> None:
        for attributes, before in self._noted:
            attributes.clear()
            attributes.update(before)
        for put_back in self._go_back:
            put_back()


def _copy(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {key: _of_kind(inner) for key, inner in value.items()}
        if type(value) is dict
        else _of_kind(value)
        for name, value in attributes.items()
    }


def _of_kind(value: Any) -> Any:
    return type(value)(value) if type(value) in (dict, list, set) else value


def _is_of_another(file: str, tables: Set[str]) -> bool:
    """Whether a name is that of a file of records, and these of none of the tables."""
    try:
        return ParsedLoadJobFileName.parse(file).table_name not in tables
    except ValueError:
        return False


def _link(source: str, target: str) -> None:
    """Records are many, and stay as they are."""
    if is_of_new_job(source):
        with suppress(OSError):
            os.link(source, target)
            return
    shutil.copyfile(source, target)


def _root(tables: TSchemaTables, name: str) -> str | None:
    return str(get_root_table(tables, name)["name"]) if name in tables else None


def _concerns_all(error: Exception) -> bool:
    """Memory, files and the like: what is none of the records' faults."""
    return is_full(error) or any(
        isinstance(cause, MemoryError) or (isinstance(cause, OSError) and cause.errno in _SYSTEM)
        for cause in causes(error)
    )

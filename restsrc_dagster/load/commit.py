"""Committing to a destination that may be away for a while.

What was read took minutes or hours; a database that restarts takes seconds. So it is waited for,
and the load package is loaded again as a whole, as it was at first: dlt would go on with it job by
job, and append once more what was committed when the connection broke before the database could
say so.
"""

import logging
import os
import shutil
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path

from dlt.common.destination.exceptions import DestinationUndefinedEntity
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.dlt_compat.packages import is_of_new_job, normalized_packages
from restsrc_dagster.errors import ConnectorBusy, DestinationUnavailable
from restsrc_dagster.extract.failures.explain import is_destination_away
from restsrc_dagster.load.destinations.destination import database_client
from restsrc_dagster.load.destinations.open_file import OpenFile
from restsrc_dagster.load.destinations.profile import profile_of
from restsrc_dagster.load.environment import environment_defaults
from restsrc_dagster.load.progress import Phase, Progress
from restsrc_dagster.load.state.recovery import NOTES, mark_ended, mark_started, remove_broken_loads

log = logging.getLogger(__name__)

LONGEST_WAIT_SECONDS = 120.0
POLL_SECONDS = 1.0
TRIES = 3
EACH_JOB_ONCE = environment_defaults({"LOAD__RAISE_ON_MAX_RETRIES": "1"})


class Commits:
    """The commits of one load to one destination.

    Args:
        pipeline: the load's.
        file: its destination's.
        still_held: whether the lock was held without a break; takes it again if not. None where
            the destination has no lock: nothing is waited for, as another load might begin.
        on_message: gets a line when the waiting begins.
        progress: is told when the destination is away, and when it is tried again.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        file: OpenFile,
        still_held: Callable[[], bool] | None,
        on_message: Callable[[str], None],
        progress: Progress,
    ) -> None:
        self._pipeline, self._file = pipeline, file
        self._still_held = still_held
        self._on_message = on_message
        self._progress = progress
        self._remote = profile_of(pipeline.destination).may_commit_alone
        self._own = {self._last_load()} if self._remote else set()

    def commit(self, load: Callable[[], object], *, also: Iterable[str] = ()) -> None:
        """Call `load`, which loads the pipeline's package, until that is committed.

        `also`: other packages that `load` commits on its way.

        Raises:
            ConnectorBusy: the lock was lost, and somebody else holds it.
            DestinationUnavailable: the lock was lost, and another load went in between.
            Exception: what `load` raised, when it was waited and tried for long enough.
        """
        packages = self._pipeline.list_normalized_load_packages()  # none if there is nothing new
        if self._still_held is None:
            self._load(load, packages)
            return
        self._own |= {*packages, *also}
        tries, deadline = 0, 0.0
        with _PackageBackup(self._pipeline) as kept, self._each_job_once():
            while True:
                try:
                    self._hold_lock(self._still_held)
                    log.debug("commit %s, try %d", ", ".join(packages), tries + 1)
                    if tries and self._last_load() in packages:
                        log.debug("it was committed; only the answer was lost")
                        kept.drop()  # all is there; only the answer was lost
                        return
                    if tries:
                        remove_broken_loads(self._pipeline, same_again=True)
                        kept.put_back()
                    tries, deadline = tries + 1, 0.0
                    self._progress.begin(Phase.LOADING)
                    self._load(load, packages)
                    return
                except Exception as error:
                    if tries == TRIES or not _may_pass(error):
                        raise
                    log.debug("the destination is away: %s", type(error).__name__)
                    self._progress.begin(Phase.DESTINATION_DOWN)
                    if not deadline:
                        deadline = time.monotonic() + LONGEST_WAIT_SECONDS
                        self._on_message(
                            "the destination is away: it is waited for, and tried again"
                        )
                    elif time.monotonic() > deadline:
                        raise
                time.sleep(POLL_SECONDS)

    def _load(self, load: Callable[[], object], packages: Iterable[str]) -> None:
        with self._file.used():
            is_noted = mark_started(self._pipeline, packages)
            load()
            if is_noted:
                mark_ended(self._pipeline)

    def _hold_lock(self, still_held: Callable[[], bool]) -> None:
        if still_held():
            return
        if self._last_load() not in self._own:
            raise DestinationUnavailable(
                f"{self._pipeline.pipeline_name}: the database ended the session that held the "
                "lock of this load, and another load went in between; nothing was committed"
            )
        remove_broken_loads(self._pipeline)

    def _last_load(self) -> str | None:
        """The last that ended."""
        database = database_client(self._pipeline)
        name = self._pipeline.default_schema_name or self._pipeline.pipeline_name
        if database is None:
            return None
        with database as client, suppress(DestinationUndefinedEntity):
            loads = client.make_qualified_table_name("_dlt_loads")
            query = (
                f"SELECT MAX(load_id) FROM {loads} WHERE schema_name = %s AND status NOT IN {NOTES}"
            )
            rows = client.execute_sql(query, name)
            return str(rows[0][0]) if rows and rows[0][0] is not None else None
        return None

    def _each_job_once(self) -> AbstractContextManager[None]:
        """Over a network, a job that failed may have been committed: dlt must not repeat it."""
        return EACH_JOB_ONCE if self._remote else nullcontext()


class _PackageBackup:
    """Load packages as they were before they were loaded; the rows are linked, not copied."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._packages = normalized_packages(pipeline)
        self._copy = Path(pipeline.pipelines_dir) / "kept"

    def __enter__(self) -> "_PackageBackup":
        shutil.copytree(self._packages, self._copy, copy_function=_copy_or_link)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._copy)

    def put_back(self) -> None:
        shutil.rmtree(self._packages)
        shutil.copytree(self._copy, self._packages, copy_function=_copy_or_link)

    def drop(self) -> None:
        """Leave nothing to load."""
        shutil.rmtree(self._packages)
        self._packages.mkdir()


def _copy_or_link(source: str, target: str) -> None:
    """dlt moves the files of its jobs, and writes into the others."""
    if is_of_new_job(source):
        with suppress(OSError):
            os.link(source, target)
            return
    shutil.copyfile(source, target)


def _may_pass(error: Exception) -> bool:
    """Also a lock that the database has not yet taken from the session that was lost."""
    return isinstance(error, ConnectorBusy) or is_destination_away(error)

"""One load of a connector at a time, held at the destination itself.

dlt has no lock: two pipelines of one name that overlap both succeed, and append every row twice.
A lock that the operating system or the database gives back when its holder dies can be trusted
where a run's recorded status cannot: a killed worker leaves its run "started".
"""

import contextlib
import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from dlt.destinations.exceptions import DatabaseException
from dlt.destinations.sql_client import SqlClientBase
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.errors import ConnectorBusy
from restsrc_dagster.load.destinations.destination import local_database
from restsrc_dagster.load.destinations.lock_file import lock_beside, open_lock, read, write
from restsrc_dagster.load.destinations.profile import profile_of

LONGEST_WAIT_SECONDS = 900
"""For another connector's load into the same DuckDB file."""
POLL_SECONDS = 0.5
LOOKING = "restsrc plan\n"
"""In the lock's file where a connector's name would be: no connector is called so."""


@contextlib.contextmanager
def connector_lock(pipeline: Pipeline, holder: str) -> Iterator[Callable[[], bool] | None]:
    """Hold the pipeline's destination for one load.

    Args:
        pipeline: names the destination, the dataset and the connector.
        holder: who loads, as another run will name it.

    Yields:
        A check, to be made before anything is committed, where the destination has such a lock:
        a DuckDB file or PostgreSQL. True if it was held without a break; if not, it is taken
        again, and another load may have gone in between. Elsewhere None: the caller must make
        sure in another way.

    Raises:
        ConnectorBusy: somebody holds it, says who, where that is known; the check raises it, too.
        SettingsError: the lock's place beside a file is taken.
    """
    match profile_of(pipeline.destination).lock:
        case "file" if path := local_database(pipeline):
            with _file_lock(lock_beside(path), pipeline, holder):
                yield _held
        case "session":
            with _advisory_lock(pipeline, holder) as still_held:
                yield still_held
        case _:
            yield None


@contextlib.contextmanager
def loads_wait(pipeline: Pipeline) -> Iterator[None]:
    """A load that would begin meanwhile waits until it is over; one that is going goes on.

    For who looks into a DuckDB file, which nobody can write to then: for a moment only.
    """
    is_file = profile_of(pipeline.destination).lock == "file"
    file = local_database(pipeline) if is_file else None
    with contextlib.ExitStack() as stack:
        descriptor = open_lock(lock_beside(file), make=False) if file is not None else None
        if descriptor is not None:
            stack.callback(os.close, descriptor)
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                write(descriptor, LOOKING)
                stack.callback(write, descriptor, "")
        yield


def _held() -> bool:
    """A file's lock is held for as long as its process lives."""
    return True


@contextlib.contextmanager
def _file_lock(path: Path, pipeline: Pipeline, holder: str) -> Iterator[None]:
    """The kernel lets go of it when the process ends, however it ends.

    DuckDB lets one process write to a file: where connectors share one, they wait for each other.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = open_lock(path, make=True)
    assert descriptor is not None  # noqa: S101 - for the type checker
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                connector, _, who = read(descriptor).partition("\n")
                if connector in ("", pipeline.pipeline_name) or time.monotonic() > deadline:
                    raise _busy(pipeline, who) from None
            time.sleep(POLL_SECONDS)
        write(descriptor, f"{pipeline.pipeline_name}\n{holder}")
        yield
        write(descriptor, "")
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _advisory_lock(pipeline: Pipeline, holder: str) -> Iterator[Callable[[], bool]]:
    """Held by a session of its own, which PostgreSQL ends with its process.

    The session is idle while the API is read; should somebody end it, the lock is gone.
    """
    with contextlib.ExitStack() as sessions:
        client: SqlClientBase[Any] | None = sessions.enter_context(_session(pipeline, holder))

        def still_held() -> bool:
            nonlocal client
            if client:
                try:
                    client.execute_sql("SELECT 1")
                    return True
                except DatabaseException:
                    client = None
            client = sessions.enter_context(_session(pipeline, holder))
            return False

        yield still_held


@contextlib.contextmanager
def _session(pipeline: Pipeline, holder: str) -> Iterator[SqlClientBase[Any]]:
    with pipeline.sql_client() as client:
        _take(client, pipeline, holder)
        yield client


def _take(client: SqlClientBase[Any], pipeline: Pipeline, holder: str) -> None:
    name = f"restsrc:{pipeline.dataset_name}.{pipeline.pipeline_name}"
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    client.execute_sql("SELECT set_config('application_name', %s, false)", holder[:63])
    client.execute_sql(
        "SELECT set_config('idle_session_timeout', '0', false) "
        "WHERE current_setting('idle_session_timeout', true) IS NOT NULL"
    )
    rows = client.execute_sql("SELECT pg_try_advisory_lock(%s)", key)
    if not (rows and rows[0][0]):
        owners = client.execute_sql(
            "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
            "WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 "
            "AND (l.classid::bigint << 32 | l.objid::bigint) = %s",
            key,
        )
        raise _busy(pipeline, str(owners[0][0]) if owners else "")


def _busy(pipeline: Pipeline, holder: str) -> ConnectorBusy:
    who = holder.strip() or "another process"
    return ConnectorBusy(
        f"{pipeline.pipeline_name} is being loaded by {who}; nothing was read. Two loads at once "
        "would append rows twice: wait until it ends, or stop it"
    )

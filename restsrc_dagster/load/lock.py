"""One load of a connector at a time, held at the destination itself.

dlt has no lock: two pipelines of one name that overlap both succeed, and append every row twice.
A lock that the operating system or the database gives back when its holder dies can be trusted
where a run's recorded status cannot: a killed worker leaves its run "started".
"""

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from dlt.destinations.impl.duckdb.configuration import DuckDbClientConfiguration
from dlt.destinations.impl.postgres.configuration import PostgresClientConfiguration
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.errors import ConnectorBusy


@contextlib.contextmanager
def connector_lock(pipeline: Pipeline, holder: str) -> Iterator[bool]:
    """Hold the pipeline's destination for one load.

    Args:
        pipeline: names the destination, the dataset and the connector.
        holder: who loads, as another run will name it.

    Yields:
        Whether the destination has such a lock: a DuckDB file or PostgreSQL. Elsewhere the caller
        must make sure in another way.

    Raises:
        ConnectorBusy: somebody holds it; says who, where that is known.
    """
    configuration = pipeline.destination_client().config
    if isinstance(configuration, DuckDbClientConfiguration):
        database = str(configuration.credentials.database)
        if not database.startswith((":", "md:", "motherduck:")):
            with _file_lock(Path(f"{database}.{pipeline.pipeline_name}.lock"), pipeline, holder):
                yield True
            return
    if isinstance(configuration, PostgresClientConfiguration):
        with _advisory_lock(pipeline, holder):
            yield True
        return
    yield False


@contextlib.contextmanager
def _file_lock(path: Path, pipeline: Pipeline, holder: str) -> Iterator[None]:
    """The kernel lets go of it when the process ends, however it ends."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _busy(pipeline, os.pread(descriptor, 500, 0).decode(errors="replace")) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, holder.encode(), 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _advisory_lock(pipeline: Pipeline, holder: str) -> Iterator[None]:
    """Held by a session of its own, which PostgreSQL ends with its process."""
    name = f"restsrc:{pipeline.dataset_name}.{pipeline.pipeline_name}"
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    with pipeline.sql_client() as client:
        client.execute_sql("SELECT set_config('application_name', %s, false)", holder[:63])
        rows = client.execute_sql("SELECT pg_try_advisory_lock(%s)", key)
        if not (rows and rows[0][0]):
            owners = client.execute_sql(
                "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
                "WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 "
                "AND (l.classid::bigint << 32 | l.objid::bigint) = %s",
                key,
            )
            raise _busy(pipeline, str(owners[0][0]) if owners else "")
        yield


def _busy(pipeline: Pipeline, holder: str) -> ConnectorBusy:
    who = holder.strip() or "another process"
    return ConnectorBusy(
        f"{pipeline.pipeline_name} is being loaded by {who}; nothing was read. Two loads at once "
        "would append rows twice: wait until it ends, or stop it"
    )

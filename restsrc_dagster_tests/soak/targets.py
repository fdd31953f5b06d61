"""Where the rows of a soak go: a DuckDB file for each seed, or a schema."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import duckdb
import psycopg2

from restsrc_dagster_tests.soak.kills import Target
from restsrc_dagster_tests.support.postgres import running_postgres

Targets = Callable[[int], Target]


def duckdb_target(folder: Path, seed: int) -> Target:
    data_dir = folder / str(seed)
    return Target(
        destination={},
        dataset=f"soak_{seed}",
        data_dir=data_dir,
        connect=lambda: duckdb.connect(data_dir / "restsrc_acme.duckdb", read_only=True),
    )


def postgres_target(url: str, seed: int) -> Target:
    def has_no_locks() -> bool:
        with closing(psycopg2.connect(url)) as connection, closing(connection.cursor()) as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
            return bool(cursor.fetchone() == (0,))

    return Target(
        destination={"type": "postgres", "credentials": url},
        dataset=f"soak_{seed}",
        data_dir=Path(),
        connect=lambda: psycopg2.connect(url),
        is_free=has_no_locks,
    )


@contextmanager
def _duckdb() -> Iterator[Targets]:
    with tempfile.TemporaryDirectory(prefix="soak_") as folder:
        yield partial(duckdb_target, Path(folder))


@contextmanager
def _postgres() -> Iterator[Targets]:
    with running_postgres() as running:
        yield partial(postgres_target, running.url)


DESTINATIONS = {"duckdb": _duckdb, "postgres": _postgres}

"""Rows from a fast API to PostgreSQL, from the first request to the last row."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace

from benchmarks.measure import Outcome
from benchmarks.systems.here import here
from benchmarks.tables import DATASET
from benchmarks.workload import DLT, OURS, TUNED, Ratio, SameTables, System, Workload
from benchmarks.workloads.rows import ROWS, flat


@contextmanager
def prepared(url: str) -> Iterator[Mapping[str, System]]:
    """A server of its own; its dataset is dropped before each measurement."""
    del url
    from restsrc_dagster_tests.support.postgres import running_postgres

    with running_postgres() as server:
        yield {name: _system(name, server.url) for name in (OURS, TUNED, DLT)}


def _system(name: str, database: str) -> System:
    system = here(name, lambda url: replace(flat(ROWS)(url), postgres=database))

    def measure(url: str) -> Outcome:
        import psycopg2

        with closing(psycopg2.connect(database)) as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA IF EXISTS {DATASET} CASCADE")
            connection.commit()
        return system.measure(url)

    return System(measure)


TITLE = f"{ROWS:,} rows × 10 columns to PostgreSQL"
WORKLOADS = (
    Workload(
        name="postgres",
        prepared=prepared,
        lines=(
            Ratio(title=TITLE, beside=[DLT], also=["CPU"]),
            Ratio(title=TITLE, beside=[TUNED], also=["CPU"]),
            SameTables(title=TITLE, beside=DLT),
        ),
    ),
)

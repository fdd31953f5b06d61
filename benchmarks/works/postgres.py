"""Rows from a fast API to PostgreSQL, from the first request to the last row."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace

from benchmarks.measure import Outcome
from benchmarks.tables import DATASET
from benchmarks.ways.here import here
from benchmarks.work import DLT, OURS, TUNED, Ratio, SameTables, Way, Work
from benchmarks.works.rows import ROWS, flat


@contextmanager
def prepared(url: str) -> Iterator[Mapping[str, Way]]:
    """A server of its own; its dataset is dropped before each measurement."""
    del url
    from restsrc_dagster_tests.support.postgres import running_postgres

    with running_postgres() as server:
        yield {name: _way(name, server.url) for name in (OURS, TUNED, DLT)}


def _way(name: str, database: str) -> Way:
    way = here(name, lambda url: replace(flat(ROWS)(url), postgres=database))

    def measure(url: str) -> Outcome:
        import psycopg2

        with closing(psycopg2.connect(database)) as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA IF EXISTS {DATASET} CASCADE")
            connection.commit()
        return way.measure(url)

    return Way(measure)


TITLE = f"{ROWS:,} rows × 10 columns to PostgreSQL"
WORKS = (
    Work(
        name="postgres",
        prepared=prepared,
        lines=(
            Ratio(title=TITLE, beside=[DLT], also=["CPU"]),
            Ratio(title=TITLE, beside=[TUNED], also=["CPU"]),
            SameTables(title=TITLE, beside=DLT),
        ),
    ),
)

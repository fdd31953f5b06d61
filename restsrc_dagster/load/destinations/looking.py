"""Looking into a destination without writing to it."""

from collections.abc import Iterator
from contextlib import contextmanager

from dlt.destinations.impl.duckdb.configuration import DuckDbClientConfiguration
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.load.destinations.destination import local_database
from restsrc_dagster.load.destinations.lock import loads_wait
from restsrc_dagster.load.destinations.open_file import OpenFile


@contextmanager
def looking(pipeline: Pipeline) -> Iterator[bool]:
    """Whether there is a destination to look into: opening the file of a database would make it.

    A DuckDB file is opened for reading only.
    """
    if (file := local_database(pipeline)) is not None:
        if not file.exists():
            yield False
            return
        config = pipeline.destination_client().config
        if isinstance(config, DuckDbClientConfiguration):
            config.credentials.read_only = True  # of all clients of this pipeline
    with loads_wait(pipeline), OpenFile(pipeline) as open_file, open_file.used():
        yield True

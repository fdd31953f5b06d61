"""Jobs that are created while others are read, kept where the rows are as soon as they are there.

Their requests are known only on the way, in the middle of an extraction, when dlt commits no state:
so each is written at once into a table of its own, `restsrc_kept_jobs`, before it is waited for.
"""

import json
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.extract.http.kept_answers import KeptAnswer
from restsrc_dagster.load.destinations.destination import database_client
from restsrc_dagster.load.destinations.own_table import OwnTable

TABLE = "restsrc_kept_jobs"
COLUMNS = ("resource", "request", "content")


class KeptJobs:
    """Those of one connector. Thread-safe; they are kept in databases only.

    Args:
        pipeline: where the rows go.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._lock = threading.Lock()

    def known(self) -> list[KeptAnswer]:
        """All that were kept, and not forgotten."""
        with self._table() as table:
            rows = table.rows() if table is not None else []
        return [KeptAnswer.from_json(json.loads(content)) for _, _, content in rows]

    def keep(self, one: KeptAnswer) -> None:
        """Before it is waited for; in place of another one of the same request."""
        with self._lock, self._table() as table:
            if table is not None:
                request = f"{one.resource} {one.request}"
                table.replace("request", one.resource, request, json.dumps(one.as_json()))

    def forget(self, resources: Collection[str]) -> None:
        """Those of some resources."""
        with self._table() as table:
            if table is not None and table.rows():
                for name in resources:
                    table.delete("resource", name)

    @contextmanager
    def _table(self) -> Iterator[OwnTable | None]:
        database = database_client(self._pipeline)
        if database is None:
            yield None
            return
        with database as client:
            yield OwnTable(client, self._pipeline, TABLE, COLUMNS)

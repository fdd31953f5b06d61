"""A destination: loads into it, and looks into it that do not go through dlt."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from typing import Any

import dlt
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.load.destinations.destination import build_destination
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.load.ranges.ranges import Between
from restsrc_dagster.load.report import LoadReport
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.load.worker import Worker
from restsrc_dagster_tests.support.connectors import connector, content


@dataclass(frozen=True)
class Warehouse:
    """Where the connector `acme` loads to; `http` is its own where it has none."""

    settings: Settings
    destination: Mapping[str, Any]
    connect: Callable[[], Any]
    http: Mapping[str, Any] = field(default_factory=dict)

    def connector(self, *args: Any, **keys: Any) -> Connector:
        return connector("acme", *args, **self._own(), **{"http": dict(self.http), **keys})

    def _own(self) -> dict[str, Any]:
        return {"destination": dict(self.destination)}

    def load(
        self,
        connector: Connector,
        *names: str,
        refresh: Collection[str] = (),
        between: Between | None = None,
        on_message: Callable[[str], None] = lambda _: None,
    ) -> LoadReport:
        """Load the named resources, or all of them."""
        order = LoadRequest(
            selection=frozenset(names or connector.resources),
            refresh=frozenset(refresh),
            between=between,
            holder="the test",
        )
        return load(connector, order, settings=self.settings, environment={}, on_message=on_message)

    def failure(self, connector: Connector, *names: str, refresh: Collection[str] = ()) -> str:
        """Load what cannot be read, and only that; why not."""
        report = self.load(connector, *names, refresh=refresh)
        assert not report.resources
        (reason,) = report.failed.values()
        return str(reason)

    @contextmanager
    def pipeline(self) -> Iterator[Pipeline]:
        """The connector's, as a run finds it."""
        with TemporaryDirectory() as folder:
            pipeline = dlt.pipeline(
                "acme",
                destination=build_destination(self.connector(), self.settings, {}),
                dataset_name="acme",
                pipelines_dir=folder,
            )
            pipeline.sync_destination()
            yield pipeline

    def state(self) -> Any:
        """What dlt's state remembers of the connector: cursors, and all beside them."""
        with self.pipeline() as pipeline:
            return deepcopy(pipeline.state["sources"])

    def start(
        self,
        *args: Any,
        holder: str,
        keys: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Worker:
        """Load everything in a process of its own; `args` and `keys` make the connector."""
        order = {
            "content": content(*args, **self._own(), http=dict(self.http), **(keys or {})),
            "data_dir": str(self.settings.data_dir),
            "holder": holder,
            "commit_after_records": self.settings.commit_after_records,
            **options,
        }
        return Worker(order)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query finds, sorted."""
        with closing(self.connect()) as connection, closing(connection.cursor()) as cursor:
            cursor.execute(sql)
            return sorted(cursor.fetchall())

    def values(self, sql: str) -> list[Any]:
        """The only column of a query, sorted."""
        return [value for (value,) in self.rows(sql)]

    def execute(self, *statements: str) -> None:
        with closing(self.connect()) as connection, closing(connection.cursor()) as cursor:
            for statement in statements:
                cursor.execute(statement)
            connection.commit()

"""Tables of ours in a connector's dataset, of which dlt knows nothing.

They are written at once, whatever becomes of the load.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dlt.common.destination.exceptions import DestinationUndefinedEntity
from dlt.destinations.job_client_impl import SqlJobClientBase
from dlt.destinations.sql_client import SqlClientBase
from dlt.pipeline.pipeline import Pipeline


@dataclass(frozen=True)
class OwnTable:
    """A table with columns of texts.

    Args:
        client: an open one.
        pipeline: of the connector.
        name: of the table.
        columns: their names.
    """

    client: SqlClientBase[Any]
    pipeline: Pipeline
    name: str
    columns: Sequence[str]

    def rows(self, where: str = "1 = 1", *values: Any) -> list[Sequence[Any]]:
        """Those for which a condition holds; none where there is no table."""
        query = f"SELECT {', '.join(self.columns)} FROM {self._qualified} WHERE {where}"
        try:
            return list(self.client.execute_sql(query, *values) or ())
        except DestinationUndefinedEntity:
            return []

    def insert(self, *values: str) -> None:
        """A row, in a table that is made if there is none."""
        self.make()
        self._insert(values)

    def _insert(self, values: Sequence[str]) -> None:
        places = ", ".join(["%s"] * len(values))
        names = ", ".join(self.columns)
        self.client.execute_sql(
            f"INSERT INTO {self._qualified} ({names}) VALUES ({places})", *values
        )

    def replace(self, column: str, *values: str) -> None:
        """A row in place of that with the same value in a column."""
        self.make()
        with self.client.begin_transaction():
            self.delete(column, values[list(self.columns).index(column)])
            self._insert(values)

    def delete(self, column: str, value: str) -> None:
        """The rows that have a value in a column."""
        self.client.execute_sql(f"DELETE FROM {self._qualified} WHERE {column} = %s", value)

    @property
    def _qualified(self) -> str:
        return self.client.make_qualified_table_name(self.name)

    def make(self) -> None:
        """If there is none."""
        if not self.client.has_dataset():
            self.client.create_dataset()
        job_client = self.pipeline.destination_client()
        assert isinstance(job_client, SqlJobClientBase)  # noqa: S101 - for the type checker
        text = job_client.type_mapper.to_destination_type({"data_type": "text"}, {"columns": {}})
        columns = ", ".join(f"{name} {text}" for name in self.columns)
        self.client.execute_sql(f"CREATE TABLE IF NOT EXISTS {self._qualified} ({columns})")

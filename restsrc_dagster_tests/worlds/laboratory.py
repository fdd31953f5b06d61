"""Where worlds are played: one API on loopback, and for each world a database of its own."""

import itertools
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
from typing_extensions import Self

from restsrc_dagster.extract.chunks import chunks
from restsrc_dagster.policy.model import Policy
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.support.postgres import running_postgres
from restsrc_dagster_tests.worlds.letting_in import KEY
from restsrc_dagster_tests.worlds.loopback import LoopbackApi
from restsrc_dagster_tests.worlds.world import How

ENVIRONMENT = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "DO_NOT_TRACK": "1",
    "RUNTIME__REQUEST_BACKOFF_FACTOR": "0",
    "RUNTIME__REQUEST_MAX_ATTEMPTS": "2",
    "RUNTIME__LOG_LEVEL": "CRITICAL",
    "RESTSRC_SECRET_KEY": KEY,
}
EVERYTHING = 500_000
POLICY = {
    "hosts": {"public": False, "allowed": ["127.0.0.1"]},
    "destinations": {
        "types": ["postgres"],
        "arguments": {"postgres": ["credentials"]},
        "datasets": ["w*"],
    },
}
"""What a world does, and no more."""
MISSING = (
    *(duckdb.CatalogException, duckdb.BinderException),
    *(psycopg2.errors.UndefinedTable, psycopg2.errors.UndefinedColumn),
)


@dataclass(frozen=True)
class Place:
    """A destination, and a look into it that does not go through dlt."""

    folder: Path
    dataset: str
    postgres: str = ""

    @property
    def destination(self) -> dict[str, Any]:
        if not self.postgres:
            return {}
        return {"type": "postgres", "credentials": self.postgres, "dataset": self.dataset}

    def settings(self, how: How) -> Settings:
        commit = how.commit
        return Settings(
            policy=Policy.model_validate(POLICY) if how.strict else None,
            data_dir=self.folder,
            commit_after_records=commit if commit > 0 else EVERYTHING,
            commit_after_seconds=0.0 if commit < 0 else 120.0,
            progress_seconds=3600,
            secret_key=KEY,
        )

    def versions(self, columns: Mapping[str, str]) -> dict[str, Counter[int]]:
        """How often each version is in a table, by the column that has it; none without a table."""
        found: dict[str, Counter[int]] = {table: Counter() for table in columns}
        with suppress(duckdb.IOException), closing(self.connect()) as connection:
            for table, column in columns.items():
                with suppress(*MISSING), closing(connection.cursor()) as cursor:
                    cursor.execute(f"SELECT {column} FROM {self.dataset}.{table}")
                    rows = cursor.fetchall()
                    found[table] = Counter(int(one) for (one,) in rows if one is not None)
                connection.rollback() if self.postgres else None
        return found

    def marked(self, names: Iterable[str]) -> dict[str, set[int]]:
        """The versions in each table that are marked as deleted."""
        tables = {name: f"{name} WHERE _deleted_at IS NOT NULL" for name in names}
        found = self.versions(dict.fromkeys(tables.values(), "v"))
        return {name: set(found[table]) for name, table in tables.items()}

    def execute(self, statement: str) -> None:
        with closing(self.connect(read_only=False)) as connection:
            with closing(connection.cursor()) as cursor:
                cursor.execute(statement)
            connection.commit()

    def connect(self, *, read_only: bool = True) -> Any:
        if self.postgres:
            return psycopg2.connect(self.postgres)
        return duckdb.connect(self.folder / "restsrc_acme.duckdb", read_only=read_only)


class Laboratory:
    """A context manager: the API is up; PostgreSQL is started when it is first wanted."""

    def __init__(self) -> None:
        self.api = LoopbackApi()
        self._stack = ExitStack()
        self._postgres = ""
        self._numbers = itertools.count(1)
        self._before: dict[str, str | None] = {}
        self._tail: float | None = None

    def __enter__(self) -> Self:
        self._before = {name: os.environ.get(name) for name in ENVIRONMENT}
        os.environ.update(ENVIRONMENT)
        # Small lists end in a tail that is most of them.
        self._tail = getattr(chunks, "LARGEST_TAIL", None)
        if self._tail is not None:
            setattr(chunks, "LARGEST_TAIL", 1.0)  # noqa: B010 - it may be gone
        self._stack.enter_context(self.api)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        if self._tail is not None:
            setattr(chunks, "LARGEST_TAIL", self._tail)  # noqa: B010
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    @contextmanager
    def place(self, *, postgres: bool = False) -> Iterator[Place]:
        folder = Path(tempfile.mkdtemp(prefix="world_"))
        place = Place(folder, "acme")
        try:
            if postgres:
                place = Place(folder, f"w{next(self._numbers)}", self._url())
            yield place
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            if place.postgres:
                for schema in (place.dataset, f"_staging_{place.dataset}"):
                    place.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")

    def _url(self) -> str:
        if not self._postgres:
            self._postgres = self._stack.enter_context(running_postgres()).url
        return self._postgres

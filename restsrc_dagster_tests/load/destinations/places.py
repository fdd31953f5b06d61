"""Where rows go: how a connector names each destination, and looks into it without dlt."""

import gzip
import json
import re
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import psycopg2

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.load.ranges.ranges import Between
from restsrc_dagster.load.report import LoadReport
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.connectors import connector

Row = dict[str, Any]
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*")


@dataclass(frozen=True)
class Place:
    """A destination of a test.

    Args:
        name: as tests are called.
        destination: as a connector file names it.
        look: the rows of a table; none where it is not there.
        once: whether what a killed load has left is removed, so that each row is there once.
        keyless: whether the children of a parent can be replaced without a key.
        longest: name of a column.
    """

    name: str
    destination: Mapping[str, Any]
    look: Callable[[str], list[Row]]
    settings: Settings
    once: bool = True
    keyless: bool = True
    longest: int = 65_536
    extra: Mapping[str, Any] = field(default_factory=dict)

    def connector(self, url: str, resources: list[Any]) -> Connector:
        return connector("acme", url, resources, destination={**self.destination, **self.extra})

    def with_(self, **extra: Any) -> "Place":
        return Place(**{**vars(self), "extra": extra})

    def load(
        self,
        acme: Connector,
        *names: str,
        refresh: Collection[str] = (),
        between: Between | None = None,
        told: Any = None,
    ) -> LoadReport:
        return load(
            acme,
            LoadRequest(
                selection=frozenset(names or acme.resources),
                refresh=frozenset(refresh),
                between=between,
            ),
            settings=self.settings,
            environment={},
            on_message=told.append if told is not None else lambda _: None,
        )

    def warehouse(self) -> Warehouse:
        """For loads in a process of their own."""
        whole = {**self.destination, **self.extra}
        return Warehouse(self.settings, whole, lambda: None)

    def rows(self, table: str) -> list[Row]:
        """Without what dlt adds, and without what is null; sorted."""
        rows = [
            {
                key: _plain(value)
                for key, value in row.items()
                if value is not None and not key.startswith("_dlt")
            }
            for row in self.look(table)
        ]
        return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


def _plain(value: Any) -> Any:
    """What destinations spell in their own ways: times, and numbers with places."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, str) and _TIME.fullmatch(value):
        value = parse_time(value)
    if isinstance(value, datetime):
        zoned = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
        return zoned.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
    return value


def _of_cursor(cursor: Any, table: str, quote: str = '"') -> list[Row]:
    cursor.execute(f"SELECT * FROM {quote}acme{quote}.{quote}{table}{quote}")
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def duck(settings: Settings) -> Place:
    assert settings.data_dir is not None
    file = settings.data_dir / "restsrc_acme.duckdb"

    def look(table: str) -> list[Row]:
        with closing(duckdb.connect(file)) as connection:
            connection.execute("SET TimeZone='UTC'")
            return _of_cursor(connection, table)

    return Place("duckdb", {"type": "duckdb"}, look, settings)


def postgres(settings: Settings, url: str) -> Place:
    def look(table: str) -> list[Row]:
        with closing(psycopg2.connect(url)) as connection:
            return _of_cursor(connection.cursor(), table)

    return Place("postgres", {"type": "postgres", "credentials": url}, look, settings, longest=63)


def sqlite(settings: Settings, folder: Path) -> Place:
    def look(table: str) -> list[Row]:
        with closing(sqlite3.connect(folder / "lake__acme.db")) as connection:
            cursor = connection.cursor()
            cursor.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    url = f"sqlite:///{folder / 'lake.db'}"
    return Place("sqlite", {"type": "sqlalchemy", "credentials": url}, look, settings)


def mariadb(settings: Settings, url: str) -> Place:
    import pymysql

    def look(table: str) -> list[Row]:
        port = urlsplit(url).port
        with closing(pymysql.connect(host="127.0.0.1", port=port, user="root")) as connection:
            return _of_cursor(connection.cursor(), table, "`")

    made = {"type": "sqlalchemy", "credentials": url}
    return Place("mariadb", made, look, settings, longest=64)


def files(settings: Settings, folder: Path, rule: str) -> Place:
    def look(table: str) -> list[Row]:
        return list(_lines(folder / "acme" / table))

    destination = {"type": "filesystem", "bucket_url": folder.as_uri()}
    destination |= {"where_merge_is_impossible": rule}
    return Place(f"files, {rule}", destination, look, settings, once=False)


def _lines(folder: Path) -> Iterator[Row]:
    for path in sorted(folder.glob("*.jsonl*")):
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8") as file:  # type: ignore[operator]
            yield from map(json.loads, file)


def delta(settings: Settings, folder: Path) -> Place:
    def look(table: str) -> list[Row]:
        from deltalake import DeltaTable

        path = str(folder / "acme" / table)
        if not DeltaTable.is_deltatable(path):
            return []
        return list(DeltaTable(path).to_pyarrow_table().to_pylist())

    return _of_format("delta", settings, folder, look)


def iceberg(settings: Settings, folder: Path) -> Place:
    def look(table: str) -> list[Row]:
        from pyiceberg.table import StaticTable

        found = sorted((folder / "acme" / table / "metadata").glob("*.metadata.json"))
        if not found:
            return []
        return list(StaticTable.from_metadata(str(found[-1])).scan().to_arrow().to_pylist())

    return _of_format("iceberg", settings, folder, look)


def _of_format(
    name: str, settings: Settings, folder: Path, look: Callable[[str], list[Row]]
) -> Place:
    destination = {"type": "filesystem", "bucket_url": folder.as_uri(), "table_format": name}
    return Place(name, destination, look, settings, once=False, keyless=False)

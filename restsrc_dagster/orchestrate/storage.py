"""Where the rows of a resource are, by the names that Dagster has for it.

All of it is known when definitions load: from the file, and from dlt's variables of the deployment.
Of a URL with a password only the rest is shown; a `${NAME}` is not looked up.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.naming import table_identifier
from restsrc_dagster.errors import SettingsError
from restsrc_dagster.settings import Settings

DUCKDB = "duckdb"
FILESYSTEM = "filesystem"
SQLITE = "sqlite"
SCHEMA_IS_DATABASE = ("mysql", "mariadb")
"""Of the URLs of dlt's `sqlalchemy`: the database that is named is only where dlt logs in."""
DATABASE = ("database", "catalog", "project_id")
"""The fields of dlt's credentials that name what a schema lies in."""


@dataclass(frozen=True)
class Storage:
    """Where the rows of one connector go.

    `database` is None where nothing but a secret tells it; `uri` has no credentials, and is None
    where there is none to tell.
    """

    kind: str
    database: str | None
    dataset: str
    uri: str | None

    def table_name(self, table: str) -> str:
        """`database.dataset.table`, as downstream assets name it (`dagster/table_name`)."""
        parts = (self.database, table_identifier(self.dataset), table_identifier(table))
        return ".".join(part for part in parts if part)

    def table_uri(self, table: str) -> str | None:
        if self.uri is None:
            return None
        return f"{self.uri}/{table_identifier(self.dataset)}/{table_identifier(table)}"


def storage_of(
    connector: Connector, settings: Settings, environment: Mapping[str, str] = os.environ
) -> Storage:
    """Where a connector loads to, as far as that is no secret."""
    kind = connector.destination_type(settings.destination)
    credentials = connector.destination.arguments.get("credentials")
    if kind == DUCKDB:
        return _in_a_file(connector, settings, credentials)
    variables = f"DESTINATION__{kind.upper()}__"
    if kind == FILESYSTEM:
        bucket = connector.destination.arguments.get("bucket_url")
        bucket = bucket or environment.get(f"{variables}BUCKET_URL")
        return Storage(kind, None, connector.dataset, _bucket(bucket))
    given = credentials or environment.get(f"{variables}CREDENTIALS")
    if (url := _url(given)) and (engine := url.scheme.partition("+")[0]) in SCHEMA_IS_DATABASE:
        return Storage(kind, None, connector.dataset, _address(url))
    if url and engine == SQLITE:
        file = Path(url.path.removeprefix("/"))
        of_dataset = file.with_stem(f"{file.stem}__{connector.dataset}")  # dlt has one for each
        return Storage(kind, file.stem, connector.dataset, f"{SQLITE}:///{of_dataset}")
    if url and url.path.strip("/"):
        database = url.path.strip("/").partition("/")[0]
        return Storage(kind, database, connector.dataset, f"{_address(url)}/{database}")
    fields = given if isinstance(given, Mapping) else {}
    named = (
        fields.get(name) or environment.get(f"{variables}CREDENTIALS__{name.upper()}")
        for name in DATABASE
    )
    return Storage(kind, next(filter(_plain, named), None), connector.dataset, None)


def _in_a_file(connector: Connector, settings: Settings, credentials: Any) -> Storage:
    if credentials:
        file = Path(credentials) if _plain(credentials) else None
    else:
        try:
            file = settings.duckdb_file(connector.name)
        except SettingsError:  # told by the run, which cannot load either
            file = None
    if file is None:
        return Storage(DUCKDB, None, connector.dataset, None)
    return Storage(DUCKDB, file.stem, connector.dataset, f"duckdb://{file.absolute()}")


def _plain(value: Any) -> str | None:
    """A text without a reference to a variable."""
    return value if isinstance(value, str) and value and "${" not in value else None


def _url(value: Any) -> SplitResult | None:
    text = _plain(value)
    try:
        url = urlsplit(text) if text else None
    except ValueError:
        return None
    return url if url and url.scheme and (url.netloc or url.path.strip("/")) else None


def _bucket(value: Any) -> str | None:
    """The place of files: a URL, or a folder."""
    url = _url(value)
    folder = _plain(value)
    return f"{_address(url)}{url.path}" if url else folder and Path(folder).absolute().as_uri()


def _address(url: SplitResult) -> str:
    """Scheme, host and port, without who is let in."""
    return f"{url.scheme}://{url.netloc.rpartition('@')[2]}"

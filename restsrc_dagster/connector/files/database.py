"""Which database a connector writes to, as far as its file and the deployment tell: two spellings
of one are one."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.syntax.local_paths import path_in, real

DefaultFile = Callable[[str], Path | None]
Place = tuple[str, str]
"""A kind, and what tells places of it apart."""
PORTS = {"postgres": 5432, "mysql": 3306, "mssql": 1433}
_SAME = {"postgresql": "postgres", "redshift": "postgres", "mariadb": "mysql"}
_FIELDS = ("host", "port", "database")


def place_of(
    connector: Connector,
    default_destination: str,
    default_file: DefaultFile,
    environment: Mapping[str, str],
) -> Place:
    """Where the rows of a connector go; its dataset is not looked at."""
    name = connector.destination_type(default_destination)
    variables = f"DESTINATION__{name.upper()}__"
    kind = environment.get(f"{variables}DESTINATION_TYPE", name).rpartition(".")[2]
    said = connector.destination.arguments
    if kind == "filesystem":
        bucket = said.get("bucket_url") or environment.get(f"{variables}BUCKET_URL")
        return _bucket(bucket) if isinstance(bucket, str) else (kind, name)
    credentials = said.get("credentials") or environment.get(f"{variables}CREDENTIALS")
    if kind == "duckdb" and name == kind:
        return _duckdb(said.get("credentials") or default_file(connector.name), connector.name)
    if kind == "duckdb":  # dlt names the file after the destination
        return _duckdb(credentials or f"{name}.duckdb", connector.name)
    if isinstance(credentials, Mapping):
        return _fields(kind, credentials, environment, variables)
    return _address(kind, credentials) if isinstance(credentials, str) else (kind, name)


def _duckdb(credentials: Any, connector: str) -> Place:
    if isinstance(credentials, Mapping):
        credentials = credentials.get("database") or f"{connector}.duckdb"
    if credentials is None:  # no run gets that far
        return "file of", connector
    path = path_in(str(credentials))
    return ("duckdb", str(credentials)) if path is None else _file(path)


def _file(path: str) -> Place:
    """A file, whatever leads to it: links of both kinds, other letters where these are the same."""
    found = real(path)
    try:
        about = Path(found).stat()
    except OSError:
        return "path", found
    return "file", f"{about.st_dev}:{about.st_ino}"


def _bucket(text: str) -> Place:
    path = path_in(text)
    if path is not None:
        return _file(path)
    url = urlsplit(text)
    scheme = {"s3a": "s3", "gcs": "gs"}.get(url.scheme.lower(), url.scheme.lower())
    return scheme, f"{url.netloc}/{os.path.normpath(url.path).strip('/')}"


def _address(kind: str, text: str) -> Place:
    try:
        url = urlsplit(text)
        host, port = url.hostname, url.port
    except ValueError:
        return kind, text
    if not url.scheme or "://" not in text:
        return kind, text
    engine = url.scheme.partition("+")[0]
    if engine == "sqlite":
        return _file(path_in(text) or "")
    host = host or dict(parse_qsl(url.query)).get("host")  # a socket's folder
    return _server(engine, host, port, url.path.strip("/"))


def _fields(
    kind: str, said: Mapping[str, Any], environment: Mapping[str, str], variables: str
) -> Place:
    found = [
        said.get(name) or environment.get(f"{variables}CREDENTIALS__{name.upper()}")
        for name in _FIELDS
    ]
    if not any(found):
        return kind, json.dumps(said, sort_keys=True, default=str)
    engine = str(said.get("drivername", kind)).partition("+")[0]
    return _server(engine, *(None if one is None else str(one) for one in found))


def _server(engine: str, host: str | None, port: Any, database: str | None) -> Place:
    """A user may have several names at one database; its address is what counts."""
    engine = _SAME.get(engine, engine)
    host = (host or "").lower().rstrip(".")
    host = "localhost" if host in ("127.0.0.1", "::1", "") else host
    schema_is_database = engine == "mysql"  # what is named is only where dlt logs in
    where = "" if schema_is_database else (database or "")
    return engine, f"{host}:{port or PORTS.get(engine, '')}/{where}"

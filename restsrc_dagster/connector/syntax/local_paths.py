"""Paths of files in texts that may name a server or a bucket, and which of them are one file."""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

FILE_URLS = ("duckdb", "sqlite", "file", "sqlite+pysqlite")


def path_in(text: str) -> str | None:
    """The path of a file that a text of credentials, or of a bucket, names; None where it names a
    server or a bucket."""
    if "://" not in text:
        return None if text.lower().startswith(("md:", "motherduck:", ":")) else text
    url = urlsplit(text)
    if url.scheme.lower() not in FILE_URLS or (url.netloc and url.scheme != "file"):
        return None
    path = unquote(url.path)
    return path if url.scheme == "file" else path.removeprefix("/")


def real(path: str | Path) -> str:
    """The path without links, `..` and differences that the file system does not make."""
    return os.path.normcase(os.path.realpath(Path(path).expanduser()))

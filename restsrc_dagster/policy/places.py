"""Files and buckets that connector files name, held to the folders of the deployment."""

import os
import posixpath
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from restsrc_dagster.connector.syntax.local_paths import path_in, real
from restsrc_dagster.policy.model import Policy


def is_in_a_file(kind: str, name: str, value: Any) -> bool:
    """Whether an argument of a destination names a file or a bucket, which `outside` is about."""
    if kind == "filesystem":
        return name == "bucket_url" and isinstance(value, str)
    if kind not in ("duckdb", "sqlalchemy") or name != "credentials":
        return False
    if isinstance(value, dict):
        of_a_file = {"database", "read_only", "global_config", "session_timezone"}
        return kind == "duckdb" and value.keys() <= of_a_file
    if isinstance(value, str) and (kind == "duckdb" or "://" in value):
        return path_in(value) is not None
    return False


def may_be_used(place: str, data_dir: Path | None, policy: Policy | None) -> bool:
    """Whether a path, or the URL of a bucket, lies where connector files may name one."""
    if policy is None:
        return True
    path = path_in(place)
    if path is None:
        return any(_is_below_url(place, one) for one in policy.files.outside if "://" in one)
    folders = [one for one in policy.files.outside if "://" not in one]
    return _is_below(path, [*folders, *([str(data_dir)] if data_dir else [])])


def refusal(place: str, policy: Policy) -> str:
    """`place` is what is shown of it: nothing of what may be a key, in place of its path."""
    return (
        f"{place} is neither in the data folder nor in a place that the policy lists "
        f"{policy.at('files.outside')}"
    )


def _is_below(path: str, folders: Iterable[str]) -> bool:
    found = real(path)
    return any(
        found == folder or found.startswith(folder.rstrip(os.sep) + os.sep)
        for folder in map(real, folders)
    )


def _is_below_url(place: str, allowed: str) -> bool:
    asked, given = urlsplit(place), urlsplit(allowed)
    if (asked.scheme.lower(), asked.netloc) != (given.scheme.lower(), given.netloc):
        return False
    if asked.query or asked.fragment:
        return False
    path, prefix = (posixpath.normpath(f"/{url.path}").lstrip("/") for url in (asked, given))
    return not prefix or prefix == "." or f"{path}/".startswith(f"{prefix}/")

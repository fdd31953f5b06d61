"""Connectors of one location that would do each other harm."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from restsrc_dagster.connector.configuration.auth.oauth2_refresh_token import (
    OAUTH2_REFRESH_TOKEN,
    rotates,
)
from restsrc_dagster.connector.configuration.auth.places import auths
from restsrc_dagster.connector.files.database import DefaultFile
from restsrc_dagster.connector.files.folder import connector_paths
from restsrc_dagster.connector.files.table_conflicts import by_age, may_share_tables, shared_tables
from restsrc_dagster.connector.model import Connector


def conflicts(
    connectors: Mapping[str, Connector],
    default_destination: str,
    *,
    default_file: DefaultFile = lambda _: None,
) -> Iterator[tuple[str, str, str]]:
    """(connector, path in its file, message) of each one that an older one is in the way of;
    `default_file` is as for `shared_tables`."""
    for name, message in shared_tables(connectors, default_destination, default_file=default_file):
        yield name, "destination", message
    yield from shared_grants(connectors)


def shared_grants(connectors: Mapping[str, Connector]) -> Iterator[tuple[str, str, str]]:
    """(connector, path in its file, message) of each one with the refresh token of an older one,
    where either says that it is another one each time."""
    owners: dict[str, tuple[str, bool]] = {}
    for name, connector in sorted(connectors.items(), key=by_age):
        for place, auth in auths(connector.configuration):
            if auth.get("type") != OAUTH2_REFRESH_TOKEN.name:
                continue
            token = str(auth.get("refresh_token"))
            owner, is_rotated = owners.setdefault(token, (name, rotates(auth)))
            if owner != name and (is_rotated or rotates(auth)):
                yield (
                    name,
                    f"{place}.refresh_token",
                    f"is that of the connector {owner!r}, too, and each takes it from the other, "
                    "as the API gives another one each time: let each connector in by itself at "
                    "the API, and name a variable of its own; or, if the API's refresh tokens "
                    'stay the same, say "rotates": false in both',
                )
                break


def may_conflict(connector: Connector, folder: Path, default_destination: str) -> bool:
    """Whether another file of `folder` might be in the way of `connector`, seen from outside."""
    return may_share_tables(connector, folder, default_destination) or _may_share_grants(
        connector, folder
    )


def _may_share_grants(connector: Connector, folder: Path) -> bool:
    """Whether another file has the text of a refresh token, or one that may be written otherwise,
    by escapes."""
    tokens = [
        str(auth.get("refresh_token")).encode()
        for _, auth in auths(connector.configuration)
        if auth.get("type") == OAUTH2_REFRESH_TOKEN.name
    ]
    if not tokens:
        return False
    others = (path for path in connector_paths(folder) if path.stem != connector.name)
    return any(_has(path, [*tokens, b"\\"]) for path in others)


def _has(path: Path, texts: list[bytes]) -> bool:
    try:
        content = path.read_bytes()
    except OSError:
        return False  # broken, and left out
    return any(text in content for text in texts)

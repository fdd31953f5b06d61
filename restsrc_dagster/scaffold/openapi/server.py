"""The address that requests go to."""

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from restsrc_dagster.scaffold.openapi.document import Document
from restsrc_dagster.scaffold.openapi.operation import Operation
from restsrc_dagster.scaffold.openapi.parse import mapping, sequence

_VARIABLE = re.compile(r"\{([^{}]+)\}")


def base_url(
    document: Document, operations: Sequence[Operation], given: str | None, notes: list[str]
) -> str:
    """What `given` says, else the first of the document's servers that has a host.

    Raises:
        ValueError: no server has one, or the operations are not at the same server.
    """
    if given:
        return given.rstrip("/")
    found: dict[str, str] = {}
    for operation in operations:
        own_notes: list[str] = []
        found.setdefault(_server(document, operation, own_notes), operation.path)
        notes += [note for note in own_notes if note not in notes]
    if len(found) > 1:
        places = ", ".join(f"{path} at {url}" for url, path in found.items())
        raise ValueError(f"a connector has one base_url, but {places}; make one for each")
    return next(iter(found))


def _server(document: Document, operation: Operation, notes: list[str]) -> str:
    urls = list(_swagger(document, notes) if document.is_swagger else _servers(document, operation))
    usable = [(url, filled) for url, filled in urls if _is_address(url)]
    if not usable:
        host = (
            f"https://HOST{urls[0][0]}" if urls and urls[0][0].startswith("/") else "https://HOST/…"
        )
        raise ValueError(f"the document names no host; say --base-url {host.rstrip('/')}")
    url, filled = usable[0]
    for name, default in filled.items():
        notes.append(f"base_url: {name} is filled in as {default!r}; --base-url says another")
    if len(usable) > 1 and not filled:
        notes.append(f"base_url: {url}, the first of {len(usable)}; --base-url says another")
    return url


def _servers(document: Document, operation: Operation) -> Iterator[tuple[str, dict[str, str]]]:
    """(address, the variables that were filled in), in the order of the document."""
    for server in operation.servers or sequence(document.content.get("servers")):
        variables = mapping(mapping(server).get("variables"))
        filled: dict[str, str] = {}

        def fill(match: re.Match[str], known: Any = variables, into: Any = filled) -> str:
            variable = mapping(known.get(match[1]))
            choices = sequence(variable.get("enum"))
            default = variable.get("default", choices[0] if choices else None)
            if default is None:
                return match[0]
            into[match[1]] = str(default)
            return str(default)

        url = _VARIABLE.sub(fill, str(mapping(server).get("url") or ""))
        yield url.rstrip("/"), filled


def _swagger(document: Document, notes: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    content = document.content
    host, base = str(content.get("host") or ""), str(content.get("basePath") or "")
    schemes = [str(scheme) for scheme in sequence(content.get("schemes"))]
    scheme = next((known for known in ("https", "http") if known in schemes), "https")
    if host and not schemes:
        notes.append("base_url: the document names no scheme; https is assumed")
    path = "/" + base.strip("/") if base.strip("/") else ""
    yield (f"{scheme}://{host}{path}" if host else path), {}


def _is_address(url: str) -> bool:
    """Whether requests can go there: a host, and nothing left to fill in."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and "{" not in url
    except ValueError:
        return False

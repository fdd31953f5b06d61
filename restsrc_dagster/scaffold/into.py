"""What a second command or document adds to a connector that is there.

Its resources are read below the base_url of the file. An id below a list that is read already makes
a child of it: `work-orders/17/time-entries` is read for each work order.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.connector.syntax.origins import origin_of
from restsrc_dagster.connector.syntax.variables import REFERENCE
from restsrc_dagster.scaffold.configuration import FirstConfiguration

_ID = re.compile(r"[^/]*\d[^/]*|:\w+|\{.*\}|%7B.*%7D|<.*>|[A-Z][A-Z_]+")
"""Part of a path that stands for a record: `17`, `cus_9s6X`, `:id`, `{id}`, `<id>`, `ORDER_ID`."""
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def rebased(
    first: FirstConfiguration, configuration: Mapping[str, Any], resources: Resources
) -> FirstConfiguration:
    """The resources of `first` as they are written into `configuration`, whose `resources` these
    are; all that the client of both has is left to it.

    Raises:
        ValueError: they are at another host, or have names that are taken.
    """
    made, client = first.configuration, configuration["client"]
    known = _Known(resources)
    added, notes = [], list(first.notes)
    for resource in made["resources"]:
        endpoint = dict(resource["endpoint"])
        path = below(client["base_url"], _address(made["client"]["base_url"], endpoint["path"]))
        endpoint["path"], parent, key = known.bound(path)
        name = known.free_name(resource["name"], path, parent)
        if parent is not None:
            notes.append(f"{name}: is read for each record of {parent}, by its {key}")
        own = {key: value for key, value in resource.items() if key not in ("name", "endpoint")}
        if parent is not None:
            own.setdefault("include_from_parent", [key])
        added.append({"name": name, **own, "endpoint": _with_client(endpoint, made, client)})
        known.add(added[-1])
    used = {found["name"] for found in REFERENCE.finditer(json.dumps(added))}
    return replace(
        first,
        configuration={**made, "resources": added},
        variables=[name for name in first.variables if name in used],
        notes=notes,
    )


def below(base_url: str, address: str) -> str:
    """The path of `address` below a base_url, or all of it where that is at another path there.

    Raises:
        ValueError: it is at another host, which is named, and nothing else of it.
    """
    pattern = "".join(
        "[^/?#]+" if found.group("name") else re.escape(part)
        for part, found in _pieces(base_url.rstrip("/"))
    )
    if under := re.match(rf"{pattern}(?:/|$)", address):
        return address[under.end() :].rstrip("/") or "/"
    if "${" in base_url or origin_of(address) != origin_of(base_url):
        host = urlsplit(address).hostname
        raise ValueError(
            f"it is at {host}, and not below the base_url of this connector: add a connector of "
            "its own"
        )
    return address


def _pieces(base_url: str) -> Iterator[tuple[str, Any]]:
    """The parts of a text, each with the reference that it is, or an empty match."""
    at = 0
    none = re.compile(r"(?P<name>)").match("")
    for found in REFERENCE.finditer(base_url):
        yield base_url[at : found.start()], none
        yield found[0], found
        at = found.end()
    yield base_url[at:], none


def _address(base_url: str, path: str) -> str:
    return path if "://" in path else f"{base_url.rstrip('/')}/{path.lstrip('/')}".rstrip("/")


def _with_client(
    endpoint: dict[str, Any], made: Mapping[str, Any], client: Mapping[str, Any]
) -> dict[str, Any]:
    """An endpoint with what `made`'s client has, and the other one has not."""
    first = made["client"]
    there = {name.lower(): value for name, value in (client.get("headers") or {}).items()}
    headers = {
        name: value
        for name, value in (first.get("headers") or {}).items()
        if name.lower() not in there or ("${" not in value and there[name.lower()] != value)
    }
    if headers:
        endpoint["headers"] = {**headers, **(endpoint.get("headers") or {})}
    for key in ("auth", "paginator"):
        if key in first and key not in endpoint and not _is_alike(first[key], client.get(key)):
            endpoint[key] = first[key]
    return endpoint


def _is_alike(one: Any, other: Any) -> bool:
    """Whether two say the same, whatever their variables are called."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return bool(one == other)
    shown = ("type", "name", "location", "access_token_url")
    return all(str(one.get(key)).lower() == str(other.get(key)).lower() for key in shown)


class _Known:
    """The resources of a connector, and the paths by which their records are found."""

    def __init__(self, resources: Resources) -> None:
        self._names = {*resources, *resources.values_by_name}
        self._lists = [
            (_segments(str(one.endpoint["path"])), one.name, _key(one))
            for one in resources.values()
        ]

    def add(self, resource: Mapping[str, Any]) -> None:
        """One more, whose children may come next."""
        self._names.add(resource["name"])
        key = resource.get("primary_key")
        key = key if isinstance(key, str) else "id"
        self._lists.append((_segments(resource["endpoint"]["path"]), resource["name"], key))

    def bound(self, path: str) -> tuple[str, str | None, str]:
        """(path with a placeholder for each id below a list, the last such list, its key)."""
        segments, written, parent, key = path.split("/"), [], None, "id"
        for position, segment in enumerate(segments):
            found = self._list_of(segments[:position]) if _ID.fullmatch(segment) else None
            if found is None:
                written.append(segment)
                continue
            parent, key = found
            written.append(f"{{resources.{parent}.{key}}}")
        return "/".join(written), parent, key

    def _list_of(self, segments: Sequence[str]) -> tuple[str, str] | None:
        for template, name, key in self._lists:
            if len(template) == len(segments) and all(
                one is None or one == other for one, other in zip(template, segments, strict=True)
            ):
                return name, key
        return None

    def free_name(self, name: str, path: str, parent: str | None) -> str:
        """A name that no other resource has; of one record by its id, after its list."""
        if parent is not None and _ID.fullmatch(path.split("/")[-1]):
            name = f"{parent}_details"
        if name in self._names and parent is not None:
            name = f"{parent}_{name}"
        if name in self._names:
            raise ValueError(f"it has a resource {name!r} already")
        return name


def _segments(path: str) -> list[str | None]:
    """The parts of a path, None for those that have placeholders."""
    parts = path.strip("/").removesuffix(".json").split("/")
    return [None if _PLACEHOLDER.search(part) else part for part in parts]


def _key(resource: Resource) -> str:
    key = resource.hints.get("primary_key")
    if isinstance(key, list) and len(key) == 1:
        key = key[0]
    return key if isinstance(key, str) and key.isidentifier() else "id"

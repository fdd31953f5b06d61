"""One resource of a configuration, with `resource_defaults` merged in as dlt merges them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from restsrc_dagster.connector.resources.columns import by_name, named_by, with_merged_columns
from restsrc_dagster.connector.syntax.placeholders import endpoint_placeholders
from restsrc_dagster.connector.syntax.references import blank

Link = tuple[str, str]
"""A field that a request takes: of which resource or list of values, and its path."""


@dataclass(frozen=True)
class Resource:
    """One resource, with `resource_defaults` already merged in as dlt merges them.

    `links` are all fields that its requests take, `bound_fields` those of its parent. `lists` are
    the lists of values with which each record of the parent is taken.
    """

    name: str
    endpoint: dict[str, Any]
    hints: dict[str, Any]
    parents: tuple[str, ...]
    bound_fields: tuple[str, ...]
    incremental: dict[str, Any] | None = field(default=None)
    links: tuple[Link, ...] = ()
    lists: tuple[str, ...] = ()

    @property
    def parent(self) -> str | None:
        return self.parents[0] if self.parents else None

    @property
    def links_beside(self) -> tuple[Link, ...]:
        """Those to its parent's ancestors, and to lists beside the parent."""
        return tuple(link for link in self.links if link[0] != self.parent)

    @property
    def links_above(self) -> tuple[Link, ...]:
        """Those to its parent's ancestors."""
        return tuple(link for link in self.links_beside if link[0] not in self.lists)

    @property
    def cursor_path(self) -> str | None:
        return (self.incremental or {}).get("cursor_path")

    @property
    def sends_cursor(self) -> bool:
        """Whether a request has a value that moves with the cursor."""
        if self.incremental is None:
            return False
        if any(value is self.incremental for value in (self.endpoint.get("params") or {}).values()):
            return True
        moving = {"start_value", "last_value"}
        return bool(self.incremental.get("start_param")) or any(
            placeholder.incremental_value in moving
            for placeholder in endpoint_placeholders(blank(self.endpoint))
        )

    @property
    def params_of_start(self) -> tuple[str, ...]:
        """The params that are where a run begins, and nothing else."""
        params = self.endpoint.get("params") or {}
        start = (self.incremental or {}).get("start_param")
        sent = [
            key
            for key, value in params.items()
            if value == "{incremental.start_value}"
            or (self.incremental is not None and value is self.incremental)
        ]
        return (*([str(start)] if start else []), *sent)

    @property
    def primary_key(self) -> Any:
        return self.hints.get("primary_key")

    @property
    def selected(self) -> bool:
        """Whether rows are loaded; `selected: false` parents are only read."""
        return self.hints.get("selected") is not False

    @property
    def table_name(self) -> str:
        return self.hints.get("table_name") or self.name

    @property
    def merges_without_key(self) -> bool:
        """`merge` without any key, which dlt runs as append: copies pile up."""
        named = self.hints.get("write_disposition")
        disposition = named.get("disposition") if isinstance(named, dict) else named
        strategy = named.get("strategy") if isinstance(named, dict) else None
        keys = self.has_primary_key or self.merge_key
        return disposition == "merge" and strategy != "scd2" and not keys

    @property
    def merge_key(self) -> list[str]:
        """The columns of the merge key, be they named by hints of columns."""
        return named_by(self.hints, "merge_key")

    @property
    def key_columns(self) -> list[str]:
        """The columns of the primary key, be they named by hints of columns."""
        return named_by(self.hints, "primary_key")

    @cached_property
    def has_primary_key(self) -> bool:
        """Whether the resource names a primary key, be it as a hint of a column."""
        return bool(self.key_columns)

    @property
    def columns(self) -> dict[str, dict[str, Any]]:
        """The hints of columns by name, whichever form they were given in."""
        return by_name(self.hints.get("columns"))

    @property
    def sorted_by(self) -> list[str]:
        """The columns that say which version of a record stays; there may be one."""
        return [name for name, column in self.columns.items() if column.get("dedup_sort")]

    @property
    def nested_hints(self) -> dict[str, dict[str, Any]]:
        """The hints of nested tables; their columns have their names in them, as dlt wants it."""
        nested = {}
        for table, hints in (self.hints.get("nested_hints") or {}).items():
            columns = by_name(hints.get("columns"))
            named = {name: {"name": name, **column} for name, column in columns.items()}
            nested[table] = {**hints, **({"columns": named} if named else {})}
        return nested

    @property
    def steps(self) -> list[dict[str, Any]]:
        """The processing steps: its own, else those of the defaults."""
        return list(self.hints.get("processing_steps") or ())


def expanded(item: str | Mapping[str, Any]) -> dict[str, Any]:
    """The object form of a resource: a bare string is its name and its path."""
    return {"name": item, "endpoint": {"path": item}} if isinstance(item, str) else dict(item)


def _endpoint(resource: Mapping[str, Any]) -> dict[str, Any]:
    endpoint = resource.get("endpoint") or {}
    return {"path": endpoint} if isinstance(endpoint, str) else dict(endpoint)


def _merged(item: Any, defaults: Mapping[str, Any]) -> dict[str, Any]:
    resource = expanded(item)
    endpoint = _endpoint(resource)
    default_endpoint = _endpoint(defaults)
    endpoint.setdefault("path", resource.get("name"))
    for key in ("params", "json"):
        default, own = default_endpoint.get(key), endpoint.get(key)
        if isinstance(default, dict) and isinstance(own, dict):
            endpoint[key] = {**default, **own}
    whole = with_merged_columns(resource, defaults)
    return {**defaults, **whole, "endpoint": {**default_endpoint, **endpoint}}


def resource_of(item: Any, defaults: Mapping[str, Any]) -> Resource:
    """As a file has it, in either form."""
    merged = _merged(item, defaults)
    endpoint: dict[str, Any] = merged["endpoint"]
    params = endpoint.get("params")
    bound = [value for value in (params or {}).values() if isinstance(value, dict)]
    links = [
        (str(value.get("resource")), str(value.get("field")))
        for value in bound
        if value.get("type") == "resolve"
    ]
    try:
        placeholders = list(endpoint_placeholders(blank(endpoint)))
    except ValueError:  # told by the connector's own validation, with its place
        placeholders = []
    links += [link for placeholder in placeholders if (link := placeholder.parent_field)]
    incremental = endpoint.get("incremental") or next(
        (value for value in bound if value.get("type") == "incremental"), None
    )
    return Resource(
        name=str(merged.get("name")),
        endpoint=endpoint,
        hints={key: value for key, value in merged.items() if key not in ("name", "endpoint")},
        parents=tuple(dict.fromkeys(resource for resource, _ in links)),
        bound_fields=tuple(dict.fromkeys(field_path for _, field_path in links)),
        incremental=incremental,
        links=tuple(dict.fromkeys(links)),
    )

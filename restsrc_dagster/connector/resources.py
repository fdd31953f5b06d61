"""The resources of a configuration as Dagster and the destination see them.

Reads dlt's `rest_api` configuration without dlt: names, parents, cursors, and the write
disposition that applies where the person named none. What dlt gets stays as it was written.
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from restsrc_dagster.connector.columns import by_name, named_by, with_merged_columns
from restsrc_dagster.connector.naming import table_identifier
from restsrc_dagster.connector.placeholders import endpoint_placeholders
from restsrc_dagster.connector.references import blank

WriteDisposition = str | dict[str, Any]


@dataclass(frozen=True)
class Resource:
    """One resource, with `resource_defaults` already merged in as dlt merges them."""

    name: str
    endpoint: dict[str, Any]
    hints: dict[str, Any]
    parents: tuple[str, ...]
    bound_fields: tuple[str, ...]
    incremental: dict[str, Any] | None = field(default=None)

    @property
    def parent(self) -> str | None:
        return self.parents[0] if self.parents else None

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
    def has_primary_key(self) -> bool:
        """Whether the resource names a primary key, be it as a hint of a column."""
        return bool(named_by(self.hints, "primary_key"))

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


class Resources(Mapping[str, Resource]):
    """The resources by name, in the order of the file; parents know their children."""

    def __init__(self, configuration: Mapping[str, Any]) -> None:
        defaults = configuration.get("resource_defaults") or {}
        merged = (_merged(item, defaults) for item in configuration.get("resources", []))
        self._by_name = {resource.name: resource for resource in map(_resource, merged)}
        client = configuration.get("client")
        self._paginator = client.get("paginator") if isinstance(client, Mapping) else None

    def __getitem__(self, name: str) -> Resource:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def ancestors(self, name: str) -> list[str]:
        """The parent, its parent, and so on. Unknown parents and cycles end the walk."""
        found: list[str] = []
        parent = self[name].parent
        while parent is not None and parent in self and parent != name and parent not in found:
            found.append(parent)
            parent = self[parent].parent
        return found

    def loaded_parent(self, name: str) -> str | None:
        """The nearest ancestor that is a table, and so an asset."""
        return next((other for other in self.ancestors(name) if self[other].selected), None)

    def children(self, name: str) -> list[str]:
        return [other for other in self if self[other].parent == name and other != name]

    def descendants(self, name: str) -> list[str]:
        return [other for other in self if name in self.ancestors(other)]

    def below_incremental(self, name: str) -> bool:
        """Whether a run reads only some of the parents of this resource's records."""
        return any(self[ancestor].incremental is not None for ancestor in self.ancestors(name))

    def paginator(self, name: str) -> str:
        """The type of the paginator that the configuration names; `auto` if it names none."""
        return str(self.named_paginator(name)["type"])

    def named_paginator(self, name: str) -> Mapping[str, Any]:
        """The paginator that the configuration names, as an object; `auto` if it names none."""
        paginator = self[name].endpoint.get("paginator") or self._paginator or "auto"
        return {"type": paginator} if isinstance(paginator, str) else paginator

    def closed(self, selection: Set[str]) -> frozenset[str]:
        """`selection` and what must be loaded with it so that no cursor outruns its rows.

        Reading an incremental resource moves its cursor, be it only as somebody's parent: its own
        rows and those of all its descendants have to be loaded in the same run.
        """
        closed = set(selection)
        while True:
            read = closed | {ancestor for name in closed for ancestor in self.ancestors(name)}
            wanted = set(closed)
            for name in read:
                if self[name].incremental is not None:
                    wanted |= {name, *self.descendants(name)}
            if wanted == closed:
                return frozenset(closed)
            closed = wanted

    def refreshed_with(self, names: Set[str]) -> frozenset[str]:
        """`names` and what must be read anew with them: all that hangs on a cursor that begins
        anew, as it is read again for every parent; what is replaced with its parent's rows; and
        all who write into a table that is emptied.
        """
        refreshed = frozenset(names)
        while True:
            below = {
                other
                for name in refreshed
                for other in self.descendants(name)
                if self[name].incremental is not None or self.replaces_children(other)
            }
            more = refreshed.union(below, *map(self.beside, refreshed))
            if more == refreshed:
                return refreshed
            refreshed = more

    def behind_a_cursor(self, names: Set[str]) -> frozenset[str]:
        """Those of `names` below a cursor that is not among them, and who writes into their tables,
        with what hangs on it."""
        behind = frozenset(
            name
            for name in names
            if any(
                self[other].incremental is not None and other not in names
                for other in self.ancestors(name)
            )
        )
        return self.refreshed_with(behind)

    def beside(self, name: str) -> frozenset[str]:
        """The other resources that write into the same table."""
        table = table_identifier(self[name].table_name)
        return frozenset(
            other
            for other, resource in self.items()
            if other != name
            and resource.selected
            and self[name].selected
            and table_identifier(resource.table_name) == table
        )

    def falling_with(self, name: str) -> frozenset[str]:
        """What cannot be loaded in a run in which `name` fails: what hangs together with it, and
        what is of one table with that, of which the rows are loaded together."""
        falling = frozenset({name})
        while True:
            more = falling.union(*map(self.hanging_with, falling), *map(self.beside, falling))
            if more == falling:
                return falling - {name}
            falling = more

    def hanging_with(self, name: str) -> frozenset[str]:
        """What is read no more when `name` is read no more.

        Its descendants lack parents then; and where it hangs on a cursor, that must stand still,
        with everything else that hangs on it.
        """
        return self.closed({name, *self.descendants(name)}) - {name}

    def named_disposition(self, name: str) -> WriteDisposition | None:
        disposition: WriteDisposition | None = self[name].hints.get("write_disposition")
        return disposition

    def write_disposition(self, name: str) -> WriteDisposition:
        """What the configuration names, else the default that never piles up copies of rows."""
        resource = self[name]
        if named := self.named_disposition(name):
            return named
        if resource.has_primary_key:
            return "merge"
        if resource.incremental is not None:
            return "append"
        return "merge" if self.below_incremental(name) else "replace"

    def disposition(self, name: str) -> str:
        """The word of the write disposition: append, replace, merge or skip."""
        disposition = self.write_disposition(name)
        return str(disposition["disposition"] if isinstance(disposition, dict) else disposition)

    def keeps_one_of_a_key(self, name: str) -> bool:
        """Whether one row of each primary key is left: in a merge that deletes and inserts."""
        disposition = self.write_disposition(name)
        strategy = disposition.get("strategy") if isinstance(disposition, dict) else None
        return (
            self.disposition(name) == "merge"
            and strategy in (None, "delete-insert")
            and self[name].has_primary_key
        )

    def replaces_children(self, name: str) -> bool:
        """Whether the children of a parent that is read again replace its old ones."""
        resource = self[name]
        return (
            self.named_disposition(name) is None
            and not resource.has_primary_key
            and resource.incremental is None
            and self.below_incremental(name)
        )

    def replaced_by(self, name: str) -> dict[str, str]:
        """By what the children of a parent replace the ones that it had: paths in the parent's
        record, and where the child's own has each.

        Of a chain of such resources it is the parent of the first one: with it, all below it is
        read again.
        """
        resource = self[name]
        parent = str(resource.parent)
        own = not (parent in self and self.replaces_children(parent))
        paths = resource.bound_fields if own else self.replaced_by(parent).values()
        nesting = resource.hints.get("max_table_nesting")
        made = {}
        for path in paths:
            names = path.split(".")
            is_whole = nesting is not None and nesting < len(names) - 1
            made[path] = f"_{parent}_{'_'.join(names) if is_whole else path}"
        return made

    def replaced_with(self, name: str) -> list[str]:
        """The resources whose rows are replaced when those of `name` are, it included; none if
        those are not."""
        found = [name] if self.replaces_children(name) else []
        for one in found:
            found += [
                other
                for other in self
                if self[other].parent == one and self.replaces_children(other)
            ]
        return found

    def copied_from_parent(self, name: str) -> dict[str, tuple[str, ...]]:
        """What the child's records get of their parent's: names, as dlt's `include_from_parent`
        has them, and where each is in the parent's record."""
        resource = self[name]
        copied: dict[str, tuple[str, ...]] = {
            field: (field,) for field in resource.hints.get("include_from_parent") or ()
        }
        if self.replaces_children(name):
            prefix = f"_{resource.parent}_"
            for path, column in self.replaced_by(name).items():
                field = column.removeprefix(prefix)
                top = field.split(".")[0]
                copied.setdefault(top, tuple(path.split(".")) if top == field else (top,))
        return copied


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


def _resource(merged: dict[str, Any]) -> Resource:
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
    )

"""The resources of a configuration as Dagster and the destination see them.

Reads dlt's `rest_api` configuration without dlt: names, parents, cursors, and the write
disposition that applies where the person named none. What dlt gets stays as it was written.
"""

from collections.abc import Mapping, Set
from types import MappingProxyType
from typing import Any

from restsrc_dagster.connector.configuration.paginators import PaginatorKind, paginator_kind
from restsrc_dagster.connector.naming import table_identifier
from restsrc_dagster.connector.resources.graph import NO_VALUES, ResourceGraph
from restsrc_dagster.connector.resources.resource import Link, Resource
from restsrc_dagster.connector.resources.values import ValueList
from restsrc_dagster.connector.resources.window import Window

WriteDisposition = str | dict[str, Any]
NO_WINDOWS: Mapping[str, Window] = MappingProxyType({})


class Resources(ResourceGraph):
    """The resources of a configuration: what is read of them, and how their rows are written.

    Args:
        configuration: dlt's.
        windows: how ranges are read in slices, by the resource's name; beside `configuration`.
        values: the lists of values, by name; beside `configuration`.
        waiting: names of those that have a `wait_until`.
        shared: names of those of which all parents share one cursor.
    """

    def __init__(
        self,
        configuration: Mapping[str, Any],
        windows: Mapping[str, Window] = NO_WINDOWS,
        values: Mapping[str, ValueList] = NO_VALUES,
        *,
        waiting: Set[str] = frozenset(),
        shared: Set[str] = frozenset(),
    ) -> None:
        super().__init__(configuration, values)
        self.windows = windows
        self.waiting = waiting
        self.shared = shared
        client = configuration.get("client")
        self._paginator = client.get("paginator") if isinstance(client, Mapping) else None

    def paginator(self, name: str) -> str:
        """The type of the paginator that the configuration names; `auto` if it names none."""
        return str(self.named_paginator(name)["type"])

    def paginator_kind(self, name: str) -> PaginatorKind:
        """The kind of the paginator that the configuration names; `auto` if it names none."""
        return paginator_kind(self.named_paginator(name))

    def is_rechecked(self, name: str) -> bool:
        """Whether windows of a resource are read again where its pages have numbers."""
        window = self.windows.get(name)
        has_pages = self.paginator_kind(name).next_page != "none"
        return window is not None and window.recheck and has_pages

    def named_paginator(self, name: str) -> Mapping[str, Any]:
        """The paginator that the configuration names, as an object; `auto` if it names none."""
        paginator = self[name].endpoint.get("paginator") or self._paginator or "auto"
        return {"type": paginator} if isinstance(paginator, str) else paginator

    def dependency_closure(self, selection: Set[str]) -> frozenset[str]:
        """`selection` and what must be loaded with it so that no cursor outruns its rows.

        Reading an incremental resource moves its cursor, be it only as somebody's parent: its own
        rows and those of all its descendants have to be loaded in the same run.
        """
        dependency_closure = set(selection)
        while True:
            read = dependency_closure | {
                ancestor for name in dependency_closure for ancestor in self.ancestors(name)
            }
            wanted = set(dependency_closure)
            for name in read:
                if self[name].incremental is not None:
                    wanted |= {name, *self.descendants(name)}
            if wanted == dependency_closure:
                return frozenset(dependency_closure)
            dependency_closure = wanted

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

    def blocked_by(self, name: str) -> frozenset[str]:
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
        return self.dependency_closure({name, *self.descendants(name)}) - {name}

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

    def strategy(self, name: str) -> str | None:
        """dlt's merge strategy (`delete-insert`, `scd2`, `upsert`) of a resource; None where the
        configuration names none."""
        disposition = self.write_disposition(name)
        return disposition.get("strategy") if isinstance(disposition, dict) else None

    def keeps_one_of_a_key(self, name: str) -> bool:
        """Whether one row of each primary key is left: in a merge that deletes and inserts."""
        return (
            self.disposition(name) == "merge"
            and self.strategy(name) in (None, "delete-insert")
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

    def replaced_by(self, name: str) -> dict[Link, str]:
        """By what the children of a parent replace the ones that it had: fields of the parent's
        record, and where the child's own has each.

        If its primary key is among the fields that a request takes, that is enough: others may
        have changed since. Of a chain of such resources it is the parent of the first one: with it,
        all below it is read again. Where a request takes fields of the parent's ancestors, too, the
        parent's record is another one below each record that it is asked by.
        """
        resource = self[name]
        parent = str(resource.parent)
        if parent in self and self.replaces_children(parent):
            links = [(parent, path) for path in self.replaced_by(parent).values()]
        else:
            key = {*self[parent].key_columns} if parent in self else set()
            fields = resource.bound_fields
            tells = key and key <= {*fields}
            links = [(parent, path) for path in fields if not tells or path in key]
            if resource.links_above:
                above = self[parent]
                links += [link for link in above.links if link[0] not in above.lists]
        nesting = resource.hints.get("max_table_nesting")
        made = {}
        for source, path in links:
            names = path.split(".")
            is_whole = nesting is not None and nesting < len(names) - 1
            made[source, path] = f"_{source}_{'_'.join(names) if is_whole else path}"
        return made

    def passed_on(self, name: str) -> list[Link]:
        """Fields of what a resource is asked by that requests and rows below it take."""
        known = self.known_of(name)
        found: dict[Link, None] = {}
        for other in self.descendants(name):
            copied = self.copied_from_others(other).values()
            wanted = [*self[other].links_above, *((one, ".".join(path)) for one, path in copied)]
            found |= dict.fromkeys(link for link in wanted if link[0] in known)
        return list(found)

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
            field: (field,)
            for field in resource.hints.get("include_from_parent") or ()
            if not self._is_of_list(resource, field)
        }
        if self.replaces_children(name):
            for (source, path), column in self.replaced_by(name).items():
                if source == resource.parent:
                    field, names = _copy(source, path, column)
                    copied.setdefault(field, names)
        return copied

    def copied_from_others(self, name: str) -> dict[str, tuple[str, tuple[str, ...]]]:
        """What the child's records get of lists beside their parent, and of its ancestors: fields
        of the child, and of which resource or list each is, and where in its record."""
        resource = self[name]
        copied: dict[str, tuple[str, tuple[str, ...]]] = {
            f"_{one}_{field}": (one, (field,))
            for field in resource.hints.get("include_from_parent") or ()
            for one in resource.lists
            if self.values_by_name[one].has(field)
        }
        if self.replaces_children(name):
            for (source, path), column in self.replaced_by(name).items():
                if source != resource.parent:
                    field, names = _copy(source, path, column)
                    copied.setdefault(f"_{source}_{field}", (source, names))
        return copied

    def _is_of_list(self, resource: Resource, field: str) -> bool:
        """Whether a field that is included is one of the lists beside the parent alone."""
        parent = resource.parent
        if parent is not None and self.is_list(parent) and self.values_by_name[parent].has(field):
            return False
        return any(self.values_by_name[one].has(field) for one in resource.lists)


def _copy(source: str, path: str, column: str) -> tuple[str, tuple[str, ...]]:
    """The field that is copied, as `include_from_parent` has it, and where it is in the record."""
    field = column.removeprefix(f"_{source}_")
    top = field.split(".")[0]
    return top, tuple(path.split(".")) if top == field else (top,)

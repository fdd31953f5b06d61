"""The resources of a configuration as Dagster and the destination see them.

Reads dlt's `rest_api` configuration without dlt: names, parents, cursors, and the write
disposition that applies where the person named none. What dlt gets stays as it was written.
"""

from collections.abc import Iterator, Mapping, Set
from types import MappingProxyType
from typing import Any

from restsrc_dagster.connector.configuration.paginators import PaginatorKind, paginator_kind
from restsrc_dagster.connector.naming import table_identifier
from restsrc_dagster.connector.resources.resource import Resource, resource_of
from restsrc_dagster.connector.resources.window import Window

WriteDisposition = str | dict[str, Any]
NO_WINDOWS: Mapping[str, Window] = MappingProxyType({})


class Resources(Mapping[str, Resource]):
    """The resources by name, in the order of the file; parents know their children.

    Args:
        configuration: dlt's.
        windows: how ranges are read in slices, by the resource's name; beside `configuration`.
    """

    def __init__(
        self, configuration: Mapping[str, Any], windows: Mapping[str, Window] = NO_WINDOWS
    ) -> None:
        self.windows = windows
        defaults = configuration.get("resource_defaults") or {}
        found = (resource_of(item, defaults) for item in configuration.get("resources", []))
        self._by_name = {resource.name: resource for resource in found}
        self._ancestors: dict[str, tuple[str, ...]] = {}
        client = configuration.get("client")
        self._paginator = client.get("paginator") if isinstance(client, Mapping) else None

    def __getitem__(self, name: str) -> Resource:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def ancestors(self, name: str) -> tuple[str, ...]:
        """The parent, its parent, and so on. Unknown parents and cycles end the walk."""
        found = self._ancestors.get(name)
        if found is None:
            found = self._ancestors[name] = self._walked_up(name)
        return found

    def _walked_up(self, name: str) -> tuple[str, ...]:
        found: list[str] = []
        parent = self[name].parent
        while parent is not None and parent in self and parent != name and parent not in found:
            found.append(parent)
            parent = self[parent].parent
        return tuple(found)

    def top(self, name: str) -> str:
        """What the resource hangs on in the end; itself if it has no parent."""
        return [name, *self.ancestors(name)][-1]

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

    def paginator_kind(self, name: str) -> PaginatorKind:
        """The kind of the paginator that the configuration names; `auto` if it names none."""
        return paginator_kind(self.named_paginator(name))

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

"""Which resource hangs on which: parents, their children, and lists of values among them."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from restsrc_dagster.connector.resources.ancestry import related
from restsrc_dagster.connector.resources.resource import Resource, resource_of
from restsrc_dagster.connector.resources.values import ValueList

NO_VALUES: Mapping[str, ValueList] = MappingProxyType({})


class ResourceGraph(Mapping[str, Resource]):
    """The resources by name, in the order of the file; parents know their children.

    A list of values that is somebody's parent is found by its name, too, as a resource that is not
    selected; it is none of those that are gone through.

    Args:
        configuration: dlt's.
        values: the lists of values, by name; beside `configuration`.
    """

    def __init__(
        self, configuration: Mapping[str, Any], values: Mapping[str, ValueList] = NO_VALUES
    ) -> None:
        self.values_by_name = values
        defaults = configuration.get("resource_defaults") or {}
        found = (resource_of(item, defaults) for item in configuration.get("resources", []))
        raw = {resource.name: resource for resource in found}
        self._by_name, self._lists = related(raw, values)
        self._ancestors: dict[str, tuple[str, ...]] = {}

    def __getitem__(self, name: str) -> Resource:
        return self._lists[name] if name in self._lists else self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    @property
    def all_that_is_read(self) -> tuple[str, ...]:
        """The resources, and the lists of values that are a parent."""
        return (*self._by_name, *self._lists)

    @property
    def lists_as_parents(self) -> tuple[str, ...]:
        """The lists of values that are a parent."""
        return tuple(self._lists)

    def is_list(self, name: str) -> bool:
        """Whether that is a list of values."""
        return name in self.values_by_name and name not in self._by_name

    def described(self, name: str) -> str:
        """A resource by its name, a list of values as such."""
        if not self.is_list(name):
            return name
        items = self.values_by_name[name].items
        count = f"the {len(items)} " if isinstance(items, list) else "the "
        return f"{count}values of the list {name}"

    def lists_of(self, name: str) -> list[str]:
        """The lists of values that a resource goes through, those of its ancestors first."""
        chain = [*reversed(self.ancestors(name)), name]
        return [
            found for one in chain for found in ((one,) if self.is_list(one) else self[one].lists)
        ]

    def known_of(self, name: str) -> frozenset[str]:
        """The resources and lists a record of each of which a resource is asked by."""
        return frozenset([*self.ancestors(name), *self.lists_of(name)])

    def ancestors(self, name: str) -> tuple[str, ...]:
        """The parent, its parent, and so on. Unknown parents and cycles end the walk."""
        found = self._ancestors.get(name)
        if found is None:
            found = self._ancestors[name] = self._walked_up(name)
        return found

    def _walked_up(self, name: str) -> tuple[str, ...]:
        found: dict[str, None] = {}
        parent = self[name].parent
        while parent is not None and parent in self and parent != name and parent not in found:
            found[parent] = None
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

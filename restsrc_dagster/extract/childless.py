"""Which parents were read again and have no children any more.

The children of a parent that is read again replace its old ones: dlt deletes by the parent's key
what new rows have it. A parent that has lost all its children brings no row, and would keep the
old ones for ever.
"""

from typing import Any

from dlt.extract.items_transform import ItemTransform

from restsrc_dagster.connector.resources import Resource
from restsrc_dagster.extract.field import Field

Key = tuple[Any, ...]


class Childless:
    """The parents of one resource that were asked for children and gave none.

    Holds no more than these, and those that are being asked: some 150 bytes each, so that
    100,000 parents without any children take 15 MB.
    """

    def __init__(self, child: Resource) -> None:
        self.keys: set[Key] = set()
        self.resource = child.name
        self._of_parent = [Field(name) for name in child.bound_fields]
        self._of_child = [Field(f"_{child.parent}_{name}") for name in child.bound_fields]

    def before(self) -> ItemTransform[Any, Any]:
        """Sees the parents before they are asked."""
        return _Before(self)

    def after(self) -> ItemTransform[Any, Any]:
        """Sees the children as the API gave them, with their parent's fields."""
        return _After(self)

    def asked(self, parent: Any) -> None:
        self.keys.add(tuple(field.get(parent) for field in self._of_parent))

    def has(self, child: Any) -> None:
        self.keys.discard(tuple(field.get(child) for field in self._of_child))


class _Before(ItemTransform[Any, Any]):
    placement_affinity = 0

    def __init__(self, childless: Childless) -> None:
        super().__init__(lambda item: item)
        self._childless = childless

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        for parent in item if isinstance(item, list) else [item]:
            self._childless.asked(parent)
        return item


class _After(ItemTransform[Any, Any]):
    placement_affinity = 1.1

    def __init__(self, childless: Childless) -> None:
        super().__init__(lambda item: item)
        self._childless = childless

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        for child in item if isinstance(item, list) else [item]:
            self._childless.has(child)
        return item

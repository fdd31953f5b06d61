"""Which parents were read again and have no children any more.

The children of a parent that is read again replace its old ones: dlt deletes by the parent's key
what new rows have it. A parent that has lost all its children brings no row, and would keep the
old ones for ever; so would what hangs on them.
"""

from collections.abc import Iterable
from typing import Any

from dlt.extract.items_transform import ItemTransform

from restsrc_dagster.extract.parents.binding import BoundParent, Key
from restsrc_dagster.extract.parents.current_page import PageAtHand
from restsrc_dagster.extract.step_order import StepOrder


class ParentsWithoutChildren(ItemTransform[Any, Any]):
    """The parents that were asked for the rows of one resource and gave none.

    Sees what is left of each page. Holds some 150 bytes of each of these, so that 100,000 parents
    without any children take 15 MB, and some 60 of each parent that gave some: of grandchildren,
    other records of the same parent may give none.
    """

    placement_affinity = StepOrder.TRACK_CHILDLESS

    def __init__(self, at_hand: PageAtHand) -> None:
        super().__init__(lambda item: item)
        self.keys: set[Key] = set()
        self._given: set[int] = set()
        self._at_hand = at_hand

    def asked(self, parent: BoundParent) -> None:
        """A parent was asked for rows of this resource, or for those that have such rows."""
        if not _is_comparable(parent.replaced):
            return
        if _mark(parent) not in self._given:
            self.keys.add(parent.replaced)

    def but(self, others: Iterable[Key]) -> set[Key]:
        """The keys without those of `others`, as far as these can be compared."""
        return self.keys.difference(other for other in others if _is_comparable(other))

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        """The item."""
        parent = self._at_hand.parent
        if item and parent is not None and not parent.has_children:
            parent.has_children = True
            if _is_comparable(parent.replaced):
                self._given.add(_mark(parent))
                self.keys.discard(parent.replaced)
        return item


def _is_comparable(key: Key) -> bool:
    """By the destination, too: it compares columns, and has none for what is nested."""
    return not any(isinstance(value, (dict, list)) for value in key)


def _mark(parent: BoundParent) -> int:
    return hash(str(parent.replaced))  # of the texts, as -1 and -2 have one hash in Python

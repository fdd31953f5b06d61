"""Which parents were read again and have no children any more.

The children of a parent that is read again replace its old ones: dlt deletes by the parent's key
what new rows have it. A parent that has lost all its children brings no row, and would keep the
old ones for ever; so would what hangs on them.
"""

from typing import Any

from dlt.extract.items_transform import ItemTransform

from restsrc_dagster.extract.at_hand import PageAtHand
from restsrc_dagster.extract.binding import BoundParent

Key = tuple[Any, ...]
"""The values by which the children of one parent are replaced (`BoundParent.replaced`)."""


class Childless(ItemTransform[Any, Any]):
    """The parents that were asked for the rows of one resource and gave none.

    Sees what is left of each page. Holds no more than these, and those that are being asked: some
    150 bytes each, so that 100,000 parents without any children take 15 MB.
    """

    placement_affinity = 1.1

    def __init__(self, at_hand: PageAtHand) -> None:
        super().__init__(lambda item: item)
        self.keys: set[Key] = set()
        self._at_hand = at_hand

    def asked(self, parent: BoundParent) -> None:
        """It is about to be asked, for rows of this resource, or for those that have such rows."""
        if not any(isinstance(value, (dict, list)) for value in parent.replaced):
            self.keys.add(parent.replaced)

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        """The item."""
        if self.keys and item and (parent := self._at_hand.parent) is not None:
            self.keys.discard(parent.replaced)
        return item

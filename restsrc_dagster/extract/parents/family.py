"""Which pages of a list are through: with all that is read for their records, level by level.

A list that has children can be left behind such a page only, where one of the children fails.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from dlt.extract.items_transform import ItemTransform

from restsrc_dagster.extract.parents.binding import BoundParent, Key
from restsrc_dagster.extract.parents.current_page import PageAtHand
from restsrc_dagster.extract.step_order import StepOrder


class OfPage(list[Any]):
    """Records that were handed on, of which page of the topmost list they come, and what their
    own list was asked by."""

    page: int
    parent: BoundParent | None


class FamilyPages:
    """The pages of one list without a parent, by their numbers, from 1.

    Args:
        readers: of each resource, how many children are read for its records.
    """

    def __init__(self, readers: Mapping[str, int]) -> None:
        self.readers = readers
        self._waiting: dict[int, int] = {}
        """Of each page that is not through: how often a child is still to read for its records."""
        self._begun: dict[int, dict[str, list[Key]]] = {}

    def handed_on(self, resource: str, page: int) -> None:
        """Records of a page are on their way to the children of a resource."""
        self._waiting[page] = self._waiting.get(page, 0) + self.readers[resource]

    def begin(self, child: str, parent: BoundParent) -> None:
        """A child's list of one parent is about to be read."""
        self._begun.setdefault(parent.page, {}).setdefault(child, []).append(parent.replaced)

    def through(self, page: int) -> None:
        """One of the children has read all that it reads for some of the records."""
        left = self._waiting.pop(page, 0) - 1
        if left > 0:
            self._waiting[page] = left
        else:
            self._begun.pop(page, None)

    def is_through(self, page: int) -> bool:
        """Whether nothing is left to be read for the records of a page and those before it."""
        return not any(number <= page for number in self._waiting)

    def in_part(self, names: Iterable[str]) -> list[Key]:
        """The parents (`BoundParent.replaced`) of these children that are on pages which are not
        through: not all that is below them is read."""
        return [
            parent
            for page in self._begun.values()
            for name in names
            for parent in page.get(name, ())
        ]


class TagWithPage(ItemTransform[Any, Any]):
    """Behind all steps of a resource: its records know their page, and what they were asked by, on
    the way to the children."""

    placement_affinity = StepOrder.TAG_WITH_PAGE

    def __init__(self, resource: str, at_hand: PageAtHand, family: FamilyPages) -> None:
        super().__init__(lambda item: item)
        self._resource = resource
        self._at_hand = at_hand
        self._family = family

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        """The item."""
        if not isinstance(item, list):
            return item
        tagged = OfPage(item)
        parent = tagged.parent = self._at_hand.parent
        tagged.page = self._at_hand.number if parent is None else parent.page
        self._family.handed_on(self._resource, tagged.page)
        return tagged

"""Of which parent the page at hand is, and when the reading of its resource began."""

import time
from typing import Any

from dlt.extract.items_transform import ItemTransform
from dlt.sources.helpers.rest_client.client import PageData

from restsrc_dagster.extract.parents.binding import BoundParent, parent_of
from restsrc_dagster.extract.response.clock import asked_at
from restsrc_dagster.extract.step_order import StepOrder


class PageAtHand(ItemTransform[Any, Any]):
    """Notes each page of a resource before other steps see it; they run through with it at once.

    Attributes:
        parent: of the page at hand; None where the resource has none.
        number: of the page at hand, from 1, over all lists of the reading.
        began: when the API was asked for the first page of this reading, or of the one that it
            goes on with, by its own clock, in seconds since 1970.
    """

    placement_affinity = StepOrder.TRACK_PAGE

    def __init__(self) -> None:
        super().__init__(lambda item: item)
        self.parent: BoundParent | None = None
        self.number = 0
        self.began: float = time.time()
        self._is_first = True

    def goes_on_from(self, began: float) -> None:
        """Readings before have read a part of the list: what changed there meanwhile is not seen
        by this one."""
        self._is_first, self.began = False, began

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        """The item."""
        self.parent = parent_of(item)
        self.number += 1
        if self._is_first and isinstance(item, PageData):
            self._is_first, self.began = False, asked_at(item.response)
        return item

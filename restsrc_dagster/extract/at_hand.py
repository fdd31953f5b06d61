"""Of which parent the page at hand is, and when the reading of its resource began."""

import time
from collections.abc import Callable
from typing import Any

from dlt.extract.items_transform import ItemTransform
from dlt.sources.helpers.rest_client.client import PageData

from restsrc_dagster.extract.backlog import Backlog
from restsrc_dagster.extract.binding import BoundParent, of_parents, parent_of
from restsrc_dagster.extract.clock import asked_at


class PageAtHand(ItemTransform[Any, Any]):
    """Notes each page of a resource before other steps see it; they run through with it at once.

    Attributes:
        parent: of the page at hand; None where the resource has none.
        began: when the API was asked for the first page of this reading, by its own clock, in
            seconds since 1970.
    """

    placement_affinity = 0

    def __init__(self) -> None:
        super().__init__(lambda item: item)
        self.parent: BoundParent | None = None
        self.began: float = time.time()
        self._is_first = True

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        """The item."""
        self.parent = parent_of(item)
        if self._is_first and isinstance(item, PageData):
            self._is_first, self.began = False, asked_at(item.response)
        return item


class TellsParents(ItemTransform[Any, Any]):
    """Lets each page of a child know its parent; behind what looks ahead, which knows dlt's own
    generators only."""

    placement_affinity = 0

    def __init__(self, backlog: Backlog) -> None:
        super().__init__(lambda item: item)
        self._backlog = backlog

    def bind(self, pipe: Any) -> ItemTransform[Any, Any]:
        """Of the pipe that is about to be read, once."""
        if pipe.has_parent:
            place = next(n for n, step in enumerate(pipe.steps) if not _is_transform(step))
            pipe.steps[place] = _Telling(pipe.steps[place], pipe.name, self._backlog)
        return _AsItIs(lambda item: item)

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        """The item."""
        return item


class _AsItIs(ItemTransform[Any, Any]):
    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        return item


class _Telling:
    """In place of what asks for the children of a page of parents."""

    def __init__(self, ask: Callable[..., Any], child: str, backlog: Backlog) -> None:
        self._ask = ask
        self._child = child
        self._backlog = backlog

    def __call__(self, item: Any, meta: Any = None) -> Any:
        pages = self._ask(item, meta=meta)
        self._backlog.add(self._child, len(item))
        return of_parents(pages, len(item), lambda done: self._backlog.add(self._child, -done))


def _is_transform(step: Any) -> bool:
    return isinstance(step, ItemTransform)

"""Chunks of a list with numbered pages: the next one begins at the next page."""

from collections import deque
from dataclasses import dataclass
from typing import Any, Protocol

from dlt.extract.items_transform import ItemTransform
from dlt.sources.helpers.rest_client.client import PageData

from restsrc_dagster.extract.chunks.chunk import Chunk, digest
from restsrc_dagster.extract.paging.kinds import is_counted
from restsrc_dagster.extract.paging.list_reader import Page
from restsrc_dagster.extract.parents.current_page import PageAtHand
from restsrc_dagster.extract.parents.family import FamilyPages
from restsrc_dagster.extract.step_order import StepOrder


@dataclass(frozen=True)
class NumberedPage:
    """A page of a numbered list; `records` are those of the list so far, its own among them, which
    are `size`. `content` are its records, or a digest of the first ones if it came in pieces."""

    number: int
    next_number: int
    content: list[Any] | str
    records: int
    size: int

    @property
    def digest(self) -> str:
        """By which it is known again."""
        return self.content if isinstance(self.content, str) else digest(self.content)


class Places(Protocol):
    """Where lists were left by another run, and are left by this one."""

    def is_where_it_was(self, name: str, page: list[Any]) -> bool:
        """Whether a list goes on with the page at which another run was stopped, if one was."""

    def leave_behind(self, name: str, page: NumberedPage) -> None:
        """Note where a list is left."""

    def has_moved_on(self, name: str, page: NumberedPage) -> bool:
        """Whether a list that failed has come further than the run before."""


class ChunkByPage(ItemTransform[Any, Any]):
    """Ends with a page after which there is another one."""

    placement_affinity = StepOrder.CHUNK_BY_PAGE

    def __init__(
        self,
        places: Places,
        name: str,
        chunk: Chunk,
        at_hand: PageAtHand,
        family: FamilyPages,
    ) -> None:
        super().__init__(lambda item: item)
        self._places = places
        self._name = name
        self._chunk = chunk
        self._at_hand = at_hand
        self._family = family
        self._last: NumberedPage | None = None
        self._before_last: NumberedPage | None = None
        self._first_piece = ""
        self._pages: deque[tuple[int, NumberedPage]] = deque()
        """Pages that may have children to be read, by their number; the last that has none comes
        first."""

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        if not isinstance(item, PageData):
            return item
        if self._chunk.ended:
            return None
        is_first = not self._chunk.records
        if is_first and not self._places.is_where_it_was(self._name, item):
            self._chunk.end()
            return None
        is_full = self._chunk.is_full_with(len(item))
        if isinstance(item, Page) and not item.is_last_piece:
            if item.is_first_piece:
                self._first_piece = digest(list(item))
            return item
        goes_on = bool(item.paginator.has_next_page and item)
        self._before_last, self._last = self._last, self._page(item) if goes_on else None
        if self._last is not None:
            self._pages.append((self._at_hand.number, self._last))
        while len(self._pages) > 1 and self._family.is_through(self._pages[1][0]):
            self._pages.popleft()
        if is_full and goes_on and self._chunk.is_drained():
            self.end_behind()
        return item

    def _page(self, item: PageData[Any]) -> NumberedPage:
        paginator = item.paginator
        assert is_counted(paginator)  # noqa: S101 - for the type checker
        number = paginator.current_value
        records = self._chunk.records_before + self._chunk.records
        content: list[Any] | str = list(item)
        if isinstance(item, Page) and not item.is_first_piece:
            content = self._first_piece
        size = item.size if isinstance(item, Page) else len(item)
        return NumberedPage(number - paginator.value_step, number, content, records, size)

    def end_behind(self) -> bool:
        """Nothing is known of a page that has not come whole."""
        if self._last is None or not self._chunk.is_drained():
            return False
        self._places.leave_behind(self._name, self._last)
        self._chunk.end()
        return True

    def break_off(self, between_pages: bool) -> bool:
        """The page at which a step has failed is not written."""
        page = self._last if between_pages else self._before_last
        return self._leave_at(page)

    def break_off_below(self) -> bool:
        """At the last page of which all children were read, and those of all pages before it."""
        through = [page for number, page in self._pages if self._family.is_through(number)]
        return self._leave_at(through[-1] if through else None)

    def _leave_at(self, page: NumberedPage | None) -> bool:
        if page is None or not self._places.has_moved_on(self._name, page):
            return False
        self._places.leave_behind(self._name, page)
        return True

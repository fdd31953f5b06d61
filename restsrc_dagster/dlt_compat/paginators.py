"""What dlt's paginators keep to themselves: where a list goes on, and whether it does."""

from typing import Any

from dlt.sources.helpers.rest_client.paginators import (
    BasePaginator,
    BaseReferencePaginator,
    RangePaginator,
)


class ReferencePaginator(BaseReferencePaginator):
    """Pages that name the next one."""

    @property
    def next_reference(self) -> Any:
        """A URL or a cursor, or what an API gives in its place; None at the end of the list."""
        return self._next_reference

    @next_reference.setter
    def next_reference(self, reference: Any) -> None:
        self._next_reference = reference


class NumberPaginator(RangePaginator):
    """Pages that have numbers."""

    def ends_after(self, records: list[Any]) -> bool:
        """Whether a page of these records is the last, as an empty one may be."""
        return self._stop_after_this_page(records)

    def go_on(self, goes_on: bool) -> None:
        """Whether the list has a next page."""
        self._has_next_page = goes_on


def end_list(paginator: BasePaginator) -> None:
    """Let the page that has arrived be the last of its list, whatever comes next."""
    paginator._has_next_page = False

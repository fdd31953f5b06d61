"""Records that do not go by the column: how many of each table, and why."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

Reasons = Mapping[str, int]
"""How many records each reason has sent row by row."""
NEW_TABLE = "the table is new"
NEW_COLUMN = "it is new"
_NOTED: "ContextVar[dict[str, Counter[str]] | None]" = ContextVar("restsrc_by_row", default=None)


class NotColumnar(Exception):
    """Records cannot go into their table by the column; never leaves this package.

    Args:
        reason: what kind of problem it is, in a few words and without any value.
        column: where, if it is one column's.
        table: where, if it may be a nested one.
    """

    def __init__(self, reason: str, *, column: str = "", table: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.column = column
        self.table = table

    def of(self, root: str) -> str:
        """The reason and the place, for records of the table `root`."""
        place = f"column {self.column!r}" if self.column else ""
        if self.table and self.table != root:
            place = f"{place} of {self.table}" if place else self.table
        return f"{place}: {self.reason}" if place else self.reason


@contextmanager
def row_by_row_noted() -> Iterator[Mapping[str, Reasons]]:
    """The reasons of what goes row by row meanwhile, in this context, by the root table."""
    found: dict[str, Counter[str]] = {}
    token = _NOTED.set(found)
    try:
        yield found
    finally:
        _NOTED.reset(token)


def note_row_by_row(root: str, records: int, reason: str) -> None:
    """So many records of a root table go row by row."""
    noted = _NOTED.get()
    if noted is not None and records:
        noted.setdefault(root, Counter())[reason] += records

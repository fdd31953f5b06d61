"""The order in which the API gives the records of a list: believed only as far as it is seen.

dlt leaves a list at the first record beyond its range: one record out of order, a pinned one say,
takes all behind it away.
"""

from collections.abc import Callable, Sequence
from operator import ge, le
from typing import Any, Literal

from restsrc_dagster.connector.wording import quoted
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.incremental.cursor import IncrementalCursor

PROVEN_BY = 50
"""So many records in a row beyond the range, in their order, end a list: a page or so."""

LATE = "if records come late, give the cursor a lag, or they are left out"


class ListOrder:
    """Of one list of a resource without a parent, whose `row_order` the file tells.

    Args:
        cursor: whose values are compared.
        said: the file's `row_order`.
        start: where reading begins; None for the beginning of all.
        warn: called with a line for the person.

    Attributes:
        broken: what was found out of this order; "" as long as nothing was.
        last: the value of the last record.
    """

    def __init__(
        self,
        cursor: IncrementalCursor,
        said: Literal["asc", "desc"],
        start: Any,
        warn: Callable[[str], None],
    ) -> None:
        self.broken = ""
        self.last: Any = None
        self._cursor = cursor
        self._said = said
        self._start = start
        self._warn = warn
        self._beyond = 0

    def look(self, values: Sequence[Any]) -> None:
        """Look at the cursors of a page, without those that have none; raises ReadError where
        nothing but the order tells how they compare."""
        if not values:
            return
        known = values if self.last is None else [self.last, *values]
        keys = self._cursor.order.keys(known)
        if self.holds and not all(map(le if self._ascends else ge, keys, keys[1:])):
            follows = le if self._ascends else ge
            place = next(n for n, key in enumerate(keys[1:]) if not follows(keys[n], key))
            self._is_broken(known[place], known[place + 1])
        self.last = values[-1]
        beyond = next(
            (n for n, value in enumerate(reversed(values)) if not self._is_beyond(value)),
            len(values),
        )
        self._beyond = beyond + (self._beyond if beyond == len(values) else 0)

    @property
    def holds(self) -> bool:
        """Whether all records so far were in this order."""
        return not self.broken

    @property
    def may_end(self) -> bool:
        """Whether all further records are beyond the range."""
        return self.holds and self._beyond >= PROVEN_BY

    @property
    def _ascends(self) -> bool:
        """By the size of the values; dlt's `asc` and `desc` are meant as the cursor moves."""
        return bool((self._said == "asc") == self._cursor.grows)

    def _is_beyond(self, value: Any) -> bool:
        if self._said == "asc":
            return self._cursor.end is not None and self._cursor.is_beyond_end(value)
        return self._start is not None and self._cursor.is_later(self._start, value)

    def _is_broken(self, before: Any, value: Any) -> None:
        self.broken = what = (
            f"row_order is {self._said}, but the API gave {self._cursor.path} {quoted(str(value))} "
            f"after {quoted(str(before))}"
        )
        if self._cursor.order.varies:
            raise ReadError(
                f"{what}: texts of several lengths compare only in the order in which the API "
                "gives them. Name another cursor, or read without one"
            )
        reads = (
            ""
            if self._said == "asc" and self._cursor.end is None
            else (", and the list is read to its end in each run")
        )
        late = "" if self._cursor.end is not None else f" ({LATE})"
        self._warn(
            f"{what}: take row_order out{late}; nothing is committed before all is read{reads}"
        )

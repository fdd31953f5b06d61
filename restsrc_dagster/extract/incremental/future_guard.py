"""Values ahead of the API's clock, which no cursor follows."""

from collections.abc import Callable, Sequence
from typing import Any

from restsrc_dagster.extract.incremental.comparison import CursorComparison
from restsrc_dagster.extract.incremental.cursor_time import FAR_SECONDS, CursorTime

MOST_UNDECIDED = 10_000
"""Rows that are remembered while no value has told whether the cursor is a time."""


class FutureGuard:
    """Holds back what would take a cursor past records that are changed later.

    Args:
        path: of the cursor, for messages.
        comparison: of its values.
        time: whether they are times.
        warn: called with a line for the person.
    """

    def __init__(
        self,
        path: str,
        comparison: CursorComparison,
        time: CursorTime,
        warn: Callable[[str], None],
    ) -> None:
        self._path = path
        self._comparison = comparison
        self._time = time
        self._warn = warn

    def goes_on_from(self, before: "FutureGuard") -> None:
        """Whether the values are times is known from a reading before."""
        self._time = before._time

    def learn(self, values: Sequence[Any]) -> None:
        """Look at values, none of which is None."""
        self._time.learn(self._comparison.order.kind, values)

    def held_back(self, values: Sequence[Any], clock: float, delay: int = 0) -> set[int]:
        """The positions of values that lie ahead of the API's clock, less a delay in seconds, and
        move no cursor."""
        time, compared = self._time, self._comparison
        if not values or not compared.grows or not time.may_be(compared.order.kind):
            return set()
        latest = clock - delay
        if not time.is_ahead(farthest := compared.farthest(values), latest):
            return set()
        if time.is_ahead(farthest, clock + FAR_SECONDS):
            self._tell(farthest)
        return {n for n, value in enumerate(values) if time.is_ahead(value, latest)}

    def is_time(self, remembered: int) -> bool:
        """Whether values ahead of the clock are held back indeed; `remembered` is how many rows
        have to be known until that is decided."""
        if remembered > MOST_UNDECIDED:
            self._time.decide()
        return self._time.is_sure(self._comparison.order.kind)

    def _tell(self, example: Any) -> None:
        kind = self._comparison.order.kind
        if not self._time.is_sure(kind):
            return
        cure = f'; if it is no time, write "columns": {{"{self._path}": {{"data_type": "bigint"}}}}'
        self._warn(
            f"the cursor {self._path} of some records is far ahead of the API's clock, such as "
            f"{example}: the cursor does not follow them, and each run reads them again"
            f"{cure if kind == 'number' else ''}"
        )

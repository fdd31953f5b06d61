"""Rows that the windows of a list have brought, so that none comes twice.

An API may give, in a window, what belongs to another one: it takes whole days, counts both ends of
a range, or filters by another time than the cursor.
"""

from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from restsrc_dagster.extract.incremental.older import OlderThanSent
from restsrc_dagster.extract.incremental.position import Position
from restsrc_dagster.extract.incremental.window_readings import WindowReadings
from restsrc_dagster.extract.incremental.windows import Slice
from restsrc_dagster.extract.paging.page_stats import ListSeen
from restsrc_dagster.extract.records.field import FieldReader, sorted_bytes_of
from restsrc_dagster.json_types import Json

MOST_ROWS = 250_000
"""So many are remembered, those that came last: about 30 MB."""


class WindowRows:
    """Of one list, in one run. A row is as often there as one window brings it.

    Attributes:
        start: where the range begins, of which the windows are; None for the beginning of all.
        readings: of the window at hand; None where none is read again.
    """

    def __init__(self, start: Any) -> None:
        self.start = start
        self.readings: WindowReadings | None = None
        self._window: Slice | None = None
        self._brought: dict[bytes, int] = {}
        self._has_forgotten = False
        self._here: Counter[bytes] = Counter()

    def begin_window(self, window: Slice, key: Sequence[FieldReader] | None) -> None:
        """Pages of it come now; `key` as for `WindowReadings`, None where none is read again."""
        self._window = window
        self._here = Counter()
        self.readings = None if key is None else WindowReadings(key)

    def is_open(self, clock: float) -> bool:
        """Whether records may still come into the window at that time."""
        return self._window is not None and self._window.over_at(clock) is None

    def read_before(
        self, records: Sequence[Json], values: Sequence[Any], seen: ListSeen
    ) -> set[int]:
        """The positions of the records of a page that came in a reading of the window before."""
        if self.readings is None or seen.is_one_page:
            return set()
        return self.readings.note(records, values, counts=seen.total is not None)

    def take(
        self,
        position: Position,
        records: list[Json],
        values: list[Any],
        clock: float,
        *,
        delay: int,
        older: OlderThanSent | None,
        once: bool = False,
    ) -> list[Any]:
        """What is new of a page (`Position.take`), and was brought by no window before; with
        `once`, nor by this one.

        Of rows that are appended, those before the window are left out where that is not known any
        more, and `older` tells.
        """
        window = self._window
        passed = {n for n, record in enumerate(records) if self._is_known(_digest(record), once)}
        if window and older and self._has_forgotten and position.delivered is not None:
            unsure = {n: value for n, value in enumerate(values) if n not in passed}
            passed |= older.before_window(unsure, window.start, MOST_ROWS)
        new = position.take(records, values, clock, delay, window.limit if window else None)
        out = {id(records[n]) for n in passed}
        return [record for record in new if id(record) not in out] if out else new

    def _is_known(self, digest: bytes, once: bool) -> bool:
        self._here[digest] = times = 1 if once else self._here[digest] + 1
        if times <= self._brought.get(digest, 0):
            return True
        self._brought[digest] = times
        if len(self._brought) > MOST_ROWS:
            self._has_forgotten = True
            del self._brought[next(iter(self._brought))]
        return False


def _digest(record: Json) -> bytes:
    return blake2b(sorted_bytes_of(record), digest_size=8).digest()

"""How far a load is: its phases, how long they took, and a line for the person."""

import logging
import time
from collections.abc import Iterator, Mapping
from enum import Enum

from restsrc_dagster.dlt_compat.collector import StepCollector
from restsrc_dagster.extract.paging.page_stats import PageStats
from restsrc_dagster.extract.progress import (
    counted,
    duration,
    how_far,
    shortened,
    waited,
    waiting,
)
from restsrc_dagster.extract.reading import Reading
from restsrc_dagster.extract.stats.waits import Waits

log = logging.getLogger(__name__)

JOBS, FILES = "Jobs", "Files"
"""dlt's names of counters, beside those that are called like the table whose rows they count."""


class Phase(Enum):
    """What a load is doing; it is always in one of them."""

    LOCK = "waiting for another connector's load into the destination"
    PREPARING = "preparing"
    READING = "reading"
    NORMALIZING = "normalizing"
    LOADING = "loading"
    DESTINATION_DOWN = "waiting for a destination that is away"


class CountingCollector(StepCollector):
    """What dlt counts in the step that it is at, by its names: rows of each table, files, jobs."""

    def __init__(self) -> None:
        self.done: dict[str, int] = {}
        self.total: dict[str, int] = {}

    def update(
        self,
        name: str,
        inc: int = 1,
        total: int | None = None,
        inc_total: int | None = None,
        message: str | None = None,  # noqa: ARG002 - dlt's signature
        label: str | None = None,
    ) -> None:
        """Count; a label is a part of what was counted already."""
        if label is None:
            self.done[name] = self.done.get(name, 0) + inc
            self.total[name] = (self.total.get(name, 0) if total is None else total) + (
                inc_total or 0
            )

    def begin(self, step: str) -> None:  # noqa: ARG002 - dlt's signature
        """Count anew; what was counted is seen until then."""
        # New ones, as another thread may be reading the old.
        self.done, self.total = {}, {}


class Progress:
    """What one load does: noted by the thread that loads, told by another.

    `waits` are the readings', `counts` the pipeline's.

    Args:
        slow: seconds from which on a wait that has not ended is told.
    """

    def __init__(self, slow: float) -> None:
        self.waits = Waits()
        self.counts = CountingCollector()
        self._slow = slow
        self._started = time.monotonic()
        self._phase, self._since = Phase.PREPARING, self._started
        self._ended = dict.fromkeys(Phase, 0.0)
        self._stats: dict[int, tuple[str, PageStats]] = {}
        self._children: frozenset[str] = frozenset()
        self._rows_by_table: Mapping[str, int] = {}
        self._told_at = self._started
        self._told: dict[int, int] = {}

    def begin(self, phase: Phase) -> None:
        """End the phase at hand, and begin another."""
        now = time.monotonic()
        seconds = now - self._since
        if phase is not self._phase:
            log.debug("%s, after %.3f s of %s", phase.value, seconds, self._phase.value)
        self._ended[self._phase] += seconds
        self._phase, self._since = phase, now

    def reads(self, reading: Reading, children: frozenset[str]) -> None:
        """A reading begins; one that goes on with another has the stats of both."""
        self._children = children
        begun = {id(stats): (name, stats) for name, stats in reading.pages.items()}
        self._stats = self._stats | begun  # another dict: the other thread may go through this one
        self.begin(Phase.READING)

    def loads(self, rows_by_table: Mapping[str, int]) -> None:
        """What was normalized is about to be loaded."""
        self._rows_by_table = _of_data(rows_by_table)
        self.begin(Phase.LOADING)

    def seconds(self, phase: Phase) -> float:
        """In which the load was in this phase, so far."""
        going = time.monotonic() - self._since if self._phase is phase else 0.0
        return self._ended[phase] + going

    def line(self) -> str:
        """What a person wants to know now; rates are those since the last line."""
        phase, now = self._phase, time.monotonic()
        parts = [f"after {duration(now - self._started)}, {phase.value}"]
        if phase is Phase.READING:
            parts += self._of_reading(now)
        elif phase is Phase.NORMALIZING:
            rows = sum(_of_data(self.counts.done.copy()).values())
            parts += [f"{counted(rows, 'row')} so far"]
        elif phase is Phase.LOADING:
            parts += self._of_loading()
        elif phase in (Phase.LOCK, Phase.DESTINATION_DOWN):
            parts += [f"{duration(now - self._since)} so far"]
        self._told_at = now
        return f"{parts[0]}: {'; '.join(parts[1:])}" if parts[1:] else parts[0]

    def _of_reading(self, now: float) -> Iterator[str]:
        known = self._stats
        records = {key: stats.records for key, (_, stats) in known.items()}
        pages = sum(stats.pages for _, stats in known.values())
        in_all = sum(records.values())
        rate = (in_all - sum(self._told.values())) / max(now - self._told_at, 1e-3)
        overall = in_all / max(self.seconds(Phase.READING), 1e-3)
        yield (
            f"{counted(pages, 'page')}, {counted(in_all, 'record')}, {rate:,.0f} records/s "
            f"({overall:,.0f} overall)"
        )
        moved = shortened(
            how_far(name, stats, is_child=name in self._children)
            for key, (name, stats) in known.items()
            if records[key] > self._told.get(key, 0)
        )
        self._told = records
        yield from filter(None, (moved, waited(self.waits), waiting(self.waits, self._slow)))

    def _of_loading(self) -> Iterator[str]:
        rows, tables = sum(self._rows_by_table.values()), len(self._rows_by_table)
        yield f"{counted(rows, 'row')} into {counted(tables, 'table')}"
        if jobs := self.counts.total.get(JOBS):
            yield f"{self.counts.done.get(JOBS, 0):,} of {counted(jobs, 'job')}"


def _of_data(rows_by_table: Mapping[str, int]) -> dict[str, int]:
    """Without dlt's own tables, and its counter of files."""
    return {
        table: rows
        for table, rows in rows_by_table.items()
        if table != FILES and not table.startswith("_dlt")
    }

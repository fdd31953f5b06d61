"""Numbered pages of a list that moves while it is read: what may have slipped from one to another.

A record that changes leaves its place in a list that is sorted by time, and all behind it move up:
the first of a page that is still to come is then on one that has been read. It is seen by the
record that has changed, which comes again with a cursor of after the beginning of the reading. What
has slipped stood behind it, so its cursor is not before that which the record had.

A list that is read in windows, of which a record leaves its window when it changes, is read again
instead (`extract/read_windows.py`); here is told where that has come to nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.extract.incremental.step import CursorStep
from restsrc_dagster.extract.paging.page_stats import PageStats
from restsrc_dagster.extract.read_windows import MOST_READINGS
from restsrc_dagster.extract.reading import Reading


@dataclass(frozen=True)
class _Slip:
    """What may have slipped: in words, where it stood, and what to do if nobody can go back."""

    finding: str
    at: Any
    there: str
    cure: str


def hold_where_it_slid(
    step: CursorStep,
    stats: PageStats,
    state: dict[str, Any],
    *,
    is_rechecked: bool,
    is_read_again: bool,
    on_message: Callable[[str], None],
) -> None:
    """Make the cursor in `state`, dlt's of the resource, one that passes nothing that has slipped,
    and `on_message` it.

    Not where a run cannot go back: rows that are appended would be there twice, and of the children
    of many parents each has a cursor of its own. Then it is only told.

    Args:
        step: of the resource.
        stats: of its pages.
        state: dlt's, of the resource.
        is_rechecked: whether its list was read in windows, each until two readings agreed.
        is_read_again: whether the next run may go back.
        on_message: gets what is to be told.
    """
    known = state.get("incremental", {}).get(step.cursor.path)
    if known is None and not is_rechecked:
        return
    slip = _where_unsettled(stats) if is_rechecked else _where_moved(step, stats)
    if slip is None:
        return
    if known is None or step.cursor.appends or not is_read_again:
        on_message(f"{slip.finding}; {slip.cure} if none may be missing")
        return
    last = known.get("last_value")
    if last is None or step.cursor.is_later(last, slip.at):
        known["last_value"] = slip.at
    on_message(f"{slip.finding}. The next run reads again from {slip.there}")


def _where_moved(step: CursorStep, stats: PageStats) -> _Slip | None:
    """Of a list in which records changed while it was read."""
    cursor = step.cursor
    if not (stats.counts_pages and stats.keys.notes_values and cursor.grows):
        return None
    left: list[Any] = []
    moved = 0
    for values in stats.keys.values_of(stats.keys.repeated()).values():
        before = [value for value in values if not step.is_ahead(value, stats.began)]
        if before and len(before) < len(values):
            moved += 1
            left += before
    if not left:
        return None
    earliest = left[0]
    for value in left:
        if cursor.is_later(earliest, value):
            earliest = value
    return _Slip(
        f"{moved} records changed while the list was read, and pages are asked for by numbers: "
        "others may have been passed over",
        earliest,
        there="where they were",
        cure="read the resource again with full_refresh",
    )


def _where_unsettled(stats: PageStats) -> _Slip | None:
    """Of a list in windows, of one of which no two readings in turn have agreed."""
    if not stats.unsettled:
        return None
    start, end = stats.unsettled[0]
    windows = "window" if len(stats.unsettled) == 1 else "windows"
    return _Slip(
        f"{len(stats.unsettled)} {windows}, the first from {start} to {end}, held other records "
        f"each time that they were read, {MOST_READINGS} times, and pages are asked for by "
        "numbers: others may have been passed over",
        start,
        there="there",
        cure="read that range again, from and to,",
    )


def tell_what_slid(resources: Resources, reading: Reading) -> None:
    """Of a reading that moves no cursor, so that none can be held."""
    for name, step in reading.cursors.items():
        hold_where_it_slid(
            step,
            reading.pages[name],
            {"incremental": {step.cursor.path: {}}},
            is_rechecked=resources.is_rechecked(name),
            is_read_again=False,
            on_message=partial(tell_of_list, resources, name, reading),
        )


def tell_of_unverified(resources: Resources, reading: Reading) -> None:
    """Of lists that are not loaded, in the reports of what hangs on them."""
    for name, stats in reading.pages.items():
        if resources[name].selected or name not in stats.unverified:
            continue
        for below in resources.descendants(name) & reading.pages.keys():
            reading.pages[below].unverified[name] = stats.unverified[name]


def tell_of_list(resources: Resources, name: str, reading: Reading, text: str) -> None:
    """In the report of a resource, or in those of what hangs on it if it is not loaded."""
    if resources[name].selected:
        reading.pages[name].warn(text)
        return
    for below in resources.descendants(name):
        if below in reading.pages:
            reading.pages[below].warn(f"{name}: {text}")

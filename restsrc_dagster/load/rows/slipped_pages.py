"""Numbered pages of a list that moves while it is read: what may have slipped from one to another.

A record that changes leaves its place in a list that is sorted by time, and all behind it move up:
the first of a page that is still to come is then on one that has been read. It is seen by the
record that has changed, which comes again with a cursor of after the beginning of the reading. What
has slipped stood behind it, so its cursor is not before that which the record had.

A list that is read in windows, of which a record leaves its window when it changes, is read again
instead (`extract/read_windows.py`); here is told where that has come to nothing.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.extract.incremental.cursor import IncrementalCursor
from restsrc_dagster.extract.incremental.step import CursorStep
from restsrc_dagster.extract.paging.page_stats import PageStats
from restsrc_dagster.extract.read_windows import MOST_READINGS
from restsrc_dagster.extract.reading import Reading


def hold_where_it_slid(
    step: CursorStep,
    stats: PageStats,
    state: dict[str, Any],
    *,
    is_read_again: bool,
    on_message: Callable[[str], None],
) -> None:
    """Make the cursor in `state`, dlt's of the resource, one that passes nothing that has slipped,
    and `on_message` it.

    Not where a run cannot go back: rows that are appended would be there twice, and of the children
    of many parents each has a cursor of its own. Then it is only told.
    """
    cursor = step.cursor
    known = state.get("incremental", {}).get(cursor.path)
    if not (stats.counts_pages and stats.keys.notes_values and cursor.grows) or known is None:
        return
    left: list[Any] = []
    moved = 0
    for values in stats.keys.values_of(stats.keys.repeated()).values():
        before = [value for value in values if not step.is_ahead(value, stats.began)]
        if before and len(before) < len(values):
            moved += 1
            left += before
    if not left:
        return
    finding = (
        f"{moved} records changed while the list was read, and pages are asked for by numbers: "
        "others may have been passed over"
    )
    if cursor.appends or not is_read_again:
        on_message(f"{finding}; read the resource again with full_refresh if none may be missing")
        return
    earliest = left[0]
    for value in left:
        if cursor.is_later(earliest, value):
            earliest = value
    _hold(cursor, known, earliest)
    on_message(f"{finding}. The next run reads again from where they were")


def hold_where_unsettled(
    step: CursorStep,
    stats: PageStats,
    state: dict[str, Any],
    *,
    is_read_again: bool,
    on_message: Callable[[str], None],
) -> None:
    """As `hold_where_it_slid`, where no two readings in turn of a window have agreed."""
    known = state.get("incremental", {}).get(step.cursor.path)
    if not stats.unsettled:
        return
    start, end = stats.unsettled[0]
    windows = "window" if len(stats.unsettled) == 1 else "windows"
    finding = (
        f"{len(stats.unsettled)} {windows}, the first from {start} to {end}, held other records "
        f"each time that they were read, {MOST_READINGS} times, and pages are asked for by "
        "numbers: others may have been passed over"
    )
    if not known or step.cursor.appends or not is_read_again:
        on_message(f"{finding}; read that range again, from and to, if none may be missing")
        return
    _hold(step.cursor, known, start)
    on_message(f"{finding}. The next run reads again from there")


def _hold(cursor: IncrementalCursor, known: dict[str, Any], at: Any) -> None:
    """Have the next run begin at a value, or where it would begin before that."""
    if known.get("last_value") is None or cursor.is_later(known["last_value"], at):
        known["last_value"] = at


def tell_what_slid(resources: Resources, reading: Reading) -> None:
    """Of a reading that moves no cursor, so that none can be held."""
    for name, step in reading.cursors.items():
        hold = hold_where_unsettled if resources.is_rechecked(name) else hold_where_it_slid
        hold(
            step,
            reading.pages[name],
            {"incremental": {step.cursor.path: {}}},
            is_read_again=False,
            on_message=partial(tell_of_list, resources, name, reading),
        )


def tell_of_list(resources: Resources, name: str, reading: Reading, text: str) -> None:
    """In the report of a resource, or in those of what hangs on it if it is not loaded."""
    if resources[name].selected:
        reading.pages[name].warn(text)
        return
    for below in resources.descendants(name):
        if below in reading.pages:
            reading.pages[below].warn(f"{name}: {text}")

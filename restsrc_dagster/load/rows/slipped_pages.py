"""Numbered pages of a list that moves while it is read: what may have slipped from one to another.

A record that changes leaves its place in a list that is sorted by time, and all behind it move up:
the first of a page that is still to come is then on one that has been read. It is seen by the
record that has changed, which comes again with a cursor of after the beginning of the reading. What
has slipped stood behind it, so its cursor is not before that which the record had.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.extract.incremental.step import CursorStep
from restsrc_dagster.extract.paging.page_stats import PageStats
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
    if known.get("last_value") is None or cursor.is_later(known["last_value"], earliest):
        known["last_value"] = earliest
    on_message(f"{finding}. The next run reads again from where they were")


def tell_what_slid(resources: Resources, reading: Reading) -> None:
    """Of a reading that moves no cursor, so that none can be held."""
    for name, step in reading.cursors.items():
        hold_where_it_slid(
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

"""How far a reading is, and what it waits for, in words."""

import time
from collections.abc import Iterable

from restsrc_dagster.extract.paging.page_stats import PageStats
from restsrc_dagster.extract.stats.waits import Wait, Waits

SHOWN_RESOURCES = 3
WORTH_TELLING = 1.0
"""Seconds that were waited in all."""


def how_far(name: str, stats: PageStats, *, is_child: bool) -> str:
    """Of its list, where the API says how long that is; a child has one for each parent."""
    place, parts = stats.place, []
    if not is_child and place.of_pages is not None:
        parts.append(f"{place.pages:,} of {place.of_pages:,} pages")
    if not is_child and place.of_records is not None:
        parts.append(f"{place.records:,} of {place.of_records:,} records")
    return f"{name} {', '.join(parts) or counted(stats.records, 'record')}"


def shortened(parts: Iterable[str]) -> str:
    """The first few, and how many there are beside them."""
    every = list(parts)
    more = len(every) - SHOWN_RESOURCES
    return "; ".join(every[:SHOWN_RESOURCES] + ([f"{more} more"] if more > 0 else []))


def waited(waits: Waits) -> str:
    """What was waited for so far, beside answers; "" if it is not worth a word."""
    budgets = {
        Wait.RATE_LIMIT: _named(waits, Wait.RATE_LIMIT),
        Wait.BUDGET: _named(waits, Wait.BUDGET),
        Wait.RETRY: f"{counted(waits.times(Wait.RETRY), 'retry', 'retries')}, the last after "
        f"{waits.detail(Wait.RETRY)}",
        Wait.READY: _named(waits, Wait.READY),
    }
    parts = [
        f"{duration(seconds)} for {what}"
        for wait, what in budgets.items()
        if (seconds := waits.seconds(wait)) >= WORTH_TELLING
    ]
    return f"waited {', '.join(parts)}" if parts else ""


def waiting(waits: Waits, at_least: float) -> str:
    """What is waited for now, and for how long; "" if nothing has been for `at_least` seconds."""
    now = time.monotonic()
    parts = [
        f"{_named(waits, wait, held.detail)} for {duration(now - held.since)}"
        for wait in (Wait.ANSWER, Wait.RATE_LIMIT, Wait.RETRY, Wait.READY)
        if (held := waits.longest(wait)) and now - held.since >= at_least
    ]
    return f"waiting for {', for '.join(parts)}" if parts else ""


def _named(waits: Waits, wait: Wait, detail: str | None = None) -> str:
    detail = waits.detail(wait) if detail is None else detail
    if wait is Wait.ANSWER and detail:
        return f"{wait.value} to {detail}"
    return f"{wait.value} ({detail})" if detail else wait.value


def duration(seconds: float) -> str:
    """`12 s`, `3 min 5 s`, `2 h 10 min`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def counted(number: int, one: str, more: str = "") -> str:
    """`1 page`, `1,200 pages`."""
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"

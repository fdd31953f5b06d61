"""Everything that is measured, in the order of the table."""

from benchmarks.work import Work
from benchmarks.works import (
    children,
    cursors,
    definitions,
    idle,
    limits,
    pacing,
    pages,
    parents,
    postgres,
    rows,
    runs,
    scale,
)

WORKS: tuple[Work, ...] = (
    *rows.WORKS,
    *postgres.WORKS,
    *pages.WORKS,
    *children.WORKS,
    *limits.WORKS,
    *pacing.WORKS,
    *runs.WORKS,
    *definitions.WORKS,
    *cursors.WORKS,
    *parents.WORKS,
    *idle.WORKS,
    *scale.WORKS,
)

"""Everything that is measured, in the order of the table."""

from benchmarks.workload import Workload
from benchmarks.workloads import (
    children,
    cursors,
    definitions,
    formats,
    idle,
    launches,
    limits,
    pacing,
    pages,
    parents,
    postgres,
    rows,
    runs,
    scale,
    windows,
)

WORKLOADS: tuple[Workload, ...] = (
    *rows.WORKLOADS,
    *postgres.WORKLOADS,
    *pages.WORKLOADS,
    *formats.WORKLOADS,
    *windows.WORKLOADS,
    *children.WORKLOADS,
    *limits.WORKLOADS,
    *pacing.WORKLOADS,
    *runs.WORKLOADS,
    *launches.WORKLOADS,
    *definitions.WORKLOADS,
    *cursors.WORKLOADS,
    *parents.WORKLOADS,
    *idle.WORKLOADS,
    *scale.WORKLOADS,
)

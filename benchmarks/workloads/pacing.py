"""How closely `requests_per_second` is kept, as the API sees it.

A parent's children are asked for side by side, for eight seconds. The rate is that of the requests
from the first to the last one; the busiest second is the most that came in any window of one.
"""

from bisect import bisect_left
from collections.abc import Iterator

import requests

from benchmarks.data import Sums
from benchmarks.measure import Outcome
from benchmarks.systems.here import here
from benchmarks.task import Task
from benchmarks.workload import OURS, Amount, System, Workload
from benchmarks.workloads.children import resources

SECONDS = 8
BUDGETS = (5, 20, 50)


def _system(budget: int) -> System:
    count = budget * SECONDS

    def task(url: str) -> Task:
        return Task(
            mode="read",
            url=url,
            steps=[resources(count, 0)],
            http={"requests_per_second": budget, "max_concurrency": 8},
            expected=Sums(2 * count, count * (count - 1), 0),
        )

    def measure(url: str) -> Outcome:
        requests.get(f"{url}/arrivals", timeout=60)
        here(OURS, task).measure(url)
        came = sorted(requests.get(f"{url}/arrivals", timeout=60).json())
        rate = (len(came) - 1) / (came[-1] - came[0])
        busiest = max(bisect_left(came, at + 1) - first for first, at in enumerate(came))
        return Outcome({"rate ÷ budget": rate / budget, "busiest second": busiest})

    return System(measure)


def _lines() -> Iterator[Amount]:
    for budget in BUDGETS:
        for figure in ("rate ÷ budget", "busiest second"):
            title = f"`requests_per_second` {budget}, 8 at once: {figure}"
            yield Amount(title=title, system=str(budget), of=figure)


WORKLOADS = (
    Workload(
        name="pacing",
        systems={str(budget): _system(budget) for budget in BUDGETS},
        lines=tuple(_lines()),
    ),
)

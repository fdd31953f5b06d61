"""60 requests to an API that allows ten a second, known beforehand or told by its answers."""

import requests

from benchmarks.data import sums
from benchmarks.measure import Outcome
from benchmarks.systems.here import here
from benchmarks.task import BY_PAGE, Task, resource
from benchmarks.workload import OURS, TUNED, Amount, Ratio, System, Workload

REQUESTS = 60
RATE = 10


def known(url: str) -> Task:
    return _task(url, requests_per_second=RATE)


def told(url: str) -> Task:
    return _task(url)


def _task(url: str, **http: float) -> Task:
    return Task(
        mode="read",
        url=url,
        steps=[[resource("items", "limited", BY_PAGE)]],
        http={"max_concurrency": 5, **http},
        expected=sums(REQUESTS * 10),
    )


def _with_a_bucket(system: System, *, size: int, tokens: int) -> System:
    """The same with a fresh bucket, and what it has counted; the limit's own time is its own."""
    itself = (REQUESTS - tokens) / RATE

    def measure(url: str) -> Outcome:
        begin = f"{url}/bucket?size={size}&tokens={tokens}"
        requests.get(begin, timeout=60)
        found = system.measure(url)
        counts = requests.get(begin, timeout=60).json()
        times = found.figures["seconds"] / itself
        return Outcome({**found.figures, **counts, "times the limit": times})

    return System(measure, once=system.once)


_KNOWN = f"{REQUESTS} requests of {RATE} a second, `requests_per_second` set"
_TOLD = f"{REQUESTS} requests of {RATE} a second, told by answers"
WORKLOADS = (
    Workload(
        name="limit-known",
        # There is no burst to begin with, and room for a request that was longer on its way.
        systems={OURS: _with_a_bucket(here(OURS, known), size=2, tokens=1)},
        lines=(
            Amount(title=f"{_KNOWN}: refused", of="refused", at_most=0),
            Amount(title=f"{_KNOWN}: times the limit's own", of="times the limit", at_most=1.1),
        ),
    ),
    Workload(
        name="limit-told",
        systems={
            OURS: _with_a_bucket(here(OURS, told), size=10, tokens=10),
            TUNED: _with_a_bucket(here(TUNED, told), size=10, tokens=10),
        },
        lines=(
            Amount(title=f"{_TOLD}: sent while it was to wait", of="early", at_most=0),
            Amount(title=f"{_TOLD}: refused", of="refused"),
            Amount(title=f"{_TOLD}: times the limit's own", of="times the limit"),
            Amount(title=f"{_TOLD}: {TUNED}, refused", system=TUNED, of="refused"),
            Ratio(title=_TOLD, beside=[TUNED]),
        ),
    ),
)

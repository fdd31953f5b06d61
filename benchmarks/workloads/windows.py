"""A list that gives links only, of a range of time, from an API that answers after 50 ms."""

from benchmarks.api import EVERY, RANGED, at_of
from benchmarks.data import sums
from benchmarks.systems import airbyte
from benchmarks.systems.here import here
from benchmarks.task import BY_LINK, Task, resource
from benchmarks.workload import AIRBYTE, OURS, TUNED, Ratio, System, Workload

DELAY = 50
AT_ONCE = 10
WINDOWS = 10
DAYS = round(RANGED * EVERY.total_seconds() / 86_400)
WRITTEN = "%Y-%m-%dT%H:%M:%SZ"


def ranged(url: str) -> Task:
    """200 linked pages in 10 windows."""
    items = resource("items", "ranged", BY_LINK, params={"delay": DELAY}, primary_key="id")
    items["endpoint"]["incremental"] = {
        "cursor_path": "at",
        "initial_value": f"{at_of(0):{WRITTEN}}",
        "start_param": "since",
        "end_param": "until",
    }
    window = {"size": f"{DAYS // WINDOWS} days", "end": f"{at_of(RANGED):{WRITTEN}}"}
    return Task(
        mode="load",
        url=url,
        steps=[[items]],
        http={"max_concurrency": AT_ONCE},
        reading={"items": {"window": window}},
        expected=sums(RANGED),
    )


_TITLE = f"{RANGED // 10} linked pages in {WINDOWS} windows, {AT_ONCE} at once"

WORKLOADS = (
    Workload(
        name="windows",
        systems={
            OURS: here(OURS, ranged),
            TUNED: here(TUNED, ranged, once=True),
            AIRBYTE: System(lambda url: airbyte.read(ranged(url)), once=True),
        },
        lines=(
            Ratio(title=f"{_TITLE}, loaded", beside=[TUNED], at_least=6),
            Ratio(
                title=f"{_TITLE}, loaded, whole process",
                beside=[AIRBYTE],
                of="process",
            ),
        ),
    ),
)

"""One request for the children of each of 500 parents, of an API that answers after 50 ms."""

from typing import Any

from benchmarks.data import Sums
from benchmarks.systems.here import here
from benchmarks.task import BY_LINK, Task, resource
from benchmarks.workload import DLT, FLOOR, OURS, TUNED, Ratio, Workload

COUNT = 500
AT_ONCE = 20


def resources(count: int, delay: int) -> list[dict[str, Any]]:
    parents = resource("parents", "parents", BY_LINK, params={"count": count, "delay": delay})
    child = "parents/{resources.parents.id}/child"
    return [parents, resource("children", child, params={"delay": delay})]


def task(url: str) -> Task:
    delay = 50
    children = [f"/parents/{number}/child?delay={delay}" for number in range(COUNT)]
    return Task(
        mode="read",
        url=url,
        steps=[resources(COUNT, delay)],
        http={"max_concurrency": AT_ONCE},
        waves=[[f"/parents?count={COUNT}&delay={delay}"], children],
        expected=Sums(2 * COUNT, COUNT * (COUNT - 1), 0),
    )


TITLE = f"{COUNT} children, {AT_ONCE} at once, read"
WORKLOADS = (
    Workload(
        name="children",
        systems={
            OURS: here(OURS, task),
            FLOOR: here(FLOOR, task),
            TUNED: here(TUNED, task),
            DLT: here(DLT, task, once=True),
        },
        lines=(
            Ratio(title=TITLE, beside=[DLT], at_least=15),
            Ratio(title=TITLE, beside=[TUNED], at_least=1.2),
            Ratio(title=TITLE, beside=[FLOOR]),
        ),
    ),
)

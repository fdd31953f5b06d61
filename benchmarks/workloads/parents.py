"""What hundreds of thousands of parents, each with a request for its children, take of memory."""

from benchmarks.data import Sums
from benchmarks.systems.here import here
from benchmarks.task import Task
from benchmarks.workload import OURS, Amount, Ratio, System, Workload
from benchmarks.workloads.children import resources

FEW = 20_000
MANY = 200_000


def _system(count: int) -> System:
    def task(url: str) -> Task:
        parents, children = resources(count, 0)
        parents["primary_key"] = "id"
        parents["endpoint"]["incremental"] = {"cursor_path": "at", "initial_value": 0}
        children["parallelized"] = True
        expected = Sums(count, count * (count - 1) // 2, 0)
        return Task(mode="load", url=url, steps=[[parents, children]], expected=expected)

    return here(OURS, task, once=True)


MORE, FEWER = f"{OURS}, {MANY:,}", f"{OURS}, {FEW:,}"
WORKLOADS = (
    Workload(
        name="parents",
        systems={MORE: _system(MANY), FEWER: _system(FEW)},
        lines=(
            Ratio(
                title=f"{MANY:,} parents with a child each, peak memory",
                ours=FEWER,
                beside=[MORE],
                of="memory",
            ),
            Amount(title=f"{MANY:,} parents with a child each, loaded", system=MORE, of="seconds"),
        ),
        long=True,
    ),
)

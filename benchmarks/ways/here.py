"""The ways of `benchmarks.client`, which are imported from this installation."""

from collections.abc import Callable

from benchmarks.measure import Outcome, python
from benchmarks.task import Task
from benchmarks.ways.tuning import ENVIRONMENT
from benchmarks.work import TUNED, Way


def here(name: str, task: Callable[[str], Task], *, once: bool = False) -> Way:
    """A way to do the task that is made for the address of the API, in a fresh process."""
    variables = ENVIRONMENT if name == TUNED else {}

    def measure(url: str) -> Outcome:
        return python("benchmarks.client", name, task(url).to_json(), **variables)

    return Way(measure, once=once)

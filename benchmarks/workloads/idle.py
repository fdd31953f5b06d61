"""What schedules and sensors take of a processor in a minute in which no connector is due."""

from benchmarks.measure import Outcome, python
from benchmarks.workload import OURS, Amount, Ratio, System, Workload

CONNECTORS = 1000
SAMPLE = 100
MINUTES = 10
ASKING = "asked each minute"


def _system(which: str, count: int) -> System:
    def measure(_: str) -> Outcome:
        return python("benchmarks.locations.loops", which, str(count), str(MINUTES))

    return System(measure)


TITLE = "CPU of a minute in which nothing is due"
WORKLOADS = (
    Workload(
        name="idle",
        systems={OURS: _system("ours", CONNECTORS), ASKING: _system("asking", SAMPLE)},
        lines=(
            Amount(title=f"{TITLE}: {CONNECTORS} schedules", of="schedules"),
            Amount(title=f"{TITLE}: the location's two sensors", of="sensors"),
            Amount(title=f"{TITLE}: {SAMPLE} schedules {ASKING}", system=ASKING, of="schedules"),
            Ratio(title=f"{TITLE}: of one schedule", beside=[ASKING], of="a schedule"),
        ),
        long=True,
    ),
)

"""What schedules and sensors take of a processor in a minute in which no connector is due."""

from benchmarks.measure import Outcome, python
from benchmarks.work import OURS, Amount, Ratio, Way, Work

CONNECTORS = 1000
SAMPLE = 100
MINUTES = 10
ASKING = "asked each minute"


def _way(which: str, count: int) -> Way:
    def measure(_: str) -> Outcome:
        return python("benchmarks.locations.loops", which, str(count), str(MINUTES))

    return Way(measure)


TITLE = "CPU of a minute in which nothing is due"
WORKS = (
    Work(
        name="idle",
        ways={OURS: _way("ours", CONNECTORS), ASKING: _way("asking", SAMPLE)},
        lines=(
            Amount(title=f"{TITLE}: {CONNECTORS} schedules", of="schedules"),
            Amount(title=f"{TITLE}: the location's two sensors", of="sensors"),
            Amount(title=f"{TITLE}: {SAMPLE} schedules {ASKING}", way=ASKING, of="schedules"),
            Ratio(title=f"{TITLE}: of one schedule", beside=[ASKING], of="a schedule"),
        ),
        long=True,
    ),
)

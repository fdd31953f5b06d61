"""What it takes to load a code location, in every process that Dagster starts."""

from benchmarks.locations.files import write_connectors
from benchmarks.measure import Outcome, empty_folder, python
from benchmarks.workload import EAGER, OURS, Amount, Ratio, System, Workload

CONNECTORS = 1000
RESOURCES = 10
SAMPLE = 100


def _system(which: str, count: int, *, once: bool = False) -> System:
    def measure(_: str) -> Outcome:
        with empty_folder() as folder:
            connectors = folder / "connectors"
            write_connectors(connectors, count, RESOURCES)
            return python("benchmarks.locations.loading", which, str(connectors), str(count))

    return System(measure, once=once)


def _lines(title: str, ours: str) -> list[Ratio]:
    return [
        Ratio(title=title, ours=ours, beside=[EAGER], of="call", at_least=15),
        Ratio(title=f"{title}, with imports", ours=ours, beside=[EAGER], of="with import"),
        Ratio(title=f"{title}, peak memory", ours=ours, beside=[EAGER], of="memory"),
    ]


SMALL = f"{OURS}, {SAMPLE}"
ALL = f"{CONNECTORS} connectors × {RESOURCES} resources, definitions"
WORKLOADS = (
    Workload(
        name="definitions",
        systems={
            OURS: _system("ours", CONNECTORS),
            SMALL: _system("ours", SAMPLE),
            EAGER: _system("eager", SAMPLE),
        },
        lines=(
            *_lines(f"{SAMPLE} connectors × {RESOURCES} resources, definitions", SMALL),
            Amount(title=f"{ALL}: seconds of a processor", of="CPU", at_most=5),
            Amount(title=f"{ALL}: seconds", of="call"),
            Amount(title=f"{ALL}: peak memory", of="memory"),
        ),
    ),
    Workload(
        name="definitions-eager",
        systems={
            OURS: _system("ours", CONNECTORS),
            EAGER: _system("eager", CONNECTORS, once=True),
        },
        lines=_lines(ALL, OURS),
        long=True,
    ),
)

"""Everything that is measured, side by side with others, in one table."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext

from benchmarks.api import serving
from benchmarks.measure import Failed, Outcome
from benchmarks.report import report, rows, write
from benchmarks.workload import Results, System, Workload
from benchmarks.workloads import WORKLOADS

NAMES = tuple(workload.name for workload in WORKLOADS)


def measured(workload: Workload, url: str, repeats: int) -> Results:
    """In turn, each time in the other order: what disturbs one disturbs all."""
    outcomes: dict[str, list[Outcome]] = {}
    failures: dict[str, str] = {}
    with workload.prepared(url) if workload.prepared else nullcontext(workload.systems) as systems:
        for number in range(repeats):
            for name, system in _in_order(systems, number):
                if name in failures or (system.once and number):
                    continue
                try:
                    found = system.measure(url)
                except Failed as error:
                    failures[name] = str(error)
                    print(f"{workload.name}, {name}: {error}", file=sys.stderr)
                else:
                    outcomes.setdefault(name, []).append(found)
                    _tell(workload, name, found)
    return Results(outcomes, failures)


def _in_order(systems: Mapping[str, System], number: int) -> Sequence[tuple[str, System]]:
    return list(systems.items())[:: -1 if number % 2 else 1]


def _tell(workload: Workload, system: str, found: Outcome) -> None:
    figures = ", ".join(f"{figure} {value:.4g}" for figure, value in found.figures.items())
    print(f"{workload.name}, {system}: {figures}", file=sys.stderr, flush=True)


def chosen(arguments: argparse.Namespace) -> list[Workload]:
    if arguments.only:
        return [workload for workload in WORKLOADS if workload.name in arguments.only]
    return [
        workload
        for workload in WORKLOADS
        if (
            arguments.all
            or not workload.long
            or (arguments.eager and workload.name.endswith("-eager"))
        )
        and (workload.quick or not arguments.quick)
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=NAMES, metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--repeats", type=int, default=3, metavar="N")
    parser.add_argument("--quick", action="store_true", help="one repeat, no 10,000,000 rows")
    parser.add_argument("--eager", action="store_true", help="also 1000 connectors by dlt_assets")
    parser.add_argument("--all", action="store_true", help="also all that takes long")
    parser.add_argument("--write", action="store_true", help="the table into benchmarks/README.md")
    arguments = parser.parse_args()
    repeats = 1 if arguments.quick else arguments.repeats
    table: list[str] = []
    missed = 0
    with serving() as url:
        for workload in chosen(arguments):
            found, of_work = rows(workload.lines, measured(workload, url, repeats))
            table += found
            missed += of_work
    text = report(table, repeats)
    print(text)
    if arguments.write:
        write(text)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Everything that is measured, side by side with others, in one table."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext

from benchmarks.api import serving
from benchmarks.measure import Failed, Outcome
from benchmarks.report import report, rows, write
from benchmarks.work import Results, Way, Work
from benchmarks.works import WORKS

NAMES = tuple(work.name for work in WORKS)


def measured(work: Work, url: str, repeats: int) -> Results:
    """In turn, each time in the other order: what disturbs one disturbs all."""
    outcomes: dict[str, list[Outcome]] = {}
    failures: dict[str, str] = {}
    with work.prepared(url) if work.prepared else nullcontext(work.ways) as ways:
        for number in range(repeats):
            for name, way in _in_order(ways, number):
                if name in failures or (way.once and number):
                    continue
                try:
                    found = way.measure(url)
                except Failed as error:
                    failures[name] = str(error)
                    print(f"{work.name}, {name}: {error}", file=sys.stderr)
                else:
                    outcomes.setdefault(name, []).append(found)
                    _tell(work, name, found)
    return Results(outcomes, failures)


def _in_order(ways: Mapping[str, Way], number: int) -> Sequence[tuple[str, Way]]:
    return list(ways.items())[:: -1 if number % 2 else 1]


def _tell(work: Work, way: str, found: Outcome) -> None:
    figures = ", ".join(f"{figure} {value:.4g}" for figure, value in found.figures.items())
    print(f"{work.name}, {way}: {figures}", file=sys.stderr, flush=True)


def chosen(arguments: argparse.Namespace) -> list[Work]:
    if arguments.only:
        return [work for work in WORKS if work.name in arguments.only]
    return [
        work
        for work in WORKS
        if (arguments.all or not work.long or (arguments.eager and work.name.endswith("-eager")))
        and (work.quick or not arguments.quick)
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
        for work in chosen(arguments):
            found, of_work = rows(work.lines, measured(work, url, repeats))
            table += found
            missed += of_work
    text = report(table, repeats)
    print(text)
    if arguments.write:
        write(text)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())

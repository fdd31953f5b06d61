"""Kill loads at every point and at random moments, and count what is lost or doubled.

    python -m restsrc_dagster_tests.soak --seeds 10 [--destination duckdb|postgres] [--moments 20]

Or play worlds that are drawn, for so many minutes; `--table` adds a line for each kind of fault:

    python -m restsrc_dagster_tests.soak --worlds 60 [--seed 1] [--workers 2] [--table]

Or launch runs for so many minutes, while their servers and they themselves are killed:

    python -m restsrc_dagster_tests.soak --launches 10 [--seed 1]

Exits with 1 if a row or a run was lost or doubled, or a world was wrong.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack

from restsrc_dagster_tests.load.shop_model import ShopModel
from restsrc_dagster_tests.soak.kills import POINTS, Count, Soak
from restsrc_dagster_tests.soak.launches import soak_launches
from restsrc_dagster_tests.soak.targets import DESTINATIONS, Targets
from restsrc_dagster_tests.soak.worlds import soak_in_worlds
from restsrc_dagster_tests.support.api import Api


def soak(
    destination: str, seed: int, targets: Targets, moments: int
) -> Iterator[tuple[str, Count]]:
    with Api() as api:
        for point, count in Soak(seed, ShopModel(api), targets(seed)).run(moments):
            if count.lost or count.doubled:
                print(f"{destination}, seed {seed}, {point}: {count}", flush=True)
            yield point, count


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m restsrc_dagster_tests.soak")
    parser.add_argument("--seeds", type=int, default=10, help="how many (10)")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--destination", choices=sorted(DESTINATIONS), action="append")
    parser.add_argument("--moments", type=int, default=20, help="random moments for each seed (20)")
    parser.add_argument("--worlds", type=float, metavar="MINUTES", help="play worlds for so long")
    parser.add_argument("--seed", type=int, default=1, help="of the first world (1)")
    parser.add_argument("--workers", type=int, default=2, help="worlds at once (2)")
    parser.add_argument("--shrink", type=float, help="seconds to make a wrong world smaller")
    parser.add_argument("--having", default="", help="only worlds with it, such as run.partitions")
    parser.add_argument("--table", action="store_true", help="a line for each kind of fault")
    parser.add_argument("--launches", type=float, metavar="MINUTES", help="launch runs for so long")
    options = parser.parse_args(arguments)
    if options.launches:
        return soak_launches(options.launches, seed=options.seed)
    if options.worlds:
        return soak_in_worlds(
            options.worlds,
            seed=options.seed,
            workers=options.workers,
            shrink=options.shrink,
            having=options.having,
            as_table=options.table,
        )
    names = options.destination or sorted(DESTINATIONS)
    counts = {(point, name): Count() for name in names for point in POINTS}
    began = time.monotonic()
    with ExitStack() as stack:
        for name in names:
            targets = stack.enter_context(DESTINATIONS[name]())
            for seed in range(options.first_seed, options.first_seed + options.seeds):
                for point, count in soak(name, seed, targets, options.moments):
                    counts[point, name] += count
                print(f"{name}: seed {seed} done, {time.monotonic() - began:.0f} s", flush=True)
    print(f"\n{'killed':<40}{'destination':<12}{'kills':>6}{'lost':>6}{'doubled':>9}")
    for (point, name), count in counts.items():
        print(f"{point:<40}{name:<12}{count.kills:>6}{count.lost:>6}{count.doubled:>9}")
    total = sum(counts.values(), Count())
    print(f"\n{total.kills} kills: {total.lost} rows lost, {total.doubled} rows doubled")
    missed = [key for key, count in counts.items() if not count.kills and options.moments]
    return 1 if total.lost or total.doubled or missed else 0


if __name__ == "__main__":
    sys.exit(main())

"""The long run of the generator of worlds."""

from restsrc_dagster_tests.worlds.hunting import SHRINK_SECONDS, Wrong
from restsrc_dagster_tests.worlds.printing import line_of, summary, table
from restsrc_dagster_tests.worlds.workers import hunt_together


def soak_in_worlds(
    minutes: float, *, seed: int, workers: int, shrink: float | None, having: str, as_table: bool
) -> int:
    """Print each wrong world, and at the end what was tried; 1 if any world was wrong."""

    def tell(wrong: Wrong) -> None:
        print(line_of(wrong), flush=True)

    tally = hunt_together(
        minutes * 60,
        first_seed=seed,
        workers=workers,
        shrink=SHRINK_SECONDS if shrink is None else shrink,
        having=having,
        tell=tell,
    )
    print()
    for line in summary(tally):
        print(line)
    if as_table:
        print()
        for line in table(tally):
            print(line)
    return 1 if tally.wrong else 0

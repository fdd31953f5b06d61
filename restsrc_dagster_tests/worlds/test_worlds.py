"""Worlds, as many as fit into the time: the same ones in every run, and new ones.

The two tests take a worker each. What fails prints its seed and the world, made smaller; play it
again by `python -m restsrc_dagster_tests.worlds --replay SEED`.
"""

import random
import time
from itertools import count

import pytest

from restsrc_dagster_tests.worlds.hunting import Tally, hunt
from restsrc_dagster_tests.worlds.laboratory import Laboratory
from restsrc_dagster_tests.worlds.printing import line_of

SECONDS, MOST_SECONDS = 25, 120
SHRINK_SECONDS = 25
FEWEST = 5
"""Worlds that have to come to an end, however busy the machine is with other tests."""
FIRST_SEED = 20_240_110


def no_world_is_wrong(first_seed: int) -> None:
    began = time.monotonic()

    def is_enough(tally: Tally) -> bool:
        played = tally.worlds - refused(tally)
        return bool(tally.wrong) or (played >= FEWEST and time.monotonic() > began + SECONDS)

    with Laboratory() as laboratory:
        tally = hunt(
            count(first_seed),
            laboratory,
            until=began + MOST_SECONDS,
            shrink=SHRINK_SECONDS,
            enough=is_enough,
        )
    assert not tally.wrong, "\n" + "\n".join(map(line_of, tally.wrong))
    assert tally.worlds - refused(tally) >= FEWEST, tally


def refused(tally: Tally) -> int:
    """Worlds that prove nothing: the generator may not hide in them."""
    return tally.refused.total() + sum(map(len, tally.needless.values()))


@pytest.mark.timeout(300)
def test_the_same_worlds_every_time() -> None:
    no_world_is_wrong(FIRST_SEED)


@pytest.mark.timeout(300)
def test_worlds_that_nobody_has_seen() -> None:
    seed = random.SystemRandom().randrange(1_000_000_000)
    print(f"worlds from seed {seed} on")
    no_world_is_wrong(seed)

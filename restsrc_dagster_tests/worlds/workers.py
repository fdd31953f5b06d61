"""Several processes that hunt side by side, each with seeds of its own."""

import multiprocessing
import queue
import time
from collections.abc import Callable
from itertools import count
from typing import Any

from restsrc_dagster_tests.worlds.hunting import Tally, Wrong, hunt
from restsrc_dagster_tests.worlds.laboratory import Laboratory

LONGEST_WORLD_SECONDS = 300


def hunt_together(
    seconds: float,
    *,
    first_seed: int,
    workers: int,
    shrink: float,
    having: str = "",
    tell: Callable[[Wrong], None],
) -> Tally:
    """Judge worlds from `first_seed` on for so many seconds, and what was wrong a while longer.

    `tell` is called with each wrong world as soon as it is found and made smaller.

    Raises:
        AssertionError: a worker has died.
    """
    processes = multiprocessing.get_context("spawn")
    news: Any = processes.Queue()
    started = [
        processes.Process(
            target=_work,
            args=(news, first_seed + number, workers, seconds, shrink, having),
            daemon=True,
        )
        for number in range(workers)
    ]
    for one in started:
        one.start()
    whole, left = Tally(), workers
    deadline = time.monotonic() + seconds + LONGEST_WORLD_SECONDS
    while left:
        try:
            said = news.get(timeout=5)
        except queue.Empty:
            dead = [one for one in started if one.exitcode not in (None, 0)]
            assert not dead, f"a worker has ended with {dead[0].exitcode}"
            assert time.monotonic() < deadline, "a world does not end"
            continue
        if isinstance(said, Wrong):
            tell(said)
        else:
            whole.add(said)
            left -= 1
    for one in started:
        one.join()
    return whole


def _work(news: Any, first: int, step: int, seconds: float, shrink: float, having: str) -> None:
    """Ends with the process that has started it, however that ended."""
    parent = multiprocessing.parent_process()
    with Laboratory() as laboratory:
        tally = hunt(
            count(first, step),
            laboratory,
            until=time.monotonic() + seconds,
            having=having,
            shrink=shrink,
            tell=news.put,
            enough=lambda _: parent is not None and not parent.is_alive(),
        )
    news.put(tally)

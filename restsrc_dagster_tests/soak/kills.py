"""One seed: a connector whose loads are killed, again and again, and what its tables have then."""

import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Event
from typing import Any

from restsrc_dagster_tests.load import worker
from restsrc_dagster_tests.load.shop_model import QUERIES, RESOURCES, ShopModel
from restsrc_dagster_tests.load.worker import KILLED
from restsrc_dagster_tests.support.connectors import content

BEFORE_A_REQUEST = "before a request"
IN_MID_PAGE = "in mid-page"
AT_RANDOM = "at a random moment"
WITHIN = {
    "after the extract": ["normalize"],
    "in the normalize": ["commit_new_load_package"],
    "before the load": ["load"],
    "between tables": ["table"],
    "before the rows of which it has nested": ["nested first"],
    "before the state": ["state last"],
    "after the state, before the tables": ["state first"],
    "before the end is noted": ["complete_package"],
    "while a broken load is removed": ["complete_package", "remove_orphans"],
}
"""Points of the process, in words, and where it dies in the runs up to the next quiet one."""
POINTS = [BEFORE_A_REQUEST, IN_MID_PAGE, *WITHIN, AT_RANDOM]
LONGEST_RUN_SECONDS = 120
MISSES = 3
"""Random moments may fall behind the end of a run; so many for each that strikes are too many."""

Connect = Callable[[], Any]


@dataclass
class Count:
    """What came of the kills at one point."""

    kills: int = 0
    lost: int = 0
    doubled: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(self.kills + other.kills, self.lost + other.lost, self.doubled + other.doubled)


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where the rows go: `destination` as in a connector's file, and a connection to look in.

    `is_free` tells whether the destination has noticed that a killed load is gone.
    """

    destination: Mapping[str, Any]
    dataset: str
    data_dir: Path
    connect: Connect
    is_free: Callable[[], bool] = lambda: True


class Soak:
    """Kills at each point, between them news at the API, and a quiet run after one to three kills.

    With an even seed, a long list is committed while it is read.

    Raises:
        AssertionError: a quiet run failed, or a kill struck nothing.
    """

    def __init__(self, seed: int, model: ShopModel, target: Target) -> None:
        self._random = random.Random(seed)
        self._chunks = {} if seed % 2 else {"commit_after_records": 4}
        self._model = model
        self._target = target
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload([worker.__name__])

    def run(self, moments: int) -> Iterator[tuple[str, Count]]:
        """Each point, and what came of the kills there."""
        self.quiet_run()
        began = time.monotonic()
        self.quiet_run()
        requests, seconds = self._model.requests, time.monotonic() - began
        yield BEFORE_A_REQUEST, self._killed_by_the_api("on_request", requests // 2)
        yield IN_MID_PAGE, self._killed_by_the_api("on_half", requests // 2)
        for point, deaths in WITHIN.items():
            yield point, self._killed_within(deaths)
        yield AT_RANDOM, self._killed_at_random(moments, seconds)

    def quiet_run(self) -> Count:
        """What is not in the tables, or too much, after a run in which nothing happens."""
        self._news()
        code = self._ended(self._start())
        assert code == 0, f"a quiet run failed with {code}"
        self._model.quiet_run_ended()
        count = Count()
        found = self._rows()
        for name, wanted in self._model.expected().items():
            lost, doubled = Counter(wanted), Counter(found[name])
            lost.subtract(found[name])
            doubled.subtract(wanted)
            count += Count(0, (+lost).total(), (+doubled).total())
        return count

    def _killed_by_the_api(self, hook: str, latest: int) -> Count:
        """At one of the first `latest` requests."""
        kills = self._random.randint(1, 3)
        for _ in range(kills):
            self._news()
            self._kill_at_request(self._random.randint(1, latest), hook)
        return Count(kills) + self.quiet_run()

    def _kill_at_request(self, when: int, hook: str) -> None:
        known, struck = Event(), Event()

        def strike(number: int) -> None:
            known.wait(LONGEST_RUN_SECONDS)
            if number >= when and not struck.is_set():
                struck.set()
                process.kill()

        setattr(self._model, hook, strike)
        process = self._start()
        known.set()
        assert self._ended(process) == KILLED, f"request {when} did not come"
        setattr(self._model, hook, None)

    def _killed_within(self, deaths: list[str]) -> Count:
        deaths = deaths * self._random.randint(1, 2)
        for death in deaths:
            self._news()
            time = self._random.randint(1, 6) if death == "table" else 1
            assert self._ended(self._start(die=(death, time))) == KILLED, f"{death} did not come"
        return Count(len(deaths)) + self.quiet_run()

    def _killed_at_random(self, moments: int, seconds: float) -> Count:
        """Within the `seconds` that a run takes."""
        count, tries = Count(), 0
        while count.kills < moments:
            for _ in range(min(self._random.randint(1, 3), moments - count.kills)):
                tries += 1
                assert tries <= moments * MISSES, "the runs end before they are killed"
                self._news()
                refresh = ["orders"] if self._random.random() < 0.2 else []
                process = self._start(refresh=refresh)
                process.join(self._random.uniform(0, seconds))
                process.kill()
                count.kills += self._ended(process) == KILLED
            count += self.quiet_run()
        return count

    def _news(self) -> None:
        """Some rows are new, and some have changed; several pages of each."""
        for what in ("log", "order", "join", "change", "flag"):
            for _ in range(self._random.randint(3, 5)):
                self._model.happen(what, self._random.randint(0, 9))
        self._model.happen("order", 1)  # with a line: each run has something nested

    def _start(self, **options: Any) -> BaseProcess:
        target, self._model.requests = self._target, 0
        order = {
            "content": content(
                self._model.api.url,
                RESOURCES,
                destination={"dataset": target.dataset, **target.destination},
            ),
            "data_dir": str(target.data_dir),
            "holder": "the soak",
            **self._chunks,
            **options,
        }
        process = self._processes.Process(target=worker.main, kwargs=order)
        process.start()
        return process

    def _ended(self, process: BaseProcess) -> int | None:
        process.join(LONGEST_RUN_SECONDS)
        assert process.exitcode is not None, "a run does not end"
        deadline = time.monotonic() + LONGEST_RUN_SECONDS
        while not self._target.is_free():
            assert time.monotonic() < deadline, "the lock of a killed run is not given back"
        return process.exitcode

    def _rows(self) -> dict[str, list[Any]]:
        found = {}
        with closing(self._target.connect()) as connection, closing(connection.cursor()) as cursor:
            for name, query in QUERIES.items():
                cursor.execute(query.format(self._target.dataset))
                found[name] = [row[0] if len(row) == 1 else row for row in cursor.fetchall()]
        return found

"""One run of a world's connector, and how it ended."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from dlt.load.load import Load
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.errors import RestsrcError
from restsrc_dagster.extract.paging.waiting import WaitRule
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.load.report import LoadReport
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.worlds.deploying import Deployment, Wanted
from restsrc_dagster_tests.worlds.stretches import Stretch
from restsrc_dagster_tests.worlds.world import Run

KILLS: dict[str, tuple[Any, str]] = {
    "normalize": (Pipeline, "normalize"),
    "load": (Pipeline, "load"),
    "complete_package": (Load, "complete_package"),
    "waiting": (WaitRule, "_pause"),
}
"""Methods instead of which a run ends as if its process had; `waiting`, where an answer is not
what the file waits for."""


class Killed(BaseException):
    """As if the process ended here."""


OLDER = "than the start that was sent"


@dataclass
class Ended:
    """One run, or several in which one was split.

    `good` were loaded; of the `unsure`, anything may have been. `raised` is why the whole
    connector was not loaded.
    """

    asked: set[str] = field(default_factory=set)
    good: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    refreshed: set[str] = field(default_factory=set)
    in_part: set[str] = field(default_factory=set)
    """What has failed, and says that a part of it is committed."""
    failed: dict[str, str] = field(default_factory=dict)
    warnings: dict[str, list[str]] = field(default_factory=dict)
    unverified: set[str] = field(default_factory=set)
    """Lists of which is told that nobody knows whether a record has slipped past."""
    older: dict[str, str] = field(default_factory=dict)
    """What was told of records before the start: no loss is excused by it."""
    raised: str = ""
    killed: bool = False
    stretch: Stretch | None = None
    """Of partitions, if it was for some: nothing else was read."""
    refused: str = ""
    """Why these were not read."""

    def load(
        self, connector: Connector, selection: frozenset[str], run: Run, settings: Settings
    ) -> None:
        self.asked |= selection
        refresh = frozenset(run.refresh) & connector.resources.keys()
        order = LoadRequest(selection=selection, refresh=refresh)
        try:
            with _killing(run):
                report = load(connector, order, settings=settings, environment={})
            self._note(report, connector.resources.refreshed_with(refresh))
            return
        except Killed:
            self.killed = True
        except Exception as error:
            self.raised = f"{type(error).__name__}: {error}"
        self._may_be_anything(connector, run)

    def launch(
        self,
        deployment: Deployment,
        connector: Connector,
        wanted: Wanted,
        run: Run,
        settings: Settings,
        clock: datetime,
    ) -> None:
        """By Dagster."""
        self.asked |= wanted.selection
        refresh = connector.resources.refreshed_with(
            frozenset(run.refresh) & connector.resources.keys()
        )
        try:
            with _killing(run):
                done = deployment.run(connector, wanted, settings, clock=clock)
        except Killed:
            self.killed = True
            self._may_be_anything(connector, run)
            return
        for _, report in done.reports:
            self._note(report, refresh)
        for order, error in done.errors:
            if order.between is not None and isinstance(error, RestsrcError):
                self.refused = str(error)
                self.asked -= order.selection
            else:
                self.raised = f"{type(error).__name__}: {error}"
        self.raised = self.raised or done.beside
        if self.raised:
            self._may_be_anything(connector, run)

    def _may_be_anything(self, connector: Connector, run: Run) -> None:
        everything = set(connector.resources)
        self.unsure |= everything
        self.good.clear()
        if run.refresh:
            self.refreshed |= everything

    def _note(self, report: LoadReport, refresh: frozenset[str]) -> None:
        self.failed |= {name: f"{type(e).__name__}: {e}" for name, e in report.failed.items()}
        self.unsure |= set(report.failed)
        self.good = (self.good | set(report.resources)) - self.unsure
        self.in_part |= {name for name, text in self.failed.items() if "are committed" in text}
        self.refreshed |= report.refreshed | (refresh & self.in_part)
        for name, one in report.resources.items():
            older = [text for text in one.warnings if OLDER in text]
            if older:
                self.older[name] = older[0]
            self.unverified |= one.read.unverified.keys()
            told = [text for text in one.warnings if text not in older]
            self.warnings.setdefault(name, []).extend(told)

    def lines(self) -> Iterator[str]:
        """For the log of a world."""
        yield "killed" if self.killed else self.raised or f"loaded {', '.join(sorted(self.good))}"
        if self.refused:
            yield f"refused {self.refused}"
        yield from (f"failed {name}: {text}" for name, text in self.failed.items())
        for name, warnings in self.warnings.items():
            yield from (f"told of {name}: {text}" for text in warnings)
        yield from (f"told of {name}: {text}" for name, text in self.older.items())


@contextmanager
def _killing(run: Run) -> Iterator[None]:
    """End the run instead of the n-th call of what it is killed at."""
    if not run.kill:
        yield
        return
    owner, method = KILLS[run.kill]
    original, times = getattr(owner, method), count(1)

    def dying(*args: Any, **keys: Any) -> Any:
        if next(times) == run.kill_at:
            raise Killed
        return original(*args, **keys)

    setattr(owner, method, dying)
    try:
        yield
    finally:
        setattr(owner, method, original)

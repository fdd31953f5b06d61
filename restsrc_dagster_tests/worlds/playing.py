"""A world is played: run after run is loaded, and the tables are held to what they should be."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from restsrc_dagster.connector.files.folder import check_content
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.errors import ConnectorError, RestsrcError
from restsrc_dagster.extract.response import sizes
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.load.ranges.ranges import Between
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.worlds.cursors import BEGINNING, KINDS
from restsrc_dagster_tests.worlds.deleting import Deleting, tellers
from restsrc_dagster_tests.worlds.deploying import Deployment, Wanted
from restsrc_dagster_tests.worlds.examining import Examiner, Found
from restsrc_dagster_tests.worlds.file import file_of
from restsrc_dagster_tests.worlds.finding import Finding
from restsrc_dagster_tests.worlds.laboratory import Laboratory, Place
from restsrc_dagster_tests.worlds.loading import Ended
from restsrc_dagster_tests.worlds.marks import Marking
from restsrc_dagster_tests.worlds.meaning import Meaning
from restsrc_dagster_tests.worlds.serving import Serving
from restsrc_dagster_tests.worlds.shop import Shop
from restsrc_dagster_tests.worlds.spelling import clock_of
from restsrc_dagster_tests.worlds.stretches import Stretch, stretches_of
from restsrc_dagster_tests.worlds.world import How, Run, World


@dataclass
class Played:
    """What came of a world that was read in one way.

    `refused` is by the check of the file; `failed` is what the last run could not load, and why.
    """

    findings: list[Finding] = field(default_factory=list)
    refused: str = ""
    failed: dict[str, str] = field(default_factory=dict)
    tables: dict[str, Counter[int]] = field(default_factory=dict)
    ambiguous: set[str] = field(default_factory=set)
    """Tables with keys that do not tell records apart."""
    log: list[str] = field(default_factory=list)


class Player:
    """Plays one world in one way, in a place of its own.

    `drops` are versions that the API keeps to itself. What `tamper` does to the place is done
    after each run, before the tables are looked at.
    """

    def __init__(
        self,
        world: World,
        how: How,
        laboratory: Laboratory,
        place: Place,
        *,
        drops: frozenset[int] = frozenset(),
        tamper: str = "",
    ) -> None:
        self._whole = world
        later = any(run.edit == "children" for run in world.runs)
        self._world = replace(world, c=None, g=None) if later else _before_edits(world)
        self._how = how
        self._place = place
        self._laboratory = laboratory
        self._tamper = tamper
        self._shop = Shop(world)
        self._serving = Serving(world, how, self._shop, drops)
        self._meaning = Meaning(self._world, self._shop)
        self._examiner = Examiner(self._meaning, self._shop, self._serving)
        self._deleting = Deleting(self._meaning, self._shop)
        self._deployment = Deployment() if world.partitions else None
        self._marking = Marking(world, self._meaning, self._shop)
        self._played = Played()

    def play(self) -> Played:
        with self._deployment or nullcontext(), _sizes(self._how):
            return self._play()

    def _play(self) -> Played:
        self._laboratory.api.serving = self._serving
        runs = [*self._whole.runs, Run(news=self._whole.news)]
        for number, run in enumerate(runs):
            last = number == len(runs) - 1
            if not self._one(number, run, split=last and self._how.split):
                return self._played
        if self._examiner.once_more:
            self._examiner.once_more = False
            self._one(len(runs), Run(), split=False)
        self._played.tables = self._look()
        tables = self._meaning.tables.items()
        self._played.ambiguous = {name for name, table in tables if table.ambiguous}
        return self._played

    def _one(self, number: int, run: Run, *, split: bool) -> bool:
        """One run; False where there is nothing to go on for."""
        self._edit(run.edit)
        for event in run.news:
            self._shop.happen(event)
        self._serving.begin(run)
        names = [*self._meaning.tables, *(["other"] if self._world.other else [])]
        names += tellers(self._world)
        chosen = [name for name in run.select if name in names] or names
        ended = Ended(stretch=self._stretch(run))
        clock = clock_of(self._whole, self._shop.clock)
        content = file_of(self._world, self._how, self._laboratory.api.url, self._place.destination)
        try:
            connector = check_content("acme", content, file="connectors/acme.json")
        except ConnectorError as error:
            self._played.refused = str(error)
            return False
        # A child that comes into the file later cannot be asked for before.
        run = replace(run, refresh=tuple(name for name in run.refresh if name in names))
        settings = self._place.settings(self._how)
        if run.again and self._world.p.cursor is not None:  # an edit may have taken it away
            self._read_again(number, connector, frozenset(chosen), run, settings)
            if self._played.findings:
                return False
        for selection in map(frozenset, [[name] for name in names] if split else [chosen]):
            if self._deployment is None:
                ended.load(connector, selection, run, settings)
            else:
                wanted = self._wanted(selection, run)
                ended.launch(self._deployment, connector, wanted, run, settings, clock)
        if self._tamper:
            self._place.execute(self._tamper)
        found = self._look()
        self._log(number, ended, found)
        self._meaning.read(self._serving.moments, ended, names)
        findings = self._examiner.examine(run, ended, found)
        if deleting := [name for name, one in self._world.resources.items() if one.deletes]:
            marked = self._place.marked(deleting)
            findings += self._deleting.wrong(ended, self._serving.moments, found, marked)
        if self._deployment is not None and not findings:
            findings += self._marks(number, connector, ended, found, clock)
            if quiet(run):
                filled = {n: self._deployment.filled(connector, n) for n in self._meaning.tables}
                findings += self._marking.missing(filled, ended, clock)
        self._played.findings = [replace(one, run=number) for one in findings]
        self._played.failed = ended.failed
        return not findings

    def _stretch(self, run: Run) -> Stretch | None:
        if not (self._whole.partitions and run.partitions):
            return None
        stretches, (first, last) = stretches_of(self._whole.partitions), run.partitions
        return Stretch(stretches.at(first).start, stretches.at(last).end)

    def _wanted(self, selection: frozenset[str], run: Run) -> Wanted:
        if self._whole.partitions and run.partitions:
            stretches, (first, last) = stretches_of(self._whole.partitions), run.partitions
            keys = tuple(stretches.key(number) for number in range(first, last + 1))
            return Wanted(selection=selection, partitions=keys)
        config = {"full_refresh": list(run.refresh)} if run.refresh else {}
        return Wanted(selection=selection, config=config)

    def _marks(
        self, number: int, connector: Connector, ended: Ended, found: Found, clock: datetime
    ) -> list[Finding]:
        """What is wrong with the partitions that the last run has filled."""
        if self._deployment is None:
            return []
        new = {n: self._deployment.newly_filled(connector, n) for n in self._meaning.tables}
        self._played.log += [
            f"    filled of {name}: {', '.join(sorted(keys))}" for name, keys in new.items() if keys
        ]
        moments, excused = self._serving.moments, self._examiner.excused
        wrong = self._marking.wrong(new, moments, ended, found, excused, clock)
        return [replace(one, run=number) for one in wrong]

    def _range(self, run: Run) -> Stretch:
        cursor = self._world.p.cursor
        assert cursor is not None  # of an honest world
        start, end = (
            BEGINNING + timedelta(microseconds=int(tick * KINDS[cursor.kind].tick * 1_000_000))
            for tick in run.again
        )
        return Stretch(start, end)

    def _read_again(
        self,
        number: int,
        connector: Connector,
        selection: frozenset[str],
        run: Run,
        settings: Settings,
    ) -> None:
        """The run behind it finds all as if it had not been."""
        stretch = self._range(run)
        self._played.log += [f"run {number}, range {stretch.start} to {stretch.end}:"]
        if self._deployment is not None:
            ended = Ended(stretch=stretch)
            config = {"from": stretch.start.isoformat(), "to": stretch.end.isoformat()}
            wanted = Wanted(selection=selection, config=config)
            clock = clock_of(self._whole, self._shop.clock)
            ended.launch(self._deployment, connector, wanted, Run(), settings, clock)
            if ended.good:
                self._meaning.read_again(self._shop.view(), stretch)
            found = self._look()
            self._log(number, ended, found)
            self._played.findings = self._marks(number, connector, ended, found, clock)
            if ended.raised:
                self._played.findings += [Finding("raised", "", ended.raised, number)]
            return
        between = Between(stretch.start, stretch.end)
        order = LoadRequest(selection=selection, between=between)
        try:
            report = load(connector, order, settings=settings, environment={})
            said = f"loaded {', '.join(sorted(report.resources))}"
            said += "".join(f", failed {name}: {why}" for name, why in report.failed.items())
            self._meaning.read_again(self._shop.view(), stretch)
        except RestsrcError as error:
            said = f"refused: {error}"
        self._played.log += [f"    {said}"]
        self._played.log += [f"    asked {one}" for one in self._serving.asked]

    def _edit(self, edit: str) -> None:
        world = self._world
        match edit:
            case "key of p":
                self._world = replace(world, p=replace(world.p, key="own"))
            case "key of c" if world.c:
                self._world = replace(world, c=replace(world.c, key="own"))
            case "no end" if world.p.cursor:
                cursor = replace(world.p.cursor, end=None)
                self._world = replace(world, p=replace(world.p, cursor=cursor))
            case "no cursor":
                self._world = replace(world, p=replace(world.p, cursor=None))
            case "values of p":
                self._world = replace(world, p=replace(world.p, unlisted=0))
            case "values of c" if world.c:
                self._world = replace(world, c=replace(world.c, unlisted=0))
            case "fewer values of p":
                self._world = replace(world, p=replace(world.p, unlisted=1))
            case "fewer values of c" if world.c:
                self._world = replace(world, c=replace(world.c, unlisted=1))
            case "children":
                self._world = replace(world, c=self._whole.c, g=self._whole.g)
        if edit:
            self._meaning.edited(self._world)

    def _look(self) -> dict[str, Counter[int]]:
        """Which versions are in the tables."""
        names = [*self._meaning.tables, *(["other"] if self._world.other else [])]
        columns = dict.fromkeys(names, "v") | {"p__lines": "lv"}
        if self._world.p.steps.startswith("lines") and "p" in columns:
            columns["p"] = _LINES[self._world.p.steps]
        return self._place.versions(columns)

    def _log(self, number: int, ended: Ended, found: dict[str, Counter[int]]) -> None:
        state, *rest = ended.lines()
        self._played.log += [f"run {number}: {state}"]
        self._played.log += [f"    asked {one}" for one in self._serving.asked]
        self._played.log += [f"    {line}" for line in rest]
        self._played.log += [
            f"    table {name}: {sorted(rows.elements())}" for name, rows in found.items()
        ]


def _before_edits(world: World) -> World:
    """Lists that get a value later do not have it yet."""
    edits = {run.edit for run in world.runs}
    if "values of p" in edits:
        world = replace(world, p=replace(world.p, unlisted=1))
    if "values of c" in edits and world.c:
        world = replace(world, c=replace(world.c, unlisted=1))
    return world


_LINES = {
    "lines": "lv",
    "lines kept": "CASE WHEN day IS NULL THEN -1 ELSE lv END",
    "lines keyed": "CASE WHEN line = 'l' || CAST(lv AS VARCHAR) THEN lv ELSE -1 END",
}
"""What a row of a line is told by; -1 where it lacks what it should have of its record or key."""


def quiet(run: Run) -> bool:
    return not (run.middle or run.faults or run.kill)


def uncertain(world: World) -> bool:
    """Whether pages and times decide what a run has seen."""
    return any(run.middle or run.faults or run.kill for run in world.runs)


@contextmanager
def _sizes(how: How) -> Iterator[None]:
    """How much of an answer is in memory at once."""
    if not how.pieces:
        yield
        return
    small = {"AT_ONCE": 120, "JSON_AT_ONCE": 120, "PIECE": 150, "CHUNK": 100}
    before = {name: getattr(sizes, name) for name in small}
    vars(sizes).update(small)
    try:
        yield
    finally:
        vars(sizes).update(before)

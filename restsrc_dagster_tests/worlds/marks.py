"""Which partitions Dagster shows as filled, held to what is in the tables.

One that was marked has every record that the API had in its stretch of time while it was read, but
for what the run tells: no mark lies. And a run in which nothing was amiss marks all that are over.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from fractions import Fraction
from functools import partial

from restsrc_dagster_tests.worlds.examining import Found
from restsrc_dagster_tests.worlds.finding import Finding
from restsrc_dagster_tests.worlds.loading import Ended
from restsrc_dagster_tests.worlds.meaning import Meaning
from restsrc_dagster_tests.worlds.shop import Shop, View
from restsrc_dagster_tests.worlds.stretches import Stretch, instant, stretches_of
from restsrc_dagster_tests.worlds.world import Cursor, World

TOLD = ("announces", "may be missing", "passed over", "may have")
"""Words of a run that says that not all of it is there."""

Marks = Mapping[str, Collection[str]]
"""The keys of partitions, by resource."""


class Marking:
    """The marks of one world."""

    def __init__(self, world: World, meaning: Meaning, shop: Shop) -> None:
        self._meaning, self._shop = meaning, shop
        self._stretches = stretches_of(world.partitions) if world.partitions else None

    def wrong(
        self,
        marks: Marks,
        moments: list[View],
        ended: Ended,
        found: Found,
        excused: Collection[int],
        clock: datetime,
    ) -> Iterator[Finding]:
        """Of what a run has marked, what is not all there."""
        for name, keys in marks.items():
            if _is_told(ended, name):
                continue
            for key in sorted(keys):
                stretch = self._stretch(key)
                wanted = set.intersection(*(self._of(name, view, stretch) for view in moments))
                wanted -= {*excused}.union(*self._meaning.tables[name].ambiguous.values())
                if ended.stretch is None and stretch.end > clock:
                    yield Finding("early", name, f"{key} is not over")
                if lacks := wanted - found[name].keys() - self._passed_over(ended):
                    yield Finding("marked", name, f"{key}, without versions {sorted(lacks)}")

    def missing(self, filled: Marks, ended: Ended, clock: datetime) -> Iterator[Finding]:
        """What a run that read all has not marked, by its clock; and what it has emptied without a
        word."""
        if ended.stretch is not None or ended.killed or ended.raised or self._stretches is None:
            return
        cursor = self._cursor  # a list that begins nowhere has all that ever was
        begin = instant(cursor, cursor.begin) if cursor.starts else Fraction(0)
        numbers = self._stretches.over(clock)
        over = {self._stretches.key(n) for n in numbers if self._stretches.at(n).begin >= begin}
        before = {self._stretches.key(n) for n in numbers if self._stretches.at(n).begin < begin}
        for name, keys in filled.items():
            told = ended.warnings.get(name) or ended.warnings.get("p")
            both = {name, "p"} <= ended.good  # what a child alone begins anew, the next run marks
            if both and not told and (left := sorted(over - {*keys})):
                yield Finding("unmarked", name, ", ".join(left))
            says = any("are empty now" in text for text in ended.warnings.get(name, ()))
            gone = sorted(before & {*keys}) if name in ended.good & ended.refreshed else []
            if gone and not says:
                yield Finding("emptied", name, f"untold: {', '.join(gone)}")

    @property
    def _cursor(self) -> Cursor:
        cursor = self._meaning.world.p.cursor
        assert cursor is not None  # of an honest world
        return cursor

    def _of(self, name: str, view: View, stretch: Stretch) -> set[int]:
        """The versions that a stretch has of a resource: those that are in force."""
        lists = self._meaning.delivered(name, view, partial(stretch.has, self._cursor))
        listed = {row.v for rows in lists.values() for row in rows}
        return listed & self._meaning.in_force(name, view)

    def _passed_over(self, ended: Ended) -> set[int]:
        """What an API does not give of a stretch to which its start is no part of it."""
        world = self._meaning.world
        cursor, stretch = world.p.cursor, ended.stretch
        if world.api.filter != "exclusive" or cursor is None or stretch is None:
            return set()
        passed = [row for row in self._shop.parents if stretch.begins_with(cursor, row)]
        return {row.v for row in passed}.union(*map(self._shop.all_below, passed))

    def _stretch(self, key: str) -> Stretch:
        assert self._stretches is not None
        number = 0
        while self._stretches.key(number) != key:
            number += 1
        return self._stretches.at(number)


def _is_told(ended: Ended, name: str) -> bool:
    warnings = [*ended.warnings.get(name, ()), *ended.warnings.get("p", ())]
    return any(word in text for word in TOLD for text in warnings)

"""What is wrong after a run: with its words, with what it says of itself, and with the tables."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from restsrc_dagster_tests.worlds.finding import Finding, compare, foreign_words
from restsrc_dagster_tests.worlds.honest import is_numbered
from restsrc_dagster_tests.worlds.loading import Ended
from restsrc_dagster_tests.worlds.meaning import Meaning, slots
from restsrc_dagster_tests.worlds.serving import Serving
from restsrc_dagster_tests.worlds.shop import Shop
from restsrc_dagster_tests.worlds.tolerance import (
    may_fail,
    may_fail_again,
    may_refuse,
    must_fail,
    must_not_fail,
    safe_to_keep,
)
from restsrc_dagster_tests.worlds.world import Run, World

Found = Mapping[str, Counter[int]]
OTHERS = Counter([0, 0])


class Examiner:
    """Knows what was told so far, and what that excuses.

    `once_more` is whether something was told that has to be right one run later.
    """

    def __init__(self, meaning: Meaning, shop: Shop, serving: Serving) -> None:
        self.once_more = False
        self._meaning = meaning
        self._shop = shop
        self._serving = serving
        self._told: set[str] = set()
        self.excused: set[int] = set()
        self._is_torn = False
        """Whether rows of a stretch, which a killed run has read, stand beside those of before."""
        self._stopped: set[str] = set()
        """Resources of which the run before did not come to its end."""

    @property
    def _world(self) -> World:
        return self._meaning.world

    def examine(self, run: Run, ended: Ended, found: Found) -> list[Finding]:
        self._told |= {name for name, warnings in ended.warnings.items() if warnings}
        self._told |= {name for name, text in ended.failed.items() if ". Of them: " in text}
        self._excuse_what_slid(ended)
        findings = [*_words(ended)]
        if self._world.api.filter != "absent":  # one that filters gives nothing before the start
            findings += [Finding("older", name, text) for name, text in ended.older.items()]
        if not (ended.killed or ended.raised):
            findings += self._says(run, ended, found)
        if not self._may_be_torn(ended):
            findings += self._tables(ended, found)
        if not ended.killed:
            findings += self._others(ended, found)
        if not (ended.killed or self._is_torn):
            findings += self._nested(found)
        self._stopped = (self._stopped | ended.unsure) - ended.good
        return findings

    def _may_be_torn(self, ended: Ended) -> bool:
        """The next load puts right what one has left that was killed amid replacing a stretch."""
        if ended.killed and ended.stretch and slots(self._world, "p") == "append":
            self._is_torn = True
        elif ended.good or ended.failed:
            self._is_torn = False
        return self._is_torn

    def _excuse_what_slid(self, ended: Ended) -> None:
        """A record that a moving list never showed: the run has told that some may be missing.

        What hangs on it is missing with it.
        """
        moved = len(self._serving.moments) > 1
        told = self._told_of_list(ended) or "p" in ended.unverified
        if moved and is_numbered(self._world.api) and told:
            given = self._serving.given
            for row in self._shop.parents:
                if row.v not in given:
                    self.excused |= {row.v, *self._shop.all_below(row)}

    def _says(self, run: Run, ended: Ended, found: Found) -> Iterator[Finding]:
        """What is green and should not be, and the other way round."""
        for name in sorted(ended.asked - ended.good - ended.failed.keys()):
            yield Finding("idle", name, "neither loaded nor failed")
        for name in sorted(ended.good & self._meaning.tables.keys()):
            now = self._serving.moments[-1]
            excused, stretch = self.excused, ended.stretch
            if reason := must_fail(self._meaning, name, now, excused=excused, stretch=stretch):
                yield Finding("green", name, reason)
            rules = self._world.resources[name].rules
            if rules.startswith("fail") and self._serving.struck(name):
                yield Finding("green", name, "an answer that the file says is a failure")
        if ended.refused and not may_refuse(self._world, ended.refused):
            yield Finding("red", "", ended.refused)
        for name, text in ended.failed.items():
            is_quiet = not (run.faults or run.middle or run.kill)
            needless = ended.stretch and is_quiet and not may_fail(self._world, name)
            if needless and not may_fail_again(self._world, text):
                yield Finding("red", name, text)
            if must_not_fail(self._world, run, name):
                yield Finding("red", name, text)
        nothing = self._serving.given and not found.get("p")
        if "p" in ended.failed and nothing and safe_to_keep(self._world, run):
            yield Finding("kept nothing", "p", ended.failed["p"])

    def _tables(self, ended: Ended, found: Found) -> Iterator[Finding]:
        for name, table in self._meaning.tables.items():
            wrong = list(compare(table, found[name], excused=self.excused))
            if name in ended.good and table.to_tell and name not in self._told:
                wrong.append(Finding("untold", "", f"keys {sorted(table.to_tell, key=str)}"))
            if wrong and not self._is_excused(ended):
                yield from (replace(one, table=name) for one in wrong)

    def _is_excused(self, ended: Ended) -> bool:
        """What is told of the page size; what is told of a list that was gone on with."""
        if not self._told_of_list(ended) or not is_numbered(self._world.api):
            return False
        if self._world.api.cap and self._world.api.total == "right":
            return True
        resumed = "p" in self._stopped and "p" in ended.good
        self.once_more = self.once_more or resumed
        return resumed

    def _told_of_list(self, ended: Ended) -> bool:
        """Of one that is no table, what hangs on it tells."""
        teller = "p" if self._world.p.selected else "c"
        return bool(ended.warnings.get(teller))

    def _others(self, ended: Ended, found: Found) -> Iterator[Finding]:
        """What has nothing to do with the rest is loaded, whatever becomes of that."""
        if "other" in ended.asked and found["other"] != OTHERS:
            yield Finding("others", "other", f"{sorted(found['other'].elements())}")

    def _nested(self, found: Found) -> Iterator[Finding]:
        """Each row has the rows of its own list, and there are no others."""
        cursor = self._world.p.cursor
        if (
            "p" not in found
            or self._world.p.steps.startswith("lines")
            or self._world.api.written.startswith("csv")  # which has no lists
            or (cursor and cursor.nested)
        ):
            return
        wanted: Counter[int] = Counter()
        for v, times in found["p"].items():
            row = self._shop.ever.get(v)
            wanted.update(dict.fromkeys(row.lines, times) if row else {})
        if found["p__lines"] != wanted:
            more, less = found["p__lines"] - wanted, wanted - found["p__lines"]
            yield Finding("nested", "p", f"too much {dict(more)}, missing {dict(less)}")


def _words(ended: Ended) -> Iterator[Finding]:
    """Messages are for a person; and one resource does not stop all of them."""
    if ended.raised:
        yield Finding("raised", "", ended.raised)
    for name, text in ended.failed.items():
        if word := foreign_words(text):
            yield Finding("words", name, f"{word} in: {text}")

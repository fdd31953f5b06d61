"""World after world until the time is up: what is right, what is refused, and what is wrong."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from restsrc_dagster_tests.worlds.drawing import world_of_seed
from restsrc_dagster_tests.worlds.finding import Finding
from restsrc_dagster_tests.worlds.judging import Verdict, judge
from restsrc_dagster_tests.worlds.kinds import kind_of, traits
from restsrc_dagster_tests.worlds.laboratory import Laboratory
from restsrc_dagster_tests.worlds.smaller import smaller
from restsrc_dagster_tests.worlds.world import World, text_of

SHRINK_SECONDS = 45.0


@dataclass(frozen=True)
class Wrong:
    """A wrong world: its seed, its kind, when it was found, and what is left of it."""

    seed: int
    kind: str
    finding: str
    after: float
    world: str


@dataclass
class Tally:
    """What came of many worlds."""

    worlds: int = 0
    seconds: float = 0.0
    features: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    needless: dict[str, list[int]] = field(default_factory=dict)
    wrong: list[Wrong] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.worlds += other.worlds
        self.seconds = max(self.seconds, other.seconds)
        self.features += other.features
        self.refused += other.refused
        for reason, seeds in other.needless.items():
            self.needless.setdefault(reason, []).extend(seeds)
        self.wrong += other.wrong


def hunt(
    seeds: Iterator[int],
    laboratory: Laboratory,
    *,
    until: float,
    having: str = "",
    shrink: float = SHRINK_SECONDS,
    tell: Callable[[Wrong], None] = lambda _: None,
    enough: Callable[[Tally], bool] = lambda _: False,
) -> Tally:
    """Judge the worlds of `seeds` until `time.monotonic()` is `until`, or it is enough.

    Only those that are `having` something, if it is named, by the word that is counted.
    """
    tally, began = Tally(), time.monotonic()
    shrunk = 0.0
    for seed in seeds:
        if time.monotonic() >= until or enough(tally):
            break
        world = world_of_seed(seed)
        if having and having not in traits(world):
            continue
        verdict = judge(world, laboratory)
        _count(tally, seed, verdict)
        if verdict.is_wrong:
            after = time.monotonic() - began - shrunk
            wrong = _explained(seed, verdict, laboratory, after, min(shrink, until))
            shrunk = time.monotonic() - began - after
            tally.wrong.append(wrong)
            tell(wrong)
    tally.seconds = time.monotonic() - began
    return tally


def _count(tally: Tally, seed: int, verdict: Verdict) -> None:
    tally.worlds += 1
    tally.features.update(traits(verdict.world))
    if verdict.refused:
        tally.refused[_reason(verdict.refused)] += 1
    elif verdict.needless and not verdict.is_wrong:
        tally.needless.setdefault(_reason(verdict.needless), []).append(seed)


def _reason(text: str) -> str:
    """The first words of a message, without what differs from world to world."""
    words = text.replace("\n", " ").split(" ")
    kept = [word for word in words if not any(letter.isdigit() for letter in word)]
    return " ".join(kept)[:120]


def _explained(
    seed: int, verdict: Verdict, laboratory: Laboratory, after: float, seconds: float
) -> Wrong:
    """The world made smaller, as long as one of its findings stays."""
    found = {(one.what, one.table) for one in verdict.findings}
    last: dict[World, Finding] = {verdict.world: verdict.findings[0]}

    def is_wrong(world: World) -> bool:
        for one in judge(world, laboratory).findings:
            if (one.what, one.table) in found:
                last[world] = one
                return True
        return False

    world = smaller(verdict.world, is_wrong, seconds=seconds) if seconds > 0 else verdict.world
    finding = replace(last[world])
    return Wrong(seed, kind_of(world, finding), str(finding), after, text_of(world))

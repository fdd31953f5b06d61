"""One world, played, and what is said of it."""

import time
from dataclasses import dataclass, field

from restsrc_dagster_tests.worlds.finding import Finding
from restsrc_dagster_tests.worlds.laboratory import Laboratory
from restsrc_dagster_tests.worlds.playing import Played, Player, uncertain
from restsrc_dagster_tests.worlds.tolerance import may_fail
from restsrc_dagster_tests.worlds.world import World


@dataclass
class Verdict:
    """`findings` are wrong; `needless` was refused although nothing in the world asks for it."""

    world: World
    findings: list[Finding] = field(default_factory=list)
    refused: str = ""
    needless: str = ""
    seconds: float = 0.0
    log: list[str] = field(default_factory=list)

    @property
    def is_wrong(self) -> bool:
        return bool(self.findings)


def judge(
    world: World,
    laboratory: Laboratory,
    *,
    drops: frozenset[int] = frozenset(),
    tamper: str = "",
) -> Verdict:
    """Play it, and once more in its other way if it has one."""
    began = time.monotonic()
    verdict = Verdict(world)
    ways = [world.how] if world.twin is None else [world.how, world.twin]
    played: list[Played] = []
    for how in ways:
        with laboratory.place(postgres=how.postgres) as place:
            player = Player(world, how, laboratory, place, drops=drops, tamper=tamper)
            one = player.play()
        played.append(one)
        verdict.log += one.log
        verdict.findings += one.findings
        verdict.refused = verdict.refused or one.refused
        if one.findings or one.refused:
            break
    if len(played) == 2 and not verdict.findings:
        verdict.findings += _unlike(world, *played)
    if not verdict.findings and not verdict.refused:
        _look_at_failed(verdict, played)
    verdict.seconds = time.monotonic() - began
    return verdict


def _unlike(world: World, first: Played, second: Played) -> list[Finding]:
    """What is another in the other way."""
    found = []
    for name, rows in first.tables.items():
        same = rows == second.tables.get(name)
        resource = name.partition("__")[0]  # its nested lists are red with it
        red = resource in first.failed or resource in second.failed
        by_order = name in first.ambiguous and world.twin and world.twin.shuffle
        if not (same or red or by_order or uncertain(world)):
            found.append(Finding("unlike", name, f"{dict(rows)}, {dict(second.tables[name])}"))
    return found


def _look_at_failed(verdict: Verdict, played: list[Played]) -> None:
    for one in played:
        for name, text in one.failed.items():
            if reason := may_fail(verdict.world, name):
                verdict.refused = verdict.refused or f"red, {reason}: {text}"
            else:
                verdict.needless = verdict.needless or text

"""Play one world again, and show all that was asked and what became of the tables.

    python -m restsrc_dagster_tests.worlds --replay 4711
    python -m restsrc_dagster_tests.worlds --replay world.json [--shrink 60]

Exits with 1 if the world is wrong. Many worlds are played by the command of `soak`.
"""

import argparse
import sys
from pathlib import Path

from restsrc_dagster_tests.worlds.drawing import world_of_seed
from restsrc_dagster_tests.worlds.judging import Verdict, judge
from restsrc_dagster_tests.worlds.kinds import kind_of
from restsrc_dagster_tests.worlds.laboratory import Laboratory
from restsrc_dagster_tests.worlds.smaller import smaller
from restsrc_dagster_tests.worlds.world import World, text_of, world_of


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m restsrc_dagster_tests.worlds")
    parser.add_argument("--replay", required=True, help="a seed, or a file with a world")
    parser.add_argument("--shrink", type=float, default=0, help="make it smaller for so long (0 s)")
    options = parser.parse_args(arguments)
    world = _given(options.replay)
    with Laboratory() as laboratory:
        verdict = judge(world, laboratory)
        if verdict.findings and options.shrink:
            found = {(one.what, one.table) for one in verdict.findings}

            def is_wrong(one: World) -> bool:
                return any((f.what, f.table) in found for f in judge(one, laboratory).findings)

            verdict = judge(smaller(world, is_wrong, seconds=options.shrink), laboratory)
    _show(verdict)
    return 1 if verdict.findings else 0


def _given(replay: str) -> World:
    if replay.isdigit():
        return world_of_seed(int(replay))
    return world_of(Path(replay).read_text(encoding="utf-8"))


def _show(verdict: Verdict) -> None:
    print(text_of(verdict.world))
    print("\n".join(verdict.log))
    for finding in verdict.findings:
        print(f"WRONG {kind_of(verdict.world, finding)}: {finding.what} {finding.table}")
        print(f"    run {finding.run}: {finding.seen}")
    if verdict.refused or verdict.needless:
        print(f"refused: {verdict.refused or verdict.needless}")
    print(f"{'wrong' if verdict.findings else 'not wrong'}, {verdict.seconds:.1f} s")


if __name__ == "__main__":
    sys.exit(main())

"""Attack for so many minutes, each load with eight answers that are drawn anew.

    python -m restsrc_dagster_tests.security --minutes 10 [--seed 1]

Exits with 1 if one led to anything but right rows or a sentence; prints the answers that did.
"""

import argparse
import os
import sys
import time

from hypothesis import HealthCheck, Phase, given, seed, settings

from restsrc_dagster_tests.security.attacking import attack
from restsrc_dagster_tests.security.fuzzing import ANSWERS, AT_ONCE, Drawn

LOADS = 25
"""With one seed, so that a seed that was printed is tried again in seconds."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m restsrc_dagster_tests.security")
    parser.add_argument("--minutes", type=float, default=10, help="how long (10)")
    parser.add_argument("--seed", type=int, default=1, help="the first one (1)")
    options = parser.parse_args(arguments)
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    os.environ["RUNTIME__REQUEST_MAX_ATTEMPTS"] = "1"
    os.environ["RUNTIME__LOG_LEVEL"] = "CRITICAL"
    began, loads, wrong, number = time.monotonic(), 0, 0, options.seed

    def attacked(answers: list[Drawn]) -> None:
        nonlocal loads, wrong
        loads += 1
        for found in attack(answers):
            wrong += 1
            print(f"seed {number}: {found}", flush=True)
            for place, drawn in enumerate(answers):
                if f"hostile_{place}" in found or "whole" in found:
                    print(f"    {place}: {drawn.content[:400]!r}", flush=True)

    while time.monotonic() - began < options.minutes * 60:
        quiet = settings(
            max_examples=LOADS,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        seed(number)(quiet(given(ANSWERS)(attacked)))()
        number += 1
    print(f"{loads} loads of {AT_ONCE} answers, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

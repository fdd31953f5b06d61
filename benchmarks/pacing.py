"""How closely `requests_per_second` is kept, as the API sees it.

    python benchmarks/pacing.py [--seconds 8] [--repeats 3]

A parent's children are asked for side by side. "rate" is that of the requests from the first to
the last one; "busiest second" is the most that came in any window of one second.
"""

import argparse
import json
import statistics
from bisect import bisect_left

import requests

from benchmarks.api import serving
from benchmarks.loads import LOAD, children, content, parents, run, versions

BUDGETS = (5, 20, 50)


def measured(url: str, budget: int, seconds: float) -> tuple[float, int]:
    resources = [parents(int(budget * seconds)), children()]
    http = {"requests_per_second": budget, "max_concurrency": 8}
    run(LOAD, json.dumps(content(url, resources, **http)))
    came = sorted(requests.get(f"{url}/arrivals", timeout=60).json()["data"])
    busiest = max(bisect_left(came, at + 1) - first for first, at in enumerate(came))
    return (len(came) - 1) / (came[-1] - came[0]), busiest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=8, help="that a load lasts, at least")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    print(f"{versions()}\n8 requests at once allowed, median of {arguments.repeats} loads\n")
    print("| requests_per_second | rate | rate ÷ budget | busiest second |")
    print("|---|---|---|---|")
    with serving() as url:
        for budget in BUDGETS:
            found = [measured(url, budget, arguments.seconds) for _ in range(arguments.repeats)]
            rate = statistics.median(rate for rate, _ in found)
            busiest = max(busiest for _, busiest in found)
            print(f"| {budget} | {rate:.2f} | {rate / budget:.3f} | {busiest} |", flush=True)


if __name__ == "__main__":
    main()

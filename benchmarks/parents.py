"""What hundreds of thousands of parents, each with a request for its children, take of memory.

    python benchmarks/parents.py [--parents 20000 200000] [--repeats 1]

Each load is a fresh process; the figure is its peak memory.
"""

import argparse
import json
import statistics

from benchmarks.api import serving
from benchmarks.loads import LOAD, children, content, parents, run, versions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--parents", type=int, nargs="+", default=[20_000, 200_000])
    parser.add_argument("--repeats", type=int, default=1)
    arguments = parser.parse_args()
    print(f"{versions()}\nmedian of {arguments.repeats} processes\n")
    print("| parents | seconds | peak memory | ÷ the first |")
    print("|---|---|---|---|")
    first = 0.0
    with serving() as url:
        for count in arguments.parents:
            asked = json.dumps(content(url, [parents(count), children()]))
            found = [run(LOAD, asked) for _ in range(arguments.repeats)]
            assert all(one["rows"] == {"parents": count, "children": count} for one in found)
            memory = statistics.median(one["memory"] for one in found)
            seconds = statistics.median(one["seconds"] for one in found)
            first = first or memory
            ratio = f"{memory / first:.2f}"
            print(f"| {count} | {seconds:.0f} | {memory:.0f} MB | {ratio} |", flush=True)


if __name__ == "__main__":
    main()

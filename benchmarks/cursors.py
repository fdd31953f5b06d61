"""Reading rows that share one cursor value, beside rows that have one each; and dlt's own.

    python benchmarks/cursors.py [--rows 200000] [--repeats 3]

The time is that of dlt's step `extract`: from the first request until the rows are in files and
the cursor is in the state.
"""

import argparse
import json
import statistics

from benchmarks.api import serving
from benchmarks.loads import BY_LINK, content, run, versions

EXTRACT = """
import json, sys, time
import dlt
from dlt.sources.rest_api import rest_api_source
from restsrc_dagster.connector.files import check_content
from restsrc_dagster.extract.source import open_reading

content = json.loads(sys.argv[1])
if sys.argv[2] == "dlt":
    source = rest_api_source(content["configuration"], name="bench")
else:
    source = open_reading(check_content("bench", content, file="bench.json"), {}).source
pipeline = dlt.pipeline("bench", destination="duckdb", pipelines_dir="pipelines")
began = time.perf_counter()
pipeline.extract(source)
print(json.dumps(time.perf_counter() - began))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    seconds: dict[tuple[str, str], list[float]] = {}
    with serving() as url:
        for _ in range(arguments.repeats):
            for by in ("restsrc_dagster", "dlt"):
                for cursor in ("distinct", "same"):
                    took = measured(url, arguments.rows, cursor, by)
                    seconds.setdefault((by, cursor), []).append(took)
    print(f"{versions()}\n{arguments.rows} rows, median of {arguments.repeats} processes\n")
    print("| read by | distinct | one value | one value ÷ distinct |")
    print("|---|---|---|---|")
    for by in ("restsrc_dagster", "dlt"):
        distinct, same = (statistics.median(seconds[by, kind]) for kind in ("distinct", "same"))
        print(f"| {by} | {distinct:.2f} s | {same:.2f} s | {same / distinct:.2f} |")


def measured(url: str, rows: int, cursor: str, by: str) -> float:
    endpoint = {
        "path": "rows",
        "data_selector": "data",
        "params": {"count": rows, "cursor": cursor},
        "paginator": BY_LINK,
        "incremental": {"cursor_path": "at", "initial_value": 0},
    }
    resource = {"name": "rows", "write_disposition": "append", "endpoint": endpoint}
    seconds: float = run(EXTRACT, json.dumps(content(url, [resource])), by)
    return seconds


if __name__ == "__main__":
    main()

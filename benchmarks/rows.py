"""How long rows take from an API to DuckDB, beside dlt as it comes, dlt tuned, and the floor.

    python benchmarks/rows.py [--cases flat nested merge long] [--repeats 5]

An API on loopback, in a process of its own, has 100 pages of 1000 records. "dlt" is dlt's
rest_api_source as it comes; "dlt tuned" writes parquet; "by hand" is requests, orjson, pyarrow and
DuckDB without anything else: no cursor, no ids, no schema. Each figure is the median of fresh
processes, from the first request to the last row, with everything imported; CPU is what the process
takes of a processor, whatever else the machine does.

Cases: `flat` has 10 columns; `nested` an object and a list of objects in each record besides;
`merge` loads the flat ones again on their primary key, a tenth of them changed; `long` is the flat
ones ten times over.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

PAGES = 100
RECORDS = 1000
IMPORTED = (
    "dlt.common.libs.sql_alchemy_compat",
    "dlt.destinations",
    "dlt.sources.rest_api",
    "duckdb",
    "orjson",
    "pyarrow.parquet",
    "restsrc_dagster.load.load",
)
COUNTRIES = ("Österreich", "Deutschland", "France", "España", "日本", "Brasil", "Canada")


def record(number: int, *, nested: bool, changed: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": number,
        "name": f"Customer {number}",
        "email": f"customer.{number}@example.com",
        "amount": number * 7919 % 100_000 / 100 + 0.005,
        "quantity": number * 31 % 500,
        "active": number % 3 != 0,
        "country": COUNTRIES[number % len(COUNTRIES)],
        "note": None if number % 4 else f"note {number} " * 3,
        "created_at": f"2024-{number % 12 + 1:02}-{number % 28 + 1:02}T{number % 24:02}:00:01Z",
        "updated_at": f"2025-{number % 12 + 1:02}-{number % 28 + 1:02}T10:{number % 60:02}:09.5Z",
    }
    if changed and number % 10 == 0:
        found |= {"quantity": found["quantity"] + 1, "updated_at": "2026-01-31T10:00:09.5Z"}
    if nested:
        found["address"] = {
            "street": f"Street {number}",
            "city": {"name": "Wien", "zip": f"{number % 9000:04}"},
        }
        found["lines"] = [
            {"sku": f"sku-{number}-{line}", "price": line + 0.5, "count": line} for line in range(2)
        ]
    return found


def serve() -> None:
    """Answer `/flat`, `/nested` and `/changed`, told its port by a line on standard output."""
    pages = {
        path: [
            [
                record(page * RECORDS + row, nested=path == "nested", changed=path == "changed")
                for row in range(RECORDS)
            ]
            for page in range(PAGES)
        ]
        for path in ("flat", "nested", "changed")
    }
    bodies = {
        path: [json.dumps(page, ensure_ascii=False).encode() for page in found]
        for path, found in pages.items()
    }

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 1 << 20
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {key: int(values[0]) for key, values in parse_qs(parts.query).items()}
            number, times = query.get("page", 0), query.get("times", 1)
            path = parts.path.strip("/")
            last = number + 1 == PAGES * times
            link = "null" if last else f'"/{path}?page={number + 1}&times={times}"'
            body = b'{"next": %b, "data": %b}' % (link.encode(), bodies[path][number % PAGES])
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


def configuration(url: str, path: str, times: int, disposition: str) -> dict[str, Any]:
    items: dict[str, Any] = {
        "name": "items",
        "write_disposition": disposition,
        "endpoint": {"path": path, "data_selector": "data", "params": {"times": times}},
    }
    if disposition == "merge":
        items["primary_key"] = "id"
    paginator = {"type": "json_link", "next_url_path": "next"}
    return {"client": {"base_url": url, "paginator": paginator}, "resources": [items]}


def with_us(url: str, path: str, times: int, disposition: str) -> None:
    from restsrc_dagster.connector.files import check_content
    from restsrc_dagster.load.load import Order, load
    from restsrc_dagster.settings import Settings

    content = {
        "created_at": "2026-11-23T10:03:00Z",
        "schedule": {"mode": "minutes", "interval": 10},
        "configuration": configuration(url, path, times, disposition),
    }
    connector = check_content("acme", content, file="acme.json")
    order = Order(selection=frozenset({"items"}))
    report = load(connector, order, settings=Settings(data_dir=Path()), environment={})
    assert report.resources["items"].rows_loaded == PAGES * RECORDS * times


def with_dlt(url: str, path: str, times: int, disposition: str, **tuned: Any) -> None:
    import dlt
    from dlt.sources.rest_api import rest_api_source

    source = rest_api_source(configuration(url, path, times, disposition))
    database = dlt.destinations.duckdb("restsrc_acme.duckdb")
    pipeline = dlt.pipeline("acme", destination=database, dataset_name="acme", pipelines_dir="work")
    pipeline.run(source, **tuned).raise_on_failed_jobs()


def with_dlt_tuned(url: str, path: str, times: int, disposition: str) -> None:
    with_dlt(url, path, times, disposition, loader_file_format="parquet")


def by_hand(url: str, path: str, times: int, _: str) -> None:
    import duckdb
    import orjson
    import pyarrow as pa
    import requests

    text, time_type = pa.string(), pa.timestamp("us", "UTC")
    kinds = (pa.int64(), text, text, pa.float64(), pa.int64(), pa.bool_(), text, text, text, text)
    batches: list[Any] = []
    session, link = requests.Session(), f"/{path}?page=0&times={times}"
    while link:
        page = orjson.loads(session.get(url + link).content)
        rows, link = page["data"], page["next"]
        arrays = [
            pa.array([row[name] for row in rows], kind)
            for name, kind in zip(rows[0], kinds, strict=True)
        ]
        arrays[-2:] = [array.cast(time_type) for array in arrays[-2:]]
        batches.append(pa.Table.from_arrays(arrays, names=list(rows[0])))
    table = pa.concat_tables(batches)
    with duckdb.connect("restsrc_acme.duckdb") as connection:
        connection.register("incoming", table)
        connection.execute("CREATE SCHEMA acme")
        connection.execute("CREATE TABLE acme.items AS SELECT * FROM incoming")


WAYS: dict[str, Callable[[str, str, int, str], None]] = {
    "restsrc": with_us,
    "dlt": with_dlt,
    "dlt tuned": with_dlt_tuned,
    "by hand": by_hand,
}
CASES = {
    "flat": ("append", 1, ["flat"], ["restsrc", "dlt tuned", "by hand", "dlt"]),
    "nested": ("append", 1, ["nested"], ["restsrc", "dlt tuned"]),
    "merge": ("merge", 1, ["flat", "changed"], ["restsrc", "dlt tuned"]),
    "long": ("append", 10, ["flat"], ["restsrc", "dlt tuned"]),
}


def run_one(way: str, url: str, times: int, disposition: str, *paths: str) -> None:
    """Load the paths one after the other, in this process; the last one is timed."""
    for module in IMPORTED:
        import_module(module)
    for path in paths:
        began, busy = time.perf_counter(), time.process_time()
        WAYS[way](url, path, times, disposition)
        seconds, cpu = time.perf_counter() - began, time.process_time() - busy
    import duckdb

    with duckdb.connect("restsrc_acme.duckdb", read_only=True) as connection:
        rows = connection.execute("SELECT COUNT(*) FROM acme.items").fetchall()
    assert rows == [(PAGES * RECORDS * times,)]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "CPU": cpu, "memory": memory}))


@contextmanager
def api() -> Iterator[str]:
    with subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE) as process:
        assert process.stdout
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def measure(way: str, case: str, url: str) -> dict[str, float]:
    disposition, times, paths, _ = CASES[case]
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
    }
    with tempfile.TemporaryDirectory() as folder:
        ended = subprocess.run(
            [sys.executable, __file__, "one", way, url, str(times), disposition, *paths],
            stdout=subprocess.PIPE,
            check=True,
            env=environment,
            cwd=folder,
        )
    figures: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    packages = ("dlt", "duckdb", "pyarrow")
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, "
        + ", ".join(f"{package} {version(package)}" for package in packages)
    )
    print(f"Median of {arguments.repeats} processes; of dlt as it comes, one\n")
    print("| case | rows | way | seconds | CPU | times restsrc, seconds | CPU | peak memory |")
    print("|---|---|---|---|---|---|---|---|")
    with api() as url:
        for case in arguments.cases:
            ours = our_cpu = 0.0
            figures: dict[str, list[dict[str, float]]] = {}
            ways = [way for way in CASES[case][3] if way in arguments.ways]
            for number in range(arguments.repeats):  # in turn: what disturbs one disturbs all
                for way in ways:
                    if way != "dlt" or number == 0:
                        figures.setdefault(way, []).append(measure(way, case, url))
            for way, found in figures.items():
                seconds = statistics.median(one["seconds"] for one in found)
                cpu = statistics.median(one["CPU"] for one in found)
                memory = statistics.median(one["memory"] for one in found)
                ours, our_cpu = ours or seconds, our_cpu or cpu
                rows = PAGES * RECORDS * CASES[case][1]
                print(
                    f"| {case} | {rows} | {way} | {seconds:.2f} | {cpu:.2f} | "
                    f"{seconds / ours:.2f} | {cpu / our_cpu:.2f} | {memory:.0f} MB |",
                    flush=True,
                )


if __name__ == "__main__":
    match sys.argv[1:2]:
        case ["serve"]:
            serve()
        case ["one"]:
            _, _, way_, url_, times_, disposition_, *paths_ = sys.argv
            run_one(way_, url_, int(times_), disposition_, *paths_)
        case _:
            main()

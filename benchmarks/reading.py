"""How long reading takes where an API is slow, beside a bare thread pool and dlt on its own.

    python benchmarks/reading.py [--runs 5] [--only pages]

The API is a process of its own on loopback, which answers each request after 50 ms. Each figure is
the median of fresh processes; "bare" is a thread pool with one requests session that makes the same
requests and parses the answers, "dlt" is rest_api as it comes, "tuned" is it with `parallelized`
and 20 workers. Nothing is loaded; linked pages are extracted, which writes them to disk.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from importlib.metadata import version
from typing import Any

SERVER = """
import asyncio, json, time
from urllib.parse import parse_qsl, urlsplit

DELAY, RATE, BURST = 0.05, 10.0, 10.0
bucket = {"tokens": BURST, "at": time.monotonic(), "until": 0.0}
counts = {"asked": 0, "refused": 0, "early": 0}
text = "x" * 20

def record(number):
    return {"id": number, "name": f"record {number}", "value": number / 7, "text": text,
            "updated_at": "2026-01-01T00:00:00Z", "flag": number % 2 == 0, "count": number % 97,
            "city": "Reykjavik", "code": f"{number:08}", "ratio": number / 1000}

def page(number, size, **more):
    data = [record(number * size + at) for at in range(size)]
    return json.dumps({"data": data, **more}).encode()

def linked(at):
    return page(at, 1000, next=f"/linked?at={at + 1}" if at < 199 else None)

LINKED = [linked(at) for at in range(200)]

def answer(path, query):
    if path == "/numbered":
        return page(int(query["page"]), 10, total=int(query["of"]))
    if path == "/offset":
        return page(int(query["offset"]) // 10, 10, total=2000)
    if path == "/linked":
        return LINKED[int(query.get("at", 0))]
    if path == "/parents":
        return page(0, 500)
    return page(int(path.split("/")[2]), 1)

def limited(query):
    # a bucket of one token that refills 10 times a second, so that the limit has one time
    now = time.monotonic()
    size = 1.0 if query.get("strict") else BURST
    counts["asked"] += 1
    counts["early"] += bucket["until"] - 0.8 < now < bucket["until"]  # not yet under way
    bucket["tokens"] = min(size, bucket["tokens"] + (now - bucket["at"]) * RATE)
    bucket["at"] = now
    if bucket["tokens"] < 0.98:
        counts["refused"] += 1
        bucket["until"] = max(bucket["until"], now + 0.9)
        return None
    bucket["tokens"] -= 1
    return page(int(query["page"]), 10, total=60)

async def serve(reader, writer):
    try:
        while head := await reader.readuntil(b"\\r\\n\\r\\n"):
            parts = urlsplit(head.split(b" ", 2)[1].decode())
            query = dict(parse_qsl(parts.query))
            if parts.path == "/counts":
                body, status = json.dumps(counts).encode(), "200 OK"
                counts.update(asked=0, refused=0, early=0)
                bucket.update(tokens=1.0 if query.get("strict") else BURST, at=time.monotonic())
                bucket.update(until=0.0)
            elif parts.path == "/limited":
                body = limited(query)
                status = "429 Too Many Requests\\r\\nRetry-After: 1" if body is None else "200 OK"
                body = body or b"{}"
            else:
                await asyncio.sleep(DELAY)
                body, status = answer(parts.path, query), "200 OK"
            headers = f"HTTP/1.1 {status}\\r\\nContent-Type: application/json\\r\\n"
            writer.write(f"{headers}Content-Length: {len(body)}\\r\\n\\r\\n".encode() + body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=200)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""

CLIENT = """
import json, os, sys, tempfile, time
os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
url, who, task = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
pipelines = tempfile.TemporaryDirectory()

def consume(source):
    if task.get("extracts"):
        import dlt
        pipeline = dlt.pipeline("benchmark", destination="duckdb", pipelines_dir=pipelines.name)
        pipeline.extract(source)
        return None
    return sum(1 for _ in source)

if who == "bare":
    import requests
    from concurrent.futures import ThreadPoolExecutor
    session = requests.Session()
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=50))
    def get(path):
        return len(session.get(url + path, timeout=60).json()["data"])
    began = time.perf_counter()
    with ThreadPoolExecutor(task["threads"]) as pool:
        for wave in task["bare"]:
            sum(pool.map(get, wave))
elif who == "ours":
    from restsrc_dagster.connector.files import check_content
    from restsrc_dagster.extract.source import open_reading
    content = {"created_at": "2026-11-23T10:03:00Z", "schedule": {"mode": "days"},
               "configuration": {"client": {"base_url": url}, "resources": task["resources"]},
               "http": {"max_concurrency": task["threads"], **task.get("http", {})}}
    connector = check_content("benchmark", content, file="benchmark.json")
    with open_reading(connector, {}) as reading:
        began = time.perf_counter()
        consume(reading.source)
else:
    if who == "tuned":
        os.environ["EXTRACT__WORKERS"] = "20"
    from dlt.sources.rest_api import rest_api_source
    children = task["resources"][1:] if task["resources"][0]["name"] == "parents" else []
    for resource in children:
        resource["parallelized"] = who == "tuned"
    source = rest_api_source({"client": {"base_url": url}, "resources": task["resources"]})
    for resource in source.resources.values():
        if who == "tuned" and not resource.is_transformer:  # where the key has no effect
            resource.parallelize()
    began = time.perf_counter()
    consume(source)
print(json.dumps(time.perf_counter() - began))
"""

BY_PAGE = {"type": "page_number"}
BY_OFFSET = {"type": "offset", "limit": 10}
BY_LINK = {"type": "json_link", "next_url_path": "next"}


def resource(name: str, path: str, paginator: Any = "single_page", **params: Any) -> dict[str, Any]:
    endpoint = {"path": path, "data_selector": "data", "paginator": paginator, "params": params}
    return {"name": name, "endpoint": endpoint}


PAGES = [f"/numbered?of=200&page={number}" for number in range(200)]
OFFSETS = [f"/offset?offset={number * 10}&limit=10" for number in range(200)]
LIMITED = [resource("limited", "limited", BY_PAGE)]
TASKS: dict[str, dict[str, Any]] = {
    **{
        f"pages, {threads} at once": {
            "threads": threads,
            "resources": [resource("numbered", "numbered", BY_PAGE, of=200)],
            "bare": [PAGES],
            "beside": ["bare", "dlt"],
        }
        for threads in (5, 20)
    },
    **{
        f"offsets, {threads} at once": {
            "threads": threads,
            "resources": [resource("offset", "offset", BY_OFFSET)],
            "bare": [OFFSETS],
            "beside": ["bare", "dlt"],
        }
        for threads in (5, 20)
    },
    "500 children": {
        "threads": 20,
        "resources": [
            resource("parents", "parents"),
            resource("children", "parents/{resources.parents.id}/children"),
        ],
        "bare": [["/parents"], [f"/parents/{number}/children" for number in range(500)]],
        "beside": ["bare", "dlt", "tuned"],
    },
    "200 linked pages of 1000 rows": {
        "threads": 4,
        "extracts": True,
        "resources": [resource("linked", "linked", BY_LINK)],
        "beside": ["dlt", "tuned"],
    },
    "ten resources of 20 pages": {
        "threads": 20,
        "resources": [
            resource(f"resource_{number}", "numbered", BY_PAGE, of=20) for number in range(10)
        ],
        "bare": [[f"/numbered?of=20&page={number}" for number in range(20)] * 10],
        "beside": ["bare", "dlt", "tuned"],
    },
    "60 requests, limit of 10/s, known": {
        "threads": 5,
        "resources": LIMITED,
        "http": {"requests_per_second": 10},
        "limit": {"query": "?strict=1", "seconds": 5.9},
        "beside": [],
    },
    "60 requests, limit of 10/s, told": {
        "threads": 5,
        "resources": LIMITED,
        "limit": {"query": "", "seconds": 5.0},
        "beside": ["tuned"],
    },
}


def measured(url: str, who: str, task: dict[str, Any]) -> float:
    ended = subprocess.run(
        [sys.executable, "-c", CLIENT, url, who, json.dumps(task)],
        capture_output=True, text=True, check=False, timeout=600,
        env={**os.environ, "RUNTIME__LOG_LEVEL": "ERROR"},
    )  # fmt: skip
    if ended.returncode:
        raise SystemExit(ended.stderr)
    return float(json.loads(ended.stdout.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default="", help="a part of the name of what is measured")
    arguments = parser.parse_args()
    versions = ", ".join(f"{name} {version(name)}" for name in ("dlt", "requests"))
    print(f"{versions}, Python {platform.python_version()}, {os.cpu_count()} CPUs")
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        for name, task in TASKS.items():
            if arguments.only in name:
                tell(url, name, task, arguments.runs)
    finally:
        server.terminate()
        server.wait()


def tell(url: str, name: str, task: dict[str, Any], runs: int) -> None:
    """One line: seconds of each, and how many times ours they are."""
    times: dict[str, list[float]] = {}
    counts: dict[str, Any] = {}
    for _ in range(runs):
        for who in ("ours", *task["beside"]):
            if limit := task.get("limit"):
                asked(url, limit["query"])
            times.setdefault(who, []).append(measured(url, who, task))
            if limit:
                counts[who] = asked(url, limit["query"])
    medians = {who: statistics.median(found) for who, found in times.items()}
    ours = medians.pop("ours")
    beside = "".join(f", {who} {time:.2f} s ({time / ours:.2f})" for who, time in medians.items())
    if limit := task.get("limit"):
        beside += f"; the limit's own time is {limit['seconds']:.1f} s; {counts}"
    print(f"{name}: ours {ours:.2f} s{beside}", flush=True)


def asked(url: str, query: str) -> Any:
    """What the API has counted since it was asked last."""
    import requests

    return requests.get(f"{url}/counts{query}", timeout=10).json()


if __name__ == "__main__":
    main()

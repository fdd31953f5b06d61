"""Stands in for `python -m dagster`: GraphQL like the webserver's, a child like the daemon.

    fake_dagster.py MODE dev -w workspace.yaml -p PORT -h 127.0.0.1

MODE: `succeeds`, `fails`, `broken` (the location does not load), `dies` (at once), `deaf` (to
SIGINT), `waits` (no run ever ends).
"""

import json
import os
import signal
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

mode, arguments = sys.argv[1], sys.argv[2:]
port = int(arguments[arguments.index("-p") + 1])


def event(table: str, rows: int) -> dict[str, Any]:
    entries = [
        {"label": "dagster/uri"},
        {"label": "rows_loaded", "intRepr": "7"},
        {"label": "dagster/row_count", "intRepr": str(rows)},
    ]
    return {"assetKey": {"path": ["demo_shop", table]}, "metadataEntries": entries}


def run(run_id: str, status: str, at: float, **tags: str) -> dict[str, Any]:
    return {
        "runId": run_id,
        "status": status,
        "creationTime": at,
        "startTime": at,
        "endTime": at + 2.5,
        "tags": [{"key": f"dagster/{name}", "value": value} for name, value in tags.items()],
        "assetMaterializations": [event("customers", 5240), event("invoices", 8585)],
    }


RUNS = {
    "succeeds": [
        run("later", "FAILURE", 3.0),
        run("first", "SUCCESS", 2.0),
        run("crashed", "FAILURE", 1.0, will_retry="true"),
        run("going", "STARTED", 0.0),
    ],
    "fails": [run("first", "FAILURE", 1.0)],
}
ERRORS = {"broken": {"message": "Traceback\nModuleNotFoundError: no module"}}
ANSWER = {
    "data": {
        "workspaceOrError": {"locationEntries": [{"locationOrLoadError": ERRORS.get(mode, {})}]},
        "runsOrError": {"results": RUNS.get(mode, [])},
    }
}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        Path("asked.json").write_text(json.dumps(asked))
        body = json.dumps(ANSWER).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


print("fake dagster:", *arguments, flush=True)
if mode == "dies":
    sys.exit("fake dagster cannot go on")
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
state = {"pids": [os.getpid(), child.pid], "environment": dict(os.environ), "arguments": arguments}
Path("state.json").write_text(json.dumps(state))
if mode == "deaf":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
try:
    server.serve_forever(0.05)
except KeyboardInterrupt:
    print("stopped in order", flush=True)
    child.terminate()
    child.wait()

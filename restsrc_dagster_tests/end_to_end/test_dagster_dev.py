"""The product as a person runs it: a folder, a connector file, `dagster dev`, and nobody clicks."""

import re
import threading
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest

from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import items, write
from restsrc_dagster_tests.support.dagster_dev import DagsterDev
from restsrc_dagster_tests.support.dialled import Dialled
from restsrc_dagster_tests.support.ui import rows_loaded

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.timeout(400)


class Customers:
    """Records that a test changes while the API serves them."""

    def __init__(self, count: int) -> None:
        self.records = [
            {
                "id": number,
                "name": f"customer {number}",
                "updated_at": f"2024-01-01T00:{number:02}:00Z",
            }
            for number in range(count)
        ]

    token = "first"

    def __call__(self, asked: Asked) -> Any:
        if asked.headers.get("Authorization") != f"Bearer {self.token}":
            return Answer(status=401)
        since = asked.params.get("since", "")
        return {"data": [record for record in self.records if record["updated_at"] >= since]}


def stored(folder: Path) -> list[tuple[int, str]]:
    with duckdb.connect(str(folder / "data" / "restsrc_acme.duckdb"), read_only=True) as database:
        return database.sql("select id, name from acme.customers order by id, name").fetchall()


def frightening(log: Path) -> list[str]:
    """Lines that look like trouble, and are not those that the page explains."""
    page = (ROOT / "docs" / "in-dagster.md").read_text(encoding="utf-8")
    _, _, section = page.partition("## The first lines of `dagster dev`")
    table = section.partition("## ")[0]
    told = [
        re.compile(".*".join(map(re.escape, line.split("…"))))
        for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
        for line in re.findall(r"`(.+?)`", row)
    ]
    assert len(told) == 5
    plain = re.sub(r"\x1b\[[0-9;]*m|`", "", log.read_text(encoding="utf-8"))
    looks_bad = re.compile(r"WARN|ERROR|CRITICAL|Warning|Traceback|deprecat|temporary", re.I)
    lines = [line for line in plain.splitlines() if looks_bad.search(line)]
    assert lines, "nothing would be seen"
    return [line for line in lines if not any(one.search(line) for one in told)]


def test_rows_arrive_by_themselves_then_only_what_changed(
    tmp_path: Path, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RUNTIME__DLTHUB_TELEMETRY", "DO_NOT_TRACK"):  # as a person has it
        monkeypatch.delenv(name, raising=False)
    dialled = Dialled(tmp_path)
    # What another Dagster of this user has left in ~/.dagster/logs is sent, whatever is configured.
    watched = {**dialled.environment, "HOME": str(tmp_path)}
    customers = Customers(20)
    api.routes["/customers"] = customers
    write(
        tmp_path / "connectors",
        "acme",
        api.url,
        [
            items(
                "customers",
                params={"since": "{incremental.start_value}"},
                incremental={
                    "cursor_path": "updated_at",
                    "initial_value": "1970-01-01T00:00:00Z",
                },
            )
        ],
        client={"auth": {"type": "bearer", "token": "${ACME_TOKEN}"}},
        created_at=datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        schedule={"mode": "minutes", "interval": 1},
    )
    env_file = tmp_path / ".env"
    env_file.write_text("ACME_TOKEN=first\n", encoding="utf-8")

    with DagsterDev(tmp_path, watched) as dagster:
        (first,) = dagster.wait("first run", lambda: dagster.ended("initial"))
        assert first["status"] == "SUCCESS"
        assert rows_loaded(first) == {"acme/customers": 20}
        assert len(stored(tmp_path)) == 20
        assert frightening(dagster.log) == []

        customers.token = "second"
        env_file.write_text("ACME_TOKEN=second\n", encoding="utf-8")
        customers.records[3] |= {"name": "renamed", "updated_at": "2024-01-02T00:00:00Z"}
        customers.records[7] |= {"name": "moved", "updated_at": "2024-01-02T00:00:00Z"}
        customers.records.append({"id": 20, "name": "new", "updated_at": "2024-01-02T00:01:00Z"})
        (second, *_) = dagster.wait("scheduled run", lambda: dagster.ended("schedule"))
        assert second["status"] == "SUCCESS", "a value of .env counts in the next run"
        assert rows_loaded(second) == {"acme/customers": 3}
        slot = parse_time(second["tags"]["restsrc/slot"])
        assert (slot.second, slot.tzinfo) == (0, timezone.utc)

    assert set(stored(tmp_path)) == {
        *((record["id"], record["name"]) for record in customers.records),
        (3, "customer 3"),
        (7, "customer 7"),
    }

    with DagsterDev(tmp_path, watched) as dagster:
        before = len(dagster.ended("schedule"))
        assert len(dagster.ended("initial")) == 1, "the history is kept over a restart"
        dagster.wait("further slot", lambda: len(dagster.ended("schedule")) > before)
        initial = [run for run in dagster.runs() if run["tags"].get("restsrc/trigger") == "initial"]
        assert [run["runId"] for run in initial] == [first["runId"]]
    assert api.url.rpartition(":")[2] in dialled.ports, "the run was watched"
    assert dialled.hosts <= {"127.0.0.1", "localhost", "::1"}, "no telemetry, no other host"


def test_runs_wait_for_each_other_and_a_canceled_one_frees_its_place(
    tmp_path: Path, api: Api
) -> None:
    """Beside them, a connector that is added gets its first run within seconds of the reload."""
    answer = threading.Event()

    def slow(_: Asked) -> dict[str, Any]:
        answer.wait(240)
        return {"data": [{"id": 1}]}

    api.routes["/items"] = slow
    write(tmp_path / "connectors", "acme", api.url, schedule={"mode": "days"})
    with DagsterDev(tmp_path, {"RUNTIME__REQUEST_MAX_ATTEMPTS": "1"}) as dagster:
        going = dagster.wait("first run", dagster.runs)[0]["runId"]
        api.routes["/late"] = lambda _: {"data": [{"id": 1}]}
        write(
            tmp_path / "connectors",
            "late",
            api.url,
            [items("late")],
            created_at=datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            schedule={"mode": "days"},
        )
        dagster.reload()
        reloaded_at = datetime.now(timezone.utc).timestamp()
        (late,) = dagster.wait("first run", lambda: dagster.ended("initial"))
        assert (late["jobName"], late["status"]) == ("late_sync", "SUCCESS")
        # The sensor's tick, the queue's, a process that starts: 15 s beside another test worker.
        # The next slot would come a day later.
        assert late["startTime"] - reloaded_at < 45
        dagster.wait("request", lambda: api.asked)
        waiting = dagster.launch("acme_sync")
        dagster.wait("queued run", lambda: dagster.status(waiting) == "QUEUED")
        dagster.terminate(going)
        dagster.wait("end of the first", lambda: dagster.status(going) == "CANCELED")
        asked = len(api.asked)
        answer.set()
        dagster.wait("turn of the second", lambda: dagster.status(waiting) == "SUCCESS")
        assert len(api.asked) == asked + 1

        api.routes["/items"] = lambda _: Answer({}, status=503)
        retried = dagster.launch("acme_sync")
        dagster.wait("pause", lambda: "tried again in 30 s" in "".join(dagster.messages(retried)))
        began = time.monotonic()
        dagster.terminate(retried)
        dagster.wait("its end", lambda: dagster.status(retried) == "CANCELED")
        assert time.monotonic() - began < 15, "the pause of 30 s is not waited out"

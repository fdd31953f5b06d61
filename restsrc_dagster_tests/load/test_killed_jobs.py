"""A process that is killed while it waits for a job: the next one takes it up, on each database."""

import threading
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from restsrc_dagster.cli.plan import as_text
from restsrc_dagster.errors import ReadError
from restsrc_dagster.load.planning import plan_load
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.load.worker import KILLED
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import items

WAITS = {
    "wait_until": "status == 'done'",
    "failed_if": "status == 'failed'",
    "every": "0.02 seconds",
}
BEGAN = datetime.now(timezone.utc) - timedelta(days=2, hours=12)
NAMES = frozenset({"rows"})
IDS = "SELECT id FROM acme.rows"


class Reports:
    """`POST /jobs` makes a report of what is asked for: below an account, or of a range.

    Attributes:
        created: what was sent to create each job.
        status: of jobs by their numbers; else they are done.
        stuck: set as soon as somebody asks for one that is busy.
    """

    def __init__(self, api: Api) -> None:
        self.created: list[Any] = []
        self.status: dict[int, str] = {}
        self.stuck = threading.Event()
        self.accounts = ["a", "b", "c"]
        self.changed: dict[str, int] = {}
        api.routes |= {"/jobs": self.create, "/accounts": self.list_accounts}
        api.other = self.others

    def list_accounts(self, _: Asked) -> Any:
        return {"data": [{"id": one, "at": self.changed.get(one, 1)} for one in self.accounts]}

    def create(self, asked: Asked) -> Any:
        self.created.append(asked.json)
        number = len(self.created)
        return Answer({"id": number, "until": (asked.json or {}).get("to", "")}, status=202)

    def others(self, asked: Asked) -> Any:
        kind, number = asked.path.strip("/").split("/")
        if kind == "files":
            return [{"id": f"{number}-{one}"} for one in range(2)]
        status = self.status.get(int(number), "done")
        if status == "busy":
            self.stuck.set()
        return {"id": number, "status": status}


def resources(kind: str) -> list[Any]:
    create: dict[str, Any] = {"path": "jobs", "method": "POST", "json": {"of": "all"}}
    above = []
    if kind.startswith("below"):
        cursor = {"incremental": {"cursor_path": "at", "initial_value": 0}}
        own = cursor if kind == "below a cursor" else {}
        above = [{**items("accounts", **own), "primary_key": "id"}]
        create["json"] = {"account": "{resources.accounts.id}"}
    elif kind == "of windows":
        create["json"] = {"from": "{incremental.start_value}", "to": "{incremental.end_value}"}
        create["incremental"] = {
            "cursor_path": "until",
            "initial_value": f"{BEGAN:%Y-%m-%dT%H:%M:%S}.000001Z",
        }
    return [
        *above,
        {"name": "jobs", "selected": False, "endpoint": create},
        {"name": "exports", "selected": False, "endpoint": {"path": "jobs/{resources.jobs.id}"}},
        {
            "name": "rows",
            "primary_key": "id",
            "write_disposition": "merge",
            "endpoint": {"path": "files/{resources.exports.id}"},
        },
    ]


def keys(kind: str, **said: Any) -> dict[str, Any]:
    reading: dict[str, Any] = {"exports": {**WAITS, "at_most": "20 seconds", **said}}
    if kind == "of windows":
        reading["jobs"] = {"window": {"size": "1 day"}}
    return {"reading": reading}


def kill_while_it_waits(warehouse: Warehouse, api: Api, made: Reports, kind: str) -> None:
    """A run of a process of its own; the second job that it creates is busy, if it creates two."""
    made.status = {len(made.created) + one: "busy" for one in ([1] if kind == "early" else [2])}
    one_by_one = replace(warehouse, http={"max_concurrency": 1})  # a job that was created is kept
    worker = one_by_one.start(api.url, resources(kind), holder="killed", keys=keys(kind))
    assert made.stuck.wait(60)
    worker.kill()
    assert worker.wait(60) == KILLED
    made.stuck.clear()


@pytest.mark.parametrize(("kind", "jobs"), [("early", 1), ("below a parent", 3), ("of windows", 3)])
def test_the_next_run_takes_up_what_a_killed_one_has_created(
    api: Api, warehouse: Warehouse, kind: str, jobs: int
) -> None:
    """Each by the very same request; and no run takes up what was fetched."""
    made = Reports(api)
    acme = warehouse.connector(api.url, resources(kind), **keys(kind))
    kill_while_it_waits(warehouse, api, made, kind)
    before = list(made.created)
    assert before
    plan = "\n".join(as_text(acme, plan_load(acme, selection=NAMES, settings=warehouse.settings)))
    assert plan.count("rows: takes up the job of") == len(before)
    made.status.clear()
    told: list[str] = []
    assert warehouse.load(acme, on_message=told.append).failed == {}
    assert made.created[: len(before)] == before
    assert len(made.created) == jobs
    assert len({str(one) for one in made.created}) == jobs
    assert sum("taken up" in line for line in told) == len(before)
    assert warehouse.values(IDS) == [f"{n}-{m}" for n in range(1, jobs + 1) for m in range(2)]
    made.accounts = ["a"]
    assert warehouse.load(acme).failed == {}
    assert len(made.created) == jobs + 1


def test_a_parent_that_has_changed_since_gets_another_job(api: Api, duck: Warehouse) -> None:
    """Its cursor moves past what the old one has not seen."""
    made, kind = Reports(api), "below a cursor"
    acme = duck.connector(api.url, resources(kind), **keys(kind))
    kill_while_it_waits(duck, api, made, kind)
    made.status.clear()
    made.changed["b"] = 2
    before = [one["account"] for one in made.created]
    assert before == ["a", "b", "c"]
    assert duck.load(acme).failed == {}
    assert [one["account"] for one in made.created] == [*before, "b"]
    assert duck.values(IDS) == [f"{n}-{m}" for n in (1, 3, 4) for m in range(2)]


@pytest.mark.parametrize("kind", ["early", "below a parent"])
def test_what_is_never_taken_up_is_kept_nowhere(api: Api, duck: Warehouse, kind: str) -> None:
    """Its answer may have a secret."""
    made, said = Reports(api), {"resume_within": None, "at_most": "0.1 seconds"}
    made.status = dict.fromkeys(range(1, 9), "busy")
    acme = duck.connector(api.url, resources(kind), **keys(kind, **said))
    assert "rows" in duck.load(acme).failed
    with duck.pipeline() as pipeline:
        assert "restsrc_jobs" not in str(pipeline.state)
    tables = duck.values("SELECT table_name FROM information_schema.tables")
    assert "restsrc_kept_jobs" not in tables


@pytest.mark.parametrize("change", ["too old", "full refresh", "failed", "by choice"])
def test_what_is_not_taken_up(api: Api, duck: Warehouse, change: str) -> None:
    made, kind = Reports(api), "below a parent"
    kill_while_it_waits(duck, api, made, kind)
    before, said, refresh = len(made.created), {}, []
    made.status.clear()
    if change == "too old":
        said = {"resume_within": "0.001 seconds"}
    elif change == "by choice":
        said = {"resume_within": None}
    elif change == "full refresh":
        refresh = ["accounts", "jobs", "exports", "rows"]
    else:
        made.status[before] = "failed"
        acme = duck.connector(api.url, resources(kind), **keys(kind))
        assert isinstance(duck.load(acme).failed["rows"], ReadError)
        assert len(made.created) == before
        made.status.clear()
    acme = duck.connector(api.url, resources(kind), **keys(kind, **said))
    assert duck.load(acme, refresh=refresh).failed == {}
    assert len(made.created) == before + 3

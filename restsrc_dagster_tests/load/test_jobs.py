"""Jobs: created once, waited for, fetched; taken up again by the run after one that was killed."""

import os
import re
import signal
import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

import duckdb
import pytest

from restsrc_dagster.cli.plan import as_text
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.errors import ApiUnavailable, ConnectorError, ReadError, RestsrcError
from restsrc_dagster.extract.stats.waits import Wait
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.load.planning import plan_load
from restsrc_dagster.load.report import LoadReport
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items


class Exports:
    """An API that makes files of its rows: `POST /jobs`, `GET /jobs/1`, `GET /files/1`.

    Attributes:
        rows: what it holds; a job gives those of the time when it was created.
        asks: after so many questions a job is done.
        fails: whether jobs fail.
    """

    def __init__(self, api: Api, *, asks: int = 2) -> None:
        self.api, self.asks, self.fails = api, asks, False
        self.rows = [{"id": number, "at": number} for number in range(3)]
        self.jobs: dict[str, list[dict[str, Any]]] = {}
        self.left: dict[str, int] = {}
        api.routes["/jobs"] = self.create
        api.other = self.others

    def create(self, asked: Asked) -> Any:
        since = (asked.json or {}).get("since", 0)
        name = str(len(self.jobs) + 1)
        self.jobs[name] = [row for row in self.rows if row["at"] >= since]
        self.left[name] = self.asks
        until = max((row["at"] for row in self.rows), default=0)
        return Answer({"id": name, "until": until}, status=202)

    def others(self, asked: Asked) -> Any:
        kind, name = asked.path.strip("/").split("/")
        if name not in self.jobs:
            return Answer({"error": "no such job"}, status=404)
        if kind == "files":
            return self.jobs[name]
        self.left[name] -= 1
        if self.fails:
            return {"status": "failed", "why": "too many rows"}
        if self.left[name] >= 0:
            return {"status": "busy", "urls": None}
        return {"status": "done", "urls": [f"{self.api.url}/files/{name}"]}


def exports(
    api: Api, *, cursor: bool = False, http: Any = None, disposition: str = "replace", **said: Any
) -> Connector:
    create: dict[str, Any] = {"path": "jobs", "method": "POST", "json": {"of": "rows"}}
    if cursor:
        create["json"] = {"since": "{incremental.start_value}"}
        create["incremental"] = {"cursor_path": "until", "initial_value": 0}
    file = "{resources.exports.url}"
    fetch = {"path": file, "paginator": "single_page"}
    resources = [
        {"name": "jobs", "selected": False, "endpoint": create},
        {
            "name": "exports",
            "selected": False,
            "endpoint": {"path": "jobs/{resources.jobs.id}", "paginator": "single_page"},
            "processing_steps": [{"yield_map": "urls[*].{url: @}"}],
        },
        {
            "name": "rows",
            "primary_key": "id",
            "write_disposition": disposition,
            "endpoint": fetch,
        },
    ]
    waits = {"wait_until": "status == 'done'", "failed_if": "status == 'failed'"}
    reading = {"exports": {**waits, "every": "0.02 seconds", "at_most": "20 seconds", **said}}
    return connector("acme", api.url, resources, http=http or {}, reading=reading)


def run(acme: Connector, settings: Settings, **order: Any) -> LoadReport:
    names = frozenset(acme.resources)
    report = load(acme, LoadRequest(selection=names, **order), settings=settings)
    for error in report.failed.values():
        raise error
    return report


def killed(acme: Connector, settings: Settings, made: Exports) -> None:
    """A run that ends while it waits for the first answer that is not ready."""
    real = made.api.other

    def interrupt(asked: Asked) -> Any:
        made.api.other = real
        os.kill(os.getpid(), signal.SIGUSR1)
        return {"status": "busy"}

    def end(*_: Any) -> None:
        """As SIGINT does, which is ignored where the tests run in the background."""
        raise KeyboardInterrupt

    assert threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGUSR1, end)
    made.api.other = interrupt
    try:
        with pytest.raises((KeyboardInterrupt, RestsrcError)):  # dlt wraps it
            run(acme, settings)
    finally:
        signal.signal(signal.SIGUSR1, before)


def ids(settings: Settings) -> list[int]:
    assert settings.data_dir is not None
    with closing(duckdb.connect(settings.data_dir / "restsrc_acme.duckdb")) as connection:
        return [row[0] for row in connection.sql("SELECT id FROM acme.rows ORDER BY 1").fetchall()]


def creations(api: Api) -> int:
    return api.paths().count("/jobs")


@pytest.mark.parametrize("at_once", [1, 4])
def test_each_run_creates_one(api: Api, settings: Settings, at_once: int) -> None:
    made = Exports(api)
    acme = exports(api, http={"max_concurrency": at_once})
    assert run(acme, settings).resources["rows"].rows_in_table == 3
    made.rows.append({"id": 9, "at": 9})
    report = run(acme, settings)
    assert ids(settings) == [0, 1, 2, 9]
    assert api.paths() == [
        *("/jobs", "/jobs/1", "/jobs/1", "/jobs/1", "/files/1"),
        *("/jobs", "/jobs/2", "/jobs/2", "/jobs/2", "/files/2"),
    ]
    assert report.seconds_waited[Wait.READY] > 0.03


@pytest.mark.parametrize("cursor", [False, True], ids=["a snapshot", "by a cursor"])
def test_a_killed_run_is_taken_up(api: Api, settings: Settings, cursor: bool) -> None:
    """With the range of the job that was created, and nothing of what came since."""
    made = Exports(api)
    acme = exports(api, cursor=cursor, disposition="merge" if cursor else "replace")
    killed(acme, settings, made)
    made.rows += [{"id": 3, "at": 3}]
    made.rows[0]["at"] = made.rows[0]["at"] if cursor else 7
    told: list[str] = []
    names = frozenset(acme.resources)
    load(acme, LoadRequest(selection=names), settings=settings, on_message=told.append)
    assert ids(settings) == [0, 1, 2]
    assert creations(api) == 1
    assert [line for line in told if "taken up" in line and line.startswith("jobs: the job that")]
    run(acme, settings)
    assert ids(settings) == [0, 1, 2, 3]
    assert creations(api) == 2
    if cursor:
        assert [one.json for one in api.asked if one.path == "/jobs"] == [
            {"since": 0},
            {"since": 2},
        ]


def test_what_is_not_done_in_time_is_taken_up(api: Api, settings: Settings) -> None:
    made = Exports(api, asks=10_000)
    with pytest.raises(ApiUnavailable) as raised:
        run(exports(api, at_most="0.2 seconds"), settings)
    assert str(raised.value) == (
        f"exports: {api.url}/jobs/1 is not what reading.exports.wait_until waits for; at_most "
        'allows 0.2 seconds. The last answer was 200, {"status": "busy", "urls": null}; its fields '
        "are status and urls"
    )
    made.left["1"] = 0
    run(exports(api), settings)
    assert (ids(settings), creations(api)) == ([0, 1, 2], 1)


def test_a_field_that_never_comes_is_found_in_the_message(api: Api, settings: Settings) -> None:
    """Of an answer that is too long to be shown, the fields are named, also one level below."""
    body = {"about": "x" * 400, "job": {"state": "DONE", "id": 1}, "list": [1]}
    api.routes["/items"] = lambda _: body
    reading = {"items": {"wait_until": "status == 'done'", "at_most": "0.1 seconds"}}
    acme = connector("acme", api.url, [items()], reading=reading)
    with pytest.raises(ApiUnavailable) as raised:
        run(acme, settings)
    assert str(raised.value).endswith("; its fields are about, job.state, job.id and list")


@pytest.mark.parametrize(
    "change",
    [
        lambda: {"resume_within": None},
        lambda: {"resume_within": "0.001 seconds"},
        lambda: {"cursor": True},
        lambda: {"refresh": frozenset({"rows", "jobs", "exports"})},
    ],
    ids=["by choice", "too old", "another request", "full refresh"],
)
def test_what_is_not_taken_up(
    api: Api, settings: Settings, change: Callable[[], dict[str, Any]]
) -> None:
    made, said = Exports(api), change()
    order = {"refresh": said.pop("refresh")} if "refresh" in said else {}
    killed(exports(api), settings, made)
    made.rows.append({"id": 3, "at": 3})
    run(exports(api, **said), settings, **order)
    assert (ids(settings), creations(api)) == ([0, 1, 2, 3], 2)


def test_what_has_failed_is_told_in_its_own_words_and_forgotten(
    api: Api, settings: Settings
) -> None:
    made = Exports(api)
    made.fails = True
    with pytest.raises(ReadError) as raised:
        run(exports(api), settings)
    assert str(raised.value) == (
        f"exports: {api.url}/jobs/1 says that what is waited for has failed, by "
        'reading.exports.failed_if: 200, {"status": "failed", "why": "too many rows"}'
    )
    made.fails = False
    run(exports(api), settings)
    assert (ids(settings), creations(api)) == ([0, 1, 2], 2)


def test_a_job_that_the_api_has_forgotten_is_no_empty_one(api: Api, settings: Settings) -> None:
    made = Exports(api)
    run(exports(api), settings)
    killed(exports(api), settings, made)
    made.jobs.clear()
    with pytest.raises(ReadError, match=r"^exports: .*no such job"):
        run(exports(api), settings)
    assert ids(settings) == [0, 1, 2]
    run(exports(api), settings)
    assert (ids(settings), creations(api)) == ([0, 1, 2], 3)


@pytest.mark.parametrize("at_once", [1, 4])
def test_others_are_read_meanwhile(api: Api, settings: Settings, at_once: int) -> None:
    """The job is done when all of them are."""
    made = Exports(api)
    api.routes["/items"] = lambda asked: {
        "data": [{"id": int(asked.params["page"])}] if int(asked.params["page"]) < 30 else []
    }
    whole = content_of(exports(api, http={"max_concurrency": at_once}))
    paginator = {"type": "page_number", "total_path": None}
    whole["resources"].append(items(paginator=paginator))
    acme = connector(
        "acme",
        api.url,
        whole["resources"],
        http={"max_concurrency": at_once},
        reading=whole["reading"],
    )
    create = made.others

    def others(asked: Asked) -> Any:
        is_read = any(one.params.get("page") == "30" for one in api.asked)
        return create(asked) if is_read or "files" in asked.path else {"status": "busy"}

    api.other = others
    report = run(acme, settings)
    assert report.resources["items"].rows_in_table == 30
    assert report.resources["rows"].rows_in_table == 3


def content_of(acme: Connector) -> dict[str, Any]:
    reading = {
        name: one.model_dump(exclude_defaults=True, exclude_unset=True)
        for name, one in acme.reading.items()
    }
    return {"resources": list(acme.configuration["resources"]), "reading": reading}


def test_one_request_with_an_address_to_ask(api: Api, settings: Settings) -> None:
    """A POST that is answered by 202 and Location is sent once, also by the run after a kill."""
    left = iter([True, True, False])

    def made(_: Asked) -> Answer:
        return Answer(b"", status=202, headers={"Location": "/made/7", "Retry-After": "0.05"})

    def asked_for(asked: Asked) -> Any:
        return made(asked) if next(left) else {"rows": [{"id": 5}]}

    api.routes |= {"/report": made, "/made/7": asked_for}
    report = {"path": "report", "method": "POST", "json": {"of": "rows"}, "data_selector": "rows"}
    acme = connector(
        "acme",
        api.url,
        [{"name": "rows", "endpoint": report}],
        reading={"rows": {"wait_until": "status_code == `200`", "every": "0.01 seconds"}},
    )
    api.other = None
    killing = Exports.__new__(Exports)
    killing.api = api
    api.routes["/made/7"], after = lambda _: api.other and api.other(_), asked_for
    api.other = made
    killed(acme, settings, killing)
    api.routes["/made/7"] = after
    run(acme, settings)
    assert ids(settings) == [5]
    assert [one.method for one in api.asked] == ["POST", "GET", "GET", "GET", "GET"]


def test_jobs_of_a_list_of_values(api: Api, settings: Settings) -> None:
    """Of three, one is done when the run is killed; none is created twice."""
    made = Exports(api, asks=1)
    acme = exports(api)
    resources = [dict(one) for one in acme.configuration["resources"]]
    resources[0]["endpoint"] = {
        "path": "jobs",
        "method": "POST",
        "json": {"of": "{resources.kinds.value}"},
    }
    whole = content_of(acme)
    acme = connector(
        "acme", api.url, resources, reading=whole["reading"], values={"kinds": ["a", "b", "c"]}
    )
    killed(acme, settings, made)
    run(acme, settings)
    assert (ids(settings), creations(api)) == (sorted([0, 1, 2] * 3), 3)
    assert {path for path in api.paths() if "files" in path} == {f"/files/{n}" for n in (1, 2, 3)}


def test_what_names_no_record_creates_no_job(api: Api, settings: Settings) -> None:
    Exports(api)
    api.routes["/jobs"] = lambda _: Answer(b"", status=202, headers={"Location": "/jobs/1"})
    with pytest.raises(ReadError, match=r"without a record to wait for\. It names an"):
        run(exports(api), settings)


def test_a_plan_tells_of_it(api: Api, settings: Settings) -> None:
    made = Exports(api)
    killed(exports(api), settings, made)
    acme = exports(api)
    plan = plan_load(acme, selection=frozenset({"rows"}), settings=settings)
    text = "\n".join(as_text(acme, plan))
    assert "rows: waits until exports is there, at most 20 seconds" in text
    assert re.search(r"rows: takes up the job of 20..-..-.. ..:..:.. UTC, if it asks", text)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"every": "10 seconds"}, "every: is about waiting: name what is waited for as wait_until"),
        ({"wait_until": "status =="}, "reading.items.wait_until: "),
        ({"wait_until": "done", "every": "soon"}, "'soon' is no time to wait such as 10 seconds"),
        ({"wait_until": "done", "at_most": "0 seconds"}, "'0 seconds' is no time to wait such as"),
    ],
)
def test_what_is_written_wrongly(said: dict[str, Any], told: str) -> None:
    with pytest.raises(ConnectorError, match=re.escape(told)):
        connector("acme", reading={"items": said})


def test_what_an_export_has_no_more(api: Api, settings: Settings) -> None:
    """Each is all that there is, whatever the address of its file."""
    made = Exports(api, asks=0)
    acme = exports(api, disposition="merge")
    reading = content_of(acme)["reading"]
    reading["rows"] = {"deletes": {"by": "missing", "then": "remove", "at_most": "50 %"}}
    acme = connector("acme", api.url, acme.configuration["resources"], reading=reading)
    run(acme, settings)
    del made.rows[1]
    assert run(acme, settings).resources["rows"].rows_deleted == 1
    assert ids(settings) == [0, 2]

"""What a run's log in Dagster shows while the run goes on, and the figures at its end."""

import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import dagster as dg
import pytest

from restsrc_dagster.orchestrate.assets import build_connector_assets
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items
from restsrc_dagster_tests.support.pages import PAGES as READ
from restsrc_dagster_tests.support.told import DEADLINE

PAGES = {"type": "page_number", "base_page": 1, "total_path": "pages"}
LAST = 4
PHASES = (
    "seconds_reading",
    "seconds_normalizing",
    "seconds_loading",
)
WAITS = (
    "seconds_waiting_for_rate_limits",
    "seconds_waiting_for_own_rate",
    "seconds_waiting_for_retries",
    "seconds_waiting_for_readiness",
)


class Runs:
    """An instance on SQLite, and what is in its log."""

    def __init__(self, instance: dg.DagsterInstance, settings: Settings) -> None:
        self.instance = instance
        self._settings = settings

    def materialize(
        self, url: str, name: str = "acme", often: bool = True, **http: Any
    ) -> dg.ExecuteInProcessResult:
        acme = connector(name, url, [items(name, paginator=PAGES)], http=http)
        settings = replace(self._settings, progress_seconds=0.02) if often else self._settings
        return dg.materialize(
            [build_connector_assets(acme, settings=settings)],
            instance=self.instance,
            raise_on_error=False,
        )

    def progress(self, run_id: str | None = None) -> list[dg.EventLogEntry]:
        """Lines of progress, as they are stored."""
        run_ids = [run_id] if run_id else [run.run_id for run in self.instance.get_runs()]
        return [
            entry
            for run_id in run_ids
            for entry in self.instance.all_logs(run_id)
            if not entry.dagster_event and ": after " in entry.user_message
        ]

    def wait_for(self, *texts: str) -> None:
        deadline = time.monotonic() + DEADLINE
        while not any(
            all(text in entry.user_message for text in texts) for entry in self.progress()
        ):
            assert time.monotonic() < deadline, [one.user_message for one in self.progress()]
            time.sleep(0.05)


@pytest.fixture
def runs(dagster_instance: dg.DagsterInstance, settings: Settings) -> Runs:
    return Runs(dagster_instance, settings)


def serve(api: Api, *before: tuple[int, Callable[[], Any]], name: str = "acme") -> None:
    def answer(asked: Asked) -> Any:
        page = int(asked.params["page"])
        for number, do in before:
            if number == page and isinstance(other := do(), Answer):
                return other
        return {"pages": LAST, "data": [{"id": page}]}

    api.routes[f"/{name}"] = answer


def test_lines_of_a_run_are_in_its_log_while_it_goes_on(api: Api, runs: Runs) -> None:
    serve(api, (3, lambda: runs.wait_for("acme: after ", "reading: 2 pages", "acme 2 of 4 pages")))
    result = runs.materialize(api.url, max_concurrency=1)
    assert result.success
    lines = runs.progress(result.run_id)
    assert {entry.step_key for entry in lines} == {"acme__load"}
    assert {entry.level for entry in lines} == {20}
    entries = list(runs.instance.all_logs(result.run_id))
    last = max(position for position, entry in enumerate(entries) if entry in lines)
    (first_result,) = (
        position
        for position, entry in enumerate(entries)
        if not entry.dagster_event and "rows loaded by 4 requests" in entry.user_message
    )
    assert last < first_result
    assert entries[first_result].user_message.endswith(" rows/s")


def test_a_short_run_says_nothing_of_it(api: Api, runs: Runs) -> None:
    serve(api)
    assert runs.materialize(api.url, often=False).success
    assert runs.progress() == []


def test_a_run_that_is_cancelled_says_nothing_after_it(api: Api, runs: Runs) -> None:
    cancelled = threading.Event()

    def cancel() -> None:
        runs.wait_for("acme 2 of 4 pages")
        os.kill(os.getpid(), signal.SIGINT)
        cancelled.wait(DEADLINE)

    serve(api, (3, cancel))
    assert not runs.materialize(api.url, max_concurrency=1).success
    cancelled.set()
    assert [one.name for one in threading.enumerate() if one.name.startswith("restsrc-")] == []
    (run,) = runs.instance.get_runs()
    assert run.is_finished
    entries = list(runs.instance.all_logs(run.run_id))
    lines = runs.progress()
    ended, failure = next(
        (position, entry.dagster_event.step_failure_data)
        for position, entry in enumerate(entries)
        if entry.dagster_event and entry.dagster_event.is_step_failure
    )
    assert "Interrupted" in str(failure.error)
    assert not any(entry in lines for entry in entries[ended:])


def test_two_runs_at_once_have_each_its_own_lines(api: Api, settings: Settings) -> None:
    """In one process: on instances without the shipped log settings, which Dagster puts in force
    for the whole process whenever a run begins, while nobody may log."""
    with dg.DagsterInstance.ephemeral() as one, dg.DagsterInstance.ephemeral() as two:
        acme, other = Runs(one, settings), Runs(two, settings)
        serve(api, (4, lambda: acme.wait_for("acme 3 of 4 pages")))
        serve(api, (2, lambda: other.wait_for("other 1 of 4 pages")), name="other")
        with ThreadPoolExecutor() as pool:
            beside = pool.submit(other.materialize, api.url, "other", max_concurrency=1)
            assert acme.materialize(api.url, max_concurrency=1).success
            assert beside.result().success
        for name, runs in {"acme": acme, "other": other}.items():
            names = {entry.user_message.partition(":")[0] for entry in runs.progress()}
            assert names == {name}


def test_the_figures_of_the_page_are_there(api: Api, runs: Runs) -> None:
    table = READ["docs/in-dagster.md"].partition("| figure | of | is |")[2].partition("\n\n")[0]
    named = {
        name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split(" | ")[0])
    }
    assert {*PHASES, *WAITS} < named
    serve(api)
    (event,) = runs.materialize(api.url).get_asset_materialization_events()
    where_somebody_waited = {"retries", "seconds_waiting_for_destination", *WAITS}
    not_always = {"records_row_by_row", "not_prefetched_because", "records_older_than_start"}
    not_always |= {"rows_deleted", "windows_read_again", "pages_unverified"}
    assert where_somebody_waited | not_always < named
    assert named - where_somebody_waited - not_always <= set(event.materialization.metadata)
    assert not {"retries", *WAITS} & set(event.materialization.metadata)


def test_the_figures_are_numbers_that_dagster_plots(
    api: Api, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0.2")
    answers = iter(
        [
            Answer({}, status=429, headers={"Retry-After": "0.3"}),
            Answer({}, status=503),
            Answer({}, status=202),
        ]
    )
    serve(api, (2, lambda: next(answers, None)))
    result = runs.materialize(api.url, max_concurrency=3, requests_per_second=5)
    (event,) = result.get_asset_materialization_events()
    metadata = event.materialization.metadata
    figures = {
        name: metadata[name]
        for name in ("rows_per_second", "retries", "bytes_received", "seconds", *PHASES, *WAITS)
    }
    plotted = (dg.IntMetadataValue, dg.FloatMetadataValue)
    assert all(isinstance(value, plotted) for value in figures.values())
    values: dict[str, Any] = {name: value.value for name, value in figures.items()}
    assert values["retries"] == 3
    assert values["seconds_waiting_for_readiness"] >= 0.2
    assert values["seconds_waiting_for_rate_limits"] > 0
    assert values["seconds_waiting_for_retries"] >= 0.2
    assert values["seconds_waiting_for_own_rate"] > 0
    for name in WAITS:
        assert values[name] <= values["seconds_reading"]
    assert sum(values[name] for name in PHASES) <= values["seconds"]
    assert all(values[name] > 0 for name in PHASES)
    assert values["rows_per_second"] == pytest.approx(LAST / values["seconds"], abs=0.1)
    bodies = [json.dumps({"pages": LAST, "data": [{"id": page}]}) for page in range(1, LAST + 1)]
    assert values["bytes_received"] == sum(map(len, [*bodies, "{}", "{}", "{}"]))

"""Two workers load one connector at the same time, where no pool keeps them apart."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pytest

from restsrc_dagster_tests.support.api import Api, Asked
from restsrc_dagster_tests.support.connectors import items, write

RUN_JOB = """
import sys
import dagster as dg
from restsrc_dagster.definitions import defs

with dg.DagsterInstance.get() as instance:
    job = defs().get_repository_def().get_job("acme_sync")
    result = job.execute_in_process(instance=instance, raise_on_error=False)
    print(result.run_id, "succeeded" if result.success else "failed", flush=True)
    for event in result.filter_events(lambda event: event.is_step_failure):
        print(event.step_failure_data.user_failure_data.description, flush=True)
"""
ROWS = 50


class SlowItems:
    """Answers with all rows at once, but only when a second worker had its chance to ask."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.may_answer = threading.Event()

    def __call__(self, _: Asked) -> dict[str, Any]:
        self.asked.set()
        self.may_answer.wait(60)
        return {
            "data": [
                {"id": number, "at": f"2024-01-{number % 28 + 1:02}"} for number in range(ROWS)
            ]
        }


@pytest.fixture(params=["duckdb", "postgres"])
def destination(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[dict[str, Any], Callable[[], list[int]]]]:
    """What the connector file says, and the ids that are stored."""
    if request.param == "duckdb":
        file = tmp_path / "data" / "restsrc_acme.duckdb"

        def in_duckdb() -> list[int]:
            with duckdb.connect(str(file), read_only=True) as database:
                return [row[0] for row in database.sql("select id from acme.items").fetchall()]

        yield {}, in_duckdb
        return
    url = request.getfixturevalue("postgres")
    dataset = f"two_{tmp_path.name[-20:].replace('-', '_').lower()}"

    def in_postgres() -> list[int]:
        with psycopg2.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute(f'select id from "{dataset}".items')
            return [row[0] for row in cursor.fetchall()]

    yield {"destination": {"type": "postgres", "credentials": url, "dataset": dataset}}, in_postgres


def test_the_second_fails_before_it_reads_and_names_the_first(
    tmp_path: Path, api: Api, destination: tuple[dict[str, Any], Callable[[], list[int]]]
) -> None:
    keys, stored = destination
    slow = SlowItems()
    api.routes["/items"] = slow
    _write(tmp_path, api, keys)

    first = _worker(tmp_path)
    assert slow.asked.wait(60)
    second = _worker(tmp_path)
    told, _ = second.communicate(timeout=60)
    assert len(api.asked) == 1, "the second asked the API for nothing"
    slow.may_answer.set()
    won, _ = first.communicate(timeout=60)

    run_id, outcome = won.split()
    assert outcome == "succeeded"
    verdict, reason = told.splitlines()
    assert verdict.endswith("failed")
    assert f"acme is being loaded by run {run_id}" in reason
    assert sorted(stored()) == list(range(ROWS))


@pytest.mark.parametrize("destination", ["postgres"], indirect=True)
def test_a_killed_worker_does_not_block_the_next(
    tmp_path: Path, api: Api, destination: tuple[dict[str, Any], Callable[[], list[int]]]
) -> None:
    keys, stored = destination
    slow = SlowItems()
    api.routes["/items"] = slow
    _write(tmp_path, api, keys)

    killed = _worker(tmp_path)
    assert slow.asked.wait(60)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=60)
    slow.may_answer.set()
    told, _ = _worker(tmp_path).communicate(timeout=60)

    assert "succeeded" in told
    assert sorted(stored()) == list(range(ROWS))


def _write(folder: Path, api: Api, keys: dict[str, Any]) -> None:
    cursor = {"cursor_path": "at", "initial_value": "2023-01-01"}
    write(folder / "connectors", "acme", api.url, [items(incremental=cursor)], **keys)
    (folder / "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")


def _worker(folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", RUN_JOB],
        env={
            **os.environ,
            "DAGSTER_HOME": str(folder),
            "RESTSRC_CONNECTORS_DIR": str(folder / "connectors"),
            "RESTSRC_DATA_DIR": str(folder / "data"),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )

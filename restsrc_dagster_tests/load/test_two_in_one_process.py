"""A load leaves its process as it was, also where another one goes on in it."""

import gc
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
import pytest
from dlt.common.data_writers.writers import WRITER_SPECS
from dlt.destinations.impl.sqlalchemy.dialect import DIALECT_CAPS_REGISTRY
from dlt.normalize import worker

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.load.report import LoadReport
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items

EACH_JOB_ONCE = "LOAD__RAISE_ON_MAX_RETRIES"
NAMES = ("acme", "other")
COUNT = 40
SECONDS = 60


def of_the_process() -> dict[str, Any]:
    """What a load might change and leave behind."""
    return {
        "environment": dict(os.environ),
        "normalizer": worker.JsonLItemsNormalizer,
        "writers": dict(WRITER_SPECS),
        "dialects": dict(DIALECT_CAPS_REGISTRY),
        "frozen": gc.get_freeze_count(),
        "collects": gc.isenabled(),
        "filters": {
            name: list(logging.getLogger(name).filters)
            for name in ("dlt", "urllib3", "requests", "restsrc_dagster")
        },
    }


@pytest.fixture
def elephant(elephant: Warehouse) -> Iterator[Warehouse]:
    """Empty of what the other connector loads, too."""
    yield elephant
    elephant.execute(
        "DROP SCHEMA IF EXISTS other CASCADE", "DROP SCHEMA IF EXISTS _staging_other CASCADE"
    )


def both(api: Api, warehouse: Warehouse) -> list[Connector]:
    return [
        connector(
            name,
            api.url,
            [{**items(path=name), "primary_key": "id"}],
            destination=dict(warehouse.destination),
        )
        for name in NAMES
    ]


def loaded(warehouse: Warehouse, acme: Connector) -> LoadReport:
    order = LoadRequest(selection=frozenset(acme.resources))
    return load(acme, order, settings=warehouse.settings, environment={})


def some(_: Asked) -> Any:
    return {"data": [{"id": number, "name": "x"} for number in range(COUNT)]}


def wait_for(is_there: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not is_there():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_one_load(api: Api, warehouse: Warehouse) -> None:
    api.routes["/acme"] = some
    before = of_the_process()
    loaded(warehouse, both(api, warehouse)[0])
    assert of_the_process() == before


def test_a_load_that_fails(api: Api, warehouse: Warehouse) -> None:
    before = of_the_process()
    assert loaded(warehouse, both(api, warehouse)[0]).failed
    assert of_the_process() == before


def test_what_the_host_has_set_stays(
    api: Api, duck: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXTRACT__FUTURES_POLL_INTERVAL", "0.002")
    api.routes["/acme"] = some
    loaded(duck, both(api, duck)[0])
    assert os.environ["EXTRACT__FUTURES_POLL_INTERVAL"] == "0.002"


def test_the_one_that_ends_first_takes_nothing_from_the_other(
    api: Api, warehouse: Warehouse
) -> None:
    both_ask, acme_is_done = threading.Barrier(2), threading.Event()

    def answer(asked: Asked) -> Any:
        both_ask.wait(SECONDS)
        if asked.path == "/other":
            acme_is_done.wait(SECONDS)
        return some(asked)

    api.routes |= {"/acme": answer, "/other": answer}
    before = of_the_process()
    with ThreadPoolExecutor() as pool:
        acme, other = (pool.submit(loaded, warehouse, one) for one in both(api, warehouse))
        acme.result(SECONDS)
        meanwhile = of_the_process()
        acme_is_done.set()
        reports = [one.result(SECONDS).resources["items"] for one in (acme, other)]
    assert [report.rows_in_table for report in reports] == [COUNT, COUNT]
    assert [report.row_by_row for report in reports] == [{"the table is new": 1}] * 2
    assert "EXTRACT__FUTURES_POLL_INTERVAL" in meanwhile["environment"]
    assert meanwhile["frozen"]
    assert of_the_process() == before


def test_no_job_is_repeated_while_any_load_commits(api: Api, elephant: Warehouse) -> None:
    api.routes |= {"/acme": some, "/other": some}
    connectors = both(api, elephant)
    for one in connectors:
        loaded(elephant, one)
    with (
        ThreadPoolExecutor() as pool,
        nobody_writes(elephant, "other") as let_other,
        nobody_writes(elephant, "acme") as let_acme,
    ):
        loads: list[Future[LoadReport]] = []
        for number, one in enumerate(connectors, 1):
            loads.append(pool.submit(loaded, elephant, one))
            wait_for(lambda number=number: elephant.rows(WAITING) == [(number,)])
        let_acme()
        loads[0].result(SECONDS)
        assert os.environ[EACH_JOB_ONCE] == "1"
        let_other()
        loads[1].result(SECONDS)
    assert EACH_JOB_ONCE not in os.environ


WAITING = (
    "SELECT count(DISTINCT pid)::int FROM pg_locks JOIN pg_class ON pg_class.oid = relation "
    "WHERE relname = 'items' AND NOT granted"
)


@contextmanager
def nobody_writes(elephant: Warehouse, schema: str) -> Iterator[Callable[[], None]]:
    """Into the table `items`, until what is yielded is called."""
    connection: psycopg2.extensions.connection
    with closing(elephant.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {schema}.items IN SHARE MODE")
        yield connection.rollback
        connection.rollback()

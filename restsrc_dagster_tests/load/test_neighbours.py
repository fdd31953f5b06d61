"""Connectors that share a database do each other no harm."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pytest

from restsrc_dagster.errors import ConnectorBusy
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.load.report import LoadReport
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items

CURSOR = {"cursor_path": "at", "initial_value": 0}


def read(name: str, url: str, destination: Any, settings: Settings, **resource: Any) -> LoadReport:
    acme = connector(
        name,
        url,
        [{**items(**resource.pop("endpoint", {})), **resource}],
        destination=dict(destination),
    )
    order = LoadRequest(selection=frozenset({"items"}), holder=f"the run of {name}")
    return load(acme, order, settings=settings, environment={})


def test_one_named_like_the_others_staging_keeps_its_rows(
    api: Api, warehouse: Warehouse, settings: Settings, tmp_path: Path
) -> None:
    destination = dict(warehouse.destination) or {
        "type": "duckdb",
        "credentials": str(tmp_path / "shared.duckdb"),
    }
    api.routes["/items"] = lambda _: {"data": [{"id": 7, "at": 7}]}
    read("acme_staging", api.url, destination, settings, endpoint={"incremental": CURSOR})
    api.routes["/items"] = lambda _: {"data": [{"id": 1, "at": 1}]}
    read("acme", api.url, destination, settings, primary_key="id")
    read("acme", api.url, destination, settings, primary_key="id")
    report = read("acme_staging", api.url, destination, settings, endpoint={"incremental": CURSOR})
    assert report.resources["items"].rows_in_table == 1
    if warehouse.destination:
        warehouse.execute("DROP SCHEMA acme_staging CASCADE")


def test_two_in_one_duckdb_file_wait_for_each_other(
    api: Api, settings: Settings, tmp_path: Path
) -> None:
    shared = {"type": "duckdb", "credentials": str(tmp_path / "shared.duckdb")}
    asked, answer = threading.Event(), threading.Event()

    def slow(_: Asked) -> Any:
        asked.set()
        answer.wait(60)
        return {"data": [{"id": 1}]}

    api.routes["/items"] = slow
    with ThreadPoolExecutor() as threads:
        east = threads.submit(read, "east", api.url, shared, settings)
        assert asked.wait(60)
        west = threads.submit(read, "west", api.url, shared, settings)
        with pytest.raises(ConnectorBusy, match="east is being loaded by the run of east"):
            read("east", api.url, shared, settings)
        assert len(api.asked) == 1, "nobody else has read yet"
        answer.set()
        assert east.result(60).resources["items"].rows_in_table == 1
        assert west.result(60).resources["items"].rows_in_table == 1
    with duckdb.connect(str(tmp_path / "shared.duckdb"), read_only=True) as database:
        assert database.sql(
            "select (select count(*) from east.items) + count(*) from west.items"
        ).fetchall() == [(2,)]

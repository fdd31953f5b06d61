"""A DuckDB file is opened once for what follows at once, and is free while an API is slow."""

import subprocess
import sys
import time
from typing import Any

import pytest

from restsrc_dagster.load.destinations.open_file import LINGER_SECONDS
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import items


def look(duck: Warehouse) -> subprocess.CompletedProcess[str]:
    """Count the rows, from a process of its own."""
    assert duck.settings.data_dir is not None
    file = duck.settings.data_dir / "restsrc_acme.duckdb"
    query = f"""
import duckdb
with duckdb.connect({str(file)!r}, read_only=True) as connection:
    print(*connection.execute("SELECT COUNT(*) FROM acme.items").fetchone())
"""
    return subprocess.run(
        [sys.executable, "-c", query], capture_output=True, text=True, check=False
    )


def test_a_quick_load_leaves_it_closed(api: Api, duck: Warehouse) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1}, {"id": 2}]}
    described = duck.connector(api.url, [items()])
    for _ in range(2):
        assert not duck.load(described).failed
        assert look(duck).stdout == "2\n"


def test_while_an_api_is_slow_others_look_into_it(api: Api, duck: Warehouse) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1}, {"id": 2}]}
    described = duck.connector(api.url, [items()])
    assert not duck.load(described).failed
    seen: list[str] = []

    def slow(_: Any) -> Any:
        deadline = time.monotonic() + LINGER_SECONDS + 30
        while not seen and time.monotonic() < deadline:
            seen.extend(look(duck).stdout.split())
        return {"data": [{"id": 1}, {"id": 2}, {"id": 3}]}

    api.routes["/items"] = slow
    assert not duck.load(described).failed
    assert seen == ["2"]
    assert look(duck).stdout == "3\n"


def test_it_is_closed_when_a_load_breaks(api: Api, duck: Warehouse) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1}, {"id": 2}]}
    assert not duck.load(duck.connector(api.url, [items()])).failed

    def leave(_: str) -> None:
        raise KeyboardInterrupt

    with_a_cursor = items(incremental={"cursor_path": "id", "initial_value": 0})
    with pytest.raises(KeyboardInterrupt):  # while it is told that the table begins anew
        duck.load(duck.connector(api.url, [with_a_cursor]), on_message=leave)
    assert look(duck).stdout == "2\n"

"""A run that finds nothing new does little, however many resources it has."""

from collections.abc import Callable
from typing import Any

import duckdb
import pytest
from dlt.common.storages import SchemaStorage
from dlt.destinations.impl.duckdb.sql_client import DuckDbSqlClient

from restsrc_dagster.load.destinations import open_file
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import connector, items


class Counted:
    """How often a function was called."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.times = 0
        self._function = function

    def __get__(self, holder: Any, _: type) -> Callable[..., Any]:
        return lambda *args, **keys: self(holder, *args, **keys)

    def __call__(self, *args: Any, **keys: Any) -> Any:
        self.times += 1
        return self._function(*args, **keys)


@pytest.fixture
def schemas_read(monkeypatch: pytest.MonkeyPatch) -> Counted:
    counted = Counted(SchemaStorage.load_schema)
    monkeypatch.setattr(SchemaStorage, "load_schema", counted)
    return counted


def run(api: Api, settings: Settings, name: str, count: int, **keys: Any) -> None:
    """Load `count` resources, in which nothing is new when this is done again."""
    names = [f"items_{number}" for number in range(count)]
    resources = []
    for each in names:
        api.routes[f"/{each}"] = lambda asked: {
            "data": [{"id": 1, "at": "2024-01-01"}] if asked.params["since"] == "1970-01-01" else []
        }
        cursor = {"cursor_path": "at", "initial_value": "1970-01-01", "start_param": "since"}
        resources.append({**items(each, incremental=cursor), **keys})
    report = load(
        connector(name, api.url, resources),
        LoadRequest(selection=frozenset(names)),
        settings=settings,
    )
    assert report.failed == {}
    assert {resource.rows_in_table for resource in report.resources.values()} == {1}


@pytest.mark.parametrize("keys", [{}, {"primary_key": "id"}])
def test_the_schema_is_not_read_again_for_each_resource(
    api: Api, settings: Settings, schemas_read: Counted, keys: dict[str, Any]
) -> None:
    read = []
    for name, count in (("few", 1), ("many", 8)):
        run(api, settings, name, count, **keys)
        schemas_read.times = 0
        run(api, settings, name, count, **keys)
        read.append(schemas_read.times)
    assert read[0] == read[1] > 0


def test_a_file_is_opened_once(
    api: Api, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_file, "LINGER_SECONDS", 60)  # however slow the machine is
    for count in (1, 8):
        run(api, settings, f"acme_{count}", count)
        opened = Counted(duckdb.connect)
        with monkeypatch.context() as counting:
            counting.setattr(duckdb, "connect", opened)
            run(api, settings, f"acme_{count}", count)
        assert opened.times == 1


@pytest.mark.parametrize(
    ("keys", "is_searched"), [({}, True), ({"primary_key": "id"}, False)], ids=str
)
def test_only_what_is_appended_is_searched_for_the_remains_of_a_broken_load(
    api: Api,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    keys: dict[str, Any],
    is_searched: bool,
) -> None:
    asked: list[str] = []
    execute = DuckDbSqlClient.execute_sql

    def telling(self: DuckDbSqlClient, sql: Any, *args: Any, **kwargs: Any) -> Any:
        asked.append(str(sql))
        return execute(self, sql, *args, **kwargs)

    run(api, settings, "acme", 1, **keys)
    monkeypatch.setattr(DuckDbSqlClient, "execute_sql", telling)
    run(api, settings, "acme", 1, **keys)
    assert asked
    assert any('"items_0" WHERE _dlt_load_id NOT IN' in sql for sql in asked) is is_searched

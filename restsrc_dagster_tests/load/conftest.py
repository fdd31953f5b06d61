"""The destinations that loads are tested on: a DuckDB file, and a PostgreSQL."""

from collections.abc import Iterator
from typing import Any

import duckdb
import psycopg2
import pytest

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.load.plan.plan import LoadPlan
from restsrc_dagster.load.planning import plan_load
from restsrc_dagster.load.report import LoadReport
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.load.blog import Blog
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Api


@pytest.fixture(autouse=True)
def no_pause_between_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0")


@pytest.fixture
def foretold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each load is planned first, and does what the plan has said."""
    whole = Warehouse.load

    def load(self: Warehouse, connector: Connector, *names: str, **options: Any) -> LoadReport:
        if options.get("between") is not None:
            return whole(self, connector, *names, **options)
        plan = plan_load(
            connector,
            selection=frozenset(names or connector.resources),
            refresh=frozenset(options.get("refresh", ())),
            settings=self.settings,
            environment={},
        )
        report = whole(self, connector, *names, **options)
        assert_foretold(plan, report)
        return report

    monkeypatch.setattr(Warehouse, "load", load)


def assert_foretold(plan: LoadPlan, report: LoadReport) -> None:
    failed = report.failed.keys()
    assert plan.failing <= failed
    assert {name: str(error) for name, error in plan.refused.items()} == {
        name: str(report.failed[name]) for name in plan.refused
    }
    assert plan.refresh - failed == report.refreshed
    assert plan.late - failed == report.late
    assert plan.also_loaded - failed == report.also_loaded
    for name, loaded in report.resources.items():
        planned = plan.resources[name]
        kept = planned.cursor.kept if planned.cursor else None
        assert (kept, planned.write_disposition) == (loaded.cursor_before, loaded.write_disposition)
        assert planned.table is None or f"{plan.dataset}.{planned.table}" == loaded.table


@pytest.fixture
def blog(api: Api) -> Blog:
    return Blog(api)


@pytest.fixture
def duck(settings: Settings) -> Warehouse:
    assert settings.data_dir is not None
    file = settings.data_dir / "restsrc_acme.duckdb"
    return Warehouse(settings, {}, lambda: duckdb.connect(file))


@pytest.fixture
def elephant(settings: Settings, postgres: str) -> Iterator[Warehouse]:
    """An empty PostgreSQL."""
    destination = {"type": "postgres", "credentials": postgres}
    warehouse = Warehouse(settings, destination, lambda: psycopg2.connect(postgres))
    yield warehouse
    warehouse.execute(
        "DROP SCHEMA IF EXISTS acme CASCADE", "DROP SCHEMA IF EXISTS _staging_acme CASCADE"
    )


@pytest.fixture(params=["duck", "elephant"])
def warehouse(request: pytest.FixtureRequest) -> Warehouse:
    """Each destination that has a lock of its own."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Warehouse)
    return found

"""Partitions beside what else a load has: another database, chunks, a list that breaks off."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any

import dagster as dg
import duckdb
import psycopg2
import pytest

from restsrc_dagster.orchestrate.assets import build_connector_assets
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items

ITEMS = dg.AssetKey(["acme", "items"])
TODAY = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
DAYS = 6
PAGES = {"type": "page_number", "base_page": 1, "total_path": None}


def day(number: int) -> str:
    """The last one that is over is number 5."""
    return f"{TODAY - (DAYS - number) * timedelta(days=1):%Y-%m-%d}"


@dataclass
class Log:
    """An event each day, two on a page; the page `broken` cannot be read."""

    api: Api
    settings: Settings
    instance: dg.DagsterInstance
    destination: dict[str, Any] = field(default_factory=dict)
    resource: dict[str, Any] = field(default_factory=dict)
    cursor: dict[str, Any] = field(default_factory=dict)
    text: str = "old"
    broken: int = 0

    def __post_init__(self) -> None:
        self.api.routes["/items"] = self.page

    def page(self, asked: Asked) -> Any:
        number = int(asked.params["page"])
        if number == self.broken:
            return Answer({}, status=400)
        since, until = asked.params["since"], asked.params.get("until", "3")
        days = [one for one in range(DAYS) if since <= f"{day(one)}T06:00:00Z" < until]
        listed = [{"id": n, "at": f"{day(n)}T06:00:00Z", "text": self.text} for n in days]
        return {"data": listed[2 * (number - 1) :][:2]}

    def run(self, *partitions: str) -> bool:
        """For the partitions from one to another, or by the cursor; whether it went well."""
        cursor = {"cursor_path": "at", "initial_value": f"{day(0)}T00:00:00Z"}
        cursor |= {"start_param": "since", "end_param": "until", **self.cursor}
        listed = items(paginator=PAGES, incremental=cursor)
        acme = connector(
            "acme",
            self.api.url,
            [{**listed, **self.resource}],
            partitions={"every": "day", "from": day(0)},
            **({"destination": self.destination} if self.destination else {}),
        )
        tags = dict(zip(("start", "end"), partitions, strict=False))
        return dg.materialize(
            [build_connector_assets(acme, settings=self.settings)],
            instance=self.instance,
            tags={f"dagster/asset_partition_range_{end}": key for end, key in tags.items()},
            raise_on_error=False,
        ).success

    def texts(self) -> dict[int, str]:
        with closing(self._connect()) as database, closing(database.cursor()) as cursor:
            cursor.execute("SELECT id, text FROM acme.items")
            rows = cursor.fetchall()
        assert len(rows) == len(dict(rows))
        return dict(rows)

    def filled(self) -> set[str]:
        return self.instance.get_materialized_partitions(ITEMS)

    def _connect(self) -> Any:
        if self.destination:
            return psycopg2.connect(self.destination["credentials"])
        return duckdb.connect(f"{self.settings.data_dir}/restsrc_acme.duckdb")


@pytest.fixture
def log(api: Api, settings: Settings) -> Iterator[Log]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Log(api, settings, instance)


@pytest.fixture
def elephant(log: Log, postgres: str) -> Iterator[Log]:
    log.destination = {"type": "postgres", "credentials": postgres}
    yield log
    with closing(psycopg2.connect(postgres)) as database:
        database.cursor().execute("DROP SCHEMA IF EXISTS acme, _staging_acme CASCADE")
        database.commit()


@pytest.mark.parametrize("resource", [{"primary_key": "id"}, {}], ids=["a key", "none"])
def test_in_postgresql_days_are_filled_again(elephant: Log, resource: dict[str, Any]) -> None:
    elephant.resource = resource
    assert elephant.run()
    assert elephant.filled() == {day(number) for number in range(DAYS)}
    elephant.text = "new"
    assert elephant.run(day(1), day(2))
    changed = {number for number, text in elephant.texts().items() if text == "new"}
    assert changed == {1, 2}
    assert len(elephant.texts()) == DAYS


@pytest.mark.parametrize(
    ("resource", "cursor"),
    [
        pytest.param({"primary_key": "id"}, {}, id="by page"),
        pytest.param({"primary_key": "id"}, {"row_order": "asc"}, id="by cursor"),
        pytest.param({}, {"row_order": "asc"}, id="by cursor, without a key"),
    ],
)
def test_chunks_of_a_list_that_breaks_off_fill_nothing_until_it_is_read(
    log: Log, resource: dict[str, Any], cursor: dict[str, Any]
) -> None:
    log.resource, log.cursor, log.broken = resource, cursor, 3
    log.settings = replace(log.settings, commit_after_records=2)
    assert not log.run()
    kept = log.texts()
    assert kept
    assert kept.keys() < {*range(DAYS)}
    assert log.filled() == set()
    log.broken, log.text = 0, "new"
    assert log.run(day(0), day(1))
    assert log.texts() == {**kept, 0: "new", 1: "new"}
    assert log.filled() == {day(0), day(1)}
    log.text = "old"
    assert log.run()
    assert log.texts().keys() == {*range(DAYS)}
    assert log.filled() == {day(number) for number in range(DAYS)}


def test_a_backfill_is_one_chunk_however_long(log: Log) -> None:
    log.resource = {"primary_key": "id"}
    assert log.run()
    log.settings, log.text = replace(log.settings, commit_after_records=2), "new"
    log.broken = 3
    assert not log.run(day(0), day(5))
    assert log.texts() == dict.fromkeys(range(DAYS), "old")

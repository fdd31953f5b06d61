"""Partitions: a range of days is filled again from the UI, and scheduled runs fill the newest."""

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

import dagster as dg
import duckdb
import pytest

from restsrc_dagster import build_definitions
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items
from restsrc_dagster_tests.support.daemon import Daemon

ITEMS, NOTES, THINGS = (dg.AssetKey(["acme", name]) for name in ("items", "notes", "things"))
TODAY = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
"""Runs look at the real clock, whatever that of the daemon is."""


def day(number: int) -> str:
    """The tenth day before today is number 0."""
    return f"{TODAY - (10 - number) * timedelta(days=1):%Y-%m-%d}"


class Shop:
    """Items of ten whole days and of today, each with a note; an item's text can be changed unseen.
    Beside them, things without a cursor."""

    def __init__(self, running: Daemon, api: Api, **keys: Any) -> None:
        self.running, self.api, self.text = running, api, "old"
        self.days = list(range(11))
        self.asked: list[Asked] = []
        api.routes |= {"/items": self.page, "/things": lambda _: {"data": [{"id": 1}]}}
        for number in range(12):
            api.routes[f"/items/{number}/notes"] = lambda _, number=number: {
                "data": [{"of": number, "text": self.text}]
            }
        self.write(**keys)

    def write(
        self,
        every: str = "day",
        first: int = 0,
        partitions_from: int = 0,
        key: str | None = "id",
        endpoint: dict[str, Any] | None = None,
        **keys: Any,
    ) -> None:
        cursor = {
            "cursor_path": "at",
            "initial_value": f"{day(first)}T00:00:00Z",
            "start_param": "since",
            "end_param": "until",
        }
        resources = [
            {
                **items("items", incremental=cursor, **(endpoint or {})),
                **({"primary_key": key} if key else {}),
            },
            items("notes", path="items/{resources.items.id}/notes"),
            items("things"),
        ]
        configuration = connector("acme", self.api.url, resources).configuration
        partitions = {"every": every, "from": day(partitions_from)}
        self.running.write(configuration=configuration, partitions=partitions, **keys)

    def page(self, asked: Asked) -> Any:
        self.asked.append(asked)
        return {
            "data": [
                {"id": number, "at": f"{day(number)}T00:00:00.5Z", "text": self.text}
                for number in self.days
            ]
        }

    def texts(self, table: str = "items", key: str = "id") -> dict[int, str]:
        with duckdb.connect(self.file) as database:
            rows = database.execute(f"SELECT {key}, text FROM acme.{table}").fetchall()
        assert len(rows) == len({row[0] for row in rows})
        return dict(rows)

    @property
    def file(self) -> str:
        return str(self.running.folder.parent / "data" / "restsrc_acme.duckdb")

    def filled(self, key: dg.AssetKey = ITEMS) -> set[str]:
        return self.running.instance.get_materialized_partitions(key)

    def changed(self, table: str = "items", key: str = "id") -> set[int]:
        return {number for number, text in self.texts(table, key).items() if text == "new"}

    def backfill(self, *days: int, assets: Iterable[dg.AssetKey] = ()) -> str:
        """Through the page and the daemon of backfills; returns its id."""
        now = datetime.now(timezone.utc)
        backfill = self.running.backfill("acme_sync", *map(day, days), assets=assets, at=now)
        self.running.backfill_goes_on()
        return backfill

    def run(self) -> None:
        self.running.launch("acme_sync")
        self.running.queue()


@pytest.fixture
def shop(running: Daemon, api: Api) -> Shop:
    shop = Shop(running, api)
    running.start("10:03:20").sensors().queue()
    return shop


def test_a_run_fills_the_days_that_are_over(shop: Shop) -> None:
    whole = {day(number) for number in range(10)}
    assert shop.filled() == shop.filled(NOTES) == whole
    assert shop.filled(THINGS) == set()
    (run,) = shop.running.all_runs()
    assert run.status is dg.DagsterRunStatus.SUCCESS
    assert run.tags.get("dagster/partition") is None
    assert set(shop.texts()) == set(range(11))
    latest = shop.running.instance.get_latest_materialization_event(ITEMS).asset_materialization
    assert latest.partition is None
    assert latest.metadata["rows_loaded"].value == 11


def test_a_slot_is_requested_and_its_run_follows_the_cursor(shop: Shop) -> None:
    shop.running.at("10:13").queue()
    assert shop.running.runs() == ["initial", "2026-11-23 10:13"]
    assert shop.asked[-1].params == {"since": f"{day(10)}T00:00:00.5Z"}
    assert shop.running.status(shop.running.last_run()) == "SUCCESS"


def events_of(shop: Shop, key: dg.AssetKey) -> int:
    records = shop.running.instance.fetch_materializations(key, limit=1000).records
    return sum(record.partition_key is not None for record in records)


def test_partitions_are_filled_once_by_runs_without_news(shop: Shop) -> None:
    assert events_of(shop, ITEMS) == 10
    shop.run()
    assert events_of(shop, ITEMS) == 10


def test_one_run_reads_the_range_of_a_backfill(shop: Shop) -> None:
    shop.text = "new"
    backfill = shop.backfill(2, 3, 4, assets=[ITEMS, NOTES])
    found = shop.running.instance.get_backfill(backfill)
    assert found.status.value == "COMPLETED_SUCCESS"
    runs = [run for run in shop.running.all_runs() if "dagster/backfill" in run.tags]
    assert len(runs) == 1
    assert shop.asked[-1].params == {
        "since": f"{day(2)}T00:00:00.0Z",
        "until": f"{day(5)}T00:00:00.0Z",
    }
    assert shop.changed() == shop.changed("notes", "of") == {2, 3, 4}
    assert events_of(shop, ITEMS) == events_of(shop, NOTES) == 13
    latest = shop.running.instance.get_latest_materialization_event(ITEMS).asset_materialization
    assert latest.partition in {day(2), day(3), day(4)}
    assert latest.metadata["range_from"].value == f"{day(2)}T00:00:00Z"
    shop.run()
    assert shop.asked[-1].params == {"since": f"{day(10)}T00:00:00.5Z"}, "the cursor has not moved"


def test_days_apart_are_runs_apart(shop: Shop) -> None:
    shop.text = "new"
    shop.backfill(1, 2, 7, assets=[ITEMS])
    assert shop.changed() == {1, 2, 7}
    assert len([run for run in shop.running.all_runs() if "dagster/backfill" in run.tags]) == 2


def test_a_backfill_of_the_job_loads_what_has_no_partitions_as_any_run_does(shop: Shop) -> None:
    shop.text = "new"
    shop.backfill(3)
    assert shop.changed() == {3}
    assert shop.filled(THINGS) == set()
    assert len(shop.running.instance.fetch_materializations(THINGS, limit=9).records) == 2
    assert shop.running.status(shop.running.last_run()) == "SUCCESS"


def test_what_fails_of_a_backfill_is_not_filled(shop: Shop) -> None:
    shop.api.routes["/items"] = lambda _: Answer({}, status=401)
    shop.backfill(3)
    run = shop.running.last_run()
    assert shop.running.status(run) == "FAILURE"
    assert events_of(shop, ITEMS) == 10
    assert len(shop.running.instance.fetch_materializations(THINGS, limit=9).records) == 2


def test_days_before_the_cursor_began_are_left_to_a_backfill(running: Daemon, api: Api) -> None:
    shop = Shop(running, api, first=6)
    running.start("10:03:20").sensors().queue()
    assert set(shop.texts()) == {6, 7, 8, 9, 10}
    assert shop.filled() == {day(number) for number in range(6, 10)}
    shop.backfill(*range(6))
    assert set(shop.texts()) == set(range(11))
    assert shop.filled() == {day(number) for number in range(10)}


@pytest.mark.parametrize(
    ("refresh", "selected"),
    [(True, []), (["notes"], [NOTES])],
    ids=["all", "a child alone"],
)
def test_after_a_full_refresh_what_a_backfill_had_filled_is_told(
    running: Daemon, api: Api, refresh: Any, selected: list[dg.AssetKey]
) -> None:
    shop = Shop(running, api, first=6)
    running.start("10:03:20").sensors().queue()
    shop.backfill(*range(6))
    config = {"ops": {"acme__load": {"config": {"full_refresh": refresh}}}}
    running.launch("acme_sync", *selected, config=config)
    running.queue()
    assert set(shop.texts("notes", "of")) == {6, 7, 8, 9, 10}
    for key in {NOTES} if selected else {ITEMS, NOTES}:
        check = dg.AssetCheckKey(key, "delivery")
        found = running.instance.get_latest_asset_check_evaluation_record(check).evaluation
        assert not found.passed
        assert found.description.startswith(
            f"6 partitions that a backfill had filled, {day(0)} to {day(5)}, are empty now"
        )


@pytest.mark.parametrize(
    "endpoint",
    [
        {
            "paginator": {
                "type": "page_number",
                "base_page": 1,
                "total_path": None,
                "maximum_page": 3,
            }
        },
        {
            "paginator": {"type": "page_number", "base_page": 1, "total_path": None},
            "response_actions": [{"status_code": 404, "action": "ignore"}],
        },
    ],
    ids=["a limit of pages", "cut off"],
)
def test_what_may_be_incomplete_is_not_filled(
    running: Daemon, api: Api, endpoint: dict[str, Any]
) -> None:
    shop = Shop(running, api, endpoint=endpoint)

    def page(asked: Asked) -> Any:
        number = int(asked.params["page"])
        first = 2 * (number - 1)
        return (
            Answer({}, status=404)
            if number == 3
            else {"data": shop.page(asked)["data"][first:][:2]}
        )

    api.routes["/items"] = page
    running.start("10:03:20").sensors().queue()
    assert set(shop.texts()) == {0, 1, 2, 3}
    assert shop.filled() == shop.filled(NOTES) == set()


def test_partitions_behind_the_cursor_are_not_filled_without_a_key(
    running: Daemon, api: Api
) -> None:
    shop = Shop(running, api, key=None)
    shop.days = list(range(5))
    running.start("10:03:20").sensors().queue()
    shop.days = list(range(8))
    shop.backfill(3, 4, 5, assets=[ITEMS])
    assert running.status(running.last_run()) == "FAILURE"
    assert set(shop.texts()) == set(range(5))


def test_what_comes_late_fills_its_days_again(running: Daemon, api: Api) -> None:
    shop = Shop(running, api)
    shop.days = list(range(6))
    running.start("10:03:20").sensors().queue()
    assert events_of(shop, ITEMS) == 10
    shop.days = list(range(8))
    shop.run()
    assert events_of(shop, ITEMS) == 10 + len({5, 6, 7, 8, 9})


@pytest.mark.parametrize(("window", "last"), [({"delay": "2 days"}, 7), ({"end": day(9)}, 8)])
def test_what_a_window_leaves_out_is_not_filled(
    running: Daemon, api: Api, window: Any, last: int
) -> None:
    shop = Shop(running, api, reading={"items": {"window": {"size": "1 month", **window}}})
    running.start("10:03:20").sensors().queue()
    assert shop.filled() == set(map(day, range(last + 1)))


def test_hours(running: Daemon, api: Api) -> None:
    shop = Shop(running, api)
    shop.write(every="hour", partitions_from=9)
    running.start("10:03:20").sensors().queue()
    hours = (datetime.now(timezone.utc) - TODAY) // timedelta(hours=1)
    assert len(shop.filled()) in {24 + hours, 24 + hours - 1}


def test_a_run_for_partitions_takes_no_other_range(shop: Shop) -> None:
    config = {"ops": {"acme__load": {"config": {"full_refresh": True}}}}
    with dg.DagsterInstance.ephemeral() as instance:
        job = build_definitions(shop.running.folder).resolve_job_def("acme_sync")
        result = job.execute_in_process(
            instance=instance,
            run_config=config,
            tags={"dagster/partition": day(3)},
            raise_on_error=False,
        )
    (failure,) = result.filter_events(lambda event: event.is_step_failure)
    assert (
        "takes no full_refresh, from or to"
        in failure.step_failure_data.user_failure_data.description
    )

"""Several resources that write into one table."""

from dataclasses import replace
from typing import Any

import pytest

from restsrc_dagster.connector.model import Connector
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.load.worker import KILLED
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import items

SENT = {"cursor_path": "at", "initial_value": 0, "start_param": "since", "row_order": "asc"}
LINKED = {"type": "json_link", "next_url_path": "next"}
MERGED = {"primary_key": ["id", "region"], "write_disposition": "merge"}
APPENDED = {"write_disposition": "append"}
ROWS = "SELECT region, id, v FROM acme.orders"


class Regions:
    """Orders of two regions, whose ids are the same."""

    def __init__(self, api: Api, warehouse: Warehouse) -> None:
        self.api = api
        self._warehouse = warehouse
        self.orders: dict[str, list[dict[str, Any]]] = {"eu": [], "us": []}
        self.broken: set[str] = set()
        api.routes |= {"/eu": self._answer, "/us": self._answer}

    def order(self, region: str, number: int, **fields: Any) -> None:
        orders = self.orders[region]
        found = {"id": number, "region": region, "at": len(orders) + 1, "v": "a", **fields}
        orders.append(found)

    def resources(self, **hints: Any) -> list[Any]:
        return [
            items(name, incremental=SENT, paginator=LINKED) | {"table_name": "orders"} | hints
            for name in ("eu", "us")
        ]

    def connector(self, **hints: Any) -> Connector:
        return self._warehouse.connector(self.api.url, self.resources(**hints))

    def _answer(self, asked: Asked) -> Any:
        region = asked.path.removeprefix("/")
        if region in self.broken:
            return Answer(status=404)
        since, page = int(asked.params.get("since", 0)), int(asked.params.get("page", 0))
        found = [one for one in self.orders[region] if one["at"] > since]
        answer: dict[str, Any] = {"data": found[page * 10 : page * 10 + 10]}
        if len(found) > page * 10 + 10:
            answer["next"] = f"{asked.path}?since={since}&page={page + 1}"
        return answer


@pytest.fixture
def regions(api: Api, warehouse: Warehouse) -> Regions:
    made = Regions(api, warehouse)
    for region in ("eu", "us"):
        for number in (1, 2):
            made.order(region, number)
    return made


FIRST = [("eu", 1, "a"), ("eu", 2, "a"), ("us", 1, "a"), ("us", 2, "a")]


@pytest.mark.parametrize("hints", [APPENDED, MERGED], ids=["append", "merge"])
class TestEachOfThem:
    def test_keeps_the_rows_of_the_other(
        self, regions: Regions, warehouse: Warehouse, hints: Any
    ) -> None:
        acme = regions.connector(**hints)
        report = warehouse.load(acme)
        assert {name: one.rows_loaded for name, one in report.resources.items()} == {
            "eu": 2, "us": 2,
        }  # fmt: skip
        assert {one.rows_in_table for one in report.resources.values()} == {4}
        assert [one.warnings for one in report.resources.values()] == [[], []]
        assert warehouse.rows(ROWS) == FIRST

        regions.order("us", 3)
        report = warehouse.load(acme, "us")
        assert set(report.resources) == {"us"}
        assert report.resources["us"].rows_loaded == 1
        assert warehouse.rows(ROWS) == [*FIRST, ("us", 3, "a")]
        assert warehouse.load(acme).resources["eu"].rows_loaded == 0

    def test_fails_with_the_other_and_nothing_is_lost(
        self, regions: Regions, warehouse: Warehouse, hints: Any
    ) -> None:
        resources = [*regions.resources(**hints), items("others")]
        regions.api.routes["/others"] = lambda _: {"data": [{"id": 1}]}
        acme = warehouse.connector(regions.api.url, resources)
        warehouse.load(acme)
        regions.order("us", 3)
        regions.order("eu", 3)
        regions.broken = {"eu"}
        report = warehouse.load(acme)
        assert set(report.resources) == {"others"}
        told = str(report.failed["us"])
        assert told.startswith("us: eu failed, and both write into one table: ")
        assert warehouse.rows(ROWS) == FIRST
        regions.broken = set()
        assert not warehouse.load(acme).failed
        assert warehouse.rows(ROWS) == sorted([*FIRST, ("us", 3, "a"), ("eu", 3, "a")])

    def test_alone_fails_without_a_row_in_the_table(
        self, regions: Regions, warehouse: Warehouse, hints: Any
    ) -> None:
        acme = regions.connector(**hints)
        warehouse.load(acme)
        for number in range(3, 30):
            regions.order("eu", number)
        regions.orders["eu"][-1]["id"] = None
        must = {} if "primary_key" in hints else {"columns": {"id": {"nullable": False}}}
        report = warehouse.load(regions.connector(**hints, **must), "eu")
        assert not report.resources
        assert "eu" in report.failed
        assert warehouse.rows(ROWS) == FIRST

    def test_a_full_refresh_of_one_is_one_of_both(
        self, regions: Regions, warehouse: Warehouse, hints: Any
    ) -> None:
        acme = regions.connector(**hints)
        warehouse.load(acme)
        regions.orders["eu"].pop(0)
        report = warehouse.load(acme, "eu", refresh=["eu"])
        assert report.refreshed == {"eu", "us"}
        assert warehouse.rows(ROWS) == FIRST[1:]
        regions.order("us", 3)
        assert warehouse.load(acme).resources["us"].rows_loaded == 1
        assert warehouse.rows(ROWS) == [*FIRST[1:], ("us", 3, "a")]

    def test_a_refresh_of_which_one_fails_empties_nothing(
        self, regions: Regions, warehouse: Warehouse, hints: Any
    ) -> None:
        acme = regions.connector(**hints)
        warehouse.load(acme)
        regions.broken = {"us"}
        report = warehouse.load(acme, refresh=["eu"])
        assert (report.refreshed, set(report.failed)) == (frozenset(), {"eu", "us"})
        assert warehouse.rows(ROWS) == FIRST

    def test_a_load_of_one_that_is_killed_leaves_the_others_rows(
        self, regions: Regions, warehouse: Warehouse, hints: Any
    ) -> None:
        """Before its tables are loaded, or before its package is complete."""
        die = ("load" if hints is APPENDED else "complete_package", 1)
        acme = regions.connector(**hints)
        warehouse.load(acme)
        regions.order("us", 3)
        worker = warehouse.start(
            regions.api.url, regions.resources(**hints), holder="run 1", selection=["us"], die=die
        )
        assert worker.wait(60) == KILLED
        warehouse.load(acme)
        assert warehouse.rows(ROWS) == [*FIRST, ("us", 3, "a")]

    def test_is_read_in_chunks(self, api: Api, duck: Warehouse, hints: Any) -> None:
        small = replace(
            duck,
            settings=replace(duck.settings, commit_after_records=25),
            http={"max_concurrency": 1},
        )
        regions = Regions(api, small)
        for number in range(1, 101):
            regions.order("eu", number)
        for number in range(1, 41):
            regions.order("us", number)
        report = small.load(regions.connector(**hints))
        assert not report.failed
        assert {name: one.rows_loaded for name, one in report.resources.items()} == {
            "eu": 100, "us": 40,
        }  # fmt: skip
        assert small.values("SELECT COUNT(*) FROM acme.orders") == [140]
        assert [one.warnings for one in report.resources.values()] == [[], []]


class TestMerging:
    def test_a_row_replaces_that_of_its_own_region(
        self, regions: Regions, warehouse: Warehouse
    ) -> None:
        acme = regions.connector(**MERGED)
        warehouse.load(acme)
        regions.order("eu", 2, v="b")
        warehouse.load(acme)
        assert warehouse.rows(ROWS) == [("eu", 1, "a"), ("eu", 2, "b"), *FIRST[2:]]

    @pytest.mark.parametrize("by_run", [False, True], ids=["in one run", "in two runs"])
    def test_rows_that_nothing_tells_apart_are_refused(
        self, regions: Regions, warehouse: Warehouse, by_run: bool
    ) -> None:
        for orders in regions.orders.values():
            for one in orders:
                one["region"] = "all"
        acme = regions.connector(**MERGED)
        if by_run:
            assert not warehouse.load(acme, "eu").failed
        report = warehouse.load(acme)
        assert set(report.failed) == {"eu", "us"}
        assert (
            "'eu' is merged into the same table, and no field of the key (id, region) tells whose "
            "a row is: one with the same key would replace it"
        ) in str(report.failed["us"])
        assert (warehouse.rows(ROWS) if by_run else []) == (
            [("all", 1, "a"), ("all", 2, "a")] if by_run else []
        )

    def test_a_field_of_their_own_may_be_made_by_steps(
        self, regions: Regions, warehouse: Warehouse
    ) -> None:
        resources = regions.resources(**MERGED)
        for resource in resources:
            fields = f"id: id, at: at, v: v, region: '{resource['name']}!'"
            resource["processing_steps"] = [{"map": f"{{{fields}}}"}]
        assert not warehouse.load(warehouse.connector(regions.api.url, resources)).failed
        assert warehouse.values("SELECT DISTINCT region FROM acme.orders") == ["eu!", "us!"]


def test_what_a_contract_discards_is_told_once(api: Api, duck: Warehouse) -> None:
    regions = Regions(api, duck)
    regions.order("eu", 1)
    regions.order("us", 1)
    duck.load(regions.connector(**APPENDED))
    regions.order("eu", 2, new=1)
    regions.order("us", 2)
    contract = {"schema_contract": {"columns": "discard_row"}}
    report = duck.load(regions.connector(**APPENDED, **contract))
    assert sum(one.rows_loaded for one in report.resources.values()) == 1
    told = [line for one in report.resources.values() for line in one.warnings]
    assert told.count("1 records were discarded by schema_contract") == 1


def test_fields_that_only_one_has_are_not_gone(api: Api, duck: Warehouse) -> None:
    regions = Regions(api, duck)
    for number in range(20):
        regions.order("eu", number, tax=1)
        regions.order("us", number)
    resources = regions.resources(**APPENDED)
    for resource in resources:
        del resource["endpoint"]["incremental"]
    acme = duck.connector(api.url, resources)
    for _ in range(2):
        assert [one.warnings for one in duck.load(acme).resources.values()] == [[], []]

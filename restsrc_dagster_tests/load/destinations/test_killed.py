"""A load is killed at each destination, and the next one delivers what it left out."""

import pytest

from restsrc_dagster_tests.load.destinations.conftest import of_libraries
from restsrc_dagster_tests.load.destinations.places import Place
from restsrc_dagster_tests.load.destinations.shop import CUSTOMERS, EVENTS, ONE, PRODUCTS, Shop
from restsrc_dagster_tests.load.worker import KILLED
from restsrc_dagster_tests.support.api import Api

pytestmark = of_libraries


NEW = ["sqlite", "mariadb", "files, append", "delta"]
"""DuckDB and PostgreSQL are killed at every point elsewhere; iceberg goes the way of delta."""


@pytest.mark.parametrize("place", NEW, indirect=True)
def test_no_row_is_lost_and_none_is_doubled_in_a_database(api: Api, place: Place) -> None:
    shop, resources = Shop(api), [EVENTS, PRODUCTS]
    acme = place.connector(api.url, resources)
    place.load(acme)
    shop.edition = 1
    point = "state last" if place.once else "complete_package"
    worker = place.warehouse().start(api.url, resources, holder="run 1", die=(point, 1))
    assert worker.wait(60) == KILLED
    report = place.load(acme)
    assert report.removed_rows == (2 if place.once else 0)
    events = [row["e"] for row in place.rows("events")]
    parts = [row["value"] for row in place.rows("events__parts")]
    if place.once:
        assert events == parts == [1, 2, 3, 4, 5]
    assert {*events} == {*parts} == {1, 2, 3, 4, 5}
    products = {row["id"]: row["v"] for row in place.rows("products")}
    assert products == {2: 1, 3: 1} | ({} if "files" in place.name else {1: 0})
    assert len(place.rows("products")) == len(products)


@pytest.mark.parametrize("place", ["delta", "iceberg"], indirect=True)
def test_lists_whose_old_rows_are_deleted_come_again(api: Api, place: Place) -> None:
    shop = Shop(api)
    acme = place.connector(api.url, [CUSTOMERS])
    place.load(acme)
    assert len(place.rows("customers__tags")) == 6
    shop.edition = 1
    worker = place.warehouse().start(api.url, [CUSTOMERS], holder="run 1", die=("load", 1))
    assert worker.wait(60) == KILLED
    assert len(place.rows("customers")) == len(ONE)
    assert len(place.rows("customers__tags")) == 2, "of 1, which does not come again"
    place.load(acme)
    assert [row["value"] for row in place.rows("customers__tags")] == ["a", "a", "b", "b", "z"]

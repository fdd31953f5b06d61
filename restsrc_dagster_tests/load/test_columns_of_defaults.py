"""Columns of `resource_defaults`: what they say holds for resources with columns of their own."""

from itertools import cycle
from typing import Any

import pytest

from restsrc_dagster.connector.files.folder import check_content
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.load.report import LoadReport
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import content, items

OWN: list[Any] = [
    {},
    {"columns": {"v": {"data_type": "bigint"}}},
    {"columns": [{"name": "v", "data_type": "bigint"}]},
    {"columns": {"id": {"description": "who it is"}}},
]
KEYS: list[Any] = [
    {"columns": {"id": {"primary_key": True}}},
    {"columns": [{"name": "id", "primary_key": True}]},
    {"columns": {"id": {"primary_key": True}}, "write_disposition": "merge"},
]
ROWS = "SELECT id, v FROM acme.a"


def connector(warehouse: Warehouse, api: Api, *listed: Any, **defaults: Any) -> Connector:
    written = content(api.url, list(listed), destination=dict(warehouse.destination))
    written["configuration"]["resource_defaults"] = defaults
    return check_content("acme", written, file="connectors/acme.json")


def load(warehouse: Warehouse, acme: Connector) -> LoadReport:
    report = warehouse.load(acme)
    assert report.failed == {}
    return report


@pytest.mark.parametrize(
    ("own", "cursor"), list(zip(OWN, cycle(["u", "updated_at"]), strict=False)), ids=str
)
@pytest.mark.parametrize("defaults", KEYS, ids=str)
def test_a_row_that_changes_is_there_once(
    api: Api, duck: Warehouse, own: Any, defaults: Any, cursor: str
) -> None:
    listed = [{"id": 1, "v": 0, cursor: 1}, {"id": 2, "v": 0, cursor: 2}]
    api.routes["/a"] = lambda _: {"data": listed}
    incremental = {"cursor_path": cursor, "start_param": "since"}
    acme = connector(duck, api, items("a", incremental=incremental) | own, **defaults)
    load(duck, acme)
    listed[1] = {"id": 2, "v": 1, cursor: 3}
    assert load(duck, acme).resources["a"].write_disposition == "merge"
    assert duck.rows(ROWS) == [(1, 0), (2, 1)]


@pytest.mark.parametrize("own", OWN, ids=str)
@pytest.mark.parametrize(
    ("order", "stays"), [("desc", 2), ("asc", 1)], ids=["the highest rank", "the lowest rank"]
)
def test_the_order_of_the_defaults_decides_between_versions(
    api: Api, warehouse: Warehouse, own: Any, order: str, stays: int
) -> None:
    """The cursor, by which the newest would stay, says the contrary."""
    versions = [{"id": 1, "v": rank, "rank": rank, "u": 5 - rank} for rank in (1, 2)]
    versions = versions if order == "desc" else versions[::-1]
    api.routes["/a"] = lambda _: {"data": versions}
    acme = connector(
        warehouse,
        api,
        items("a", incremental={"cursor_path": "u"}) | own,
        primary_key="id",
        columns={"rank": {"dedup_sort": order}},
    )
    load(warehouse, acme)
    assert warehouse.rows(ROWS) == [(1, stays)]


def test_what_one_resource_says_of_a_column_is_said_of_no_other(api: Api, duck: Warehouse) -> None:
    """dlt writes it into the defaults, where the resources behind it find it."""
    listed = [{"id": 1, "v": 0}, {"id": 1, "v": 1}]
    api.routes |= {"/a": lambda _: {"data": listed}, "/b": lambda _: {"data": listed}}
    keyed = items("a") | {"columns": {"id": {"primary_key": True}}}
    acme = connector(duck, api, keyed, items("b"), columns={"id": {"data_type": "bigint"}})
    report = load(duck, acme)
    assert report.resources["b"].write_disposition == "replace"
    assert "primary_key" not in report.resources["b"].columns["id"]
    assert duck.rows("SELECT id, v FROM acme.b") == [(1, 0), (1, 1)]
    assert len(duck.rows(ROWS)) == 1


@pytest.mark.parametrize("none", [{}, [], None], ids=str)
def test_a_resource_may_want_none_of_them(api: Api, duck: Warehouse, none: Any) -> None:
    api.routes["/a"] = lambda _: {"data": [{"id": 1, "v": 0}, {"id": 1, "v": 0}]}
    acme = connector(duck, api, items("a") | {"columns": none}, **KEYS[0])
    load(duck, acme)
    assert duck.rows(ROWS) == [(1, 0), (1, 0)]


def test_a_hint_of_its_own_goes_before_that_of_the_defaults(api: Api, duck: Warehouse) -> None:
    api.routes["/a"] = lambda _: {"data": [{"id": 1, "v": 5}]}
    typed = {"id": {"data_type": "text"}, "v": {"data_type": "text"}}
    acme = connector(
        duck, api, items("a") | {"columns": {"v": {"data_type": "double"}}}, columns=typed
    )
    load(duck, acme)
    assert duck.rows(ROWS) == [("1", 5.0)]

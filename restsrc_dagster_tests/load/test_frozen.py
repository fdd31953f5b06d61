"""What violates a frozen contract fails its resource alone, with what dlt would say of it."""

from collections.abc import Mapping
from typing import Any

import pytest

from restsrc_dagster_tests.load.surprising import LINKED
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Api, Asked
from restsrc_dagster_tests.support.connectors import items

VIOLATIONS: Mapping[str, tuple[Any, dict[str, Any], str]] = {
    "column": ({"columns": "freeze"}, {"w": 5}, "freezes columns, and a record has a new one, w"),
    "in an object": ({"columns": "freeze"}, {"o": {"x": 5}}, "a new one, o__x"),
    "hinted": ({"columns": "freeze"}, {"n": 1.5}, "a new one, n"),
    "type": ({"data_type": "freeze"}, {"v": "far"}, "in v, which is bigint, another value, text"),
    "table": ({"tables": "freeze"}, {"l": [1]}, "there is no table items__l yet"),
    "all": ("freeze", {"w": None, "l": [], "o": {}, "m": [1]}, "no table items__m yet"),
}


class Lists:
    """`items` and `others`, with a cursor each; `wrong` is what the last item has beside it."""

    def __init__(self, api: Api, warehouse: Warehouse) -> None:
        self.last = 1
        self.wrong: dict[str, Any] = {}
        self._warehouse = warehouse
        api.routes |= {"/items": self._answer, "/others": self._answer}
        sent = {"cursor_path": "at", "initial_value": 0, "start_param": "since"}
        self._resources = [
            items(name, incremental=sent, paginator=LINKED) | {"primary_key": "id"}
            for name in ("items", "others")
        ]
        self._url = api.url

    def _answer(self, asked: Asked) -> Any:
        since, page = int(asked.params["since"]), int(asked.params.get("page", 0))
        found = [{"id": one, "at": one, "v": one} for one in range(max(since, 1), self.last + 1)]
        records: list[dict[str, Any]] = found[page * 2 : page * 2 + 2]
        if asked.path == "/items" and len(found) <= page * 2 + 2 and self.last > 1:
            records[-1] |= self.wrong
        more = len(found) > page * 2 + 2
        link = {"next": f"{asked.path}?since={since}&page={page + 1}"} if more else {}
        return {"data": records, **link}

    def load(self, **of_items: Any) -> dict[str, str]:
        listed, others = self._resources
        connector = self._warehouse.connector(self._url, [listed | of_items, others])
        report = self._warehouse.load(connector)
        return {name: str(error) for name, error in report.failed.items()}

    def ids(self, table: str) -> list[int]:
        return self._warehouse.values(f"SELECT id FROM acme.{table}")


@pytest.mark.parametrize(
    ("warehouse", "kind"),
    [*(("duck", kind) for kind in VIOLATIONS), ("elephant", "type"), ("elephant", "all")],
    indirect=["warehouse"],
)
def test_the_others_are_loaded_and_its_cursor_stands_still(
    api: Api, warehouse: Warehouse, kind: str
) -> None:
    contract, wrong, told = VIOLATIONS[kind]
    lists = Lists(api, warehouse)
    assert lists.load() == {}
    lists.last, lists.wrong = 6, wrong
    hints = {"columns": {"n": {"data_type": "double"}}} if kind == "hinted" else {}
    failed = lists.load(schema_contract=contract, **hints)
    assert failed.keys() == {"items"}
    assert failed["items"].startswith("items")
    assert told in failed["items"]
    assert lists.ids("items") == [1]
    assert lists.ids("others") == [1, 2, 3, 4, 5, 6]
    lists.wrong = {}
    assert lists.load(schema_contract=contract) == {}
    assert lists.ids("items") == [1, 2, 3, 4, 5, 6]


def test_types_that_pages_later_make_one_are_no_violation(api: Api, duck: Warehouse) -> None:
    """The first page has whole numbers, the second fractions: one column, from the beginning."""
    pages = [[{"id": 1, "n": 1, "o": [{"x": 1}]}], [{"id": 2, "n": 1.5, "o": [{"x": 1.5}]}]]

    def answer(asked: Asked) -> Any:
        page = int(asked.params.get("page", 0))
        return {"data": pages[page], **({} if page else {"next": "/items?page=1"})}

    api.routes["/items"] = answer
    frozen = items(paginator=LINKED) | {"schema_contract": {"data_type": "freeze"}}
    report = duck.load(duck.connector(api.url, [frozen]))
    assert report.failed == {}
    assert duck.values("SELECT n FROM acme.items") == [1.0, 1.5]
    assert duck.values("SELECT x FROM acme.items__o") == [1.0, 1.5]


def test_a_new_table_may_have_what_columns_it_wants(api: Api, duck: Warehouse) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1}, {"id": 2, "later": {"x": 1}}]}
    frozen = items() | {"schema_contract": {"columns": "freeze", "data_type": "freeze"}}
    assert duck.load(duck.connector(api.url, [frozen])).failed == {}
    assert duck.values("SELECT later__x FROM acme.items WHERE id = 2") == [1]

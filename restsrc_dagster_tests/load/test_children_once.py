"""A parent that comes twice has its children once; what hangs on a vanished one vanishes."""

from typing import Any

import pytest

from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Api, Asked
from restsrc_dagster_tests.support.connectors import items

PAGED = {"type": "page_number", "base_page": 1, "total_path": None}
CURSOR = {"cursor_path": "at", "initial_value": 0, "start_param": "since"}
NOTES = items("notes", path="orders/{resources.orders.customer}/notes")
DISPOSITIONS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "append": {"write_disposition": "append"},
    "key": {"primary_key": "n"},
}


def orders(api: Api, pages: list[list[dict[str, Any]]]) -> None:
    """Their pages, and two notes of each customer."""

    def page(asked: Asked) -> Any:
        number = int(asked.params["page"]) - 1
        return {"data": pages[number] if number < len(pages) else []}

    api.routes["/orders"] = page
    for customer in {record["customer"] for page in pages for record in page}:
        api.routes[f"/orders/{customer}/notes"] = lambda _, customer=customer: {
            "data": [{"n": 10 * int(customer) + one} for one in (1, 2)]
        }


@pytest.mark.parametrize("disposition", DISPOSITIONS.values(), ids=DISPOSITIONS)
@pytest.mark.parametrize(
    ("below", "split", "commit"),
    [(False, 1, 1), (True, 1, 1), (True, 2, 500_000)],
    ids=["in chunks", "in chunks, below a cursor", "at once, below a cursor"],
)
def test_two_orders_of_one_customer(
    api: Api,
    duck: Warehouse,
    commit: int,
    disposition: dict[str, Any],
    below: bool,
    split: int,
) -> None:
    object.__setattr__(duck.settings, "commit_after_records", commit)
    records = [{"id": one, "customer": 1 + one % 2, "at": one} for one in range(1, 5)]
    orders(api, [records[at : at + split] for at in range(0, 4, split)])
    endpoint = {"incremental": CURSOR} if below else {}
    top = {**items("orders", paginator=PAGED, **endpoint), "primary_key": "id"}
    acme = duck.connector(api.url, [top, {**NOTES, **disposition}])
    report = duck.load(acme)
    assert not report.failed
    assert duck.values("SELECT n FROM acme.notes") == [11, 12, 21, 22]


@pytest.mark.parametrize("split", [1, 4])
def test_a_parent_that_is_a_number_here_and_a_text_there(
    api: Api, duck: Warehouse, split: int
) -> None:
    records: list[dict[str, Any]] = [{"customer": one} for one in (1, "1", 2, "2")]
    orders(api, [records[at : at + split] for at in range(0, 4, split)])
    notes = {**NOTES, "write_disposition": "append"}
    assert not duck.load(duck.connector(api.url, [items("orders", paginator=PAGED), notes])).failed
    assert duck.values("SELECT n FROM acme.notes") == [11, 12, 21, 22]


def test_a_field_of_the_childs_own_is_not_overwritten(api: Api, duck: Warehouse) -> None:
    orders(api, [[{"id": 7, "customer": 1}]])
    notes = {**NOTES, "include_from_parent": ["id"]}
    acme = duck.connector(api.url, [items("orders", paginator=PAGED), notes])

    def given(record: dict[str, Any]) -> str:
        api.routes["/orders/1/notes"] = lambda _: {"data": [{"n": 1}, record]}
        return str(duck.load(acme).failed.get("notes", ""))

    assert given({"n": 2, "_orders_id": 8}) == (
        "notes: records have a field _orders_id of their own, which include_from_parent would "
        "overwrite: copy another field than id, or give 'orders' another name"
    )
    assert not given({"n": 2, "_orders_id": 7})
    assert not given({"n": 2, "of": {"_orders_id": 8}})


def test_lists_within_records(api: Api, duck: Warehouse) -> None:
    """Several lines of one order are parents; the same product stands in two of them."""
    lines = [{"lines": [{"customer": 1, "q": 1}, {"customer": 2, "q": 2}, {"customer": 1, "q": 3}]}]
    api.routes["/orders"] = lambda _: {"data": lines}
    for customer in (1, 2):
        api.routes[f"/orders/{customer}/notes"] = lambda _, customer=customer: {
            "data": [{"n": 10 * customer}]
        }
    top = {**items("orders"), "processing_steps": [{"yield_map": "lines"}]}
    acme = duck.connector(api.url, [top, {**NOTES, "write_disposition": "append"}])
    duck.load(acme)
    assert duck.values("SELECT n FROM acme.notes") == [10, 20]
    assert duck.values("SELECT q FROM acme.orders") == [1, 2, 3]


class Tree:
    """A post, its comments, and votes below these; the post hangs on a cursor."""

    def __init__(self, api: Api) -> None:
        self.post = {"id": 1, "at": 1}
        self.comments = {11: [111, 112], 12: [121]}
        api.routes["/posts"] = lambda _: {"data": [self.post]}
        api.routes["/posts/1/comments"] = lambda _: {"data": [{"id": one} for one in self.comments]}
        for comment in self.comments:
            api.routes[f"/comments/{comment}/votes"] = lambda _, comment=comment: {
                "data": [{"v": one} for one in self.comments.get(comment, [])]
            }


TREE = [
    {**items("posts", incremental=CURSOR), "primary_key": "id"},
    items("comments", path="posts/{resources.posts.id}/comments"),
    items("votes", path="comments/{resources.comments.id}/votes"),
]


def test_grandchildren_vanish_with_the_child(api: Api, warehouse: Warehouse) -> None:
    tree = Tree(api)
    acme = warehouse.connector(api.url, TREE)
    warehouse.load(acme)
    assert warehouse.values("SELECT v FROM acme.votes") == [111, 112, 121]
    del tree.comments[11]
    tree.post["at"] = 2
    warehouse.load(acme)
    assert warehouse.values("SELECT id FROM acme.comments") == [12]
    assert warehouse.values("SELECT v FROM acme.votes") == [121]
    tree.comments.clear()
    tree.post["at"] = 3
    warehouse.load(acme)
    assert not warehouse.values("SELECT id FROM acme.comments")
    assert not warehouse.values("SELECT v FROM acme.votes")


@pytest.mark.parametrize("selected", [["posts"], ["comments"], ["votes"]], ids=str)
def test_whatever_of_them_is_selected(api: Api, duck: Warehouse, selected: list[str]) -> None:
    tree = Tree(api)
    acme = duck.connector(api.url, TREE)
    duck.load(acme)
    del tree.comments[11]
    tree.post["at"] = 2
    duck.load(acme, *selected)
    assert duck.values("SELECT v FROM acme.votes") == [121]

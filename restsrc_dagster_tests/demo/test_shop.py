from datetime import timedelta
from itertools import pairwise

import pytest

from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster.demo.data import Record
from restsrc_dagster.demo.shop import CUSTOMERS, SUBSCRIPTIONS, TICK, Collection, Shop
from restsrc_dagster_tests.demo.conftest import NOON, Clock

EVERYTHING = 1_000_000
LISTS = ("customers", "invoices", "subscriptions")


def records(shop: Shop, resource: str, since: str = "") -> list[Record]:
    page = shop.page(resource, limit=EVERYTHING, since=since)
    assert page is not None
    return page.records


def payments(shop: Shop, parent: str, parent_id: str) -> list[Record]:
    page = shop.payments_page(parent, parent_id, limit=EVERYTHING)
    assert page is not None
    return page.records


def test_there_is_enough_of_everything(shop: Shop) -> None:
    assert len(records(shop, "customers")) == CUSTOMERS >= 5000
    assert len(records(shop, "invoices")) >= 8000
    assert len(records(shop, "subscriptions")) == SUBSCRIPTIONS


@pytest.mark.parametrize("resource", LISTS)
def test_no_moment_lies_in_the_future_or_before_its_beginning(shop: Shop, resource: str) -> None:
    now = "2026-11-23T12:00:00Z"
    for record in records(shop, resource):
        moments = [value for key, value in record.items() if key.endswith("_at") and value]
        assert all(len(moment) == len(now) and moment <= now for moment in moments)
        assert record["updated_at"] >= record.get("created_at", record.get("started_at", ""))


def test_emails_belong_to_people_at_companies(shop: Shop) -> None:
    for customer in records(shop, "customers"):
        assert customer["email"].isascii()
        assert customer["email"].endswith(".example")
        assert customer["address"]["city"] == customer["city"]


def test_an_invoice_is_the_sum_of_its_items_and_of_a_known_customer(shop: Shop) -> None:
    customers = {customer["id"] for customer in records(shop, "customers")}
    for invoice in records(shop, "invoices"):
        total = sum(item["quantity"] * item["unit_price"] for item in invoice["line_items"])
        assert invoice["amount"] == pytest.approx(total)
        assert isinstance(invoice["amount"], float)
        assert invoice["customer_id"] in customers


def test_a_paid_invoice_has_one_payment_and_an_open_one_has_none(shop: Shop) -> None:
    for invoice in records(shop, "invoices"):
        paid = payments(shop, "invoices", invoice["id"])
        assert [payment["amount"] for payment in paid] == (
            [invoice["amount"]] if invoice["status"] == "paid" else []
        )


def test_every_subscription_has_a_few_payments_of_its_own(shop: Shop) -> None:
    for subscription in records(shop, "subscriptions"):
        paid = payments(shop, "subscriptions", subscription["id"])
        assert 2 <= len(paid) <= 7
        assert {payment["subscription_id"] for payment in paid} == {subscription["id"]}


def test_the_same_opening_gives_the_same_shop(living_shop: Shop, clock: Clock) -> None:
    one = living_shop
    clock.now += timedelta(minutes=7)
    records(one, "customers")
    clock.now += timedelta(minutes=7)
    other = Shop(opened_at=NOON, clock=clock)
    assert [records(one, name) for name in LISTS] == [records(other, name) for name in LISTS]


def test_the_shop_lives_while_one_watches(living_shop: Shop, clock: Clock) -> None:
    shop = living_shop
    before = {name: records(shop, name) for name in LISTS}
    clock.now += TICK - timedelta(seconds=1)
    assert {name: records(shop, name) for name in LISTS} == before
    clock.now += timedelta(seconds=1)
    assert 1 <= len(records(shop, "customers", since="2026-11-23T12:00:10Z")) <= 2
    assert 2 <= len(records(shop, "invoices", since="2026-11-23T12:00:10Z")) <= 3
    clock.now = NOON + timedelta(minutes=1)
    assert len(records(shop, "customers")) == len(before["customers"]) + 2
    assert len(records(shop, "subscriptions", since="2026-11-23T12:01:00Z")) == 1


def test_a_record_changes_only_together_with_its_updated_at(
    living_shop: Shop, clock: Clock
) -> None:
    shop = living_shop
    for _ in range(5):
        before = {record["id"]: record for name in LISTS for record in records(shop, name)}
        asked_at = clock.now
        clock.now += timedelta(minutes=3)
        for record in (record for name in LISTS for record in records(shop, name)):
            if before.get(record["id"]) != record:
                assert asked_at < parse_time(record["updated_at"]) <= clock.now


def test_hours_pass_in_a_moment_and_records_stay_believable(
    living_shop: Shop, clock: Clock
) -> None:
    shop = living_shop
    clock.now += timedelta(hours=6)
    invoices = records(shop, "invoices")
    assert len({invoice["id"] for invoice in invoices}) == len(invoices)
    assert {invoice["status"] for invoice in invoices} >= {"draft", "open", "overdue", "paid"}


def test_pages_pass_nothing_over_and_repeat_nothing() -> None:
    same_time = [{"id": f"{n}", "updated_at": f"2026-01-0{1 + n // 4}T00:00:00Z"} for n in range(9)]
    collection, seen, after = Collection(same_time), [], None
    while True:
        page = collection.page(limit=2, after=after)
        seen += [record["id"] for record in page.records]
        after = page.after
        if after is None:
            break
    assert seen == [str(n) for n in range(9)]


def test_a_record_that_changes_between_two_pages_comes_again_at_the_end() -> None:
    collection = Collection(
        {"id": name, "updated_at": f"2026-01-0{n}"} for n, name in enumerate("abcd", 1)
    )
    first = collection.page(limit=2)
    collection.put({"id": "a", "updated_at": "2026-01-09"})
    collection.put({"id": "c", "updated_at": "2026-01-08"})
    rest = collection.page(limit=9, after=first.after)
    assert [record["id"] for record in rest.records] == ["d", "c", "a"]
    assert all(one["updated_at"] < two["updated_at"] for one, two in pairwise(rest.records))

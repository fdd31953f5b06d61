from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from restsrc_dagster.demo import DemoApi, Shop
from restsrc_dagster.demo.data import Record
from restsrc_dagster_tests.demo.conftest import Clock

TOKEN = "token-of-the-test"


class Client:
    """One keep-alive connection to an API, with its token."""

    def __init__(self, api: DemoApi, session: requests.Session) -> None:
        self.api, self.session = api, session
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {TOKEN}"

    def get(self, path: str, **params: Any) -> requests.Response:
        return self.session.get(f"{self.api.base_url}/{path}", params=params, timeout=10)

    def pages(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        body = self.get(path, **params).json()
        yield body
        while body["paging"]["next"]:
            body = self.session.get(body["paging"]["next"], timeout=10).json()
            yield body

    def records(self, path: str, **params: Any) -> list[Record]:
        return [record for page in self.pages(path, **params) for record in page["data"]]


@pytest.fixture(scope="module")
def client(shop: Shop) -> Iterator[Client]:
    """Never throttled."""
    with DemoApi(shop, token=TOKEN, throttle_every=None) as api, requests.Session() as session:
        yield Client(api, session)


@pytest.mark.parametrize("authorization", [None, "", "Bearer wrong", TOKEN, f"bearer-{TOKEN}"])
def test_without_the_token_nobody_comes_in(client: Client, authorization: str | None) -> None:
    response = requests.get(
        f"{client.api.base_url}/customers", headers={"Authorization": authorization}, timeout=10
    )
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.json()["error"]["code"] == "unauthorized"


@pytest.mark.parametrize(
    "path",
    ["", "orders", "customers/", "customers/cus_000001/payments", "invoices/nil/payments", "../v2"],
)
def test_what_is_not_there_is_404(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    "params",
    [
        {"limit": "0"},
        {"limit": "251"},
        {"limit": "many"},
        {"limit": "²"},
        {"updated_since": "yesterday"},
        {"updated_since": "0001-01-01T00:00:00+14:00"},
        {"cursor": "x"},
        {"cursor": "é"},
        {"cursor": "W10"},
    ],
)
def test_a_query_that_means_nothing_is_400(client: Client, params: dict[str, str]) -> None:
    response = client.get("customers", **params)
    assert response.status_code == 400
    assert next(iter(params)) in response.json()["error"]["message"]


def test_another_method_is_refused_in_json(client: Client) -> None:
    response = client.session.put(f"{client.api.base_url}/customers", json={}, timeout=10)
    assert response.status_code == 501
    assert response.json()["error"]["code"] == "not_implemented"


def test_all_pages_together_hold_every_customer_once(client: Client) -> None:
    pages = list(client.pages("customers", limit=250))
    ids = [record["id"] for page in pages for record in page["data"]]
    assert len(pages) >= 20
    assert len(ids) == len(set(ids)) == pages[0]["paging"]["total"] == pages[-1]["paging"]["total"]


def test_records_come_in_the_order_of_their_change(client: Client) -> None:
    keys = [(r["updated_at"], r["id"]) for r in client.records("invoices", limit=250)]
    assert keys == sorted(keys)


def test_updated_since_is_inclusive_and_holds_on_every_page(client: Client) -> None:
    everything = client.records("customers", limit=250)
    since = everything[-600]["updated_at"]
    expected = [record for record in everything if record["updated_at"] >= since]
    assert client.records("customers", updated_since=since) == expected
    page = client.get("customers", updated_since=since).json()
    assert page["paging"]["total"] == len(expected) >= 600
    assert "limit=100" in page["paging"]["next"]


@pytest.mark.parametrize(
    ("since", "first"),
    [
        ("2026-11-23T11:00:00Z", "2026-11-23T11:00:00Z"),
        ("2026-11-23T16:00:00+05:00", "2026-11-23T11:00:00Z"),
        ("2026-11-23T11:00:00", "2026-11-23T11:00:00Z"),
        ("2026-11-23T10:59:59.001Z", "2026-11-23T11:00:00Z"),
    ],
)
def test_updated_since_may_be_written_in_many_ways(client: Client, since: str, first: str) -> None:
    assert client.records("invoices", updated_since=since) == [
        record for record in client.records("invoices", limit=250) if record["updated_at"] >= first
    ]


def test_payments_are_read_below_their_parent(client: Client) -> None:
    for subscription in client.records("subscriptions"):
        payments = client.records(f"subscriptions/{subscription['id']}/payments", limit=3)
        assert payments
        for payment in payments:
            assert payment["subscription_id"] == subscription["id"]
            assert payment in client.records(f"invoices/{payment['invoice_id']}/payments")


def test_paging_stays_whole_while_records_change_under_it() -> None:
    shop = Shop(clock=Clock(step=timedelta(seconds=15)))
    before = shop.page("customers", limit=10_000)
    assert before is not None
    with DemoApi(shop, token=TOKEN, throttle_every=None) as api, requests.Session() as session:
        read = Client(api, session).records("customers", limit=250)
    latest = {record["id"]: record for record in read}
    assert {record["id"] for record in before.records} <= set(latest)
    assert len(read) > len(latest) > len(before.records)  # changed ones twice, and new ones
    after = shop.page("customers", limit=10_000)
    assert after is not None
    stale = [record for record in after.records if latest.get(record["id"]) != record]
    assert len(stale) <= 5  # only what changed after the last page was read


def test_every_so_many_requests_one_is_told_to_wait(shop: Shop) -> None:
    with DemoApi(shop, token=TOKEN, throttle_every=3) as api, requests.Session() as session:
        client = Client(api, session)
        responses = [client.get("subscriptions") for _ in range(7)]
    assert [response.status_code for response in responses] == [200, 200, 429, 200, 200, 429, 200]
    assert responses[2].headers["Retry-After"] == "1"
    assert responses[2].json()["error"]["code"] == "rate_limited"


def test_a_first_read_takes_few_requests(client: Client) -> None:
    lists = ("customers", "invoices", "subscriptions")
    requests_needed = sum(len(list(client.pages(name, limit=250))) for name in lists)
    assert requests_needed + len(client.records("subscriptions")) < 150


def test_connections_stay_open_and_nothing_is_printed(
    client: Client, capfd: pytest.CaptureFixture[str]
) -> None:
    response = client.get("customers", limit=1)
    assert response.raw.version == 11
    assert response.headers.get("Connection") != "close"
    assert int(response.headers["Content-Length"]) == len(response.content)
    assert capfd.readouterr() == ("", "")


def test_outside_of_with_it_has_no_address_and_a_taken_port_is_an_error(
    client: Client, shop: Shop
) -> None:
    with pytest.raises(RuntimeError, match="not serving"):
        _ = DemoApi(shop).base_url
    with pytest.raises(OSError, match="in use"), DemoApi(shop, port=client.api.port):
        pass

"""Shopify's REST Admin API, `GET /admin/api/{version}/orders.json` and `customers.json`.

The `Link` header names the next page by `page_info`; "a request that includes the page_info
parameter can't include any other parameters except for limit" and `fields`. Without links, a list
goes on after `since_id`. 250 of a page at most. Times are local, with their offset. The leaky
bucket answers 429 with `Retry-After: 2.0`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar

from restsrc_dagster_tests.apis.mock import (
    SOON,
    Mock,
    Record,
    Rows,
    day,
    endpoint,
    here,
    refused,
    rows,
)
from restsrc_dagster_tests.support.api import Answer, Asked

EVER = "1970-01-01T00:00:00Z"
SUMMER, WINTER = timezone(timedelta(hours=-4)), timezone(timedelta(hours=-5))


def _order(number: int, changed: float, status: str, zone: timezone = WINTER) -> Record:
    at = (day(1) + timedelta(days=changed - 1)).astimezone(zone)
    return {"id": number, "financial_status": status, "updated_at": at.isoformat()}


class Shopify(Mock):
    host = "acme.myshopify.com"
    environment: ClassVar = {"SHOPIFY_TOKEN": "shpat_1"}
    requests = (7, 6)
    refusals: ClassVar = {
        "pages of 500": (
            lambda content: endpoint(content)["params"].update(limit=500),
            "must be at most 250",
        ),
    }

    def __init__(self) -> None:
        self._orders = [_order(number, number, "pending") for number in range(1, 6)]
        self._customers = [{"id": 10 * n, "email": f"{n}@example.com"} for n in range(1, 5)]
        self._refuse_once = True

    def later(self) -> None:
        self._orders[0] = _order(1, 5.01, "paid", SUMMER)
        self._orders.append(_order(6, 6, "pending"))
        self._customers[0]["email"] = "changed@example.com"
        self._customers.append({"id": 50, "email": "5@example.com"})

    def tables(self) -> Mapping[str, Rows]:
        return {
            "orders: id, financial_status": rows(self._orders, "id", "financial_status"),
            "customers: id, email": rows(self._customers, "id", "email"),
        }

    def __call__(self, asked: Asked) -> Any:
        if asked.headers.get("X-Shopify-Access-Token") != "shpat_1":
            return refused(401, {"errors": "[API] Invalid API key or access token"})
        limit = int(asked.params.get("limit", 50))
        if limit > 250:
            return refused(400, {"errors": {"limit": "must be at most 250"}})
        if asked.path.endswith("customers.json"):
            since = int(asked.params.get("since_id", 0))
            return {"customers": [one for one in self._customers if one["id"] > since][:limit]}
        return self._listed(asked, limit)

    def _listed(self, asked: Asked, limit: int) -> Any:
        token = asked.params.get("page_info")
        if token and not asked.params.keys() <= {"limit", "page_info", "fields"}:
            told = "status cannot be passed when page_info is present."
            return refused(400, {"errors": {"status": told}})
        if token and self._refuse_once:
            self._refuse_once = False
            return refused(429, {"errors": "Exceeded 2 calls per second"}, **SOON)
        since, _, begin = (token or f"{asked.params.get('updated_at_min', EVER)}|0").partition("|")
        found = sorted(
            (one for one in self._orders if _changed(one) >= datetime.fromisoformat(since)),
            key=_changed,
        )
        end = int(begin) + limit
        links = []
        if int(begin):
            links.append(_link(asked, limit, f"{since}|{int(begin) - limit}", "previous"))
        if end < len(found):
            links.append(_link(asked, limit, f"{since}|{end}", "next"))
        headers = {"Link": ", ".join(links)} if links else {}
        return Answer({"orders": found[int(begin) : end]}, headers=headers)


def _changed(one: Record) -> datetime:
    return datetime.fromisoformat(one["updated_at"])


def _link(asked: Asked, limit: int, token: str, relation: str) -> str:
    return f'<{here(asked, limit=limit, page_info=token)}>; rel="{relation}"'

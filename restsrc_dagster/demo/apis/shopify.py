"""Shopify's REST Admin API, `GET /admin/api/{version}/orders.json` and so on.

The `Link` header names the next page by `page_info`; "a request that includes the page_info
parameter can't include any other parameters except for limit" and `fields`. 250 of a page at most.
Times are local, with their offset; `updated_at_min` filters orders "at or after" it, all else
"after" it. Orders that are closed come with `status=any`. The leaky bucket answers 429 with
`Retry-After: 2.0`.
"""

from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar

from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster.demo.apis.known import Kind, Known, Make, public
from restsrc_dagster.demo.apis.mock import SOON, ago, here, iso, refused
from restsrc_dagster.demo.apis.server import Answer, Asked
from restsrc_dagster.json_types import Record

EVER = "1970-01-01T00:00:00Z"
SUMMER, WINTER = timezone(timedelta(hours=-4)), timezone(timedelta(hours=-5))


def _changed(title: str) -> Make:
    def make(number: int, changed: datetime, text: str) -> Record:
        zone = SUMMER if number % 2 else WINTER
        return {"id": number + 1, title: text, "updated_at": changed.astimezone(zone).isoformat()}

    return make


def _transaction(number: int, _: datetime, text: str) -> Record:
    """Of the order that changes, but for the next one: of the order that is new."""
    return {"id": number, "status": text, "order_id": 1 if number < 4 else 61}


def _location(number: int, _: datetime, text: str) -> Record:
    return {"id": number, "name": text}


def _level(number: int, changed: datetime, _text: str) -> Record:
    level = {"inventory_item_id": number, "location_id": number % 2, "available": number}
    return {**level, "updated_at": iso(changed)}


class Shopify(Known):
    host = "${SHOPIFY_SHOP}.myshopify.com"
    environment: ClassVar = {
        "SHOPIFY_SHOP": "acme",
        "SHOPIFY_TOKEN": "shpat_1",
        "SHOPIFY_SINCE": iso(ago(90)),
    }
    kinds: ClassVar = {
        "orders": Kind(_changed("financial_status"), ("id", "financial_status"), 60),
        "transactions": Kind(_transaction, ("id", "status"), 4, None),
        "customers": Kind(_changed("email"), ("id", "email")),
        "products": Kind(_changed("title"), ("id", "title")),
        "custom_collections": Kind(_changed("title"), ("id", "title")),
        "smart_collections": Kind(_changed("title"), ("id", "title")),
        "draft_orders": Kind(_changed("name")),
        "abandoned_checkouts": Kind(_changed("token"), ("id", "token")),
        "locations": Kind(_location, count=2, changes=None),
        "inventory_levels": Kind(_level, ("inventory_item_id", "available"), 105),
    }

    def __init__(self) -> None:
        super().__init__()
        self._refuse_once = True

    def __call__(self, asked: Asked) -> Any:
        if asked.headers.get("X-Shopify-Access-Token") != "shpat_1":
            return refused(401, {"errors": "[API] Invalid API key or access token"})
        limit = int(asked.params.get("limit", 50))
        if limit > 250:
            return refused(400, {"errors": {"limit": "must be at most 250"}})
        match asked.path.removeprefix("/admin/api/2026-04/").removesuffix(".json").split("/"):
            case ["orders", order, "transactions"]:
                found = [one for one in self.held["transactions"] if one["order_id"] == int(order)]
                return {"transactions": found}
            case ["locations"]:
                return {"locations": self.held["locations"]}
            case ["checkouts"]:
                return self._listed("abandoned_checkouts", "checkouts", asked, limit)
            case [name] if name in self.held:
                return self._listed(name, name, asked, limit)
        return refused(404, {"errors": "Not Found"})

    def _listed(self, name: str, selector: str, asked: Asked, limit: int) -> Any:
        token = asked.params.get("page_info")
        if token and not asked.params.keys() <= {"limit", "page_info", "fields"}:
            told = "status cannot be passed when page_info is present."
            return refused(400, {"errors": {"status": told}})
        if token and self._refuse_once:
            self._refuse_once = False
            return refused(429, {"errors": "Exceeded 2 calls per second"}, **SOON)
        where = f"{asked.params.get('updated_at_min', EVER)}|{asked.params.get('location_ids', '')}"
        where, _, begin = (token or f"{where}#0").rpartition("#")
        found, end = self._found(name, where, asked), int(begin) + limit
        links = []
        if int(begin):
            links.append(_link(asked, limit, f"{where}#{int(begin) - limit}", "previous"))
        if end < len(found):
            links.append(_link(asked, limit, f"{where}#{end}", "next"))
        headers = {"Link": ", ".join(links)} if links else {}
        return Answer({selector: found[int(begin) : end]}, headers=headers)

    def _found(self, name: str, where: str, asked: Asked) -> list[Record]:
        since, _, location = where.partition("|")
        start = parse_time(since)
        found = [one for one in self.held[name] if _time(one) > start or _at(name, one, start)]
        if name == "orders" and "page_info" not in asked.params:
            found = found if asked.params.get("status") == "any" else found[:1]
        if location:
            found = [one for one in found if one["location_id"] == int(location)]
        return [public(one) for one in found]


def _time(one: Record) -> datetime:
    return parse_time(one["updated_at"])


def _at(name: str, one: Record, start: datetime) -> bool:
    return name == "orders" and _time(one) == start


def _link(asked: Asked, limit: int, token: str, relation: str) -> str:
    return f'<{here(asked, limit=limit, page_info=token)}>; rel="{relation}"'

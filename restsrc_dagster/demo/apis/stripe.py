"""Stripe's lists, `GET /v1/charges` and so on.

`has_more`, and the id of the last object as `starting_after`; newest first; `created[gte]` and
`created[lte]` filter; 100 of a page at most; a parameter that it does not know is refused, and 429
is told without a time to wait. Subscriptions that are cancelled come with `status=all` alone, and
prices that are not active with `active=false`.
"""

from datetime import datetime
from typing import Any, ClassVar

from restsrc_dagster.demo.apis.known import Kind, Known, Make, since
from restsrc_dagster.demo.apis.mock import ago, bearer, epoch, refused
from restsrc_dagster.demo.apis.server import Asked
from restsrc_dagster.json_types import Record

PATHS = {"checkout/sessions": "checkout_sessions", "invoiceitems": "invoice_items"}
KNOWN = {"limit", "starting_after", "ending_before", "created[gte]", "created[lte]", "customer"}
MORE = {"subscriptions": {"status"}, "prices": {"active"}}


def _object(kind: str, prefix: str) -> Make:
    def make(number: int, created: datetime, text: str) -> Record:
        return {
            "id": f"{prefix}_{number:04}",
            "object": kind,
            "description": text,
            "created": epoch(created),
            "livemode": True,
            "metadata": {},
        }

    return make


def _price(number: int, created: datetime, text: str) -> Record:
    """The oldest one, and the one that changes, are not active, or no longer."""
    active = number > 0 and text != "changed"
    return {**_object("price", "price")(number, created, text), "active": active}


def _created(kind: str, prefix: str, count: int = 3) -> Kind:
    return Kind(_object(kind, prefix), ("id", "description"), count, "newest")


class Stripe(Known):
    host = "api.stripe.com"
    environment: ClassVar = {"STRIPE_API_KEY": "t0ken", "STRIPE_SINCE": str(epoch(ago(60)))}
    kinds: ClassVar = {
        "customers": _created("customer", "cus", 230),
        "products": _created("product", "prod"),
        "prices": Kind(_price, ("id", "description", "active"), 3, "newest"),
        "coupons": _created("coupon", "co"),
        "promotion_codes": _created("promotion_code", "promo"),
        "subscriptions": _created("subscription", "sub"),
        "charges": _created("charge", "ch", 210),
        "payment_intents": _created("payment_intent", "pi"),
        "refunds": _created("refund", "re"),
        "disputes": _created("dispute", "dp"),
        "invoices": _created("invoice", "in", 100),
        "invoice_items": _created("invoiceitem", "ii"),
        "credit_notes": _created("credit_note", "cn"),
        "checkout_sessions": _created("checkout.session", "cs"),
        "balance_transactions": _created("balance_transaction", "txn"),
        "payouts": _created("payout", "po"),
        "events": Kind(_object("event", "evt"), ("id", "description"), 120, None),
    }

    def __call__(self, asked: Asked) -> Any:
        if not bearer(asked):
            return _invalid("Invalid API Key provided", 401)
        path = asked.path.removeprefix("/v1/")
        name = PATHS.get(path, path)
        if name not in self.held:
            return _invalid(f"Unrecognized request URL (GET: {asked.path}).", 404)
        known = KNOWN | MORE.get(name, set())
        for unknown in asked.params.keys() - known:
            return _invalid(f"Received unknown parameter: {unknown}")
        limit = int(asked.params.get("limit", 10))
        if limit > 100:
            return _invalid(
                f"This value must be less than or equal to 100 (it currently is '{limit}')."
            )
        return self._page(asked, self._listed(name, asked), limit)

    def _listed(self, name: str, asked: Asked) -> list[Record]:
        """The objects of a range, newest first."""
        ends = (asked.params.get(f"created[{which}]") for which in ("gte", "lte"))
        found = since(self.held[name], "created", *(one and int(one) for one in ends))
        if name == "subscriptions" and asked.params.get("status") != "all":
            return found[:1]
        if name == "prices":
            active = asked.params.get("active", "true") == "true"
            found = [one for one in found if one["active"] == active]
        return found[::-1]

    def _page(self, asked: Asked, found: list[Record], limit: int) -> Any:
        begin = 0
        if after := asked.params.get("starting_after"):
            ids = [one["id"] for one in found]
            if after not in ids:
                return _invalid(f"No such object: '{after}'")
            begin = ids.index(after) + 1
        return {
            "object": "list",
            "url": asked.path,
            "has_more": len(found) > begin + limit,
            "data": found[begin : begin + limit],
        }


def _invalid(message: str, status: int = 400) -> Any:
    return refused(status, {"error": {"type": "invalid_request_error", "message": message}})

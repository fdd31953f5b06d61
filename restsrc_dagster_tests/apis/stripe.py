"""Stripe, `GET /v1/charges`.

`has_more`, and the id of the last object as `starting_after`; newest first; `created[gte]` filters;
100 of a page at most; a parameter that it does not know is refused.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from restsrc_dagster_tests.apis.mock import (
    Mock,
    Record,
    Rows,
    bearer,
    day,
    endpoint,
    epoch,
    refused,
    rows,
)
from restsrc_dagster_tests.support.api import Asked

KNOWN = {"limit", "starting_after", "ending_before", "created[gte]", "created[lte]", "customer"}


def _charge(number: int, created: int, refunded: bool = False) -> Record:
    return {
        "id": f"ch_{number}",
        "amount": 100 * number,
        "refunded": refunded,
        "created": epoch(day(created)),
    }


class Stripe(Mock):
    host = "api.stripe.com"
    environment: ClassVar = {"STRIPE_KEY": "t0ken"}
    requests = (4, 3)
    refusals: ClassVar = {
        "pages of 250": (
            lambda content: endpoint(content)["params"].update(limit=250),
            "This value must be less than or equal to 100 (it currently is",
        ),
        "an unknown parameter": (
            lambda content: endpoint(content)["params"].update(page=1),
            "Received unknown parameter: page",
        ),
    }

    def __init__(self) -> None:
        self._held = [_charge(number, number) for number in range(8, 1, -1)]

    def later(self) -> None:
        self._held[1] = _charge(7, 7, refunded=True)
        self._held.insert(0, _charge(9, 9))

    def tables(self) -> Mapping[str, Rows]:
        return {"charges: id, amount, refunded": rows(self._held, "id", "amount", "refunded")}

    def __call__(self, asked: Asked) -> Any:
        if not bearer(asked):
            return _invalid("Invalid API Key provided", 401)
        for unknown in asked.params.keys() - KNOWN:
            return _invalid(f"Received unknown parameter: {unknown}")
        limit = int(asked.params.get("limit", 10))
        if limit > 100:
            return _invalid(
                f"This value must be less than or equal to 100 (it currently is '{limit}')."
            )
        start = int(asked.params.get("created[gte]", 0))
        found = [one for one in self._held if one["created"] >= start]
        if after := asked.params.get("starting_after"):
            ids = [one["id"] for one in self._held]
            if after not in ids:
                return _invalid(f"No such charge: '{after}'")
            found = [one for one in found if ids.index(one["id"]) > ids.index(after)]
        return {
            "object": "list",
            "url": "/v1/charges",
            "has_more": len(found) > limit,
            "data": found[:limit],
        }


def _invalid(message: str, status: int = 400) -> Any:
    return refused(status, {"error": {"type": "invalid_request_error", "message": message}})

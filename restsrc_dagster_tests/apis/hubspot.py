"""HubSpot's search of contacts, `POST /crm/v3/objects/contacts/search`.

Pages of 200 at most, and "the search endpoints are limited to 10,000 total results for any given
query. Attempting to page beyond 10,000 will result in a 400 error". `total` announces all of them;
`paging.next.after` is missing on the last page. Times are sent in milliseconds.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from restsrc_dagster_tests.apis.mock import (
    Content,
    Mock,
    Record,
    Rows,
    ago,
    bearer,
    endpoint,
    epoch,
    refused,
)
from restsrc_dagster_tests.support.api import Asked

MOST = 10_000
"""Results of a search."""
CONTACTS = 10_400
STEP = 60_000
"""Milliseconds from a change to the next: the contacts fill a week."""


def _contact(number: int, changed: int, name: str) -> Record:
    at = f"{datetime.fromtimestamp(changed / 1000, UTC):%Y-%m-%dT%H:%M:%S}"
    at += f".{changed % 1000:03}Z"
    properties = {"firstname": name, "lastmodifieddate": at}
    return {"id": str(number), "properties": properties, "updatedAt": at}


def _without_windows(content: Content) -> None:
    del content["reading"]
    del endpoint(content)["json"]["filterGroups"][0]["filters"][1]


class HubSpot(Mock):
    host = "api.hubapi.com"
    environment: ClassVar = {"HUBSPOT_TOKEN": "t0ken"}
    requests = (100, 1)
    refusals: ClassVar = {
        "one search for everything": (
            _without_windows,
            "10,000",
        ),
        "pages of 500": (
            lambda content: endpoint(content)["json"].update(limit=500),
            "The limit must be at most 200",
        ),
    }

    def __init__(self) -> None:
        first = epoch(ago(9)) * 1000
        self._names = dict.fromkeys(range(CONTACTS), "Ada")
        self._by_change = [(first + number * STEP, number) for number in range(CONTACTS)]

    def later(self) -> None:
        latest = self._by_change[-1][0]
        self._by_change = [one for one in self._by_change if one[1] != 7]
        self._by_change += [(latest + 5, 7), (latest + 77_123, CONTACTS)]
        self._names |= {7: "Ben", CONTACTS: "Cy"}

    def tables(self) -> Mapping[str, Rows]:
        every = [(str(number), name) for number, name in self._names.items()]
        return {"contacts: id, properties__firstname": sorted(every)}

    def __call__(self, asked: Asked) -> Any:
        if not bearer(asked):
            return _error("Authentication credentials not found", 401)
        body = asked.json
        size, begin = body["limit"], int(body.get("after") or 0)
        if not 1 <= size <= 200:
            return _error("The limit must be at most 200")
        if begin + size > MOST:
            return _error("There is a limit of 10,000 total results for any given query")
        low, high = 0, 1 << 60
        for one in body["filterGroups"][0]["filters"]:
            if one["propertyName"] != "lastmodifieddate" or not one.get("value"):
                return _error("Invalid input JSON")
            match one["operator"]:
                case "GTE":
                    low = int(one["value"])
                case "LTE":
                    high = int(one["value"])
        found = [one for one in self._by_change if low <= one[0] <= high]
        page = [_contact(n, at, self._names[n]) for at, n in found[begin : begin + size]]
        answer: Record = {"total": len(found), "results": page}
        if begin + size < len(found):
            answer["paging"] = {"next": {"after": str(begin + size)}}
        return answer


def _error(message: str, status: int = 400) -> Any:
    return refused(status, {"status": "error", "message": message, "category": "VALIDATION_ERROR"})

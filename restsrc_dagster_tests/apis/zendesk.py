"""Zendesk's incremental exports, by time and by cursor.

`GET /api/v2/incremental/organizations.json?start_time=`: a page begins at `start_time` and ends
with the last second that it has begun, the next one begins at `end_time`, so that records come
twice; `next_page` is always there, `end_of_stream` tells the end. `tickets/cursor.json` gives an
`after_cursor`, which stands without `start_time`. A start in the last minute is refused. Records
are sorted by when the system touched them: a field of its own of tickets, `generated_timestamp`.
"""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from restsrc_dagster_tests.apis.mock import (
    Mock,
    Record,
    Rows,
    bearer,
    day,
    endpoint,
    epoch,
    here,
    iso,
    refused,
    rows,
)
from restsrc_dagster_tests.support.api import Asked


def _ticket(number: int, touched: int, changed: int, status: str = "open") -> Record:
    at = iso(day(changed))
    return {
        "id": number,
        "status": status,
        "updated_at": at,
        "generated_timestamp": epoch(day(touched)),
    }


def _organization(number: int, changed: int, name: str) -> Record:
    return {"id": number, "name": name, "updated_at": iso(day(changed))}


class Zendesk(Mock):
    host = "acme.zendesk.com"
    environment: ClassVar = {"ZENDESK_TOKEN": "t0ken"}
    requests = (6, 3)
    refusals: ClassVar = {
        "a start that is now": (
            lambda content: endpoint(content)["incremental"].update(initial_value=4102444800),
            "StartTimeTooRecent",
        ),
        "a start beside the cursor": (
            lambda content: content["reading"]["tickets"].pop("first_page_only"),
            "InvalidPaginationParameter",
        ),
    }

    def __init__(self) -> None:
        self._tickets = [_ticket(n, n, n) for n in range(1, 6)]
        names = ["a", "b", "c", "d", "e"]
        days = [1, 2, 2, 3, 4]
        self._organizations = [
            _organization(n, at, name) for n, (at, name) in enumerate(zip(days, names, strict=True))
        ]

    def later(self) -> None:
        """The system closes ticket 2, which is no change of it."""
        self._tickets = [one for one in self._tickets if one["id"] != 2]
        self._tickets += [_ticket(6, 7, 7), _ticket(2, 8, 2, "closed")]
        self._organizations.append(_organization(9, 5, "new"))
        self._organizations.append(_organization(0, 6, "renamed"))
        del self._organizations[0]

    def tables(self) -> Mapping[str, Rows]:
        return {
            "tickets: id, status": rows(self._tickets, "id", "status"),
            "organizations: id, name": rows(self._organizations, "id", "name"),
        }

    def __call__(self, asked: Asked) -> Any:
        if not bearer(asked):
            return refused(401, {"error": "Couldn't authenticate you"})
        if {"start_time", "cursor"} <= asked.params.keys():
            return refused(400, {"error": "InvalidPaginationParameter"})
        if not {"start_time", "cursor"} & asked.params.keys():
            return refused(400, {"error": "start_time: is not present"})
        start = int(asked.params.get("start_time", 0))
        if start > time.time() - 60:
            description = f"Too recent start_time. Use a start_time older than 60 seconds: {start}"
            return refused(422, {"error": "StartTimeTooRecent", "description": description})
        if asked.path.endswith("/tickets/cursor.json"):
            return self._by_cursor(asked, start)
        return self._by_time(asked, start)

    def _by_cursor(self, asked: Asked, start: int) -> Any:
        start, begin = (int(p) for p in asked.params.get("cursor", f"{start}-0").split("-"))
        size = int(asked.params.get("per_page", 1000))
        found = [one for one in self._tickets if one["generated_timestamp"] >= start]
        page = found[begin : begin + size]
        after = f"{start}-{begin + len(page)}"
        return {
            "tickets": page,
            "after_cursor": after,
            "after_url": here(asked, cursor=after),
            "end_of_stream": begin + size >= len(found),
        }

    def _by_time(self, asked: Asked, start: int) -> Any:
        size = int(asked.params.get("per_page", 1000))
        found = [one for one in self._organizations if _seconds(one) >= start]
        last = _seconds(found[:size][-1]) if found else start
        page = [one for one in found if _seconds(one) <= last]
        return {
            "organizations": page,
            "count": len(page),
            "end_time": last,
            "next_page": here(asked, start_time=last, per_page=size),
            "end_of_stream": len(page) < size or len(page) == len(found),
        }


def _seconds(one: Record) -> int:
    return epoch(datetime.fromisoformat(one["updated_at"]))

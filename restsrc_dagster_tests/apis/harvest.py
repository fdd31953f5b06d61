"""Harvest, `GET /v2/time_entries`.

Every request needs `Harvest-Account-Id` and a `User-Agent`; `updated_since` filters; a page has
2000 at most; `links.next` is the full address of the next page, or null.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from restsrc_dagster.demo.apis.mock import Rows, bearer, day, here, iso, refused, rows
from restsrc_dagster.json_types import Record
from restsrc_dagster_tests.apis.mock import Mock, endpoint
from restsrc_dagster_tests.support.api import Asked


def _entry(number: int, changed: int, hours: float) -> Record:
    client = {"id": number % 2, "name": f"client {number % 2}"}
    return {"id": number, "hours": hours, "client": client, "updated_at": iso(day(changed))}


class Harvest(Mock):
    host = "api.harvestapp.com"
    environment: ClassVar = {"HARVEST_TOKEN": "t0ken", "HARVEST_ACCOUNT_ID": "42"}
    requests = (3, 2)
    refusals: ClassVar = {
        "no account": (
            lambda content: content["configuration"]["client"].pop("headers"),
            "Harvest-Account-Id header is required",
        ),
        "pages of 5000": (
            lambda content: endpoint(content)["params"].update(per_page=5000),
            "per_page must be between 1 and 2000",
        ),
    }

    def __init__(self) -> None:
        self._held = [_entry(number, number, 1.5) for number in range(1, 6)]

    def later(self) -> None:
        self._held[1] = _entry(2, 7, 8.0)
        self._held.append(_entry(6, 6, 4.0))

    def tables(self) -> Mapping[str, Rows]:
        return {"time_entries: id, hours": rows(self._held, "id", "hours")}

    def __call__(self, asked: Asked) -> Any:
        if not bearer(asked) or asked.headers.get("Harvest-Account-Id") != "42":
            return refused(401, {"error_description": "Harvest-Account-Id header is required"})
        if not asked.headers.get("User-Agent"):
            return refused(400, {"message": "User-Agent is required"})
        size = int(asked.params.get("per_page", 2000))
        if not 1 <= size <= 2000:
            return refused(422, {"message": "per_page must be between 1 and 2000"})
        since = asked.params.get("updated_since", "")
        found = sorted(
            (one for one in self._held if one["updated_at"] >= since), key=lambda one: -one["id"]
        )
        page = int(asked.params.get("page", 1))
        more = len(found) > page * size
        params = dict(asked.params) | {"page": page + 1}
        return {
            "time_entries": found[(page - 1) * size : page * size],
            "per_page": size,
            "total_pages": -(-len(found) // size),
            "total_entries": len(found),
            "page": page,
            "next_page": page + 1 if more else None,
            "links": {"first": here(asked), "next": here(asked, **params) if more else None},
        }

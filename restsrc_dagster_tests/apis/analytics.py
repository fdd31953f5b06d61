"""Google Analytics 4, `POST /v1beta/properties/{id}:runReport`.

A report counts in days; `dateRanges` has a start and an end, both included; `limit` (250,000 at
most) and `offset` stand in the body, `rowCount` in the answer, which has no `rows` if there are
none. A row has values by position. What was counted may change for two days.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from restsrc_dagster.demo.apis.mock import Rows, ago, bearer, refused
from restsrc_dagster.json_types import Record
from restsrc_dagster_tests.apis.mock import Mock, endpoint
from restsrc_dagster_tests.support.api import Asked


class Analytics(Mock):
    host = "analyticsdata.googleapis.com"
    environment: ClassVar = {"GA4_TOKEN": "t0ken", "GA4_PROPERTY": "42"}
    requests = (80, 4)
    refusals: ClassVar = {
        "pages of a million": (
            lambda content: endpoint(content)["paginator"].update(limit=1_000_000),
            "limit must be at most 250000",
        ),
        "an unknown metric": (
            lambda content: endpoint(content)["json"].update(metrics=[{"name": "users"}]),
            "Field users is not a valid metric",
        ),
    }

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], int] = {}
        for days in (200, 199, 100, 2, 1):
            for country in ("France", "Italy", "Spain"):
                self._held[_date(days), country] = days

    def later(self) -> None:
        """The last days were not complete, and today has begun."""
        self._held[_date(1), "Italy"] = 41
        self._held[_date(2), "France"] = 7
        self._held[_date(3), "Italy"] = 8
        self._held[_date(0), "Italy"] = 5

    def tables(self) -> Mapping[str, Rows]:
        held = sorted((*key, users) for key, users in self._held.items())
        return {"visitors: date, country, users": held}

    def __call__(self, asked: Asked) -> Any:
        if not bearer(asked):
            return _error(401, "UNAUTHENTICATED", "Request had invalid credentials.")
        if asked.path != "/v1beta/properties/42:runReport":
            return _error(404, "NOT_FOUND", "Not found")
        body = asked.json
        limit, offset = int(body.get("limit", 10_000)), int(body.get("offset", 0))
        if limit > 250_000:
            return _error(400, "INVALID_ARGUMENT", "limit must be at most 250000")
        for metric in body["metrics"]:
            if metric["name"] != "activeUsers":
                told = f"Field {metric['name']} is not a valid metric."
                return _error(400, "INVALID_ARGUMENT", told)
        (dates,) = body["dateRanges"]
        start, end = (date.fromisoformat(dates[f"{which}Date"]) for which in ("start", "end"))
        found = [
            _row(*key, users)
            for key, users in sorted(self._held.items())
            if start <= date.fromisoformat(key[0]) <= end
        ]
        answer: Record = {
            "dimensionHeaders": [{"name": "date"}, {"name": "country"}],
            "metricHeaders": [{"name": "activeUsers", "type": "TYPE_INTEGER"}],
            "kind": "analyticsData#runReport",
        }
        if found:
            answer |= {"rowCount": len(found)}
            if rows := found[offset : offset + limit]:
                answer |= {"rows": rows}
        return answer


def _date(days: int) -> str:
    return f"{ago(days):%Y%m%d}"


def _row(date: str, country: str, users: int) -> Record:
    return {
        "dimensionValues": [{"value": date}, {"value": country}],
        "metricValues": [{"value": str(users)}],
    }


def _error(status: int, code: str, message: str) -> Any:
    return refused(status, {"error": {"code": status, "message": message, "status": code}})

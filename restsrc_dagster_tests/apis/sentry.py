"""Sentry's issues, `GET /api/0/organizations/{org}/issues/`.

The `Link` header has both directions on every page, also on the last one; `results` says whether
there is something behind the link. `query=lastSeen:>=…` filters; a page has 100 at most.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from restsrc_dagster.demo.apis.mock import Rows, bearer, day, here, iso, refused, rows
from restsrc_dagster.json_types import Record
from restsrc_dagster_tests.apis.mock import Mock, endpoint
from restsrc_dagster_tests.support.api import Answer, Asked


def _issue(number: int, seen: int, count: int) -> Record:
    return {"id": str(number), "count": str(count), "lastSeen": iso(day(seen))}


class Sentry(Mock):
    host = "sentry.io"
    environment: ClassVar = {"SENTRY_TOKEN": "t0ken", "SENTRY_ORG": "acme"}
    requests = (3, 2)
    refusals: ClassVar = {
        "a token that is not there": (
            lambda content: content["configuration"]["client"].pop("auth"),
            "Authentication credentials were not provided.",
        ),
        "a field that cannot be searched": (
            lambda content: endpoint(content)["params"].update(query="lastseen:>yesterday"),
            "Invalid date",
        ),
    }

    def __init__(self) -> None:
        self._held = [_issue(number, number, 1) for number in range(1, 7)]

    def later(self) -> None:
        self._held[0] = _issue(1, 8, 5)
        self._held[1] = _issue(2, 7, 3)
        self._held.append(_issue(7, 9, 1))

    def tables(self) -> Mapping[str, Rows]:
        return {"issues: id, count": rows(self._held, "id", "count")}

    def __call__(self, asked: Asked) -> Any:
        if not bearer(asked):
            return refused(401, {"detail": "Authentication credentials were not provided."})
        if asked.path != "/api/0/organizations/acme/issues/":
            return refused(404, {"detail": "The requested resource does not exist"})
        query = asked.params.get("query", "lastSeen:>=1970")
        field, _, since = query.partition(":>=")
        if field != "lastSeen" or not since:
            return refused(400, {"detail": "Invalid date"})
        found = sorted(
            (one for one in self._held if one["lastSeen"] >= since),
            key=lambda one: str(one["lastSeen"]),
            reverse=True,
        )
        size = int(asked.params.get("limit", 100))
        begin = int(asked.params.get("cursor", "0:0:0").split(":")[1]) * size
        links = [
            _link(asked, "previous", begin // size - 1, begin > 0),
            _link(asked, "next", begin // size + 1, begin + size < len(found)),
        ]
        return Answer(found[begin : begin + size], headers={"Link": ", ".join(links)})


def _link(asked: Asked, relation: str, page: int, results: bool) -> str:
    cursor = f"0:{page}:0"
    to = here(asked, **(dict(asked.params) | {"cursor": cursor}))
    return f'<{to}>; rel="{relation}"; results="{str(results).lower()}"; cursor="{cursor}"'

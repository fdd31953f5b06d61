"""Linear, `POST /graphql`.

A connection has `pageInfo { hasNextPage endCursor }`; `filter: {updatedAt: {gte: $since}}`; 250 of
a page at most. Errors come with status 200 or 400, and `errors` in the body; the `Authorization` of
a personal key has no `Bearer`.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from restsrc_dagster_tests.apis.mock import (
    Mock,
    Record,
    Rows,
    day,
    endpoint,
    iso,
    refused,
    rows,
)
from restsrc_dagster_tests.support.api import Asked


def _issue(number: int, changed: int, title: str) -> Record:
    return {"id": f"i{number}", "title": title, "updatedAt": iso(day(changed))}


class Linear(Mock):
    host = "api.linear.app"
    environment: ClassVar = {"LINEAR_KEY": "lin_api_1"}
    requests = (3, 2)
    refusals: ClassVar = {
        "pages of 500": (
            lambda content: endpoint(content)["json"]["variables"].update(first=500),
            "first must not be greater than 250",
        ),
        "a field that is not there": (
            lambda content: endpoint(content)["json"].update(
                query=endpoint(content)["json"]["query"].replace(" title ", " name ")
            ),
            "on type",
        ),
    }

    def __init__(self) -> None:
        self._held = [_issue(number, number, "new") for number in range(1, 6)]

    def later(self) -> None:
        self._held[0] = _issue(1, 8, "changed")
        self._held.append(_issue(6, 7, "new"))

    def tables(self) -> Mapping[str, Rows]:
        return {"issues: id, title": rows(self._held, "id", "title")}

    def __call__(self, asked: Asked) -> Any:
        if asked.headers.get("Authorization") != "lin_api_1":
            return refused(401, _errors("Authentication required, not authenticated"))
        query, variables = asked.json["query"], asked.json["variables"]
        if query.count("{") != query.count("}") or "{{" in query:
            return refused(400, _errors("Syntax Error: Expected Name"))
        if " name " in query:
            return refused(400, _errors('Cannot query field "name" on type "Issue".'))
        if variables["first"] > 250:
            return _errors("first must not be greater than 250")
        found = sorted(
            (one for one in self._held if one["updatedAt"] >= (variables.get("since") or "")),
            key=lambda one: str(one["updatedAt"]),
        )
        ids = [one["id"] for one in found]
        begin = ids.index(variables["after"]) + 1 if variables.get("after") else 0
        page = found[begin : begin + variables["first"]]
        info = {
            "hasNextPage": len(found) > begin + len(page),
            "endCursor": page[-1]["id"] if page else None,
        }
        return {"data": {"issues": {"nodes": page, "pageInfo": info}}}


def _errors(message: str) -> Any:
    return {"errors": [{"message": message}], "data": None}

"""Linear's GraphQL API: `nodes` and `pageInfo` of each list.

The key is sent without a word before it. `first` is 250 at most, and a query may be as complex as
10,000 points: a point for each object, a tenth for each of its fields, times `first`. Errors come
with status 400; one that says RATELIMITED passes. What is archived comes if the query says so, and
so do users who are disabled or suspended.
"""

import re
from datetime import datetime
from typing import Any, ClassVar

from restsrc_dagster.demo.apis.known import Kind, Known, Make
from restsrc_dagster.demo.apis.mock import SOON, iso, refused
from restsrc_dagster.demo.apis.server import Asked
from restsrc_dagster.json_types import Record

ROOTS = {
    "issues": "issues",
    "comments": "comments",
    "projects": "projects",
    "cycles": "cycles",
    "teams": "teams",
    "users": "users",
    "workflowStates": "workflow_states",
    "issueLabels": "labels",
}
ROOT = re.compile(r"\{ (\w+)\(first: \$first, after: \$after, (.*?)\) \{ nodes \{ (.*) \} pageInfo")
UNKNOWN = "stateName"


def _node(title: str) -> Make:
    def make(number: int, changed: datetime, text: str) -> Record:
        archived = iso(changed) if number == 1 else None
        return {
            "id": f"i{number}",
            title: text,
            "updatedAt": iso(changed),
            "archivedAt": archived,
        }

    return make


def _user(number: int, changed: datetime, text: str) -> Record:
    return {**_node("name")(number, changed, text), "archivedAt": None, "active": number != 1}


class Linear(Known):
    host = "api.linear.app"
    environment: ClassVar = {"LINEAR_API_KEY": "lin_api_1"}
    kinds: ClassVar = {
        "issues": Kind(_node("title"), ("id", "title"), 5),
        "comments": Kind(_node("body"), ("id", "body"), 15),
        "projects": Kind(_node("name")),
        "cycles": Kind(_node("name")),
        "teams": Kind(_node("name")),
        "users": Kind(_user, ("id", "name", "active")),
        "workflow_states": Kind(_node("name")),
        "labels": Kind(_node("name")),
    }

    def __init__(self) -> None:
        super().__init__()
        self._refuse_once = True

    def __call__(self, asked: Asked) -> Any:
        if asked.headers.get("Authorization") != "lin_api_1":
            return refused(401, _errors("Authentication required, not authenticated"))
        query, variables = asked.json["query"], asked.json["variables"]
        if query.count("{") != query.count("}") or "{{" in query:
            return refused(400, _errors("Syntax Error: Expected Name"))
        if f" {UNKNOWN} " in query:
            return refused(400, _errors(f'Cannot query field "{UNKNOWN}" on type "Issue".'))
        if variables["first"] > 250:
            return refused(400, _errors("first must not be greater than 250"))
        if variables.get("after") and self._refuse_once:
            self._refuse_once = False
            return refused(400, _errors("Rate limit exceeded", "RATELIMITED"), **SOON)
        if not (found := ROOT.search(query)):
            return refused(400, _errors("Syntax Error: Unexpected query"))
        return self._page(found[1], found[2], variables)

    def _page(self, root: str, arguments: str, variables: Any) -> Any:
        start = variables.get("since", "") if "updatedAt: {gte: $since}" in arguments else ""
        found = sorted(
            (one for one in self.held[ROOTS[root]] if one["updatedAt"] >= start),
            key=lambda one: str(one["updatedAt"]),
        )
        if "includeArchived: true" not in arguments:
            found = [one for one in found if not one["archivedAt"]]
        if "includeDisabled: true" not in arguments:
            found = [one for one in found if one.get("active", True)]
        ids = [one["id"] for one in found]
        begin = ids.index(variables["after"]) + 1 if variables.get("after") else 0
        page = found[begin : begin + variables["first"]]
        info = {
            "hasNextPage": len(found) > begin + len(page),
            "endCursor": page[-1]["id"] if page else None,
        }
        return {"data": {root: {"nodes": page, "pageInfo": info}}}


def _errors(message: str, code: str = "INPUT_ERROR") -> Any:
    return {"errors": [{"message": message, "extensions": {"code": code}}], "data": None}

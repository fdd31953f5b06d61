"""monday, `POST /v2`: boards, and the items of each.

Boards have numbered pages (the end is an empty one); items have a cursor, which is null on the last
page: `items_page(cursor:)` or `next_items_page(cursor:)`. A cursor lives for an hour. 500 items of
a page at most. Errors come with status 200: an exhausted budget says when to try again.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from restsrc_dagster.demo.apis.mock import SOON, Rows, refused
from restsrc_dagster.json_types import Record
from restsrc_dagster_tests.apis.mock import Mock, endpoint
from restsrc_dagster_tests.support.api import Answer, Asked


class Monday(Mock):
    host = "api.monday.com"
    environment: ClassVar = {"MONDAY_TOKEN": "t0ken"}
    requests = (9, 9)
    refusals: ClassVar = {
        "pages of 1000": (
            lambda content: endpoint(content, 1)["json"]["variables"].update(limit=1000),
            "limit must be at most 500",
        ),
        "a field that is not there": (
            lambda content: endpoint(content)["json"].update(
                query=endpoint(content)["json"]["query"].replace("name", "title")
            ),
            "Cannot query field",
        ),
    }

    def __init__(self) -> None:
        self._boards = {1: "Sales", 2: "Empty", 3: "Hiring"}
        self._items = {
            1: [(11, "a"), (12, "b"), (13, "c"), (14, "d"), (15, "e")],
            2: [],
            3: [(31, "f")],
        }
        self._refuse_once = True

    def later(self) -> None:
        self._boards[4] = "New"
        self._items[1][1] = (12, "changed")
        self._items[4] = [(41, "g")]
        self._items[3].append((32, "h"))

    def tables(self) -> Mapping[str, Rows]:
        items = [
            (str(number), name, str(board))
            for board, found in self._items.items()
            for number, name in found
        ]
        return {
            "boards: id, name": sorted((str(key), name) for key, name in self._boards.items()),
            "items: id, name, _boards_id": sorted(items),
        }

    def __call__(self, asked: Asked) -> Any:
        if asked.headers.get("Authorization") != "t0ken":
            return refused(401, {"errors": ["Not Authenticated"]})
        query, variables = asked.json["query"], asked.json["variables"]
        if query.count("{") != query.count("}") or "{{" in query or "title" in query:
            return _error("Cannot query field", "undefinedField")
        limit = int(variables["limit"])
        if limit > 500:
            return _error("limit must be at most 500", "InvalidArgument")
        if "items_page" not in query:
            begin = limit * (int(variables["page"]) - 1)
            boards = [{"id": str(key), "name": name} for key, name in self._boards.items()]
            return {"data": {"boards": boards[begin : begin + limit]}}
        if self._refuse_once and variables.get("cursor"):
            self._refuse_once = False
            told = _error("Complexity budget exhausted", "COMPLEXITY_BUDGET_EXHAUSTED")
            return Answer(told, headers=SOON)
        return self._page(query, variables, limit)

    def _page(self, query: str, variables: Record, limit: int) -> Any:
        cursor = variables.get("cursor")
        board, begin = (
            (int(part) for part in cursor.split("-")) if cursor else (int(variables["board"]), 0)
        )
        found = [{"id": str(number), "name": name} for number, name in self._items[board]]
        more = f"{board}-{begin + limit}" if len(found) > begin + limit else None
        page = {"cursor": more, "items": found[begin : begin + limit]}
        if "next_items_page" in query:
            return {"data": {"next_items_page": page}}
        return {"data": {"boards": [{"items_page": page}]}}


def _error(message: str, code: str) -> Any:
    return {
        "errors": [{"message": message, "extensions": {"code": code, "retry_in_seconds": 1}}],
        "account_id": 5,
    }

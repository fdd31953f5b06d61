"""Notion: pages by `POST /v1/search`, and their blocks by `GET /v1/blocks/{id}/children`.

`has_more` and `next_cursor`, sent back as `start_cursor`: in the body of a POST, in the query of a
GET; pages of 100 at most. A block says by `has_children` that blocks are nested in it. A search is
sorted by `last_edited_time`, and takes no time to begin from; `Notion-Version` has to be sent.
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
    iso,
    refused,
    rows,
)
from restsrc_dagster_tests.support.api import Asked


class Notion(Mock):
    host = "api.notion.com"
    environment: ClassVar = {"NOTION_TOKEN": "t0ken"}
    requests = (18, 19)
    refusals: ClassVar = {
        "no version": (
            lambda content: content["configuration"]["client"].pop("headers"),
            "Notion-Version header should be defined",
        ),
        "pages of 200": (
            lambda content: endpoint(content)["json"].update(page_size=200),
            "body.page_size should be",
        ),
    }

    def __init__(self) -> None:
        self._pages = [self._page(number, number) for number in (3, 2, 1)]
        self._blocks: dict[str, list[str]] = {
            "p1": ["p1-a", "p1-b", "p1-c"],
            "p2": ["p2-a"],
            "p3": ["p3-a"],
            "p3-a": ["p3-a-a"],
            "p3-a-a": ["p3-a-a-a"],
            "p1-b": ["p1-b-a", "p1-b-b", "p1-b-c"],
            "p1-b-c": ["p1-b-c-a"],
        }

    def _page(self, number: int, edited: int) -> Record:
        return {"object": "page", "id": f"p{number}", "last_edited_time": iso(day(edited))}

    def later(self) -> None:
        self._pages = [one for one in self._pages if one["id"] != "p1"]
        self._pages[:0] = [self._page(4, 8), self._page(1, 7)]
        self._blocks["p4"] = ["p4-a"]
        self._blocks["p1-b"].append("p1-b-d")
        self._blocks["p1-b-d"] = ["p1-b-d-a"]

    def tables(self) -> Mapping[str, Rows]:
        pages = [one["id"] for one in self._pages]
        found: dict[str, Rows] = {"pages: id": rows(self._pages, "id")}
        for level in (1, 2, 3):
            children = [(child, one) for one in pages for child in self._blocks.get(one, [])]
            found[f"blocks_{level}: id, parent"] = sorted(children)
            pages = [child for child, _ in children]
        return found

    def __call__(self, asked: Asked) -> Any:
        if not bearer(asked):
            return _error("unauthorized", "API token is invalid.", 401)
        if asked.headers.get("Notion-Version") != "2022-06-28":
            return _error("missing_version", "Notion-Version header should be defined")
        given = asked.json if asked.method == "POST" else asked.params
        size, begin = int(given.get("page_size", 100)), int(given.get("start_cursor") or 0)
        if size > 100:
            return _error("validation_error", "body.page_size should be ≤ `100`")
        found = self._pages
        if asked.method == "GET":
            parent = asked.path.split("/")[3]
            found = [
                {"id": one, "parent": parent, "has_children": bool(self._blocks.get(one))}
                for one in self._blocks.get(parent, [])
            ]
        more = len(found) > begin + size
        return {
            "object": "list",
            "results": found[begin : begin + size],
            "has_more": more,
            "next_cursor": str(begin + size) if more else None,
        }


def _error(code: str, message: str, status: int = 400) -> Any:
    return refused(status, {"object": "error", "status": status, "code": code, "message": message})

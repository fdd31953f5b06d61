"""Notion: pages and data sources by `POST /v1/search`, blocks by `GET /v1/blocks/{id}/children`,
comments and users.

`has_more` and `next_cursor`, sent back as `start_cursor`: in the body of a POST, in the query of a
GET; pages of 100 at most. A block says by `has_children` that blocks are nested in it. A search is
sorted by `last_edited_time`, and takes no time to begin from; `Notion-Version` has to be sent: from
2025-09-03 on a search finds no database, but its data sources. Three requests a second are
allowed; 429 has `Retry-After`.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from restsrc_dagster.demo.apis.known import Known
from restsrc_dagster.demo.apis.mock import SOON, Rows, bearer, day, iso, refused, rows
from restsrc_dagster.demo.apis.server import Asked
from restsrc_dagster.json_types import Record


class Notion(Known):
    host = "api.notion.com"
    environment: ClassVar = {"NOTION_TOKEN": "t0ken"}
    kinds: ClassVar = {}

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

        self._sources = [{**self._page(number, number), "id": f"d{number}"} for number in (2, 1)]
        self._comments = {"p1": ["one", "two", "three"], "p2": [], "p3": ["four"]}
        self._users = ["Ada", "Ben", "Cy"]
        self._refuse_once = True

    def _page(self, number: int, edited: int) -> Record:
        return {"object": "page", "id": f"p{number}", "last_edited_time": iso(day(edited))}

    def later(self) -> None:
        self._pages = [one for one in self._pages if one["id"] != "p1"]
        self._pages[:0] = [self._page(4, 8), self._page(1, 7)]
        self._blocks["p4"] = ["p4-a"]
        self._blocks["p1-b"].append("p1-b-d")
        self._blocks["p1-b-d"] = ["p1-b-d-a"]
        self._sources.insert(0, {**self._page(3, 8), "id": "d3"})
        self._comments |= {"p4": ["five"], "p1": ["one", "two", "three", "six"]}
        self._users.append("Dora")

    def tables(self) -> Mapping[str, Rows]:
        pages = [one["id"] for one in self._pages]
        found: dict[str, Rows] = {
            "pages: id": rows(self._pages, "id"),
            "data_sources: id": rows(self._sources, "id"),
            "users: name": sorted((name,) for name in self._users),
            "comments: text, parent__page_id": sorted(
                (text, page) for page, texts in self._comments.items() for text in texts
            ),
        }
        for level in (1, 2, 3):
            children = [(child, one) for one in pages for child in self._blocks.get(one, [])]
            found[f"blocks_{level}: id, parent"] = sorted(children)
            pages = [child for child, _ in children]
        return found

    def __call__(self, asked: Asked) -> Any:
        if not bearer(asked):
            return _error("unauthorized", "API token is invalid.", 401)
        if asked.headers.get("Notion-Version") != "2025-09-03":
            return _error("missing_version", "Notion-Version header should be defined")
        given = asked.json if asked.method == "POST" else asked.params
        size, begin = int(given.get("page_size", 100)), int(given.get("start_cursor") or 0)
        if size > 100:
            return _error("validation_error", "body.page_size should be ≤ `100`")
        if begin and self._refuse_once:
            self._refuse_once = False
            return _error("rate_limited", "You have been rate limited.", 429, **SOON)
        found = self._found(asked, given)
        more = len(found) > begin + size
        return {
            "object": "list",
            "results": found[begin : begin + size],
            "has_more": more,
            "next_cursor": str(begin + size) if more else None,
        }

    def _found(self, asked: Asked, given: Any) -> list[Record]:
        match asked.path.removeprefix("/v1/").split("/"):
            case ["search"]:
                return self._pages if given["filter"]["value"] == "page" else self._sources
            case ["users"]:
                return [{"object": "user", "id": name, "name": name} for name in self._users]
            case ["comments"]:
                page = asked.params["block_id"]
                texts = enumerate(self._comments[page])
                parent = {"type": "page_id", "page_id": page}
                return [{"id": f"{page}-{n}", "text": text, "parent": parent} for n, text in texts]
            case ["blocks", parent, "children"]:
                return [
                    {
                        "id": one,
                        "parent": parent,
                        "type": "paragraph",
                        "has_children": bool(self._blocks.get(one)),
                    }
                    for one in self._blocks.get(parent, [])
                ]
        return []


def _error(code: str, message: str, status: int = 400, **headers: str) -> Any:
    body = {"object": "error", "status": status, "code": code, "message": message}
    return refused(status, body, **headers)

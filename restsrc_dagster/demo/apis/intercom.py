"""Intercom: a scroll over companies, searches of contacts, conversations and tickets, lists.

Companies: `scroll_param` stays the same; the end is an empty page, with which it expires, as it
does after a minute; only one may be open. Contacts: times are searched by day, so that `>` means
"from the next day on"; `pages.next.starting_after` is missing on the last page; 150 at most.
"""

from datetime import datetime
from typing import Any, ClassVar

from restsrc_dagster.demo.apis.known import Kind, Known, Make, public
from restsrc_dagster.demo.apis.mock import SOON, ago, bearer, epoch, refused
from restsrc_dagster.demo.apis.server import Asked
from restsrc_dagster.json_types import Record

DAY = 86400
SCROLL = "the-scroll"


def _error(status: int, code: str, message: str, **headers: str) -> Any:
    errors = [{"code": code, "message": message}]
    return refused(status, {"type": "error.list", "errors": errors}, **headers)


def _changed(field: str, first: int = 0) -> Make:
    def make(number: int, changed: datetime, text: str) -> Record:
        return {"id": str(first + number), field: text, "updated_at": epoch(changed)}

    return make


def _part(number: int, changed: datetime, text: str) -> Record:
    """Of the conversation that changes, but for the next one: of the one that is new."""
    conversation = {"_conversations_id": "0" if number < 5 else "3"}
    return {"id": str(number), "body": text, "created_at": epoch(changed), **conversation}


LISTS = {"admins": "admins", "teams": "teams", "tags": "data", "segments": "segments"}


class Intercom(Known):
    host = "api.intercom.io"
    environment: ClassVar = {"INTERCOM_TOKEN": "t0ken", "INTERCOM_SINCE": str(epoch(ago(60)))}
    kinds: ClassVar = {
        "contacts": Kind(_changed("name"), count=5),
        "companies": Kind(_changed("name"), count=5),
        "conversations": Kind(_changed("title"), ("id", "title")),
        "conversation_parts": Kind(_part, ("id", "body", "_conversations_id"), 5, None),
        "tickets": Kind(_changed("category"), ("id", "category")),
        **{name: Kind(_changed("name")) for name in LISTS},
    }

    def __init__(self) -> None:
        super().__init__()
        self._scroll: list[int] = []
        self._refuse_once = True

    def later(self) -> None:
        """One more contact changes, on the day of the last change."""
        super().later()
        last = self.held["contacts"][-1]
        self.held["contacts"].append({**last, "id": "c9", "name": "the same second"})

    def __call__(self, asked: Asked) -> Any:
        if not bearer(asked):
            return _error(401, "unauthorized", "Access Token Invalid")
        match asked.path.strip("/").split("/"):
            case ["companies", "scroll"]:
                return self._scrolled(asked.params.get("scroll_param"))
            case [("contacts" | "conversations" | "tickets") as name, "search"]:
                return self._searched(name, asked.json)
            case ["conversations", conversation]:
                every = self.held["conversation_parts"]
                parts = [public(one) for one in every if one["_conversations_id"] == conversation]
                whole = {"conversation_parts": parts, "total_count": len(parts)}
                return {"id": conversation, "conversation_parts": whole}
            case [name] if name in LISTS:
                return {"type": "list", LISTS[name]: self.held[name]}
        return _error(404, "not_found", "Resource Not Found")

    def _scrolled(self, token: str | None) -> Any:
        if token is None:
            if self._scroll or self._refuse_once:
                self._refuse_once = False
                told = "scroll already exists for this workspace"
                return _error(400, "scroll_exists", told, **SOON)
            self._scroll = [0]
        elif token != SCROLL or not self._scroll:
            return _error(404, "not_found", "scroll parameter not found")
        begin = self._scroll[0]
        page = self.held["companies"][begin : begin + 2]
        self._scroll = [begin + 2] if page else []
        return {"type": "list", "data": page, "pages": None, "scroll_param": SCROLL}

    def _searched(self, name: str, body: Any) -> Any:
        query, pagination = body["query"], body["pagination"]
        size = pagination["per_page"]
        if not 1 <= size <= 150:
            return _error(400, "parameter_invalid", "per_page must be between 1 and 150")
        if (query["field"], query["operator"]) != ("updated_at", ">"):
            return _error(400, "invalid_field", "Operator is not supported")
        since = (int(query["value"] or 0) // DAY + 1) * DAY
        found = [one for one in self.held[name] if one["updated_at"] >= since]
        begin = int(pagination.get("starting_after") or 0)
        pages: Record = {"type": "pages", "per_page": size, "total_pages": -(-len(found) // size)}
        if len(found) > begin + size:
            pages["next"] = {"starting_after": str(begin + size)}
        page = found[begin : begin + size]
        selector = "data" if name == "contacts" else name
        return {"type": "list", selector: page, "total_count": len(found), "pages": pages}

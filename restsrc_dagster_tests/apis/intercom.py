"""Intercom: a scroll over companies, and a search of contacts.

Companies: `scroll_param` stays the same; the end is an empty page, with which it expires, as it
does after a minute; only one may be open. Contacts: times are searched by day, so that `>` means
"from the next day on"; `pages.next.starting_after` is missing on the last page; 150 at most.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from restsrc_dagster_tests.apis.mock import (
    SOON,
    Mock,
    Record,
    Rows,
    bearer,
    day,
    endpoint,
    epoch,
    refused,
    rows,
)
from restsrc_dagster_tests.support.api import Asked

DAY = 86400


def _error(status: int, code: str, message: str, **headers: str) -> Any:
    errors = [{"code": code, "message": message}]
    return refused(status, {"type": "error.list", "errors": errors}, **headers)


def _contact(number: int, changed: int, name: str) -> Record:
    return {"id": f"c{number}", "name": name, "updated_at": changed}


class Intercom(Mock):
    host = "api.intercom.io"
    environment: ClassVar = {"INTERCOM_TOKEN": "t0ken"}
    requests = (7, 6)
    refusals: ClassVar = {
        "pages of 500": (
            lambda content: endpoint(content, 1)["json"]["pagination"].update(per_page=500),
            "per_page must be between 1 and 150",
        ),
    }

    def __init__(self) -> None:
        self._companies = [{"id": f"f{number}", "name": f"firm {number}"} for number in range(5)]
        noon = epoch(day(3)) + DAY // 2
        self._contacts = [_contact(n, epoch(day(1)) + n, f"name {n}") for n in range(3)]
        self._contacts.append(_contact(3, noon, "noon"))
        self._noon = noon
        self._scroll: list[int] = []
        self._refuse_once = True

    def later(self) -> None:
        self._companies[0] = {"id": "f0", "name": "renamed"}
        self._companies.append({"id": "f9", "name": "new"})
        self._contacts[0] = _contact(0, self._noon + DAY, "changed")
        self._contacts.append(_contact(4, self._noon + 60, "the same day"))

    def tables(self) -> Mapping[str, Rows]:
        return {
            "companies: id, name": rows(self._companies, "id", "name"),
            "contacts: id, name": rows(self._contacts, "id", "name"),
        }

    def __call__(self, asked: Asked) -> Any:
        if not bearer(asked):
            return _error(401, "unauthorized", "Access Token Invalid")
        if asked.path == "/companies/scroll":
            return self._scrolled(asked.params.get("scroll_param"))
        return self._searched(asked.json)

    def _scrolled(self, token: str | None) -> Any:
        if token is None:
            if self._scroll or self._refuse_once:
                self._refuse_once = False
                told = "scroll already exists for this workspace"
                return _error(400, "scroll_exists", told, **SOON)
            self._scroll = [0]
        elif token != "the-scroll" or not self._scroll:
            return _error(404, "not_found", "scroll parameter not found")
        begin = self._scroll[0]
        page = self._companies[begin : begin + 2]
        self._scroll = [begin + 2] if page else []
        return {"type": "list", "data": page, "pages": None, "scroll_param": "the-scroll"}

    def _searched(self, body: Any) -> Any:
        query, pagination = body["query"], body["pagination"]
        size = pagination["per_page"]
        if not 1 <= size <= 150:
            return _error(400, "parameter_invalid", "per_page must be between 1 and 150")
        if (query["field"], query["operator"]) != ("updated_at", ">"):
            return _error(400, "invalid_field", "Operator is not supported")
        since = (int(query["value"] or 0) // DAY + 1) * DAY
        found = [one for one in self._contacts if one["updated_at"] >= since]
        begin = int(pagination.get("starting_after") or 0)
        pages: Record = {"type": "pages", "per_page": size, "total_pages": -(-len(found) // size)}
        if len(found) > begin + size:
            pages["next"] = {"starting_after": str(begin + size)}
        return {"data": found[begin : begin + size], "total_count": len(found), "pages": pages}

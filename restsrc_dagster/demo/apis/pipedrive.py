"""Pipedrive: lists of v2 with a cursor, and of v1 with a start.

v2: `additional_data.next_cursor` is null on the last page, 500 of a page at most; `updated_since`
filters, `sort_by=update_time` sorts. v1: `additional_data.pagination` has `next_start` as long as
`more_items_in_collection`. What is empty is null. Deals that are deleted come by their `status`
alone, deals and leads that are archived from lists of their own. 429 is both too fast and too much
of a day.
"""

from datetime import datetime
from typing import Any, ClassVar

from restsrc_dagster.demo.apis.known import Kind, Known, Make, public, since
from restsrc_dagster.demo.apis.mock import SOON, ago, iso, refused
from restsrc_dagster.demo.apis.server import Asked
from restsrc_dagster.json_types import Record

FIELDS = {
    "dealFields": "deal_fields",
    "personFields": "person_fields",
    "organizationFields": "organization_fields",
}


def _changed(title: str) -> Make:
    def make(number: int, changed: datetime, text: str) -> Record:
        own = {"custom_fields": {"d4de1c1518b4531717c676029a45911c340390a6": number}}
        return {"id": number, title: text, "update_time": iso(changed), **own}

    return make


def _deal(number: int, changed: datetime, text: str) -> Record:
    status = "deleted" if number == 1 else ("open", "won", "lost")[number % 3]
    return {**_changed("title")(number, changed, text), "status": status}


def _product(number: int, _: datetime, text: str) -> Record:
    """All but the next one are of the deal that changes."""
    return {"id": 70 + number, "name": text, "deal_id": 0 if number < 4 else 25}


def _named(number: int, _: datetime, text: str) -> Record:
    return {"id": number, "name": text}


class Pipedrive(Known):
    host = "${PIPEDRIVE_COMPANY}.pipedrive.com"
    environment: ClassVar = {
        "PIPEDRIVE_COMPANY": "acme",
        "PIPEDRIVE_API_TOKEN": "t0ken",
        "PIPEDRIVE_SINCE": iso(ago(60)),
    }
    kinds: ClassVar = {
        "deals": Kind(_deal, ("id", "title", "status"), 25),
        "archived_deals": Kind(_deal, ("id", "title", "status"), 4),
        "deal_products": Kind(_product, ("id", "name"), 4, None),
        "persons": Kind(_changed("name"), count=12),
        "organizations": Kind(_changed("name")),
        "activities": Kind(_changed("subject"), ("id", "subject")),
        "products": Kind(_named),
        "pipelines": Kind(_named),
        "stages": Kind(_named),
        "leads": Kind(_named, count=12),
        "archived_leads": Kind(_named),
        "notes": Kind(_named),
        "users": Kind(_named),
        "deal_fields": Kind(_named, count=11),
        "person_fields": Kind(_named),
        "organization_fields": Kind(_named),
    }

    def __init__(self) -> None:
        super().__init__()
        self._refuse_once = True

    def __call__(self, asked: Asked) -> Any:
        if asked.headers.get("x-api-token") != "t0ken":
            return _error(401, "unauthorized access")
        limit = int(asked.params.get("limit", 100))
        if limit > 500:
            return _error(400, "limit must be less than or equal to 500")
        if {"cursor", "start"} & asked.params.keys() and self._refuse_once:
            self._refuse_once = False
            return _error(429, "request over limit", **SOON)
        match asked.path.removeprefix("/api/").split("/"):
            case ["v2", "deals", deal, "products"]:
                every = self.held["deal_products"]
                return _by_cursor([one for one in every if one["deal_id"] == int(deal)], asked)
            case ["v2", "deals", *archived]:
                found = self.held["archived_deals" if archived else "deals"]
                wanted = asked.params.get("status", "open,won,lost").split(",")
                found = since(found, "update_time", asked.params.get("updated_since"))
                return _by_cursor([one for one in found if one["status"] in wanted], asked)
            case ["v2", name] if name in self.held:
                found = since(self.held[name], "update_time", asked.params.get("updated_since"))
                return _by_cursor(found, asked)
            case ["v1", "users"]:
                return {"success": True, "data": self.held["users"]}
            case ["v1", "leads", "archived"]:
                return _by_start(self.held["archived_leads"], asked)
            case ["v1", name]:
                return _by_start(self.held[FIELDS.get(name, name)], asked)
        return _error(404, "Not found")


def _by_cursor(found: list[Record], asked: Asked) -> Any:
    limit, begin = int(asked.params.get("limit", 100)), int(asked.params.get("cursor", 0))
    more = str(begin + limit) if begin + limit < len(found) else None
    page = [public(one) for one in found[begin : begin + limit]]
    return {"success": True, "data": page, "additional_data": {"next_cursor": more}}


def _by_start(found: list[Record], asked: Asked) -> Any:
    limit, begin = int(asked.params.get("limit", 100)), int(asked.params.get("start", 0))
    more = begin + limit < len(found)
    pagination = {"start": begin, "limit": limit, "more_items_in_collection": more}
    pagination |= {"next_start": begin + limit} if more else {}
    page = found[begin : begin + limit] or None
    return {"success": True, "data": page, "additional_data": {"pagination": pagination}}


def _error(status: int, message: str, **headers: str) -> Any:
    return refused(status, {"success": False, "error": message}, **headers)

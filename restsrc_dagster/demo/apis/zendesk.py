"""Zendesk's incremental exports, by time and by cursor, and lists with links.

`GET /api/v2/incremental/organizations.json?start_time=`: a page begins at `start_time` and ends
with the last second that it has begun, the next one begins at `end_time`, so that records come
twice; `next_page` is always there, `end_of_stream` tells the end. `tickets/cursor.json` gives an
`after_cursor`, which stands without `start_time`. A start in the last minute is refused: by cursor
with 400, by time with 422. Records are sorted by when the system touched them: a field of its own
of tickets, `generated_timestamp`. Who rates again makes another rating; none changes.

Other lists take `page[size]`, 100 at most, and name the next page in `links.next`: `meta.has_more`
tells whether there is one.
"""

import time
from datetime import datetime, timedelta
from typing import Any, ClassVar

from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster.demo.apis.known import Kind, Known, public
from restsrc_dagster.demo.apis.mock import SOON, ago, basic, epoch, here, iso, refused
from restsrc_dagster.demo.apis.server import Asked
from restsrc_dagster.json_types import Record

BY_TIME = {"organizations": "updated_at", "ticket_metric_events": "time"}
LISTS = ("groups", "group_memberships", "brands", "ticket_fields", "satisfaction_ratings")
MOST = 1000


def _ticket(number: int, touched: datetime, text: str) -> Record:
    """What the system does to a ticket moves `generated_timestamp` alone."""
    changed = ago(30) + timedelta(hours=number)
    times = {"updated_at": iso(changed), "generated_timestamp": epoch(touched)}
    return {"id": number, "status": text, "via": {"channel": "web"}, **times}


def _changed(field: str) -> Any:
    def make(number: int, changed: datetime, text: str) -> Record:
        return {"id": number, "name": text, field: iso(changed)}

    return make


def _comment(number: int, created: datetime, text: str) -> Record:
    """The first ticket has 220, the one that is new the last of them."""
    ticket = 0 if number < 220 else 105
    return {"id": number, "body": text, "created_at": iso(created), "_tickets_id": ticket}


class Zendesk(Known):
    host = "${ZENDESK_SUBDOMAIN}.zendesk.com"
    environment: ClassVar = {
        "ZENDESK_SUBDOMAIN": "acme",
        "ZENDESK_EMAIL": "ada@acme.com",
        "ZENDESK_API_TOKEN": "t0ken",
        "ZENDESK_SINCE": iso(ago(90)),
        "ZENDESK_SINCE_SECONDS": str(epoch(ago(90))),
    }
    kinds: ClassVar = {
        "tickets": Kind(_ticket, ("id", "status"), 105),
        "ticket_comments": Kind(_comment, ("id", "body", "_tickets_id"), 220, None),
        "users": Kind(_changed("updated_at"), count=101),
        "organizations": Kind(_changed("updated_at"), count=110),
        "ticket_metric_events": Kind(_changed("time"), count=5, changes=None),
        "satisfaction_ratings": Kind(_changed("updated_at"), count=130, changes=None),
        "groups": Kind(_changed("updated_at"), count=101),
        "group_memberships": Kind(_changed("updated_at")),
        "brands": Kind(_changed("updated_at")),
        "ticket_fields": Kind(_changed("updated_at")),
        "ticket_forms": Kind(_changed("updated_at")),
    }

    def __init__(self) -> None:
        super().__init__()
        self._refuse_once = True

    def later(self) -> None:
        """Two minutes ago: a start of the last minute is refused."""
        super().later()
        for records in self.held.values():
            for one in records[-2:]:
                if "generated_timestamp" in one:
                    one["generated_timestamp"] -= 120
                for field in {"updated_at", "time"} & one.keys():
                    moment = parse_time(one[field])
                    one[field] = iso(moment - timedelta(minutes=2))

    def __call__(self, asked: Asked) -> Any:
        if asked.headers.get("Authorization") != basic("ada@acme.com/token", "t0ken"):
            return refused(401, {"error": "Couldn't authenticate you"})
        path = asked.path.removeprefix("/api/v2/").removesuffix(".json")
        match path.split("/"):
            case ["incremental", *rest]:
                return self._exported(rest, asked)
            case ["tickets", ticket, "comments"]:
                found = self.held["ticket_comments"]
                mine = [public(one) for one in found if one["_tickets_id"] == int(ticket)]
                return self._linked("comments", mine, asked)
            case ["ticket_forms"]:
                return {"ticket_forms": self.held["ticket_forms"], "next_page": None, "count": 3}
            case [name] if name in LISTS:
                found = self.held[name]
                if start := asked.params.get("start_time"):
                    found = [one for one in found if _seconds(one, "updated_at") >= int(start)]
                return self._linked(name, found, asked)
        return refused(404, {"error": "InvalidEndpoint", "description": "Not found"})

    def _exported(self, rest: list[str], asked: Asked) -> Any:
        if {"start_time", "cursor"} <= asked.params.keys():
            return refused(400, {"error": "InvalidPaginationParameter"})
        if not {"start_time", "cursor"} & asked.params.keys():
            return refused(400, {"error": "start_time: is not present"})
        start = int(asked.params.get("start_time", 0))
        if start > time.time() - 60:
            description = f"Too recent start_time. Use a start_time older than 60 seconds: {start}"
            status, error = (400, "StartTimeTooRecent") if rest[1:] else (422, "InvalidValue")
            return refused(status, {"error": error, "description": description})
        if asked.params.get("cursor") and self._refuse_once:
            self._refuse_once = False
            told = "Number of allowed incremental ticket export API requests per minute exceeded"
            return refused(429, {"error": "APIRateLimitExceeded", "description": told}, **SOON)
        read = self._by_cursor if rest[1:] else self._by_time
        return read(rest[0], asked, start)

    def _by_cursor(self, name: str, asked: Asked, start: int) -> Any:
        start, begin = (int(p) for p in asked.params.get("cursor", f"{start}-0").split("-"))
        size = int(asked.params.get("per_page", MOST))
        found = [one for one in self.held[name] if _touched(one) >= start]
        page = found[begin : begin + size]
        after = f"{start}-{begin + len(page)}"
        return {
            name: page,
            "after_cursor": after,
            "after_url": here(asked, cursor=after),
            "end_of_stream": begin + size >= len(found),
        }

    def _by_time(self, name: str, asked: Asked, start: int) -> Any:
        size, field = int(asked.params.get("per_page", MOST)), BY_TIME[name]
        found = [one for one in self.held[name] if _seconds(one, field) >= start]
        last = _seconds(found[:size][-1], field) if found else start
        page = [one for one in found if _seconds(one, field) <= last]
        return {
            name: page,
            "count": len(page),
            "end_time": last,
            "next_page": here(asked, start_time=last, per_page=size),
            "end_of_stream": len(page) < size or len(page) == len(found),
        }

    def _linked(self, name: str, found: list[Record], asked: Asked) -> Any:
        size = min(int(asked.params["page[size]"]), 100)
        begin = int(asked.params.get("page[after]", 0))
        more = begin + size < len(found)
        params = {**asked.params, "page[after]": begin + size}
        link = here(asked, **params)
        page = found[begin : begin + size]
        return {name: page, "meta": {"has_more": more}, "links": {"next": link, "prev": None}}


def _touched(one: Record) -> int:
    return one.get("generated_timestamp") or _seconds(one, "updated_at")


def _seconds(one: Record, field: str) -> int:
    return epoch(parse_time(one[field]))

"""Klaviyo, JSON:API: `GET /api/profiles` and so on.

`links.next` is null on the last page; `filter` names an operator, a field and a time: profiles take
`greater-than(updated,…)` alone, events `greater-or-equal` and `less-than` of `datetime`. Campaigns
are listed by channel and are refused without one, up to the revision 2026-07-15; from then on they
have no channel. Campaigns and flows that are archived come with `equals(archived,true)` alone. Each
request names a `revision`.
"""

import re
from datetime import datetime
from typing import Any, ClassVar

from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster.demo.apis.known import Kind, Known, Make, at, public
from restsrc_dagster.demo.apis.mock import SOON, ago, here, iso, refused
from restsrc_dagster.demo.apis.server import Asked
from restsrc_dagster.json_types import Record

FILTER = re.compile(r"(greater-than|greater-or-equal|less-than)\((\w+),([^)]*)\)")
CHANNEL = re.compile(r"equals\(messages\.channel,'(email|sms|mobile_push)'\)")
ARCHIVED = "equals(archived,true)"
ALLOWED = {
    "profiles": {("greater-than", "updated")},
    "events": {("greater-or-equal", "datetime"), ("less-than", "datetime")},
    "campaigns": {("greater-or-equal", "updated_at")},
    "flows": {("greater-than", "updated")},
    "templates": {("greater-than", "updated")},
}
LAST_BY_CHANNEL = "2026-07-15"
MOST = {"profiles": 100, "events": 1000, "flows": 50}


def _changed(field: str, title: str) -> Make:
    def make(number: int, changed: datetime, text: str) -> Record:
        moment = f"{changed:%Y-%m-%dT%H:%M:%S}+00:00"
        attributes: Record = {title: text, field: moment}
        return {"type": "thing", "id": f"0{number}", "attributes": attributes}

    return make


def _profile(number: int, changed: datetime, text: str) -> Record:
    profile = _changed("updated", "email")(number, changed, text)
    profile["attributes"]["properties"] = {f"Own {number}": number}
    return profile


def _event(number: int, at: datetime, text: str) -> Record:
    event = _changed("datetime", "uuid")(number, at, text)
    event["attributes"]["event_properties"] = {"$value": number}
    return event


def _campaign(number: int, changed: datetime, text: str) -> Record:
    channel = {"_channels_value": ("email", "sms", "mobile_push")[number % 3]}
    return {**_archived("updated_at")(number, changed, text), **channel}


def _archived(field: str) -> Make:
    """What has the number 1 is archived, and what changes is by that."""

    def make(number: int, changed: datetime, text: str) -> Record:
        one = _changed(field, "name")(number, changed, text)
        one["attributes"]["archived"] = number == 1 or text == "changed"
        return one

    return make


class Klaviyo(Known):
    host = "a.klaviyo.com"
    environment: ClassVar = {"KLAVIYO_API_KEY": "pk_1", "KLAVIYO_SINCE": iso(ago(60))}
    kinds: ClassVar = {
        "profiles": Kind(_profile, ("id", "attributes.email"), 25),
        "events": Kind(_event, ("id", "attributes.uuid"), 45, None),
        "metrics": Kind(_changed("updated", "name"), ("id", "attributes.name"), 22),
        "campaigns": Kind(
            _campaign, ("id", "attributes.name", "attributes.archived", "_channels_value"), 5
        ),
        "flows": Kind(_archived("updated"), ("id", "attributes.name", "attributes.archived")),
        "lists": Kind(_changed("updated", "name"), ("id", "attributes.name")),
        "segments": Kind(_changed("updated", "name"), ("id", "attributes.name")),
        "templates": Kind(_changed("updated", "name"), ("id", "attributes.name")),
        "tags": Kind(_changed("updated", "name"), ("id", "attributes.name")),
    }

    def __init__(self) -> None:
        super().__init__()
        self._refuse_once = True

    def __call__(self, asked: Asked) -> Any:
        if asked.headers.get("Authorization") != "Klaviyo-API-Key pk_1":
            return _error(401, "Missing or invalid private key.")
        if not asked.headers.get("revision"):
            return _error(400, "The revision header is required.")
        name = asked.path.removeprefix("/api/")
        if name not in self.held:
            return _error(404, "Not found.")
        size = int(asked.params.get("page[size]", 20))
        if size > MOST.get(name, 100):
            return _error(400, "Page size must be an integer between 1 and the most.")
        if "page[cursor]" in asked.params and self._refuse_once:
            self._refuse_once = False
            return _error(429, "Request was throttled.", **SOON)
        expression = asked.params.get("filter", "")
        found = self._filtered(name, expression, asked.headers["revision"])
        return found if not isinstance(found, list) else self._page(asked, found, size)

    def _filtered(self, name: str, expression: str, revision: str) -> Any:
        found = self.held[name]
        if name in ("campaigns", "flows"):
            archived = ARCHIVED in expression
            found = [one for one in found if one["attributes"]["archived"] == archived]
        if name == "campaigns":
            channel = CHANNEL.search(expression)
            if not channel or revision > LAST_BY_CHANNEL:
                return _error(400, "A channel filter is required to list campaigns.")
            found = [one for one in found if one["_channels_value"] == channel[1]]
        for operator, field, value in FILTER.findall(expression):
            if (operator, field) not in ALLOWED.get(name, ()):
                return _error(400, "Invalid filter provided.")
            found = [one for one in found if _passes(one, operator, field, value)]
        return [public(one) for one in found]

    def _page(self, asked: Asked, found: list[Record], size: int) -> Any:
        begin = int(asked.params.get("page[cursor]", 0))
        link = None
        if begin + size < len(found):
            link = here(asked, **{**asked.params, "page[cursor]": begin + size})
        return {"data": found[begin : begin + size], "links": {"self": "here", "next": link}}


def _passes(one: Record, operator: str, field: str, value: str) -> bool:
    moment = parse_time(at(one, f"attributes.{field}"))
    limit = parse_time(value)
    match operator:
        case "greater-than":
            return moment > limit
        case "greater-or-equal":
            return moment >= limit
    return moment < limit


def _error(status: int, detail: str, **headers: str) -> Any:
    return refused(status, {"errors": [{"status": status, "detail": detail}]}, **headers)

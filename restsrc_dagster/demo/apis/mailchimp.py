"""Mailchimp's Marketing API: lists with `count`, `offset` and `total_items`.

1,000 of a page at most. `since_last_changed` filters the members of an audience by what changed
after it. HTTP Basic with any name and the key. Too many requests at once are 429.
"""

from datetime import datetime
from typing import Any, ClassVar

from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster.demo.apis.known import Kind, Known, public
from restsrc_dagster.demo.apis.mock import SOON, ago, basic, iso, refused
from restsrc_dagster.demo.apis.server import Asked
from restsrc_dagster.json_types import Record


def _named(number: int, _: datetime, text: str) -> Record:
    return {"id": f"a{number}", "name": text}


def _member(number: int, changed: datetime, text: str) -> Record:
    """Each address is in the first audience, and every other one in the second as well."""
    moment = f"{changed:%Y-%m-%dT%H:%M:%S}+00:00"
    audience = {"list_id": "a1" if number % 3 == 0 else "a0"}
    return {"id": f"{number // 2:032x}", "full_name": text, "last_changed": moment, **audience}


def _segment(number: int, _: datetime, text: str) -> Record:
    return {"id": number, "name": text, "list_id": f"a{number % 2}"}


def _unsubscribed(number: int, _: datetime, text: str) -> Record:
    return {"email_id": f"e{number}", "reason": text, "campaign_id": f"a{number % 2}"}


class Mailchimp(Known):
    host = "${MAILCHIMP_DC}.api.mailchimp.com"
    environment: ClassVar = {
        "MAILCHIMP_API_KEY": "k3y-us6",
        "MAILCHIMP_DC": "us6",
        "MAILCHIMP_SINCE": iso(ago(60)),
    }
    kinds: ClassVar = {
        "audiences": Kind(_named, count=2, changes=None),
        "members": Kind(_member, ("list_id", "id", "full_name"), 25, None),
        "segments": Kind(_segment),
        "campaigns": Kind(_named, count=12),
        "reports": Kind(_named),
        "unsubscribes": Kind(_unsubscribed, ("campaign_id", "email_id", "reason")),
        "automations": Kind(_named),
    }

    def __init__(self) -> None:
        super().__init__()
        self.held["members"] = list({_key(one): one for one in self.held["members"]}.values())
        self._refuse_once = True

    def __call__(self, asked: Asked) -> Any:
        if asked.headers.get("Authorization") != basic("restsrc", "k3y-us6"):
            return _error(401, "API Key Invalid")
        count, begin = int(asked.params.get("count", 10)), int(asked.params.get("offset", 0))
        if count > 1000:
            return _error(400, "The value for count must be at most 1000")
        if begin and self._refuse_once:
            self._refuse_once = False
            return _error(429, "You have exceeded the limit of 10 simultaneous connections", **SOON)
        match asked.path.removeprefix("/3.0/").split("/"):
            case ["lists"]:
                name, selector = "audiences", "lists"
            case ["reports", _, "unsubscribed"]:
                name = selector = "unsubscribes"
            case [*_, name]:
                selector = name
        found = self._found(name, asked)
        page = [public(one) for one in found[begin : begin + count]]
        return {selector: page, "total_items": len(found)}

    def _found(self, name: str, asked: Asked) -> list[Record]:
        found, parts = self.held[name], asked.path.split("/")
        if name in ("members", "segments"):
            found = [one for one in found if one["list_id"] == parts[3]]
        if name == "unsubscribes":
            found = [one for one in found if one["campaign_id"] == parts[3]]
        if since := asked.params.get("since_last_changed"):
            start = parse_time(since)
            found = [one for one in found if parse_time(one["last_changed"]) > start]
        return found


def _key(one: Record) -> tuple[str, str]:
    return one["list_id"], one["id"]


def _error(status: int, detail: str, **headers: str) -> Any:
    return refused(status, {"status": status, "title": "Error", "detail": detail}, **headers)

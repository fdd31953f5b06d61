"""Salesforce's REST API: `describe` of each object, and `queryAll`.

A page has 2,000 records at most, fewer if they are wide; `done` and `nextRecordsUrl`, a path, tell
whether there are more. A date in SOQL stands without quotes, with an offset; a field that is not
there is MALFORMED_QUERY or INVALID_FIELD; `FIELDS(ALL)` goes with LIMIT 200 alone. The path of the
next page has `query` for `queryAll`. An address of more than 16,384 bytes is 414. A token is given
for the client's id and secret, and its answer names no time. 403 REQUEST_LIMIT_EXCEEDED is the end
of the day's requests. `queryAll` gives what was deleted.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import parse_qs

from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster.demo.apis.known import Kind, Known
from restsrc_dagster.demo.apis.mock import Rows, ago, refused
from restsrc_dagster.demo.apis.server import Asked
from restsrc_dagster.json_types import Record

OBJECTS = {
    "accounts": "Account",
    "contacts": "Contact",
    "leads": "Lead",
    "opportunities": "Opportunity",
    "opportunity_line_items": "OpportunityLineItem",
    "products": "Product2",
    "users": "User",
    "cases": "Case",
    "tasks": "Task",
    "events": "Event",
    "campaigns": "Campaign",
    "campaign_members": "CampaignMember",
}
TABLES = {name: table for table, name in OBJECTS.items()}
SOQL = re.compile(
    r"SELECT (?P<fields>\S+) FROM (?P<name>\w+) WHERE SystemModstamp >= (?P<start>\S+) "
    r"ORDER BY SystemModstamp"
)
PAGE = 20
LONGEST = 16_384
"""Bytes of an address."""


def _record(number: int, changed: datetime, text: str) -> Record:
    stamp = f"{changed:%Y-%m-%dT%H:%M:%S.000+0000}"
    return {"Id": f"001{number:015}", "Name": text, "SystemModstamp": stamp, "IsDeleted": False}


class Salesforce(Known):
    host = "${SALESFORCE_DOMAIN}"
    environment: ClassVar = {
        "SALESFORCE_DOMAIN": "acme.my.salesforce.com",
        "SALESFORCE_CLIENT_ID": "the-client",
        "SALESFORCE_CLIENT_SECRET": "s3cret",
    }
    kinds: ClassVar = {
        name: Kind(_record, ("Id", "Name", "IsDeleted"), 45 if name == "accounts" else 3)
        for name in OBJECTS
    }

    def __init__(self) -> None:
        super().__init__()
        self._more: dict[str, tuple[str, list[Record]]] = {}
        self._own_field: tuple[str, ...] = ()

    def later(self) -> None:
        """A contact is deleted, and the leads get a field, which has no value yet."""
        super().later()
        contacts = self.held["contacts"]
        contacts.append({**contacts.pop(0), "IsDeleted": True, "SystemModstamp": _now()})
        self._own_field = ("Score__c",)
        for lead in self.held["leads"]:
            lead["Score__c"] = lead["Name"]

    def tables(self) -> Mapping[str, Rows]:
        held = super().tables()
        scores = [(one["Id"], one.get("Score__c")) for one in self.held["leads"]]
        return {**held, **({"leads: id, score__c": sorted(scores)} if self._own_field else {})}

    def __call__(self, asked: Asked) -> Any:
        if asked.path == "/services/oauth2/token":
            form = {key: one[0] for key, one in parse_qs(asked.body.decode()).items()}
            if form.get("client_secret") != "s3cret" or form["grant_type"] != "client_credentials":
                return refused(400, {"error": "invalid_client"})
            return {"access_token": "00Dx", "instance_url": "https://acme", "token_type": "Bearer"}
        if asked.headers.get("Authorization") != "Bearer 00Dx":
            return _error(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if len(asked.path) + len(asked.query) > LONGEST:
            return refused(414, "URI Too Long")
        match asked.path.removeprefix("/services/data/v61.0/").split("/"):
            case ["sobjects", name, "describe"]:
                fields = [{"name": one, "type": "string"} for one in self._fields(name)]
                fields.append({"name": "Photo", "type": "base64"})
                return {"name": name, "fields": fields, "urls": {"sobject": name}}
            case ["queryAll"]:
                return self._query(asked.params["q"])
            case ["query" | "queryAll", locator]:
                return self._page(*self._more.pop(locator))
        return _error(404, "NOT_FOUND", "The requested resource does not exist")

    def _fields(self, name: str) -> list[str]:
        own = self._own_field if name == "Lead" else ()
        return ["Id", "Name", "SystemModstamp", "IsDeleted", *own]

    def _query(self, query: str) -> Any:
        asked = SOQL.fullmatch(query)
        if not asked or "'" in asked["start"]:
            return _error(400, "MALFORMED_QUERY", "unexpected token")
        fields = asked["fields"].split(",")
        for field in set(fields) - set(self._fields(asked["name"])):
            told = "MALFORMED_QUERY" if "(" in field else "INVALID_FIELD"
            return _error(400, told, f"The SOQL FIELDS function or column '{field}'")
        start = parse_time(asked["start"])
        held = sorted(self.held[TABLES[asked["name"]]], key=_time)
        found = [
            {"attributes": {"type": asked["name"]}, **{field: one[field] for field in fields}}
            for one in held
            if _time(one) >= start
        ]
        return self._page(asked["name"], found)

    def _page(self, name: str, found: list[Record]) -> Any:
        answer: Record = {"totalSize": len(found), "done": len(found) <= PAGE}
        if found[PAGE:]:
            locator = f"{name}-{len(found)}"
            self._more[locator] = name, found[PAGE:]
            answer["nextRecordsUrl"] = f"/services/data/v61.0/query/{locator}"
        return {**answer, "records": found[:PAGE]}


def _now() -> str:
    return f"{ago(0):%Y-%m-%dT%H:%M:%S.000+0000}"


def _time(one: Record) -> datetime:
    return parse_time(one["SystemModstamp"])


def _error(status: int, code: str, message: str) -> Any:
    return refused(status, [{"errorCode": code, "message": message}])

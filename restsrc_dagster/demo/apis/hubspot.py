"""HubSpot: searches, `POST /crm/v3/objects/contacts/search`, associations, owners, pipelines.

Pages of 200 at most, and "the search endpoints are limited to 10,000 total results for any given
query. Attempting to page beyond 10,000 will result in a 400 error". `total` announces all of them;
`paging.next.after` is missing on the last page. Times are sent in milliseconds. A search that is
one too many for this second is 429 with the policy TEN_SECONDLY_ROLLING or SECONDLY. Owners who are
deactivated come with `archived=true` alone.
"""

from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar

from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster.demo.apis.known import Kind, Known, Make, public
from restsrc_dagster.demo.apis.mock import SOON, ago, bearer, epoch, iso, refused
from restsrc_dagster.demo.apis.server import Asked
from restsrc_dagster.json_types import Record

TITLES = {
    "contacts": "firstname",
    "companies": "name",
    "deals": "dealname",
    "tickets": "subject",
    "products": "name",
    "line_items": "name",
    "calls": "hs_call_title",
    "emails": "hs_email_subject",
    "meetings": "hs_meeting_title",
    "notes": "hs_note_body",
    "tasks": "hs_task_subject",
}


def _object(name: str) -> Make:
    def make(number: int, changed: datetime, text: str) -> Record:
        at = f"{changed:%Y-%m-%dT%H:%M:%S}.{number % 1000:03}Z"
        properties = {TITLES[name]: text, _time(name): at, "not_asked_for": "x"}
        return {"id": str(1 + number), "properties": properties, "updatedAt": at, "archived": False}

    return make


def _time(name: str) -> str:
    return "lastmodifieddate" if name == "contacts" else "hs_lastmodifieddate"


def _searched(name: str, count: int) -> Kind:
    return Kind(_object(name), ("id", f"properties.{TITLES[name]}"), count)


def _association(number: int, _: datetime, _text: str) -> Record:
    """A deal has two, and the next one is of the deal that is new."""
    return {"_deals_id": str(1 + number // 2), "toObjectId": 100 + number, "associationTypes": []}


def _owner(number: int, _: datetime, text: str) -> Record:
    """The second one, and the one that changes, are of users who are deactivated."""
    archived = number == 1 or text == "changed"
    email = f"{text.replace(' ', '')}@example.com"
    return {"id": str(number), "email": email, "archived": archived}


def _pipeline(number: int, _: datetime, text: str) -> Record:
    return {"id": f"p{number}", "label": text, "stages": [{"id": f"s{number}", "label": "won"}]}


class HubSpot(Known):
    """`most` is how many results a search has at most."""

    most: ClassVar = 10_000
    host = "api.hubapi.com"
    environment: ClassVar = {"HUBSPOT_TOKEN": "t0ken", "HUBSPOT_SINCE": iso(ago(40))}
    kinds: ClassVar = {
        **{name: _searched(name, 3) for name in TITLES},
        "contacts": _searched("contacts", 720),
        "deal_contacts": Kind(_association, ("_deals_id", "toObjectId"), 6, None),
        "deal_companies": Kind(_association, ("_deals_id", "toObjectId"), 6, None),
        "owners": Kind(_owner, ("id", "email", "archived"), 130),
        "deal_pipelines": Kind(_pipeline, ("id", "label")),
        "ticket_pipelines": Kind(_pipeline, ("id", "label")),
    }

    def __init__(self) -> None:
        super().__init__()
        self._index()
        self._refuse_once = self._touch_once = True

    def _index(self) -> None:
        self._times = {name: [_milliseconds(one) for one in self.held[name]] for name in TITLES}

    def _touch(self) -> None:
        """Somebody changes the contact that came first: it leaves the range that is asked for."""
        self._touch_once = False
        contacts = self.held["contacts"]
        one, now = contacts[0], f"{ago(0):%Y-%m-%dT%H:%M:%S}.000Z"
        properties = {**one["properties"], _time("contacts"): now}
        contacts[0] = {**one, "properties": properties, "updatedAt": now}
        self._index()

    def later(self) -> None:
        """A contact is taken from the deal that changes."""
        super().later()
        self.held["deal_contacts"].pop(0)
        for name in TITLES:  # the last minute is left for the next run
            for one in self.held[name]:
                self._two_minutes_ago(one, _time(name))
        self._index()

    def _two_minutes_ago(self, one: Record, time: str) -> None:
        moment = parse_time(one["updatedAt"])
        if moment > ago(0.01):
            told = f"{moment - timedelta(minutes=2):%Y-%m-%dT%H:%M:%S}.000Z"
            one["updatedAt"] = one["properties"][time] = told

    def __call__(self, asked: Asked) -> Any:
        if not bearer(asked):
            return _error("Authentication credentials not found", 401)
        parts = asked.path.strip("/").split("/")
        match parts:
            case ["crm", "v3", "objects", name, "search"] if name in TITLES:
                return self._search(name, asked.json)
            case ["crm", "v4", "objects", "deals", deal, "associations", to]:
                every = self.held[f"deal_{to}"]
                found = [public(one) for one in every if one["_deals_id"] == deal]
                return {"results": found}
            case ["crm", "v3", "owners"]:
                begin, size = int(asked.params.get("after", 0)), int(asked.params["limit"])
                archived = asked.params.get("archived", "false") == "true"
                found = [one for one in self.held["owners"] if one["archived"] == archived]
                return _page(found, begin, size)
            case ["crm", "v3", "pipelines", name]:
                return {"results": self.held[f"{name[:-1]}_pipelines"]}
        return _error("resource not found", 404)

    def _search(self, name: str, body: Any) -> Any:
        size, begin = body["limit"], int(body.get("after") or 0)
        if not 1 <= size <= 200:
            return _error("The limit must be at most 200")
        if begin + size > self.most:
            return _error(f"There is a limit of {self.most} total results for any given query")
        if begin and self._refuse_once:
            self._refuse_once = False
            return _error("You have reached your secondly limit.", 429, **SOON)
        low, high, behind = 0, 1 << 60, 0
        for one in body["filterGroups"][0]["filters"]:
            match one["propertyName"], one["operator"], one.get("value"):
                case ("hs_object_id", "GT", str() | int() as value):
                    behind = int(value)
                case (field, "GTE", str() | int() as value) if field == _time(name):
                    low = int(value)
                case (field, "LTE", str() | int() as value) if field == _time(name):
                    high = int(value)
                case _:
                    return _error("Invalid input JSON")
        if (begin or behind) and name == "contacts" and self._touch_once:
            self._touch()
        times = zip(self._times[name], self.held[name], strict=True)
        found = [one for time, one in times if low <= time <= high and int(one["id"]) > behind]
        if body["sorts"][0]["propertyName"] == "hs_object_id":
            found.sort(key=lambda one: int(one["id"]))
        answer = _page(found, begin, size)
        asked_for = set(body["properties"])
        results = [_with(one, asked_for) for one in answer["results"]]
        return {"total": len(found), **answer, "results": results}


def _page(found: list[Record], begin: int, size: int) -> Record:
    page: Record = {"results": found[begin : begin + size]}
    if begin + size < len(found):
        page["paging"] = {"next": {"after": str(begin + size)}}
    return page


def _with(one: Record, asked_for: set[str]) -> Record:
    """With the properties that were asked for."""
    properties = {key: text for key, text in one["properties"].items() if key in asked_for}
    return {**one, "properties": properties}


def _milliseconds(one: Record) -> int:
    moment = parse_time(one["updatedAt"]).astimezone(timezone.utc)
    return epoch(moment) * 1000 + moment.microsecond // 1000


def _error(message: str, status: int = 400, **headers: str) -> Any:
    body = {"status": "error", "message": message, "category": "VALIDATION_ERROR"}
    return refused(status, body, **headers)

"""Twilio: the lists of an account, `GET /2010-04-01/Accounts/{sid}/Messages.json` and so on.

`next_page_uri` is a path, and null on the last page; 1,000 of a page at most. Times of records are
written as in an e-mail; filters take days: `DateSent>` stands for `DateSent>=`. `DateSent<` means
"on and before" a day, `StartTime<` and `DateCreated<` "on or before midnight of this date": the
midnight with which it begins. HTTP Basic with an API key. 429 has the code 20429.
"""

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, ClassVar
from urllib.parse import urlencode

from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster.demo.apis.known import Kind, Known, Make
from restsrc_dagster.demo.apis.mock import SOON, ago, basic, iso, refused
from restsrc_dagster.demo.apis.server import Asked
from restsrc_dagster.json_types import Record

LISTS = {
    "Messages": ("messages", "messages", "date_sent", "DateSent"),
    "Calls": ("calls", "calls", "start_time", "StartTime"),
    "Recordings": ("recordings", "recordings", "date_created", "DateCreated"),
    "Conferences": ("conferences", "conferences", "date_created", "DateCreated"),
    "Usage/Records/Daily": ("daily_usage", "usage_records", "start_date", ""),
    "IncomingPhoneNumbers": ("phone_numbers", "incoming_phone_numbers", "", ""),
}
TO_MIDNIGHT = ("StartTime", "DateCreated")
DAY = timedelta(days=1, seconds=-1)


def _dated(prefix: str, field: str) -> Make:
    def make(number: int, at: datetime, text: str) -> Record:
        moment = format_datetime(at.astimezone(timezone.utc))
        return {"sid": f"{prefix}{number:032x}", "status": text, field: moment}

    return make


def _usage(number: int, at: datetime, text: str) -> Record:
    return {"start_date": f"{at:%Y-%m-%d}", "category": f"c{number}", "description": text}


def _phone(number: int, _: datetime, text: str) -> Record:
    return {"sid": f"PN{number}", "friendly_name": text}


class Twilio(Known):
    host = "api.twilio.com"
    environment: ClassVar = {
        "TWILIO_ACCOUNT_SID": "AC1",
        "TWILIO_API_KEY_SID": "SK1",
        "TWILIO_API_KEY_SECRET": "s3cret",
        "TWILIO_SINCE": iso(ago(60)),
        "TWILIO_USAGE_SINCE": f"{ago(60):%Y-%m-%d}",
    }
    kinds: ClassVar = {
        "messages": Kind(_dated("SM", "date_sent"), ("sid", "status"), 45, "newest"),
        "calls": Kind(_dated("CA", "start_time"), ("sid", "status"), 3, "newest"),
        "recordings": Kind(_dated("RE", "date_created"), ("sid", "status"), 3, "newest"),
        "conferences": Kind(_dated("CF", "date_created"), ("sid", "status"), 3, "newest"),
        "daily_usage": Kind(_usage, ("category", "description"), 3, "newest"),
        "phone_numbers": Kind(_phone, ("sid", "friendly_name"), 22),
    }

    def __init__(self) -> None:
        super().__init__()
        self._refuse_once = True

    def __call__(self, asked: Asked) -> Any:
        if asked.headers.get("Authorization") != basic("SK1", "s3cret"):
            return _error(401, 20003, "Authenticate")
        path = asked.path.removeprefix("/2010-04-01/Accounts/AC1/").removesuffix(".json")
        if path not in LISTS:
            return _error(404, 20404, "The requested resource was not found")
        size, page = int(asked.params.get("PageSize", 50)), int(asked.params.get("Page", 0))
        if size > 1000:
            return _error(400, 20001, "Page size must be at most 1000")
        if page and self._refuse_once:
            self._refuse_once = False
            return _error(429, 20429, "Too Many Requests", **SOON)
        name, selector, field, param = LISTS[path]
        found = [one for one in self.held[name] if _passes(one, field, param, asked)]
        more = {**asked.params, "Page": page + 1, "PageToken": f"P{page}"}
        uri = f"{asked.path}?{urlencode(more)}" if (page + 1) * size < len(found) else None
        return {selector: found[page * size : (page + 1) * size], "next_page_uri": uri}


def _passes(one: Record, field: str, param: str, asked: Asked) -> bool:
    if not field:
        return True
    names = (f"{param}>", f"{param}<") if param else ("StartDate", "EndDate")
    start, end = (asked.params.get(name) for name in names)
    moment = parsedate_to_datetime(one[field]) if param else _midnight(one[field])
    if start and moment < _midnight(start):
        return False
    return not end or moment <= _midnight(end) + (timedelta() if param in TO_MIDNIGHT else DAY)


def _midnight(day: str) -> datetime:
    """The beginning of a day."""
    return parse_time(day).replace(tzinfo=timezone.utc)


def _error(status: int, code: int, message: str, **headers: str) -> Any:
    return refused(status, {"code": code, "message": message, "status": status}, **headers)

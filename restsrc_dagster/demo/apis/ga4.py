"""Google Analytics 4, `POST /v1beta/properties/{id}:runReport`.

A report counts in days; `dateRanges` has a start and an end, both included; `limit` (250,000 at
most) and `offset` stand in the body, `rowCount` in the answer, which has no `rows` if there are
none. A row has values by position, all of them texts. What was counted may change for some days. A
service account signs an assertion, and gets a token for it; 429 is RESOURCE_EXHAUSTED.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qs

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from restsrc_dagster.connector.time.iso import parse_date
from restsrc_dagster.demo.apis.known import Known
from restsrc_dagster.demo.apis.mock import SOON, Rows, ago, refused
from restsrc_dagster.demo.apis.server import Asked
from restsrc_dagster.json_types import Record

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ROBOT = "robot@acme.iam.gserviceaccount.com"
UNKNOWN = "users"
REPORTS = {
    "daily_visitors": (),
    "traffic_sources": ("sessionDefaultChannelGroup",),
    "pages": ("hostName", "pagePath"),
    "landing_pages": ("landingPage",),
    "countries": ("country", "region"),
    "devices": ("deviceCategory",),
    "events": ("eventName",),
    "purchases": ("itemId", "itemName"),
}
"""The dimensions by which the reports of the recipe are told apart."""
METRICS = {"events": "event_count", "purchases": "items_viewed"}
VALUES = ("France", "Italy", "Spain")


def _key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode().replace("\n", "\\n")


class Ga4(Known):
    host = "analyticsdata.googleapis.com"
    beside = ("oauth2.googleapis.com",)
    environment: ClassVar = {
        "GA4_PROPERTY": "42",
        "GA4_CLIENT_EMAIL": ROBOT,
        "GA4_PRIVATE_KEY": _key(),
        "GA4_SINCE": f"{ago(70):%Y%m%d}",
    }
    kinds: ClassVar = {}

    def __init__(self) -> None:
        self._counted: dict[str, int] = {_date(days): days for days in (60, 59, 30, 3, 2, 1)}
        self._refuse_once = True

    def later(self) -> None:
        """The last days were not complete, and today has begun."""
        self._counted[_date(1)] = 41
        self._counted[_date(0)] = 5

    def tables(self) -> Mapping[str, Rows]:
        """Each report counts users by day, and by each of its values but the first report."""
        found: dict[str, Rows] = {}
        for name, dimensions in REPORTS.items():
            metric = {"events": "event_count", "purchases": "items_viewed"}.get(
                name, "active_users"
            )
            values = VALUES if dimensions else ("",)
            rows = [
                (day, *([value] if dimensions else []), users)
                for day, users in self._counted.items()
                for value in values
            ]
            shown = [_column(dimensions[0])] if dimensions else []
            found[f"{name}: {', '.join(['date', *shown, metric])}"] = sorted(rows)
        return found

    def __call__(self, asked: Asked) -> Any:
        if asked.path == "/token":
            return _token(asked)
        if asked.headers.get("Authorization") != "Bearer ya29":
            return _error(401, "UNAUTHENTICATED", "Request had invalid credentials.")
        if asked.path != "/v1beta/properties/42:runReport":
            return _error(404, "NOT_FOUND", "Not found")
        if self._refuse_once:
            self._refuse_once = False
            return _error(429, "RESOURCE_EXHAUSTED", "Exhausted property tokens per hour.", **SOON)
        body = asked.json
        if int(body.get("limit", 10_000)) > 250_000:
            return _error(400, "INVALID_ARGUMENT", "limit must be at most 250000")
        if UNKNOWN in [metric["name"] for metric in body["metrics"]]:
            told = f"Field {UNKNOWN} is not a valid metric."
            return _error(400, "INVALID_ARGUMENT", told)
        return self._report(body)

    def _report(self, body: Any) -> Record:
        (dates,) = body["dateRanges"]
        start, end = (parse_date(dates[f"{which}Date"]) for which in ("start", "end"))
        dimensions = [one["name"] for one in body["dimensions"]]
        metrics = [one["name"] for one in body["metrics"]]
        found = [
            {
                "dimensionValues": [{"value": day}, *[{"value": value}] * (len(dimensions) - 1)],
                "metricValues": [{"value": str(users)}] * len(metrics),
            }
            for day, users in sorted(self._counted.items())
            for value in (VALUES if dimensions[1:] else ("",))
            if start <= parse_date(day) <= end
        ]
        limit, offset = int(body.get("limit", 10_000)), int(body.get("offset", 0))
        answer: Record = {"kind": "analyticsData#runReport"}
        if found:
            answer |= {"rowCount": len(found)}
            if rows := found[offset : offset + limit]:
                answer |= {"rows": rows}
        return answer


def _token(asked: Asked) -> Any:
    form = {key: one[0] for key, one in parse_qs(asked.body.decode()).items()}
    claims = form.get("assertion", "..").split(".")[1]
    told = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)) or "{}")
    if form.get("grant_type") != GRANT or told.get("iss") != ROBOT:
        return refused(400, {"error": "invalid_grant"})
    return {"access_token": "ya29", "token_type": "Bearer", "expires_in": 3599}


def _date(days: int) -> str:
    return f"{ago(days):%Y%m%d}"


def _column(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _error(status: int, code: str, message: str, **headers: str) -> Any:
    body = {"error": {"code": status, "message": message, "status": code}}
    return refused(status, body, **headers)

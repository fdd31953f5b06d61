"""Amplitude's export, `GET /api/2/export?start=YYYYMMDDTHH&end=YYYYMMDDTHH`.

Both hours are included; 404 is a range without data, 400 one of more than 365 days or 4 GB; an hour
is there two hours later. The real answer is a zip of JSON lines, here it is a list.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar

from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster.demo.apis.mock import Rows, basic, refused, rows
from restsrc_dagster.json_types import Record
from restsrc_dagster_tests.apis.mock import Mock
from restsrc_dagster_tests.support.api import Asked

MOST = 4
"""Events of a range: the 4 GB."""
LONGEST = timedelta(days=365)


class Amplitude(Mock):
    host = "amplitude.com"
    environment: ClassVar = {
        "AMPLITUDE_KEY": "k",
        "AMPLITUDE_SECRET": "s",
        "AMPLITUDE_SINCE": f"{datetime.now(timezone.utc) - timedelta(hours=48):%Y-%m-%d %H:00:00}",
    }
    requests = (12, 4)
    refusals: ClassVar = {
        "no hours": (
            lambda content: content["configuration"]["resources"][0]["endpoint"][
                "incremental"
            ].update(convert="date"),
            "must be formatted YYYYMMDDTHH",
        ),
        "too long a window": (
            lambda content: content["reading"]["events"]["window"].update(size="1 week"),
            "exceeds the maximum size",
        ),
    }

    def __init__(self) -> None:
        self._hour = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0)
        self._held = [self._event(number, number * 7 + 3) for number in range(1, 6)]
        self._held.append(self._event(6, 1))

    def _event(self, number: int, hours_ago: int) -> Record:
        at = self._hour - timedelta(hours=hours_ago) + timedelta(minutes=17)
        uploaded = f"{at:%Y-%m-%d %H:%M:%S.%f}"
        return {"uuid": f"u{number}", "event_type": "view", "server_upload_time": uploaded}

    def later(self) -> None:
        """An event of an hour that was not complete."""
        self._held.append(self._event(7, 2))

    def tables(self) -> Mapping[str, Rows]:
        return {"events: uuid, event_type": rows(self._held, "uuid", "event_type")}

    def __call__(self, asked: Asked) -> Any:
        if asked.headers.get("Authorization") != basic("k", "s"):
            return refused(401, {"error": "Invalid API key"})
        try:
            start, end = (_hour(asked.params[name]) for name in ("start", "end"))
        except (KeyError, ValueError):
            return refused(400, {"error": "start and end must be formatted YYYYMMDDTHH"})
        found = [one for one in self._held if start <= _uploaded(one) < end + timedelta(hours=1)]
        if end - start > LONGEST or len(found) > MOST:
            return refused(400, {"error": "Raw data export exceeds the maximum size"})
        return found or refused(404, {"error": "Raw data files were not found."})


def _hour(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H").replace(tzinfo=timezone.utc)


def _uploaded(one: Record) -> datetime:
    return parse_time(one["server_upload_time"]).replace(tzinfo=timezone.utc)

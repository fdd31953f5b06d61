"""Mailgun's events, `GET /v3/{domain}/events`.

A range is `begin` and `end`, in seconds since 1970; `paging.next` is there on every page, also on
the last one, which is empty. Events appear late: what is younger than half an hour is not complete.
"""

import time
from collections.abc import Mapping
from typing import Any, ClassVar

from restsrc_dagster.demo.apis.mock import Rows, basic, here, refused, rows
from restsrc_dagster.json_types import Record
from restsrc_dagster_tests.apis.mock import Mock, endpoint
from restsrc_dagster_tests.support.api import Asked

MINUTE, DAY = 60, 86400


class Mailgun(Mock):
    host = "api.mailgun.net"
    environment: ClassVar = {
        "MAILGUN_KEY": "key-1",
        "MAILGUN_DOMAIN": "mg.example.com",
        "MAILGUN_SINCE": str(int(time.time()) - 21 * DAY),
    }
    requests = (5, 2)
    refusals: ClassVar = {
        "pages of 500": (
            lambda content: endpoint(content)["params"].update(limit=500),
            "limit should be at most 300",
        ),
    }

    def __init__(self) -> None:
        self._now = time.time()
        self._held = [
            self._event(1, 20 * DAY),
            self._event(2, 19 * DAY),
            self._event(3, 18 * DAY),
            self._event(4, 2 * DAY),
            self._event(5, 40 * MINUTE),
        ]
        self._young = [self._event(6, 10 * MINUTE)]

    def _event(self, number: int, ago: float) -> Record:
        at = round(self._now - ago, 6)
        return {"id": f"e{number}", "event": "delivered", "timestamp": at + 0.25}

    def later(self) -> None:
        """An event has appeared late."""
        self._held.append(self._event(7, 35 * MINUTE))

    def tables(self) -> Mapping[str, Rows]:
        """The young one is left for a later run."""
        return {"events: id, event": rows(self._held, "id", "event")}

    def __call__(self, asked: Asked) -> Any:
        if asked.headers.get("Authorization") != basic("api", "key-1"):
            return refused(401, {"message": "Forbidden"})
        path, _, token = asked.path.partition("/events/")
        if not token:
            if int(asked.params.get("limit", 100)) > 300:
                return refused(400, {"message": "limit should be at most 300"})
            begin, end = int(asked.params.get("begin", 0)), int(asked.params.get("end", 1 << 40))
            if begin >= end:
                return refused(400, {"message": f"Inconsistent range: begin={begin}, end={end}"})
            token = f"{begin}-{end}-{asked.params.get('limit', 100)}-0"
        begin, end, limit, first = (int(part) for part in token.split("-"))
        found = [one for one in self._held + self._young if begin <= one["timestamp"] < end]
        page = found[first : first + limit]
        after = f"{begin}-{end}-{limit}-{first + len(page)}"
        base = f"{path.removesuffix('/events')}/events"
        return {"items": page, "paging": {"next": here(asked, f"{base}/{after}")}}

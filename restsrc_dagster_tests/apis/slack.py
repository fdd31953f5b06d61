"""Slack's channels, `conversations.list`, and the messages of each, `conversations.history`.

Both give `response_metadata.next_cursor`, which is empty or absent on the last page. Messages come
newest first, between `oldest` and `latest`, which are not of it unless `inclusive` is true. A `ts`
is a text of seconds with six digits behind the point, and tells messages of one channel apart.
Errors have the status 200 and `ok: false`; of a channel that the app was not invited to it is
`not_in_channel`.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from restsrc_dagster_tests.apis.mock import (
    Mock,
    Record,
    Rows,
    ago,
    bearer,
    endpoint,
    epoch,
    refused,
)
from restsrc_dagster_tests.support.api import Asked


def _message(text: str, days_ago: float, fraction: int = 0) -> Record:
    return {
        "type": "message",
        "user": "U012AB3CDE",
        "text": text,
        "ts": f"{epoch(ago(days_ago))}.{fraction:06}",
    }


class Slack(Mock):
    host = "slack.com"
    environment: ClassVar = {"SLACK_TOKEN": "t0ken"}
    requests = (400, 100)
    refusals: ClassVar = {
        "a channel that the app is not in": (
            lambda content: endpoint(content, 1).pop("response_actions"),
            "not_in_channel",
        ),
        "pages of 2000": (
            lambda content: endpoint(content, 1)["params"].update(limit=2000),
            "invalid_limit",
        ),
    }

    def __init__(self) -> None:
        self._foreign = {"C3"}
        self._messages = {
            "C1": [_message(f"one {n}", 5 + n, n) for n in range(7)],
            "C2": [_message("same second", 9, n) for n in (1, 2, 216)],
            "C3": [_message("before the app came", 20), _message("and then", 8)],
            "C4": [],
        }

    def later(self) -> None:
        self._foreign.clear()
        self._messages["C1"].insert(0, _message("new", 0.5))
        self._messages["C4"].insert(0, _message("the first", 0.2))
        self._messages["C5"] = [_message("of a new channel", 3)]

    def tables(self) -> Mapping[str, Rows]:
        return {
            "channels: id": sorted((channel,) for channel in self._messages),
            "messages: _channels_id, ts, text": sorted(
                (channel, one["ts"], one["text"])
                for channel, messages in self._messages.items()
                for one in messages
                if channel not in self._foreign
            ),
        }

    def __call__(self, asked: Asked) -> Any:
        if not bearer(asked):
            return _error("invalid_auth")
        if int(asked.params.get("limit", 100)) > 999:
            return _error("invalid_limit")
        if asked.path.endswith("/conversations.list"):
            channels = [{"id": one, "name": one.lower()} for one in self._messages]
            return _page(asked, "channels", channels)
        channel = asked.params.get("channel", "")
        if channel not in self._messages:
            return _error("channel_not_found")
        if channel in self._foreign:
            return _error("not_in_channel")
        return _page(asked, "messages", self._between(channel, asked))

    def _between(self, channel: str, asked: Asked) -> list[Record]:
        oldest, latest = Decimal(asked.params.get("oldest", 0)), asked.params.get("latest")
        found = self._messages[channel]
        if asked.params.get("inclusive") == "true":
            found = [one for one in found if Decimal(one["ts"]) >= oldest]
            return [one for one in found if not latest or Decimal(one["ts"]) <= Decimal(latest)]
        found = [one for one in found if Decimal(one["ts"]) > oldest]
        return [one for one in found if not latest or Decimal(one["ts"]) < Decimal(latest)]


def _page(asked: Asked, name: str, found: list[Record]) -> Any:
    begin, size = int(asked.params.get("cursor", 0)), int(asked.params.get("limit", 100))
    more = begin + size < len(found)
    body = {"ok": True, name: found[begin : begin + size]}
    if name == "messages":
        beyond = {"response_metadata": {"next_cursor": str(begin + size)}} if more else {}
        return {**body, "has_more": more, "pin_count": 0, **beyond}
    return {**body, "response_metadata": {"next_cursor": str(begin + size) if more else ""}}


def _error(error: str) -> Any:
    return refused(200, {"ok": False, "error": error})

"""Slack's channels and users, the messages of each channel, and the replies of each thread.

Lists give `response_metadata.next_cursor`, which is empty or absent on the last page. Messages come
newest first, between `oldest` and `latest`, which are not of it unless `inclusive` is true. A `ts`
is a text of seconds with six digits behind the point, and tells messages of one channel apart.
Errors have the status 200 and `ok: false`; of a channel that the app was not invited to it is
`not_in_channel`. A thread begins with its parent, which has replies if its `thread_ts` is its `ts`.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from restsrc_dagster.demo.apis.known import Known
from restsrc_dagster.demo.apis.mock import SOON, Rows, ago, bearer, epoch, refused
from restsrc_dagster.demo.apis.server import Asked
from restsrc_dagster.json_types import Record


def _message(text: str, days_ago: float, fraction: int = 0, thread: Record | None = None) -> Record:
    ts = f"{epoch(ago(days_ago))}.{fraction:06}"
    in_thread = {"thread_ts": thread["ts"]} if thread else {}
    return {"type": "message", "user": "U012AB3CDE", "text": text, "ts": ts, **in_thread}


class Slack(Known):
    host = "slack.com"
    environment: ClassVar = {"SLACK_TOKEN": "t0ken", "SLACK_SINCE": f"{epoch(ago(60))}.000000"}
    kinds: ClassVar = {}

    def __init__(self) -> None:
        self._users = {f"U{number}": f"text {number}" for number in range(7)}
        self._foreign = {"C3"}
        self._messages = {
            "C1": [_message(f"one {n}", 5 + n, n) for n in range(7)],
            "C2": [_message("same second", 9, n) for n in (1, 2, 216)],
            "C3": [_message("before the app came", 20), _message("and then", 8)],
            "C4": [],
        }
        self._replies: dict[tuple[str, str], list[Record]] = {}
        self._answered("C1", 2, [_message(f"reply {n}", 4, n) for n in range(3)])
        self._refuse_once = True

    def _answered(self, channel: str, place: int, replies: list[Record]) -> None:
        parent = self._messages[channel][place]
        parent["thread_ts"] = parent["ts"]
        key = channel, parent["ts"]
        known = self._replies.setdefault(key, [])
        known += [{**one, "thread_ts": parent["ts"]} for one in replies]
        parent["reply_count"] = len(known)

    def later(self) -> None:
        self._foreign.clear()
        self._messages["C1"].insert(0, _message("new", 0.5))
        self._messages["C4"].insert(0, _message("the first", 0.2))
        self._messages["C5"] = [_message("of a new channel", 3)]
        self._messages["C1"][1]["text"] = "edited"
        self._answered("C1", 1, [_message("a new thread", 0.1)])
        self._answered("C1", 3, [_message("one more", 0.1, 7)])
        self._users["U0"] = "renamed"
        self._users["U9"] = "new"

    def tables(self) -> Mapping[str, Rows]:
        return {
            "users: id, name": sorted(self._users.items()),
            "channels: id": sorted((channel,) for channel in self._messages),
            "messages: _channels_id, ts, text": sorted(
                (channel, one["ts"], one["text"])
                for channel, messages in self._messages.items()
                for one in messages
                if channel not in self._foreign
            ),
            "replies: _threads__channels_id, thread_ts, ts, text": sorted(
                (channel, thread, one["ts"], one["text"])
                for (channel, thread), replies in self._replies.items()
                for one in replies
            ),
        }

    def __call__(self, asked: Asked) -> Any:
        if not bearer(asked):
            return _error("invalid_auth")
        if int(asked.params.get("limit", 100)) > 999:
            return _error("invalid_limit")
        method = asked.path.removeprefix("/api/")
        if "cursor" in asked.params and self._refuse_once:
            self._refuse_once = False
            return refused(429, {"ok": False, "error": "ratelimited"}, **SOON)
        if method == "users.list":
            users = [{"id": one, "name": name} for one, name in self._users.items()]
            return _page(asked, "members", users)
        if method == "conversations.list":
            channels = [{"id": one, "name": one.lower()} for one in self._messages]
            return _page(asked, "channels", channels)
        channel = asked.params.get("channel", "")
        if channel not in self._messages:
            return _error("channel_not_found")
        if channel in self._foreign:
            return _error("not_in_channel")
        if method == "conversations.replies":
            return self._thread(channel, asked)
        return _page(asked, "messages", self._between(channel, asked))

    def _thread(self, channel: str, asked: Asked) -> Any:
        found = [one for one in self._messages[channel] if one["ts"] == asked.params["ts"]]
        if not found:
            return _error("thread_not_found")
        replies = self._replies.get((channel, found[0]["ts"]), [])
        return _page(asked, "messages", [*found, *replies])

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

"""An API whose list is asked for by a range of time, as several APIs understand it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster_tests.support.api import Answer, Asked

TOKEN = "behind-"
START = datetime(2024, 1, 1, tzinfo=timezone.utc)


def at(hours: float) -> str:
    """So long after the beginning, as the API writes times."""
    return f"{START + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"


def _instant(text: str) -> datetime:
    moment = parse_time(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


@dataclass
class RangeApi:
    """`?since=…&until=…` of any path, in pages.

    Args:
        records: with a time as `at`.
        ends: `[)`, `[]`, `(]`, `()` by instants; `days`, both of them whole; `day`, that of
            `since`.
        size: records of a page.
        cap: the most records that it gives of one range; 0 for all.
        longest: the longest range that it takes, if there is one.
        by_links: whether a page names the next one, by a token; else pages have numbers.
        announces: whether it says how many records a range has.
        by: the field that it goes by.
    """

    records: list[dict[str, Any]]
    ends: str = "[)"
    size: int = 3
    cap: int = 0
    longest: timedelta | None = None
    by_links: bool = True
    announces: bool = False
    by: str = "at"
    token: str = TOKEN
    """In front of the number of a page that a link names; "" where links count."""
    clock: float | None = None
    """Hours after the beginning, by the API's own clock; None for ours."""
    wrong: Callable[[Asked], Answer | None] = lambda _: None
    ranges: list[tuple[str, str]] = field(default_factory=list)
    """Those that were asked for, by their first page."""

    def __call__(self, asked: Asked) -> Any:
        if wrong := self.wrong(asked):
            return wrong
        since, until = asked.params["since"], asked.params.get("until", "")
        page = int(asked.params.get("page", "1").removeprefix(TOKEN))
        if page == 1:
            self.ranges.append((since, until))
        if self.longest and _instant(until) - _instant(since) > self.longest:
            return Answer({"error": f"a range is {self.longest} at most"}, status=400)
        found = [one for one in self.records if self._has(one, since, until)]
        given = found[: self.cap] if self.cap else found
        body: dict[str, Any] = {"data": given[(page - 1) * self.size : page * self.size]}
        if self.announces:
            body["total"] = len(found)
        if self.by_links and page * self.size < len(given):
            body["next"] = f"{asked.path}?since={since}&until={until}&page={self.token}{page + 1}"
        if self.clock is None:
            return body
        now = START + timedelta(hours=self.clock)
        return Answer(body, headers={"Date": format_datetime(now, usegmt=True)})

    def _has(self, record: dict[str, Any], since: str, until: str) -> bool:
        return self._is_within(_instant(record[self.by]), since, until)

    def _is_within(self, moment: datetime, since: str, until: str) -> bool:
        low = _instant(since)
        if self.ends == "day":
            return moment.date() == low.date()
        high = _instant(until)
        match self.ends:
            case "days":
                return low.date() <= moment.date() <= high.date()
            case "[]":
                return low <= moment <= high
            case "(]":
                return low < moment <= high
            case "()":
                return low < moment < high
            case _:
                return low <= moment < high

    @property
    def paginator(self) -> dict[str, Any]:
        if self.by_links:
            return {"type": "json_link", "next_url_path": "next"}
        return {"type": "page_number", "base_page": 1, "total_path": None}

    def incremental(self, first: str = "2024-01-01T00:00:00Z") -> dict[str, Any]:
        """The cursor, as a connector file has it."""
        cursor = {"cursor_path": "at", "initial_value": first, "start_param": "since"}
        if self.ends != "day":
            cursor["end_param"] = "until"
        if self.ends in ("day", "days"):
            cursor["convert"] = "date"
        return cursor

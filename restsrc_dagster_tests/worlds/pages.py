"""One request for a page of a list: what is found, in which order, and what is said of the next."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from restsrc_dagster_tests.support.api import Answer, Asked
from restsrc_dagster_tests.support.written import as_csv, as_lines, as_xml
from restsrc_dagster_tests.worlds.cursors import KINDS, read_converted
from restsrc_dagster_tests.worlds.shop import Row
from restsrc_dagster_tests.worlds.spelling import spelled
from restsrc_dagster_tests.worlds.world import Cursor, Resource

if TYPE_CHECKING:
    from restsrc_dagster_tests.worlds.serving import Serving


ENDLESS = {"endless": "length(records) == `0`", "endless flag": "body.done"}
"""Lists of which each page names a next one, and the rule that says where they end."""


class Malformed(Exception):
    """A request that the API does not understand."""


@dataclass
class Page:
    """One request for a page of a list."""

    serving: "Serving"
    resource: Resource
    name: str
    owner: str
    given: dict[str, Any]
    asked: Asked

    def answer(self) -> Answer:
        api, how = self.serving.world.api, self.serving.how
        if self.asked.method == "POST":
            return self._given(self._found(), {})
        size = min(how.size, api.cap) if api.cap else how.size
        match api.paginator:
            case "single_page":
                return self._given(self._found(), {})
            case "page_number":
                found = self._found()
                start = (self._number("page") - api.base_page) * size
                pages = -(-len(found) // size)
                return self._given(found[start : start + size], self._total("pages", pages))
            case "offset":
                found, start = self._found(), self._number("offset")
                size = min(self._number("limit"), api.cap or 1000)
                return self._given(found[start : start + size], self._total("total", len(found)))
        return self._placed(size) if api.places else self._linked(size)

    def _number(self, name: str) -> int:
        try:
            return int(self.given[name])
        except (KeyError, ValueError):
            raise Malformed(f"{name} is missing, or no number") from None

    def _total(self, key: str, right: int) -> dict[str, Any]:
        match self.serving.world.api.total:
            case "right":
                return {key: right}
            case "minus":
                return {key: -1}
            case "zero":
                return {key: 0}
            case "much":
                return {key: right + 2 if right else 0}
        return {}

    def _found(self) -> list[Row]:
        """What the API has for the request, in its order."""
        asked_for = self.serving.asked_for(self.name, self.owner, self.given)
        rows = self.serving.order(self.name, asked_for)
        if self.serving.world.api.flag and self.name == "p":
            shown = self.given.get("archived") == "true"
            rows = [row for row in rows if shown or not row.archived]
        cursor, since = self.resource.cursor, self.given.get("since")
        if cursor is None:
            return rows
        if since is not None and self._filter() != "absent":
            start = self._meant("since", cursor, since)
            rows = [row for row in rows if row.at is None or self._comes(cursor, row, start)]
        until = self.given.get("until")
        if until is not None and self.serving.world.api.until != "absent":
            end = self._meant("until", cursor, until)
            rows = [row for row in rows if row.at is None or self._is_of(cursor, row, end)]
        return rows

    def _filter(self) -> str:
        api = self.serving.world.api
        return api.filter if self.name == "p" or api.filter == "absent" else "inclusive"

    def _meant(self, name: str, cursor: Cursor, given: Any) -> Any:
        kind = KINDS[cursor.kind]
        try:
            if cursor.convert:
                return read_converted(cursor.convert, kind, str(given))
            return kind.read(str(given))
        except (ValueError, TypeError):
            raise Malformed(f"{name}: what is {given!r}?") from None

    def _is_of(self, cursor: Cursor, row: Row, end: Any) -> bool:
        own = KINDS[cursor.kind].read(str(spelled(cursor, row.at or 0, 0)))
        return bool(own < end) or (own == end and self.serving.world.api.until == "inclusive")

    def _comes(self, cursor: Cursor, row: Row, start: Any) -> bool:
        own = KINDS[cursor.kind].read(str(spelled(cursor, row.at or 0, 0)))
        if own == start:
            return self._filter() == "inclusive"
        return bool(own < start) if cursor.falls else bool(own > start)

    def _linked(self, size: int) -> Answer:
        """The list goes on where it was, whatever has changed: `after` is a list and a place."""
        lists, token = self.serving.lists, self.given.get("after")
        if token is None:
            found = self._found()
            token = f"{len(lists)}-0"
            lists[str(len(lists))] = [(self.serving.place(self.name, row), row) for row in found]
        number, start = token.split("-")
        if number not in lists:
            raise Malformed("after: which list?")
        known, begin = lists[number], int(start)
        page = self._now(known[begin : begin + size])
        more = begin + size < len(known)
        goes_on = more or self.serving.world.api.end in ENDLESS
        token = f"{number}-{begin + size}" if goes_on else None
        return self._given(page, self._next(token, page, more=more))

    def _placed(self, size: int) -> Answer:
        """The list is looked up anew; `after` says how many records, or pages, came before."""
        by_pages = self.serving.world.api.places == "pages"
        given = int(self.given.get(self._place, 1 if by_pages else 0))
        start = (given - 1) * size if by_pages else given
        found = self._found()
        more = start + size < len(found)
        goes_on = more or self.serving.world.api.end in ENDLESS
        token = str(given + 1 if by_pages else start + size) if goes_on else None
        page = found[start : start + size]
        return self._given(page, self._next(token, page, more=more))

    @property
    def _place(self) -> str:
        """The param that says which page is asked for."""
        return "page" if self.serving.world.api.places == "pages" else "after"

    def _now(self, known: list[Any]) -> list[Row]:
        """Records as they are by now; what was deleted in between is gone."""
        rows = self.serving.rows(self.name, self.owner)
        there = {row.v for row in rows}
        newest = {row.key: row for row in sorted(rows, key=lambda row: row.v)}
        now = [row if row.v in there else newest.get(row.key) for _, row in known]
        return [row for row in now if row is not None]

    def _next(self, token: str | None, page: list[Row], *, more: bool) -> dict[str, Any]:
        """Where the next page is named, by the paginator: keys of the body, or of the headers."""
        api = self.serving.world.api
        kept = {key: value for key, value in self.asked.params.items() if key != self._place}
        link = f"{self.asked.path}?{urlencode({**kept, self._place: token})}"
        match api.paginator:
            case "header_link":
                return {"Link": f'<{link}>; rel="next"', "done": not more} if token else {}
            case "header_cursor":
                return {"X-Next": token, "done": not more} if token else {}
            case "cursor":
                named: Any = token
            case _:
                named = link if token else None
        if api.end in ENDLESS:
            return {"next": named, "done": not more}
        if named is None and api.end == "absent":
            return {}
        if named is None and api.end == "empty":
            named = ""
        shorter = self._place in self.asked.params and len(page) < self.serving.how.size
        if named is None and api.end == "self" and api.paginator == "json_link" and shorter:
            again = urlencode(self.asked.params)
            return {"next": f"{self.asked.path}?{again}", "has_more": False}
        return {"next": named}

    def _given(self, rows: list[Row], beside: dict[str, Any]) -> Answer:
        self.serving.given |= {row.v for row in rows}
        headers = {key: beside.pop(key) for key in ("Link", "X-Next") if key in beside}
        records = [self.serving.body(self.name, row) for row in rows]
        if self.serving.world.api.written:
            return Answer(self._written(records), headers={**headers, "Content-Type": self._type()})
        return Answer({"data": self._shaped(records), **beside}, headers=headers)

    def _written(self, records: list[dict[str, Any]]) -> bytes:
        match self.serving.world.api.written.removesuffix(" said"):
            case "csv":
                names = list(dict.fromkeys(name for one in records for name in one))
                plain = [name for name in names if name != "lines"]
                return as_csv([{name: one.get(name) for name in plain} for one in records])
            case "xml":
                return as_xml(records)
        return as_lines(records)

    def _type(self) -> str:
        told = {"lines": "application/x-ndjson", "csv": "text/csv"}
        return told.get(self.serving.world.api.written, "application/octet-stream")

    def _shaped(self, records: list[dict[str, Any]]) -> Any:
        match self.serving.world.api.shape if self.name == "p" else "":
            case "keyed":
                return {f"r{place}": record for place, record in enumerate(records)}
            case "deep":
                return [{"record": record, "score": 1} for record in records]
        return records

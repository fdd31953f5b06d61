"""An honest API over the shop, on loopback: it filters, sorts and pages as it says it does.

A list with links keeps the order in which it was begun, so that nothing slides from page to page;
one with numbered pages is looked up anew for each of them, as most are.
"""

import json
import threading
from collections import Counter
from dataclasses import dataclass, field, replace
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote, urlencode

from restsrc_dagster_tests.support.api import Answer, Asked
from restsrc_dagster_tests.support.written import PACKED
from restsrc_dagster_tests.worlds.letting_in import Door
from restsrc_dagster_tests.worlds.pages import Malformed, Page
from restsrc_dagster_tests.worlds.rules import RULES
from restsrc_dagster_tests.worlds.shop import Row, Shop
from restsrc_dagster_tests.worlds.spelling import clock_of, spelled
from restsrc_dagster_tests.worlds.world import Fault, How, Run, World

ONCE = frozenset({"500", "202", "not ready", "empty 202", "error", "failure", "reset", "rule"})
LONGEST = 400
"""Requests in one run; more of them are an endless list."""


_FAULTS = {
    "500": Answer({"message": "out of order"}, status=500),
    "poison": Answer({"message": "out of order"}, status=500),
    "400": Answer({"message": "out of order"}, status=400),
    "reset": Answer(fault="reset"),
    "202": Answer({"status": "processing"}, status=202, headers={"Retry-After": "0"}),
    "not ready": Answer({"status": "processing"}, status=202),
    "empty 202": Answer(b"", status=202, headers={"Retry-After": "0"}),
    "error": Answer({"status": "ERROR", "data": None, "reason": "the shop is shut"}),
    "failure": Answer({"success": False, "cause": "Key throttle", "throttle": {"wait": 1}}),
}


@dataclass
class Serving:
    """The answers to one run after the other.

    `drops` are versions that the API keeps to itself, against its word: with one of them it is no
    honest API, and a generator that does not see that proves nothing.
    """

    world: World
    how: How
    shop: Shop
    drops: frozenset[int] = frozenset()
    asked: list[str] = field(default_factory=list)
    given: set[int] = field(default_factory=set)
    """Versions that were shown since the run began."""
    moments: list[Any] = field(default_factory=list)
    """What the API had, while a run read it."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._door = Door(self.how)
        self.lists: dict[str, list[Any]] = {}
        self._run = Run()
        self._requests: Counter[str] = Counter()
        self._pages: Counter[str] = Counter()
        self._struck: dict[Fault, str] = {}

    def begin(self, run: Run) -> None:
        self.shop.clock += 1
        self._run = run
        self._requests.clear()
        self._pages.clear()
        self._struck.clear()
        self.lists.clear()
        self.asked.clear()
        self.given.clear()
        self.moments = [self.shop.view()]

    def date(self) -> str:
        """By the API's clock."""
        return format_datetime(clock_of(self.world, self.shop.clock), usegmt=True)

    def answer(self, asked: Asked) -> Answer:
        with self._lock:
            if (refused := self._door.answer(asked)) is not None:
                return refused
            query = urlencode(asked.params)
            self.asked.append(f"{asked.method} {asked.path}?{query} {asked.body.decode()}".strip())
            if len(self.asked) > LONGEST:
                return Answer({"message": "too many requests for one run"}, status=400)
            try:
                return self._answer(asked)
            except Malformed as error:
                return Answer({"message": str(error)}, status=400)

    def _answer(self, asked: Asked) -> Answer:
        parts = [unquote(part) for part in asked.path.strip("/").split("/")]
        given = {**asked.params, **(asked.json if asked.body else {})}
        match parts:
            case ["other"]:
                return Answer({"data": [{"id": 1, "v": 0}, {"id": 2, "v": 0}]})
            case ["p"]:
                name, owner = "p", ""
            case ["since", since, "p"]:
                name, owner, given["since"] = "p", "", since
            case ["gone", name]:
                return self._told(name, int(given.get("since", 0)))
            case ["p", owner, "c"]:
                name = "c"
            case ["p", owner, "since", since, "c"]:
                name, given["since"] = "c", since
            case ["c"]:
                # A value that nobody has is no mistake: nothing hangs on it.
                name, owner = "c", str(given.pop("parent", ""))
            case ["c", owner, "g"]:
                name = "g"
            case ["c", owner, "since", since, "g"]:
                name, given["since"] = "g", since
            case _:
                return Answer({"message": f"nothing at {asked.path}"}, status=404)
        self._requests[name] += 1
        if fault := self._fault(name, f"{asked.path}?{urlencode(asked.params)}"):
            return fault
        if name == "c" and (status := self.shop.ghosts.get(owner)):
            return Answer({"message": f"{owner} is gone"}, status=status)
        answer = self._listed(name, owner, given, asked)
        rules = self.world.resources[name].rules
        if rules.startswith("ignore") and not answer.body["data"]:  # type: ignore[index, call-overload]
            return RULES[rules][1]
        return self._packed(answer)

    def _told(self, name: str, since: int) -> Answer:
        """The deletions that another list tells of."""
        told = [one for one in self.shop.told[name] if one[2] >= since]
        return Answer({"data": [{"id": n, "item": key, "at": at} for n, key, at in told]})

    def _packed(self, answer: Answer) -> Answer:
        if not self.how.packed:
            return answer
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        return replace(answer, body=PACKED[self.how.packed](body))

    # -- what goes wrong --

    def _fault(self, name: str, request: str) -> Answer | None:
        for fault in self._run.faults:
            if fault.of != name:
                continue
            struck = self._struck.get(fault)
            if struck is None and self._requests[name] >= fault.nth:
                self._struck[fault] = request
                return self._wrong(fault)
            if struck == request and fault.what not in ONCE:
                return self._wrong(fault)
        return None

    def _wrong(self, fault: Fault) -> Answer:
        if fault.what == "rule":
            return RULES[self.world.resources[fault.of].rules][1]
        return _FAULTS[fault.what]

    def struck(self, name: str) -> bool:
        """Whether an answer for which the file has a rule was given in place of a good one."""
        return any(fault.of == name and fault.what == "rule" for fault in self._struck)

    # -- lists --

    def _listed(self, name: str, owner: str, given: dict[str, Any], asked: Asked) -> Answer:
        self._pages[name] += 1
        if name == "p":
            for number, event in self._run.middle:
                if number == self._pages["p"]:
                    self.shop.happen(event)
                    self.moments.append(self.shop.view())
        resource = self.world.resources[name]
        page = Page(self, resource, name, owner, given, asked)
        return page.answer()

    def asked_for(self, name: str, owner: str, given: dict[str, Any]) -> list[Row]:
        """The records of a list, of the part that is asked for: under another parent than the
        request says is nothing."""
        rows, resource = self.rows(name, owner), self.world.resources[name]
        if resource.values:
            part = int(given["part"])
            rows = [row for row in rows if row.key % resource.values == part]
        if resource.top:
            above = {kid.owner for kids in self.shop.below["c"].values() for kid in kids}
            kids = self.shop.below["c"].get(str(given["top"]), [])
            tops = [row for row in self.shop.parents if self.shop.value_of(row) == given["top"]]
            parts = {str(row.key % self.world.p.values) for row in tops if self.world.p.values}
            fits = given.get("part of top") in parts if parts else given["top"] in above
            rows = rows if fits and any(str(kid.key) == owner for kid in kids) else []
        return rows

    def rows(self, name: str, owner: str) -> list[Row]:
        rows = self.shop.parents if name == "p" else self.shop.below[name].get(owner, [])
        return [row for row in rows if row.v not in self.drops]

    def order(self, name: str, rows: list[Row]) -> list[Row]:
        return sorted(rows, key=lambda row: self.place(name, row))

    def place(self, name: str, row: Row) -> tuple[Any, ...]:
        """Where a record is in its list."""
        api, shuffle = self.world.api, self.how.shuffle
        first = not (name == "p" and api.pinned and row.v == min(r.v for r in self.shop.parents))
        at = -1 if row.at is None else row.at
        version = -row.v if api.newest_first else row.v
        by_id = ((row.key * 7919 * shuffle) % 101 if shuffle else row.key, row.key, version)
        match api.order if name == "p" else "id":
            case "asc":
                return (first, row.at is None, at, *by_id)
            case "desc":
                return (first, row.at is None, -at, *by_id)
        return (first, *by_id)

    def body(self, name: str, row: Row) -> dict[str, Any]:
        resource = self.world.resources[name]
        body: dict[str, Any] = {"v": row.v, "keep": row.keep}
        if name == "p":
            body |= {
                "id": self.shop.id_of(row),
                "kind": "ab"[row.kind % 2],
                "day": f"d{row.day}",
                "k": row.k,
                **({"note": "n"} if row.kind else {}),
                "secret": "s",
            }
            if row.lines:
                lines = [{"oid": self.shop.id_of(row), "lv": lv} for lv in row.lines]
                keyed = resource.steps == "lines keyed"
                body["lines"] = {f"l{one['lv']}": one for one in lines} if keyed else lines
            if row.odd and row.odd[0] != "id":
                body[row.odd[0]] = row.odd[1]
        else:
            body["id"] = row.within if resource.numbered_within else row.key
        if resource.deletes.startswith("when"):
            body["state"] = "gone" if row.dead else "here"
        if resource.cursor is not None and row.at is not None:
            at = spelled(resource.cursor, row.at, row.v)
            body |= {"meta": {"at": at, "by": "me"}} if resource.cursor.nested else {"at": at}
        elif resource.cursor is not None and row.v % 2:
            body["at"] = None
        return dict(reversed(body.items())) if self.shop.turned else body

"""An API whose records appear, change and vanish, and what its tables have to be.

Six resources: `log` is appended by a cursor, `users` merged by one, `flags` replaced, and
`notes` are the children of the users that a run reads. `orders` are appended, too, each with a
list of lines in it, and `parcels` are their children.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import items

SIZE = 2
LINKED = {"type": "json_link", "next_url_path": "next"}
CURSOR = {"cursor_path": "at", "initial_value": 0, "row_order": "asc"}
SINCE = {"since": "{incremental.start_value}"}
RESOURCES: list[Any] = [
    items("log", params=SINCE, incremental=CURSOR, paginator=LINKED),
    items("users", params=SINCE, incremental=CURSOR, paginator=LINKED) | {"primary_key": "id"},
    items("flags", paginator={"type": "page_number", "base_page": 1, "total_path": None}),
    items("notes", path="users/{resources.users.id}/notes"),
    items("orders", params=SINCE, incremental=CURSOR, paginator=LINKED),
    items("parcels", path="orders/{resources.orders.id}/parcels"),
]
QUERIES = {
    "log": "select id from {}.log",
    "users": "select id, version from {}.users",
    "flags": "select flag from {}.flags",
    "notes": "select text from {}.notes",
    "orders": "select id from {}.orders",
    "lines": "select line from {}.orders__lines",
    "parcels": "select parcel from {}.parcels",
}
"""What is compared, with the dataset to be filled in."""


@dataclass
class ShopModel:
    """The API's own records, and what a warehouse should have of them after a quiet run."""

    api: Api
    clock: int = 0
    logged: int = 0
    log: list[dict[str, int]] = field(default_factory=list)
    users: dict[int, dict[str, int]] = field(default_factory=dict)
    notes: dict[int, list[str]] = field(default_factory=dict)
    flags: set[int] = field(default_factory=set)
    orders: list[dict[str, Any]] = field(default_factory=list)
    seen_log: set[int] = field(default_factory=set)
    seen_users: dict[int, int] = field(default_factory=dict)
    seen_notes: dict[int, list[str]] = field(default_factory=dict)
    on_request: Callable[[int], None] | None = None
    on_half: Callable[[int], None] | None = None
    requests: int = 0

    def __post_init__(self) -> None:
        self.api.routes |= {
            "/log": lambda asked: self._answer(self._linked(asked, self.log)),
            "/users": lambda asked: self._answer(self._linked(asked, list(self.users.values()))),
            "/flags": lambda asked: self._answer(self._paged(asked)),
            "/orders": lambda asked: self._answer(self._linked(asked, self.orders)),
        }

    def happen(self, what: str, which: int) -> None:
        """Something changes at the API; `at` grows, or stays for a while."""
        self.clock += which % 2
        match what:
            case "log":
                self.log.append({"id": self.logged, "at": self.clock})
                self.logged += 1
            case "join":
                self._write_user(len(self.users))
            case "change" if self.users:
                self.clock += 1
                self._write_user(sorted(self.users)[which % len(self.users)])
            case "flag":
                self.flags ^= {which % 5}
            case "order":
                self._place_order(len(self.orders), lines=which % 3)
            case "forget" if self.log:
                self.log.pop(which % len(self.log))

    def quiet_run_ended(self) -> None:
        """A run has read everything as it is now."""
        self.seen_log |= {entry["id"] for entry in self.log}
        for number, user in self.users.items():
            self.seen_users[number] = user["version"]
            self.seen_notes[number] = list(self.notes[number])

    def expected(self) -> dict[str, list[Any]]:
        return {
            "log": sorted(self.seen_log),
            "users": sorted(self.seen_users.items()),
            "flags": sorted(self.flags),
            "notes": sorted(text for texts in self.seen_notes.values() for text in texts),
            "orders": [order["id"] for order in self.orders],
            "lines": sorted(line["line"] for order in self.orders for line in order["lines"]),
            "parcels": sorted(f"{order['id']}-{n}" for order in self.orders for n in range(2)),
        }

    def _write_user(self, number: int) -> None:
        version = self.users.get(number, {"version": 0})["version"] + 1
        self.users.pop(number, None)
        self.users[number] = {"id": number, "version": version, "at": self.clock}
        self.notes[number] = [f"{number}-{version}-{n}" for n in range((number + version) % 3)]
        self.api.routes[f"/users/{number}/notes"] = lambda _: self._answer(
            {"data": [{"text": text} for text in self.notes[number]]}
        )

    def _place_order(self, number: int, lines: int) -> None:
        """Its parcels are its own: they come with it, and never change."""
        named = [{"line": f"{number}-{n}"} for n in range(lines)]
        self.api.routes[f"/orders/{number}/parcels"] = lambda _: self._answer(
            {"data": [{"parcel": f"{number}-{n}"} for n in range(2)]}
        )
        self.orders.append({"id": number, "at": self.clock, "lines": named})

    def _answer(self, body: Any) -> Answer:
        self.requests += 1
        number = self.requests
        if self.on_request:
            self.on_request(number)
        return Answer(body, on_half=partial(self.on_half, number) if self.on_half else None)

    def _linked(self, asked: Asked, records: list[dict[str, Any]]) -> Any:
        """By a link that names the last record, so that nothing shifts from page to page."""
        since = int(asked.params["since"])
        after = tuple(map(int, asked.params.get("after", "-1,-1").split(",")))
        ordered = sorted(records, key=lambda record: (record["at"], record["id"]))
        left = [one for one in ordered if one["at"] >= since and (one["at"], one["id"]) > after]
        page = left[:SIZE]
        if len(left) <= SIZE:
            return {"data": page}
        last = f"{page[-1]['at']},{page[-1]['id']}"
        return {"data": page, "next": f"{asked.path}?since={since}&after={last}"}

    def _paged(self, asked: Asked) -> Any:
        start = (int(asked.params["page"]) - 1) * SIZE
        return {"data": [{"flag": flag} for flag in sorted(self.flags)[start : start + SIZE]]}


def out_of_order() -> Answer:
    return Answer({"message": "out of order"}, status=400)

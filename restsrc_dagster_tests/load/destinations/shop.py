"""A small shop in two editions, its connector, and what the tables should hold of it."""

from typing import Any

from restsrc_dagster_tests.load.destinations.places import Place, Row
from restsrc_dagster_tests.support.api import Api, Asked
from restsrc_dagster_tests.support.connectors import items

LONG = "a_field_of_which_the_name_is_longer_than_the_sixty_four_characters_of_mysql"
FIRST = "2000-01-01T00:00:00Z"


def customer(number: int, day: str, tags: list[str], lines: list[Any], **more: Any) -> Row:
    return {
        "id": number,
        "name": f"Ada №{number} 😀 ' \" \\ \t;",
        "updated_at": f"{day}T00:00:00Z",
        "price": 1.5 * number,
        "active": number % 2 == 0,
        "big": 2**53 + number,
        "text": "ä" * 70_000,
        "address": {"city": "Rom"},
        "nothing": None,
        LONG: number,
        "tags": tags,
        "lines": lines,
        **more,
    }


def line(sku: str, *deep: int) -> Row:
    return {"sku": sku, "deep": [{"x": x} for x in deep]}


ONE = {
    number: customer(
        number, f"2024-01-0{number}", ["a", "b"], [line("k", 1, 2), line("l", 3), line("m", 4)]
    )
    for number in (1, 2, 3)
}
TWO = {
    2: customer(2, "2024-02-01", ["z"], [line("n", 9)], vip=True, address={"city": "Bari"}),
    4: customer(4, "2024-02-02", [], []),
}
"""A list that is shorter, one that is empty, and a column that is new."""


class Shop:
    """`edition` is 0, and 1 after what is new."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.edition = 0
        api.routes |= {
            "/customers": lambda asked: _since(asked, list(self.customers.values()), "updated_at"),
            "/events": lambda asked: _since(asked, self.events, "at"),
            "/countries": lambda _: {"data": self.countries},
            "/products": lambda _: {"data": self.products},
        }
        for number in (1, 2, 3, 4):
            for kind in ("notes", "visits"):
                route = f"/customers/{number}/{kind}"
                api.routes[route] = lambda _, number=number: {"data": self.notes(number)}

    @property
    def customers(self) -> dict[int, Row]:
        return ONE | TWO if self.edition else ONE

    @property
    def events(self) -> list[Row]:
        count = 6 if self.edition else 4
        rows: list[Row] = [
            {"e": n, "at": f"2024-01-0{n}T00:00:00Z", "parts": [n]} for n in range(1, count)
        ]
        return [*rows[:3], *({**row, "colour": "red"} for row in rows[3:])]

    @property
    def countries(self) -> list[Row]:
        codes = ["IT", "ES"] if self.edition else ["IT", "DE", "FR"]
        return [{"code": code, "langs": [] if self.edition else [code]} for code in codes]

    @property
    def products(self) -> list[Row]:
        return [{"id": n, "v": self.edition} for n in ((2, 3) if self.edition else (1, 2))]

    def notes(self, number: int) -> list[Row]:
        return [{"n": n, "t": f"{self.edition}.{n}"} for n in range(1 if self.edition else 2)]


def _since(asked: Asked, rows: list[Row], key: str) -> Row:
    return {"data": [row for row in rows if row[key] >= asked.params["since"]]}


def since(name: str, cursor: str) -> Row:
    return items(
        name,
        params={"since": "{incremental.start_value}"},
        incremental={"cursor_path": cursor, "initial_value": FIRST},
    )


def below(name: str) -> Row:
    return items(name, path=f"customers/{{resources.customers.id}}/{name}")


CUSTOMERS = {**since("customers", "updated_at"), "primary_key": "id"}
NOTES = below("notes")
VISITS = {
    **below("visits"),
    "include_from_parent": ["id"],
    "primary_key": ["_customers_id", "n"],
}
EVENTS = since("events", "at")
COUNTRIES = items("countries")
PRODUCTS = {**items("products"), "primary_key": "id"}


def resources(place: Place) -> list[Row]:
    found = [CUSTOMERS, VISITS, EVENTS, COUNTRIES, PRODUCTS]
    return [*found, NOTES] if place.keyless else found


def stored(row: Row) -> Row:
    """A customer as one row; the name that is too long is left out."""
    whole = {key: value for key, value in row.items() if not isinstance(value, (dict, list))}
    whole.pop(LONG)
    whole.pop("nothing")
    return {**whole, "address__city": row["address"]["city"]}

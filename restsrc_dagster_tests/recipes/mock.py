"""What an API of a recipe is, and what all of them have in common."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from restsrc_dagster_tests.support.api import Answer, Asked, Route

SECRETS = {
    "ACME_TOKEN": "t0ken",
    "ACME_CLIENT_ID": "the-client",
    "ACME_CLIENT_SECRET": "s3cret",
    "ACME_REFRESH_TOKEN": "refresh-me",
    "ACME_USER": "ada",
    "ACME_PASSWORD": "passw0rd",
}
BEARER = f"Bearer {SECRETS['ACME_TOKEN']}"
Record = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Mock:
    """An API that behaves as a page says.

    Attributes:
        routes: by path below `base_url`.
        later: what happens at the API before the second run.
        delivered: rows that the second run loads, by resource: what is new, the row at which each
            cursor stands, and all of what has no cursor.
        rows: all rows of the table that the page shows, after the second run.
    """

    routes: Mapping[str, Route]
    later: Callable[[], None]
    delivered: Mapping[str, int]
    rows: list[tuple[str, ...]]


def only_with(authorization: str, route: Route) -> Route:
    """A route that refuses who does not send that header."""

    def answer(asked: Asked) -> Any:
        if asked.headers.get("Authorization") != authorization:
            return Answer({"error": "unauthorized"}, status=401)
        return route(asked)

    return answer


def at(day: int) -> str:
    """A time in January."""
    return f"2026-01-{day:02}T00:00:00Z"


def newer(records: list[Record], start: str) -> list[Record]:
    """Those that have changed since `start`."""
    return [record for record in records if record["updated_at"] >= start]


def orders(*ids: int) -> list[Record]:
    """A list of orders, one on each day."""
    return [{"id": number, "total": 10 * number, "updated_at": at(number)} for number in ids]


def since(records: list[Record]) -> Route:
    """The usual list: `?since=…`."""
    return lambda asked: {"data": newer(records, asked.params["since"])}

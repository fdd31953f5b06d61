"""What the mocks of known APIs have in common."""

import re
from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar
from urllib.parse import urlencode

from restsrc_dagster.demo.apis.server import Answer, Asked

TOKEN = "t0ken"  # noqa: S105 - opens made-up data on loopback
SOON = {"Retry-After": "0.1"}
"""A header of a refusal: APIs say a minute, nobody waits for that here."""
Rows = list[tuple[Any, ...]]
Content = dict[str, Any]


class Mock(ABC):
    """An API as its documentation describes it, with its records.

    Attributes:
        host: the address that the connector file names, as far as the mock stands in for it.
        beside: other hosts that it stands in for, as one that gives tokens.
        environment: what the file refers to.
    """

    host: ClassVar[str]
    beside: ClassVar[tuple[str, ...]] = ()
    environment: ClassVar[Mapping[str, str]]

    @classmethod
    def moved(cls, text: str, url: str) -> str:
        """A file's text with the mock's address instead of its hosts."""
        hosts = "|".join(map(re.escape, (cls.host, *cls.beside)))
        return re.sub(
            rf"https://([^/\"]*@)?(?:{hosts})",
            lambda found: f"http://{found[1] or ''}{url.removeprefix('http://')}",
            text,
        )

    @abstractmethod
    def __call__(self, asked: Asked) -> Any:
        """Answers a request: with an Answer, or the body of one with status 200."""

    @abstractmethod
    def later(self) -> None:
        """What happens at the API between two runs."""

    @abstractmethod
    def tables(self) -> Mapping[str, Rows]:
        """What it holds, as `{"table: column, column": rows}`."""


def bearer(asked: Asked) -> bool:
    return asked.headers.get("Authorization") == f"Bearer {TOKEN}"


def basic(user: str, password: str) -> str:
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


def day(number: int) -> datetime:
    """A day of January 2026, and so on from there."""
    return datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(days=number - 1)


def ago(days: float) -> datetime:
    """So many days before now, to the second."""
    return datetime.now(timezone.utc).replace(microsecond=0) - timedelta(days=days)


def iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def epoch(moment: datetime) -> int:
    return int(moment.timestamp())


def here(asked: Asked, path: str = "", /, **params: Any) -> str:
    """The address of another page: by default with the same path."""
    query = f"?{urlencode(params)}" if params else ""
    return f"http://{asked.headers['Host']}{path or asked.path}{query}"


def rows(records: Iterable[Mapping[str, Any]], *fields: str) -> Rows:
    return sorted(tuple(record[field] for field in fields) for record in records)


def refused(status: int, body: Any, **headers: str) -> Answer:
    return Answer(body, status=status, headers=headers)

"""What stands beside the records in an answer: the envelope, of which no record is a part."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import requests

from restsrc_dagster.extract.records.field import plain
from restsrc_dagster.json_types import Json

NEAR, FAR = 2, 8
"""Objects within objects that are looked into; lists are not."""
MOST_OBJECTS = 500
"""An answer may have an object with a field for each of a thousand things."""
HEADERS = ("X-Pagination", "Pagination")
"""In which an API may give an object, as JSON."""

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Envelope:
    """The objects of an answer which are no records.

    `holder` is that whose field is the list of records, where there is one: it comes first, as
    what it says is about the list; then the outermost. `near` are the first levels, `every` all
    that are looked at.
    """

    near: list[Object]
    every: list[Object]
    holder: Object | None = None

    @classmethod
    def of_answer(cls, response: requests.Response, page: list[Any]) -> "Envelope":
        """Of an answer in which the records of `page` were found, and of its headers."""
        found = cls.of(response.json(), page)
        in_headers = list(_told_by_headers(response))
        return (
            cls([*found.near, *in_headers], [*found.every, *in_headers], found.holder)
            if in_headers
            else found
        )

    @classmethod
    def of(cls, body: Json, page: list[Any]) -> "Envelope":
        """Of the answer `body`, in which the records of `page` were found."""
        if not isinstance(body, dict):
            return cls([], [])
        levels = list(_levels(body, page))
        every = [one for level in levels for one in level][:MOST_OBJECTS]
        near = [one for level in levels[: NEAR + 1] for one in level][:MOST_OBJECTS]
        holder = next((one for one in every if page and _holds(one, page)), None)
        if holder is None or holder is body:
            return cls(near, every, holder)
        near, every = (
            [holder, *(one for one in some if one is not holder)] for some in (near, every)
        )
        return cls(near, every, holder)

    def of_the_list(self) -> list[Object]:
        """What is about the list and nothing else: that which holds it, and what is within that."""
        if self.holder is None:
            return []
        return [self.holder, *(one for one in self.holder.values() if type(one) is dict)]


def is_list_of(value: Json, page: list[Any]) -> bool:
    """Whether a value is the list in which the records of `page` were found; there are some."""
    return type(value) is list and len(value) == len(page) and value[0] is page[0]


def words(one: Object) -> set[str]:
    """The names of an object's fields, as plain words."""
    return {plain(str(key)) for key in one}


def _levels(body: Object, page: list[Any]) -> Iterator[list[Object]]:
    """The object, those within it, and so on; no records."""
    level, found = ([] if len(page) == 1 and page[0] is body else [body]), 0
    records: frozenset[int] | None = None
    for _ in range(FAR + 1):
        yield level
        found += len(level)
        level = [value for one in level for value in one.values() if type(value) is dict]
        if not level or found > MOST_OBJECTS:
            return
        records = frozenset(map(id, page)) if records is None else records
        level = [one for one in level if id(one) not in records]


def _holds(one: Object, page: list[Any]) -> bool:
    return any(is_list_of(value, page) or _wraps(value, page) for value in one.values())


def _wraps(value: Json, page: list[Any]) -> bool:
    """Whether each record is within an item of a list: `edges[*].node`."""
    if type(value) is not list or len(value) != len(page) or type(value[0]) is not dict:
        return False
    return any(inner is page[0] for inner in value[0].values())


def _told_by_headers(response: requests.Response) -> Iterator[Object]:
    for name in HEADERS:
        text = response.headers.get(name, "")
        if text.startswith("{"):
            with suppress(ValueError):
                yield json.loads(text)

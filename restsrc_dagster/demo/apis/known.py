"""What the mocks of recipes have in common: records by resource, which change between two runs."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

from restsrc_dagster.demo.apis.mock import Content, Mock, Rows, ago, here
from restsrc_dagster.demo.apis.server import Answer, Asked
from restsrc_dagster.json_types import Record
from restsrc_dagster.recipes.recipe import Recipe, read_recipe

Make = Callable[[int, datetime, str], Record]
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True)
class Kind:
    """Records of one resource: `make(number, moment, text)` is one of them.

    Attributes:
        fields: what a table is asked for: paths with dots, the key first.
        count: how many there are at first, an hour apart, the last of them a day ago.
        changes: which one changes between two runs: the oldest one, which then is the newest, or
            the newest, whose time stays: the API has only that of its creation. None does not.
    """

    make: Make
    fields: Sequence[str] = ("id", "name")
    count: int = 3
    changes: Literal["oldest", "newest", None] = "oldest"

    def records(self) -> list[Record]:
        return [self.make(n, self._moment(n), f"text {n}") for n in range(self.count)]

    def later(self, held: list[Record]) -> list[Record]:
        """The records after a change, and a new one."""
        now, last = ago(0), self.count - 1
        match self.changes:
            case "oldest":
                held = [*held[1:], self.make(0, now, "changed")]
            case "newest":
                held = [*held[:-1], self.make(last, self._moment(last), "changed")]
        return [*held, self.make(self.count, now, "new")]

    def _moment(self, number: int) -> datetime:
        return ago(1) - timedelta(hours=self.count - 1 - number)


class Known(Mock):
    """The API of a recipe, whose name is that of the module.

    Attributes:
        kinds: what it holds, by resource.
    """

    kinds: ClassVar[Mapping[str, Kind]]

    @classmethod
    def recipe(cls) -> Recipe:
        return read_recipe(cls.__module__.rpartition(".")[2])

    @classmethod
    def connector(cls, url: str) -> Content:
        """The recipe's connector with the mock at `url`."""
        content: Content = json.loads(cls.moved(json.dumps(cls.recipe().connector), url))
        return content

    def __init__(self) -> None:
        self.held = {name: kind.records() for name, kind in self.kinds.items()}

    def later(self) -> None:
        for name, kind in self.kinds.items():
            self.held[name] = kind.later(self.held[name])

    def tables(self) -> Mapping[str, Rows]:
        return {
            f"{name}: {', '.join(map(column, kind.fields))}": sorted(
                tuple(at(one, field) for field in kind.fields) for one in self.held[name]
            )
            for name, kind in self.kinds.items()
        }


def column(path: str) -> str:
    """`properties.dealName` is `properties__deal_name`."""
    return "__".join(_HUMP.sub("_", part).lower() for part in path.split("."))


def at(record: Any, path: str) -> Any:
    """The value at a path with dots."""
    for part in path.split("."):
        record = record[part]
    return record


def since(records: Iterable[Record], field: str, start: Any, end: Any = None) -> list[Record]:
    """Those of a range, both ends included; None is no end."""
    return [
        one
        for one in records
        if (start is None or at(one, field) >= start) and (end is None or at(one, field) <= end)
    ]


def named(**more: Any) -> Make:
    """A record with an id, a name, and nothing that tells when it changed."""
    return lambda number, _, text: {"id": number, "name": text, **more}


def public(record: Record) -> Record:
    """What an answer shows: fields that begin with _ tell what it is asked by."""
    return {key: value for key, value in record.items() if not key.startswith("_")}


def linked(asked: Asked, found: list[Record], size: int, param: str = "page") -> Answer:
    """A page with the `Link` header of the next one, whose number is the param."""
    page = int(asked.params.get(param, 1))
    params = {**asked.params, param: page + 1}
    more = {"Link": f'<{here(asked, **params)}>; rel="next"'} if page * size < len(found) else {}
    return Answer(found[(page - 1) * size : page * size], headers=more)

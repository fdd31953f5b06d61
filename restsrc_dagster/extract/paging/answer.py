"""One answer, as a proposal looks at it: where its fields are, and what was asked for it."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from restsrc_dagster.connector.page_size import is_page_size
from restsrc_dagster.extract.paging.totals import number
from restsrc_dagster.extract.records.field import plain
from restsrc_dagster.extract.response.envelope import Envelope, Object
from restsrc_dagster.json_types import Json

Path = tuple[str, ...]
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_DEEPEST = 10


@dataclass(frozen=True)
class Field:
    """A field of the envelope, and the object that it is in.

    Attributes:
        holder: that object.
        key: as it is written; `word` is the same without the ways to write it.
    """

    holder: Object
    key: str
    value: Any

    @property
    def word(self) -> str:
        """The key as one plain word."""
        return plain(self.key)


@dataclass(frozen=True)
class Asked:
    """A name of the request.

    Attributes:
        name: of a parameter; the path in a JSON body.
        is_sure: whether the request, or the answer, uses it; else it is what APIs mostly call it.
    """

    name: str
    is_sure: bool = False


@dataclass(frozen=True)
class Answer:
    """The answer to the first request of a list, and the records that were found in it.

    Attributes:
        before: how many records were handed on before these, of an answer in pieces.
    """

    response: requests.Response
    page: list[Any]
    before: int = 0

    @property
    def count(self) -> int:
        """How many records there are in all."""
        return self.before + len(self.page)

    @cached_property
    def body(self) -> Any:
        """As JSON."""
        return self.response.json()

    @cached_property
    def envelope(self) -> Envelope:
        """What is beside the records."""
        return Envelope.of_answer(self.response, self.page)

    @cached_property
    def sent(self) -> Object:
        """The JSON body of the request, if it has one."""
        body = self.response.request.body or ""
        if self.response.request.method in ("GET", "HEAD") or not isinstance(body, (str, bytes)):
            return {}
        try:
            sent = json.loads(body)
        except ValueError:
            return {}
        return sent if isinstance(sent, dict) else {}

    @cached_property
    def query(self) -> Mapping[str, str]:
        """The parameters of the request."""
        url = self.response.request.url or ""
        return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))

    @property
    def asks_in_body(self) -> bool:
        """Whether parameters go there: the request has a JSON body."""
        return bool(self.sent)

    def fields(self) -> Iterator[Field]:
        """Those near the outermost object, the most telling first."""
        for one in self.envelope.near:
            for key, value in one.items():
                yield Field(one, str(key), value)

    def path(self, holder: Object, *keys: str) -> str | None:
        """The JSON path of what is below an object; None of what stands in a header."""
        above = self._paths.get(id(holder))
        return None if above is None else written((*above, *keys))

    def list_path(self) -> str | None:
        """The JSON path of the list of records; None if that is not one list."""
        if isinstance(self.body, list):
            return "$"
        holder = self.envelope.holder
        keys = [key for key, value in (holder or {}).items() if self._is_list(value)]
        return self.path(holder, str(keys[0])) if holder is not None and keys else None

    def asked(self, *names: str) -> Asked:
        """The first of some names, or the way in which the request writes one of them."""
        for name in names:
            for path in self._names_sent:
                if plain(path.rpartition(".")[2]) == plain(name):
                    return Asked(path, is_sure=True)
        return Asked(names[0])

    def asked_value(self, name: str) -> int | None:
        """The number that the request sends under a name."""
        return number(self._names_sent.get(name))

    def asked_size(self) -> tuple[Asked, int] | None:
        """The parameter for the size of a page, and what was sent in it."""
        for name in self._names_sent:
            size = self.asked_value(name)
            if size and is_page_size(name.rpartition(".")[2]):
                return Asked(name, is_sure=True), size
        return None

    def _is_list(self, value: Json) -> bool:
        return isinstance(value, list) and bool(value and self.page) and value[0] is self.page[0]

    @cached_property
    def _names_sent(self) -> Mapping[str, Any]:
        """By name, or path in the body, what was sent."""
        if not self.asks_in_body:
            return self.query
        inner = {
            f"{key}.{name}": value
            for key, one in self.sent.items()
            if isinstance(one, dict)
            for name, value in one.items()
        }
        return {**self.sent, **inner}

    @cached_property
    def _paths(self) -> Mapping[int, Path]:
        """By the identity of an object of the body, where it is."""
        found: dict[int, Path] = {}
        level: list[tuple[Path, Any]] = [((), self.body)]
        for _ in range(_DEEPEST):
            objects = [(path, one) for path, one in level if isinstance(one, dict)]
            found |= {id(one): path for path, one in objects}
            level = [
                ((*path, str(key)), value) for path, one in objects for key, value in one.items()
            ]
        return found


def written(path: Path) -> str:
    """As dlt reads it: `paging.next`, `['@odata.nextLink']`."""
    text = ""
    for key in path:
        quote = '"' if "'" in key else "'"
        text += f".{key}" if _NAME.fullmatch(key) else f"[{quote}{key}{quote}]"
    return text.removeprefix(".")

"""Words that mean something else here, where they may stand, and what a person is told of them."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Place = Literal[
    "file", "client", "resource", "endpoint", "incremental", "auth", "paginator", "http", "reading",
    "window", "schedule", "kind of auth", "kind of paginator",
]  # fmt: skip
ANYWHERE: frozenset[Place] = frozenset(
    {
        *("file", "client", "resource", "endpoint", "incremental", "auth", "paginator"),
        *("http", "reading", "window", "schedule"),
    }
)
"""Wherever a key may stand that has a fixed name."""
KIND_OF_AUTH: frozenset[Place] = frozenset({"kind of auth"})
KIND_OF_PAGINATOR: frozenset[Place] = frozenset({"kind of paginator"})
_KEY = re.compile(r"`([^`]+)`")
_BESIDE_CONFIGURATION = ("http", "reading", "schedule", "partitions")


@dataclass(frozen=True)
class OtherWords:
    """Words that mean the same.

    Attributes:
        words: with spaces between them.
        here: the keys or the kind that say it here, and what else to write.
        where: where they may stand.
        told: the whole message instead of `here`, where there is no such key.
        of_dlt: whether dlt has this key, with a value that no file can hold.
    """

    words: str
    here: str = ""
    where: frozenset[Place] = ANYWHERE
    told: str = ""
    of_dlt: bool = False

    @cached_property
    def keys(self) -> list[str]:
        """What is named of this package, as it stands in the table."""
        return _KEY.findall(self.here + self.told)

    def meant_in(self, place: Place, known: Collection[str]) -> str | None:
        """The one of the `known` keys of an object that was meant, where it is one of them."""
        if not self.here.startswith("`"):
            return None
        _, key, more = self.here.split("`", 2)
        seen = _seen_from(place, key)
        return seen if seen in known and (not more or more.startswith(" of a")) else None

    def message(self, place: Place, known: Collection[str]) -> str:
        """What is told of an unknown key in an object with `known` ones."""
        if self.told:
            return _KEY.sub(lambda key: _written(place, key[1]), self.told)
        if meant := self.meant_in(place, known):
            return f"unknown key; did you mean {meant}?"
        return f"unknown key; here it is {self.said(place)}"

    def said(self, place: Place) -> str:
        """How it is said here, seen from an object of the file."""
        return _KEY.sub(lambda key: _written(place, key[1]), self.here)


def _seen_from(place: Place, key: str) -> str:
    """A key without the objects that are around it anyway."""
    *around, last = key.replace("reading.<resource>", "reading").split(".")
    if place not in around:
        return key
    return ".".join([*around[around.index(place) + 1 :], last])


def _written(place: Place, key: str) -> str:
    seen = _seen_from(place, key)
    beside = seen == key and place != "file" and key.split(".")[0] in _BESIDE_CONFIGURATION
    return f"{seen}, beside configuration" if beside else seen


def plain(word: str) -> str:
    return re.sub(r"[_\W]", "", word).lower()


def place_of(path: str) -> Place | None:
    """What an object at `path` of a file is; None if its keys are the person's own, or few."""
    *around, last = re.sub(r"\[\d+\]", "", path).split(".")
    if around[:1] == ["reading"]:
        return "reading" if len(around) == 1 else "window" if last == "window" else None
    if around[-1:] == ["params"]:
        return "incremental"
    named: Mapping[str, Place] = {
        "": "file",
        "configuration": "file",
        "resources": "resource",
        "resource_defaults": "resource",
        "client": "client",
        "endpoint": "endpoint",
        "incremental": "incremental",
        "auth": "auth",
        "paginator": "paginator",
        "http": "http",
        "schedule": "schedule",
    }
    return named.get(last)

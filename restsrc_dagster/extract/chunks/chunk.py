"""One chunk: what is read of a list before it is committed."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from restsrc_dagster.extract.records.field import bytes_of

STATE_KEY = "restsrc_chunks"
"""In dlt's state of a resource: where its list goes on."""


@dataclass(frozen=True, kw_only=True)
class Bound:
    """A chunk ends with the page that reaches one of them, or with the pages that were asked for
    before that."""

    records: int
    seconds: float


@dataclass(frozen=True)
class FirstPage:
    """Where a numbered list is read from, and how many records come before that."""

    number: int
    records_before: int


@dataclass
class Chunk:
    """One reading of one resource; ended where a rest was left, broken off where it failed."""

    bound: Bound
    is_drained: Callable[[], bool]
    leave: Callable[[], None] = lambda: None
    records_before: int = 0
    records: int = 0
    ended: bool = False
    broken_off: bool = False
    of_numbers: bool = False
    without: set[str] = field(default_factory=set)
    """What has failed by itself: the list goes on, its rows do not."""
    started: float = field(default_factory=time.monotonic)
    break_off: Callable[[bool], bool] = lambda _: False
    """Note where the list is left that has failed; whether anything of it can be kept."""
    break_off_below: Callable[[], bool] = lambda: False
    """Note where the list is left of which a child has failed; whether it can be kept so far."""
    end_behind: Callable[[], bool] = lambda: False
    """End with the last page, if the rest can be read afterwards; whether it has ended."""

    @property
    def is_late(self) -> bool:
        return time.monotonic() - self.started >= self.bound.seconds

    def is_full_with(self, records: int) -> bool:
        """Count a page."""
        self.records += records
        return self.is_late or self.records >= self.bound.records

    def end(self) -> None:
        self.ended = True
        self.leave()


def digest(value: Any) -> str:
    """A digest of any JSON value, 32 hexadecimal digits, the same in every run."""
    return blake2b(bytes_of(value), digest_size=16).hexdigest()

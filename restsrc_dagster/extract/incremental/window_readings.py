"""The readings of one window that is read again, as its pages have numbers.

A record that changes, or is deleted, leaves the window while it is read. All behind it move up by
one place, and the first of the next page comes to stand on the page before: no page has it. The
record that has left is not there any more when the window is read again. So two readings in turn
that hold the same have passed nothing over, if the later one began when the earlier one was over.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from restsrc_dagster.extract.records.digests import Digests
from restsrc_dagster.extract.records.field import FieldReader, sorted_bytes_of
from restsrc_dagster.json_types import Json


class WindowReadings:
    """What they hold: eight bytes for each record of each, and of all.

    A record is what its key and its cursor are; without a key, what it says, and as often as it
    comes.

    Args:
        key: fields of the primary key; none without.

    Attributes:
        number: of the reading at hand, from 1.
        is_moving: whether it has a record that has changed since the run began, so that a total
            which stays the same says nothing.
    """

    def __init__(self, key: Sequence[FieldReader]) -> None:
        self.number = 1
        self.is_moving = False
        self._key = key
        self._before, self._now, self._new = array("q"), array("q"), array("q")
        self._ever = array("q")
        """Of all readings before, sorted."""
        self._records = array("q")
        """Which of them the reading at hand has, whatever their cursors are."""
        self._seen, self._more = Digests(), Counter[int]()
        """Without a key, how often each has come in this one."""

    def begin(self) -> None:
        """The window is read once more."""
        self._ever = _sorted(self._ever + (self._new if self.number > 1 else self._now))
        self._before, self._now, self._new = self._now, array("q"), array("q")
        self._records = array("q")
        self._seen, self._more = Digests(), Counter[int]()
        self.number += 1
        self.is_moving = False

    def note(self, records: Sequence[Json], values: Sequence[Any], *, counts: bool) -> set[int]:
        """The positions of the records of a page that a reading before has had.

        `values` are their cursors; `counts` is whether `records` is wanted.
        """
        known: set[int] = set()
        for n, (record, digest) in enumerate(self._digests(records, values)):
            self._now.append(digest)
            if counts:
                self._records.append(record)
            if self.number > 1:
                if self._is_known(digest):
                    known.add(n)
                else:
                    self._new.append(digest)
        return known

    @property
    def records(self) -> int:
        """How many the reading at hand has, each counted once."""
        return len(pc.unique(pa.array(self._records, pa.int64())))

    @property
    def agree(self) -> bool:
        """Whether it holds what the one before did."""
        return self.number > 1 and self._held(self._now) == self._held(self._before)

    def _held(self, digests: "array[int]") -> "array[int]":
        return _sorted(digests, once=bool(self._key))

    def _is_known(self, digest: int) -> bool:
        first = bisect_left(self._ever, digest)
        if self._key:
            return first < len(self._ever) and self._ever[first] == digest
        if not self._seen.add(digest):
            self._more[digest] += 1
        times = 1 + self._more.get(digest, 0)
        return bisect_right(self._ever, digest) - first >= times

    def _digests(self, records: Sequence[Json], values: Sequence[Any]) -> Iterator[tuple[int, int]]:
        """Of the key of each record, and of the record."""
        keys = list(zip(*(field.of(records) for field in self._key), strict=True))
        for n, record in enumerate(records):
            if keys and None not in keys[n]:
                key = repr(keys[n])
                yield hash(key), hash(f"{key} {values[n]!r}")
            else:
                content = blake2b(sorted_bytes_of(record), digest_size=8).digest()
                digest = int.from_bytes(content, "big", signed=True)
                yield digest, digest


def _sorted(digests: "array[int]", *, once: bool = False) -> "array[int]":
    numbers = pa.array(digests, pa.int64())
    found = array("q")
    found.frombytes((pc.unique(numbers) if once else numbers).sort().buffers()[1] or b"")
    return found

"""The readings of one window that is read again, as its pages have numbers.

A record that changes, or is deleted, leaves the window while it is read. All behind it move up by
one place, and the first of the next page comes to stand on the page before: no page has it. The
record that has left is not there any more when the window is read again. So two readings in turn
that hold the same have passed nothing over, if the later one began when the earlier one was over.
"""

from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from restsrc_dagster.extract.records.digests import MASK, Digests
from restsrc_dagster.extract.records.field import FieldReader, sorted_bytes_of
from restsrc_dagster.json_types import Json


class WindowReadings:
    """What they hold: some 16 bytes for each record, three times.

    A record is what its key and its cursor are; without a key, what it says, and which of those
    that say the same it is.

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
        self._ever, self._before, self._now = Digests(), Digests(), Digests()
        self._in_both = 0
        self._keys = Digests()
        self._more: Counter[int] = Counter()

    def begin(self) -> None:
        """The window is read once more."""
        self.number += 1
        self.is_moving = False
        self._before, self._now, self._keys = self._now, Digests(), Digests()
        self._in_both = 0
        self._more.clear()

    def known(self, records: Sequence[Json], values: Sequence[Any]) -> set[int]:
        """The positions of the records of a page that came before, in any reading; `values` are
        their cursors."""
        known = set()
        for n, (record, value) in enumerate(zip(records, values, strict=True)):
            key, digest = self._digests(record, value)
            self._keys.add(key)
            if self._now.add(digest) and digest in self._before:
                self._in_both += 1
            if not self._ever.add(digest):
                known.add(n)
        return known

    @property
    def records(self) -> int:
        """How many the reading at hand has, each counted once."""
        return len(self._keys)

    @property
    def agree(self) -> bool:
        """Whether it holds what the one before did."""
        return self.number > 1 and len(self._now) == self._in_both == len(self._before)

    def _digests(self, record: Json, value: Any) -> tuple[int, int]:
        """Of the key, and of the record."""
        key = [field.get(record) for field in self._key]
        if key and None not in key:
            return hash(repr(key)), hash(repr((key, value)))
        content = blake2b(sorted_bytes_of(record), digest_size=8).digest()
        digest = int.from_bytes(content, "big")
        if digest in self._now:
            self._more[digest] += 1
            digest = hash(repr((digest, self._more[digest]))) & MASK
        return digest, digest

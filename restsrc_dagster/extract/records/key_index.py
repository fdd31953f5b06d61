"""The keys of all records of a list, so that one that comes again is found at whatever distance.

Eight bytes a record, a hash of its key; of a child also one of its parent, and of what it says.
Beyond two million records they lie in files, and are looked through part by part.
"""

import json
import tempfile
from array import array
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from math import ceil
from os import SEEK_END
from typing import IO, Any
from weakref import finalize

import pyarrow as pa
import pyarrow.compute as pc

from restsrc_dagster.extract.records.rewind import Rewindable

MOST_IN_MEMORY = 2_000_000
AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Repeats:
    """Keys that more than one record has, by their hashes.

    `keys` are those of several records of the reading at hand; `again` those of it that records of
    earlier readings have, too. `parents` are those that several parents have records of.
    """

    keys: frozenset[int] = frozenset()
    again: frozenset[int] = frozenset()
    parents: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.keys or self.again)


class _Numbers:
    """Many integers of one size, the larger part of them in a file without a name."""

    def __init__(self, code: str, kind: pa.DataType) -> None:
        self._code = code
        self._kind = kind
        self._latest = array(code)
        self._file: IO[bytes] | None = None
        self._in_file = 0

    def __len__(self) -> int:
        return self._in_file + len(self._latest)

    def extend(self, numbers: Sequence[int]) -> None:
        self._latest.extend(numbers)
        if len(self._latest) >= MOST_IN_MEMORY:
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115 - gone with this object
                finalize(self, self._file.close)
            self._file.seek(0, SEEK_END)
            self._latest.tofile(self._file)
            self._in_file += len(self._latest)
            self._latest = array(self._code)

    def cut(self, length: int) -> None:
        """Forget all but the first ones."""
        if length < self._in_file and self._file is not None:
            self._file.truncate(length * self._latest.itemsize)
            self._in_file = length
            self._latest = array(self._code)
        else:
            del self._latest[length - self._in_file :]

    def blocks(self, start: int = 0, stop: int | None = None) -> Iterator[pa.Array]:
        """Those from one position to another, in pieces."""
        stop = len(self) if stop is None else stop
        size = self._latest.itemsize
        for at in range(0, self._in_file, AT_ONCE):
            first, last = max(start, at), min(stop, at + AT_ONCE, self._in_file)
            if first < last and self._file is not None:
                self._file.seek(first * size)
                yield self._array(self._file.read((last - first) * size), last - first)
        first, last = max(start - self._in_file, 0), stop - self._in_file
        if first < last:
            yield self._array(self._latest[first:last].tobytes(), last - first)

    def _array(self, content: bytes, count: int) -> pa.Array:
        return pa.Array.from_buffers(self._kind, count, [None, pa.py_buffer(content)])


@dataclass
class KeyIndex(Rewindable):
    """The keys of one resource's records, reading after reading of one run."""

    _hashes: _Numbers = field(default_factory=lambda: _Numbers("q", pa.int64()))
    _parents: _Numbers = field(default_factory=lambda: _Numbers("q", pa.int64()))
    _contents: _Numbers = field(default_factory=lambda: _Numbers("q", pa.int64()))
    _begun: int = 0
    _values: IO[bytes] | None = None
    _values_before: int = 0
    """Where those of the reading at hand begin in the file."""
    _overlaps: bool = False

    def begin_reading(self, *, overlaps: bool = False) -> None:
        """What comes from now on is of another reading.

        One that `overlaps` has the last records of the reading before once more: that they come
        again says nothing.
        """
        self._begun, self._overlaps = len(self._hashes), overlaps
        if self._values is not None:
            self._values_before = self._values.seek(0, SEEK_END)

    def point(self) -> Callable[[], None]:
        every = (self._hashes, self._parents, self._contents)
        lengths = list(map(len, every))
        values = self._values.seek(0, SEEK_END) if self._values is not None else 0
        begun, values_before, overlaps = self._begun, self._values_before, self._overlaps

        def put_back() -> None:
            for numbers, length in zip(every, lengths, strict=True):
                numbers.cut(length)
            if self._values is not None:
                self._values.seek(values)
                self._values.truncate()
            self._begun, self._values_before, self._overlaps = begun, values_before, overlaps

        return put_back

    def add(self, hashes: Sequence[int]) -> None:
        """Records have come."""
        self._hashes.extend(hashes)

    def add_of_parent(self, hashes: Sequence[int], parent: int, contents: Sequence[int]) -> None:
        """Records of a child have come, of one parent; `contents` are hashes of what they say."""
        self._hashes.extend(hashes)
        self._parents.extend([parent] * len(hashes))
        self._contents.extend(contents)

    def note_values(self, hashes: Sequence[int], values: Sequence[Any]) -> None:
        """What the cursors of records say, where versions may come in several readings."""
        if self._values is None:
            self._values = tempfile.TemporaryFile()  # noqa: SIM115 - gone with this object
            finalize(self, self._values.close)
        self._values.write(json.dumps([hashes, values]).encode() + b"\n")

    @property
    def notes_values(self) -> bool:
        """Whether the cursors of records are noted."""
        return self._values is not None

    def values_before(self, keys: Set[int]) -> dict[int, list[Any]]:
        """The cursors that records of some keys had in readings before."""
        return self._values_until(keys, self._values_before)

    def _values_until(self, keys: Set[int], end: int | None) -> dict[int, list[Any]]:
        found: dict[int, list[Any]] = {}
        if not keys or self._values is None:
            return found
        end = self._values.seek(0, SEEK_END) if end is None else end
        self._values.seek(0)
        while self._values.tell() < end:
            for key, value in zip(*json.loads(self._values.readline()), strict=True):
                if key in keys and value is not None:
                    found.setdefault(key, []).append(value)
        self._values.seek(0, SEEK_END)
        return found

    def values_of(self, keys: Set[int]) -> dict[int, list[Any]]:
        """The cursors that records of some keys have had in all readings, where they are noted."""
        return self._values_until(keys, None)

    def repeats(self) -> Repeats:
        """Of the reading at hand."""
        found, again = set[int](), set[int]()
        parts = max(1, ceil(len(self._hashes) / AT_ONCE))
        for part in range(parts):
            now = self._part(part, parts, self._begun)
            if len(pc.unique(now)) < len(now):  # which is told in less than half the time
                found |= set(_several(now))
            if self._begun and not self._overlaps:
                before = self._part(part, parts, 0, self._begun)
                known = pc.unique(now.filter(pc.is_in(now, value_set=before)))
                again |= set(known.to_pylist())
        parents = self._of_several_parents(found | again)
        return Repeats(frozenset(found), frozenset(again), frozenset(parents))

    def repeated(self) -> set[int]:
        """The keys that more than one record of all readings has."""
        parts = max(1, ceil(len(self._hashes) / AT_ONCE))
        every = (self._part(part, parts, 0) for part in range(parts))
        return {key for keys in every if len(pc.unique(keys)) < len(keys) for key in _several(keys)}

    def differing(self, keys: Set[int]) -> int:
        """How many records have one of these keys, and say something else than one before."""
        said: dict[int, set[int]] = {}
        for key, content in self._of(keys, self._contents):
            said.setdefault(key, set()).add(content)
        return sum(len(contents) - 1 for contents in said.values())

    def _of_several_parents(self, keys: Set[int]) -> set[int]:
        first: dict[int, int] = {}
        pairs = self._of(keys, self._parents)
        return {key for key, parent in pairs if first.setdefault(key, parent) != parent}

    def _of(self, keys: Set[int], numbers: _Numbers) -> Iterator[tuple[int, int]]:
        """(key, number) of all records with these keys; none where no parents are noted."""
        if not keys or not len(numbers):
            return
        wanted = pa.array(keys, pa.int64())
        for hashes, others in zip(self._hashes.blocks(), numbers.blocks(), strict=True):
            chosen = pc.is_in(hashes, value_set=wanted)
            yield from zip(
                hashes.filter(chosen).to_pylist(), others.filter(chosen).to_pylist(), strict=True
            )

    def _part(self, part: int, parts: int, start: int, stop: int | None = None) -> pa.Array:
        blocks = [_of_part(block, part, parts) for block in self._hashes.blocks(start, stop)]
        return pa.concat_arrays(blocks) if blocks else pa.array([], pa.int64())


def _of_part(hashes: pa.Array, part: int, parts: int) -> pa.Array:
    if parts == 1:
        return hashes
    # Integers are their own hashes: of a part are those whose higher digits say so.
    mixed = pc.bit_wise_and(pc.bit_wise_xor(hashes, pc.shift_right(hashes, 7)), (1 << 62) - 1)
    remainder = pc.subtract(mixed, pc.multiply(pc.divide(mixed, parts), parts))
    return hashes.filter(pc.equal(remainder, part))


def _several(hashes: pa.Array) -> list[int]:
    counts = pc.value_counts(hashes)
    several = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
    found: list[int] = several.to_pylist()
    return found

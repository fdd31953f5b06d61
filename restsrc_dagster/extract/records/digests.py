"""Which of many things were there before, in some 16 bytes for each."""

from array import array

MASK = (1 << 64) - 1
FEWEST = 8


class Digests:
    """A set of numbers of 64 bits, in an array: a set of Python's takes five times as much.

    That two of a million things look alike has a chance of one in 37 million.
    """

    __slots__ = ("_count", "_slots")

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * FEWEST))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, digest: int) -> bool:
        """Whether it is new."""
        if 4 * self._count >= 3 * len(self._slots):
            self._grow()
        slots, mask = self._slots, len(self._slots) - 1
        digest = digest & MASK or 1
        place = digest & mask
        while slots[place] != digest:
            if not slots[place]:
                slots[place] = digest
                self._count += 1
                return True
            place = (place + 1) & mask
        return False

    def _grow(self) -> None:
        known, self._slots = self._slots, array("Q", bytes(2 * len(self._slots) * 8))
        self._count = 0
        for digest in known:
            if digest:
                self.add(digest)

"""Chunks of the lists of a child: the next one begins with the parents that were not asked yet.

Whatever is above the child is read whole by the first reading; the others get the parents from
memory, and request nothing above. Each run asks every parent. What a run that was killed has read
of some of them is committed, with the cursors that it has for each; by the note of which these
were, the next run asks them last. The note decides nothing but the order: it may be of other
parents than there are now.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from restsrc_dagster.extract.chunks.chunk import Chunk
from restsrc_dagster.extract.incremental.step import CursorStep
from restsrc_dagster.extract.parents.binding import BoundParent
from restsrc_dagster.extract.records.rewind import Rewindable

READ_KEY = "restsrc_parents_read"
"""In dlt's state of a child of which a rest was left: the keys of the parents that were read."""
MOST_NOTED = 50_000
"""Of more, none is noted, and the next run asks them in their order."""


class ChunkByParent:
    """One reading of a child: which parents are asked, and whether it ends between two of them.

    Args:
        chunk: of the child.
        before: the keys of the parents that a run before has read; they are left for the end.
        may_end: whether what was read can be committed without the rest.
        cursor: of the child; None without one.
        keeps_parts: whether rows of a part of a list may be there, as they are merged again.

    Attributes:
        read: the keys of the parents whose lists were read to their ends.
        waiting: the parents that the next reading asks.
        later: those that wait for the end.
    """

    def __init__(
        self,
        chunk: Chunk,
        before: Iterable[str],
        may_end: Callable[[], bool],
        cursor: CursorStep | None,
        *,
        keeps_parts: bool,
    ) -> None:
        self._chunk = chunk
        self._before = frozenset(before)
        self._may_end = may_end
        self._cursor = cursor
        self._keeps_parts = keeps_parts
        self.read: set[str] = set()
        self.waiting: list[BoundParent] = []
        self.later: list[BoundParent] = []

    @property
    def is_full(self) -> bool:
        """Whether no further parent is to be asked before its turn."""
        return self._chunk.is_full_with(0) and self._may_end()

    @property
    def may_leave(self) -> bool:
        """Whether the reading may end in front of the parents that wait."""
        return bool(self.read) and self.is_full

    def now(self, parents: list[BoundParent]) -> list[BoundParent]:
        """Which of these are asked in this reading."""
        self.later += [one for one in parents if one.key in self._before]
        new = [one for one in parents if one.key not in self._before]
        if not self._chunk.ended:
            return new
        self.waiting += new
        return []

    def begin(self, parent: BoundParent) -> None:
        """A parent's list is about to be read."""
        if self._cursor is not None:
            self._cursor.begin_parent(parent)

    def add(self, records: int) -> None:
        """A page has come."""
        self._chunk.is_full_with(records)

    def through(self, parent: BoundParent) -> None:
        """A parent's list was read to its end."""
        self.read.add(parent.key)

    def leave(self, waiting: Iterable[BoundParent]) -> None:
        """End the reading; these parents were not asked."""
        self.waiting += waiting
        self._chunk.end()

    def break_off(self, between_pages: bool) -> bool:  # noqa: ARG002 - of what calls it
        """The list of a parent has failed: those before it are kept, and what it has given is
        merged again by the next run."""
        if not (self.read and self._keeps_parts and self._may_end()):
            return False
        if self._cursor is not None:
            self._cursor.take_back()
        return True


class ParentsInTurn(Rewindable):
    """Which parents are asked by which reading of a run, by the name of the child."""

    def __init__(self) -> None:
        self._readings: dict[str, ChunkByParent] = {}
        self._before: dict[str, frozenset[str]] = {}
        self._read: dict[str, frozenset[str]] = {}
        self._later: dict[str, tuple[BoundParent, ...]] = {}
        self._waiting: dict[str, tuple[BoundParent, ...]] = {}

    def point(self) -> Callable[[], None]:
        kept = {name: dict(one) for name, one in vars(self).items()}
        return lambda: vars(self).update({name: dict(one) for name, one in kept.items()})

    def goes_on_with(self, name: str, state: Mapping[str, Any]) -> None:
        """Take what a run before has noted."""
        self._before[name] = frozenset(state.get(READ_KEY, ()))

    def begin_anew(self, name: str) -> None:
        """Nothing of a child is there any more."""
        self._before.pop(name, None)

    def reading(
        self,
        name: str,
        chunk: Chunk,
        may_end: Callable[[], bool],
        cursor: CursorStep | None,
        *,
        keeps_parts: bool,
    ) -> ChunkByParent:
        """A new one of a child."""
        before = self._before.get(name, ())
        made = ChunkByParent(chunk, before, may_end, cursor, keeps_parts=keeps_parts)
        self._readings[name] = made
        return made

    def of(self, name: str) -> ChunkByParent | None:
        """The reading of a child that is going on; None of what is not read parent by parent."""
        return self._readings.get(name)

    @property
    def unfinished(self) -> Iterable[str]:
        """The children of which parents wait for the next reading."""
        return self._waiting.keys()

    def waiting(self, name: str) -> list[BoundParent] | None:
        """The parents that the reading asks which begins now; None where it has to find them."""
        if name not in self._waiting:
            return None
        return [one.afresh() for one in self._waiting[name]]

    def settle(self, name: str, chunk: Chunk, state: dict[str, Any]) -> int:
        """A reading of a child went well: note in `state`, dlt's, what was read. How many parents
        are asked once more now, which a run before had read."""
        reading = self._readings.pop(name)
        read = self._read[name] = self._read.get(name, frozenset()) | reading.read
        later = (*self._later.get(name, ()), *reading.later)
        waiting, again = tuple(reading.waiting), 0
        if not chunk.ended and later:
            chunk.ended, waiting, again, later = True, later, len(later), ()
            self.begin_anew(name)
        self._later[name], self._waiting[name] = later, waiting
        state.pop(READ_KEY, None)
        if chunk.broken_off or not chunk.ended:
            del self._waiting[name]
        if not chunk.ended:
            return again
        if len(noted := read | self._before.get(name, frozenset())) <= MOST_NOTED:
            state[READ_KEY] = sorted(noted)
        return again

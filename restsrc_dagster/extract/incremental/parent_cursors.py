"""A child's own cursor, for each parent its own.

A late row of one parent is not passed because another one is ahead. The state holds a value for
each parent, up to a bound; beyond it, one cursor is kept for all, which never passes the start of
the run.
"""

from collections.abc import Callable
from typing import Any

from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.extract.incremental.cursor import BY, STATE_KEY, IncrementalCursor
from restsrc_dagster.extract.incremental.delivered import at_the_cursor
from restsrc_dagster.extract.incremental.position import Position
from restsrc_dagster.extract.parents.binding import BoundParent

MOST_PARENTS = 50_000
PARENTS, FLOOR, SHARED, OF = "parents", "floor", "shared", "of"
ASKED, TOO_MANY = "asked", "too many"


def bound_to(resource: Resource) -> str:
    """The fields that a child binds, by the values of which its cursors are kept: of its parent,
    of what is above that, and of lists."""
    told = f"{', '.join(sorted(resource.bound_fields))} of {resource.parent}"
    beside = sorted(f"{path} of {name}" for name, path in resource.links_beside)
    return " and ".join([told, *beside])


class ParentCursors:
    """The cursors of one child resource, in one reading.

    dlt's state of the cursor gets, under `restsrc`, `parents`: what is kept by the parent's key, of
    appended rows with those that were delivered there or, read in windows, beyond. `floor`: where
    parents begin that have none there, as long as there may be some that were read by a cursor for
    all. `shared`: why there is one for all, if there is. `of`: what tells the parents apart
    (`bound_to`).

    Args:
        resource: the child.
        shared: whether the file asks for one cursor.
        all_parents: whether a run reads all of them; else those only that have changed.
        in_windows: whether a part of a parent's list may end before rows that were delivered.
        warn: called with a line for the person.
    """

    def __init__(
        self,
        resource: Resource,
        *,
        shared: bool,
        all_parents: bool,
        in_windows: bool = False,
        warn: Callable[[str], None],
    ) -> None:
        self._name = resource.name
        self._of = bound_to(resource)
        self._asked = shared
        self._all_parents = all_parents
        self._in_windows = in_windows
        self._warn = warn
        self._cursor: IncrementalCursor
        self._state: dict[str, Any] = {}
        self._own: dict[str, Any] = {}
        self._parents: dict[str, Any] = {}
        self._floor: Any = None
        self._floor_rows: dict[str, Any] = {}
        self._for_all: Position | None = None
        self._last_begun: tuple[str, Any] = "", None
        self._passed: Any = None
        """Of a cursor for all: the end of windows that are over."""

    def begin(self, cursor: IncrementalCursor, state: dict[str, Any]) -> None:
        """Take dlt's state of the cursor."""
        self._cursor, self._state = cursor, state
        own = self._own = state.setdefault(STATE_KEY, {})
        own[OF], own[BY] = self._of, cursor.by
        known: dict[str, Any] | None = own.get(PARENTS)
        why, kept = own.get(SHARED), state.get("last_value")
        cursor.learn([kept] if kept is not None else [])
        if known is None and (self._asked or why == TOO_MANY):
            own[SHARED] = ASKED if self._asked else TOO_MANY
            self._for_all = Position(cursor, kept, cursor.delivered(at_the_cursor(own)))
            self._tell()
            return
        own.pop(SHARED, None)
        if known is None and kept is not None and kept != cursor.initial:
            own[FLOOR] = kept
            self._tell_of_absent()
        self._floor = own.pop(FLOOR, None) if self._all_parents else own.get(FLOOR)
        self._floor_rows = at_the_cursor(own)
        for key in ("boundary", "future"):
            own.pop(key, None)
        self._parents = own[PARENTS] = known or {}
        if self._asked:
            self._keep_one(ASKED)

    @property
    def is_for_all(self) -> bool:
        """Whether a value for all parents is kept, be it of those that have none of their own: it
        moves when all of them are read."""
        has_floor = self._all_parents and self._floor is not None
        return self._for_all is not None or bool(self._own.get(SHARED)) or has_floor

    def begin_parent(self, parent: BoundParent) -> None:
        """The list of a parent is about to be read."""
        self._last_begun = parent.key, self._parents.get(parent.key)

    def take_back(self) -> None:
        """Keep for the parent whose list was begun last what was kept of it before."""
        key, entry = self._last_begun
        self._parents.pop(key, None)
        if entry is not None:
            self._parents[key] = entry

    def position(self, parent: BoundParent) -> Position:
        """How far a parent's list is read."""
        if self._for_all is not None and not self._parents:
            return self._for_all
        position: Position = parent.position or self._begun(parent.key)
        parent.position = position
        return position

    def note(self, parent: BoundParent, position: Position) -> None:
        """A page of a parent's list was read."""
        state, cursor = self._state, self._cursor
        if position is self._for_all:
            state["last_value"] = kept = cursor.comparison.later(position.kept, self._passed)
            if position.delivered is not None:
                self._own["boundary"] = position.boundary(kept)
            return
        self._keep(parent.key, position)
        if (kept := position.kept) is not None:
            last = state.get("last_value")
            state["last_value"] = kept if last is None or cursor.is_later(kept, last) else last

    def end_window(self, parent: BoundParent, over: Any) -> None:
        """A window of a parent's list was read to its end (`Position.behind_window`).

        One cursor for all moves on for the next run; all parents of this one begin where it was.
        """
        position = self.position(parent)
        if position is self._for_all:
            self._passed = self._cursor.comparison.later(self._passed, over)
        else:
            position = parent.position = position.behind_window(over)
        self.note(parent, position)

    def _begun(self, key: str) -> Position:
        entry = self._parents.get(key)
        if entry is None and self._floor is not None:
            entry = self._floor
            if self._own.get(PARENTS) is self._parents:
                self._parents[key] = entry
            rows: Any = self._floor_rows
        else:
            known = entry[1:] if isinstance(entry, list) else ()
            rows = dict(zip(("rows", "ahead"), known, strict=False))
        kept = entry[0] if isinstance(entry, list) else entry
        return Position(self._cursor, kept, self._cursor.delivered(rows))

    def _keep(self, key: str, position: Position) -> None:
        kept, delivered = position.kept, position.delivered
        if self._own.get(SHARED):
            self._fold(kept, delivered.rows_from(self._last()) if delivered else {})
        elif kept is not None or delivered:
            self._parents[key] = kept if delivered is None else [kept, delivered.rows]
            if self._in_windows and delivered is not None:
                self._parents[key] += position.ahead
            if len(self._parents) > MOST_PARENTS:
                self._keep_one(TOO_MANY)

    def _last(self) -> Callable[[Any], bool]:
        """Whether a value is passed by the cursor for all."""
        last = self._cursor.whole_second(self._state.get("last_value"))
        return lambda value: last is not None and self._cursor.is_later(last, value)

    def _keep_one(self, why: str) -> None:
        """From now on keep one cursor for all; those before still say where reading begins."""
        own = self._own
        own.pop(PARENTS, None)
        own.pop(FLOOR, None)
        own[SHARED] = why
        entries = [
            one[:2] if isinstance(one, list) else (one, {}) for one in self._parents.values()
        ]
        self._cursor.learn([kept for kept, _ in entries if kept is not None])
        for kept, rows in entries:
            self._fold(kept, rows)
        self._tell()

    def _fold(self, kept: Any, rows: dict[str, int]) -> None:
        last = self._state.get("last_value")
        if kept is not None and (last is None or self._cursor.is_later(kept, last)):
            self._state["last_value"] = last = kept
        if self._cursor.appends:
            boundary = self._own.setdefault("boundary", {"value": None, "rows": {}})
            boundary["value"] = last
            boundary["rows"] |= rows

    def _tell_of_absent(self) -> None:
        if self._cursor.appends:
            self._warn(
                "so far one cursor was kept for all parents, and from now on each has its own: a "
                "parent that this run does not list, and a later one does, is read from its "
                "beginning, and rows that were appended of it will be there twice"
            )

    def _tell(self) -> None:
        if self._own[SHARED] == TOO_MANY:
            self._warn(
                f"there are more than {MOST_PARENTS:,} parents, so one cursor is kept for all: a "
                f"record that comes late, with an older {self._cursor.path} than that of another "
                "parent's, is passed over. Leave the cursor out and name a primary_key; or, if "
                f'that cannot be, say so: "reading": {{"{self._name}": {{"cursor": "shared"}}}}'
            )

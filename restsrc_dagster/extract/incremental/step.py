"""dlt's incremental step, in which the cursor is ours.

dlt's REST source asks it what to send, and runs each page through it. dlt binds the step of a child
anew for each page of parents, and takes what the last page has moved for the start.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from restsrc_dagster.connector.resources.window import Window
from restsrc_dagster.connector.time.conversion import tells_seconds
from restsrc_dagster.connector.time.lag import is_date
from restsrc_dagster.dlt_compat.incremental import BoundIncremental
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.http.request_values import ABSENT, as_segment, as_text
from restsrc_dagster.extract.incremental.convert import converter
from restsrc_dagster.extract.incremental.cursor import BY, STATE_KEY, IncrementalCursor
from restsrc_dagster.extract.incremental.delivered import at_the_cursor
from restsrc_dagster.extract.incremental.list_order import ListOrder
from restsrc_dagster.extract.incremental.older import OlderThanSent
from restsrc_dagster.extract.incremental.parent_cursors import ParentCursors
from restsrc_dagster.extract.incremental.position import Position
from restsrc_dagster.extract.incremental.window_rows import WindowRows
from restsrc_dagster.extract.incremental.windows import Slice, Windows
from restsrc_dagster.extract.paging.page_stats import ListSeen
from restsrc_dagster.extract.parents.binding import BoundParent
from restsrc_dagster.extract.parents.current_page import PageAtHand
from restsrc_dagster.extract.parents.rewriting import PlaceholderPlace
from restsrc_dagster.extract.records.field import FieldReader
from restsrc_dagster.extract.step_order import StepOrder
from restsrc_dagster.json_types import Json

RANGE = "range"
"""In our part of the state, while a range is read of which a rest is left: where it begins. Rows of
all of it may come in any window, and are merged."""
_SENT = re.compile(r"(?P<place>path|address|param|part|text|value)_(?P<name>\w+_value)")
"""Attributes that stand for a cursor's value in a request, by the place (`rewriting.Place`)."""


class CursorStep(BoundIncremental[Any]):
    """What dlt gets in place of its own.

    Args:
        cursor: of the resource.
        incremental: dlt's configuration of the cursor.
        at_hand: notes the pages of the resource.
        top: notes those of the topmost list above it, or its own.
        parents: the cursors of the parents; None for a resource that has none.
        warn: called with a line for the person.
        one_behind: remember what was delivered at the value before the last one, too.
        in_windows: whether the list is read in windows.
        goes_on: whether this run has read a part of the range before: no lag then.
        older: counts what lies before the start that is sent; None where none is.
        key: fields of the primary key, by which the readings of a window are compared; None where
            none is read again.
        seen: the list at hand.
    """

    placement_affinity = StepOrder.CURSOR

    def __init__(
        self,
        cursor: IncrementalCursor,
        incremental: Mapping[str, Any],
        at_hand: PageAtHand,
        *,
        top: PageAtHand,
        parents: ParentCursors | None,
        warn: Callable[[str], None],
        one_behind: bool = False,
        in_windows: bool = False,
        goes_on: bool = False,
        older: OlderThanSent | None = None,
        key: Sequence[FieldReader] | None = None,
        seen: Callable[[], ListSeen] = ListSeen,
    ) -> None:
        super().__init__(
            cursor.path,
            cursor.initial,
            incremental.get("last_value_func", "max"),
            [],
            cursor.end,
            allow_external_schedulers=incremental.get("allow_external_schedulers"),
        )
        self.take_as_resolved()
        self.cursor = cursor
        self.list_order: ListOrder | None = None
        self.leave: Callable[[], None] = self.close_pipe
        """Called when all further records of the list are out of range."""
        self.cut: Callable[[list[Any], list[Any]], list[Any]] | None = None
        """Gives what is read of a page, by its records and their cursors; for `Chunks`."""
        self.sends_start = True
        """Whether requests say where reading begins, as soon as that is known."""
        self._at_hand = at_hand
        self._top = top
        self._parents = parents
        self._row_order = None if parents else incremental.get("row_order")
        self._warn_person = warn
        self._one_behind = one_behind
        self._in_windows = in_windows
        self._goes_on = goes_on
        self._convert = converter(incremental)
        self._format: str | None = incremental.get("convert")
        self._position: Position | None = None
        self._delay = 0
        self._window_rows: dict[str | None, WindowRows] = {}
        """Of lists that are read in windows."""
        self._older = older
        self._key = key
        self._seen = seen
        self._is_bound = False
        self._error: ReadError | None = None

    def bind(self, pipe: Any) -> "CursorStep":
        """Take the state, once, however often dlt binds."""
        if not self._is_bound:
            self._is_bound = True
            super().bind(pipe)
            try:
                self._begin()
            except ReadError as error:
                self._error = error
        return self

    def _begin(self) -> None:
        cursor = self.cursor
        cursor.initial, cursor.end = self.initial_value, self.end_value
        cursor.order.begin(cursor.initial, cursor.end)
        state = self.kept
        kept, own = state.get("last_value"), state.get(STATE_KEY) or {}
        if self.end_value is not None:
            kept, self._parents = None, None
        delivered = None
        if self._parents is None:
            delivered = cursor.delivered(at_the_cursor(own))
            if self._in_windows and delivered is None and RANGE in own:
                self._window_rows.setdefault(None, WindowRows(own[RANGE]))
        else:
            self._parents.begin(cursor, state)
        self._position = Position(
            cursor,
            kept,
            delivered,
            one_behind=self._one_behind,
            start=kept if self._goes_on else None,
            low=self._window_rows[None].start if None in self._window_rows else None,
        )
        if self._row_order is not None:
            self.list_order = ListOrder(
                cursor, self._row_order, self._position.start, self._warn_person
            )

    @property
    def state(self) -> dict[str, Any]:
        """What dlt keeps of the cursor for the next run; set to go back to what it was."""
        return dict(self.kept or {})

    @state.setter
    def state(self, state: dict[str, Any]) -> None:
        self.kept.clear()
        self.kept.update(state)

    @property
    def position(self) -> Position:
        """How far the list is read, of a resource without parents."""
        assert self._position is not None  # noqa: S101 - it is bound
        return self._position

    @property
    def is_for_all(self) -> bool:
        """Whether there is one cursor for all parents (`ParentCursors`)."""
        return self._parents is not None and self._parents.is_for_all

    def begin_parent(self, parent: BoundParent) -> None:
        """The list of a parent is about to be read."""
        if self._parents is not None:
            self._parents.begin_parent(parent)

    def take_back(self) -> None:
        """The list that was begun last is read from its beginning by the next run."""
        if self._parents is not None:
            self._parents.take_back()

    def _position_of(self, parent: BoundParent | None) -> Position:
        if parent is None or self._parents is None:
            return self.position
        return self._parents.position(parent)

    def sent(self, name: str, parent: BoundParent | None, place: PlaceholderPlace) -> Any:
        """What stands for `{incremental.<name>}` in a request.

        Raises:
            ReadError: there is no value, where something has to stand.
        """
        self._refuse_error()
        match name:
            case "start_value" | "last_value":
                value = self._position_of(parent).start if self.sends_start else None
            case "initial_value":
                value = self.cursor.initial
            case _:
                value = self.cursor.end
        return self._written(name, self._convert(value), place)

    def sent_of_window(self, name: str, window: Slice, place: PlaceholderPlace) -> Any:
        """As `sent`, of a part of the range."""
        self._refuse_error()
        match name:
            case "start_value" | "last_value":
                value = self._convert(window.start, is_end=False)
            case "end_value":
                value = self._convert(window.end, is_end=True)
            case _:
                value = self._convert(self.cursor.initial)
        return self._written(name, value, place)

    def _written(self, name: str, value: Any, place: PlaceholderPlace) -> Any:
        if value is None and place is not PlaceholderPlace.VALUE:
            if place in (PlaceholderPlace.PARAM, PlaceholderPlace.PART):
                return ABSENT
            needs = "end_value" if name == "end_value" else "initial_value"
            raise ReadError(
                f"{{incremental.{name}}} has no value yet, and is wanted in the path, a header or "
                f"the body: give incremental an {needs}, or send it as a param"
            )
        if place in (PlaceholderPlace.PATH, PlaceholderPlace.ADDRESS):
            return as_segment(value)
        return value if place is PlaceholderPlace.VALUE else as_text(value)

    def __getattr__(self, name: str) -> Any:
        if match := _SENT.fullmatch(name):
            return self.sent(match["name"], None, PlaceholderPlace(match["place"]))
        raise AttributeError(name)

    def __call__(self, rows: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        """What is new of a page; None where nothing is."""
        if rows is None or (isinstance(rows, list) and not rows):
            return rows
        self._refuse_error()
        records = rows if isinstance(rows, list) else [rows]
        values = self.cursor.values(records)
        if self.list_order is not None:
            self.list_order.look([value for value in values if value is not None])
            if self.list_order.may_end:
                self.leave()
        if self.cut is not None:
            records = self.cut(records, values)
            values = self.cursor.values(records)
        parent = self._at_hand.parent
        position, of_windows = self._position_of(parent), self._window_rows.get(_key(parent))
        if of_windows is not None:
            records, values = self._not_read_before(of_windows, records, values)
            if not records:
                return None
        if self._older is not None and self.sends_start:
            self._older.look(values, (of_windows or position).start)
        if of_windows is None:
            new = position.take(records, values, self.began)
        else:
            # A list that has moved gives a record again: it is read again, too.
            once = bool(self._key) and self._seen().may_slip
            new = of_windows.take(
                position,
                records,
                values,
                self.began,
                delay=self._delay,
                older=self._older,
                once=once,
            )
        if parent is not None and self._parents is not None:
            self._parents.note(parent, position)
        else:
            self._note(position, position.kept)
        if not new:
            return None
        return new if isinstance(rows, list) else new[0]

    def _not_read_before(
        self, of_windows: WindowRows, records: list[Json], values: list[Any]
    ) -> tuple[list[Json], list[Any]]:
        """Those of a page that no reading of the window has had before this one."""
        readings, seen = of_windows.readings, self._seen()
        if readings is not None and seen.total is not None and of_windows.is_open(self.began):
            found = [value for value in values if value is not None]
            readings.is_moving |= bool(self.cursor.guard.held_back(found, self.began))
        known = of_windows.read_before(records, values, seen)
        if not known:
            return records, values
        new = [n for n in range(len(records)) if n not in known]
        return [records[n] for n in new], [values[n] for n in new]

    def windows(self, window: Window, now: float, parent: BoundParent | None = None) -> Windows:
        """Those of the range of a list, up to `now`."""
        self._refuse_error()
        self._delay = window.delay_seconds
        start = self._position_of(parent).start
        overlap = 1 if self._tells_seconds(start) else 0
        return Windows(window, self.cursor.path, start, self.cursor.end, now, overlap=overlap)

    def _tells_seconds(self, start: Any) -> bool:
        """Whether what is sent is as exact as a second; a whole day is read twice as it is."""
        if self._format is not None:
            return tells_seconds(self._format)
        return not is_date(start)

    def begin_list(self, parent: BoundParent | None = None) -> None:
        """A list is about to be read in windows."""
        start = self._position_of(parent).start
        self._window_rows.setdefault(_key(parent), WindowRows(start))

    def begin_window(self, window: Slice, parent: BoundParent | None = None) -> None:
        """Pages of a window come now."""
        self._window_rows[_key(parent)].begin_window(window, self._key)

    def begin_again(self, parent: BoundParent | None = None) -> None:
        """Pages of the window at hand come once more."""
        readings = self._window_rows[_key(parent)].readings
        assert readings is not None  # noqa: S101 - who asks knows
        readings.begin()

    def has_all(self, total: int | None, parent: BoundParent | None = None) -> bool:
        """Whether nothing of the window at hand can have been passed over: it holds what it held
        when it was read before, or as many records as each answer has announced."""
        readings = self._window_rows[_key(parent)].readings
        if readings is None or readings.agree:
            return True
        return total is not None and total == readings.records and not readings.is_moving

    def goes_on_in_range(self, before: "CursorStep") -> None:
        """This reads a further part of a range that another reading of this run has begun."""
        self._window_rows |= before._window_rows

    def end_window(self, over: Any, parent: BoundParent | None = None) -> None:
        """A window was read to its end (`Position.behind_window`)."""
        if self.cursor.end is not None:
            return
        if parent is not None and self._parents is not None:
            self._parents.end_window(parent, over)
        else:
            self._position = self.position.behind_window(over)
            self._note(self._position, self._position.kept)
            if self._position.delivered is None:
                self.kept.setdefault(STATE_KEY, {})[RANGE] = self._window_rows[None].start

    def end_range(self) -> None:
        """All windows of a list without parents were read."""
        self.kept.get(STATE_KEY, {}).pop(RANGE, None)

    def end_list(self, parent: BoundParent) -> None:
        """All windows of a parent were read."""
        self._window_rows.pop(_key(parent), None)

    def leave_at(self, value: Any) -> None:
        """The list is left; the next run begins at `value`."""
        self._note(self.position, value)

    @property
    def began(self) -> float:
        """When the reading began (`PageAtHand`): of a child, before its parents were asked for.

        What comes later may be below a parent that is listed by the next run only.
        """
        return min(self._top.began, self._at_hand.began)

    def is_ahead(self, value: Any, began: float | None = None) -> bool:
        """Whether a value lies ahead of the API's clock at the time of `began`, by default this
        reading's beginning, so that the cursor does not follow it."""
        return bool(self.cursor.guard.held_back([value], self.began if began is None else began))

    def lies_ahead(self, value: Any) -> bool:
        """`is_ahead`, of a cursor of which it is sure by now that it is a time."""
        return self.cursor.guard.is_time(0) and self.is_ahead(value)

    def _note(self, position: Position, kept: Any) -> None:
        state = self.kept
        state["last_value"] = kept
        if position.delivered is not None:
            own = state.setdefault(STATE_KEY, {})
            own.pop("future", None)
            own[BY] = self.cursor.by
            own["boundary"] = position.boundary(kept)

    def _refuse_error(self) -> None:
        """dlt binds where an error would end the reading of all resources."""
        if self._error is not None:
            raise ReadError(str(self._error))


class InWindow:
    """Stands for the cursor in the placeholders of one window's request."""

    def __init__(self, step: CursorStep, window: Slice) -> None:
        self._step = step
        self._window = window

    def __getattr__(self, name: str) -> Any:
        if match := _SENT.fullmatch(name):
            place = PlaceholderPlace(match["place"])
            return self._step.sent_of_window(match["name"], self._window, place)
        raise AttributeError(name)


def _key(parent: BoundParent | None) -> str | None:
    return None if parent is None else parent.key


def cursor_names(expression: str, place: PlaceholderPlace) -> str | None:
    """What stands for a placeholder of the cursor, of a resource without parents."""
    prefix, _, value = expression.partition(".")
    return f"incremental.{place.value}_{value}" if prefix == "incremental" else None

"""The cursor of a resource: around dlt's own incremental step, so that no row is lost or doubled.

Before it, texts that would not sort rightly are made to, and records from the far future are kept
from moving the cursor. After it, rows that the last run had already delivered at its very last
cursor value are dropped: dlt does that too, but in a time that grows with the square of such rows,
and it drops rows that have changed since.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from hashlib import blake2b
from typing import Any

import dlt
from dlt.common.time import detect_datetime_format
from dlt.extract.items_transform import ItemTransform

from restsrc_dagster.connector.wording import nearest, quoted
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.cursor_text import CursorText, Kind, is_sorted, key_of, kind_of_shape
from restsrc_dagster.extract.cursor_text import shape_of as shape
from restsrc_dagster.extract.field import Field, bytes_of

STATE_KEY = "restsrc"
FAR = timedelta(days=2)
"""Clocks and time zones differ by less."""
BEGINNING = "1970-01-01T00:00:00Z"


class _OfTheFuture(CursorText):
    """Stands in for a cursor from the far future, which does not move the last value."""

    __slots__ = ("original",)
    original: str


class Cursor:
    """What both steps of one resource share.

    Args:
        resource: its name.
        incremental: dlt's configuration of the cursor.
        appends: whether rows that come twice would be there twice.
        warn: called with a line for the person.
    """

    def __init__(
        self,
        resource: str,
        incremental: Mapping[str, Any],
        *,
        appends: bool,
        warn: Callable[[str], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.path: str = incremental["cursor_path"]
        self.field = Field(self.path)
        self.appends = appends and incremental.get("end_value") is None
        self._resource = resource
        self._initial = incremental.get("initial_value")
        self._grows = incremental.get("last_value_func", "max") == "max"
        self._bounded = incremental.get("end_value") is not None
        self._open = incremental.get("range_start") == "open"
        self._lag = incremental.get("lag")
        self._raises_for_missing = incremental.get("on_cursor_value_missing", "raise") == "raise"
        self._warn = warn
        self._now = now
        self._start: Any = None
        self._seen = False
        self._before_this_run: frozenset[str] | None = None
        self._shapes: dict[str, str] = {}

    def steps(self) -> tuple[ItemTransform[Any, Any], ItemTransform[Any, Any]]:
        """Before and after dlt's own."""
        return _Before(self), _After(self)

    def usual(self, record: Any) -> Any:
        """The value of a record, in an order to rely on; None where it moves nothing."""
        value = self.field.get(record)
        return None if isinstance(value, _OfTheFuture) else value

    def state(self) -> dict[str, Any]:
        """dlt's state of this cursor, which is committed with the rows."""
        cursors: dict[str, Any] = dlt.current.resource_state(self._resource)["incremental"]
        known: dict[str, Any] = cursors[self.path]
        return known

    @property
    def start(self) -> Any:
        """The last value of the run before, or the initial one."""
        if not self._seen:
            self._seen = True
            try:
                self._start = self.state()["last_value"]
            except KeyError:
                self._start = self._initial
        return self._start

    def prepare(self, records: list[Any]) -> list[Any]:
        """The records, their cursors in an order that can be relied on; raises ReadError."""
        start = self.start  # before dlt moves it
        values = [self.field.get(record) for record in records]
        texts = [value for value in values if isinstance(value, str)]
        others = [value for value in values if value is not None and not isinstance(value, str)]
        self._refuse_missing(records, values)
        self._refuse_mixture(texts, others, start)
        if not texts:
            return records
        # dlt's last value is of an earlier page: what that looked like counts as well.
        shapes = self._shapes
        for text in texts:
            shapes.setdefault(shape(text), text)
        if isinstance(start, str):
            shapes.setdefault(shape(start), start)
        kinds = {self._kind(one, example) for one, example in shapes.items()}
        if len(kinds) > 1:
            first, second, *_ = shapes.values()
            raise ReadError(
                f"the cursor {self.path} cannot be compared: it is {quoted(first)} here and "
                f"{quoted(second)} there; make initial_value of the same kind"
            )
        kind = kinds.pop()
        if kind == "text" and len({len(example) for example in shapes.values()}) > 1:
            raise ReadError(
                f"the cursor {self.path} is neither a time nor a number, such as "
                f"{quoted(texts[0])}, and of several lengths: it cannot be compared safely"
            )
        if len(shapes) > 1 or not is_sorted(next(iter(shapes)), kind):
            for record, value in zip(records, values, strict=True):
                if isinstance(value, str):
                    self.field.put(record, CursorText(value))
        if kind == "time" and self._grows and not self._bounded:
            records = self._hold_back_the_future(records, values)
        return records

    def _kind(self, one: str, example: str) -> Kind:
        kind = kind_of_shape(one, example)
        if kind is None:
            raise ReadError(
                f"the cursor {self.path} is a date that cannot be compared safely: "
                f"{quoted(example)}; name a field such as 2024-01-31T10:00:00Z or a number"
            )
        if self._lag and kind == "time" and detect_datetime_format(example) is None:
            raise ReadError(
                f"the cursor {self.path} is a time to which no lag can be applied: "
                f"{quoted(example)}; remove lag, or name a field such as 2024-01-31T10:00:00Z"
            )
        return kind

    def _refuse_missing(self, records: list[Any], values: list[Any]) -> None:
        if not self._raises_for_missing or None not in values:
            return
        record = records[values.index(None)]
        fields = [str(key) for key in record] if isinstance(record, dict) else []
        meant = nearest(self.path, fields) if self.path not in fields else None
        hint = f"did you mean {meant}? Else " if meant else ""
        raise ReadError(
            f"a record has no value for the cursor {self.path}; {hint}set on_cursor_value_missing "
            "to include or exclude"
        )

    def _refuse_mixture(self, texts: list[str], others: list[Any], start: Any) -> None:
        if others and isinstance(others[0], (bool, list, dict)):
            raise ReadError(
                f"the cursor {self.path} is {type(others[0]).__name__} in some record, and no "
                "time, number or text"
            )
        if others and (texts or isinstance(start, str)):
            text = texts[0] if texts else start
            cure = "" if texts else "; write initial_value as a number"
            raise ReadError(
                f"the cursor {self.path} cannot be compared: it is the number {others[0]} here and "
                f"the text {quoted(text)} there{cure}"
            )
        if texts and start is not None and not isinstance(start, str):
            raise ReadError(
                f"the cursor {self.path} cannot be compared: records have texts such as "
                f"{quoted(texts[0])}, and it started at the number {start}; write initial_value as "
                "a text"
            )

    def _hold_back_the_future(self, records: list[Any], values: list[Any]) -> list[Any]:
        limit = self._now() + FAR
        year = f"{limit.year:04}"
        suspects = {
            position
            for position, value in enumerate(values)
            if isinstance(value, str) and (value[:4] >= year or not value[:4].isdigit())
        }
        if not suspects:
            return records
        latest = Fraction(limit.timestamp())
        far = {position for position in suspects if _seconds(values[position]) > latest}
        if not far:
            return records
        example = values[min(far)]
        if self._open:
            raise ReadError(
                f"the cursor {self.path} of a record is {example}, far in the future, and "
                "range_start is open: nothing after it would be read"
            )
        self._warn(
            f"the cursor {self.path} of some records is far in the future, such as {example}: they "
            "are loaded once, and the cursor does not follow them"
        )
        known = self.state().setdefault(STATE_KEY, {}).setdefault("future", [])
        near = [v for n, v in enumerate(values) if n not in far and isinstance(v, str)]
        stand_in = self.start or min(near, key=key_of, default=BEGINNING)
        kept = []
        for position, record in enumerate(records):
            if position in far:
                digest = _digest(record)
                if digest in known:
                    continue
                known.append(digest)
                held = _OfTheFuture(stand_in)
                held.original = values[position]
                self.field.put(record, held)
            kept.append(record)
        return kept

    def finish(self, records: list[Any]) -> list[Any]:
        """The records that dlt let through, as they came, without those delivered before."""
        values = [self.field.get(record) for record in records]
        if self.appends and not self._open:
            records, values = self._without_delivered(records, values)
        for record, value in zip(records, values, strict=True):
            if isinstance(value, _OfTheFuture):
                self.field.put(record, value.original)
            elif isinstance(value, CursorText):
                self.field.put(record, str.__str__(value))
        return records

    def _without_delivered(
        self, records: list[Any], values: list[Any]
    ) -> tuple[list[Any], list[Any]]:
        known = self.state().setdefault(STATE_KEY, {})
        delivered = self._delivered(known)
        pairs = [
            (record, value)
            for record, value in zip(records, values, strict=True)
            if not (delivered and value == self.start and _digest(record) in delivered)
        ]
        self._remember(known, pairs)
        return [record for record, _ in pairs], [value for _, value in pairs]

    def _delivered(self, known: dict[str, Any]) -> frozenset[str]:
        """What the run before had delivered at its last value."""
        if self._before_this_run is None:
            boundary = known.get("boundary", {})
            same = boundary and boundary["value"] == self.start
            self._before_this_run = frozenset(boundary["rows"] if same else ())
        return self._before_this_run

    def _remember(self, known: dict[str, Any], pairs: list[tuple[Any, Any]]) -> None:
        """Which rows are at the last value now."""
        usual = [
            pair for pair in pairs if pair[1] is not None and not isinstance(pair[1], _OfTheFuture)
        ]
        if not usual:
            return
        pick = max if self._grows else min
        last = pick(value for _, value in usual)
        boundary = known.setdefault("boundary", {"value": None, "rows": []})
        before = boundary["value"]
        if before is None or (last != before and pick(last, before) == last):
            boundary["value"] = str(last) if isinstance(last, str) else last
            boundary["rows"] = []
        elif last != before:
            return
        boundary["rows"] += [_digest(record) for record, value in usual if value == last]


class _Before(ItemTransform[Any, Any]):
    placement_affinity = 0.9

    def __init__(self, cursor: Cursor) -> None:
        super().__init__(lambda item: item)
        self._cursor = cursor

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        if isinstance(item, list):
            return self._cursor.prepare(item)
        kept = self._cursor.prepare([item])
        return kept[0] if kept else None


class _After(ItemTransform[Any, Any]):
    placement_affinity = 1.05

    def __init__(self, cursor: Cursor) -> None:
        super().__init__(lambda item: item)
        self._cursor = cursor

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        if isinstance(item, list):
            return self._cursor.finish(item)
        kept = self._cursor.finish([item])
        return kept[0] if kept else None


def _seconds(value: str) -> Fraction:
    kind, seconds = key_of(value)
    return seconds if kind == "time" and isinstance(seconds, Fraction) else Fraction(0)


def _digest(record: Any) -> str:
    return blake2b(bytes_of(record), digest_size=8).hexdigest()

"""Which appended rows a run before had delivered at its cursor, or beyond it.

The API sends them again: those at the very cursor, where a row may come late or have changed, and
those that changed while the list was read. What is equal to a row that was delivered is left out,
as often as it was delivered; with a key, as often as it comes.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from restsrc_dagster.extract.records.field import bytes_of, sorted_bytes_of
from restsrc_dagster.json_types import Json


class Delivered:
    """Of one list. `rows` is what the state has of it: how many rows were delivered, by digest.

    Args:
        before: what the run before has left there; None where it has left nothing. Its `ahead` are
            those beyond the cursor: they stay known until they come again, as a part of a list may
            end before them.
        keyed: whether equal rows are one, as they have a primary key.
    """

    def __init__(self, before: Mapping[str, Any] | None, *, keyed: bool = False) -> None:
        self._keyed = keyed
        known = (before or {}).get("rows") or {}
        self._legacy = frozenset(known) if isinstance(known, list) else frozenset()
        self._legacy |= frozenset((before or {}).get("future") or ())
        self._left = Counter({} if isinstance(known, list) else known)
        self._at_the_start = dict(self._left)
        self._ahead = self._left.keys() & {*((before or {}).get("ahead") or ())}
        self._seen: dict[Any, dict[str, int]] = {}
        self.rows: dict[str, int] = dict(self._left)

    @property
    def knows_any(self) -> bool:
        return bool(self._left or self._legacy)

    def has(self, record: Json) -> bool:
        """Whether such a row was delivered, and has not come again yet in this run."""
        digest = _row_digest(_row(record))
        if self._left[digest] > 0:
            self._left[digest] -= not self._keyed
            return True
        return bool(self._legacy) and _row_digest(bytes_of(record)) in self._legacy

    def note(self, values: Sequence[Any], records: Sequence[Json]) -> None:
        """Rows that have come, delivered now or before, by the values of their cursors."""
        for value, record in zip(values, records, strict=True):
            digest = _row_digest(_row(record))
            of_value = self._seen.setdefault(value, {})
            of_value[digest] = count = of_value.get(digest, 0) + 1
            self.rows[digest] = max(count, self._at_the_start.get(digest, 0))
            self._ahead.discard(digest)

    def forget(self, is_passed: Callable[[Any], bool]) -> None:
        """The cursor has moved: rows of the values that it has passed are not sent again."""
        for digest in self._at_the_start.keys() - self._ahead:
            self.rows.pop(digest, None)
        self._at_the_start = {}
        for value in [value for value in self._seen if is_passed(value)]:
            for digest in self._seen.pop(value):
                self.rows.pop(digest, None)
        for of_value in self._seen.values():
            self.rows |= of_value

    def ahead(self, is_beyond: Callable[[Any], bool]) -> list[str]:
        """Those of which the value is beyond the cursor, be it in this run or before."""
        beyond = (rows for value, rows in self._seen.items() if is_beyond(value))
        return sorted(self._ahead.union(*beyond))

    def rows_from(self, is_passed: Callable[[Any], bool]) -> dict[str, int]:
        """Those that have come in this run, of the values that are not passed."""
        found: dict[str, int] = {}
        for value, rows in self._seen.items():
            if not is_passed(value):
                found |= rows
        return found

    def __len__(self) -> int:
        return len(self.rows)


def at_the_cursor(own: Mapping[str, Any]) -> dict[str, Any]:
    """What our part of a cursor's state has of rows that were delivered, for `Delivered`."""
    return {**own.get("boundary", {}), "future": own.get("future")}


def _row(record: Json) -> bytes:
    """What makes a row of its own: a null is nothing, as in the table."""
    content = sorted_bytes_of(record)
    return sorted_bytes_of(_without_nulls(record)) if b"null" in content else content


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(one) for key, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value


def _row_digest(content: bytes) -> str:
    return blake2b(content, digest_size=8).hexdigest()

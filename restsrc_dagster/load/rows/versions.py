"""What becomes of records of one load with one primary key, when all of it is read.

Two that say the same are one. Of several versions of a record, a merge keeps the newest by the
cursor, else the last; elsewhere all are kept, and told. The destination does not decide it: it
would compare what it stores, texts by their letters, and each destination puts nulls elsewhere.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.extract.incremental.cursor import IncrementalCursor
from restsrc_dagster.extract.paging.page_stats import PageStats
from restsrc_dagster.extract.records.dedup import hash_of
from restsrc_dagster.extract.records.field import sorted_bytes_of
from restsrc_dagster.json_types import Json
from restsrc_dagster.load.rows.extracted_rows import ExtractedRows

KeysOf = Callable[[Sequence[Any]], list[Any]]
"""The keys of records, as `extract/records/dedup.py` has them."""


def settle_versions(
    name: str,
    resources: Resources,
    stats: PageStats,
    keys_of: KeysOf,
    cursor: IncrementalCursor | None,
    rows: ExtractedRows,
    *,
    is_sorted: bool,
) -> None:
    """Take out of `rows`, those of the resource, what is there twice or has a newer
    version; count it in `stats`.

    With `is_sorted`, the destination decides by what records have to be sorted by.
    """
    repeats = stats.keys.repeats()
    if not repeats:
        return
    keeps_one = resources.keeps_one_of_a_key(name)
    merges = keeps_one and not is_sorted
    if resources.beside(name) and not keeps_one:
        stats.ambiguous += len(repeats.keys)  # the rows of others are among them
        return
    decides = cursor if merges and cursor is not None and cursor.grows else None
    stats.across_parents = stats.keys.differing(repeats.parents)
    if decides is None and resources[name].parent is None:
        stats.repeated += len(repeats.again)
    before = stats.keys.values_before(repeats.again) if decides is not None else {}
    if not repeats.keys and not before:
        return
    seen = _Seen(repeats.keys | before.keys(), decides, before)
    ordinal = 0
    for records in rows:
        for record, key in zip(records, keys_of(records), strict=True):
            seen.look(ordinal, record, key)
            ordinal += 1
    for key, same, others in seen.counts():
        if key not in repeats.parents:
            stats.repeated += same
            stats.ambiguous += others if not is_sorted else 0
    if dropped := seen.dropped(one_each=merges, but=repeats.parents):
        stats.handed_on -= len(dropped)
        rows.remove(dropped)


@dataclass
class _Key:
    """The records of one key: where each is, its content, its cursor."""

    records: list[tuple[int, bytes, Any]] = field(default_factory=list)


class _Seen:
    """The records with some keys.

    Args:
        wanted: hashes of these keys.
        cursor: decides which is the newest of a key; without one the last is.
        before: the cursors that records of these keys had, which are committed.
    """

    def __init__(
        self,
        wanted: Set[int],
        cursor: IncrementalCursor | None,
        before: Mapping[int, Sequence[Any]],
    ) -> None:
        self._wanted = wanted
        self._cursor = cursor
        self._before = before
        self._keys: dict[Any, _Key] = {}

    def look(self, ordinal: int, record: Json, key: Any) -> None:
        if hash_of(key) in self._wanted:
            content = blake2b(sorted_bytes_of(record), digest_size=8).digest()
            value = self._cursor.field.get(record) if self._cursor is not None else None
            self._keys.setdefault(key, _Key()).records.append((ordinal, content, value))

    def counts(self) -> Iterator[tuple[int, int, int]]:
        """Of each key: how many records say the same as another one, and how many something else,
        and are not older by the cursor."""
        for key, found in self._keys.items():
            different = len({content for _, content, _ in found.records})
            _, newest = self._latest(found)
            undecided = {
                content for _, content, value in found.records if not self._is_later(newest, value)
            }
            yield hash_of(key), len(found.records) - different, len(undecided) - 1

    def dropped(self, *, one_each: bool, but: Set[int]) -> set[int]:
        """Which records go, by their ordinals; where all versions are kept, none of the keys `but`:
        each is in the lists of several parents."""
        gone: set[int] = set()
        for key, found in self._keys.items():
            if not one_each and hash_of(key) in but:
                continue
            kept = self._newest(key, found) if one_each else _different(found)
            gone |= {ordinal for ordinal, _, _ in found.records} - kept
        return gone

    def _newest(self, key: Any, found: _Key) -> set[int]:
        """The one that stays; none where a newer one is committed already."""
        ordinal, newest = self._latest(found)
        if any(self._is_later(value, newest) for value in self._before.get(hash_of(key), ())):
            return set()
        return {ordinal}

    def _latest(self, found: _Key) -> tuple[int, Any]:
        """The last of the newest records, and its cursor."""
        latest, _, newest = found.records[0]
        for ordinal, _, value in found.records:
            if not self._is_later(newest, value):
                latest, newest = ordinal, value
        return latest, newest

    def _is_later(self, one: Any, other: Any) -> bool:
        """Without a cursor, the last is the newest; what has none is older than what has one."""
        if self._cursor is None or one is None:
            return False
        return other is None or self._cursor.is_later(one, other)


def _different(found: _Key) -> set[int]:
    """The first record of each content."""
    first: dict[bytes, int] = {}
    for ordinal, content, _ in found.records:
        first.setdefault(content, ordinal)
    return set(first.values())

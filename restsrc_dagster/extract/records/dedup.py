"""Records of one load with the same primary key.

A list that moves while it is read gives the last rows of a page again as the first of the next.
Those are loaded once, and told. Other records with the key of one before are found when all is
read (`KeyIndex`), and what becomes of them is decided then (`load/rows/versions.py`).
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from operator import itemgetter
from typing import Any

from dlt.common.json import json

from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.records.field import FieldReader, sorted_bytes_of
from restsrc_dagster.extract.records.key_index import KeyIndex
from restsrc_dagster.extract.records.parent_of_key import ParentOfKey
from restsrc_dagster.extract.records.tables import Fields
from restsrc_dagster.json_types import Json

PAGES_REMEMBERED = 3


def always() -> bool:
    """Of each page."""
    return True


class KeyDeduplicator:
    """The keys of a resource's records.

    Args:
        names: the columns of the key.
        index: gets the keys of all records that are kept.
        refuses: whether a second record that differs is refused at once: a merge that inserts
            would keep both (dlt #2202: its input is assumed to be deduplicated).
        versions_of: the cursor whose values are noted in the index; None for none.
        notes_versions: whether those of the page that has come are.
        parents: gets the keys with their parents; None for nothing.
    """

    def __init__(
        self,
        names: Sequence[str],
        index: KeyIndex,
        *,
        refuses: bool,
        versions_of: FieldReader | None = None,
        notes_versions: Callable[[], bool] = always,
        parents: ParentOfKey | None = None,
    ) -> None:
        self._parents = parents
        self._versions_of = versions_of
        self._notes_versions = notes_versions
        self._names = names
        self._index = index
        self._refuses = refuses
        self._pages: deque[dict[Any, Any]] = deque(maxlen=PAGES_REMEMBERED)
        self._parent: str | None = None
        self._contents: dict[int, bytes] = {}
        self._get: itemgetter[Any] | None = None

    def kept(self, records: list[Json], fields: Fields, parent: str | None) -> list[Any]:
        """The records without those that came before; raises ReadError.

        `parent` is the key of the parent whose list it is (`BoundParent.key`).
        """
        if not records or type(records[0]) is not dict:
            return records
        keys = self.keys(records, fields)
        if parent != self._parent:
            self._pages.clear()
            self._parent = parent
        kept = self._new(keys, records)
        if len(kept) < len(records):
            keys, records = [keys[n] for n in kept], [records[n] for n in kept]
        hashes = hashes_of(keys)
        if self._refuses:
            self._refuse_others(hashes, records)
        if parent is None:
            self._index.add(hashes)
        else:
            contents = [hash(sorted_bytes_of(record)) for record in records]
            self._index.add_of_parent(hashes, _signed(parent), contents)
            if self._parents is not None:
                self._parents.look(keys, parent)
        if self._versions_of is not None and self._notes_versions():
            self._index.note_values(hashes, list(map(self._versions_of.get, records)))
        return records

    def keys(self, records: Sequence[Json], fields: Fields) -> list[Any]:
        """The keys of records: a value, or a tuple of several."""
        if self._get is None:
            spelled = {fields.column(fields.name(key)): key for key in records[0]}
            if all(name in spelled for name in self._names):
                self._get = itemgetter(*(spelled[name] for name in self._names))
        try:
            if self._get is not None:
                keys = list(map(self._get, records))
                deque(map(hash, keys), maxlen=0)
                return keys
        except (KeyError, TypeError):  # spelled otherwise, or no scalar
            pass
        return [self._key(record, fields) for record in records]

    def _new(self, keys: Sequence[Any], records: Sequence[Json]) -> Sequence[int]:
        """The positions of the records that are no repetitions."""
        page = dict(zip(reversed(keys), reversed(records), strict=True))
        known = [one for one in self._pages if not page.keys().isdisjoint(one)]
        self._pages.append(page)
        if not known and len(page) == len(records):
            return range(len(records))
        return [n for n, key in enumerate(keys) if self._is_new(key, records[n], page, known)]

    def _is_new(
        self, key: Any, record: Json, page: Mapping[Any, Any], known: Sequence[Mapping[Any, Any]]
    ) -> bool:
        before = next((one[key] for one in known if key in one), page[key])
        if before is record:
            return True
        return sorted_bytes_of(before) != sorted_bytes_of(record)  # True is 1 to Python

    def _refuse_others(self, hashes: Sequence[int], records: Sequence[Json]) -> None:
        for key, record in zip(hashes, records, strict=True):
            content = blake2b(json.dumpb(record), digest_size=8).digest()
            if self._contents.setdefault(key, content) != content:
                raise ReadError(
                    "two records have the same primary key and differ "
                    f"({', '.join(self._names)}), and the strategy of the merge would keep both: "
                    'name another key, or the strategy "delete-insert"'
                )

    def _key(self, record: Json, fields: Fields) -> Any:
        found = {column: value for column, _, value in fields.columns(record)}
        values = [found.get(name) for name in self._names]
        key = tuple(values) if len(values) > 1 else values[0]
        try:
            hash(key)
        except TypeError:
            return repr(key)
        return key


def hash_of(key: Any) -> int:
    """Tells a key from others; by its text, as -1 and -2 have one hash in Python."""
    return hash(str(key))


def hashes_of(keys: Sequence[Any]) -> list[int]:
    """`hash_of` each."""
    return list(map(hash, map(str, keys)))


def refuses_others(strategy: str | None) -> bool:
    """Whether a merge would keep two records of one key."""
    return strategy in ("upsert", "insert-only")


def _signed(digest: str) -> int:
    """A digest of eight bytes as a number of as many."""
    return int.from_bytes(bytes.fromhex(digest), "big", signed=True)

"""Records of one load with the same primary key.

A list that moves while it is read gives the last rows of a page again as the first of the next.
`merge` heals that by itself; elsewhere such rows would be there twice. Different rows with one key
are told, as the key tells them apart no more than a table can.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from operator import itemgetter
from typing import Any, Literal

from dlt.common.json import json

from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.tables import Fields

PAGES_REMEMBERED = 3
Rule = Literal["drop", "drop-equal", "refuse", "tell"]
"""What becomes of a second record: `drop` if it comes on a later page, `drop-equal` if nothing in
it differs, `refuse` unless nothing differs, `tell` that the key is not unique."""


def rule_for(disposition: Any, *, newest_wins: bool) -> Rule | None:
    """By the write disposition; `newest_wins` is whether a cursor decides between versions."""
    kind, strategy = disposition, None
    if isinstance(disposition, Mapping):
        kind, strategy = disposition["disposition"], disposition.get("strategy")
    match kind, strategy:
        case "replace", _:
            return "drop"
        case "append", _:
            return "drop-equal"
        case "merge", "scd2":
            return "drop-equal"
        case "merge", "upsert" | "insert-only":
            return "refuse"  # dlt #2202: the input is assumed to be deduplicated
        case "merge", "cdc":
            return None
        case "merge", _:
            return None if newest_wins else "tell"
        case _:
            return None


class Keys:
    """Drops what came before, as far as the rule says.

    Args:
        names: the columns of the key.
        rule: what becomes of a second record.

    Attributes:
        repeated: how many records were dropped.
        ambiguous: how many had the key of another one, and differed.
    """

    def __init__(self, names: Sequence[str], rule: Rule) -> None:
        self.repeated = 0
        self.ambiguous = 0
        self._names = names
        self._rule = rule
        self._pages: deque[dict[Any, Any]] = deque(maxlen=PAGES_REMEMBERED)
        self._crawl: int | None = None
        self._all: dict[int, bytes] = {}
        self._get: itemgetter[Any] | None = None

    def kept(self, records: list[Any], fields: Fields, crawl: int) -> list[Any]:
        """The records without repetitions; raises ReadError."""
        if not records or type(records[0]) is not dict:
            return records
        keys = self._keys(records, fields)
        if self._rule == "refuse":
            return list(self._new(keys, records))
        if crawl != self._crawl:
            self._pages.clear()
            self._crawl = crawl
        page = dict(zip(reversed(keys), reversed(records), strict=True))
        known = [one for one in self._pages if not page.keys().isdisjoint(one)]
        if self._rule != "tell":
            self._pages.append(page)
        if not known and len(page) == len(records):
            return records
        return [
            record
            for key, record in zip(keys, records, strict=True)
            if self._stays(key, record, page, known)
        ]

    def _stays(
        self, key: Any, record: Any, page: Mapping[Any, Any], known: Sequence[Mapping[Any, Any]]
    ) -> bool:
        before = next((one[key] for one in known if key in one), None)
        if before is None:
            before = page[key]
            if before is record:
                return True
        elif self._rule == "drop":
            self.repeated += 1
            return False
        if before != record:
            self.ambiguous += 1
        elif self._rule != "tell":
            self.repeated += 1
            return False
        return True

    def _new(self, keys: Sequence[Any], records: Sequence[Any]) -> Iterator[Any]:
        for key, record in zip(keys, records, strict=True):
            content = blake2b(json.dumpb(record), digest_size=8).digest()
            known = self._all.setdefault(hash(key), content)
            if known is content:
                yield record
            elif known == content:
                self.repeated += 1
            else:
                raise ReadError(
                    "two records have the same primary key and differ "
                    f"({', '.join(self._names)}), and the strategy of the merge would keep both: "
                    'name another key, or the strategy "delete-insert"'
                )

    def _keys(self, records: Sequence[Any], fields: Fields) -> list[Any]:
        if self._get is None:
            spelled = {fields.column(fields.name(key)): key for key in records[0]}
            if all(name in spelled for name in self._names):
                self._get = itemgetter(*(spelled[name] for name in self._names))
        try:
            if self._get is not None:
                keys = list(map(self._get, records))
                hash(keys[0])
                return keys
        except (KeyError, TypeError):  # spelled otherwise, or no scalar
            pass
        return [self._key(record, fields) for record in records]

    def _key(self, record: Any, fields: Fields) -> str:
        found = {column: value for column, _, value in fields.columns(record)}
        return repr([found.get(name) for name in self._names])

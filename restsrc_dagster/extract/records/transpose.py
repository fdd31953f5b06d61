"""Records as columns."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, repeat
from operator import eq
from typing import Any

Records = Sequence[Mapping[str, Any]]


def aligned(records: Records) -> Iterator[tuple[str, Sequence[Any]]] | None:
    """Each key and its values, if all records have the same keys in the same order."""
    keys = list(records[0])
    if not keys or not all(map(eq, map(list, records), repeat(keys))):
        return None
    return zip(keys, zip(*map(dict.values, records), strict=True), strict=True)  # type: ignore[arg-type]


def by_key(records: Records) -> Iterator[tuple[str, Sequence[Any]]]:
    """Each key and its values, None where a record has none."""
    columns = aligned(records)
    if columns is not None:
        yield from columns
        return
    for key in dict.fromkeys(chain.from_iterable(records)):
        yield key, [record.get(key) for record in records]

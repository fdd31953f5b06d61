"""Records as columns."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

Records = Sequence[Mapping[str, Any]]


def aligned(records: Records) -> Iterator[tuple[str, Sequence[Any]]] | None:
    """Each key and its values, if all records have the same keys, and more than one."""
    first = records[0]
    if len(first) < 2:
        return None
    try:
        rows = list(map(itemgetter(*first), records))
    except KeyError:
        return None
    if set(map(len, records)) != {len(first)}:
        return None
    return zip(first, zip(*rows, strict=True), strict=True)


def by_key(records: Records) -> Iterator[tuple[str, Sequence[Any]]]:
    """Each key and its values, None where a record has none."""
    columns = aligned(records)
    if columns is not None:
        yield from columns
        return
    for key in dict.fromkeys(chain.from_iterable(records)):
        yield key, [record.get(key) for record in records]

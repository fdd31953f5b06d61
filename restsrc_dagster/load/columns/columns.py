"""Records as columns: those that are plain as Arrow, any other as the values that they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType, NoneType
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

PLAIN: Mapping[type, pa.DataType] = MappingProxyType(
    {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
)
"""The types whose values Arrow holds just as they are."""
_OF_ARROW: Mapping[pa.DataType, type] = MappingProxyType(
    {arrow: kind for kind, arrow in PLAIN.items()}
)
Values: TypeAlias = Sequence[Any] | pa.Array
"""Of one column: an array of one of the types of `PLAIN` or of nulls, or anything."""


@dataclass(frozen=True)
class Columns:
    """Records that all have the same keys.

    `may_have_pua` is dlt's: some values may be written in dlt's own way, not in JSON's.
    """

    values: Mapping[str, Values]
    rows: int
    may_have_pua: bool = False

    def __len__(self) -> int:
        return self.rows

    def sliced(self, start: int, stop: int | None = None) -> "Columns":
        """Some of the records."""
        stop = self.rows if stop is None else min(stop, self.rows)
        values = {key: values[start:stop] for key, values in self.values.items()}
        return Columns(values, stop - start, self.may_have_pua)

    def records(self) -> list[dict[str, Any]]:
        """As they were."""
        columns = [
            values.to_pylist() if isinstance(values, pa.Array) else values
            for values in self.values.values()
        ]
        return [dict(zip(self.values, row, strict=True)) for row in zip(*columns, strict=True)]


def kinds_of(values: Values) -> set[type]:
    """The types of values, as they are in Python."""
    if not isinstance(values, pa.Array):
        return set(map(type, values))
    kinds = set() if pa.types.is_null(values.type) else {_OF_ARROW[values.type]}
    return kinds | {NoneType} if values.null_count else kinds


def as_arrow(values: Sequence[Any]) -> pa.Array | None:
    """An array, if that holds the values as they are; else None."""
    kinds = set(map(type, values)) - {NoneType}
    if not kinds:
        return pa.nulls(len(values))
    if len(kinds) > 1 or not kinds <= PLAIN.keys():
        return None
    try:
        made = pa.array(values, type=PLAIN[kinds.pop()])
    except (pa.ArrowInvalid, OverflowError, UnicodeEncodeError):
        return None
    if not isinstance(made, pa.Array):
        return None
    if made.type == pa.float64() and pc.all(pc.is_finite(made)).as_py() is False:
        return None  # infinite in Python, and null in JSON
    return made

"""One column: values as JSON gave them, into an array of the type that the table has.

Only what dlt would store just so: the same kind, or a text that is a time, or a number, in the one
spelling that Arrow and dlt read alike. Everything else is not columnar, and dlt's to decide.
"""

from collections.abc import Callable, Mapping, Set
from types import NoneType

import pyarrow as pa
import pyarrow.compute as pc
from dlt.common.json import json

from restsrc_dagster.load.columns.columns import Values, kinds_of
from restsrc_dagster.load.columns.row_by_row import NotColumnar

_DATE = r"[12]\d{3}-\d\d-\d\d"
_INSTANT = _DATE + r"[T ]\d\d:\d\d:\d\d(\.\d{1,6})?"
_ZONE = r"(Z|[+-](0\d|1[0-4]):[0-5]\d)"
_UTC = pa.timestamp("us", "UTC")
_WHOLE = r"-?(0|[1-9]\d{0,17})"
_NUMBER = r"-?(0|[1-9]\d{0,17})(\.\d{1,15})?"
_KINDS: Mapping[type, str] = {
    str: "a text",
    int: "an integer",
    float: "a float",
    bool: "a boolean",
    dict: "an object",
    list: "a list",
}


def array(values: Values, data_type: str, arrow: pa.DataType) -> pa.Array:
    """Values of a column, of dlt's `data_type`, as `arrow`; raises NotColumnar."""
    kinds = kinds_of(values) - {NoneType}
    of_texts = _OF_TEXTS.get(data_type) if kinds == {str} else None
    known = (kinds, of_texts) if of_texts else _BUILDERS.get(data_type)
    if known is None:
        raise NotColumnar(f"values of type {data_type} are read one by one")
    fitting, build = known
    if not kinds <= fitting:
        others = sorted(_KINDS.get(kind, kind.__name__) for kind in kinds - fitting)
        raise NotColumnar(f"{' and '.join(others)} in a column of type {data_type}")
    try:
        return build(values, arrow)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        raise NotColumnar(f"a value that is not stored as {arrow} just as it is") from None


def _as_they_are(values: Values, arrow: pa.DataType) -> pa.Array:
    return values.cast(arrow) if isinstance(values, pa.Array) else pa.array(values, type=arrow)


def _times(values: Values, arrow: pa.DataType) -> pa.Array:
    if arrow != _UTC:
        raise NotColumnar(f"times that are stored as {arrow} are read one by one")
    texts = _as_they_are(values, pa.string())
    if _all_match(texts, _INSTANT + _ZONE):
        return texts.cast(_UTC)
    if _all_match(texts, _INSTANT):  # dlt takes these for UTC, too
        return texts.cast(pa.timestamp("us")).cast(_UTC)
    raise NotColumnar("times that are not all spelled in the one way of ISO 8601 that goes at once")


def _dates(values: Values, arrow: pa.DataType) -> pa.Array:
    texts = _as_they_are(values, pa.string())
    if not _all_match(texts, _DATE):
        raise NotColumnar("dates that are not spelled as YYYY-MM-DD")
    return texts.cast(arrow)


def _documents(values: Values, arrow: pa.DataType) -> pa.Array:
    if arrow != pa.string():
        raise NotColumnar(f"documents that are stored as {arrow}")
    if isinstance(values, pa.Array):  # nothing but nulls
        return values.cast(arrow)
    return pa.array([None if one is None else json.dumps(one) for one in values], type=arrow)


def _integers(values: Values, arrow: pa.DataType) -> pa.Array:
    return _spelled(values, _WHOLE, "bigint").cast(pa.int64()).cast(arrow)


def _floats(values: Values, arrow: pa.DataType) -> pa.Array:
    return _spelled(values, _NUMBER, "double").cast(pa.float64()).cast(arrow)


def _decimals(values: Values, arrow: pa.DataType) -> pa.Array:
    return _spelled(values, _NUMBER, "decimal").cast(arrow)


def _truths(values: Values, arrow: pa.DataType) -> pa.Array:
    texts = _spelled(values, "(true|false|True|False)", "bool")
    return pc.equal(pc.utf8_lower(texts), "true").cast(arrow)


def _spelled(values: Values, pattern: str, data_type: str) -> pa.Array:
    """Texts that are all spelled in one way, as in CSV; raises NotColumnar."""
    texts = _as_they_are(values, pa.string())
    if not _all_match(texts, pattern):
        raise NotColumnar(f"a text in a column of type {data_type}")
    return texts


def _all_match(texts: pa.Array, pattern: str) -> bool:
    found = pc.all(pc.match_substring_regex(texts, f"^{pattern}$")).as_py()
    return found is not False


Build = Callable[[Values, pa.DataType], pa.Array]
_OF_TEXTS: Mapping[str, Build] = {
    "bigint": _integers,
    "double": _floats,
    "decimal": _decimals,
    "bool": _truths,
}
_BUILDERS: Mapping[str, tuple[Set[type], Build]] = {
    "text": (frozenset({str}), _as_they_are),
    "bigint": (frozenset({int}), _as_they_are),
    "double": (frozenset({float, int}), _as_they_are),
    "bool": (frozenset({bool}), _as_they_are),
    "timestamp": (frozenset({str}), _times),
    "date": (frozenset({str}), _dates),
    "json": (frozenset({dict, list}), _documents),
}

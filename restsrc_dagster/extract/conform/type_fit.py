"""Whether a column that has its type already can hold a value.

dlt coerces a value to the type of its column, and gives one that is of no use there a column of its
own. But what passes there may still be more than the column holds: it breaks the file that is
written, or the load, and with it all resources. So each value is looked at that may be too much for
its type: too large, too early, with too many places, too long.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from dlt.common.destination import DestinationCapabilitiesContext
from dlt.common.time import normalize_timezone

from restsrc_dagster.json_types import Json

Check = Callable[[Any], Any]
"""Gives a value as it is to be stored; raises Misfit."""
Coerce = Callable[[str, Any], Any]
"""Gives a value as a type of dlt's has it; raises Misfit."""

HARMLESS = {"bigint": int, "json": dict}
"""Values of a type that need no check, where nothing is said of the size: wider integers are met
before they come here."""
EDGES = ("0001", "9999")
"""The first and the last year of Python: in the zone that is stored, they may be another one."""
NANOSECONDS = range(1678, 2262)
MOST_DIGITS = 10_000
COUNTS_CHARACTERS = frozenset({"bigquery", "postgres", "redshift", "snowflake", "tsql"})
"""Dialects whose texts are not longer than their columns say."""


class Misfit(Exception):
    """A column cannot hold a value; never leaves this package."""


def coercion(normalizer: Any) -> Coerce:
    """As dlt's normalizer of data coerces, whatever error it comes to."""
    coerce_type, kind_of_type = normalizer.coerce_type, normalizer.py_type_to_sc_type

    def coerce(to_type: str, value: Json) -> Any:
        try:
            return coerce_type(to_type, kind_of_type(type(value)), value)
        except Exception:
            raise Misfit from None

    return coerce


def is_dlts(column: Mapping[str, Any]) -> bool:
    """Whether dlt, or the destination, fills a column by itself."""
    keys = ("row_key", "parent_key", "root_key", "x-valid-from", "x-valid-to")
    return str(column["name"]).startswith("_dlt") or any(column.get(key) for key in keys)


def check_of(
    column: Mapping[str, Any],
    capabilities: DestinationCapabilitiesContext,
    coerce: Coerce,
    rounded: Callable[[int], None],
) -> Check | None:
    """The check of a column that has a type; None where dlt's own coercion says enough.

    `rounded` is called for a number that loses places behind the point, with how many are left.
    """
    match column["data_type"]:
        case "bigint":
            return _integers(column.get("precision") or 64, coerce)
        case "decimal" | "wei" as kind:
            return _decimals(kind, *places_of(column, capabilities), coerce, rounded)
        case "timestamp":
            return _timestamps(coerce, nanoseconds=(column.get("precision") or 0) > 6)
        case "date":
            return _dates(coerce)
        case "json":
            return _documents(coerce)
        case "binary" if column.get("precision"):
            return _of_length(column["precision"], coerce)
        case "text" if column.get("precision"):
            dialect = capabilities.sqlglot_dialect
            return _texts(column["precision"], coerce) if dialect in COUNTS_CHARACTERS else None
        case _:
            return None


def places_of(
    column: Mapping[str, Any], capabilities: DestinationCapabilitiesContext
) -> tuple[int, int]:
    """(digits, of them behind the point) of a column of decimals, as dlt makes it."""
    if column["data_type"] == "wei":
        return capabilities.wei_precision
    precision, scale = column.get("precision"), column.get("scale")
    digits, places = capabilities.decimal_precision
    return digits if precision is None else precision, places if scale is None else scale


def in_words(column: Mapping[str, Any]) -> str:
    """The type of a column, with what it says of its size."""
    sizes = [column[key] for key in ("precision", "scale") if column.get(key) is not None]
    kind = str(column.get("data_type", "such value"))
    return f"{kind}({','.join(map(str, sizes))})" if sizes else kind


def is_beyond_all_times(text: str, coerce: Coerce) -> bool:
    """Whether a text is a time that no column can store, such as one of the year 0 or 10000.

    `coerce` is dlt's: from a type and a value to the value of that type.
    """
    if text[:4] not in EDGES:
        return False
    try:
        _stored(coerce("timestamp", text))
    except Misfit:
        return True
    return False


def _integers(bits: int, coerce: Coerce) -> Check:
    limit = 1 << (next((size for size in (8, 16, 32) if bits <= size), 64) - 1)

    def check(value: Json) -> Any:
        whole = value if type(value) is int else coerce("bigint", value)
        if not -limit <= whole < limit:
            raise Misfit
        return whole

    return check


def _decimals(
    kind: str, digits: int, places: int, coerce: Coerce, rounded: Callable[[int], None]
) -> Check:
    room, unit = digits - places, Decimal(1).scaleb(-places)
    # As PostgreSQL rounds; Arrow would refuse the number.
    context = Context(prec=MOST_DIGITS, rounding=ROUND_HALF_UP, traps=[])

    def check(value: Json) -> Any:
        number: Decimal = coerce(kind, value)
        if not number.is_finite() or (number and number.adjusted() >= room):
            raise Misfit
        exponent = number.as_tuple().exponent
        if isinstance(exponent, int) and -exponent > places:
            exact, number = number, number.quantize(unit, context=context)
            if number != exact:
                rounded(places)
            if number and number.adjusted() >= room:
                raise Misfit
        return number

    return check


def _timestamps(coerce: Coerce, *, nanoseconds: bool) -> Check:
    def check(value: Json) -> Any:
        if type(value) is str and value[:4] not in EDGES and not nanoseconds:
            return value
        moment = _stored(coerce("timestamp", value))
        if nanoseconds and moment.year not in NANOSECONDS:
            raise Misfit
        return value

    return check


def _stored(moment: datetime) -> datetime:
    try:
        return normalize_timezone(moment, True)
    except (OverflowError, ValueError):
        raise Misfit from None


def _dates(coerce: Coerce) -> Check:
    def check(value: Json) -> Any:
        if type(value) is str and value[:4] not in EDGES:
            return value
        return coerce("date", value)

    return check


def _documents(coerce: Coerce) -> Check:
    """A text may be a document; but what is text in JSON, too, would be written without quotes."""

    def check(value: Json) -> Any:
        if type(value) is not str:
            return value
        document = coerce("json", value)
        if isinstance(document, (bool, dict, list)) or repr(document) == value.strip():
            return value
        raise Misfit

    return check


def _of_length(length: int, coerce: Coerce) -> Check:
    def check(value: Json) -> Any:
        content = coerce("binary", value)
        if len(content) != length:  # Arrow takes it for the length of each
            raise Misfit
        return content

    return check


def _texts(most: int, coerce: Coerce) -> Check:
    def check(value: Json) -> Any:
        if len(coerce("text", value)) > most:
            raise Misfit
        return value

    return check

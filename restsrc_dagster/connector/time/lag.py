"""How far back a run begins again: a cursor's value, a lag earlier."""

import re
from fractions import Fraction
from math import floor
from typing import Any

from restsrc_dagster.connector.time.conversion import seconds_since_1970
from restsrc_dagster.connector.time.instants import seconds_of, shifted

DAY = 86_400
_NUMBER = re.compile(r"(?P<sign>[+-]?)(?P<whole>\d+)(?:\.(?P<decimals>\d+))?", re.ASCII)
_DATE = re.compile(r"\d{4}-?\d\d(?:-?\d\d)?", re.ASCII)
_COMPACT = re.compile(r"(?:19|20|21)\d{6}(?:\d{6})?", re.ASCII)


class NoLag(ValueError):
    """A value from which nothing can be subtracted."""


def is_date(value: Any) -> bool:
    """Whether a cursor's value tells a day and no time of day."""
    if not isinstance(value, str) or not _DATE.fullmatch(value.strip()):
        return False
    return seconds_of(value) is not None or time_of_digits(value) is not None


def lagged(value: Any, lag: float, *, in_days: bool, later: bool = False) -> Any:
    """`value`, a lag earlier (or later, for a cursor that shrinks), written as `value` is.

    Args:
        value: a number, or a text that means a time or a number.
        lag: seconds for times, or days; units of the cursor for numbers.
        in_days: whether it counts days, as it does where the cursor's values are dates. The day of
            a time is taken whole then.

    Returns:
        None where that would be before the year 1.

    Raises:
        NoLag: `value` is a text that means neither.
    """
    amount = Fraction(lag) if later else -Fraction(lag)
    if isinstance(value, (int, float)):
        moved = Fraction(value) + amount
        return floor(moved) if isinstance(value, int) else float(moved)
    text = str(value)
    moment = seconds_of(text)
    compact = None if moment is not None else time_of_digits(text)
    if compact is None and moment is None:
        return _moved_number(text, amount)
    seconds = amount * DAY if in_days else amount
    if in_days and not is_date(text):
        into_the_day = (moment if moment is not None else seconds_of(str(compact)) or 0) % DAY
        seconds += DAY - into_the_day - 1 if later else -into_the_day
    try:
        if compact is None:
            return shifted(text, seconds)
        moved_text = shifted(compact, seconds)
    except OverflowError:
        return None
    return moved_text.replace("T", "").rstrip("Z")[: len(text.strip())]


def time_of_digits(text: str) -> str | None:
    """`20240131` and `20240131100000` as `seconds_of` reads them."""
    digits = text.strip()
    if not _COMPACT.fullmatch(digits) or seconds_since_1970(digits) is None:
        return None
    whole = f"{digits[:8]}T{digits[8:] or '000000'}Z"
    return whole if seconds_of(whole) is not None else None


def _moved_number(text: str, amount: Fraction) -> str:
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        raise NoLag(f"{text!r} is neither a time nor a number")
    decimals = len(match["decimals"] or "")
    moved = floor((Fraction(text.strip()) + amount) * 10**decimals)
    width = len(match["whole"]) if match["whole"].startswith("0") else 1
    whole, rest = divmod(abs(moved), 10**decimals)
    sign = "-" if moved < 0 else ""
    return f"{sign}{whole:0{width}d}" + (f".{rest:0{decimals}d}" if decimals else "")

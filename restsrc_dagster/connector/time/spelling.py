"""An instant, written as another value of the same cursor is."""

import re
from fractions import Fraction
from math import ceil, floor
from typing import Any

from restsrc_dagster.connector.time.conversion import UNITS_OF_EPOCH, seconds_since_1970
from restsrc_dagster.connector.time.instants import seconds_of, shifted
from restsrc_dagster.connector.time.lag import DAY, time_of_digits

_STEPS = (*(Fraction(1, 10**digits) for digits in range(9, -1, -1)), *map(Fraction, (60, 86_400)))
"""From the finest to the coarsest, what the last place of a text may stand for, in seconds."""
_MONTH = re.compile(r"\d{4}-\d\d", re.ASCII)


def spelled_as(value: Any, seconds: Fraction, *, up: bool) -> Any:
    """The instant `seconds` since 1970 as `value` is written: as a number of the same unit, or as a
    text in the same form and zone.

    Where that is coarser, it is rounded down, or up.

    Raises:
        ValueError: `value` is no point in time, or a month.
        OverflowError: the year is not one of 1 to 9999.
    """
    if isinstance(value, (int, float)):
        return _number(value, seconds, up=up)
    text = str(value).strip()
    if _MONTH.fullmatch(text):
        raise ValueError(f"{value!r} is a month, and no day")
    if compact := time_of_digits(text):
        unit = DAY if len(text) == len("20240131") else 1
        made = _text(compact, Fraction(_rounded(seconds / unit, up=up) * unit), up=up)
        return made.replace("T", "").rstrip("Z")[: len(text)]
    if seconds_of(text) is not None:
        return _text(text, seconds, up=up)
    places = 10 ** len(text.partition(".")[2])
    whole = _rounded(seconds * _scale(Fraction(text)) * places, up=up)
    return _decimal(whole, places)


def _number(value: Any, seconds: Fraction, *, up: bool) -> Any:
    """In the unit of `value`, which its size tells."""
    moved = seconds * _scale(Fraction(value))
    return float(moved) if isinstance(value, float) else _rounded(moved, up=up)


def _scale(number: Fraction) -> int:
    """Units of an epoch in a second, by the size of a number of them."""
    return next((unit for least, unit in UNITS_OF_EPOCH if abs(number) >= least), 1)


def _rounded(number: Fraction, *, up: bool) -> int:
    return ceil(number) if up else floor(number)


def _decimal(whole: int, places: int) -> str:
    """A number of so many places behind the point, which are counted in `whole`."""
    before, behind = divmod(abs(whole), places)
    sign = "-" if whole < 0 else ""
    return f"{sign}{before}" + (f".{behind:0{len(str(places)) - 1}d}" if places > 1 else "")


def _text(text: str, seconds: Fraction, *, up: bool) -> str:
    known = seconds_of(text)
    if known is None:
        raise ValueError(f"{text!r} is no point in time")
    made = shifted(text, seconds - known)
    if not up or (found := seconds_since_1970(made)) is None or found >= seconds:
        return made
    later = (shifted(made, step) for step in _STEPS)
    return next(one for one in later if (seconds_since_1970(one) or found) > found)

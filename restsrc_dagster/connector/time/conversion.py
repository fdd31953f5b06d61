"""What becomes of a cursor's value where it is sent: the formats that `convert` names.

A format that is coarser than the value is rounded so that the API leaves nothing out: the lower
end of a range down, the upper end up. So is an hour that a zone's clock shows twice.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from functools import partial
from math import ceil, floor
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from restsrc_dagster.connector.time.instants import is_local, seconds_of
from restsrc_dagster.connector.wording import allowed

Conversion = Callable[["Instant", bool], int | str]
"""From a point in time, and whether to round up, to what is sent."""


@dataclass(frozen=True)
class Instant:
    """Seconds since 1970; `is_local` is whether the value that says so tells no offset."""

    seconds: Fraction
    is_local: bool = False


_NUMBER = re.compile(r"[+-]?\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,2})?", re.ASCII)
_COMPACT = re.compile(r"(?:19|20|21)\d{6}(?:\d{6})?", re.ASCII)
UNITS_OF_EPOCH = ((10**17, 10**9), (10**14, 10**6), (10**11, 10**3))
"""From which number on it is nanoseconds, microseconds, milliseconds; below, seconds."""
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_YEARS_1_TO_9999 = range(-62_135_596_800, 253_402_300_800)

_UNITS = ("year", "month", "day", "hour", "minute", "second", "microsecond")
_SMALLEST = {"month": 1, "day": 1}
_DIRECTIVES: dict[str, tuple[str, str]] = {
    "Y": ("year", "{0.year:04d}"),
    "y": ("year", "{0:%y}"),
    "m": ("month", "{0.month:02d}"),
    "d": ("day", "{0.day:02d}"),
    "j": ("day", "{0:%j}"),
    "F": ("day", "{0.year:04d}-{0.month:02d}-{0.day:02d}"),
    "H": ("hour", "{0.hour:02d}"),
    "M": ("minute", "{0.minute:02d}"),
    "S": ("second", "{0.second:02d}"),
    "T": ("second", "{0.hour:02d}:{0.minute:02d}:{0.second:02d}"),
    "f": ("microsecond", "{0.microsecond:06d}"),
    "z": ("year", "{0:%z}"),
    "Z": ("year", "{0:%Z}"),
    "%": ("year", "%"),
}
"""What a pattern may hold: the unit that it tells, and its text. The same on every machine."""
_BY_LANGUAGE = frozenset("aAbBchpPrxX")


def seconds_since_1970(value: Any) -> Fraction | None:
    """The point in time that a cursor's value means, exactly; None if it means none.

    Text as `seconds_of` reads it. Numbers, also as text, are seconds since 1970; from 1e11 on
    milliseconds, from 1e14 on microseconds, from 1e17 on nanoseconds. Eight digits that are a date
    of 1900 to 2199 are that date, fourteen a time.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    text = value.strip() if isinstance(value, str) else repr(value)
    seconds = None
    if _COMPACT.fullmatch(text):
        seconds = seconds_of(f"{text[:8]}T{text[8:] or '000000'}Z")
    if seconds is None and _NUMBER.fullmatch(text):
        number = Fraction(text)
        seconds = number / next((unit for least, unit in UNITS_OF_EPOCH if abs(number) >= least), 1)
    elif seconds is None:
        seconds = seconds_of(text)
    return seconds if seconds is not None and floor(seconds) in _YEARS_1_TO_9999 else None


def instant_of(value: Any) -> Instant | None:
    """The point in time that a cursor's value means; None if it means none."""
    seconds = seconds_since_1970(value)
    if seconds is None:
        return None
    return Instant(seconds, isinstance(value, str) and is_local(value))


def conversion(text: str) -> Conversion:
    """What `convert` names: a format, or a pattern of strftime's directives; in UTC, or in the zone
    that stands behind an `@` (`date@Europe/Berlin`).

    A value without an offset is a time of that zone, as APIs write times that they show.

    Raises:
        ValueError: in words that do not repeat the text.
    """
    head, at, name = text.rpartition("@")
    if at:
        zone = _zone(name)
        if head.startswith("epoch_"):
            raise ValueError("counts seconds, which are the same in every zone: leave the @ out")
        if head == "iso8601":
            return partial(_iso8601_in, zone=zone)
        return _pattern(DATE if head == "date" else head, zone)
    if named := FORMATS.get(text):
        return named
    if "${" in text:
        raise ValueError("takes no ${…} reference: it is needed before any run reads")
    if "%" not in text:
        known = allowed(text, FORMATS)
        raise ValueError(f"is no pattern such as %Y-%m-%dT%H:%M, and not one of {known}")
    return _pattern(text)


def tells_zone(text: str) -> bool:
    """Whether what `convert` names is the same instant to whoever reads it, or names a zone."""
    if "@" in text or text in ("iso8601", "epoch_seconds", "epoch_milliseconds"):
        return True
    return any(one in text for one in ("%z", "%Z")) or text.rstrip().endswith(("Z", "UTC", "GMT"))


def tells_seconds(text: str) -> bool:
    """Whether what `convert` names tells the second, or less."""
    head = text.rpartition("@")[0] or text
    if head in FORMATS:
        return head != "date"
    return any(one in head for one in ("%S", "%T", "%f"))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise ValueError(
            "has no time zone behind the @; write one such as Europe/Berlin, or UTC"
        ) from None


def _epoch(instant: Instant, up: bool, *, scale: int) -> int:
    return ceil(instant.seconds * scale) if up else floor(instant.seconds * scale)


def _iso8601(instant: Instant, up: bool) -> str:  # noqa: ARG001 - exact, so never rounded
    seconds = instant.seconds
    whole = floor(seconds)
    text = (_EPOCH + timedelta(seconds=whole)).replace(tzinfo=None).isoformat()
    return f"{text}{_decimals(seconds - whole)}Z"


def _iso8601_in(instant: Instant, up: bool, *, zone: ZoneInfo) -> str:
    whole = floor(instant.seconds)
    moment = _EPOCH + timedelta(seconds=whole)
    local = _in_zone(moment, zone, up, is_local=instant.is_local, tells=True)
    offset = local.isoformat()[-6:]
    return f"{local:%Y-%m-%dT%H:%M:%S}{_decimals(instant.seconds - whole)}{offset}"


def _decimals(fraction: Fraction) -> str:
    """Every value is read from a decimal number, so its digits end."""
    digits = 0
    while (fraction * 10**digits).denominator != 1:
        digits += 1
    return f".{int(fraction * 10**digits):0{digits}d}" if digits else ""


def _pattern(text: str, zone: ZoneInfo | None = None) -> Conversion:
    pieces: list[str] = []
    finest = "year"
    given: set[str] = set()
    if "{" in text or "}" in text:
        raise ValueError("has a brace: dlt would take what stands in it for a placeholder")
    for literal, directive in re.findall(r"([^%]+)|%(.?)", text, re.DOTALL):
        if literal:
            pieces.append(literal)
            continue
        if directive not in _DIRECTIVES:
            raise ValueError(_no_directive(directive))
        unit, piece = _DIRECTIVES[directive]
        pieces.append(piece)
        given.add(directive)
        finest = max(finest, unit, key=_UNITS.index)
    if given.isdisjoint("YyF"):
        raise ValueError("tells no year: %Y, %y and %F do")
    template = "".join(pieces)
    if zone is None:
        return partial(_formatted, template=template, finest=finest)
    return partial(
        _formatted, template=template, finest=finest, zone=zone, tells="z" in given or "Z" in given
    )


def _no_directive(directive: str) -> str:
    if not directive:
        return "ends with a %; write %% for a literal one"
    if directive == "s":
        return "%s is no directive everywhere; convert epoch_seconds is what it stands for"
    if directive in _BY_LANGUAGE:
        return f"%{directive} depends on the language of the machine, or means half a day"
    shown = directive if directive.isascii() and directive.isprintable() else "…"
    return f"%{shown} is no directive; known are {' '.join(f'%{known}' for known in _DIRECTIVES)}"


def _formatted(
    instant: Instant,
    up: bool,
    *,
    template: str,
    finest: str,
    zone: ZoneInfo | None = None,
    tells: bool = True,
) -> str:
    whole = floor(instant.seconds)
    microseconds = (instant.seconds - whole) * 1_000_000
    moment = _EPOCH + timedelta(seconds=whole, microseconds=floor(microseconds))
    if zone is not None:
        moment = _in_zone(moment, zone, up, is_local=instant.is_local, tells=tells)
    finer = _UNITS[_UNITS.index(finest) + 1 :]
    smallest: dict[str, Any] = {unit: _SMALLEST.get(unit, 0) for unit in finer}
    cut = moment.replace(**smallest)
    if up and (cut != moment or microseconds.denominator != 1):
        cut = _next(cut, finest)
    return template.format(cut)


def _in_zone(
    moment: datetime, zone: ZoneInfo, up: bool, *, is_local: bool, tells: bool
) -> datetime:
    """What the clock of a zone shows. In an hour that it shows twice, the hour before or after, as
    who reads it may take it for either; unless the text tells which (`%z`)."""
    try:
        local = moment.replace(tzinfo=zone) if is_local else moment.astimezone(zone)
        first, second = local.replace(fold=0).utcoffset(), local.replace(fold=1).utcoffset()
        if not tells and first is not None and second is not None and first > second:
            local += (first - second) if up else (second - first)
    except OverflowError:  # at the ends of the calendar
        return moment.replace(tzinfo=zone)
    return local


def _next(cut: datetime, unit: str) -> datetime:
    try:
        match unit:
            case "year":
                return cut.replace(year=cut.year + 1)
            case "month":
                return (cut + timedelta(days=32)).replace(day=1)
            case _:
                return cut + timedelta(**{f"{unit}s": 1})
    except (ValueError, OverflowError):  # after 9999-12-31 there is nothing that could be left out
        return cut


DATE = "%Y-%m-%d"
FORMATS: dict[str, Conversion] = {
    "epoch_seconds": partial(_epoch, scale=1),
    "epoch_milliseconds": partial(_epoch, scale=1000),
    "iso8601": _iso8601,
    "date": _pattern(DATE),
}

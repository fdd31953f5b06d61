"""Points in time as APIs write them, as exact numbers.

Python's own datetime stops at microseconds; APIs do not, and a cursor that is cut moves back.
"""

import re
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from fractions import Fraction
from math import floor

_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:[Tt ](?P<hour>\d\d):(?P<minute>\d\d)"
    r"(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,1000}))?)?"
    r" ?(?P<zone>[Zz]|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?)?",
    re.ASCII,
)
_BASIC = re.compile(
    r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)T(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)"
    r"(?:[.,](?P<fraction>\d{1,1000}))?(?P<zone>[Zz]|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
_AJAX = re.compile(r"\\?/Date\((?P<milliseconds>-?\d{1,17})(?P<zone>[+-]\d{4})?\)\\?/", re.ASCII)
"""Of older .NET services; the offset says only where the clock was that showed it."""
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_NUMBERS = ("year", "month", "day", "hour", "minute", "second")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MAIL = re.compile(
    r"(?P<weekday>[A-Z][a-z]{2},? )?(?P<day>\d{1,2})(?P<dash>[ -])[A-Z][a-z]{2}[ -]\d{4}"
    r" \d\d:\d\d:\d\d (?P<zone>GMT|UTC|[+-]\d{4})",
    re.ASCII,
)


def seconds_of(text: str) -> Fraction | None:
    """Seconds since 1970-01-01T00:00:00Z, exactly; None if `text` is no such time.

    ISO 8601 in its usual spellings (`2024-01-31`, `2024-01-31T10:00:00.5+02:00`,
    `2024-01-31 10:00`, `20240131T100000Z`), the dates of HTTP and mail
    (`Wed, 31 Jan 2024 10:00:00 GMT`) and those of .NET (`/Date(1706695200000+0100)/`). A time
    without an offset is taken as UTC.
    """
    text = text.strip()
    if match := _ISO.fullmatch(text) or _BASIC.fullmatch(text):
        return _of_parts(match)
    if _MAIL.fullmatch(text):
        try:
            return _since_1970(parsedate_to_datetime(text))
        except ValueError:
            return None
    if match := _AJAX.fullmatch(text):
        return Fraction(int(match["milliseconds"]), 1000)
    return None


def is_local(text: str) -> bool:
    """Whether a time of day tells no offset: what instant it is, only its clock knows."""
    match = _ISO.fullmatch(text.strip()) or _BASIC.fullmatch(text.strip())
    return match is not None and match["hour"] is not None and match["zone"] is None


def shifted(text: str, seconds: Fraction) -> str:
    """The point in time so many seconds later, written as `text` is; to what it can tell, and not
    later than that. Of a date, whole days count.

    Raises:
        ValueError: `text` is no time that `seconds_of` reads.
        OverflowError: it would be before the year 1 or after 9999.
    """
    moment = seconds_of(text)
    if moment is None:
        raise ValueError(f"{text!r} is no point in time")
    later = moment + seconds
    plain = text.strip()
    if match := _AJAX.fullmatch(plain):
        start, end = match.span("milliseconds")
        return f"{plain[:start]}{floor(later * 1000)}{plain[end:]}"
    if match := _ISO.fullmatch(plain) or _BASIC.fullmatch(plain):
        return _rewritten(match, later)
    local = _EPOCH + timedelta(seconds=floor(later + _mail_offset(plain)))
    return _of_mail(plain, local)


def _rewritten(match: re.Match[str], later: Fraction) -> str:
    """The text of a match, each number of it replaced, of as many digits."""
    parts = match.groupdict()
    local = later + _offset(parts["zone"] or "Z")
    whole = floor(local)
    moment = _EPOCH + timedelta(seconds=whole)
    text = match.string
    new = {name: getattr(moment, name) for name in _NUMBERS if parts[name] is not None}
    if parts["fraction"] is not None:
        new["fraction"] = floor((local - whole) * 10 ** len(parts["fraction"]))
    for name in sorted(new, key=match.start, reverse=True):
        start, end = match.span(name)
        text = f"{text[:start]}{new[name]:0{end - start}d}{text[end:]}"
    return text


def _mail_offset(text: str) -> int:
    """Seconds east of UTC."""
    return _offset(text.rpartition(" ")[2])


def _of_mail(text: str, local: datetime) -> str:
    """`local` as `text` is written: with or without its weekday, with its zone."""
    match = _MAIL.fullmatch(text)
    assert match is not None  # noqa: S101 - it is what `_MAIL` matches
    weekday = ""
    if match["weekday"]:
        weekday = _WEEKDAYS[local.weekday()] + match["weekday"][3:]
    day = f"{local.day:0{len(match['day'])}d}"
    clock = f"{local.hour:02d}:{local.minute:02d}:{local.second:02d}"
    dash = match["dash"]
    date = f"{day}{dash}{_MONTHS[local.month - 1]}{dash}{local.year:04d}"
    return f"{weekday}{date} {clock} {match['zone']}"


def _of_parts(match: re.Match[str]) -> Fraction | None:
    parts = match.groupdict()
    second = int(parts["second"] or 0)
    leap = second == 60
    try:
        moment = datetime(
            int(parts["year"]),
            int(parts["month"]),
            int(parts["day"] or 1),
            int(parts["hour"] or 0),
            int(parts["minute"] or 0),
            second - leap,
            tzinfo=timezone.utc,
        )
    except ValueError:
        return None
    fraction = Fraction(f"0.{parts['fraction']}") if parts["fraction"] else Fraction(0)
    return _since_1970(moment) + leap + fraction - _offset(parts["zone"] or "Z")


def _offset(zone: str) -> int:
    """Seconds east of UTC."""
    if zone[0] not in "+-":
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return -seconds if zone[0] == "-" else seconds


def _since_1970(moment: datetime) -> Fraction:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    since = aware - _EPOCH
    return Fraction(since // timedelta(microseconds=1), 1_000_000)

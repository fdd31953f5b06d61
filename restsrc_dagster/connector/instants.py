"""Points in time as APIs write them, as exact numbers.

Python's own datetime stops at microseconds; APIs do not, and a cursor that is cut moves back.
"""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from fractions import Fraction

_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:[Tt ](?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?"
    r" ?(?P<zone>[Zz]|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?)?",
    re.ASCII,
)
_BASIC = re.compile(
    r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)T(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)"
    r"(?:[.,](?P<fraction>\d+))?(?P<zone>[Zz]|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
_MAIL = re.compile(
    r"(?:[A-Z][a-z]{2},? )?\d{1,2}[ -][A-Z][a-z]{2}[ -]\d{4}"
    r" \d\d:\d\d:\d\d (?:GMT|UTC|[+-]\d{4})",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def seconds_of(text: str) -> Fraction | None:
    """Seconds since 1970-01-01T00:00:00Z, exactly; None if `text` is no such time.

    ISO 8601 in its usual spellings (`2024-01-31`, `2024-01-31T10:00:00.5+02:00`,
    `2024-01-31 10:00`, `20240131T100000Z`) and the dates of HTTP and mail
    (`Wed, 31 Jan 2024 10:00:00 GMT`). A time without an offset is taken as UTC.
    """
    text = text.strip()
    if match := _ISO.fullmatch(text) or _BASIC.fullmatch(text):
        return _of_parts(match)
    if _MAIL.fullmatch(text):
        try:
            return _since_1970(parsedate_to_datetime(text))
        except ValueError:
            return None
    return None


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
            tzinfo=UTC,
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
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    since = aware - _EPOCH
    return Fraction(since // timedelta(microseconds=1), 1_000_000)

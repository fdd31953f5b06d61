"""Times and dates in all forms of ISO 8601 that Python 3.11 reads, also on Python 3.10."""

import sys
from datetime import date, datetime

if sys.version_info >= (3, 11):
    _date, _time = date.fromisoformat, datetime.fromisoformat  # noqa: TID251
else:
    from backports.datetime_fromisoformat import date_fromisoformat as _date
    from backports.datetime_fromisoformat import datetime_fromisoformat as _time


def parse_time(text: str) -> datetime:
    """Aware if the text says so; raises ValueError."""
    at: datetime = _time(text)
    return at


def parse_date(text: str) -> date:
    """Raises ValueError."""
    day: date = _date(text)
    return day

"""Times in the params of a request that was written by hand: each run would begin there."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from restsrc_dagster.connector.naming import is_day
from restsrc_dagster.connector.time.instants import seconds_of
from restsrc_dagster.scaffold.configuration import START

_TIME = re.compile(
    r"(?<!\d)\d{4}-\d\d-\d\d"
    r"(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?(?!\d)"
)
_AS_DATE = ' with "convert": "date@UTC", or the zone of the API,'
_DATE = re.compile(r"(?<!\d)\d{4}-\d\d-\d\d(?!\d)")


def notes_of_starts(params: Mapping[str, Any], resource: str = "<resource>") -> Iterator[str]:
    """A line for each param that is a time, or has one: how the cursor is written there.

    Args:
        params: of one request, as they were written.
        resource: its name, in `reading`.
    """
    for key, value in params.items():
        if isinstance(value, str) and is_day(key) and _DATE.fullmatch(value):
            yield (
                f"{key}={value} asks for one day, in every run: to read each day once, write "
                f'"{key}": "{START}", an incremental{_AS_DATE} and beside configuration '
                f'"reading": {{"{resource}": {{"window": {{"size": "1 day"}}}}}}'
            )
        elif isinstance(value, str) and (asked := _with_start(value)):
            yield (
                f"{key}={value} leaves older records out, in every run: to read only what is new, "
                f'write "{key}": "{asked}" and an incremental{_as_date(value)} (restsrc test shows '
                "the cursor)"
            )


def _with_start(value: str) -> str | None:
    """A param with the cursor where it has one time, be it within an expression."""
    if seconds_of(value) is not None:
        return START
    times = _TIME.findall(value)
    return value.replace(times[0], START) if len(times) == 1 else None


def _as_date(value: str) -> str:
    """What to say where the API is sent a date without a time of day, whatever its records have."""
    times = _TIME.findall(value)
    return _AS_DATE if times and times == _DATE.findall(value) else ""

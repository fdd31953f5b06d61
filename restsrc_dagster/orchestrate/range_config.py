"""`from` and `to` of the launchpad."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta, timezone
from typing import Any

from restsrc_dagster.connector.time.iso import parse_date, parse_time
from restsrc_dagster.errors import RestsrcError
from restsrc_dagster.load.ranges.ranges import Between


def between_of(config: Mapping[str, Any], *, now: datetime) -> Between | None:
    """The range that a run's config names; None if it names none.

    Days are UTC; the one of `to` is of the range.

    Raises:
        RestsrcError: it is no range.
    """
    if "from" not in config:
        if "to" in config:
            raise RestsrcError("to: needs a from, which says where the range begins")
        return None
    if config["full_refresh"]:
        raise RestsrcError(
            "from: and full_refresh exclude each other: one reads a range again, the other all"
        )
    start = _instant(config, "from")
    end = _instant(config, "to") if "to" in config else now
    if start >= end:
        raise RestsrcError(f"from: {config['from']} is not before {config.get('to', 'now')}")
    return Between(start, end)


def _instant(config: Mapping[str, Any], key: str) -> datetime:
    text = config[key].strip()
    try:
        day = parse_date(text)
    except ValueError:
        pass
    else:
        after = timedelta(days=1) if key == "to" else timedelta()
        return datetime.combine(day, time(), tzinfo=timezone.utc) + after
    try:
        at = parse_time(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise RestsrcError(
            f"{key}: {text!r} is neither a day, such as 2026-01-31, nor an instant with its zone, "
            "such as 2026-01-31T06:00:00Z"
        )
    return at.astimezone(timezone.utc)

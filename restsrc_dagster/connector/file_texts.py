"""Texts of a connector file that mean something: its creation, owners, tags."""

import re
from datetime import datetime, timedelta, timezone
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from restsrc_dagster.connector.time.iso import parse_time

_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)
YEARS = range(1970, 2200)
"""Of `created_at`; with the longest period, slots still have a year that datetime knows."""


def _utc(value: Any) -> datetime:
    if not isinstance(value, str):
        raise ValueError("is not a time in quotes, such as 2026-11-23T10:03:00Z")
    try:
        parsed = parse_time(value.upper()) if _RFC_3339.fullmatch(value) else None
    except ValueError:
        parsed = None
    if parsed is None:
        raise ValueError(f"{value!r} is not an RFC 3339 time in UTC, such as 2026-11-23T10:03:00Z")
    if parsed.year not in YEARS:
        raise ValueError(f"{value!r} is not within {YEARS.start} to {YEARS.stop - 1}")
    if parsed.utcoffset() != timedelta(0):
        in_utc = parsed.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
        raise ValueError(f"{value!r} is not in UTC; write {in_utc}")
    return parsed.astimezone(timezone.utc)


# Dagster's own rules (`is_valid_owner` and `normalize_tags(strict=True)`), so that a file which
# breaks them is named here and not only where definitions load.
_OWNER = re.compile(r"team:.+|[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,7}")
_TAG_KEY = re.compile(r"([A-Za-z0-9_.-]{1,63}/)?[A-Za-z0-9_.-]{1,63}")
_TAG_VALUE = re.compile(r"[A-Za-z0-9_.-]{0,63}")


def _owner(value: str) -> str:
    if not _OWNER.fullmatch(value):
        raise ValueError(f"{value!r} is neither an email address nor team:<name>")
    return value


def _tags(tags: dict[str, str]) -> dict[str, str]:
    for key, value in tags.items():
        if not _TAG_KEY.fullmatch(key) or not _TAG_VALUE.fullmatch(value):
            raise ValueError(
                f"{key!r}: {value!r} is not a tag; letters, digits, _, - and . are allowed, at "
                "most 63, and one / in the key"
            )
    return tags


CreatedAt = Annotated[datetime, BeforeValidator(_utc)]
"""An instant in UTC, from RFC 3339."""
Owner = Annotated[str, AfterValidator(_owner)]
"""An address, or `team:<name>`."""
Tags = Annotated[dict[str, str], AfterValidator(_tags)]
"""Tags of an asset, as Dagster allows them."""

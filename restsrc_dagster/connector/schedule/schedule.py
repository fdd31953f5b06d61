"""The schedule a person writes: every N days, hours or minutes, with an offset."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import Field, ValidationInfo, field_validator

from restsrc_dagster.connector.file_part import FilePart
from restsrc_dagster.connector.schedule.slots import MINUTES_A_DAY, AnySlots, Slots, ZonedDays

Mode = Literal["days", "hours", "minutes"]
MINUTES_IN: dict[Mode, int] = {"days": MINUTES_A_DAY, "hours": 60, "minutes": 1}

_WORDS = re.compile(
    r"every\s+(?:(?P<interval>\d+)\s+)?(?P<unit>day|hour|minute)s?"
    r"(?:\s+at\s+(?P<hour>\d{1,2})?:(?P<minute>\d{2})(?:\s*(?P<zone>UTC|[A-Za-z]\S*/\S+))?)?",
    re.IGNORECASE,
)
WORDS_EXAMPLES = (
    '"every 10 minutes", "every 6 hours at :15", "every 3 days at 00:30", '
    '"every day at 06:00 Europe/Berlin"'
)


class Schedule(FilePart):
    """When the connector runs. All times are UTC, but for `days` with a `timezone`.

    `days` count from 00:00 of the creation date plus `offset`, `hours` likewise, `minutes` from
    the creation, cut to the minute. With a `timezone`, `days` and `offset` are by its clocks.
    """

    mode: Mode = Field(description="The unit of `interval`.")
    interval: int = Field(1, ge=1, le=100_000, description="Every so many days, hours or minutes.")
    offset: int = Field(
        0, ge=0, description="Minutes after 00:00 UTC (days) or after the full hour (hours)."
    )

    timezone: str | None = Field(
        None, description="Of days alone: whose clocks tell them, such as Europe/Berlin; else UTC."
    )

    @field_validator("timezone")
    @classmethod
    def _zone_is_known(cls, zone: str | None, info: ValidationInfo) -> str | None:
        if zone is None:
            return None
        if info.data.get("mode") in ("hours", "minutes"):
            raise ValueError(f"not allowed for {info.data['mode']}, which have no time of day")
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            near = get_close_matches(zone, available_timezones(), n=1)  # which reads all of them
            hint = f"; did you mean {near[0]}?" if near else ", such as Europe/Berlin"
            raise ValueError(f"{zone!r} is no IANA time zone{hint}") from None
        return zone

    @field_validator("offset")
    @classmethod
    def _offset_fits(cls, offset: int, info: ValidationInfo) -> int:
        mode: Mode | None = info.data.get("mode")
        interval: int | None = info.data.get("interval")
        if mode is None or interval is None:
            return offset
        if mode == "minutes" and offset:
            raise ValueError("not allowed for minutes, which count from created_at; remove it")
        last = MINUTES_A_DAY - 1 if mode == "days" else 60 * interval - 1
        if mode != "minutes" and offset > last:
            every = f"{interval} {mode}" if interval > 1 else mode.removesuffix("s")
            raise ValueError(f"{offset} is not within 0 to {last} for every {every}")
        return offset

    @property
    def period(self) -> timedelta:
        return timedelta(minutes=self.interval * MINUTES_IN[self.mode])

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Without a zone as it was before there were any: that is how schedules are remembered."""
        return [(key, value) for key, value in super().__repr_args__() if value is not None]

    def slots(self, created_at: datetime) -> AnySlots:
        """The slots of a connector that was created at `created_at` (aware, UTC)."""
        if self.timezone is not None:
            return ZonedDays(
                zone=ZoneInfo(self.timezone),
                interval=self.interval,
                offset=self.offset,
                created_at=created_at,
            )
        if self.mode == "minutes":
            anchor = created_at.replace(second=0, microsecond=0)
        else:
            midnight = created_at.replace(hour=0, minute=0, second=0, microsecond=0)
            anchor = midnight + timedelta(minutes=self.offset)
        return Slots(anchor=anchor, period=self.period, created_at=created_at)

    def describe(self, created_at: datetime) -> str:
        """In words, as the Dagster UI shows it: `every 10 minutes from 10:03 UTC`."""
        unit = self.mode.removesuffix("s")
        every = f"every {unit}" if self.interval == 1 else f"every {self.interval} {self.mode}"
        anchor = self.slots(created_at).anchor
        if self.mode == "minutes":
            return f"{every} from {anchor:%H:%M} UTC"
        if self.mode == "hours" and self.interval == 1:
            return f"{every} at :{anchor:%M} UTC"
        if self.mode == "hours":
            return f"{every} from {anchor:%Y-%m-%d %H:%M} UTC"
        first_day = created_at.astimezone(ZoneInfo(self.timezone or "UTC"))
        since = "" if self.interval == 1 else f", counted from {first_day:%Y-%m-%d}"
        clock = f"{self.offset // 60:02}:{self.offset % 60:02} {self.timezone or 'UTC'}"
        return f"{every} at {clock}{since}"


def parse_schedule(words: str) -> Schedule:
    """A schedule from words such as `every 6 hours at :15`.

    Raises:
        ValueError: the words are not understood, or their time does not fit the unit.
    """
    match = _WORDS.fullmatch(words.strip())
    if match is None:
        raise ValueError(f"{words!r} is not a schedule; write for example {WORDS_EXAMPLES}")
    mode: Mode = f"{match['unit'].lower()}s"  # type: ignore[assignment]
    interval, hour, minute = (match[part] for part in ("interval", "hour", "minute"))
    if minute is not None and mode == "minutes":
        raise ValueError(f"{words!r}: minutes take no time; they count from created_at")
    if minute is not None and mode == "days" and hour is None:
        raise ValueError(f"{words!r}: days take a time such as `at 00:30`")
    if minute is not None and int(minute) > 59:
        raise ValueError(f"{words!r}: :{minute} is not a minute of an hour")
    offset = int(hour or 0) * 60 + int(minute or 0)
    zone = match["zone"]
    if zone and zone.upper() != "UTC" and mode != "days":
        raise ValueError(f"{words!r}: {mode} take no time zone; only days do")
    timezone = None if zone is None or zone.upper() == "UTC" else zone
    return Schedule(mode=mode, interval=int(interval or 1), offset=offset, timezone=timezone)

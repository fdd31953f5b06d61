import re

import pytest
from pydantic import ValidationError

from restsrc_dagster.connector.schedule.schedule import Schedule, parse_schedule
from restsrc_dagster_tests.connector.test_slots import at

WORDS = {
    "every 10 minutes": Schedule(mode="minutes", interval=10),
    "every minute": Schedule(mode="minutes"),
    "every 1 minute": Schedule(mode="minutes"),
    "every hour": Schedule(mode="hours"),
    "every hour at :15": Schedule(mode="hours", offset=15),
    "every 6 hours": Schedule(mode="hours", interval=6),
    "every 6 hours at :15": Schedule(mode="hours", interval=6, offset=15),
    "every 6 hours at 05:59": Schedule(mode="hours", interval=6, offset=359),
    "every 48 hours at 23:00": Schedule(mode="hours", interval=48, offset=1380),
    "every day": Schedule(mode="days"),
    "every day at 06:00": Schedule(mode="days", offset=360),
    "every day at 6:00": Schedule(mode="days", offset=360),
    "every day at 23:59 UTC": Schedule(mode="days", offset=1439),
    "every 3 days at 00:30": Schedule(mode="days", interval=3, offset=30),
    "  Every  3 DAYS  at 00:30utc ": Schedule(mode="days", interval=3, offset=30),
}

NOT_UNDERSTOOD = (
    "is not a schedule; write for example "
    '"every 10 minutes", "every 6 hours at :15", "every 3 days at 00:30"'
)
INVALID_WORDS = {
    "": NOT_UNDERSTOOD,
    "hourly": NOT_UNDERSTOOD,
    "10 minutes": NOT_UNDERSTOOD,
    "every -1 minutes": NOT_UNDERSTOOD,
    "every 1.5 hours": NOT_UNDERSTOOD,
    "every 2 weeks": NOT_UNDERSTOOD,
    "every day at noon": NOT_UNDERSTOOD,
    "every day at 6": NOT_UNDERSTOOD,
    "every day at 06:00 CET": NOT_UNDERSTOOD,
    "*/5 * * * *": NOT_UNDERSTOOD,
    "every 10 minutes at :03": "minutes take no time; they count from created_at",
    "every day at :30": "days take a time such as `at 00:30`",
    "every day at 06:60": ":60 is not a minute of an hour",
    "every day at 24:00": "1440 is not within 0 to 1439 for every day",
    "every hour at 01:00": "60 is not within 0 to 59 for every hour",
    "every 6 hours at 06:00": "360 is not within 0 to 359 for every 6 hours",
    "every 0 minutes": "greater than or equal to 1",
    "every 99999999999999999999 days": "less than or equal to 100000",
}

DESCRIPTIONS = {
    "every 10 minutes": "every 10 minutes from 10:03 UTC",
    "every minute": "every minute from 10:03 UTC",
    "every hour": "every hour at :00 UTC",
    "every hour at :15": "every hour at :15 UTC",
    "every 6 hours at :15": "every 6 hours from 2026-11-23 00:15 UTC",
    "every day": "every day at 00:00 UTC",
    "every day at 06:00": "every day at 06:00 UTC",
    "every 3 days at 00:30": "every 3 days at 00:30 UTC, counted from 2026-11-23",
}


@pytest.mark.parametrize("words", WORDS)
def test_words(words: str) -> None:
    assert parse_schedule(words) == WORDS[words]


@pytest.mark.parametrize("words", INVALID_WORDS)
def test_words_that_are_not_understood_say_what_is(words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(INVALID_WORDS[words])):
        parse_schedule(words)


@pytest.mark.parametrize("words", DESCRIPTIONS)
def test_descriptions(words: str) -> None:
    described = parse_schedule(words).describe(at("2026-11-23T10:03:41"))
    assert described == DESCRIPTIONS[words]


@pytest.mark.parametrize(
    ("mode", "interval", "last"),
    [("days", 1, 1439), ("days", 30, 1439), ("hours", 1, 59), ("hours", 36, 2159)],
)
def test_offsets_have_a_last_minute(mode: str, interval: int, last: int) -> None:
    Schedule(mode=mode, interval=interval, offset=last)
    with pytest.raises(ValidationError, match=f"{last + 1} is not within 0 to {last}"):
        Schedule(mode=mode, interval=interval, offset=last + 1)
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        Schedule(mode=mode, interval=interval, offset=-1)


def test_minutes_have_no_offset() -> None:
    with pytest.raises(ValidationError, match="not allowed for minutes"):
        Schedule(mode="minutes", interval=10, offset=1)


@pytest.mark.parametrize(
    "keys",
    [{"mode": "weeks"}, {"mode": "days", "interval": 0}, {"mode": "days", "interval": True},
     {"mode": "days", "interval": "2"}, {"mode": "days", "interval": 1.0}, {"interval": 2},
     {"mode": "days", "at": "00:30"}],
    ids=str,
)  # fmt: skip
def test_keys_are_strict(keys: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Schedule.model_validate(keys)


def test_a_schedule_does_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Schedule(mode="days").interval = 2

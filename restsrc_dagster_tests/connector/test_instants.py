"""Times as APIs write them: the same moment is the same number, however it is written."""

from datetime import datetime, timedelta, timezone
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restsrc_dagster.connector.time.instants import seconds_of

TEN = Fraction(int(datetime(2024, 1, 31, 10, tzinfo=timezone.utc).timestamp()))


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-31T10:00:00Z",
        "2024-01-31t10:00:00z",
        "2024-01-31T10:00Z",
        "2024-01-31T10:00:00",
        "2024-01-31 10:00:00",
        "2024-01-31 10:00:00 UTC",
        "2024-01-31T10:00:00.000000000Z",
        "2024-01-31T15:00:00+05:00",
        "2024-01-31T15:30:00+0530",
        "2024-01-31T02:00:00-08",
        "20240131T100000Z",
        "Wed, 31 Jan 2024 10:00:00 GMT",
        "31 Jan 2024 12:00:00 +0200",
        " 2024-01-31T10:00:00Z ",
    ],
)
def test_the_same_moment_is_the_same_number(text: str) -> None:
    assert seconds_of(text) == TEN


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "12/31/2023", "31.12.2023", "1706695200", "20240131", "2024", "9", "v1.2"),
        *("2024-13-01", "2024-02-30", "2024-01-31T25:00:00Z", "Wed, 99 Jan 2024 10:00:00 GMT"),
        *("2024-01-31T10:00:00 PST", "2024-W05", "٢٠٢٤-01-31"),
    ],
)
def test_what_is_no_time_is_told(text: str) -> None:
    assert seconds_of(text) is None


def test_every_digit_counts() -> None:
    values = ["05", "05.000000001", "05.0000000011", "05.5", "05.500001", "06"]
    moments = [seconds_of(f"2024-01-31T10:00:{value}Z") for value in values]
    assert moments == sorted(set(moments), key=lambda moment: moment or 0)


def test_dates_begin_at_midnight_and_months_on_their_first_day() -> None:
    assert seconds_of("2024-01-01") == seconds_of("2024-01-01T00:00:00Z")
    assert seconds_of("2024-01") == seconds_of("2024-01-01")


def test_a_leap_second_is_the_next_second() -> None:
    assert seconds_of("2016-12-31T23:59:60Z") == seconds_of("2017-01-01T00:00:00Z")


OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(9998, 12, 31),  # noqa: DTZ001 - as above
    timezones=OFFSETS,
)


@given(MOMENTS, MOMENTS)
def test_the_order_is_that_of_time(one: datetime, other: datetime) -> None:
    numbers = [seconds_of(moment.isoformat()) for moment in (one, other)]
    assert numbers[0] is not None
    assert numbers[1] is not None
    assert (numbers[0] < numbers[1]) == (one < other)
    assert (numbers[0] == numbers[1]) == (one == other)

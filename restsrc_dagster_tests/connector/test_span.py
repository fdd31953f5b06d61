"""Lengths of time, and instants written as other values are."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restsrc_dagster.connector.time.conversion import seconds_since_1970
from restsrc_dagster.connector.time.span import Span, span
from restsrc_dagster.connector.time.spelling import spelled_as


def at(text: str) -> Fraction:
    seconds = seconds_since_1970(text)
    assert seconds is not None
    return seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("31 days", Span(31, "day")),
        ("1 day", Span(1, "day")),
        ("6 hours", Span(6, "hour")),
        ("15minutes", Span(15, "minute")),
        (" 2 weeks ", Span(2, "week")),
        ("1 month", Span(1, "month")),
    ],
)
def test_a_length(text: str, expected: Span) -> None:
    assert span(text) == expected


@pytest.mark.parametrize(
    "text", ["", "day", "0 days", "-1 day", "1.5 days", "1 year", "P31D", "1e3 days"]
)
def test_no_length(text: str) -> None:
    with pytest.raises(ValueError, match="minutes, hours, days, weeks and months are allowed"):
        span(text)


@pytest.mark.parametrize(
    ("length", "start", "times", "expected"),
    [
        ("31 days", "2024-01-01", 1, "2024-02-01"),
        ("1 month", "2024-01-31", 1, "2024-02-29"),
        ("1 month", "2024-01-31", 2, "2024-03-31"),
        ("1 month", "2024-11-15T10:00:00.5Z", 3, "2025-02-15T10:00:00.5Z"),
        ("2 weeks", "2024-01-01T01:00:00Z", 2, "2024-01-29T01:00:00Z"),
    ],
)
def test_so_many_lengths_later(length: str, start: str, times: int, expected: str) -> None:
    assert span(length).after(at(start), times) == at(expected)


@pytest.mark.parametrize(
    ("like", "instant", "down", "up"),
    [
        ("2024-01-31", "2024-02-01T10:00:00Z", "2024-02-01", "2024-02-02"),
        ("2024-01-31T10:00:00Z", "2024-02-01T10:00:00.5Z", "2024-02-01T10:00:00Z",
         "2024-02-01T10:00:01Z"),
        ("2024-01-31 10:00", "2024-02-01T10:00:30Z", "2024-02-01 10:00", "2024-02-01 10:01"),
        ("2024-01-31T10:00:00.000+02:00", "2024-02-01T10:00:00.25Z",
         "2024-02-01T12:00:00.250+02:00", "2024-02-01T12:00:00.250+02:00"),
        ("20240131", "2024-02-01T10:00:00Z", "20240201", "20240202"),
        (1_700_000_000, "2024-02-01T10:00:00.5Z", 1_706_781_600, 1_706_781_601),
        (1_700_000_000_000, "2024-02-01T10:00:00.5Z", 1_706_781_600_500, 1_706_781_600_500),
        (1_700_000_000.0, "2024-02-01T10:00:00.5Z", 1_706_781_600.5, 1_706_781_600.5),
        ("1700000000", "2024-02-01T10:00:00.5Z", "1706781600", "1706781601"),
        ("1700000000.000", "2024-02-01T10:00:00.5Z", "1706781600.500", "1706781600.500"),
        ("Wed, 31 Jan 2024 10:00:00 GMT", "2024-02-01T10:00:00Z", "Thu, 01 Feb 2024 10:00:00 GMT",
         "Thu, 01 Feb 2024 10:00:00 GMT"),
    ],
)  # fmt: skip
def test_an_instant_written_as_another(like: Any, instant: str, down: Any, up: Any) -> None:
    assert spelled_as(like, at(instant), up=False) == down
    assert spelled_as(like, at(instant), up=True) == up


@pytest.mark.parametrize("like", ["2024-01", "soon", ""])
def test_what_is_no_day(like: str) -> None:
    with pytest.raises(ValueError, match=r"is|Invalid"):
        spelled_as(like, at("2024-02-01"), up=False)


LIKE = ["2024-01-31", "2024-01-31T10:00:00Z", "2024-01-31T10:00:00.123Z", 1_700_000_000,
        1_700_000_000_000, "2024-01-31 10:00", "1700000000", "20240131100000"]  # fmt: skip


@given(st.sampled_from(LIKE), st.integers(10**9, 2 * 10**9), st.integers(0, 999_999))
def test_it_is_rounded_to_what_the_value_can_tell(like: Any, whole: int, micro: int) -> None:
    exact = whole + Fraction(micro, 10**6)
    low = seconds_since_1970(spelled_as(like, exact, up=False))
    high = seconds_since_1970(spelled_as(like, exact, up=True))
    assert low is not None
    assert high is not None
    assert low <= exact <= high
    assert high - low <= 86_400

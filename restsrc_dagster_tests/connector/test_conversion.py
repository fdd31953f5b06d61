"""How a cursor's value is sent: what it means, in which form, and which way it is rounded."""

from datetime import datetime, timedelta, timezone
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restsrc_dagster.connector.time.conversion import (
    FORMATS,
    conversion,
    instant_of,
    seconds_since_1970,
)

JANUARY = 1706695200  # 2024-01-31T10:00:00Z
MOMENTS = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 28), timezones=st.just(timezone.utc))  # noqa: DTZ001


def sent(value: Any, form: str, *, up: bool = False) -> int | str:
    instant = instant_of(value)
    assert instant is not None
    return conversion(form)(instant, up)


@pytest.mark.parametrize(
    "value",
    [
        "2024-01-31T10:00:00Z",
        "2024-01-31T12:00:00+02:00",
        "2024-01-31 10:00",
        "20240131T100000Z",
        "Wed, 31 Jan 2024 10:00:00 GMT",
        JANUARY,
        JANUARY * 1_000,
        JANUARY * 1_000_000,
        JANUARY * 1_000_000_000,
        str(JANUARY),
        f" {JANUARY}.0 ",
        float(JANUARY),
        "1.7066952e9",
        "20240131100000",
        20240131100000,
    ],
)
def test_all_spellings_of_one_moment(value: Any) -> None:
    assert seconds_since_1970(value) == JANUARY


@pytest.mark.parametrize(
    ("number", "seconds"),
    [
        (0, 0),
        (-86400, -86400),
        (99_999_999_999, 99_999_999_999),
        (100_000_000_000, 100_000_000),
        (-100_000_000_000, -100_000_000),
        (100_000_000_000_000, 100_000_000),
        (100_000_000_000_000_000, 100_000_000),
        (20240131, JANUARY - 36000),
        ("20240131", JANUARY - 36000),
        ("20241331", 20241331),
        (0.125, Fraction(1, 8)),
        (1706695200.1, JANUARY + Fraction(1, 10)),
    ],
)
def test_numbers_are_seconds_unless_too_large(number: Any, seconds: Fraction) -> None:
    assert seconds_since_1970(number) == seconds


@pytest.mark.parametrize(
    "value",
    [
        None, True, "", "soon", "12/31/2023", "2024-13-01", [], {}, float("nan"), float("inf"),
        1e300, "9" * 40, "9" * 5000, "1e999", 10**18 * 999, "0000-01-01",
    ],
    ids=lambda value: repr(value)[:20],
)  # fmt: skip
def test_what_is_no_point_in_time(value: Any) -> None:
    assert seconds_since_1970(value) is None


@pytest.mark.parametrize(
    ("form", "down", "up"),
    [
        ("epoch_seconds", 1706695200, 1706695201),
        ("epoch_milliseconds", 1706695200123, 1706695200124),
        ("iso8601", "2024-01-31T10:00:00.1234567Z", "2024-01-31T10:00:00.1234567Z"),
        ("date", "2024-01-31", "2024-02-01"),
        ("%Y-%m-%dT%H:%M:%S.%f%z", "2024-01-31T10:00:00.123456+0000",
         "2024-01-31T10:00:00.123457+0000"),
        ("%F %T %Z", "2024-01-31 10:00:00 UTC", "2024-01-31 10:00:01 UTC"),
        ("%d/%m/%y %H:%M", "31/01/24 10:00", "31/01/24 10:01"),
        ("%Y%j%H", "202403110", "202403111"),
        ("%Y-%m", "2024-01", "2024-02"),
        ("%y", "24", "25"),
        ("100%% %Y", "100% 2024", "100% 2025"),
    ],
)  # fmt: skip
def test_the_formats(form: str, down: Any, up: Any) -> None:
    value = "2024-01-31T10:00:00.1234567Z"
    assert (sent(value, form), sent(value, form, up=True)) == (down, up)


@pytest.mark.parametrize("form", [*FORMATS, "%F %T", "%Y-%m-%d %H:%M"])
def test_a_whole_value_is_not_rounded(form: str) -> None:
    assert sent("2024-01-31", form) == sent("2024-01-31", form, up=True)


def test_iso8601_has_a_fraction_only_where_there_is_one() -> None:
    assert sent("2024-01-31T10:00:00.000Z", "iso8601") == "2024-01-31T10:00:00Z"
    assert sent("0987-01-31", "iso8601") == "0987-01-31T00:00:00Z"
    assert sent("0987-01-31", "%Y") == "0987"


def test_the_last_moment_there_is_has_no_next() -> None:
    for form in ("date", "%Y", "%Y-%m", "%F %T"):
        assert str(sent("9999-12-31T23:59:59.5Z", form, up=True)).startswith("9999")


@given(MOMENTS, st.sampled_from([*FORMATS, "%F %T.%f", "%F %T", "%F %H:%M", "%F", "%Y-%m", "%Y"]))
def test_rounding_leaves_nothing_out(moment: datetime, form: str) -> None:
    """What is sent as the start is never later than the value, as the end never earlier."""
    value = moment.isoformat()
    exact = seconds_since_1970(value)
    assert exact is not None
    down, up = sent(value, form), sent(value, form, up=True)
    assert meant(down, form) <= exact <= meant(up, form)
    assert meant(up, form) - meant(down, form) <= 366 * 86400


def meant(value: int | str, form: str) -> Fraction:
    if isinstance(value, int):
        return Fraction(value, 1000 if form == "epoch_milliseconds" else 1)
    if form == "iso8601":
        seconds = seconds_since_1970(value)
        assert seconds is not None
        return seconds
    pattern = {"date": "%Y-%m-%d"}.get(form, form).replace("%F", "%Y-%m-%d").replace("%T", "%X")
    since = datetime.strptime(value, pattern).replace(tzinfo=timezone.utc) - datetime(
        1970, 1, 1, tzinfo=timezone.utc
    )
    return Fraction(since // timedelta(microseconds=1), 1_000_000)

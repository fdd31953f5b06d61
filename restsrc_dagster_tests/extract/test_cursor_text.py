"""Texts in the order of what they mean."""

from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restsrc_dagster.extract.incremental.cursor_text import CursorText, is_sorted, key_of, shape_of

ORDERED = [
    ["2024-01-01T00:00:05Z", "2024-01-01T00:00:05.5Z", "2024-01-01T00:00:05.50001Z"],
    ["2024-01-01T10:00:00+05:00", "2024-01-01T06:00:00Z", "2024-01-01T00:00:01-08:00"],
    ["2024-01-01", "2024-01-01 00:00:05", "2024-01-01T00:00:06"],
    ["Wed, 31 Jan 2024 10:00:00 GMT", "Fri, 02 Feb 2024 10:00:00 GMT"],
    ["9", "10", "10.5", "100"],
    ["-2", "-1", "0", "+1"],
    ["a", "b"],
]


@pytest.mark.parametrize("texts", ORDERED)
def test_order(texts: list[str]) -> None:
    for low, high in pairwise(texts):
        for one, other in ((CursorText(low), high), (low, CursorText(high))):
            assert one < other
            assert other > one
            assert one <= other
            assert one != other
            assert max(one, other) == high
            assert min(one, other) == low


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00.000+00:00"),
        ("2024-01-01T05:00:00+05:00", "2024-01-01T00:00:00Z"),
        ("10", "10.0"),
    ],
)
def test_the_same_is_equal_whichever_stands_first(one: str, other: str) -> None:
    assert CursorText(one) == other
    assert one == CursorText(other)
    assert not CursorText(one) < other
    assert not one > CursorText(other)
    assert hash(CursorText(one)) == hash(CursorText(other))


def test_it_is_written_as_it_came() -> None:
    text = CursorText("2024-01-01T05:00:00+05:00")
    assert (str.__str__(text), f"{text}") == ("2024-01-01T05:00:00+05:00",) * 2


def test_kinds_do_not_compare() -> None:
    with pytest.raises(TypeError, match="cannot be compared"):
        _ = CursorText("2024-01-01") < "5"


MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1))  # noqa: DTZ001 - the zone follows


@given(MOMENTS, MOMENTS, st.sampled_from([0, 60, 330, -480]), st.booleans())
def test_texts_of_one_sorted_shape_need_no_wrapping(
    one: datetime, other: datetime, offset: int, fraction: bool
) -> None:
    zone = timezone(timedelta(minutes=offset))
    spec = "microseconds" if fraction else "seconds"
    texts = [moment.replace(tzinfo=zone).isoformat(timespec=spec) for moment in (one, other)]
    assert len({shape_of(text) for text in texts}) == 1
    assert is_sorted(shape_of(texts[0]), "time")
    assert (texts[0] < texts[1]) == (key_of(texts[0]) < key_of(texts[1]))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2024-01-01T00:00:00+01:00", "2024-01-01T00:00:00+02:00"),
        ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00.0Z"),
        ("2024-01-01T00:00:00Z", "2024-01-01 00:00:00Z"),
        ("9", "10"),
        ("5", "-5"),
    ],
)
def test_shapes_that_differ(one: str, other: str) -> None:
    assert shape_of(one) != shape_of(other)


def test_the_dates_of_http_are_not_in_the_order_of_their_letters() -> None:
    assert not is_sorted(
        shape_of(datetime.now(timezone.utc).strftime("%a, %d %b %Y %H:%M:%S GMT")), "time"
    )

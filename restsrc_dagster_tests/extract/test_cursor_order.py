"""How the values of a cursor compare, and which cannot be compared."""

from typing import Any

import pytest

from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.incremental.cursor_order import CursorOrder


def order(*values: Any, api_sorts: bool = False, start: Any = None) -> CursorOrder:
    found = CursorOrder("at", api_sorts=api_sorts)
    found.begin(start)
    for value in values:
        found.learn([value])
    return found


@pytest.mark.parametrize(
    ("kind", "ascending"),
    [
        ("number", [9, 9.5, 10]),
        ("number", ["9", "9.5", "10"]),
        ("time", ["2024-01-01T06:00:00+05:00", "2024-01-01T02:00:00Z", "2024-01-01T03:00:00.5Z"]),
        ("time", ["2024-01-31", "2024-01-31T00:00:01Z", "2024-02-01"]),
        ("time", ["Wed, 31 Jan 2024 10:00:00 GMT", "Fri, 02 Feb 2024 10:00:00 GMT"]),
        ("time", ["/Date(1451988985943+1300)/", "/Date(1451988985944-0500)/"]),
        ("time", ["2024-01-01T00:00:00.000000001Z", "2024-01-01T00:00:00.000000002Z"]),
        ("text", ["01HQA", "01HQB", "01HRA"]),
    ],
    ids=str,
)
@pytest.mark.parametrize("one_by_one", [True, False])
def test_what_is_later(kind: str, ascending: list[Any], one_by_one: bool) -> None:
    at = order(*ascending) if one_by_one else order()
    at.learn(ascending)
    assert at.kind == kind
    keys = list(at.keys(ascending))
    assert keys == sorted(keys)
    assert len({*keys}) == len(keys)
    assert keys == [at.key(value) for value in ascending]


def test_one_instant_in_two_spellings() -> None:
    one, other = "2024-01-01T06:00:00+05:00", "2024-01-01T01:00:00Z"
    assert order(one, other).key(one) == order(one, other).key(other)


def test_texts_of_one_shape_are_compared_as_they_stand() -> None:
    values = ["2024-01-01T06:00:00Z", "2024-01-01T07:00:00Z"]
    assert order(*values).keys(values) is values


@pytest.mark.parametrize(
    ("values", "start", "shown"),
    [
        ([5, "2024-01-01T00:00:00Z"], None, "it was a number in records before"),
        (["2024-01-01T00:00:00Z", 5], None, "the number 5 here"),
        (["7"], 5, "write initial_value as a text"),
        ([7], "5", "write initial_value as a number"),
        ([1767312000], "2026-01-01", "write initial_value as a number, such as 1767225600, or"),
        ([1767312000000], "2026-01-01", "as a number, such as 1767225600000, or"),
        (["2024-01-01T00:00:00Z", "17"], None, "a time, here and '17', a number, there"),
        (["2024-01-01T00:00:00Z", "S1"], None, "a time, here and 'S1', a text, there"),
        ([True], None, "is bool in some record"),
        ([{"at": 1}], None, "is dict in some record"),
        ([2**63], None, "an integer of more than 64 bits"),
        ([1, -(2**70)], None, "is -1180591620717411303424, an integer"),
        ([1], 2**64, "cannot be kept from run to run"),
        (["31.01.2024"], None, "a date that cannot be compared safely: '31.01.2024'"),
        (["S1", "S10"], None, "such as 'S1', and of several lengths, such as 'S10'"),
    ],
    ids=str,
)
def test_what_cannot_be_compared_shows_one_of_each(
    values: list[Any], start: Any, shown: str
) -> None:
    with pytest.raises(ReadError, match="the cursor at ") as raised:
        order(*values, start=start)
    assert shown in str(raised.value).replace('"', "'")


def test_texts_of_several_lengths_where_the_api_gives_the_order() -> None:
    at = order("S1", "S10", "7", api_sorts=True)
    assert (at.kind, at.varies) == ("text", True)
    assert not order("S1", "S2", api_sorts=True).varies

"""How many requests may be under way, and when, by what the API has said; no clock runs here."""

import pytest

from restsrc_dagster.extract.http.throttle import Throttle


def begun(pace: Throttle, now: float, most: int = 100) -> int:
    """How many start now."""
    count = 0
    while count < most and pace.opens_in(now) <= 0 and pace.begin(now):
        count += 1
    return count


def went_well(pace: Throttle, now: float, count: int) -> None:
    for _ in range(count):
        pace.end(now, well=True)


def refuse(pace: Throttle, now: float, seconds: float) -> None:
    pace.refused(now)
    pace.pause(now, seconds)
    pace.end(now, well=False)


def test_so_many_at_once() -> None:
    pace = Throttle(at_once=3, rate=None)
    assert begun(pace, 0) == 3
    pace.end(1, well=False)
    assert begun(pace, 1) == 1


def test_so_many_a_second() -> None:
    pace = Throttle(at_once=9, rate=4)
    assert [begun(pace, quarter / 4) for quarter in range(4)] == [1, 1, 1, 1]
    assert begun(pace, 0.8) == 0
    assert pace.opens_in(0.8) == pytest.approx(0.2)


def test_a_pause_holds_for_all_and_is_not_shortened() -> None:
    pace = Throttle(at_once=9, rate=None)
    assert pace.pause(10, 5) > 0
    assert pace.pause(11, 1) < 0
    assert (begun(pace, 14.9), pace.opens_in(11), pace.is_paused(14.9)) == (0, 4, True)
    assert (begun(pace, 15), pace.is_paused(15)) == (9, False)


def test_after_a_refusal_one_goes_first_and_more_with_each_answer() -> None:
    pace = Throttle(at_once=8, rate=None)
    for _ in range(5):
        begun(pace, 0)
        went_well(pace, 0, 8)
    begun(pace, 0)
    refuse(pace, 0, 1)
    for _ in range(7):
        pace.end(0.5, well=False)
    under_way = 0
    for expected in (1, 2, 4, 8, 8):
        assert begun(pace, 1) + under_way == expected
        went_well(pace, 1, expected)


def test_where_it_was_refused_before_it_tries_one_alone() -> None:
    """12 are granted each time: none is refused before the 13th, and then one."""
    pace = Throttle(at_once=8, rate=None)
    begun(pace, 0)
    went_well(pace, 0, 8)
    begun(pace, 0)
    refuse(pace, 0, 1)
    for _ in range(3):
        pace.end(0.1, well=False)
    went_well(pace, 0.2, 4)  # sent before the pause
    update_quota = 12
    while update_quota:
        under_way = begun(pace, 1)
        assert 0 < under_way <= update_quota
        went_well(pace, 1, under_way)
        update_quota -= under_way
    assert begun(pace, 1) == 1
    refuse(pace, 1, 1)
    assert begun(pace, 2) == 1


def test_more_is_asked_for_where_more_is_granted_than_before() -> None:
    pace = Throttle(at_once=8, rate=None)
    begun(pace, 0, most=1)
    refuse(pace, 0, 1)
    for expected in (1, 2, 4, 8):
        assert begun(pace, 1) == expected
        went_well(pace, 1, expected)


def test_no_more_than_are_left() -> None:
    pace = Throttle(at_once=8, rate=None)
    begun(pace, 0, most=1)
    pace.update_quota(0, 3, 60)
    assert begun(pace, 0) == 2
    pace.update_quota(1, 1, 60)
    went_well(pace, 1, 3)
    pace.update_quota(2, 2, 60)  # it was sent before the one that has told 1
    assert begun(pace, 2) == 1
    assert begun(pace, 61) == 7, "there are more again"


def test_without_a_time_the_last_answer_counts() -> None:
    pace = Throttle(at_once=8, rate=None)
    pace.update_quota(0, 0, None)
    assert begun(pace, 0) == 1, "to hear more"
    pace.update_quota(1, 5, None)
    assert begun(pace, 1) == 4

"""Lines while something takes long: when they come, and that they end."""

import threading

import pytest

from restsrc_dagster.extract.stats.ticker import Ticker, pause_after
from restsrc_dagster_tests.support.told import Told

OFTEN, NEVER = 0.01, 3600.0


def tickers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "restsrc-ticker"]


def test_lines_come_until_the_end_and_not_after_it() -> None:
    told = Told()
    with Ticker(lambda: f"line {len(told.lines)}", told, seconds=OFTEN):
        told.wait_for("line 2")
    lines = len(told.lines)
    assert tickers() == []
    assert told.lines == [f"line {number}" for number in range(lines)]


def test_what_is_over_soon_is_not_told_of() -> None:
    told = Told()
    with Ticker(lambda: "line", told, seconds=NEVER):
        pass
    assert told.lines == []
    assert tickers() == []


@pytest.mark.parametrize("ended_by", [ValueError, KeyboardInterrupt])
def test_a_failure_ends_it(ended_by: type[BaseException]) -> None:
    told = Told()

    def broken_off() -> None:
        with Ticker(lambda: "line", told, seconds=OFTEN):
            told.wait_for("line")
            raise ended_by

    with pytest.raises(ended_by):
        broken_off()
    assert tickers() == []


def test_a_line_that_is_being_made_at_the_end_is_not_told() -> None:
    told, making = Told(), threading.Event()

    def line() -> str:
        making.set()
        ticker._over.wait(20)
        return "too late"

    ticker = Ticker(line, told, seconds=OFTEN)
    with ticker:
        assert making.wait(20)
    assert told.lines == []


def test_a_line_that_cannot_be_told_ends_nothing() -> None:
    told, failures = Told(), iter([True, True])

    def on_message(line: str) -> None:
        if next(failures, False):
            raise OSError("the database of the log is away")
        told(line)

    with Ticker(lambda: "line", on_message, seconds=OFTEN):
        told.wait_for("line")


def test_a_long_run_has_lines_all_the_way_and_not_too_many() -> None:
    elapsed, lines = 0.0, 0
    while elapsed < 86_400:
        pause = pause_after(elapsed, 5)
        assert 5 <= pause <= 240
        elapsed += pause
        lines += 1
        if elapsed == 1800:
            assert lines == 360
    assert 500 < lines < 2000

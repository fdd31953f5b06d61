from datetime import datetime, timedelta, timezone

import pytest

from restsrc_dagster.demo import Shop

NOON = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)


class Clock:
    """Stands at noon until it is set; with a `step`, it moves on by that with every question."""

    def __init__(self, step: timedelta = timedelta()) -> None:
        self.now, self.step = NOON, step

    def __call__(self) -> datetime:
        self.now += self.step
        return self.now


@pytest.fixture(scope="session")
def shop() -> Shop:
    """For reading: its clock stands at noon, so nothing ever changes."""
    return Shop(clock=Clock())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def living_shop(clock: Clock) -> Shop:
    """It lives when the test moves the clock."""
    return Shop(clock=clock)

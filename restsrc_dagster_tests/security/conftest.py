"""What the tests of loads have; and one try of a request, where the pauses are of no interest."""

import pytest

from restsrc_dagster_tests.load.conftest import duck, no_pause_between_tries

__all__ = ["duck", "no_pause_between_tries"]


@pytest.fixture
def one_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "1")

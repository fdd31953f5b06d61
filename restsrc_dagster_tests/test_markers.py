"""What is marked as slow is there: a file that was renamed would be among the fast ones."""

import pytest

from restsrc_dagster_tests.conftest import HERE, SLOW


@pytest.mark.parametrize("path", SLOW)
def test_slow_tests_are_marked_where_they_are(path: str) -> None:
    assert (HERE / path).exists()

"""Whatever comes: right rows, or one sentence; and no other resource is harmed."""

import pytest
from hypothesis import HealthCheck, given, settings

from restsrc_dagster_tests.security.attacking import attack
from restsrc_dagster_tests.security.fuzzing import ANSWERS, Drawn
from restsrc_dagster_tests.security.wire import answer

pytestmark = pytest.mark.usefixtures("one_try")


@settings(
    max_examples=70,  # a minute of a processor
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)
@given(ANSWERS)
def test_right_rows_or_one_sentence(answers: list[Drawn]) -> None:
    assert attack(answers) == []


def test_a_wrong_row_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = [Drawn(answer({"data": [{"id": 1}]}), (1, 2)), Drawn(answer(b"no"), (1,))]
    wrong, refused = attack(drawn)
    assert refused.startswith("hostile_0 has [(1,)]") or wrong.startswith("hostile_0 has [(1,)]")
    assert "hostile_1 is well, and failed" in wrong + refused

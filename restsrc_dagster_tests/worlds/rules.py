"""What a file says of an answer (`response_actions`), and the answer that it is for."""

from typing import Any

from restsrc_dagster_tests.support.api import Answer

RULES: dict[str, tuple[dict[str, Any], Answer]] = {
    "retry status": (
        {"status_code": 409, "action": "retry"},
        Answer({"message": "busy"}, status=409),
    ),
    "retry text": (
        {"content": "come again", "action": "retry"},
        Answer({"data": [], "note": "come again"}),
    ),
    "retry jmespath": (
        {"content": "jmespath: state == 'busy'", "action": "retry"},
        Answer({"data": [], "state": "busy"}),
    ),
    "fail status": (
        {"status_code": 203, "action": "fail: it is not all of it"},
        Answer({"data": []}, status=203),
    ),
    "fail text": (
        {"content": "the shop is shut", "action": "fail"},
        Answer({"data": [], "note": "the shop is shut"}),
    ),
    "fail jmespath": (
        {"content": "jmespath: fault", "action": "fail: the shop is shut"},
        Answer({"data": [], "fault": "shut"}),
    ),
    "wait": ({}, Answer({"data": [], "state": "busy"})),
    "ignore status": (
        {"status_code": 404, "action": "ignore"},
        Answer({"message": "nothing"}, status=404),
    ),
    "ignore text": (
        {"content": "nothing was found", "action": "ignore"},
        Answer({"message": "nothing was found"}, status=400),
    ),
    "ignore jmespath": (
        {"content": "jmespath: count == `0`", "action": "ignore"},
        Answer({"data": None, "count": 0}),
    ),
}
"""Of those that are ignored, the answer is given in place of a page without records."""


def is_once(rules: str) -> bool:
    """Whether it is for an answer that comes once, in place of a good one."""
    return rules.startswith(("retry", "fail", "wait"))


def waits(rules: str) -> bool:
    """Whether the same is asked for again by `wait_until`, and by no rule of dlt's."""
    return rules == "wait"


WAIT_UNTIL = "state != 'busy'"

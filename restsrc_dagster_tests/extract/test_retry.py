"""What a refused, broken or missing answer leads to: the whole of it, as a table."""

from dataclasses import replace
from typing import Any

import pytest
import requests
from dlt.common.configuration.specs import RuntimeConfiguration

from restsrc_dagster.extract.http.rate_limits import RateLimit
from restsrc_dagster.extract.http.retry import (
    Decision,
    FailedTry,
    GiveUp,
    Retry,
    RetryPolicy,
    Tries,
    WaitForLimit,
)

POLICY = RetryPolicy(attempts=4, backoff=1, max_wait=100, chance=lambda: 0)
ONCE = replace(POLICY, attempts=1)
FIRST, SECOND, LAST = Tries(), Tries(failed=1), Tries(failed=3)
WAITED = Tries(waited=90)
AFTER_10, AFTER_200, NOW = ({"Retry-After": seconds} for seconds in ("10", "200", "0"))
RESET_10 = {"X-RateLimit-Reset": "10"}
NONE_LEFT = {"X-RateLimit-Remaining": "0", **RESET_10}
TEN = WaitForLimit(RateLimit(10, "Retry-After"))
OFTEN = GiveUp("tried often enough")
UNTRUSTED = requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed")


def never(reason: str) -> GiveUp:
    return GiveUp(f"{reason}, which no other try changes")


def refused(status: int, headers: dict[str, str]) -> FailedTry:
    response = requests.Response()
    response.status_code = status
    response.headers.update(headers)
    return FailedTry.refused(response)


STATUSES: list[tuple[int, dict[str, str], Tries, Decision]] = [
    (429, {}, FIRST, Retry(1, "status 429")),
    (429, {}, SECOND, Retry(2, "status 429")),
    (429, {}, LAST, OFTEN),
    (429, AFTER_10, FIRST, TEN),
    (429, AFTER_10, LAST, TEN),  # what the API names is no failure of ours
    (429, AFTER_10, WAITED, TEN),
    (429, RESET_10, FIRST, WaitForLimit(RateLimit(10, "x-ratelimit-reset"))),
    (429, NOW, FIRST, Retry(1, "status 429")),
    (429, NOW, LAST, OFTEN),
    (503, {}, SECOND, Retry(2, "status 503")),
    (503, {}, LAST, OFTEN),
    (503, AFTER_10, FIRST, TEN),
    (503, RESET_10, FIRST, Retry(1, "status 503")),
    (500, {}, FIRST, Retry(1, "status 500")),
    (599, {}, FIRST, Retry(1, "status 599")),
    (408, {}, FIRST, Retry(1, "status 408")),
    (425, {}, FIRST, Retry(1, "status 425")),
    (403, {}, FIRST, never("status 403")),
    (403, RESET_10, FIRST, never("status 403")),
    (403, NONE_LEFT, FIRST, WaitForLimit(RateLimit(10, "x-ratelimit-reset"))),
    (403, AFTER_10, FIRST, TEN),
    (403, NOW, FIRST, Retry(1, "status 403")),
    (400, {}, FIRST, never("status 400")),
    (401, {}, FIRST, never("status 401")),
    (404, {}, FIRST, never("status 404")),
    (422, {}, LAST, never("status 422")),
]


@pytest.mark.parametrize(("status", "headers", "tries", "decision"), STATUSES)
def test_what_a_refusal_leads_to(
    status: int, headers: dict[str, str], tries: Tries, decision: Decision
) -> None:
    assert POLICY.decide(refused(status, headers), tries) == decision


BROKEN: list[tuple[FailedTry, Tries, Decision]] = [
    (FailedTry(200), FIRST, Retry(1, "no JSON")),
    (FailedTry(200), LAST, OFTEN),
    (FailedTry(error=requests.ConnectionError()), FIRST, Retry(1, "a broken connection")),
    (FailedTry(error=requests.ConnectionError()), LAST, OFTEN),
    (FailedTry(error=requests.ReadTimeout()), SECOND, Retry(2, "a time-out")),
    (FailedTry(error=requests.exceptions.ChunkedEncodingError()), FIRST,
     Retry(1, "a broken connection")),
    (FailedTry(error=requests.exceptions.SSLError("EOF")), FIRST, Retry(1, "a broken connection")),
    (FailedTry(error=UNTRUSTED), FIRST, never("a broken connection")),
    (FailedTry(error=requests.exceptions.InvalidURL()), FIRST, never("a broken connection")),
]  # fmt: skip


@pytest.mark.parametrize(("failure", "tries", "decision"), BROKEN)
def test_what_no_answer_and_no_page_lead_to(
    failure: FailedTry, tries: Tries, decision: Decision
) -> None:
    assert POLICY.decide(failure, tries) == decision


@pytest.mark.parametrize(
    ("policy", "headers", "tries", "reason"),
    [
        (POLICY, AFTER_200, FIRST, " and asks to wait 200 s (Retry-After); {} allows 100"),
        (POLICY, AFTER_10, Tries(waited=90.5),
         " after 90 s of waiting and asks to wait 10 s (Retry-After); {} allows 100"),
        (ONCE, AFTER_10, FIRST, " and asks to wait 10 s (Retry-After); {} allows 0"),
    ],
)  # fmt: skip
def test_a_longer_pause_than_is_allowed_is_told(
    policy: RetryPolicy, headers: Any, tries: Tries, reason: str
) -> None:
    told = f"the API answered 429{reason.format('http.max_wait_seconds')}"
    decided = policy.decide(refused(429, headers), tries)
    assert decided == GiveUp(told, is_wait_too_long=True)


@pytest.mark.parametrize("failure", [refused(429, {}), refused(503, {}), FailedTry(200)])
def test_a_deployment_that_tries_once_does_not_try_again(failure: FailedTry) -> None:
    assert ONCE.decide(failure, FIRST) == OFTEN


def test_who_sits_before_it_waits_for_a_limit_and_not_for_an_outage() -> None:
    policy = RetryPolicy(attempts=5, backoff=4, max_wait=900, chance=lambda: 0).hurried()
    assert (policy.attempts, policy.backoff) == (2, 1)
    later = {"Retry-After": "60"}
    assert isinstance(policy.decide(refused(429, later), Tries()), WaitForLimit)
    assert isinstance(policy.decide(refused(503, later), Tries()), GiveUp)
    soon = refused(503, {"Retry-After": "4"})
    assert isinstance(policy.decide(soon, Tries(waited=4)), WaitForLimit)
    assert isinstance(policy.decide(soon, Tries(waited=8)), GiveUp)
    assert RetryPolicy(1, 4, 900).hurried().attempts == 1


def test_pauses_grow_up_to_a_minute_and_waits_add_up() -> None:
    policy, tries, pauses = replace(POLICY, attempts=9, backoff=2), Tries(), []
    while isinstance(decided := policy.decide(refused(500, {}), tries), Retry):
        pauses.append(decided.after)
        tries = tries.after(decided)
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60]
    assert Tries(failed=2, waited=5).after(TEN) == Tries(failed=2, waited=15)


@pytest.mark.parametrize(("chance", "pause"), [(0, 4), (0.4, 4.4), (1, 5)])
def test_a_pause_is_up_to_a_quarter_longer_by_chance(chance: float, pause: float) -> None:
    policy = replace(POLICY, backoff=4, chance=lambda: chance)
    decided = policy.decide(refused(503, {}), FIRST)
    assert isinstance(decided, Retry)
    assert decided.after == pytest.approx(pause)


def test_connectors_that_are_refused_together_do_not_come_again_in_step() -> None:
    policies = [RetryPolicy.of(RuntimeConfiguration(), 100) for _ in range(20)]
    pauses = {policy.decide(refused(503, {}), FIRST).after for policy in policies}
    assert len(pauses) > 1


@pytest.mark.parametrize(
    ("status", "headers", "slows"),
    [
        (429, {}, True),
        (503, {}, False),
        (503, AFTER_10, True),
        (403, NONE_LEFT, True),
        (404, {}, False),
    ],
)
def test_which_refusals_are_of_all_requests(
    status: int, headers: dict[str, str], slows: bool
) -> None:
    assert POLICY.slows_all(refused(status, headers)) is slows

"""What a refused, broken or missing answer leads to, which is decided here and nowhere else."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import inf

import requests
from dlt.common.configuration.specs import RuntimeConfiguration

from restsrc_dagster.extract.http.rate_limits import RateLimit, in_seconds, rate_limit
from restsrc_dagster.extract.http.transient import (
    THROTTLING_STATUSES,
    TRANSIENT_STATUSES,
    is_transient_error,
)

LONGEST_BACKOFF = 60.0
HURRIED_ATTEMPTS, HURRIED_OUTAGE = 2, 10.0
JITTER = 0.25
"""By at most so much of itself a pause is longer, by chance: connectors that share a schedule, and
requests that were refused side by side, do not come again all at once."""


@dataclass(frozen=True)
class FailedTry:
    """What came in place of a page: a refusal, a good status without JSON, or an error.

    Whoever knows of another reason to send a request again makes it one of these: tries and pauses
    are the same for all.

    Args:
        status: of the answer; None if there is none.
        limit: what a refusal says of the next try.
        error: in place of an answer.
        rule: which of the file's `response_actions` says that the request is sent again.
    """

    status: int | None = None
    limit: RateLimit | None = None
    error: requests.RequestException | None = None
    rule: str = ""

    @classmethod
    def refused(cls, response: requests.Response) -> "FailedTry":
        """By a status that is none of a good answer."""
        return cls(response.status_code, rate_limit(response))

    @property
    def is_transient(self) -> bool:
        """Whether the same request may go well the next time, though no time is named."""
        if self.error is not None:
            return is_transient_error(self.error)
        return bool(self.rule) or self._is_no_json or self.status in TRANSIENT_STATUSES

    @property
    def reason(self) -> str:
        """`status 503`."""
        if self.error is not None:
            is_late = isinstance(self.error, requests.Timeout)
            return "a time-out" if is_late else "a broken connection"
        if self.rule:
            return f"status {self.status}, by {self.rule}"
        return "no JSON" if self._is_no_json else f"status {self.status}"

    @property
    def _is_no_json(self) -> bool:
        return self.status is not None and self.status < 400


@dataclass(frozen=True)
class Retry:
    """The same request is sent again, after so many seconds, which are its own."""

    after: float
    reason: str


@dataclass(frozen=True)
class WaitForLimit:
    """The same request is sent again, after the pause that the budget makes for all requests."""

    limit: RateLimit


@dataclass(frozen=True)
class GiveUp:
    """No other try: what came is told, or `reason` in place of it if the API asks for too long a
    pause."""

    reason: str
    is_wait_too_long: bool = False


Decision = Retry | WaitForLimit | GiveUp


@dataclass(frozen=True)
class Tries:
    """What one request has gone through: failures without a time named, and seconds of limits."""

    failed: int = 0
    waited: float = 0.0

    def after(self, decision: Retry | WaitForLimit) -> "Tries":
        """With what was decided."""
        if isinstance(decision, WaitForLimit):
            return replace(self, waited=self.waited + decision.limit.seconds)
        return replace(self, failed=self.failed + 1)


@dataclass(frozen=True)
class RetryPolicy:
    """The deployment's and the connector's say in it.

    Args:
        attempts: tries in all, where the API does not say how long to wait.
        backoff: seconds before the second try; doubled for each further one.
        max_wait: the most seconds that one request waits because the API says so.
        max_outage: the most of them where the API is out of order, and knows for how long.
        chance: gives a number from 0 to 1, by which a pause is longer.
    """

    attempts: int
    backoff: float
    max_wait: float
    max_outage: float = inf
    chance: Callable[[], float] = field(default=random.random, repr=False)

    @classmethod
    def of(cls, runtime: RuntimeConfiguration, max_wait: float) -> "RetryPolicy":
        """dlt's own settings, `RUNTIME__REQUEST_*`, and the connector's `max_wait_seconds`."""
        return cls(runtime.request_max_attempts, runtime.request_backoff_factor, max_wait)

    def hurried(self) -> "RetryPolicy":
        """For who sits before it: what is broken for a moment gets a second try; a limit that the
        API tells is waited for as ever, an outage is not."""
        return replace(
            self,
            attempts=min(self.attempts, HURRIED_ATTEMPTS),
            backoff=min(self.backoff, 1.0),
            max_outage=HURRIED_OUTAGE,
        )

    @property
    def waits_up_to(self) -> float:
        """Seconds of one request, over all its tries; none where a deployment tries once."""
        return self.max_wait if self.attempts > 1 else 0

    def decide(self, failure: FailedTry, tries: Tries) -> Decision:
        """What the request does that has failed, after what it has gone through before.

        A time of 0 seconds is of an API that says "now" and may not mean it.
        """
        limit = failure.limit
        if limit is not None and limit.seconds:
            if not self.waits_out(failure, tries.waited):
                return GiveUp("out of order for longer than is waited here")
            if tries.waited + limit.seconds > self.waits_up_to:
                return GiveUp(self._too_long(failure.status, limit, tries), is_wait_too_long=True)
            return WaitForLimit(limit)
        if limit is None and not failure.is_transient:
            return GiveUp(f"{failure.reason}, which no other try changes")
        if tries.failed + 1 >= self.attempts:
            return GiveUp("tried often enough")
        return Retry(self._pause(tries.failed), failure.reason)

    def waits_out(self, refusal: FailedTry, waited: float = 0.0) -> bool:
        """Whether a time that is named is waited for, after so many seconds: not where the API is
        out of order, if somebody sits before it."""
        if refusal.limit is None or refusal.status in THROTTLING_STATUSES:
            return True
        return waited + refusal.limit.seconds <= self.max_outage

    def slows_all(self, refusal: FailedTry) -> bool:
        """Whether a refusal is one of whatever is asked next: then all requests slow down."""
        return refusal.limit is not None or refusal.status in THROTTLING_STATUSES

    def pauses_all(self, limit: RateLimit) -> bool:
        """Whether nothing at all is sent before a limit is over."""
        return limit.seconds <= self.max_wait

    def _pause(self, failed: int) -> float:
        pause: float = min(self.backoff * 2**failed, LONGEST_BACKOFF)
        return pause * (1 + JITTER * self.chance())

    def _too_long(self, status: int | None, limit: RateLimit, tries: Tries) -> str:
        before = f" after {in_seconds(tries.waited)} of waiting" if tries.waited else ""
        return (
            f"the API answered {status}{before} and asks to wait {in_seconds(limit.seconds)} "
            f"({limit.header}); http.max_wait_seconds allows {self.waits_up_to:g}"
        )

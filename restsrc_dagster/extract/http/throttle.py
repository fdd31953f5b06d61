"""When the next request may start: the connector's budget, and what the API says of its own.

A refusal ends what the API grants for now. After its pause one request goes first, and more follow
as answers come; when as many have gone well as did before the last refusal, the next one is tried
alone again, so that hardly more than one is refused each time.

Times are of a monotonic clock, in seconds.
"""

from dataclasses import dataclass
from math import inf


@dataclass(frozen=True)
class _Quota:
    """What the API says is left: so many requests until then."""

    requests: float
    until: float


class Throttle:
    """Whoever wants to send waits for `opens_in`, asks `begin`, and tells the `end`, come what may.

    Args:
        at_once: the most requests under way.
        rate: the most requests a second; None for any.
    """

    def __init__(self, *, at_once: int, rate: float | None) -> None:
        self._at_once = at_once
        self._rate = rate
        self._under_way = 0
        self._next_start = 0.0
        self._paused_until = 0.0
        self._quota: _Quota | None = None
        self._went_well = 0
        self._granted: int | None = None
        """How many went well between the last two pauses; None before the first refusal."""

    def opens_in(self, now: float) -> float:
        """Seconds until the next request may start, if there is room for it then."""
        return max(self._next_start, self._paused_until) - now

    def begin(self, now: float) -> bool:
        """Whether a request starts now; if not, there is no room before another one ends."""
        if self._under_way >= min(self._at_once, self._advertised(now), self._observed()):
            return False
        self._under_way += 1
        self._next_start = now + 1 / self._rate if self._rate else now
        return True

    def end(self, now: float, *, well: bool) -> None:
        """One that has begun is over; `well` if the API has granted it."""
        self._under_way -= 1
        if not well:
            return
        if now >= self._paused_until:
            self._went_well += 1
        elif self._granted is not None:  # it was sent before the pause
            self._granted += 1

    def is_paused(self, now: float) -> bool:
        """Whether nothing may be sent, not even what has begun."""
        return now < self._paused_until

    def pause(self, now: float, seconds: float) -> float:
        """Nobody sends for so long; returns how much longer that is than it was."""
        longer = now + seconds - self._paused_until
        self._paused_until = max(self._paused_until, now + seconds)
        return longer

    def refused(self, now: float) -> None:
        """The API grants no more for now; who is refused in a pause was sent before it."""
        if now >= self._paused_until:
            self._granted, self._went_well = self._went_well, 0

    def update_quota(self, now: float, requests: float, seconds: float | None) -> None:
        """What an answer says is left for so long; None until another says something else.

        Answers overtake each other: the least of them holds.
        """
        quota = self._quota
        until = inf if seconds is None else now + seconds
        is_of_now = quota is not None and now < quota.until < inf and until < inf
        if quota is None or not is_of_now or requests < quota.requests:
            self._quota = _Quota(requests, until)

    def _advertised(self, now: float) -> float:
        """How many may be under way, as the API says; one in any case, to hear more."""
        quota = self._quota
        return max(1, quota.requests) if quota is not None and now < quota.until else inf

    def _observed(self) -> float:
        """The same by what it has granted before."""
        if self._granted is None:
            return inf
        more = self._granted - self._went_well
        return min(1 + self._went_well, more) if more > 0 else 1 - more

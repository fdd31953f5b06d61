"""How long an answer that is not ready is waited for."""

from dataclasses import dataclass, field

from restsrc_dagster.errors import ApiUnavailable
from restsrc_dagster.extract.http.rate_limits import RateLimit, in_seconds
from restsrc_dagster.extract.http.retry import LONGEST_BACKOFF, RetryPolicy

SHORTEST_POLL = 0.1
"""Of what is not ready, also where a deployment does not wait between tries."""


@dataclass
class PollState:
    """How long one request has waited for an answer that is not ready."""

    patience: RetryPolicy
    asked: int = field(default=0, init=False)
    waited: float = field(default=0.0, init=False)

    def pause(self, wished: RateLimit | None, url: str, said: str) -> float:
        """Seconds until it is asked for again, as the API wishes, or longer each time.

        Raises:
            ApiUnavailable: no more are left, or fewer than it wishes.
        """
        self.asked += 1
        left = (self.patience.max_wait if self.patience.attempts > 1 else 0) - self.waited
        if wished is not None and wished.seconds:
            pause, asks = wished.seconds, f", and asks to wait {in_seconds(wished.seconds)}"
        else:
            doubled = max(self.patience.backoff, SHORTEST_POLL) * 2 ** min(self.asked - 1, 32)
            pause, asks = min(doubled, LONGEST_BACKOFF, max(left, 0)), ""
        if not 0 < pause <= left:
            before = f" after {in_seconds(self.waited)} of waiting" if self.waited else ""
            record = '. If that is a record, say so by data_selector "$"'
            raise ApiUnavailable(
                f"{url} is not ready yet: it answered {said}{before}{asks}; http.max_wait_seconds "
                f"allows {self.patience.max_wait:g}{record if said.startswith('200') else ''}"
            )
        self.waited += pause
        return pause

"""How often a request is tried again, and after how long."""

from dataclasses import dataclass, field

from dlt.common.configuration.specs import RuntimeConfiguration

from restsrc_dagster.errors import RateLimited
from restsrc_dagster.extract.http.rate_limits import RateLimit, in_seconds

LONGEST_BACKOFF = 60.0


@dataclass(frozen=True)
class RetryPolicy:
    """The deployment's and the connector's say in it.

    Args:
        attempts: tries in all, where the API does not say how long to wait.
        backoff: seconds before the second try; doubled for each further one.
        max_wait: the most seconds that one request waits because the API says so.
    """

    attempts: int
    backoff: float
    max_wait: float

    @classmethod
    def of(cls, runtime: RuntimeConfiguration, max_wait: float) -> "RetryPolicy":
        """dlt's own settings, `RUNTIME__REQUEST_*`, and the connector's `max_wait_seconds`."""
        return cls(runtime.request_max_attempts, runtime.request_backoff_factor, max_wait)


@dataclass
class RetryState:
    """What one request has gone through so far."""

    patience: RetryPolicy
    failed: int = field(default=0, init=False)
    waited: float = field(default=0.0, init=False)

    def pause(self) -> float | None:
        """Seconds until the next try after a failure; None if that was the last one."""
        self.failed += 1
        if self.failed >= self.patience.attempts:
            return None
        return float(min(self.patience.backoff * 2 ** (self.failed - 1), LONGEST_BACKOFF))

    def pause_for(self, limit: RateLimit, status: int) -> float | None:
        """Seconds until the next try, as the API wishes.

        Raises:
            RateLimited: it wishes for more than the connector waits.
        """
        allowed = self.patience.max_wait if self.patience.attempts > 1 else 0
        if limit.seconds and self.waited + limit.seconds > allowed:
            before = f" after {in_seconds(self.waited)} of waiting" if self.waited else ""
            raise RateLimited(
                f"the API answered {status}{before} and asks to wait {in_seconds(limit.seconds)} "
                f"({limit.header}); http.max_wait_seconds allows {allowed:g}"
            )
        if not limit.seconds:  # an API that says "now" and does not mean it
            return self.pause()
        self.waited += limit.seconds
        return limit.seconds

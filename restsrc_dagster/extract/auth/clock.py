"""By how much the API's clock differs from ours.

A signature holds the time at which it is made, and an API may refuse one that is minutes old, or
from its future. What its answers say of its own time is believed when it has refused one.
"""

import time

import requests

from restsrc_dagster.extract.response.clock import made_at

WORTH_A_WORD = 20.0
"""Seconds: what an answer takes, and whole seconds, are no difference."""


class Clock:
    """The API's own, as far as it is known; at first it is ours."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self._ahead

    def learn(self, response: requests.Response) -> bool:
        """Set the clock by an answer that refuses; whether it was wrong."""
        made = made_at(response)
        if made is None:
            return False
        ahead = made - time.time()
        was_wrong = abs(ahead - self._ahead) > WORTH_A_WORD
        if was_wrong:
            self._ahead = ahead
        return was_wrong

"""The API's own clock, as its answers tell it."""

import time
from email.utils import parsedate_to_datetime
from math import floor

import requests


def made_at(response: requests.Response) -> float | None:
    """When an answer was made, as its `Date` says: seconds since 1970; None where it does not."""
    try:
        return parsedate_to_datetime(response.headers.get("Date", "")).timestamp()
    except (ValueError, OverflowError):
        return None


def asked_at(response: requests.Response) -> int:
    """When an API was asked for an answer, by its own clock: seconds since 1970, rounded down.

    `Date` says when the answer was made, which may have taken a while. Without it, our clock.
    """
    took = response.elapsed.total_seconds()
    made = made_at(response)
    return floor((time.time() if made is None else made) - took)

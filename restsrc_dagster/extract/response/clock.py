"""The API's own clock, as its answers tell it."""

import time
from email.utils import parsedate_to_datetime
from math import floor

import requests


def asked_at(response: requests.Response) -> int:
    """When an API was asked for an answer, by its own clock: seconds since 1970, rounded down.

    `Date` says when the answer was made, which may have taken a while. Without it, our clock.
    """
    took = response.elapsed.total_seconds()
    text = response.headers.get("Date", "")
    try:
        made = parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        made = time.time()
    return floor(made - took)

"""What a status or an error alone says of the next try.

Here, and nowhere else in `extract`, is said which statuses pass by themselves. What follows from it
is decided by `RetryPolicy`.
"""

import requests

THROTTLING_STATUSES = frozenset({429})
"""The API refuses whatever is asked for now: all requests slow down, also if it names no time; the
reset of its rate limit is waited for; the chunk of a parent ends with a child that gives up."""
TRANSIENT_STATUSES = frozenset({408, 425, *THROTTLING_STATUSES, *range(500, 600)})
"""The same request may go well later: it is sent again, and a run that gave it up tries later."""
PERMANENT_ERRORS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidHeader,
)
"""Errors of requests that the same request meets again."""


def is_transient_error(error: requests.RequestException) -> bool:
    """Whether the same request may go well the next time."""
    return not isinstance(error, PERMANENT_ERRORS) and not is_certificate_error(error)


def is_certificate_error(error: BaseException) -> bool:
    """Whether somebody answered, whose certificate is not trusted."""
    is_of_tls = isinstance(error, requests.exceptions.SSLError)
    return is_of_tls and "CERTIFICATE_VERIFY_FAILED" in str(error)

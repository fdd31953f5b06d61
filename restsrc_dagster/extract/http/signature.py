"""A signature that is made when a request is sent, not when it is prepared.

In between, a request may wait for its turn or for a pause of the API; it may be sent again, or
elsewhere, as the API says.
"""

from collections.abc import Callable
from typing import Any

import requests

Sign = Callable[[requests.PreparedRequest], None]


def sign_when_sent(request: requests.PreparedRequest, sign: Sign) -> None:
    """Let a request be signed now, and each time that it is sent."""
    sign(request)
    request.restsrc_sign = sign  # type: ignore[attr-defined]


def sign_again(request: requests.PreparedRequest) -> None:
    """Sign it as of now, if it has to be."""
    if (sign := _sign_of(request)) is not None:
        sign(request)


def is_signed(request: requests.PreparedRequest) -> bool:
    """Whether its credentials are good once."""
    return _sign_of(request) is not None


def hand_on(request: requests.PreparedRequest, redirected: requests.PreparedRequest) -> None:
    """Let a redirected request be signed as the first one was, where it may bring credentials."""
    sign = _sign_of(request)
    if sign is not None and "Authorization" in redirected.headers:
        redirected.restsrc_sign = sign  # type: ignore[attr-defined]


def sent_again(
    again: requests.PreparedRequest, refused: requests.Response, **kwargs: Any
) -> requests.Response:
    """The answer to a request that is sent once more, in place of a refusal."""
    answer: requests.Response = refused.connection.send(again, **kwargs)
    answer.history.append(refused)
    answer.request = again
    return answer


def _sign_of(request: requests.PreparedRequest) -> Sign | None:
    return getattr(request, "restsrc_sign", None)

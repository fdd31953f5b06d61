"""User name and password, of which digests are sent."""

import re
from typing import Any

from dlt.common.configuration import configspec
from dlt.common.typing import TSecretStrValue
from dlt.sources.helpers.rest_client.auth import AuthConfigBase
from requests import PreparedRequest, Response
from requests.auth import HTTPDigestAuth
from requests.hooks import default_hooks

from restsrc_dagster.extract.auth.signed import REQUIRED
from restsrc_dagster.extract.http.signature import sign_when_sent

MOST_CHALLENGES = 3
"""Of one request: the API says of a digest that it is right, and that its challenge is over."""
_STALE = re.compile(r"stale\s*=\s*\"?true", re.IGNORECASE)


@configspec
class Digest(AuthConfigBase):
    """requests' own class, by which each try of a request has a digest of its own.

    requests answers a challenge once, and sends the same digest where a request is sent again: an
    API that counts takes it for a replay.
    """

    username: str = REQUIRED
    password: TSecretStrValue = REQUIRED

    def on_resolved(self) -> None:
        """dlt calls it when all options are known."""
        self._digest = HTTPDigestAuth(str(self.username), str(self.password))

    def __deepcopy__(self, memo: object) -> "Digest":
        """The same: what a thread knows of the API's challenge cannot be copied."""
        return self

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Answer the challenge that the API gave, or the one that it is about to give."""
        sign_when_sent(request, self._sign)
        request.register_hook("response", self._answered)  # type: ignore[no-untyped-call]
        return request

    def _sign(self, request: PreparedRequest) -> None:
        """With the next number of the challenge, if there was one."""
        another = request.copy()
        another.hooks = default_hooks()
        self._digest(another)
        if made := another.headers.get("Authorization"):
            request.headers["Authorization"] = made

    def _answered(self, response: Response, **kwargs: Any) -> Response:
        for number in range(MOST_CHALLENGES):
            challenge = response.headers.get("WWW-Authenticate", "")
            if response.status_code != 401 or (number and not _STALE.search(challenge)):
                break
            self._sign(response.request)  # requests counts its tries from here
            connection = response.connection
            response.connection = _Signing(connection, self)  # type: ignore[assignment]
            answer: Response = self._digest.handle_401(response, **kwargs)  # type: ignore[no-untyped-call]
            if answer is response:
                break
            answer.connection = connection
            response = answer
        return response


class _Signing:
    """Sends what requests has made of a challenge."""

    def __init__(self, connection: Any, digest: Digest) -> None:
        self._connection, self._digest = connection, digest

    def send(self, request: PreparedRequest, **kwargs: Any) -> Response:
        sign_when_sent(request, self._digest._sign)
        answer: Response = self._connection.send(request, **kwargs)
        return answer

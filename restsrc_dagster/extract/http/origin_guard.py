"""At the door: where a request may go, with which credentials, and which of them are secrets."""

import threading
from collections.abc import Set

import requests

from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.connector.syntax.origins import Origin
from restsrc_dagster.extract.http.allowed_origins import AllowedOrigins
from restsrc_dagster.extract.http.credentials import take_credentials_out
from restsrc_dagster.extract.http.signature import is_signed


class OriginGuard:
    """Each request passes it before it is sent, redirects and token requests as well.

    Args:
        reach: whom the connector may ask, with the credentials and without.
        redact: learns the tokens that go out.
    """

    def __init__(self, reach: AllowedOrigins, redact: Redactor) -> None:
        self._reach = reach
        self._redact = redact
        self._lock = threading.Lock()

    def admit(self, request: requests.PreparedRequest) -> None:
        """Let a request to the API pass, without credentials if it goes to an anonymous host.

        Raises:
            OriginRefused: it would take credentials elsewhere.
        """
        if self._reach.is_anonymous(request.url or ""):
            take_credentials_out(request, self._redact)
        self.admit_to(self._reach.allowed | self._reach.anonymous, request)

    def admit_to(self, origins: Set[Origin], request: requests.PreparedRequest) -> None:
        """Let a request pass as it is; raises OriginRefused if it goes to none of `origins`."""
        self._reach.guard(request.url or "", origins)
        if is_signed(request):  # by what is good for this request only
            return
        with self._lock:
            self._redact.learn(str(request.headers.get("Authorization", "")).rpartition(" ")[2])

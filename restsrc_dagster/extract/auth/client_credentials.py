"""dlt's OAuth2 client credentials, with a token that may be revoked before its time."""

import threading
from typing import Any

import requests
from dlt.common.configuration import configspec
from dlt.sources.helpers.rest_client.auth import OAuth2ClientCredentials

from restsrc_dagster.errors import AccessDenied

LONGEST_MARGIN = 30
KEYS_SHOWN = 8


class NoToken(Exception):
    """No token is to be had, for its cause: whoever has the same auth gets none either."""


@configspec
class RenewableOAuth2(OAuth2ClientCredentials):
    """Asks for a new token when the API refuses the one at hand, and once more with that.

    Requests that are under way side by side share the new token: one of them asks for it.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        self._renewing = threading.Lock()

    def __deepcopy__(self, memo: Any) -> "RenewableOAuth2":
        """Shallow: neither lock nor session can be copied, and dlt masks secrets in its copies."""
        copied = type(self).__new__(type(self))
        copied.__dict__.update(self.__dict__)
        return copied

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the token into `request`; raises NoToken."""
        with self._renewing:
            super().__call__(request)
        request.register_hook("response", self._again_if_refused)  # type: ignore[no-untyped-call]
        return request

    def obtain_token(self) -> None:
        """Ask for a token; raises NoToken."""
        try:
            super().obtain_token()
        except Exception as error:
            raise NoToken(str(error)) from error

    def parse_expiration_in_seconds(self, response_json: Any) -> int:
        """Somewhat less than the token's time: requests take theirs, and clocks differ."""
        seconds = super().parse_expiration_in_seconds(response_json)
        return seconds - min(LONGEST_MARGIN, seconds // 10)

    def parse_access_token(self, response_json: Any) -> str:
        """The token; raises AccessDenied where dlt would send the word None."""
        token = response_json.get("access_token") if isinstance(response_json, dict) else None
        if not isinstance(token, str) or not token:
            keys = ", ".join(list(response_json)[:KEYS_SHOWN]) if token is None else ""
            raise AccessDenied(
                f"{self.access_token_url} gave no access_token"
                + (f"; its answer has the keys {keys}" if keys else "")
            )
        return token

    def _again_if_refused(
        self, response: requests.Response, **kwargs: Any
    ) -> requests.Response | None:
        request = response.request
        sent = request.headers.get("Authorization")
        if response.status_code != 401 or getattr(request, "restsrc_renewed", False):
            return None
        with self._renewing:
            if sent == f"Bearer {self.access_token}":
                self.obtain_token()
        again = request.copy()
        again.headers["Authorization"] = f"Bearer {self.access_token}"
        again.restsrc_renewed = True  # type: ignore[attr-defined]
        answer: requests.Response = response.connection.send(again, **kwargs)
        answer.history.append(response)
        answer.request = again
        return answer

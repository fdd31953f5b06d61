"""OAuth 1.0a, as requests-oauthlib signs it."""

from typing import Any

import requests
from dlt.common.configuration import configspec
from dlt.common.typing import TSecretStrValue

from restsrc_dagster.extract.auth.packages import wanted
from restsrc_dagster.extract.auth.signed import REQUIRED, Signed
from restsrc_dagster.extract.http.signature import sent_again, sign_when_sent

REFUSALS = (401, 403)


@configspec
class OAuth1(Signed):
    """Each request is signed by the secrets of a client and of a user."""

    client_key: TSecretStrValue = REQUIRED
    client_secret: TSecretStrValue = REQUIRED
    resource_owner_key: TSecretStrValue | None = None
    resource_owner_secret: TSecretStrValue | None = None
    signature_method: str = "HMAC-SHA1"
    realm: str | None = None

    def prepare(self) -> None:
        """Raises MissingPackage."""
        _ = self._oauthlib

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """As every signature; and once more by the API's own clock where that differs."""
        super().__call__(request)
        request.register_hook("response", self._again_by_its_clock)  # type: ignore[no-untyped-call]
        return request

    @property
    def _oauthlib(self) -> Any:
        return wanted("oauth1", "requests_oauthlib", "oauth1")

    def sign(self, request: requests.PreparedRequest) -> None:
        request.headers.pop("Authorization", None)
        self._oauthlib.OAuth1(
            self.client_key,
            client_secret=self.client_secret,
            resource_owner_key=self.resource_owner_key,
            resource_owner_secret=self.resource_owner_secret,
            signature_method=self.signature_method,
            realm=self.realm,
            timestamp=str(int(self.at_hand.clock.now())),
        )(request)
        _as_text(request)

    def _again_by_its_clock(
        self, response: requests.Response, **kwargs: Any
    ) -> requests.Response | None:
        if response.status_code not in REFUSALS or not self.at_hand.clock.learn(response):
            return None
        again = response.request.copy()
        sign_when_sent(again, self.sign)
        return sent_again(again, response, **kwargs)


def _as_text(request: Any) -> None:
    """requests-oauthlib leaves bytes among the headers."""
    for name, value in list(request.headers.items()):
        if isinstance(value, bytes):
            request.headers[name] = value.decode()

"""A token for an assertion that a private key signs: service accounts (RFC 7523)."""

from math import floor
from typing import Annotated, Any

from dlt.common.configuration import configspec
from dlt.common.configuration.specs.base_configuration import NotResolved
from dlt.common.typing import TSecretStrValue
from dlt.sources.helpers.rest_client.auth import OAuthJWTAuth

from restsrc_dagster.extract.auth.jwt import loaded, signed
from restsrc_dagster.extract.auth.shared_token import SharedToken, json_of, refuse, token_text
from restsrc_dagster.extract.auth.token_request import CURE
from restsrc_dagster.extract.auth.tokens import Token

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@configspec
class ServiceAccount(SharedToken, OAuthJWTAuth):
    """dlt's class, for whom it asks, and by the API's clock."""

    subject: str | None = None
    audience: str | None = None
    key_id: str | None = None

    token: Annotated[TSecretStrValue | None, NotResolved()] = None  # type: ignore[assignment]

    def prepare(self) -> None:
        """Raises RestsrcError: the private key cannot be read."""
        self.load_private_key()

    def load_private_key(self) -> Any:
        """As dlt loads it, also where \\n stands for its line breaks; raises RestsrcError."""
        return loaded(str(self.private_key), self.private_key_passphrase)

    def create_jwt_payload(self) -> dict[str, str | int]:
        """As dlt makes it, by the API's clock, and with the subject and the audience."""
        payload = super().create_jwt_payload()
        now = floor(self.at_hand.clock.now())
        if isinstance(self.scopes, list):
            payload["scope"] = " ".join(self.scopes)
        payload |= {"iat": now, "exp": now + int(payload["exp"]) - int(payload["iat"])}
        payload |= {"sub": self.subject} if self.subject else {}
        return payload | ({"aud": self.audience} if self.audience else {})

    def obtain(self) -> Token:
        """A token; raises as `TokenRequest.ask`."""
        response = self._asked()
        if response.status_code in (400, 401) and self.at_hand.clock.learn(response):
            response = self._asked()
        refuse(response, self.at_hand, CURE)
        answer = json_of(response)
        found = answer.get("access_token") if isinstance(answer, dict) else None
        token = token_text(found, self.auth_endpoint, "access_token", answer)
        return Token.living(token, float(answer.get("expires_in") or self.default_token_expiration))

    def _asked(self) -> Any:
        headers = {"kid": self.key_id} if self.key_id else None
        assertion = signed(self.create_jwt_payload(), self.load_private_key(), "RS256", headers)
        return self.at_hand.session.post(
            self.auth_endpoint,
            headers=self.headers,
            data={"grant_type": GRANT, "assertion": assertion},
        )

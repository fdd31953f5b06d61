"""OAuth 2.0: a token that a server is asked for."""

from typing import Any, ClassVar

from dlt.common import jsonpath
from dlt.common.configuration import configspec
from dlt.common.typing import TSecretStrValue

from restsrc_dagster.extract.auth.shared_token import (
    SharedToken,
    json_of,
    lost_on_the_way,
    refuse,
    token_text,
)
from restsrc_dagster.extract.auth.signed import REQUIRED
from restsrc_dagster.extract.auth.tokens import Token

CURE = "check the credentials (configuration.client.auth)"


@configspec
class TokenRequest(SharedToken):
    """A token of `access_token_url`, for what `grant` gives."""

    access_token_url: str = REQUIRED
    client_id: TSecretStrValue | None = None
    client_secret: TSecretStrValue | None = None
    access_token_request_data: dict[str, Any] | None = None
    client_authentication: str = "body"
    access_token_path: str = "access_token"  # noqa: S105 - where it is
    default_token_expiration: int = 3600

    cure: ClassVar[str] = CURE

    def grant(self) -> dict[str, Any]:
        """The fields of the request that say what the token is asked for with."""
        raise NotImplementedError

    def obtain(self) -> Token:
        return self.ask(self.grant())[0]

    def ask(self, grant: dict[str, Any]) -> tuple[Token, Any]:
        """A token, and the whole answer.

        Raises:
            AccessDenied: the server refuses, or its answer has no token.
            requests.RequestException: it does not answer, or with a failure of its own.
        """
        context = self.at_hand
        response = context.session.post(self.access_token_url, **self._request(grant))
        refuse(response, context, self.cure)
        answer = json_of(response)
        found = jsonpath.find_values(self.access_token_path, answer) if answer else []
        text = token_text(
            found[0] if found else None,
            self.access_token_url,
            self.access_token_path,
            answer,
            lost_on_the_way(response),
        )
        return Token.living(text, self._seconds(answer)), answer

    def beside(self, name: str, answer: Any) -> Any:
        """What the answer has beside the token, or at its top; None where it has none."""
        above = self.access_token_path.rpartition(".")[0]
        for path in dict.fromkeys((f"{above}.{name}" if above else name, name)):
            if found := jsonpath.find_values(path, answer):
                return found[0]
        return None

    def _request(self, grant: dict[str, Any]) -> dict[str, Any]:
        client = {"client_id": self.client_id, "client_secret": self.client_secret}
        fields = {key: value for key, value in client.items() if value}
        is_basic = self.client_authentication == "basic"
        made: dict[str, Any] = {
            "headers": {"Accept": "application/json"},
            "data": {
                **({} if is_basic else fields), **grant, **(self.access_token_request_data or {})
            },
        }  # fmt: skip
        if is_basic:
            made["auth"] = (self.client_id or "", self.client_secret or "")
        return made

    def _seconds(self, answer: Any) -> float:
        lives = self.beside("expires_in", answer)
        try:
            return float(lives)
        except (TypeError, ValueError):
            return float(self.default_token_expiration)


@configspec
class Password(TokenRequest):
    """A token for a user's name and password."""

    username: str = REQUIRED
    password: TSecretStrValue = REQUIRED

    def grant(self) -> dict[str, Any]:
        return {
            "grant_type": "password",
            "username": self.username,
            "password": self.password,
        }

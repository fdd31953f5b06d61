"""A token for a refresh token, which may be another one each time.

The API takes one that rotates once. So the next one is kept, where the rows are, before the access
token beside it is used: a run that is killed at any moment afterwards loses nothing. What is kept
is opened by one at a time, and an access token that is there, and still good, is used again.
"""

from typing import Any, ClassVar

from dlt.common.configuration import configspec
from dlt.common.typing import TSecretStrValue

from restsrc_dagster.errors import SettingsError
from restsrc_dagster.extract.auth.kept import KeptTokens, TokenKeeper
from restsrc_dagster.extract.auth.signed import REQUIRED
from restsrc_dagster.extract.auth.token_request import TokenRequest
from restsrc_dagster.extract.auth.tokens import Token

SPENT = (
    "the refresh token was used before, revoked, or has expired: let the connector in anew at the "
    "API, and set the new refresh token where the file has the old one"
)


@configspec
class RefreshToken(TokenRequest):
    """An access token for `refresh_token`, or for the one that came with the last access token."""

    refresh_token: TSecretStrValue = REQUIRED
    rotates: bool = True

    cure: ClassVar[str] = SPENT

    def grant(self) -> dict[str, Any]:
        return {"grant_type": "refresh_token", "refresh_token": self.refresh_token}

    def obtain_another(self, than: Token | None) -> Token:
        """Raises as `TokenRequest.ask`, and SettingsError where there is no place to keep it."""
        if not self.rotates:
            return self.obtain()
        name = f"{self.access_token_url} {self.client_id}"
        with self.keeper.opened(name, str(self.refresh_token)) as drawer:
            kept = drawer.read()
            if kept is not None:
                self.at_hand.redact.learn(kept.refresh_token)
                token = Token(kept.access_token, kept.until)
                if not token.is_old and (than is None or token.text != than.text):
                    return token
            current = kept.refresh_token if kept else str(self.refresh_token)
            token, answer = self.ask({**self.grant(), "refresh_token": current})
            following = str(self.beside("refresh_token", answer) or current)
            self.at_hand.redact.learn(following, token.text)
            drawer.write(
                KeptTokens(refresh_token=following, access_token=token.text, until=token.until)
            )
        return token

    @property
    def keeper(self) -> TokenKeeper:
        """Raises SettingsError where there is none."""
        keeper = self.at_hand.tokens.keeper
        if keeper is None:
            raise SettingsError(
                "a refresh token that rotates has to be kept between runs, and there is no place "
                'for it here; if the API\'s refresh tokens stay the same, say "rotates": false'
            )
        return keeper

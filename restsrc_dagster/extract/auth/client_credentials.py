"""dlt's OAuth2 client credentials, with a token that may be revoked before its time."""

from typing import Any

from dlt.common.configuration import configspec
from dlt.sources.helpers.rest_client.auth import OAuth2ClientCredentials

from restsrc_dagster.extract.auth.shared_token import SharedToken, json_of, refuse, token_text
from restsrc_dagster.extract.auth.token_request import CURE
from restsrc_dagster.extract.auth.tokens import Token


@configspec
class RenewableOAuth2(SharedToken, OAuth2ClientCredentials):
    """What is asked, and how the answer is read, is dlt's; when, and for whom, is ours."""

    def obtain(self) -> Token:
        """A token; raises as `TokenRequest.ask`."""
        response = self.at_hand.session.post(
            self.access_token_url, **self.build_access_token_request()
        )
        refuse(response, self.at_hand, CURE)
        answer = json_of(response)
        text = self.parse_access_token(answer)
        return Token.living(text, self.parse_expiration_in_seconds(answer))

    def parse_access_token(self, response_json: Any) -> str:
        """The token; raises AccessDenied where dlt would send the word None."""
        token = response_json.get("access_token") if isinstance(response_json, dict) else None
        answer = response_json if token is None else None
        return token_text(token, self.access_token_url, "access_token", answer)

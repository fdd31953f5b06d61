"""A token that is obtained with a client's id and secret."""

from typing import Any, Literal

from pydantic import Field

from restsrc_dagster.connector.configuration.auth.kind import AuthKind
from restsrc_dagster.connector.configuration.part import Name, Part


class OAuth2ClientCredentials(Part):
    """An OAuth 2.0 access token, obtained with a client's id and secret."""

    type: Literal["oauth2_client_credentials"]
    access_token_url: Name = Field(description="Where the token is obtained.")
    client_id: Name = Field(description="The client's id.")
    client_secret: Name = Field(description="The client's secret, best as a ${NAME} reference.")
    access_token: str | None = Field(None, description="A token to begin with.")
    access_token_request_data: dict[str, Any] = Field(
        default_factory=dict, description="More fields of the token request, such as scope."
    )
    default_token_expiration: int = Field(
        3600, gt=0, description="Seconds that a token lives if the answer does not say."
    )


OAUTH2_CLIENT_CREDENTIALS = AuthKind(
    model=OAuth2ClientCredentials,
    public=frozenset({"access_token_url", "client_id"}),
    never_empty=frozenset({"client_id", "client_secret"}),
    token_url="access_token_url",  # noqa: S106 - the name of an option
)

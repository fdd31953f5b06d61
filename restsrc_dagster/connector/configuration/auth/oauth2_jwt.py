"""A token that is obtained with a signed assertion: service accounts."""

from typing import Literal

from pydantic import Field

from restsrc_dagster.connector.configuration.auth.kind import AuthKind
from restsrc_dagster.connector.configuration.part import Name, Part


class OAuth2Jwt(Part):
    """An OAuth 2.0 access token, obtained with an assertion that a private key signs (RFC 7523)."""

    type: Literal["oauth2_jwt"]
    client_id: Name = Field(
        description="Who asks: the issuer, such as a service account's address."
    )
    private_key: Name = Field(
        description="The private key as PEM, best as a ${NAME} reference; \\n may stand for its "
        "line breaks."
    )
    auth_endpoint: Name = Field(description="Where the token is obtained.")
    scopes: str | list[str] | None = Field(None, description="What the token is to be good for.")
    headers: dict[str, str] | None = Field(None, description="Headers of the token request.")
    private_key_passphrase: Name | None = Field(
        None, description="The passphrase of the key, if it has one, as a ${NAME} reference."
    )
    default_token_expiration: int = Field(
        3600, gt=0, description="Seconds that a token lives if the answer does not say."
    )
    subject: Name | None = Field(
        None, description="For whom it is asked, if not for the issuer itself: a user's address."
    )
    audience: Name | None = Field(
        None, description="Whom the assertion is for, if that is not auth_endpoint."
    )
    key_id: Name | None = Field(
        None, description="The id of the key, where the API has to be told which one it is."
    )


OAUTH2_JWT = AuthKind(
    model=OAuth2Jwt,
    public=frozenset({"client_id", "auth_endpoint", "scopes", "subject", "audience", "key_id"}),
    never_empty=frozenset({"client_id", "private_key"}),
    token_url="auth_endpoint",  # noqa: S106 - the name of an option
)

"""A token that is obtained with a user's name and password."""

from typing import Literal

from pydantic import Field

from restsrc_dagster.connector.configuration.auth.kind import AuthKind
from restsrc_dagster.connector.configuration.auth.token_request import TokenRequest
from restsrc_dagster.connector.configuration.part import Name


class OAuth2Password(TokenRequest):
    """An OAuth 2.0 access token, obtained with a user's name and password."""

    type: Literal["oauth2_password"]
    username: Name = Field(description="The user's name.")
    password: Name = Field(description="The password, best as a ${NAME} reference.")
    client_id: Name | None = Field(None, description="The client's id, where the API wants one.")
    client_secret: Name | None = Field(
        None, description="The client's secret, best as a ${NAME} reference."
    )


OAUTH2_PASSWORD = AuthKind(
    model=OAuth2Password,
    public=TokenRequest.public() | {"client_id", "username"},
    never_empty=frozenset({"username"}),
    token_url="access_token_url",  # noqa: S106 - the name of an option
)

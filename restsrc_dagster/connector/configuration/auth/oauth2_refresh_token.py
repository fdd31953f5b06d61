"""A token that is obtained with a refresh token, which may be another one each time."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from restsrc_dagster.connector.configuration.auth.kind import AuthKind
from restsrc_dagster.connector.configuration.auth.token_request import TokenRequest
from restsrc_dagster.connector.configuration.part import Name


class OAuth2RefreshToken(TokenRequest):
    """An OAuth 2.0 access token, obtained with the refresh token that a person was given."""

    type: Literal["oauth2_refresh_token"]
    client_id: Name = Field(description="The client's id.")
    client_secret: Name | None = Field(
        None, description="The client's secret, best as a ${NAME} reference; public clients have "
        "none."
    )  # fmt: skip
    refresh_token: Name = Field(
        description="The refresh token to begin with, best as a ${NAME} reference."
    )
    rotates: bool = Field(
        True,
        description="Whether the API may give another refresh token with each access token. It is "
        "then kept where the data is, encrypted by RESTSRC_SECRET_KEY.",
    )


OAUTH2_REFRESH_TOKEN = AuthKind(
    model=OAuth2RefreshToken,
    public=TokenRequest.public() | {"client_id"},
    never_empty=frozenset({"client_id", "refresh_token"}),
    token_url="access_token_url",  # noqa: S106 - the name of an option
)


def rotates(auth: Mapping[str, Any]) -> bool:
    """Whether an auth has a token that has to be kept between runs."""
    return auth.get("type") == OAUTH2_REFRESH_TOKEN.name and auth.get("rotates", True) is not False

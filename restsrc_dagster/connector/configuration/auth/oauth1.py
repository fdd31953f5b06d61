"""Requests that are signed by OAuth 1.0a."""

from typing import Literal

from pydantic import Field

from restsrc_dagster.connector.configuration.auth.kind import AuthKind
from restsrc_dagster.connector.configuration.part import Name, Part


class OAuth1(Part):
    """Each request is signed by the secrets of a client and of a user (OAuth 1.0a)."""

    type: Literal["oauth1"]
    client_key: Name = Field(description="The client's key, or consumer key.")
    client_secret: Name = Field(description="Its secret, best as a ${NAME} reference.")
    resource_owner_key: Name | None = Field(None, description="The user's token, or token id.")
    resource_owner_secret: Name | None = Field(
        None, description="Its secret, best as a ${NAME} reference."
    )
    signature_method: Literal["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "PLAINTEXT"] = Field(
        "HMAC-SHA1", description="How requests are signed."
    )
    realm: Name | None = Field(None, description="The realm that the API names, if it does.")


OAUTH1 = AuthKind(
    model=OAuth1,
    public=frozenset({"signature_method", "realm"}),
    never_empty=frozenset({"client_key", "client_secret"}),
    scheme="oauth",
)

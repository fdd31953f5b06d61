"""A token that the connector signs itself."""

from typing import Any, Literal

from pydantic import Field

from restsrc_dagster.connector.configuration.auth.kind import AuthKind
from restsrc_dagster.connector.configuration.part import Name, Part

Algorithm = Literal["HS256", "HS384", "HS512", "RS256", "RS512", "PS256", "ES256", "ES384", "EdDSA"]


class Jwt(Part):
    """A JSON Web Token that is signed here, and sent as it is."""

    type: Literal["jwt"]
    key: Name = Field(
        description="The shared secret, or the private key as PEM, best as a ${NAME} reference; "
        "\\n may stand for a key's line breaks."
    )
    algorithm: Algorithm = Field("HS256", description="How it is signed.")
    key_encoding: Literal["text", "base64", "hex"] = Field(
        "text", description="How a shared secret is written."
    )
    claims: dict[str, Any] = Field(
        default_factory=dict,
        description="What the token says, such as iss and aud; iat and exp are put in.",
    )
    token_headers: dict[str, Any] = Field(
        default_factory=dict, description="More of the token's own header, such as kid."
    )
    expires_in: int = Field(
        300, ge=30, description="Seconds that a token is good for; a new one is signed in time."
    )
    name: Name = Field("Authorization", description="The header that it is sent in.")
    prefix: str = Field("Bearer ", description="What stands before it in the header.")


JWT = AuthKind(
    model=Jwt,
    public=frozenset({"algorithm", "key_encoding", "name", "prefix"}),
    never_empty=frozenset({"key"}),
)

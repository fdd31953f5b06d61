"""How requests prove who sends them: dlt's auth types, chosen by `type` alone."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from restsrc_dagster.connector.configuration.part import Choice, Name, Part

# Without its secret, dlt would take any token that it finds in the worker's environment: so the
# shorthand that is only a name is refused, and no secret is optional.


class BearerAuth(Part):
    """A token in the header `Authorization: Bearer …`."""

    type: Literal["bearer"] = Field("bearer", description="May be left out: bearer is the default.")
    token: Name = Field(description="The token, best as a ${NAME} reference.")


class ApiKeyAuth(Part):
    """A key in a header or in the query."""

    type: Literal["api_key"]
    api_key: Name = Field(description="The key, best as a ${NAME} reference.")
    name: Name = Field("Authorization", description="The header or query parameter that holds it.")
    location: Literal["header", "query", "param"] = Field(
        "header", description="Where the key is sent; `param` is another word for `query`."
    )


class HttpBasicAuth(Part):
    """User name and password; APIs that take a key as the user name want an empty password."""

    type: Literal["http_basic"]
    username: str = Field(description="The user's name.")
    password: str = Field(description="The password, best as a ${NAME} reference.")


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


AUTHS = {
    "bearer": BearerAuth,
    "api_key": ApiKeyAuth,
    "http_basic": HttpBasicAuth,
    "oauth2_client_credentials": OAuth2ClientCredentials,
}


def _tag(value: Any) -> str | None:
    kind = value.get("type", "bearer") if isinstance(value, dict) else None
    return f"<{kind}>" if isinstance(kind, str) else None


Auth = Annotated[
    Annotated[BearerAuth, Tag("<bearer>")]
    | Annotated[ApiKeyAuth, Tag("<api_key>")]
    | Annotated[HttpBasicAuth, Tag("<http_basic>")]
    | Annotated[OAuth2ClientCredentials, Tag("<oauth2_client_credentials>")],
    Discriminator(_tag),
    Choice(
        expected="an object with a type and its secret",
        key="type",
        allowed=tuple(AUTHS),
    ),
]

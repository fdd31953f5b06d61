"""What the kinds have in common that ask an OAuth 2.0 server for a token."""

from typing import Any, Literal

from pydantic import Field

from restsrc_dagster.connector.configuration.part import JsonPath, Name, Part


class TokenRequest(Part):
    """Where a token is asked for, and how."""

    access_token_url: Name = Field(description="Where the token is obtained.")
    access_token_request_data: dict[str, Any] = Field(
        default_factory=dict, description="More fields of the token request, such as scope."
    )
    client_authentication: Literal["body", "basic"] = Field(
        "body",
        description="Where the client's id and secret are sent: in the body, or as HTTP Basic.",
    )
    access_token_path: JsonPath = Field(
        "access_token", description="Where the token is in the answer, as a JSONPath."
    )
    default_token_expiration: int = Field(
        3600, gt=0, description="Seconds that a token lives if the answer does not say."
    )

    @staticmethod
    def public() -> frozenset[str]:
        """The options whose values may be shown."""
        return frozenset({"access_token_url", "client_authentication", "access_token_path"})

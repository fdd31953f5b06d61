"""Requests that are signed as AWS wants it."""

from typing import Literal

from pydantic import Field

from restsrc_dagster.connector.configuration.auth.kind import AuthKind
from restsrc_dagster.connector.configuration.part import Name, Part


class AwsSigV4(Part):
    """Each request is signed by a key of AWS (Signature Version 4)."""

    type: Literal["aws_sigv4"]
    access_key_id: Name = Field(description="The id of the access key.")
    secret_access_key: Name = Field(description="The access key, best as a ${NAME} reference.")
    session_token: Name | None = Field(
        None, description="The token of temporary credentials, as a ${NAME} reference."
    )
    region: Name = Field(description="The region of the API, such as eu-west-1.")
    service: Name = Field(
        "execute-api", description="AWS's name of the service; execute-api is an API Gateway."
    )


AWS_SIGV4 = AuthKind(
    model=AwsSigV4,
    public=frozenset({"region", "service"}),
    never_empty=frozenset({"access_key_id", "secret_access_key"}),
    scheme="aws4-hmac-sha256",
)

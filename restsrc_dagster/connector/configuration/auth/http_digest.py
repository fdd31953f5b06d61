"""User name and password, by HTTP Digest."""

from typing import Literal

from pydantic import Field

from restsrc_dagster.connector.configuration.auth.kind import AuthKind
from restsrc_dagster.connector.configuration.part import Part


class HttpDigestAuth(Part):
    """User name and password, of which only digests are sent."""

    type: Literal["http_digest"]
    username: str = Field(description="The user's name.")
    password: str = Field(description="The password, best as a ${NAME} reference.")


HTTP_DIGEST = AuthKind(
    model=HttpDigestAuth,
    public=frozenset({"username"}),
    never_empty=frozenset({"username"}),
    scheme="digest",
)

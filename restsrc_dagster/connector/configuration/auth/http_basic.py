"""User name and password."""

from typing import Literal

from pydantic import Field

from restsrc_dagster.connector.configuration.auth.kind import AuthKind
from restsrc_dagster.connector.configuration.part import Part


class HttpBasicAuth(Part):
    """User name and password; APIs that take a key as the user name want an empty password."""

    type: Literal["http_basic"]
    username: str = Field(description="The user's name.")
    password: str = Field(description="The password, best as a ${NAME} reference.")


HTTP_BASIC = AuthKind(
    model=HttpBasicAuth,
    public=frozenset({"username"}),
    never_empty=frozenset({"username"}),
    scheme="basic",
)

"""A token in the header."""

from typing import Literal

from pydantic import Field

from restsrc_dagster.connector.configuration.auth.kind import AuthKind
from restsrc_dagster.connector.configuration.part import Name, Part


class BearerAuth(Part):
    """A token in the header `Authorization: Bearer …`."""

    type: Literal["bearer"] = Field("bearer", description="May be left out: bearer is the default.")
    token: Name = Field(description="The token, best as a ${NAME} reference.")


BEARER = AuthKind(model=BearerAuth, never_empty=frozenset({"token"}), scheme="bearer")

"""A key in a header or in the query."""

from typing import Literal

from pydantic import Field

from restsrc_dagster.connector.configuration.auth.kind import AuthKind
from restsrc_dagster.connector.configuration.part import Name, Part


class ApiKeyAuth(Part):
    """A key in a header or in the query."""

    type: Literal["api_key"]
    api_key: Name = Field(description="The key, best as a ${NAME} reference.")
    name: Name = Field("Authorization", description="The header or query parameter that holds it.")
    location: Literal["header", "query", "param"] = Field(
        "header", description="Where the key is sent; `param` is another word for `query`."
    )


API_KEY = AuthKind(
    model=ApiKeyAuth,
    public=frozenset({"name", "location"}),
    never_empty=frozenset({"api_key"}),
)

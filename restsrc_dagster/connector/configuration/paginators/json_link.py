"""Pages that link the next one in the body."""

from typing import Literal

from pydantic import Field

from restsrc_dagster.connector.configuration.paginators.kind import PaginatorKind
from restsrc_dagster.connector.configuration.part import JsonPath, Part


class JsonLink(Part):
    """The answer holds the address of the next page."""

    type: Literal["json_link", "json_response"] = Field(
        description="`json_response` is an old name of `json_link`."
    )
    next_url_path: JsonPath = Field("next", description="Where the address is in the answer.")


JSON_LINK = PaginatorKind(model=JsonLink, next_page="linked")

"""Pages with a token for the next one in a header."""

from typing import Literal

from pydantic import Field

from restsrc_dagster.connector.configuration.paginators.kind import PaginatorKind
from restsrc_dagster.connector.configuration.part import Name, Part


class HeaderCursor(Part):
    """A header holds the cursor of the next page."""

    type: Literal["header_cursor"]
    cursor_key: Name = Field("next", description="The header.")
    cursor_param: Name = Field("cursor", description="The query parameter that takes the cursor.")


HEADER_CURSOR = PaginatorKind(
    model=HeaderCursor, next_page="linked", params={"cursor_param": "cursor"}
)

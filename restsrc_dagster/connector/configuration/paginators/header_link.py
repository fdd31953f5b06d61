"""Pages that link the next one in the header `Link`."""

from typing import Literal

from pydantic import Field

from restsrc_dagster.connector.configuration.paginators.kind import PaginatorKind
from restsrc_dagster.connector.configuration.part import Name, Part


class HeaderLink(Part):
    """The header `Link` holds the address of the next page."""

    type: Literal["header_link"]
    links_next_key: Name = Field("next", description="The `rel` of the link that is followed.")


HEADER_LINK = PaginatorKind(model=HeaderLink, next_page="linked")

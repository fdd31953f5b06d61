"""A list without further pages."""

from typing import Literal

from restsrc_dagster.connector.configuration.paginators.kind import PaginatorKind
from restsrc_dagster.connector.configuration.part import Part


class SinglePage(Part):
    """There is only one page."""

    type: Literal["single_page"]


SINGLE_PAGE = PaginatorKind(model=SinglePage, next_page="none")

"""dlt guesses how pages follow."""

from typing import Literal

from restsrc_dagster.connector.configuration.paginators.kind import PaginatorKind
from restsrc_dagster.connector.configuration.part import Part


class Auto(Part):
    """dlt guesses from the first answer."""

    type: Literal["auto"]


AUTO = PaginatorKind(model=Auto, next_page="guessed")

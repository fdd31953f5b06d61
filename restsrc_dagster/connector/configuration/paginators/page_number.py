"""Pages that are asked for by their number."""

from typing import Literal

from pydantic import ConfigDict, Field, model_validator
from typing_extensions import Self

from restsrc_dagster.connector.configuration.paginators.counted import Counted, never_ends
from restsrc_dagster.connector.configuration.paginators.kind import PaginatorKind
from restsrc_dagster.connector.configuration.part import Name, excludes, not_both


class PageNumber(Counted):
    """Pages have numbers. An API that counts from 1 needs `base_page: 1`."""

    model_config = ConfigDict(
        json_schema_extra={
            **excludes(("page_param", "page_body_path")),
            "not": never_ends("maximum_page"),
        }
    )

    type: Literal["page_number"]
    base_page: int = Field(0, ge=0, description="The number of the API's first page.")
    page: int | None = Field(None, ge=0, description="The page to begin with; else base_page.")
    page_param: Name | None = Field(
        None, description="The query parameter that takes the number; `page` if nothing is named."
    )
    page_body_path: Name | None = Field(
        None, description="Where the number goes in the JSON body, with dots between the names."
    )
    maximum_page: int | None = Field(None, ge=1, description="The first page that is not read.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        not_both(self, "page_param", "page_body_path")
        self.must_end("maximum_page")
        return self


PAGE_NUMBER = PaginatorKind(
    model=PageNumber,
    next_page="page number",
    params={"page_param": "page"},
    start="page",
    maximum="maximum_page",
)

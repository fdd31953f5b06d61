"""Pages that are asked for by how many records come before them."""

from typing import Literal

from pydantic import ConfigDict, Field, model_validator
from typing_extensions import Self

from restsrc_dagster.connector.configuration.paginators.counted import Counted, never_ends
from restsrc_dagster.connector.configuration.paginators.kind import PaginatorKind
from restsrc_dagster.connector.configuration.part import Name, excludes, not_both


class Offset(Counted):
    """Pages are asked for by how many records come before them."""

    model_config = ConfigDict(
        json_schema_extra={
            **excludes(("offset_param", "offset_body_path"), ("limit_param", "limit_body_path")),
            "not": never_ends("maximum_offset"),
        }
    )

    type: Literal["offset"]
    limit: int = Field(ge=1, description="Records a page; no more than the API's own maximum.")
    offset: int = Field(0, ge=0, description="How many records are left out at the start.")
    offset_param: Name | None = Field(
        None, description="The query parameter of the offset; `offset` if nothing is named."
    )
    offset_body_path: Name | None = Field(
        None, description="Where the offset goes in the JSON body, with dots between the names."
    )
    limit_param: Name | None = Field(
        None, description="The query parameter of the limit; `limit` if nothing is named."
    )
    limit_body_path: Name | None = Field(
        None, description="Where the limit goes in the JSON body, with dots between the names."
    )
    maximum_offset: int | None = Field(None, ge=1, description="The first offset that is not read.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        not_both(self, "offset_param", "offset_body_path")
        not_both(self, "limit_param", "limit_body_path")
        self.must_end("maximum_offset")
        return self


OFFSET = PaginatorKind(
    model=Offset,
    next_page="record number",
    params={"offset_param": "offset", "limit_param": "limit"},
    least={"limit": 100},
    start="offset",
    maximum="maximum_offset",
)

"""Pages with a token for the next one in the body."""

from typing import Literal

from pydantic import ConfigDict, Field, model_validator
from typing_extensions import Self

from restsrc_dagster.connector.configuration.paginators.kind import PaginatorKind
from restsrc_dagster.connector.configuration.part import (
    JsonPath,
    Name,
    Part,
    excludes,
    not_both,
)


class JsonResponseCursor(Part):
    """The answer holds the cursor of the next page."""

    model_config = ConfigDict(json_schema_extra=excludes(("cursor_param", "cursor_body_path")))

    type: Literal["cursor"]
    cursor_path: JsonPath = Field("cursors.next", description="Where the cursor is in the answer.")
    cursor_param: Name | None = Field(
        None, description="The query parameter that takes it; `cursor` if nothing is named."
    )
    cursor_body_path: Name | None = Field(
        None,
        description=(
            "Where it goes in the JSON body, with dots between the names; a number is an item of a "
            "list, which begins with 0."
        ),
    )
    stop_after_empty_page: bool | None = Field(False, description="An empty page is the last.")
    has_more_path: JsonPath | None = Field(
        None, description="Where the answer says whether there is more."
    )

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        not_both(self, "cursor_param", "cursor_body_path")
        return self


CURSOR = PaginatorKind(
    model=JsonResponseCursor, next_page="linked", params={"cursor_param": "cursor"}
)

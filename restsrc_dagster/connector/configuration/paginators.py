"""How the next page is found: dlt's paginators, as a name or as an object with options."""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    model_validator,
)

from restsrc_dagster.connector.configuration.part import (
    Choice,
    JsonPath,
    Name,
    Part,
    config_error,
    excludes,
)


class Auto(Part):
    """dlt guesses from the first answer."""

    type: Literal["auto"]


class SinglePage(Part):
    """There is only one page."""

    type: Literal["single_page"]


class JsonLink(Part):
    """The answer holds the address of the next page."""

    type: Literal["json_link", "json_response"] = Field(
        description="`json_response` is an old name of `json_link`."
    )
    next_url_path: JsonPath = Field("next", description="Where the address is in the answer.")


class HeaderLink(Part):
    """The header `Link` holds the address of the next page."""

    type: Literal["header_link"]
    links_next_key: Name = Field("next", description="The `rel` of the link that is followed.")


class HeaderCursor(Part):
    """A header holds the cursor of the next page."""

    type: Literal["header_cursor"]
    cursor_key: Name = Field("next", description="The header.")
    cursor_param: Name = Field("cursor", description="The query parameter that takes the cursor.")


class JsonResponseCursor(Part):
    """The answer holds the cursor of the next page."""

    model_config = ConfigDict(json_schema_extra=excludes(("cursor_param", "cursor_body_path")))

    type: Literal["cursor"]
    cursor_path: JsonPath = Field("cursors.next", description="Where the cursor is in the answer.")
    cursor_param: Name | None = Field(
        None, description="The query parameter that takes it; `cursor` if nothing is named."
    )
    cursor_body_path: Name | None = Field(
        None, description="Where it goes in the JSON body, with dots between the names."
    )
    stop_after_empty_page: bool | None = Field(False, description="An empty page is the last.")
    has_more_path: JsonPath | None = Field(
        None, description="Where the answer says whether there is more."
    )

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        _not_both(self, "cursor_param", "cursor_body_path")
        return self


def _never_ends(maximum: str) -> dict[str, Any]:
    """JSON Schema: nothing says which page is the last one."""
    nothing = {"enum": [None, False]}
    return {
        "required": ["total_path", "stop_after_empty_page"],
        "properties": dict.fromkeys(
            ("total_path", maximum, "has_more_path", "stop_after_empty_page"), nothing
        ),
    }


class _Range(Part):
    """Pages that can be counted; something has to say which one is the last."""

    total_path: JsonPath | None = Field("total", description="Where the answer has the total.")
    stop_after_empty_page: bool | None = Field(True, description="An empty page is the last.")
    has_more_path: JsonPath | None = Field(
        None, description="Where the answer says whether there is more."
    )

    def _must_end(self, maximum: str) -> None:
        ends = ("total_path", maximum, "has_more_path", "stop_after_empty_page")
        if all(getattr(self, key) in (None, False) for key in ends):
            raise config_error(f"never ends: one of {', '.join(ends)} must be given")


class PageNumber(_Range):
    """Pages have numbers. An API that counts from 1 needs `base_page: 1`."""

    model_config = ConfigDict(
        json_schema_extra={
            **excludes(("page_param", "page_body_path")),
            "not": _never_ends("maximum_page"),
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
        _not_both(self, "page_param", "page_body_path")
        self._must_end("maximum_page")
        return self


class Offset(_Range):
    """Pages are asked for by how many records come before them."""

    model_config = ConfigDict(
        json_schema_extra={
            **excludes(("offset_param", "offset_body_path"), ("limit_param", "limit_body_path")),
            "not": _never_ends("maximum_offset"),
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
        _not_both(self, "offset_param", "offset_body_path")
        _not_both(self, "limit_param", "limit_body_path")
        self._must_end("maximum_offset")
        return self


def _not_both(part: Part, one: str, other: str) -> None:
    if getattr(part, one) is not None and getattr(part, other) is not None:
        raise config_error(f"and {other} exclude each other; remove one", at=one)


def _needs_no_argument(name: str) -> str:
    if name == "offset":
        raise config_error('needs a limit; write {"type": "offset", "limit": 100}')
    return name


PAGINATORS: dict[str, type[Part]] = {
    "auto": Auto,
    "single_page": SinglePage,
    "json_link": JsonLink,
    "json_response": JsonLink,
    "header_link": HeaderLink,
    "header_cursor": HeaderCursor,
    "cursor": JsonResponseCursor,
    "offset": Offset,
    "page_number": PageNumber,
}
PaginatorName = Annotated[
    Literal[
        "auto",
        "single_page",
        "json_link",
        "json_response",
        "header_link",
        "header_cursor",
        "cursor",
        "offset",
        "page_number",
    ],
    AfterValidator(_needs_no_argument),
    WithJsonSchema({"enum": [name for name in PAGINATORS if name != "offset"]}),
]


def _tag(value: Any) -> str | None:
    if isinstance(value, str):
        return "<name>"
    kind = value.get("type") if isinstance(value, dict) else None
    return f"<{kind}>" if isinstance(kind, str) else None


Paginator = Annotated[
    Annotated[PaginatorName, Tag("<name>")]
    | Annotated[Auto, Tag("<auto>")]
    | Annotated[SinglePage, Tag("<single_page>")]
    | Annotated[JsonLink, Tag("<json_link>")]
    | Annotated[JsonLink, Tag("<json_response>")]
    | Annotated[HeaderLink, Tag("<header_link>")]
    | Annotated[HeaderCursor, Tag("<header_cursor>")]
    | Annotated[JsonResponseCursor, Tag("<cursor>")]
    | Annotated[Offset, Tag("<offset>")]
    | Annotated[PageNumber, Tag("<page_number>")],
    Discriminator(_tag),
    Choice(
        expected="an object with a type or the name of a paginator",
        key="type",
        allowed=tuple(PAGINATORS),
    ),
]

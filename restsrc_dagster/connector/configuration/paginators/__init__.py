"""How the next page is found: dlt's paginators, as a name or as an object with options.

To add a kind is a file beside this one with its options and its `PaginatorKind`, a line in
`PAGINATORS` here, and one in `extract.paging.kinds`.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, WithJsonSchema

from restsrc_dagster.connector.configuration.kind import chosen_by_type
from restsrc_dagster.connector.configuration.paginators.auto import AUTO
from restsrc_dagster.connector.configuration.paginators.cursor import CURSOR
from restsrc_dagster.connector.configuration.paginators.header_cursor import HEADER_CURSOR
from restsrc_dagster.connector.configuration.paginators.header_link import HEADER_LINK
from restsrc_dagster.connector.configuration.paginators.json_link import JSON_LINK
from restsrc_dagster.connector.configuration.paginators.kind import PaginatorKind
from restsrc_dagster.connector.configuration.paginators.offset import OFFSET
from restsrc_dagster.connector.configuration.paginators.page_number import PAGE_NUMBER
from restsrc_dagster.connector.configuration.paginators.single_page import SINGLE_PAGE
from restsrc_dagster.connector.configuration.part import Part, config_error

__all__ = ["PAGINATORS", "REGISTERED", "Paginator", "PaginatorKind", "paginator_kind"]

PAGINATORS: Mapping[str, PaginatorKind] = {
    name: kind
    for kind in (
        AUTO,
        SINGLE_PAGE,
        JSON_LINK,
        HEADER_LINK,
        HEADER_CURSOR,
        CURSOR,
        OFFSET,
        PAGE_NUMBER,
    )
    for name in kind.names
}
"""Every kind of dlt, by what `type` says; the order is that of the messages."""


class _AnyOptions(Part):
    """Whatever its class takes."""

    type: str


REGISTERED = PaginatorKind(model=_AnyOptions, next_page="linked")
"""What is known of a kind that a person has registered: its pages are read one after the other."""


def paginator_kind(written: str | Mapping[str, Any]) -> PaginatorKind:
    """The kind of a paginator, as a file names it."""
    name = written if isinstance(written, str) else str(written["type"])
    return PAGINATORS.get(name, REGISTERED)


def _needs_no_option(name: str) -> str:
    if least := PAGINATORS[name].least:
        written = json.dumps({"type": name, **least})
        raise config_error(f"needs a {', a '.join(least)}; write {written}")
    return name


if TYPE_CHECKING:
    PaginatorName = str
    Paginator = str | Part
else:
    PaginatorName = Annotated[
        Literal[tuple(PAGINATORS)],
        AfterValidator(_needs_no_option),
        WithJsonSchema({"enum": [name for name, kind in PAGINATORS.items() if not kind.least]}),
    ]
    Paginator = chosen_by_type(
        {name: kind.model for name, kind in PAGINATORS.items()},
        "register_paginator",
        expected="an object with a type or the name of a paginator",
        as_name=PaginatorName,
    )

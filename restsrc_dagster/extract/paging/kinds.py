"""The class that reads each kind of paginator, and of which kind one is that reads.

A kind of the connector's table has a line here under its name. A class that a person has registered
with dlt is of the kind that it derives from.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from dlt.sources.helpers.rest_client import paginators as dlts
from dlt.sources.helpers.rest_client.paginators import BasePaginator, RangePaginator

from restsrc_dagster.connector.configuration.paginators import (
    PAGINATORS,
    REGISTERED,
    PaginatorKind,
    paginator_kind,
)
from restsrc_dagster.dlt_compat.rest_api import get_paginator_class
from restsrc_dagster.errors import RestsrcError
from restsrc_dagster.extract.paging import paginators as ours


@dataclass(frozen=True)
class PaginatorClass:
    """By what a kind is read.

    Attributes:
        of_dlt: what dlt guesses, or makes of a configuration.
        reads: what reads instead; dlt's own where nothing is missing.
        written_down: by option, the attribute of a guessed one that a person should write down.
    """

    of_dlt: type[BasePaginator]
    reads: type[BasePaginator]
    written_down: Mapping[str, str] = field(default_factory=dict)


_JSON_LINK = PaginatorClass(
    dlts.JSONLinkPaginator, ours.JSONLinkPaginator, {"next_url_path": "next_url_path"}
)
CLASSES: Mapping[str, PaginatorClass | None] = {
    "auto": None,
    "single_page": PaginatorClass(dlts.SinglePagePaginator, dlts.SinglePagePaginator),
    "json_link": _JSON_LINK,
    "json_response": _JSON_LINK,
    "header_link": PaginatorClass(
        dlts.HeaderLinkPaginator, ours.HeaderLinkPaginator, {"links_next_key": "links_next_key"}
    ),
    "header_cursor": PaginatorClass(
        dlts.HeaderCursorPaginator, ours.HeaderCursorPaginator, {"cursor_key": "cursor_key"}
    ),
    "cursor": PaginatorClass(
        dlts.JSONResponseCursorPaginator,
        ours.JSONResponseCursorPaginator,
        {"cursor_path": "cursor_path", "cursor_param": "cursor_param"},
    ),
    "offset": PaginatorClass(
        dlts.OffsetPaginator, ours.OffsetPaginator, {"limit": "limit", "total_path": "total_path"}
    ),
    "page_number": PaginatorClass(
        dlts.PageNumberPaginator,
        ours.PageNumberPaginator,
        {"base_page": "base_index", "total_path": "total_path", "page_param": "param_name"},
    ),
}
_NAMES: dict[type, str] = {}
for _name, _class in CLASSES.items():
    if _class is not None:
        _NAMES.setdefault(_class.of_dlt, _name)
        _NAMES.setdefault(_class.reads, _name)


def kind_of(paginator: BasePaginator) -> PaginatorKind:
    """The kind that a paginator is of, or is derived from."""
    known = (_NAMES[one] for one in type(paginator).__mro__ if one in _NAMES)
    return PAGINATORS.get(next(known, ""), REGISTERED)


def is_counted(paginator: BasePaginator) -> TypeGuard[RangePaginator]:
    """Whether pages have numbers."""
    return isinstance(paginator, RangePaginator)


def counts_pages(paginator: BasePaginator) -> TypeGuard[dlts.PageNumberPaginator]:
    """Whether a number is that of a page; else it may be that of a record."""
    return kind_of(paginator).next_page == "page number"


def counts_from_zero(paginator: BasePaginator) -> bool:
    """Whether the first page is number 0."""
    return counts_pages(paginator) and paginator.base_index == 0


def is_single(paginator: BasePaginator) -> bool:
    """Whether there is no further page, whatever comes."""
    return kind_of(paginator).next_page == "none"


def is_registered(paginator: BasePaginator) -> bool:
    """Whether its class is a person's own, of which nothing else is known."""
    return type(paginator) not in _NAMES


def is_guessed(paginator: BasePaginator) -> bool:
    """Whether dlt has made it, of an answer: what is configured is read by a class of ours."""
    name = _NAMES.get(type(paginator))
    read_by = CLASSES[name] if name else None
    return read_by is not None and type(paginator) is not read_by.reads


def made_of(configured: Any) -> Any:
    """The paginator that a configuration names; what dlt has to guess stays as it is.

    Raises:
        RestsrcError: a registered class does not take what it is given.
    """
    if configured is None:
        return None
    options = dict(configured) if isinstance(configured, dict) else {"type": configured}
    name = options.pop("type")
    if paginator_kind(name) is REGISTERED:
        try:
            return get_paginator_class(name)(**options)
        except Exception as error:  # of the class, in its words
            raise RestsrcError(f"the paginator {name}: {error}") from None
    read_by = CLASSES[name]
    return name if read_by is None else read_by.reads(**options)


def as_written(paginator: BasePaginator) -> dict[str, Any]:
    """A paginator that dlt has found, as a configuration names it."""
    name = _NAMES[type(paginator)]
    read_by = CLASSES[name]
    assert read_by is not None  # noqa: S101 - for the type checker
    written_down = {
        option: getattr(paginator, attribute) for option, attribute in read_by.written_down.items()
    }
    return {"type": name} | {
        option: str(value) if option.endswith("_path") and value else value
        for option, value in written_down.items()
    }

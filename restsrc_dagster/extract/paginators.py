"""dlt's paginators, which end where there is no next page, and say what an answer lacks.

dlt goes on after a next link or cursor that is `""`, `false` or `0`, and crashes or begins anew;
and where an API gives the same cursor again with an empty page, it asks for ever.
"""

from collections.abc import Callable, Mapping
from typing import Any

import requests
from dlt.sources.helpers.rest_client import paginators as dlt_paginators
from dlt.sources.helpers.rest_client.paginators import (
    BasePaginator,
    BaseReferencePaginator,
    RangePaginator,
)

from restsrc_dagster.errors import ReadError

SHOWN = 6


class _EndsOnNothing(BaseReferencePaginator):
    def update_state(self, response: requests.Response, data: list[Any] | None = None) -> None:
        """Take the next reference from `response`; a falsy one is the end."""
        before = self._next_reference
        super().update_state(response, data)  # type: ignore[safe-super]
        after = self._next_reference
        if not after or (after == before and not data):
            self._next_reference = None


class HeaderLinkPaginator(_EndsOnNothing, dlt_paginators.HeaderLinkPaginator):
    """dlt's, ending on nothing."""


class JSONLinkPaginator(_EndsOnNothing, dlt_paginators.JSONLinkPaginator):
    """dlt's, ending on nothing."""


class JSONResponseCursorPaginator(_EndsOnNothing, dlt_paginators.JSONResponseCursorPaginator):
    """dlt's, ending on nothing."""


class HeaderCursorPaginator(_EndsOnNothing, dlt_paginators.HeaderCursorPaginator):
    """dlt's, ending on nothing."""


class _SaysWhatItMisses(RangePaginator):
    """dlt repeats the whole answer, which is somebody's data."""

    def _handle_missing_total(self, response_json: Any) -> None:
        raise ReadError(_missing("total_path", self.total_path, response_json))

    def _handle_invalid_total(self, total: Any) -> None:  # noqa: ARG002 - dlt's signature
        raise ReadError(f"total_path {str(self.total_path)!r} leads to no number")

    def _handle_missing_has_more(self, response_json: Any) -> None:
        raise ReadError(_missing("has_more_path", self.has_more_path, response_json))

    def _handle_invalid_has_more(self, has_more: Any) -> None:  # noqa: ARG002 - as above
        raise ReadError(f"has_more_path {str(self.has_more_path)!r} leads to no true or false")


class PageNumberPaginator(_SaysWhatItMisses, dlt_paginators.PageNumberPaginator):
    """dlt's, in other words."""


class OffsetPaginator(_SaysWhatItMisses, dlt_paginators.OffsetPaginator):
    """dlt's, in other words."""


def _missing(option: str, path: Any, answer: Any) -> str:
    numbers = [
        f"{key}.{inner}" if inner else key
        for key, value in (answer.items() if isinstance(answer, dict) else ())
        for inner, number in (value.items() if isinstance(value, dict) else [("", value)])
        if isinstance(number, int)
    ]
    there = f"; it has {', '.join(numbers[:SHOWN])}" if numbers else ""
    return (
        f"nothing is at the paginator's {option}, {str(path)!r}, of the answer{there}. Correct it, "
        "set it to null, or, if this list has no pages, give its endpoint the paginator single_page"
    )


_BY_TYPE: Mapping[str, Callable[..., BasePaginator]] = {
    "header_link": HeaderLinkPaginator,
    "header_cursor": HeaderCursorPaginator,
    "json_link": JSONLinkPaginator,
    "json_response": JSONLinkPaginator,
    "cursor": JSONResponseCursorPaginator,
    "page_number": PageNumberPaginator,
    "offset": OffsetPaginator,
}


def in_place_of(configured: Any) -> Any:
    """The paginator for what a configuration names; what needs none of ours stays as it is."""
    if isinstance(configured, str):
        configured = {"type": configured}
    if not isinstance(configured, dict) or configured.get("type") not in _BY_TYPE:
        return configured if configured != {"type": "auto"} else "auto"
    arguments = {key: value for key, value in configured.items() if key != "type"}
    return _BY_TYPE[configured["type"]](**arguments)


def as_written(paginator: BasePaginator) -> dict[str, Any]:
    """A paginator that dlt has found, as a configuration names it."""
    found = {
        key: str(value) if key.endswith("_path") else value
        for key in ("next_url_path", "links_next_key", "cursor_path", "cursor_key")
        if (value := getattr(paginator, key, None)) is not None
    }
    if isinstance(paginator, RangePaginator):
        found["total_path"] = str(paginator.total_path) if paginator.total_path else None
    if isinstance(paginator, dlt_paginators.PageNumberPaginator):
        return {"type": "page_number", "base_page": paginator.base_index, **found}
    if isinstance(paginator, dlt_paginators.OffsetPaginator):
        return {"type": "offset", "limit": paginator.limit, **found}
    kinds = {"JSONLink": "json_link", "HeaderLink": "header_link", "HeaderCursor": "header_cursor"}
    kinds |= {"JSONResponseCursor": "cursor", "SinglePage": "single_page"}
    return {"type": kinds[type(paginator).__name__.removesuffix("Paginator")], **found}

"""dlt's paginators, which end where there is no next page.

dlt goes on after a next link or cursor that is `""`, `false` or `0`, and crashes or begins anew;
and where an API gives the same cursor again with an empty page, it asks for ever.
"""

from collections.abc import Callable, Mapping
from typing import Any

import requests
from dlt.sources.helpers.rest_client import paginators as dlt_paginators
from dlt.sources.helpers.rest_client.paginators import BasePaginator, BaseReferencePaginator


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


_BY_TYPE: Mapping[str, Callable[..., BasePaginator]] = {
    "header_link": HeaderLinkPaginator,
    "header_cursor": HeaderCursorPaginator,
    "json_link": JSONLinkPaginator,
    "json_response": JSONLinkPaginator,
    "cursor": JSONResponseCursorPaginator,
}


def in_place_of(configured: Any) -> Any:
    """The paginator for what a configuration names; what needs none of ours stays as it is."""
    if isinstance(configured, str):
        configured = {"type": configured}
    if not isinstance(configured, dict) or configured.get("type") not in _BY_TYPE:
        return configured if configured != {"type": "auto"} else "auto"
    arguments = {key: value for key, value in configured.items() if key != "type"}
    return _BY_TYPE[configured["type"]](**arguments)

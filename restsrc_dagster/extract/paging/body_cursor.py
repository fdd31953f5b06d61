"""A cursor that goes into the JSON body of a request, within lists, too."""

from typing import Any

import requests
from dlt.sources.helpers.rest_client import paginators as dlt_paginators

from restsrc_dagster.dlt_compat.paginators import ReferencePaginator
from restsrc_dagster.errors import ReadError


class BodyCursorPaginator(ReferencePaginator, dlt_paginators.JSONResponseCursorPaginator):
    """dlt's, which knows names alone: a number in `filters.0.value` is an item of a list.

    HubSpot's searches need that: they go on behind the last id, which is the value of a filter.
    """

    def update_request(self, request: requests.Request) -> None:
        """Put the cursor where it belongs; raises ReadError where a list has no such item."""
        path = self.cursor_body_path
        if not path or request.json is None or not any(map(str.isdecimal, path.split("."))):
            super().update_request(request)
            return
        *way, last = path.split(".")
        place: Any = request.json
        for part in way:
            key = _key(place, part, path)
            place = place.setdefault(key, {}) if isinstance(place, dict) else place[key]
        place[_key(place, last, path)] = self.next_reference


def _key(place: Any, part: str, path: str) -> str | int:
    """What a part of the path is in an object or a list of the body."""
    if isinstance(place, dict):
        return part
    if isinstance(place, list) and part.isdecimal() and int(part) < len(place):
        return int(part)
    what = f"a list of {len(place)} items" if isinstance(place, list) else "no object or list"
    raise ReadError(f"cursor_body_path {path!r} names {part!r} in {what} of the request's json")

"""What a standard says of a list, where a request shows by which it is answered: OData, SCIM,
JSON:API, HAL."""

import re
from dataclasses import dataclass, field
from typing import Any

_OF_ODATA = frozenset({"$top", "$skip", "$filter", "$select", "$count", "$orderby", "$expand"})
_ANY_TYPE = re.compile(r"\*/\*|application/json\s*$|text/", re.IGNORECASE)
SCIM_SIZE = 100


@dataclass
class Standard:
    """What comes into a resource.

    Attributes:
        endpoint: keys of its endpoint.
        primary_key: what tells its records apart; None where the standard leaves it open.
        notes: one line each.
    """

    endpoint: dict[str, Any] = field(default_factory=dict)
    primary_key: str | None = None
    notes: list[str] = field(default_factory=list)


def is_any_type(accept: str) -> bool:
    """Whether a header `Accept` asks for nothing but JSON: what it would get without it."""
    return bool(_ANY_TYPE.search(accept))


def standard_of(path: str, params: dict[str, Any], accept: str) -> Standard:
    """That of a request; empty if it shows none.

    Args:
        path: of its address.
        params: those of its query; who asks for pages is taken out.
        accept: the header.
    """
    if "vnd.api+json" in accept:
        link = {"type": "json_link", "next_url_path": "links.next"}
        return Standard({"data_selector": "data", "paginator": link}, "id")
    if "hal+json" in accept:
        link = {"type": "json_link", "next_url_path": "_links.next.href"}
        return Standard({"paginator": link})
    if "scim+json" in accept or re.search(r"/scim(/|$)", path, re.IGNORECASE):
        return Standard({"data_selector": "Resources", "paginator": _of_scim(params)}, "id")
    if "odata" in accept or not _OF_ODATA.isdisjoint(params):
        return _of_odata(params)
    return Standard()


def _of_scim(params: dict[str, Any]) -> dict[str, Any]:
    """The first record is number 1; a total would end the list one record too early."""
    params.pop("startIndex", None)
    size = str(params.pop("count", ""))
    return {
        "type": "offset",
        "limit": int(size) if size.isdecimal() and int(size) else SCIM_SIZE,
        "offset": 1,
        "offset_param": "startIndex",
        "limit_param": "count",
        "total_path": None,
    }


def _of_odata(params: dict[str, Any]) -> Standard:
    """Pages of the service's own, unless the request counts them."""
    top, notes = str(params.pop("$top", "")), []
    if params.pop("$skip", None) is not None:
        is_counted = params.get("$count") == "true"
        paginator = {
            "type": "offset",
            "limit": int(top) if top.isdecimal() and int(top) else 100,
            "offset_param": "$skip",
            "limit_param": "$top",
            "total_path": "['@odata.count']" if is_counted else None,
        }
    else:
        paginator = {"type": "json_link", "next_url_path": "['@odata.nextLink']"}
        if top:
            notes.append(
                f"$top={top} is left out: by OData it is the most records of the whole list. How "
                'many a page has is asked for by the header "Prefer": "odata.maxpagesize=…"'
            )
    return Standard({"data_selector": "value", "paginator": paginator}, notes=notes)

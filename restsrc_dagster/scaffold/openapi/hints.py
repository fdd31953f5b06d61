"""How pages follow, where a document says it in words of its own: extensions, and descriptions."""

import re
from collections.abc import Mapping
from typing import Any

from restsrc_dagster.scaffold.openapi.operation import Operation
from restsrc_dagster.scaffold.openapi.page_size import ASSUMED
from restsrc_dagster.scaffold.openapi.parse import mapping, sequence
from restsrc_dagster.scaffold.words import jsonpath

SPEAKEASY, AUTOREST = "x-speakeasy-pagination", "x-ms-pageable"
_LINK_HEADER = re.compile(
    r"`?\blink`? (?:response |http )?header|\blink: <|header[^.]{0,20}`link`", re.IGNORECASE
)


def told_link_header(operation: Operation) -> bool:
    """Whether the description speaks of the header `Link`."""
    return _LINK_HEADER.search(operation.told) is not None


def hinted(operation: Operation) -> tuple[dict[str, Any], set[str]] | None:
    """(the paginator that an extension means, the parameters that it fills in)."""
    if AUTOREST in operation.extensions:
        return _autorest(mapping(operation.extensions[AUTOREST])), set()
    if SPEAKEASY in operation.extensions:
        return _speakeasy(mapping(operation.extensions[SPEAKEASY]), operation)
    return None


def _autorest(raw: Mapping[str, Any]) -> dict[str, Any]:
    """`nextLinkName` null says that there is one page."""
    name = raw.get("nextLinkName", "nextLink")
    if name is None:
        return {"type": "single_page"}
    return {"type": "json_link", "next_url_path": jsonpath((str(name),))}


def _speakeasy(
    raw: Mapping[str, Any], operation: Operation
) -> tuple[dict[str, Any], set[str]] | None:
    outputs = {key: _path(value) for key, value in mapping(raw.get("outputs")).items()}
    inputs = {str(one.get("type")): one for one in map(mapping, sequence(raw.get("inputs")))}
    names = {kind: str(one.get("name")) for kind, one in inputs.items()}
    match raw.get("type"):
        case "url" if "nextUrl" in outputs:
            return {"type": "json_link", "next_url_path": outputs["nextUrl"]}, set()
        case "cursor" if "nextCursor" in outputs and "cursor" in names:
            in_body = inputs["cursor"].get("in") == "requestBody"
            key = "cursor_body_path" if in_body else "cursor_param"
            paginator = {"type": "cursor", "cursor_path": outputs["nextCursor"]}
            return {**paginator, key: names["cursor"]}, {names["cursor"]}
        case "offsetLimit" if "page" in names:
            return _numbered(names, outputs, in_body=_in_body(inputs["page"]))
        case "offsetLimit" if "offset" in names:
            return _offset(names, operation, in_body=_in_body(inputs["offset"]))
    return None


def _numbered(
    names: Mapping[str, str], outputs: Mapping[str, str], *, in_body: bool
) -> tuple[dict[str, Any], set[str]]:
    where = "page_body_path" if in_body else "page_param"
    counted = {"base_page": 1, where: names["page"], "total_path": outputs.get("numPages")}
    return {"type": "page_number", **counted}, {names["page"]}


def _offset(
    names: Mapping[str, str], operation: Operation, *, in_body: bool
) -> tuple[dict[str, Any], set[str]]:
    where = "body_path" if in_body else "param"
    paginator: dict[str, Any] = {"type": "offset", "limit": _limit(names.get("limit"), operation)}
    paginator |= {f"{part}_{where}": names[part] for part in ("offset", "limit") if part in names}
    return {**paginator, "total_path": None}, set(names.values())


def _limit(name: str | None, operation: Operation) -> int:
    for item in operation.fields:
        if item.name == name:
            known = item.schema.keywords
            most = known.get("maximum", known.get("default"))
            return int(most) if isinstance(most, int) and most > 0 else ASSUMED
    return ASSUMED


def _in_body(raw: Mapping[str, Any]) -> bool:
    return raw.get("in") == "requestBody"


def _path(path: Any) -> str:
    """`$.data.next` as dlt's paths are written."""
    return str(path).removeprefix("$").removeprefix(".")

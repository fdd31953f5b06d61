"""Stand-ins for APIs that wrap their records as a standard says: more records than a page has.

Each answers what it is asked for, and refuses what its standard does not know.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from restsrc_dagster_tests.support.api import Answer, Api, Asked

COUNT, SIZE = 5, 2


@dataclass(frozen=True)
class StandIn:
    """One of them.

    Attributes:
        path: of its list.
        answer: to a request, by the API's address and what was asked.
        key: the columns that tell its rows apart.
        cursor_path: the time of a change, as a file names it; `cursor` is its column.
        columns: of a row, without dlt's own.
        options: of the curl command, beside the address.
        query: of the command.
        filters: the param by which the standard asks for changes, and its value.
    """

    path: str
    answer: Callable[[str, Asked], Any]
    key: str
    cursor_path: str
    cursor: str
    columns: frozenset[str]
    options: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    filters: tuple[str, str] | None = None

    @property
    def may_be_bare(self) -> bool:
        """Whether there is a command, too, that shows nothing of the standard."""
        return " -d " not in self.options

    def served(self, api: Api) -> None:
        """Let it answer."""
        api.routes[self.path] = lambda asked: self.answer(api.url, asked)

    def curl(self, api: Api, *, bare: bool) -> str:
        """As a person copies it; `bare` is without anything that shows the standard."""
        if bare:
            return f"curl {api.url}{self.path}"
        query = f"?{urlencode(self.query, safe='$[]')}" if self.query else ""
        return f"curl '{api.url}{self.path}{query}' {self.options}".strip()


def changed(number: int) -> str:
    return f"2026-01-0{number}T00:00:00Z"


def since(number: int, start: str | None) -> bool:
    return start is None or changed(number) >= start


def json_api(url: str, asked: Asked) -> Any:
    """https://jsonapi.org/format/1.1, with pages by number; 406 to who wants plain JSON."""
    if not any(one in asked.headers["Accept"] for one in ("*/*", "application/vnd.api+json")):
        return Answer({"errors": [{"status": "406"}]}, status=406)
    page = int(asked.params.get("page[number]", 1))
    numbers = range(1, COUNT + 1)[SIZE * (page - 1) :][:SIZE]
    last = SIZE * page >= COUNT
    following = f"{url}{asked.path}?page%5Bnumber%5D={page + 1}&page%5Bsize%5D={SIZE}"
    return {
        "jsonapi": {"version": "1.1"},
        "data": [
            {
                "type": "visits",
                "id": str(number),
                "attributes": {"title": f"t{number}", "updated_at": changed(number)},
                "relationships": {"owner": {"data": {"type": "people", "id": f"p{number}"}}},
                "links": {"self": f"{url}/visits/{number}"},
            }
            for number in numbers
        ],
        "links": {"self": f"{url}{asked.path}", "next": None if last else following},
        "meta": {"total": COUNT},
    }


def graph(url: str, asked: Asked) -> Any:
    """Microsoft Graph: pages of its own, told by `@odata.nextLink`."""
    at = int(asked.params.get("$skiptoken", "s0")[1:])
    numbers = [*_filtered(asked)][at : at + SIZE]
    more = at + SIZE < len([*_filtered(asked)])
    query = {name: value for name, value in asked.params.items() if name != "$skiptoken"}
    following = f"{url}{asked.path}?{urlencode({**query, '$skiptoken': f's{at + SIZE}'})}"
    return {
        "@odata.context": f"{url}/v1.0/$metadata#users",
        **({"@odata.nextLink": following} if more else {}),
        "value": [
            {
                "@odata.id": f"{url}/v1.0/users('u-{number}')",
                "@odata.etag": f'W/"{number}"',
                "userId": f"u-{number}",
                "displayName": f"n{number}",
                "mail@odata.type": "#String",
                "lastModifiedDateTime": changed(number),
            }
            for number in numbers
        ],
    }


def odata(_: str, asked: Asked) -> Any:
    """A service that gives as many as `$top` says, which may be all; keys of two fields."""
    if unknown := {name for name in asked.params if name.startswith("$")} - {
        *("$top", "$skip", "$filter", "$count", "$orderby")
    }:
        return Answer({"error": {"message": f"unknown query option {unknown}"}}, status=400)
    top, skip = int(asked.params.get("$top", COUNT)), int(asked.params.get("$skip", 0))
    numbers = [*_filtered(asked)]
    return {
        "@odata.context": "$metadata#Lines",
        **({"@odata.count": len(numbers)} if asked.params.get("$count") == "true" else {}),
        "value": [
            {
                "@odata.id": f"Lines(OrderID={number // 2},ProductID={number})",
                "OrderID": number // 2,
                "ProductID": number,
                "modifiedon": changed(number),
            }
            for number in numbers[skip : skip + top]
        ],
    }


def _filtered(asked: Asked) -> list[int]:
    _, _, start = asked.params.get("$filter", "").partition(" ge ")
    return [number for number in range(1, COUNT + 1) if since(number, start or None)]


def hal(url: str, asked: Asked) -> Any:
    """Spring Data REST: records have no id but the address of `_links.self`."""
    page = int(asked.params.get("page", 0))
    numbers = range(1, COUNT + 1)[SIZE * page :][:SIZE]
    links = {"self": {"href": f"{url}{asked.path}?page={page}"}}
    if SIZE * (page + 1) < COUNT:
        links["next"] = {"href": f"{url}{asked.path}?page={page + 1}"}
    return {
        "_embedded": {
            "orders": [
                {
                    "title": f"t{number}",
                    "lastModifiedDate": changed(number),
                    "_links": {
                        "self": {"href": f"{url}/orders/{number}"},
                        "customer": {"href": f"{url}/orders/{number}/customer"},
                    },
                }
                for number in numbers
            ]
        },
        "_links": links,
        "page": {"size": SIZE, "totalElements": COUNT, "totalPages": 3, "number": page},
    }


def relay(_: str, asked: Asked) -> Any:
    """GraphQL connections."""
    at = int((asked.json.get("variables") or {}).get("after") or 0)
    numbers = range(1, COUNT + 1)[at : at + SIZE]
    return {
        "data": {
            "orders": {
                "edges": [
                    {"cursor": str(n), "node": {"id": f"o{n}", "updatedAt": changed(n)}}
                    for n in numbers
                ],
                "pageInfo": {"hasNextPage": at + SIZE < COUNT, "endCursor": str(at + SIZE)},
            }
        }
    }


def scim(url: str, asked: Asked) -> Any:
    """RFC 7644: the first record is number 1; where there is none at all, the list is left out."""
    start = max(1, int(asked.params.get("startIndex", 1)))
    size = min(SIZE, int(asked.params.get("count", SIZE)))
    _, _, given = asked.params.get("filter", "").partition(" ge ")
    found = [n for n in range(1, COUNT + 1) if since(n, given.strip('"') or None)]
    numbers = found[start - 1 : start - 1 + size]
    return {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": len(found),
        "startIndex": start,
        "itemsPerPage": len(numbers),
        **({"Resources": [_user(url, number) for number in numbers]} if found else {}),
    }


def _user(url: str, number: int) -> dict[str, Any]:
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": f"u{number}",
        "userName": f"n{number}",
        "meta": {
            "resourceType": "User",
            "created": "2025-01-01T00:00:00Z",
            "lastModified": changed(number),
            "location": f"{url}/directory/v2/Users/u{number}",
        },
    }


QUERY = (
    "query($after: String) {orders(first: 2, after: $after) "
    "{edges {cursor node {id updatedAt}} pageInfo {hasNextPage endCursor}}}"
)
STAND_INS: dict[str, StandIn] = {
    "JSON:API": StandIn(
        "/visits",
        json_api,
        key="id",
        cursor_path="updated_at",
        cursor="updated_at",
        columns=frozenset({"id", "title", "updated_at", "owner_id"}),
        options="-H 'Accept: application/vnd.api+json'",
    ),
    "Microsoft Graph": StandIn(
        "/v1.0/users",
        graph,
        key="user_id",
        cursor_path="lastModifiedDateTime",
        cursor="last_modified_date_time",
        columns=frozenset({"user_id", "display_name", "last_modified_date_time"}),
        query={"$top": "2"},
        filters=("$filter", "lastModifiedDateTime ge {incremental.start_value}"),
    ),
    "OData": StandIn(
        "/odata/Lines",
        odata,
        key="order_id, product_id",
        cursor_path="modifiedon",
        cursor="modifiedon",
        columns=frozenset({"order_id", "product_id", "modifiedon"}),
        query={"$top": "2", "$skip": "0", "$count": "true"},
        filters=("$filter", "modifiedon ge {incremental.start_value}"),
    ),
    "HAL": StandIn(
        "/orders",
        hal,
        key="id",
        cursor_path="lastModifiedDate",
        cursor="last_modified_date",
        columns=frozenset({"id", "title", "last_modified_date"}),
        options="-H 'Accept: application/hal+json'",
    ),
    "relay": StandIn(
        "/graphql",
        relay,
        key="id",
        cursor_path="updatedAt",
        cursor="updated_at",
        columns=frozenset({"id", "updated_at"}),
        options=f"-H 'Content-Type: application/json' -d '{json.dumps({'query': QUERY})}'",
    ),
    "SCIM": StandIn(
        "/directory/v2/Users",
        scim,
        key="id",
        cursor_path="meta.lastModified",
        cursor="meta__last_modified",
        columns=frozenset(
            {"id", "user_name", "meta__resource_type", "meta__created", "meta__location"}
            | {"meta__last_modified"}
        ),
        options="-H 'Accept: application/scim+json'",
        query={"startIndex": "1", "count": "2"},
        filters=("filter", 'meta.lastModified ge "{incremental.start_value}"'),
    ),
}

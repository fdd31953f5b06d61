"""What APIs answer to the first request of a list, as their documentation shows it.

Tokens and addresses are made up, and the records are as many as a test can count.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ROWS = [{"id": f"r{number}", "n": number} for number in range(100)]
SHORT = ROWS[:7]


@dataclass(frozen=True)
class ApiAnswer:
    """One answer, and what follows from it.

    Attributes:
        body: of the answer; `{url}` in a text stands for the API's address.
        selector: where the records are.
        paginator: the one that follows it; None where it cannot be known.
        guessed: its options that the answer does not tell.
        sign: what tells of more, in the words of a run; "" where a run goes on by itself, or where
            nothing tells of more.
        params: of the request, and `json` its body.
    """

    body: Any
    selector: str
    paginator: Any = None
    guessed: tuple[str, ...] = ()
    sign: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


def cursor(path: str, param: str, **options: Any) -> dict[str, Any]:
    return {"type": "cursor", "cursor_path": path, **options, "cursor_param": param}


def in_body(path: str, place: str, **options: Any) -> dict[str, Any]:
    return {"type": "cursor", "cursor_path": path, **options, "cursor_body_path": place}


def link(path: str) -> dict[str, Any]:
    return {"type": "json_link", "next_url_path": path}


def pages(base: int, total: str | None, param: str = "page", **options: Any) -> dict[str, Any]:
    numbered = {"type": "page_number", "base_page": base, "total_path": total}
    return numbered | options | {"page_param": param}


def offset(limit: int, total: str | None, names: tuple[str, str], **options: Any) -> dict[str, Any]:
    begun = {"offset": options.pop("offset")} if "offset" in options else {}
    return {
        "type": "offset",
        "limit": limit,
        **begun,
        "total_path": total,
        **options,
        "offset_param": names[0],
        "limit_param": names[1],
    }


PARAM, BODY = ("cursor_param",), ("cursor_body_path",)
RELAY = "query($cursor: String) {{ users(first: 100, after: $cursor) {{ edges {{ node }} }} }}"
"""In a connector file, braces are written twice."""
INFO = {"hasNextPage": True, "endCursor": "Y3Vyc29yOjEwMA=="}

# fmt: off
LONGER: dict[str, ApiAnswer] = {
    "HubSpot": ApiAnswer(
        {
            "results": ROWS,
            "paging": {"next": {"after": "100", "link": "{url}/items?limit=100&after=100"}},
        },
        "results",
        link("paging.next.link"),
        sign="key 'next'",
        params={"limit": 100},
    ),
    "HubSpot without a link": ApiAnswer(
        {"results": ROWS, "paging": {"next": {"after": "100"}}},
        "results",
        cursor("paging.next.after", "after"),
        PARAM,
        sign="key 'next'",
    ),
    "HubSpot, whose token is the size of the page": ApiAnswer(
        {"results": ROWS, "paging": {"next": {"after": "100"}}},
        "results",
        cursor("paging.next.after", "after"),
        PARAM,
        sign="key 'next'",
        params={"limit": 100},
    ),
    "HubSpot search": ApiAnswer(
        {"total": 250, "results": ROWS, "paging": {"next": {"after": "100"}}},
        "results",
        in_body("paging.next.after", "after"),
        BODY,
        sign="key 'next'",
        json={"limit": 100},
    ),
    "Asana": ApiAnswer(
        {
            "data": ROWS,
            "next_page": {
                "offset": "eyJ0eXAiOiJKV1Qi",
                "path": "/tasks?limit=100&offset=eyJ0eXAiOiJKV1Qi",
                "uri": "{url}/tasks?limit=100&offset=eyJ0eXAiOiJKV1Qi",
            },
        },
        "data",
        link("next_page.uri"),
        sign="key 'next_page'",
        params={"limit": 100},
    ),
    "Airtable": ApiAnswer(
        {"records": ROWS, "offset": "itrcFCi0I8Kd5PqdH/rec7Gf9kv9hQ0nhC7"},
        "records",
        cursor("offset", "offset"),
        PARAM,
        sign="key 'offset'",
    ),
    "Square": ApiAnswer(
        {"cursor": "CiRhOTY3", "customers": ROWS},
        "customers",
        cursor("cursor", "cursor"),
        PARAM,
        sign="key 'cursor'",
    ),
    "Reddit": ApiAnswer(
        {"kind": "Listing", "data": {"after": "t3_15bfi0", "before": None, "children": ROWS}},
        "data.children",
        cursor("data.after", "after"),
        PARAM,
        sign="key 'after'",
    ),
    "relay, edges": ApiAnswer(
        {"data": {"users": {"pageInfo": INFO, "edges": [{"node": row} for row in ROWS]}}},
        "data.users.edges[*].node",
        in_body(
            "data.users.pageInfo.endCursor",
            "variables.cursor",
            has_more_path="data.users.pageInfo.hasNextPage",
        ),
        sign="key 'hasNextPage', which is true",
        json={"query": RELAY, "variables": {"first": 100}},
    ),
    "relay, far down": ApiAnswer(
        {"data": {"org": {"team": {"repository": {"issues": {"nodes": ROWS, "pageInfo": INFO}}}}}},
        "data.org.team.repository.issues.nodes",
        in_body(
            "data.org.team.repository.issues.pageInfo.endCursor",
            "variables.after",
            has_more_path="data.org.team.repository.issues.pageInfo.hasNextPage",
        ),
        BODY,
        sign="key 'hasNextPage', which is true",
        json={"query": "{{ org {{ team }} }}"},
    ),
    "Algolia": ApiAnswer(
        {"hits": ROWS, "nbHits": 250, "page": 0, "nbPages": 3, "hitsPerPage": 100},
        "hits",
        pages(0, "nbPages"),
        ("page_param",),
        sign="key 'nbPages', which is 3",
    ),
    "Xero": ApiAnswer(
        {
            "pagination": {"page": 1, "pageSize": 100, "pageCount": 3, "itemCount": 250},
            "Invoices": ROWS,
        },
        "Invoices",
        pages(1, "pagination.pageCount"),
        ("page_param",),
        sign="key 'pageCount', which is 3",
    ),
    "Laravel": ApiAnswer(
        {"data": ROWS, "current_page": 1, "last_page": 3, "per_page": 100, "total": 250},
        "data",
        pages(1, "last_page"),
        ("page_param",),
        sign="key 'last_page', which is 3",
    ),
    "Laravel, whose link forgets the filter": ApiAnswer(
        {
            "data": ROWS, "current_page": 1, "last_page": 3, "per_page": 100, "total": 250,
            "next_page_url": "{url}/items?page=2",
        },
        "data",
        pages(1, "last_page"),
        ("page_param",),
        params={"status": "open"},
    ),
    "ClickUp": ApiAnswer(
        {"tasks": ROWS, "last_page": False},
        "tasks",
        pages(0, None),
        ("base_page", "page_param"),
        sign="key 'last_page', which is false",
    ),
    "ClickUp, asked for page 0": ApiAnswer(
        {"tasks": ROWS, "last_page": False},
        "tasks",
        pages(0, None),
        sign="key 'last_page', which is false",
        params={"page": 0},
    ),
    "DynamoDB": ApiAnswer(
        {"Items": ROWS, "Count": 100, "LastEvaluatedKey": {"id": {"N": "99"}}},
        "Items",
        in_body("LastEvaluatedKey", "ExclusiveStartKey"),
        BODY,
        sign="key 'LastEvaluatedKey'",
        json={"TableName": "things"},
    ),
    "Salesforce": ApiAnswer(
        {
            "totalSize": 250, "done": False, "records": ROWS,
            "nextRecordsUrl": "/services/data/v58.0/query/01gD0000002HU6KIAW-100",
        },
        "records",
        link("nextRecordsUrl"),
    ),
    "Pipedrive": ApiAnswer(
        {
            "success": True,
            "data": ROWS,
            "additional_data": {
                "pagination": {
                    "start": 0, "limit": 100, "more_items_in_collection": True,
                    "next_start": 100,
                }
            },
        },
        "data",
        cursor("additional_data.pagination.next_start", "start"),
        PARAM,
    ),
    "Pipedrive, version 2": ApiAnswer(
        {"success": True, "data": ROWS, "additional_data": {"next_cursor": "eyJmaWVsZCI6ImlkIn0"}},
        "data",
        cursor("additional_data.next_cursor", "cursor"),
        PARAM,
    ),
    "Zendesk, cursor": ApiAnswer(
        {
            "users": ROWS,
            "meta": {"has_more": True, "after_cursor": "xxx", "before_cursor": "yyy"},
            "links": {"next": "{url}/users.json?page%5Bsize%5D=100&page%5Bafter%5D=xxx"},
        },
        "users",
        link("links.next"),
        params={"page[size]": 100},
    ),
    "Zendesk, cursor without a link": ApiAnswer(
        {"users": ROWS, "meta": {"has_more": True, "after_cursor": "xxx"}},
        "users",
        cursor("meta.after_cursor", "page[after]", has_more_path="meta.has_more"),
        PARAM,
        sign="key 'has_more', which is true",
    ),
    "Zendesk, offset": ApiAnswer(
        {"users": ROWS, "next_page": "{url}/users.json?page=2", "count": 250},
        "users",
        link("next_page"),
    ),
    "MediaWiki": ApiAnswer(
        {"continue": {"cmcontinue": "page|4|5", "continue": "-||"}, "query": {"members": ROWS}},
        "query.members",
        cursor("continue.cmcontinue", "cmcontinue"),
        sign="key 'continue'",
    ),
    "GBIF": ApiAnswer(
        {"offset": 0, "limit": 100, "endOfRecords": False, "count": 250, "results": ROWS},
        "results",
        offset(100, "count", ("offset", "limit")),
        ("offset_param", "limit_param"),
        sign="key 'endOfRecords', which is false",
    ),
    "Elasticsearch": ApiAnswer(
        {
            "_shards": {"total": 5, "successful": 5},
            "hits": {
                "total": {"value": 250, "relation": "eq"},
                "hits": [{"_source": row} for row in ROWS],
            },
        },
        "hits.hits[*]._source",
        {
            "type": "offset", "limit": 100, "total_path": "hits.total.value",
            "offset_body_path": "from", "limit_body_path": "size",
        },
        sign="250",
        json={"query": {"match_all": {}}, "size": 100},
    ),
    "Elasticsearch, which stopped counting": ApiAnswer(
        {
            "_shards": {"total": 5},
            "hits": {"total": {"value": 10000, "relation": "gte"}, "hits": ROWS},
        },
        "hits.hits",
        offset(100, None, ("from", "size")),
        sign="10000",
    ),
    "Elasticsearch, scroll": ApiAnswer(
        {
            "_scroll_id": "DXF1ZXJ5QW5kRmV0Y2gBAAAAAAAAAD4W",
            "_shards": {"total": 5},
            "hits": {"total": {"value": 250, "relation": "eq"}, "hits": ROWS},
        },
        "hits.hits",
        sign="250",
    ),
    "Solr": ApiAnswer(
        {"responseHeader": {"status": 0}, "response": {"numFound": 3471, "start": 0, "docs": ROWS}},
        "response.docs",
        offset(100, "response.numFound", ("start", "rows")),
        ("offset_param",),
        sign="3471",
        params={"q": "*:*", "rows": 100},
    ),
    "Stripe": ApiAnswer(
        {"object": "list", "url": "/v1/charges", "has_more": True, "data": ROWS},
        "data",
        cursor("data[-1].id", "starting_after", has_more_path="has_more"),
        sign="key 'has_more', which is true",
        params={"limit": 100},
    ),
    "OpenAI": ApiAnswer(
        {"object": "list", "data": ROWS, "first_id": "r0", "last_id": "r99", "has_more": True},
        "data",
        cursor("last_id", "after", has_more_path="has_more"),
        PARAM,
        sign="key 'has_more', which is true",
    ),
    "Anthropic": ApiAnswer(
        {"data": ROWS, "first_id": "r0", "last_id": "r99", "has_more": True},
        "data",
        cursor("last_id", "after_id", has_more_path="has_more"),
        PARAM,
        sign="key 'has_more', which is true",
    ),
    "Shopify": ApiAnswer(
        {"products": ROWS},
        "products",
        {"type": "header_link"},
        headers={"Link": '<{url}/products.json?page_info=hijgklmn&limit=100>; rel="next"'},
    ),
    "GitHub": ApiAnswer(
        ROWS,
        "$",
        {"type": "header_link"},
        headers={"Link": '<{url}/items?page=2>; rel="next", <{url}/items?page=5>; rel="last"'},
    ),
    "Freshdesk": ApiAnswer(
        ROWS,
        "$",
        {"type": "header_link"},
        headers={"Link": '<{url}/api/v2/tickets?page=2>;rel="next"'},
    ),
    "Greenhouse": ApiAnswer(
        ROWS,
        "$",
        {"type": "header_link"},
        headers={"Link": '<{url}/v1/candidates?page=2&per_page=100>; rel="next"'},
    ),
    "Sentry": ApiAnswer(
        ROWS,
        "$",
        {"type": "header_link"},
        headers={
            "Link": '<{url}/i/?cursor=0:0:1>; rel="previous"; results="false"; cursor="0:0:1", '
            '<{url}/i/?cursor=0:100:0>; rel="next"; results="true"; cursor="0:100:0"'
        },
    ),
    "Slack": ApiAnswer(
        {"ok": True, "members": ROWS, "response_metadata": {"next_cursor": "dXNlcjpVMEc5V0ZYTlo="}},
        "members",
        cursor("response_metadata.next_cursor", "cursor"),
        PARAM,
    ),
    "Notion": ApiAnswer(
        {
            "object": "list", "results": ROWS, "has_more": True, "type": "page_or_database",
            "next_cursor": "33e19cb9-751f-4993-b74d-234d67d0d534",
        },
        "results",
        in_body("next_cursor", "start_cursor"),
        BODY,
        json={"page_size": 100},
    ),
    "Google": ApiAnswer(
        {"kind": "drive#fileList", "nextPageToken": "~!!~AI9FV7Tc4k5BiAr1Ckwyu", "files": ROWS},
        "files",
        cursor("nextPageToken", "pageToken"),
        PARAM,
        params={"pageSize": 100},
    ),
    "Google Ads": ApiAnswer(
        {"results": ROWS, "nextPageToken": "CPii5aS87vf7rg", "fieldMask": "campaign.id"},
        "results",
        in_body("nextPageToken", "pageToken"),
        BODY,
        json={"query": "SELECT campaign.id FROM campaign"},
    ),
    "Microsoft Graph": ApiAnswer(
        {"@odata.nextLink": "{url}/v1.0/users?$skiptoken=RFNwdAIAAQAAAB", "value": ROWS},
        "value",
        link("['@odata.nextLink']"),
        sign="key '@odata.nextLink'",
    ),
    "OData with a count": ApiAnswer(
        {"@odata.count": 250, "value": ROWS},
        "value",
        sign="250",
    ),
    "Mailchimp": ApiAnswer(
        {"lists": ROWS, "total_items": 250, "_links": [{"rel": "self", "href": "https://a.b/l"}]},
        "lists",
        offset(100, "total_items", ("offset", "count")),
        ("offset_param",),
        sign="250",
        params={"count": 100},
    ),
    "Jira": ApiAnswer(
        {"startAt": 0, "maxResults": 100, "total": 250, "issues": ROWS},
        "issues",
        offset(100, "total", ("startAt", "maxResults")),
        ("offset_param", "limit_param"),
        sign="250",
    ),
    "Jira, version 3": ApiAnswer(
        {"issues": ROWS, "nextPageToken": "CAEaAggD", "isLast": False},
        "issues",
        cursor("nextPageToken", "nextPageToken"),
        PARAM,
    ),
    "Twilio": ApiAnswer(
        {
            "calls": ROWS, "page": 0, "page_size": 100, "start": 0, "end": 99,
            "next_page_uri": "/2010-04-01/Accounts/AC1/Calls.json?PageSize=100&Page=1&PageToken=P1",
        },
        "calls",
        link("next_page_uri"),
    ),
    "Intercom": ApiAnswer(
        {
            "type": "list", "data": ROWS, "total_count": 250,
            "pages": {
                "type": "pages", "page": 1, "per_page": 100, "total_pages": 3,
                "next": {"page": 2, "starting_after": "WzE2MzU4NjA2NDgwMDAsMl0="},
            },
        },
        "data",
        cursor("pages.next.starting_after", "starting_after"),
        PARAM,
    ),
    "Intercom search": ApiAnswer(
        {
            "type": "list", "data": ROWS, "total_count": 250,
            "pages": {"type": "pages", "next": {"page": 2, "starting_after": "WzE2MzU4NjA2ND"}},
        },
        "data",
        in_body("pages.next.starting_after", "pagination.starting_after"),
        BODY,
        sign="key 'next'",
        json={"query": {"field": "id"}, "pagination": {"per_page": 100}},
    ),
    "Intercom scroll": ApiAnswer(
        {"type": "list", "data": ROWS, "pages": None, "scroll_param": "25b649f7-4d33-4ef6"},
        "data",
        cursor("scroll_param", "scroll_param"),
        PARAM,
        sign="key 'scroll_param'",
    ),
    "Klaviyo": ApiAnswer(
        {
            "data": ROWS,
            "links": {"self": "{url}/items", "next": "{url}/items?page%5Bcursor%5D=bmV"},
        },
        "data",
        link("links.next"),
    ),
    "JSON:API": ApiAnswer(
        {"data": ROWS, "links": {"next": {"href": "{url}/items?page[number]=2"}}},
        "data",
        link("links.next.href"),
    ),
    "HAL": ApiAnswer(
        {
            "_embedded": {"orders": ROWS}, "total": 250, "page": 1,
            "_links": {"self": {"href": "/items"}, "next": {"href": "/items?page=2"}},
        },
        "_embedded.orders",
        link("_links.next.href"),
    ),
    "SCIM": ApiAnswer(
        {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": 250, "startIndex": 1, "itemsPerPage": 100, "Resources": ROWS,
        },
        "Resources",
        offset(100, None, ("startIndex", "count"), offset=1),
        ("offset_param",),
        sign="250",
        params={"count": 100},
    ),
    "Spring": ApiAnswer(
        {
            "content": ROWS, "totalPages": 3, "totalElements": 250, "last": False,
            "size": 100, "number": 0, "first": True, "numberOfElements": 100,
        },
        "content",
        pages(0, "totalPages"),
        ("page_param",),
    ),
    "Django REST": ApiAnswer(
        {"count": 250, "next": "{url}/items/?page=2", "previous": None, "results": ROWS},
        "results",
        link("next"),
    ),
    "Django REST, by offset": ApiAnswer(
        {"count": 250, "next": "{url}/items/?limit=100&offset=100", "results": ROWS},
        "results",
        link("next"),
        params={"limit": 100},
    ),
    "WordPress": ApiAnswer(
        ROWS,
        "$",
        {"type": "header_link"},
        headers={
            "X-WP-Total": "250", "X-WP-TotalPages": "3",
            "Link": '<{url}/wp-json/wp/v2/posts?page=2>; rel="next"',
        },
    ),
    "WordPress behind a proxy without Link": ApiAnswer(
        ROWS,
        "$",
        pages(1, None),
        ("page_param",),
        sign="header X-WP-TotalPages, which is 3",
        headers={"X-WP-Total": "250", "X-WP-TotalPages": "3"},
    ),
    "GitLab": ApiAnswer(
        ROWS,
        "$",
        {"type": "header_link"},
        headers={
            "X-Next-Page": "2", "X-Total-Pages": "3", "X-Page": "1",
            "Link": '<{url}/items?page=2>; rel="next"',
        },
    ),
    "GitLab, numbers only": ApiAnswer(
        ROWS,
        "$",
        {"type": "header_cursor", "cursor_key": "X-Next-Page", "cursor_param": "page"},
        PARAM,
        sign="header X-Next-Page",
        headers={"X-Next-Page": "2", "X-Total-Pages": "3", "X-Page": "1", "X-Total": "250"},
    ),
    "Azure DevOps": ApiAnswer(
        {"count": 100, "value": ROWS},
        "value",
        {
            "type": "header_cursor",
            "cursor_key": "x-ms-continuationtoken",
            "cursor_param": "continuationToken",
        },
        PARAM,
        sign="header x-ms-continuationtoken",
        headers={"x-ms-continuationtoken": "eyJ0b2tlbiI6"},
    ),
    "ASP.NET": ApiAnswer(
        ROWS,
        "$",
        pages(1, None),
        ("page_param",),
        sign="key 'HasNext', which is true",
        headers={
            "X-Pagination": '{"CurrentPage":1,"TotalPages":3,"TotalCount":250,"HasNext":true}'
        },
    ),
    "json-server": ApiAnswer(ROWS, "$", sign="250", headers={"X-Total-Count": "250"}),
    "PostgREST": ApiAnswer(ROWS, "$", sign="250", headers={"Content-Range": "0-99/250"}),
    "Chargebee": ApiAnswer(
        {"list": ROWS, "next_offset": '["1612890917000","230000057"]'},
        "list",
        cursor("next_offset", "offset"),
        PARAM,
    ),
    "Mailgun": ApiAnswer(
        {
            "items": ROWS,
            "paging": {"next": "{url}/v3/d/events/W3siY", "previous": "{url}/v3/d/events/W3siZ"},
        },
        "items",
        link("paging.next"),
    ),
    "Recharge": ApiAnswer(
        {"customers": ROWS, "next_cursor": "eyJzdGFydGluZ19iZWZvcmVfaWQ", "previous_cursor": None},
        "customers",
        cursor("next_cursor", "cursor"),
        PARAM,
    ),
    "AWS": ApiAnswer(
        {"Parameters": ROWS, "NextToken": "AAEAAbBpX8"},
        "Parameters",
        in_body("NextToken", "NextToken"),
        BODY,
        json={"MaxResults": 100},
    ),
    "Zoho": ApiAnswer(
        {"data": ROWS, "info": {"per_page": 100, "count": 100, "page": 1, "more_records": True}},
        "data",
        pages(1, None, has_more_path="info.more_records"),
        ("page_param",),
        sign="key 'more_records', which is true",
    ),
    "Harvest": ApiAnswer(
        {
            "clients": ROWS, "per_page": 100, "total_pages": 3, "total_entries": 250,
            "next_page": 2, "previous_page": None, "page": 1,
            "links": {"next": "{url}/v2/clients?page=2&per_page=100"},
        },
        "clients",
        link("links.next"),
    ),
    "a number as the next page": ApiAnswer(
        {"items": ROWS, "meta": {"next_page": 2}},
        "items",
        cursor("meta.next_page", "page"),
        PARAM,
    ),
    "PagerDuty": ApiAnswer(
        {"users": ROWS, "limit": 100, "offset": 0, "more": True, "total": None},
        "users",
        offset(100, None, ("offset", "limit"), has_more_path="more"),
        ("offset_param", "limit_param"),
        sign="key 'more', which is true",
    ),
    "Contentful": ApiAnswer(
        {"sys": {"type": "Array"}, "total": 250, "skip": 0, "limit": 100, "items": ROWS},
        "items",
        offset(100, "total", ("skip", "limit")),
        ("offset_param", "limit_param"),
        sign="250",
    ),
    "CouchDB": ApiAnswer(
        {"total_rows": 250, "offset": 0, "rows": ROWS},
        "rows",
        offset(100, "total_rows", ("skip", "limit")),
        ("offset_param",),
        sign="250",
        params={"limit": 100},
    ),
    "Confluence, whose link begins behind the path": ApiAnswer(
        {
            "results": ROWS, "start": 0, "limit": 100, "size": 100,
            "_links": {"next": "/items?limit=100&start=100", "base": "{url}/wiki"},
        },
        "results",
        link("_links.next"),
    ),
    "Bitbucket Server": ApiAnswer(
        {
            "values": ROWS, "size": 100, "limit": 100, "isLastPage": False,
            "start": 0, "nextPageStart": 100,
        },
        "values",
        cursor("nextPageStart", "start"),
        PARAM,
    ),
    "Eventbrite": ApiAnswer(
        {
            "pagination": {
                "object_count": 250, "page_number": 1, "page_size": 100, "page_count": 3,
                "continuation": "eyJwYWdlIjogMn0", "has_more_items": True,
            },
            "events": ROWS,
        },
        "events",
        cursor("pagination.continuation", "continuation"),
        PARAM,
        sign="key 'continuation'",
    ),
    "NetSuite": ApiAnswer(
        {
            "links": [
                {"rel": "next", "href": "{url}/items?limit=100&offset=100"},
                {"rel": "self", "href": "{url}/items"},
            ],
            "count": 100, "hasMore": True, "items": ROWS, "offset": 0, "totalResults": 250,
        },
        "items",
        link("links[?(@.rel=='next')].href"),
        sign="key 'links'",
    ),
    "FHIR": ApiAnswer(
        {
            "resourceType": "Bundle",
            "link": [
                {"relation": "self", "url": "{url}/Patient"},
                {"relation": "next", "url": "{url}/Patient?_page=2"},
            ],
            "entry": [{"resource": row} for row in ROWS],
        },
        "entry[*].resource",
        link("link[?(@.relation=='next')].url"),
        sign="key 'link'",
    ),
    "Last.fm": ApiAnswer(
        {
            "topartists": {
                "artist": ROWS,
                "@attr": {"page": "1", "perPage": "100", "totalPages": "3", "total": "250"},
            }
        },
        "topartists.artist",
        pages(1, "topartists['@attr'].totalPages"),
        ("page_param",),
    ),
    "OMDb": ApiAnswer(
        {"Search": ROWS, "totalResults": "250", "Response": "True"}, "Search", sign="250"
    ),
    "OMDb, asked for page 1": ApiAnswer(
        {"Search": ROWS, "totalResults": "250", "Response": "True"},
        "Search",
        pages(1, None),
        sign="250",
        params={"page": 1},
    ),
    "Strapi": ApiAnswer(
        {
            "data": ROWS,
            "meta": {"pagination": {"page": 1, "pageSize": 100, "pageCount": 3, "total": 250}},
        },
        "data",
        pages(1, "meta.pagination.pageCount", "pagination[page]"),
        ("page_param",),
        sign="key 'pageCount', which is 3",
    ),
    "Kubernetes": ApiAnswer(
        {
            "kind": "PodList",
            "metadata": {"continue": "ENCODED_TOKEN_2", "remaining": 3},
            "items": ROWS,
        },
        "items",
        cursor("metadata.continue", "continue"),
        PARAM,
        sign="key 'continue'",
    ),
    "Stack Exchange": ApiAnswer(
        {
            "items": [{"question_id": number} for number in range(100)],
            "has_more": True, "quota_max": 300, "quota_remaining": 299,
        },
        "items",
        sign="key 'has_more', which is true",
    ),
    "Stack Exchange, asked for page 1": ApiAnswer(
        {
            "items": [{"question_id": number} for number in range(100)],
            "has_more": True, "quota_max": 300, "quota_remaining": 299,
        },
        "items",
        pages(1, None, has_more_path="has_more"),
        sign="key 'has_more', which is true",
        params={"page": 1, "pagesize": 100},
    ),
    "a count of this page before the total": ApiAnswer(
        {"count": 100, "total_count": 250, "rows": ROWS}, "rows", sign="250"
    ),
    "flags as text": ApiAnswer(
        {"rows": ROWS, "IsTruncated": "true"},
        "rows",
        cursor("rows[-1].id", "starting_after", has_more_path="IsTruncated"),
        PARAM,
        sign="key 'IsTruncated', which is true",
    ),
    "a number as a flag": ApiAnswer(
        {"rows": ROWS, "page_size": 100, "has_more": 1},
        "rows",
        sign="key 'has_more', which is true",
    ),
    "done, beside the records alone": ApiAnswer(
        {"done": False, "records": ROWS}, "records", sign="key 'done', which is false"
    ),
    "two connections, of which the other one ends": ApiAnswer(
        {
            "data": {
                "users": {"pageInfo": INFO, "edges": [{"node": row} for row in ROWS]},
                "viewer": {"repos": {"pageInfo": {"hasNextPage": False, "endCursor": "b"}}},
            }
        },
        "data.users.edges[*].node",
        in_body(
            "data.users.pageInfo.endCursor",
            "variables.after",
            has_more_path="data.users.pageInfo.hasNextPage",
        ),
        BODY,
        sign="key 'hasNextPage', which is true",
        json={"query": "{{ users {{ edges }} viewer {{ repos }} }}"},
    ),
}
# fmt: on
"""Where there is more than was given."""

WHOLE: dict[str, ApiAnswer] = {
    "a list of records": ApiAnswer(SHORT, "$"),
    "Stripe": ApiAnswer({"object": "list", "url": "/v1", "has_more": False, "data": SHORT}, "data"),
    "Django REST": ApiAnswer({"count": 7, "next": None, "results": SHORT}, "results"),
    "HubSpot": ApiAnswer({"results": SHORT}, "results"),
    "Google": ApiAnswer({"kind": "drive#fileList", "files": SHORT}, "files"),
    "Jira": ApiAnswer({"startAt": 0, "maxResults": 50, "total": 7, "issues": SHORT}, "issues"),
    "relay": ApiAnswer(
        {"data": {"users": {"nodes": SHORT, "pageInfo": {**INFO, "hasNextPage": False}}}},
        "data.users.nodes",
    ),
    "Spring": ApiAnswer(
        {"content": SHORT, "totalPages": 1, "number": 0, "size": 20, "last": True}, "content"
    ),
    "Elasticsearch": ApiAnswer(
        {"_shards": {"total": 50}, "hits": {"total": {"value": 7}, "hits": SHORT}}, "hits.hits"
    ),
    "GitLab": ApiAnswer(
        SHORT, "$", headers={"X-Next-Page": "", "X-Total-Pages": "1", "X-Page": "1", "X-Total": "7"}
    ),
    "GitLab, asked for the third page of three": ApiAnswer(
        SHORT, "$", headers={"X-Total-Pages": "3"}, params={"page": 3}
    ),
    "PostgREST": ApiAnswer(SHORT, "$", headers={"Content-Range": "0-6/7"}),
    "PagerDuty": ApiAnswer({"users": SHORT, "limit": 25, "offset": 0, "more": False}, "users"),
    "Notion": ApiAnswer(
        {"object": "list", "results": SHORT, "has_more": False, "next_cursor": None}, "results"
    ),
    "FHIR": ApiAnswer({"link": [{"relation": "self", "url": "{url}/P"}], "entry": SHORT}, "entry"),
    "ClickUp": ApiAnswer({"tasks": SHORT, "last_page": True}, "tasks"),
    "Slack": ApiAnswer({"members": SHORT, "response_metadata": {"next_cursor": ""}}, "members"),
    "a file, in bytes": ApiAnswer(SHORT, "$", headers={"Content-Range": "bytes 0-99/250"}),
    "a quota": ApiAnswer({"count": 7, "rows": SHORT, "quota": {"total": 5000}}, "rows"),
    "the next event": ApiAnswer(
        {"rows": SHORT, "next": {"start": "2026-01-01T10:00:00Z", "title": "standup"}}, "rows"
    ),
    "more of another kind": ApiAnswer({"rows": SHORT, "more": True, "name": "Emma"}, "rows"),
    "links that lead elsewhere": ApiAnswer(
        {"rows": SHORT, "links": [{"rel": "help", "href": "https://a.b"}, "x", {"next": 1}]}, "rows"
    ),
}
"""Where there is no more."""

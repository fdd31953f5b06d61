"""What is warned of, and what is so near to it that it must not be.

That the harm is real is shown in `load/test_lint_harm.py`.
"""

import re
from typing import Any

import pytest

from restsrc_dagster.connector.files.folder import check_content
from restsrc_dagster.connector.lint import RULES, Lint, lint
from restsrc_dagster_tests.connector.configuration.tables import VALID
from restsrc_dagster_tests.support.connectors import connector, content, items

URL = "https://api.acme.com/v1"
MARKER = "m4rk3r-t0k3n"
CURSOR = {"cursor_path": "at", "initial_value": 0}
SENT = CURSOR | {"start_param": "since"}
BOUND = {"params": {"since": "{incremental.start_value}"}, "incremental": CURSOR}
COMMENTS = "posts/{resources.posts.id}/comments"
IGNORE = {"action": "ignore"}
APPEND, REPLACE = {"write_disposition": "append"}, {"write_disposition": "replace"}
MERGE = {"write_disposition": "merge", "primary_key": "id"}
SCD2 = {"write_disposition": {"disposition": "merge", "strategy": "scd2"}}
KEY = {"primary_key": "id"}
Case = dict[str, Any]


def lints(*resources: Any, url: str = URL, defaults: Any = None, **keys: Any) -> list[Lint]:
    described = content(url, list(resources) or [items()], **keys)
    if defaults:
        described["configuration"]["resource_defaults"] = defaults
    return lint(check_content("acme", described, file="acme.json"))


def codes(*resources: Any, **keys: Any) -> list[str]:
    return [lint.code for lint in lints(*resources, **keys)]


def lints_of(described: Case) -> list[Lint]:
    keys = {key: value for key, value in described.items() if key != "resources"}
    return lints(*described["resources"], **keys)


def case(*resources: Any, **keys: Any) -> Case:
    return {"resources": resources, **keys}


def one(endpoint: dict[str, Any], hints: dict[str, Any] | None = None, **keys: Any) -> Case:
    """The resource `items` with a part of an endpoint, and with hints."""
    return case(items(**endpoint) | (hints or {}), **keys)


def parent(*hints: dict[str, Any], incremental: Any = SENT, **endpoint: Any) -> Case:
    """Posts and, for each of them, comments with `hints`."""
    child = items("comments", path=COMMENTS, **endpoint)
    for hint in hints:
        child |= hint
    return case(items("posts", incremental=incremental), child)


def client(url: str = URL, **keys: Any) -> Case:
    return case(url=url, client=keys)


def pages(kind: str, **options: Any) -> dict[str, Any]:
    return {"paginator": {"type": kind, **options}}


AUTH = {"auth": {"type": "bearer", "token": "${TOKEN}"}}
OAUTH = {"client_id": "a", "client_secret": "${SECRET}", "type": "oauth2_client_credentials"}
ONE = pages("page_number", base_page=1)
PLAIN = {"name": "items", "endpoint": {"path": "items"}}
FOUND: list[tuple[str, Case, str]] = [
    ("csv-of-texts", case(PLAIN, reading={"items": {"format": "csv"}}), "resources[0]"),
    (
        "csv-of-texts",
        case(PLAIN, reading={"items": {"format": {"type": "csv", "names": ["id"]}}}),
        "resources[0]",
    ),
    ("cursor-not-sent", one({"incremental": CURSOR}), "resources[0].endpoint.incremental"),
    (
        "end-not-sent",
        one({"incremental": SENT | {"end_param": "until"}}),
        "resources[0].endpoint.incremental.end_param",
    ),
    (
        "cursor-not-sent",
        one({"params": {"since": "{incremental.initial_value}"}, "incremental": CURSOR}),
        "resources[0].endpoint.incremental",
    ),
    (
        "cursor-not-sent",
        one({"incremental": CURSOR | {"row_order": "asc"}}),
        "resources[0].endpoint.incremental",
    ),
    (
        "cursor-without-effect",
        one({"incremental": SENT}, REPLACE),
        "resources[0].write_disposition",
    ),
    (
        "cursor-without-effect",
        one({"incremental": CURSOR}, REPLACE),
        "resources[0].write_dispositi…",
    ),
    (
        "cursor-is-none",
        one({"path": "since/{incremental.start_value}/all", "incremental": {"cursor_path": "at"}}),
        "resources[0].endpoint.path",
    ),
    (
        "cursor-is-none",
        one(BOUND | {"headers": {"X-To": "{incremental.end_value}"}}),
        "resources[0].endpoint.headers.X-To",
    ),
    (
        "cursor-is-none",
        one(
            {"method": "POST", "incremental": {"cursor_path": "at"}}
            | {"json": {"filters": [{"from": "{incremental.last_value}"}]}}
        ),
        "resources[0].endpoint.json",
    ),
    *(
        (
            "lag-impossible",
            one({"incremental": SENT | {"initial_value": initial, "lag": 10}}, KEY),
            "….incremental.lag",
        )
        for initial in ("S000100", "v1.2", "")
    ),
    (
        "lag-in-days",
        one({"incremental": SENT | {"initial_value": "2024-01-01", "lag": 432_000}}, KEY),
        "….incremental.lag",
    ),
    *(
        ("one-day-in-all-runs", one(endpoint, KEY), "….incremental")
        for endpoint in (
            {"incremental": CURSOR | {"start_param": "date"}},
            {"params": {"reportDate": "{incremental.start_value}"}, "incremental": CURSOR},
        )
    ),
    *(
        (
            "time-zone-unsaid",
            one({"incremental": SENT | {"convert": form}}, KEY),
            "….incremental.convert",
        )
        for form in ("date", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y")
    ),
    *(
        ("unsorted-dates", one({"incremental": SENT | {"initial_value": date}}), "….initial_value")
        for date in (
            "12/31/2023",
            "31.12.2023 10:00",
            "1-1-24",
            "Jan 31, 2024",
            "31 January 2024",
            "31-Jan-2024",
        )
    ),
    ("append-without-cursor", one({}, APPEND), "resources[0].write_disposition"),
    ("append-without-cursor", one({}, APPEND | KEY), "resources[0].write_disposition"),
    (
        "append-without-cursor",
        one({}, {"write_disposition": {"disposition": "append"}}),
        "resources[0].write_disposition",
    ),
    ("append-without-cursor", parent(APPEND, incremental=None), "resources[1].write_disposition"),
    ("append-below-cursor", parent(APPEND), "resources[1].write_disposition"),
    ("append-below-cursor", parent(APPEND, KEY), "resources[1].write_disposition"),
    ("replace-below-cursor", parent(REPLACE), "resources[1].write_disposition"),
    ("lag-appended", one({"incremental": SENT | {"lag": 60}}), "….incremental.lag"),
    ("lag-appended", one({"incremental": SENT | {"lag": 60}}, APPEND | KEY), "….incremental.lag"),
    ("range-appended", one({"incremental": SENT | {"end_value": 5}}), "….incremental.end_value"),
    (
        "null-cursor-appended",
        one({"incremental": SENT | {"on_cursor_value_missing": "include"}}),
        "….incremental.on_cursor_value_missing",
    ),
    (
        "changes-appended",
        one({"incremental": SENT | {"cursor_path": "updatedAt"}}),
        "….cursor_path",
    ),
    (
        "changes-appended",
        one({"incremental": SENT | {"cursor_path": "a.modified"}}),
        "….cursor_path",
    ),
    (
        "nested-key-appended",
        one({}, {"nested_hints": {"lines": {"primary_key": "sku"}}}),
        "resources[0].nested_hints.lines",
    ),
    (
        "nested-key-appended",
        one({}, {"nested_hints": {"lines": {"columns": {"sku": {"primary_key": True}}}}}),
        "resources[0].nested_hints.lines",
    ),
    ("scd2-of-changes", one({"incremental": SENT}, SCD2), "resources[0].write_disposition"),
    ("scd2-of-changes", parent(SCD2, KEY), "resources[1].write_disposition"),
    ("merge-key-unused", one({}, {"merge_key": "day"}), "resources[0].merge_key"),
    ("never-loaded", case(items(), items("a") | {"selected": False}), "resources[1].selected"),
    ("auto-paginator", client(paginator=None), "client"),
    ("auto-paginator", client(paginator="auto"), "client.paginator"),
    ("auto-paginator", client(paginator={"type": "auto"}), "client.paginator"),
    ("auto-paginator", one(pages("auto"), client={"paginator": None}), "….endpoint.paginator"),
    ("page-number-from-zero", client(paginator="page_number"), "client.paginator"),
    ("page-number-from-zero", one(pages("page_number")), "resources[0].endpoint.paginator"),
    ("page-number-from-zero", one(pages("page_number", page=0)), "resources[0].endpoint.paginator"),
    ("page-number-from-zero", one(pages("page_number", page=1)), "….endpoint.paginator.page"),
    ("dotted-key", one(pages("json_link", next_url_path="@odata.nextLink")), "….next_url_path"),
    ("dotted-key", one(pages("json_link", next_url_path="$.odata.nextLink")), "….next_url_path"),
    ("dotted-key", one(ONE | pages("offset", limit=5, total_path="@odata.count")), "….total_path"),
    ("dotted-key", one({"data_selector": "body.@odata.value"}), "….endpoint.data_selector"),
    ("link-as-cursor", one(pages("cursor", cursor_path="page.nextPageUrl")), "….cursor_path"),
    ("link-as-cursor", one(pages("cursor", cursor_path="links['next-link']")), "….cursor_path"),
    (
        "offset-limit-mismatch",
        one(pages("offset", limit=100) | {"params": {"per_page": 50}}),
        "resources[0].endpoint.params.per_page",
    ),
    (
        "offset-limit-mismatch",
        one(pages("offset", limit=100) | {"params": {"pageSize": "50"}}),
        "resources[0].endpoint.params.pageSize",
    ),
    (
        "offset-limit-mismatch",
        one(pages("offset", limit=100) | {"params": {"limit": 50}}),
        "resources[0].endpoint.params.limit",
    ),
    ("page-asked-twice", one(ONE | {"path": "items?page=1"}), "resources[0].endpoint.path"),
    (
        "page-asked-twice",
        one(pages("offset", limit=5, limit_param="$top") | {"path": "items?a=b&$top=5"}),
        "resources[0].endpoint.path",
    ),
    (
        "page-asked-twice",
        one(ONE | {"method": "POST", "json": {"page": 1}}),
        "resources[0].endpoint.json.page",
    ),
    (
        "page-asked-twice",
        one(pages("cursor", cursor_param="after") | {"method": "POST", "json": {"after": None}}),
        "resources[0].endpoint.json.after",
    ),
    (
        "single-record-path",
        one({"path": "since/{incremental.start_value}", "incremental": CURSOR}),
        "resources[0].endpoint.path",
    ),
    (
        "single-record-path",
        one({"path": "lists/{list}/", "params": {"list": 5}}),
        "resources[0].endpoint.path",
    ),
    (
        "single-record-path",
        case("posts", items("comments", path=f"c?k={MARKER}&post={{resources.posts.id}}")),
        "resources[1].endpoint.path",
    ),
    ("literal-secret", client(auth={"type": "bearer", "token": MARKER}), "client.auth.token"),
    ("http-plaintext", client("http://api.acme.com", **AUTH), "client.base_url"),
    ("http-plaintext", client("http://8.8.8.8", headers={"X-Api-Key": "${K}"}), "client.base_url"),
    ("http-plaintext", one(AUTH, url="http://api.acme.com:8080"), "client.base_url"),
    (
        "http-plaintext",
        one({"params": {"apikey": "${K}"}}, url="http://api.acme.com"),
        "client.base_url",
    ),
    (
        "http-plaintext",
        one({"headers": {"X-Access-Token": "${K}"}}, url="http://api.acme.com"),
        "client.base_url",
    ),
    (
        "http-plaintext",
        case(
            url="http://api.acme.com",
            defaults={"endpoint": {"params": {"apikey": "${K}", "hash": "${H}"}}},
        ),
        "client.base_url",
    ),
    (
        "http-plaintext",
        case(client=AUTH, http={"allowed_hosts": ["files.acme.com", "http://cdn.acme.com"]}),
        "http.allowed_hosts[1]",
    ),
    (
        "http-plaintext",
        client(auth=OAUTH | {"access_token_url": "http://login.acme.com"}),
        "client.auth.access_token_url",
    ),
    ("query-in-base-url", client(f"{URL}?format=json"), "client.base_url"),
    ("query-in-base-url", client(f"{URL}/#/v2"), "client.base_url"),
    (
        "placeholder-as-text",
        client(headers={"X-Since": "from {incremental.start_value}"}),
        "client.headers.X-Since",
    ),
    ("placeholder-as-text", client("https://acme.com/{resources.items.id}"), "client.base_url"),
    ("foreign-path", one({"path": "https://other.com/items"}), "resources[0].endpoint.path"),
    ("body-with-get", one({"json": {"filter": "a"}}), "resources[0].endpoint.json"),
    ("body-with-get", one({"data": "<a/>", "method": "GET"}), "resources[0].endpoint.data"),
    *(
        ("ignored-answers", one({"response_actions": [action | IGNORE]}), "….response_actions[0]")
        for action in (
            {"status_code": 401},
            {"status_code": 403, "content": "no"},
            {"status_code": 429},
            {"status_code": 503},
            {"status_code": 200},
            {"content": "Not found"},
        )
    ),
    *(
        (
            "ignored-answers",
            one(ONE | {"response_actions": [{"status_code": status} | IGNORE]}),
            "….response_actions[0]",
        )
        for status in (400, 404, 410, 422)
    ),
    (
        "unknown-resource",
        case(items(), http={"allow_missing_selector": ["items", "itms"]}),
        "http.allow_missing_selector[1]",
    ),
    ("unused-list", case(items(), values={"regions": ["eu"]}), "values.regions"),
    (
        "repeated-value",
        case(
            items(params={"region": "{resources.regions.value}"}),
            values={"regions": ["eu", "us", "eu"]},
        ),
        "values.regions[2]",
    ),
]
"""The code that is told, and nothing else; what it is told of; where, below `configuration`."""


@pytest.mark.parametrize(("code", "described", "place"), FOUND)
def test_what_is_warned_of(code: str, described: Case, place: str) -> None:
    found = lints_of(described)
    assert [lint.code for lint in found] == [code], "no rule warns of it, or another one does, too"
    (lint,) = found
    root = "" if place.startswith(("http", "values")) else "configuration."
    assert re.fullmatch(re.escape(root + place).replace("…", ".*"), lint.path), lint.path
    assert str(lint).endswith(f"[{code}]")
    assert len(lint.message) < 280
    assert not lint.message.endswith("."), "the code follows in brackets: no full stop before it"
    assert MARKER not in lint.message


SILENT: dict[str, Case] = {
    "a day with an end": one(
        {"incremental": CURSOR | {"start_param": "date", "end_value": 9}}, KEY
    ),
    "a day that is no cursor": one({"params": {"date": "2024-01-01"}}, KEY),
    "what is later than a date": one({"incremental": CURSOR | {"start_param": "from_date"}}, KEY),
    "a day in windows": one(
        {
            "incremental": {
                "cursor_path": "at",
                "initial_value": "2024-01-01",
                "start_param": "date",
            }
        },
        KEY,
        reading={"items": {"window": {"size": "1 day"}}},
    ),
    "CSV of numbers": case(
        {**PLAIN, "columns": {"id": {"data_type": "bigint"}}},
        reading={"items": {"format": "csv"}},
    ),
    "CSV of texts alone": case({**PLAIN, "columns": {}}, reading={"items": {"format": "csv"}}),
    "CSV of which steps make numbers": case(
        {**PLAIN, "processing_steps": [{"map": "{id: to_number(id)}"}]},
        reading={"items": {"format": "csv"}},
    ),
    "lines of JSON": case(PLAIN, reading={"items": {"format": "jsonl"}}),
    "a list of values": case(
        items(params={"region": "{resources.regions.value}"}),
        values={"regions": ["eu", "us", "1", 1, True]},
    ),
    "a plain resource": case(),
    "nothing secret without encryption": one({"params": {"q": "${Q}"}}, url="http://api.acme.com"),
    "a key in a private network": one({"params": {"apikey": "${K}"}}, url="http://10.0.0.7"),
    "a host that needs no credentials": case(http={"allowed_hosts": ["http://cdn.acme.com"]}),
    "a path behind a proxy": one(
        {"path": "http://backend.acme.com/v1/items"}, http={"follow_below_base_url": True}
    ),
    "a lag of what is no table": case(
        {**items("jobs", incremental=SENT | {"lag": 60}), "selected": False},
        items("parts", path="jobs/{resources.jobs.id}") | {"primary_key": "id"},
    ),
    "a cursor by start_param": one({"incremental": SENT}),
    "a cursor by a placeholder": one(BOUND),
    "a cursor by a param": one({"params": {"since": {"type": "incremental", **CURSOR}}}),
    "a cursor in a text": one(
        {"method": "POST", "data": "at > {incremental.last_value}", "incremental": CURSOR}
    ),
    "a cursor that stops early": one({"incremental": CURSOR | {"row_order": "desc"}}),
    "no initial value, but nothing is sent": one(
        {"incremental": {"cursor_path": "at", "start_param": "since"}}
    ),
    "an epoch as text": one({"incremental": SENT | {"initial_value": "1700000000"}}),
    "nothing yet for a param": one(BOUND | {"incremental": {"cursor_path": "at"}}),
    "a lag of a time": one(
        {"incremental": SENT | {"initial_value": "2024-01-31T10:00:00Z", "lag": 86_400_000}}, KEY
    ),
    "a lag of a number": one({"incremental": SENT | {"lag": 10}}, KEY),
    "a lag of days": one(
        {"incremental": SENT | {"initial_value": "2024-01-31", "lag": 30}}, KEY
    ),
    "a time in a zone": one({"incremental": SENT | {"convert": "date@Europe/Berlin"}}, KEY),
    "a time with its offset": one({"incremental": SENT | {"convert": "%Y-%m-%dT%H:%M%z"}}, KEY),
    "a time of UTC": one({"incremental": SENT | {"convert": "%Y-%m-%dT%H:%M:%SZ"}}, KEY),
    "seconds": one({"incremental": SENT | {"convert": "epoch_seconds"}}, KEY),
    "a day with a lag": one({"incremental": SENT | {"convert": "date", "lag": 1}}, KEY),
    "a year": one({"incremental": SENT | {"initial_value": "2024"}}),
    "a day without dashes": one({"incremental": SENT | {"initial_value": "20240131"}}),
    "a day": one({"incremental": SENT | {"initial_value": "2024-01-31"}}),
    "a time": one({"incremental": SENT | {"initial_value": "2024-01-31T10:00:00+02:00"}}),
    "a time with slashes, the year first": one(
        {"incremental": SENT | {"initial_value": "2024/01/31 10:00"}}
    ),
    "a version": one({"incremental": SENT | {"initial_value": "v1.2"}}),
    "append with a cursor": one({"incremental": SENT}, APPEND),
    "append of children with a cursor of nobody": case(
        items("posts", incremental=SENT), items("other", incremental=SENT) | APPEND
    ),
    "replace": one({}, REPLACE),
    "replace below a parent that is read as a whole": parent(REPLACE, incremental=None),
    "children by default": parent(),
    "children by key": parent(KEY),
    "a lag with a key": one({"incremental": SENT | {"lag": 60}}, KEY),
    "no lag": one({"incremental": SENT | {"lag": 0}}),
    "a range with a key": one({"incremental": SENT | {"end_value": 5}}, KEY),
    "records without cursor, with a key": one(
        {"incremental": SENT | {"on_cursor_value_missing": "include"}}, MERGE
    ),
    "changes with a key": one({"incremental": SENT | {"cursor_path": "updated_at"}}, KEY),
    "changes, appended in so many words": one(
        {"incremental": SENT | {"cursor_path": "updated_at"}}, APPEND
    ),
    "what never changes": one({"incremental": SENT | {"cursor_path": "created_at"}}),
    "scd2 of everything": one({}, SCD2),
    "scd2 of changes by key": one({"incremental": SENT}, SCD2 | {"merge_key": "id"}),
    "merge by a merge_key": one({}, {"merge_key": "day", "write_disposition": "merge"}),
    "merge by both keys": one({}, {"merge_key": "day", "primary_key": "id"}),
    "a parent that is only read": case(
        items("posts") | {"selected": False}, items("comments", path=COMMENTS)
    ),
    "a grandparent that is only read": case(
        items("posts") | {"selected": False},
        items("comments", path=COMMENTS) | {"selected": False},
        items("votes", path="comments/{resources.comments.id}/votes"),
    ),
    "a paginator of each endpoint": one(pages("json_link"), client={"paginator": None}),
    "one record, whatever the client says": case(
        items("posts", paginator="single_page"),
        items("post", path="posts/{resources.posts.id}"),
        items("other", path="posts/{id}?a=b", params={
            "id": {"type": "resolve", "resource": "posts", "field": "id"}}),
        client={"paginator": None},
    ),
    "guessing is left to the client's paginator": one(pages("auto")),
    "pages from 1": one(ONE),
    "pages from 0 in so many words": one(pages("page_number", base_page=0)),
    "a later page, and no total": one(pages("page_number", page=5, total_path=None)),
    "a quoted key": one(pages("json_link", next_url_path="['@odata.nextLink']")),
    "a key in double quotes": one(pages("json_link", next_url_path='$."@odata.nextLink"')),
    "a filter": one({"data_selector": "items[?(@.odata.kind == 'a')]"}),
    "a key with an @": one({"data_selector": "@graph"}),
    "names with odata in them": one({"data_selector": "myodata.items"}),
    "a cursor that is no address": one(pages("cursor", cursor_path="meta.next_cursor")),
    "an address that is followed": one(pages("json_link", next_url_path="page.nextPageUrl")),
    "the same size twice": one(pages("offset", limit=50) | {"params": {"per_page": 50}}),
    "another number": one(pages("offset", limit=50) | {"params": {"year": 2024}}),
    "a page size without an offset": one(ONE | {"params": {"per_page": 50}}),
    "another query in the path": one(ONE | {"path": "items?status=open"}),
    "a page in the body alone": one(
        pages("page_number", base_page=1, page_body_path="page")
        | {"method": "POST", "json": {"page": 1}}
    ),
    "a placeholder in the last segment, with a paginator": one(
        pages("json_link") | {"path": "since/{incremental.start_value}", "incremental": CURSOR}
    ),
    "a param in the middle of the path": one({"path": "v{v}/items", "params": {"v": 2}}),
    "a reference": client(**AUTH),
    "http without credentials": client("http://api.acme.com"),
    **{
        f"http to {host}": client(f"http://{host}", **AUTH)
        for host in (
            "localhost:8000", "127.0.0.1", "[::1]:80", "10.1.2.3", "192.168.0.9:8080", "api",
            "api.default.svc", "host.docker.internal", "${HOST}", "api.${DOMAIN}",
        )
    },
    "a token from https": client(auth=OAUTH | {"access_token_url": "https://login.acme.com"}),
    "a whole address with a query": one({"path": ""}, url=f"{URL}?format=json"),
    "placeholders in an endpoint": one(
        {"headers": {"X-Since": "{incremental.start_value}"}, "incremental": CURSOR}
    ),
    "braces in the client": client(headers={"X-A": "{items}"}),
    "an absolute path to the same host": one({"path": "https://api.acme.com/v2/items"}),
    "an absolute path to an allowed host": one(
        {"path": "https://other.com/items"}, http={"allowed_hosts": ["other.com"]}
    ),
    "a body of a POST": one({"method": "POST", "json": {"a": 1}}),
    "an empty body": one({"json": {}}),
    "a 404 of a single page": one({"response_actions": [{"status_code": 404} | IGNORE]}),
    "a 404 of a child": parent(
        response_actions=[{"status_code": 404} | IGNORE], **pages("json_link")
    ),
    "a 204": one(ONE | {"response_actions": [{"status_code": 204} | IGNORE]}),
    "a 200 with a text": one(
        ONE | {"response_actions": [{"status_code": 200, "content": "no data"} | IGNORE]}
    ),
    "a name that is one": case(items(), http={"allow_missing_selector": ["items"]}),
}  # fmt: skip


@pytest.mark.parametrize("name", SILENT)
def test_what_is_near_but_right(name: str) -> None:
    assert lints_of(SILENT[name]) == []


def test_every_rule_is_tried() -> None:
    elsewhere = {"shared-child-cursor"}  # see below
    tried = {code for code, _, _ in FOUND} | elsewhere
    assert set(RULES) - tried == set(), (
        "FOUND wants a case that is warned of by it alone, and SILENT one that is near but right"
    )
    assert tried - set(RULES) == set(), "FOUND has a code that no rule has"


def test_every_rule_says_what_happens() -> None:
    for code, rule in RULES.items():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", code), f"{code}: words with - between them"
        assert rule.harm.endswith("."), f"{code}: its docstring is a sentence"
        assert "\n" not in rule.harm, f"{code}: its docstring is one line"


def test_the_cursor_of_a_child() -> None:
    resources = ["posts", items("comments", path=COMMENTS, incremental=SENT)]
    (shared,) = lints(*resources, reading={"comments": {"cursor": "shared"}})
    assert (shared.code, shared.path) == ("shared-child-cursor", "reading.comments.cursor")
    assert shared.resources == ("comments",)
    for reading in ({}, {"comments": {}}, {"comments": {"cursor": "per_parent"}}):
        assert codes(*resources, reading=reading) == []


@pytest.mark.parametrize(
    ("change", "warned"),
    [
        ({}, False),
        ({"selected": True}, True),
        ({"processing_steps": [{"yield_map": "tokens"}]}, True),
        ({"endpoint": {"path": "login", "method": "POST", "data_selector": "tokens"}}, True),
        ({"endpoint": {"path": "login", "data_selector": "$"}}, True),
    ],
    ids=str,
)
def test_below_a_login_there_is_no_other_parent(change: dict[str, Any], warned: bool) -> None:
    endpoint = {"path": "login", "method": "POST", "data_selector": "$"}
    login = {"name": "login", "selected": False, "endpoint": endpoint, **change}
    orders = items("orders", headers={"X-Session": "{resources.login.token}"}, incremental=SENT)
    found = codes(login, orders, reading={"orders": {"cursor": "shared"}})
    assert ("shared-child-cursor" in found) == warned


def test_a_child_reads_on_though_its_records_are_sorted() -> None:
    cursor = {"incremental": CURSOR | {"row_order": "desc"}}
    found = codes("posts", items("comments", path=COMMENTS, **cursor))
    assert found == ["cursor-not-sent"]


def test_below_a_parent_that_forgets_its_cursor() -> None:
    posts = items("posts", incremental=SENT) | REPLACE
    found = codes(posts, items("comments", path=COMMENTS) | REPLACE)
    assert found == ["cursor-without-effect"]


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("@odata.nextLink", "['@odata.nextLink']"),
        ("$.odata.nextLink", "$['odata.nextLink']"),
        ("page.@odata.next.link", "page['@odata.next.link']"),
    ],
)
def test_a_name_with_a_dot_is_written_in_quotes(path: str, meant: str) -> None:
    (lint,) = lints(items(paginator={"type": "json_link", "next_url_path": path}))
    assert lint.message.endswith(f"write {meant}")
    assert codes(items(paginator={"type": "json_link", "next_url_path": meant})) == []


def test_what_stands_once_is_told_once() -> None:
    (lint,) = lints("a", "b", items("c", **ONE), client={"paginator": "page_number"})
    assert lint.path == "configuration.client.paginator"
    assert lint.resources == ("a", "b")
    assert str(lint).endswith("if the API counts so (a, b) [page-number-from-zero]")
    (alone,) = lints(items("a", paginator="page_number"))
    assert str(alone).endswith("if the API counts so [page-number-from-zero]")


def test_what_stands_in_the_defaults_is_told_there() -> None:
    defaults = {"write_disposition": "append", "endpoint": {"incremental": CURSOR, **ONE}}
    sent, *others = lints("a", items("b", incremental=None), defaults=defaults)
    assert sent.path == "configuration.resource_defaults.endpoint.incremental"
    assert sent.resources == ("a",)
    assert [(lint.code, lint.path, lint.resources) for lint in others] == [
        ("append-without-cursor", "configuration.resource_defaults.write_disposition", ("b",))
    ]


def test_a_param_is_told_where_it_stands() -> None:
    defaults = {"endpoint": {"params": {"since": "{incremental.start_value}", "a": 1}}}
    defaults["endpoint"]["headers"] = {"X-Since": "{incremental.start_value}"}
    own = items(params={"a": 2}, incremental={"cursor_path": "at"})
    (lint,) = lints(own, defaults=defaults)
    assert lint.path == "configuration.resource_defaults.endpoint.headers.X-Since"


def test_which_warnings_are_about_rows() -> None:
    told = {
        lint.code for _, described, _ in FOUND for lint in lints_of(described) if lint.resources
    }
    assert set(RULES) - {"shared-child-cursor"} - told == {
        "literal-secret",
        "http-plaintext",
        "query-in-base-url",
        "placeholder-as-text",
        "unknown-resource",
        "unused-list",
        "repeated-value",
    }, "a rule of a connector is named here; one of a resource wants its case in FOUND"


@pytest.mark.parametrize("name", VALID)
def test_every_valid_configuration_can_be_linted(name: str) -> None:
    acme = check_content("acme", {**content(), "configuration": VALID[name]}, file="acme.json")
    for found in lint(acme):
        keys = re.findall(r"[^.\[\]]+", found.path)
        value: Any = {**content(), "configuration": VALID[name]}
        for key in keys:
            value = value[int(key) if key.isdecimal() else key]


def test_linting_changes_nothing() -> None:
    acme = connector(resources=[items(incremental=CURSOR), "other"])
    before = acme.model_dump_json()
    assert lint(acme) == lint(acme)
    assert acme.model_dump_json() == before
    assert acme == connector(resources=[items(incremental=CURSOR), "other"])

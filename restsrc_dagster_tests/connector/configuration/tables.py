"""Configurations that are right, and what dlt says of any."""

from typing import Any, cast

from dlt.sources.rest_api import rest_api_source
from dlt.sources.rest_api.typing import RESTAPIConfig

from restsrc_dagster.connector.check import check_configuration
from restsrc_dagster.connector.configuration.auth import OURS
from restsrc_dagster.connector.syntax.references import blank
from restsrc_dagster.connector.time.conversion import conversion
from restsrc_dagster.extract.auth.kinds import CLASSES

URL = "https://api.acme.com/v1"
Configuration = dict[str, Any]


OF_OURS = {kind.name: CLASSES[kind.name] for kind in OURS}
"""What signs for the kinds of auth that dlt lacks."""


def api(*resources: Any, client: dict[str, Any] | None = None, **keys: Any) -> Configuration:
    """A configuration of `resources`, of one plain resource if none is given."""
    return {
        "client": {"base_url": URL, **(client or {})},
        "resources": list(resources) or ["items"],
        **keys,
    }


def client(**keys: Any) -> Configuration:
    return api(client=keys)


def auth(kind: str | None = None, **keys: Any) -> Configuration:
    return client(auth=({"type": kind} if kind else {}) | keys)


def paginator(kind: str, **keys: Any) -> Configuration:
    return client(paginator={"type": kind, **keys})


def endpoint(**keys: Any) -> Configuration:
    return api({"name": "items", "endpoint": keys})


def incremental(**keys: Any) -> Configuration:
    return endpoint(incremental={"cursor_path": "at", **keys})


def param(kind: str, **keys: Any) -> Configuration:
    return endpoint(params={"since": {"type": kind, **keys}})


def resource(**keys: Any) -> Configuration:
    return api({"name": "items", **keys})


def child(**keys: Any) -> Configuration:
    path = {"path": "items/{resources.items.id}/parts"}
    return api("items", {"name": "parts", "endpoint": path, **keys})


def steps(*given: Any, **keys: Any) -> Configuration:
    return resource(processing_steps=list(given), **keys)


def merge(**keys: Any) -> Configuration:
    return resource(primary_key="id", write_disposition={"disposition": "merge", **keys})


def problems(configuration: Configuration) -> list[str]:
    return [f"{found.path}: {found.message}" for found in check_configuration(configuration)]


def validate_with_dlt(configuration: Configuration) -> str | None:
    """Why dlt builds no source from it; references stand for nothing. None if it builds one.

    A format of `convert` is a function by then, and an auth that dlt lacks what signs; processing
    steps never reach dlt.
    """
    try:
        rest_api_source(cast("RESTAPIConfig", _with_python(blank(configuration))))
    except Exception as error:  # dlt has no common one: KeyError, TypeError, its own …
        return f"{type(error).__name__}: {error}"
    return None


def _with_python(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_python(item) for item in value]
    if not isinstance(value, dict):
        return value
    made = {key: _with_python(item) for key, item in value.items() if key != "processing_steps"}
    auth = made.get("auth")
    if isinstance(auth, dict) and (signs := OF_OURS.get(str(auth.get("type")))):
        made["auth"] = signs.from_init_value(auth)
    if isinstance(made.get("convert"), str):
        made["convert"] = conversion(made["convert"])
    return made


def told(found: list[str], expected: list[str]) -> bool:
    """Whether exactly the expected was found; an expectation that ends in … is a beginning."""
    return len(found) == len(expected) and all(
        message.startswith(wanted[:-1]) if wanted.endswith("…") else message == wanted
        for message, wanted in zip(found, expected, strict=True)
    )


OAUTH = {"access_token_url": "https://login.acme.com/token", "client_id": "a", "client_secret": "b"}
REFERENCE = {"referenced_table": "users", "columns": ["user"], "referenced_columns": ["id"]}

VALID: dict[str, Configuration] = {
    "a name": api(),
    "two names": api("items", "users"),
    "the full form": api({"name": "items", "endpoint": {"path": "v2/items"}}),
    "a path alone": api({"name": "items", "endpoint": "v2/items"}),
    "no endpoint": api({"name": "items"}),
    "an empty path": endpoint(path=""),
    "a single record": endpoint(path="settings/1"),
    "headers of all requests": client(headers={"X-Version": "2"}),
    "nothing as null": client(headers=None, auth=None, paginator=None),
    "no defaults": api(resource_defaults=None),
    "auth: bearer": auth("bearer", token="t"),
    "auth: bearer by default": auth(token="t"),
    "auth: api_key": auth("api_key", api_key="k"),
    "auth: api_key in the query": auth("api_key", api_key="k", name="key", location="query"),
    "auth: api_key as a param": auth("api_key", api_key="k", name="key", location="param"),
    "auth: http_basic": auth("http_basic", username="ada", password="p"),
    "auth: http_basic without a password": auth("http_basic", username="key", password=""),
    "auth: oauth2": auth("oauth2_client_credentials", **OAUTH),
    "auth: oauth2, all of it": auth(
        "oauth2_client_credentials", **OAUTH, access_token="t",
        access_token_request_data={"scope": "read", "nested": {"a": [1]}},
        default_token_expiration=60),
    "auth: a refresh token, all of it": auth(
        "oauth2_refresh_token", **OAUTH, refresh_token="r", rotates=False,
        client_authentication="basic", access_token_path="data.token",
        access_token_request_data={"scope": "read"}, default_token_expiration=60),
    "auth: a password": auth(
        "oauth2_password", **OAUTH, username="ada", password="p", client_authentication="body",
        access_token_path="access_token", access_token_request_data={},
        default_token_expiration=60),
    "auth: a service account": auth(
        "oauth2_jwt", client_id="bot", private_key="${PEM}", auth_endpoint="https://a.acme.com/t",
        scopes=["read"], headers={"X-A": "b"}, private_key_passphrase="${PASS}", subject="ada",
        default_token_expiration=60, audience="https://a.acme.com", key_id="k1"),
    "auth: a signed token": auth(
        "jwt", key="${PEM}", algorithm="ES256", key_encoding="text", claims={"iss": "us"},
        token_headers={"kid": "k1"}, expires_in=60, name="X-Token", prefix=""),
    "auth: a login": auth(
        "session_token", login={"url": "login", "json": {"user": "ada", "password": "p"}},
        token_path="data.token", name="X-Token", location="header", prefix="",
        default_token_expiration=600, expires_in_path="data.expires_in", refused_with=[401, 419]),
    "auth: a login by a form, which gives a cookie": auth(
        "session_token", token_cookie="sid", name="sid", location="cookie", login={
            "url": "https://login.acme.com", "method": "PUT", "data": {"password": "p"},
            "headers": {"X-A": "b"}, "params": {"a": 1}}),
    "auth: a login by Basic, which gives a header": auth(
        "session_token", token_header="X-Token", name="session", location="query",
        login={"url": "login", "username": "ada", "password": "p"}),
    "auth: digests": auth("http_digest", username="ada", password="p"),
    "auth: oauth1, all of it": auth(
        "oauth1", client_key="c", client_secret="s", resource_owner_key="t",
        resource_owner_secret="u", signature_method="HMAC-SHA256", realm="r"),
    "auth: aws, all of it": auth(
        "aws_sigv4", access_key_id="a", secret_access_key="s", session_token="t",
        region="eu-west-1", service="es"),
    "auth of one endpoint": endpoint(auth={"type": "bearer", "token": "t"}),
    "no auth for one endpoint": endpoint(auth=None),
    **{
        f"paginator {name}": client(paginator=name)
        for name in (
            "auto", "single_page", "json_link", "json_response", "header_link", "header_cursor",
            "cursor", "page_number")
    },
    "paginator auto, as an object": paginator("auto"),
    "paginator single_page, as an object": paginator("single_page"),
    "paginator json_link with a path": paginator("json_link", next_url_path="['@odata.nextLink']"),
    "paginator json_response": paginator("json_response", next_url_path="next"),
    "paginator header_link with a key": paginator("header_link", links_next_key="more"),
    "paginator header_cursor with options": paginator(
        "header_cursor", cursor_key="X-Next", cursor_param="after"),
    "paginator cursor in the query": paginator(
        "cursor", cursor_path="$.meta.next", cursor_param="after", stop_after_empty_page=True,
        has_more_path="meta.more"),
    "paginator cursor in the body": paginator(
        "cursor", cursor_body_path="page.after", has_more_path=None),
    "paginator offset": paginator("offset", limit=100),
    "paginator offset in the query": paginator(
        "offset", limit=5, offset=10, offset_param="skip", limit_param="top", total_path=None,
        maximum_offset=100, stop_after_empty_page=False),
    "paginator offset in the body": paginator(
        "offset", limit=5, offset_body_path="p.o", limit_body_path="p.l", has_more_path="more"),
    "paginator page_number in the query": paginator(
        "page_number", base_page=1, page=3, page_param="p", total_path="meta.pages",
        maximum_page=9, stop_after_empty_page=None, has_more_path=None),
    "paginator page_number in the body": paginator(
        "page_number", page_body_path="page.number", total_path=None, page=None),
    "paginator of one endpoint": endpoint(paginator={"type": "offset", "limit": 5}),
    "an endpoint's nothing as null": endpoint(
        paginator=None, data_selector=None, response_actions=None, incremental=None, headers=None,
        data=None),
    "params of any kind": endpoint(params={"a": 1, "b": None, "c": [1, "x", {"d": 2}], "e": True}),
    "a param in the path": endpoint(path="v{version}/items", params={"version": 2}),
    "a POST with json": endpoint(method="POST", json={"filter": [{"field": "a", "value": 1}]}),
    "a POST with form fields": endpoint(method="POST", data={"a": "b", "c": [1, 2]}),
    "a POST with a text": endpoint(method="POST", data="<query/>"),
    "a GET as such": endpoint(method="GET"),
    "headers of an endpoint": endpoint(headers={"X-A": "b", "Accept": None}),
    "selectors": api(*(
        {"name": f"r{number}", "endpoint": {"data_selector": selector}}
        for number, selector in enumerate(
            ["data", "$", "$.a.b", "a[*].b", "$..items", "['a b'].c", "a[0]", "*", "a-b"]))),
    "response actions": endpoint(response_actions=[
        {"status_code": 404, "action": "ignore"},
        {"content": "Not found", "action": "ignore"},
        {"status_code": 200, "content": "none", "action": "ignore"},
    ]),
    "no response actions": endpoint(response_actions=[]),
    "a cursor": incremental(initial_value="2024-01-01T00:00:00Z"),
    "a cursor that is a number": incremental(initial_value=5, end_value=7.5),
    "a cursor, all of it": incremental(
        initial_value="2024-01-01", end_value="2025-01-01", last_value_func="max",
        primary_key=["id"], row_order="asc", allow_external_schedulers=False, lag=3600,
        on_cursor_value_missing="exclude", range_start="open", range_end="closed",
        start_param="since", end_param="until"),
    "a cursor that shrinks": incremental(
        initial_value=9, end_value=3, last_value_func="min", row_order="desc", lag=0.5),
    "a cursor's nothing as null": incremental(
        initial_value=None, end_value=None, primary_key=None, row_order=None, lag=None,
        allow_external_schedulers=None, start_param=None, end_param=None, convert=None),
    **{
        f"a cursor sent as {kind}": incremental(
            initial_value="2024-01-01T00:00:00Z", start_param="since", convert=kind)
        for kind in (
            "epoch_seconds", "epoch_milliseconds", "iso8601", "date", "%Y-%m-%dT%H:%M:%S.%f%z",
            "on %d/%m/%y at %T, 100%%", "%F", "%Y%j")
    },
    "a number that is a time": incremental(
        initial_value=1706688000, end_value=1706688001.5, convert="iso8601", end_param="until"),
    "a start that a run knows": incremental(initial_value="${SINCE}", convert="date"),
    "a cursor without its own key": incremental(primary_key=[]),
    "a cursor as a param": param("incremental", cursor_path="at", initial_value="2024-01-01"),
    "a cursor as a param, all of it": param(
        "incremental", cursor_path="$.at", initial_value=1, end_value=None, last_value_func="min",
        primary_key="id", row_order="desc", allow_external_schedulers=True, lag=5,
        on_cursor_value_missing="include", range_start="closed", range_end="open",
        convert="epoch_milliseconds"),
    "a cursor in the text": endpoint(
        path="items/{incremental.start_value}", headers={"X-A": "{incremental.last_value}"},
        params={"q": "at>{incremental.initial_value}"}, json={"to": "{incremental.end_value}"},
        incremental={"cursor_path": "at"}),
    "a child by its path": child(),
    "a child by a param": api("items", {"name": "parts", "endpoint": {
        "path": "items/{id}/parts",
        "params": {"id": {"type": "resolve", "resource": "items", "field": "a.id"}}}}),
    "a child by its query": api("items", {"name": "parts", "endpoint": {
        "params": {"item": "{resources.items.id}"}}}),
    "a child by its body": api("items", {"name": "parts", "endpoint": {
        "method": "POST", "json": {"ids": ["{resources.items.id}"]}}}),
    "a grandchild": api(
        "a", {"name": "b", "endpoint": "a/{resources.a.id}"},
        {"name": "c", "endpoint": "b/{resources.b.id}"}),
    "fields of the parent": child(include_from_parent=["id", "name"]),
    "no fields of the parent": child(include_from_parent=None),
    "a child before its parent": api({"name": "c", "endpoint": "a/{resources.a.id}"}, "a"),
    "keys": resource(primary_key="id", merge_key=["day", "id"]),
    "keys in a list": resource(primary_key=["id", "version"], merge_key="day"),
    **{
        f"disposition {name}": resource(write_disposition=name, primary_key="id")
        for name in ("append", "replace", "merge")
    },
    "disposition as an object": resource(write_disposition={"disposition": "append"}),
    "merge as an object": merge(),
    "merge insert-only": merge(strategy="insert-only"),
    "merge delete-insert": merge(
        strategy="delete-insert", deduplicated=True, source_filter="{staging_table}.a = 1",
        destination_scope="{table}.a = 1"),
    "merge upsert": merge(
        strategy="upsert", source_filter="a = 1", skip_unchanged_rows=True,
        row_version_column_name="version"),
    "merge cdc": merge(
        strategy="cdc", source_filter="a = '{{'", destination_scope="b", skip_unchanged_rows=False,
        row_version_column_name="version"),
    "merge scd2": resource(write_disposition={
        "disposition": "merge", "strategy": "scd2", "validity_column_names": ["since", "until"],
        "active_record_timestamp": "9999-12-31", "boundary_timestamp": "2024-08-21T12:15:00+00:00",
        "row_version_column_name": "version", "source_filter": "a = 1", "destination_scope": "b"}),
    "merge scd2 with nulls": resource(write_disposition={
        "disposition": "merge", "strategy": "scd2", "active_record_timestamp": None,
        "boundary_timestamp": None}),
    "columns by name": resource(columns={
        "id": {
            "name": "id", "data_type": "bigint", "nullable": False, "precision": 32,
            "primary_key": True, "unique": True, "row_key": False, "description": "Its number",
            "x-bigquery-description": "hint of a destination"},
        "price": {"data_type": "decimal", "precision": 10, "scale": 2, "variant": False},
        "at": {
            "data_type": "timestamp", "timezone": True, "partition": True, "cluster": True,
            "sort": True, "dedup_sort": "desc", "incremental": True, "x-normalizer": {}},
        "gone": {"hard_delete": True, "merge_key": False, "parent_key": None, "root_key": None},
    }),
    "columns in a list": resource(columns=[{
        "name": "id", "data_type": "text", "nullable": True, "precision": None, "scale": None,
        "timezone": None, "x-normalizer": None, "description": None, "partition": False,
        "cluster": False, "unique": False, "sort": False, "primary_key": False, "merge_key": True,
        "row_key": None, "parent_key": None, "root_key": None, "variant": None,
        "hard_delete": None, "dedup_sort": None, "incremental": None}]),
    "a contract": resource(schema_contract="freeze"),
    "a contract in parts": resource(schema_contract={
        "tables": "evolve", "columns": "discard_value", "data_type": "discard_row"}),
    "a contract with null": resource(schema_contract={"tables": None}),
    "formats": resource(table_format="iceberg", file_format="parquet"),
    "the preferred format": resource(file_format="preferred", table_format=None),
    "references": resource(references=[
        REFERENCE | {"label": "owner", "cardinality": "many_to_one", "table": "items"}, REFERENCE]),
    "nested tables": resource(
        table_name="all_items", max_table_nesting=2, selected=True, parallelized=True,
        nested_hints={"lines": {
            "parent_table_name": "items", "write_disposition": "append", "primary_key": "id",
            "merge_key": ["a"], "columns": {"a": {"data_type": "text"}},
            "schema_contract": "evolve", "table_format": "native", "file_format": "csv",
            "references": [REFERENCE]}}),
    "a parent that is only read": api(
        {"name": "items", "selected": False},
        {"name": "parts", "endpoint": "items/{resources.items.id}/parts"}),
    "a filter": steps({"filter": "status != 'deleted' && !archived"}),
    "a map": steps({"map": "{id: id, total: amount.value, tags: join(', ', tags[].name)}"}),
    "a yield_map that keeps": steps({"yield_map": {"list": "lines", "keep": ["id", "at"]}}),
    "functions of ours": steps({"map": "{at: parse_time(at, '%d.%m.%Y'), all: items(@)}"}),
    "a yield_map": steps({"yield_map": "lines[?quantity > `0`].{sku: sku, count: quantity}"}),
    "personal data": steps({"map": {
        "exclude": ["ssn", "address.street", "contacts[*].phone", '"a.b"', "['first name']"],
        "hash": ["email", "contacts[*].email", "aliases[*]"], "salt": "${SALT}"}}),
    "steps, one after the other": steps(
        {"filter": "active"}, {"map": {"exclude": ["ssn"]}}, {"map": {"hash": ["email"]}},
        {"map": "merge(@, {kind: type(@)})"}, {"filter": "length(keys(@)) > `2`"}),
    "no steps": steps(),
    "steps that keep what is needed": steps(
        {"map": "{id: id, changed: meta.at}"}, {"map": {"hash": ["id"], "exclude": ["meta"]}},
        primary_key="id", endpoint={"incremental": {"cursor_path": "changed"}}),
    "steps of the defaults": api("items", {"name": "a", "processing_steps": []}, resource_defaults={
        "processing_steps": [{"filter": "id"}]}),
    "a resource's nothing as null": resource(
        primary_key=None, merge_key=None, write_disposition=None, columns=None, references=None,
        schema_contract=None, table_format=None, file_format=None, table_name=None,
        nested_hints=None, max_table_nesting=None, parallelized=None, include_from_parent=None),
    "defaults": api("items", {"name": "a", "primary_key": "b"}, resource_defaults={
        "primary_key": "id", "write_disposition": "merge", "merge_key": "at",
        "columns": {"id": {"data_type": "bigint"}}, "schema_contract": "evolve",
        "table_format": "native", "file_format": "jsonl", "references": [REFERENCE],
        "table_name": None, "nested_hints": {}, "max_table_nesting": 0, "selected": True,
        "parallelized": False, "include_from_parent": [],
        "endpoint": {
            "method": "POST", "params": {"per_page": 100}, "json": {"a": 1},
            "paginator": {"type": "page_number"}, "data_selector": "data", "headers": {"A": "b"},
            "auth": {"type": "bearer", "token": "t"},
            "response_actions": [{"status_code": 404, "action": "ignore"}],
            "incremental": {"cursor_path": "at"}}}),
    "defaults that are merged": api(
        {"name": "a", "endpoint": {"params": {"b": 2}, "json": {"c": 3}}},
        resource_defaults={"endpoint": {"params": {"a": 1}, "json": {"b": 2}}}),
    "references to the environment": client(
        base_url="${BASE_URL}", headers={"X-Tenant": "${TENANT}"},
        auth={"type": "http_basic", "username": "${USER}", "password": "${PASSWORD}"})
    | {"client": {"base_url": "https://${HOST}/v1", "headers": {"X-Tenant": "${TENANT}"}}},
    "literal braces": endpoint(json={"query": "{{ items {{ id }} }}"}, path="a/%7Bb%7D"),
}  # fmt: skip

"""What neither dlt nor the models take: every cause, and what a person is told."""

from typing import Any

import pytest

from restsrc_dagster_tests.connector.configuration.tables import (
    OAUTH,
    REFERENCE,
    Configuration,
    api,
    auth,
    child,
    client,
    endpoint,
    incremental,
    merge,
    paginator,
    param,
    problems,
    resource,
    told,
    validate_with_dlt,
)

MARKER = "M4RK3R-do-not-show"
CURSOR_AT = {"cursor_path": "at"}
CURSOR = {"type": "incremental", **CURSOR_AT}
RESOLVE = {"type": "resolve", "resource": "items", "field": "id"}
PAGINATORS = (
    "auto, single_page, json_link, json_response, header_link, header_cursor, cursor, offset, "
    "page_number"
)

INVALID: list[tuple[Configuration, list[str]]] = [
    (
        {},
        [
            "client: required: an object with at least base_url",
            "resources: required: a list of at least one resource",
        ],
    ),
    (api() | {"resource": []}, ["resource: unknown key; did you mean resources?"]),
    (api() | {"client": None}, ["client: is null, not an object with at least base_url"]),
    (
        api() | {"client": {}},
        ["client.base_url: required: the address of the API, such as https://api.acme.com/v1"],
    ),
    (
        api() | {"client": {"url": "https://x.y"}},
        ["client.url: unknown key; did you mean base_url?"],
    ),
    (
        api() | {"client": {"base_ulr": "https://x.y"}},
        ["client.base_ulr: unknown key; did you mean base_url?"],
    ),
    (
        {"clinet": {"base_url": "https://x.y"}, "resorces": ["items"]},
        [
            "clinet: unknown key; did you mean client?",
            "resorces: unknown key; did you mean resources?",
        ],
    ),
    (api() | {"resources": {}}, ["resources: is an object, not a list"]),
    (api() | {"resource_defaults": []}, ["resource_defaults: is a list, not an object"]),
    (client(base_url=5), ["client.base_url: is a number, not text"]),
    (client(header={}), ["client.header: unknown key; did you mean headers?"]),
    (client(headers={"X-A": 5}), ["client.headers.X-A: is a number, not text"]),
    (client(headers=[]), ["client.headers: is a list, not an object"]),
    (
        client(session={}),
        ["client.session: takes a Python object, which a file cannot hold; use http, beside …"],
    ),
    (
        auth("barer", token=MARKER),
        ["client.auth.type: 'barer' is not one of bearer, api_key, http_basic, oauth2_client_c…"],
    ),
    (auth("bearer"), ["client.auth.token: required: the token, best as a ${NAME} reference"]),
    (auth("bearer", token=5), ["client.auth.token: is a number, not text"]),
    (auth("bearer", tokn=MARKER), ["client.auth.tokn: unknown key; did you mean token?"]),
    (
        auth("bearer", token="t", name="X-Key"),
        ["client.auth.name: unknown key; allowed are token, type"],
    ),
    (client(auth="bearer"), ["client.auth: is text, not an object with a type and its secret"]),
    (client(auth=[MARKER]), ["client.auth: is a list, not an object with a type and its secret"]),
    (
        client(auth={"type": None, "token": MARKER}),
        ["client.auth.type: is null, not one of bearer, api_key, http_basic, oauth2_client_c…"],
    ),
    (
        client(auth={"type": "${KIND}", "token": MARKER}),
        ["client.auth.type: takes no ${…} reference: it is needed before any run reads"],
    ),
    (
        auth("api_key", name="key"),
        ["client.auth.api_key: required: the key, best as a ${NAME} reference"],
    ),
    (
        auth("api_key", api_key=MARKER, location=None),
        ["client.auth.location: is null, not one of header, query, param"],
    ),
    (
        auth("http_basic", username="ada"),
        ["client.auth.password: required: the password, best as a ${NAME} reference"],
    ),
    (
        auth("http_basic", user="ada", password=MARKER),
        ["client.auth.user: unknown key; did you mean username?"],
    ),
    (
        auth("oauth2_client_credentials", client_id="a", client_secret=MARKER),
        ["client.auth.access_token_url: required: where the token is obtained"],
    ),
    (
        auth("oauth2_client_credentials", **OAUTH, access_token_request_data="scope=read"),
        ["client.auth.access_token_request_data: is text, not an object"],
    ),
    (
        auth("oauth2_client_credentials", **OAUTH, default_token_expiration="3600"),
        ["client.auth.default_token_expiration: is text, not a whole number"],
    ),
    (
        auth("oauth2_client_credentials", **OAUTH, session={}),
        ["client.auth.session: takes a Python object, which a file cannot hold; use http, be…"],
    ),
    (
        endpoint(auth={"type": "bearer"}),
        ["resources[0].endpoint.auth.token: required: the token, best as a ${NAME} reference"],
    ),
    (
        client(paginator="json_lnik"),
        [f"client.paginator: 'json_lnik' is not one of {PAGINATORS}; did you mean json_link?"],
    ),
    (
        client(paginator="offset"),
        ['client.paginator: needs a limit; write {"type": "offset", "limit": 100}'],
    ),
    (
        client(paginator=5),
        ["client.paginator: is a number, not an object with a type or the name of a paginator"],
    ),
    (client(paginator={}), [f"client.paginator.type: required: one of {PAGINATORS}"]),
    (
        client(paginator={"type": 5}),
        [f"client.paginator.type: is a number, not one of {PAGINATORS}"],
    ),
    (
        paginator("jsonlink"),
        [f"client.paginator.type: 'jsonlink' is not one of {PAGINATORS}; did you mean json_link?"],
    ),
    (
        paginator("json_link", next_url="next"),
        ["client.paginator.next_url: unknown key; did you mean next_url_path?"],
    ),
    (
        paginator("json_link", next_url_path="a["),
        ["client.paginator.next_url_path: is not a JSONPath: write names with dots between, …"],
    ),
    (
        paginator("json_link", next_url_path=None),
        ["client.paginator.next_url_path: is null, not text; leave the key out"],
    ),
    (
        paginator("header_link", links_next_key=5),
        ["client.paginator.links_next_key: is a number, not text"],
    ),
    (
        paginator("cursor", cursor_param="a", cursor_body_path="b"),
        ["client.paginator.cursor_param: and cursor_body_path exclude each other; remove one"],
    ),
    (
        paginator("offset"),
        ["client.paginator.limit: required: records a page; no more than the API's own maximum"],
    ),
    (paginator("offset", limit="100"), ["client.paginator.limit: is text, not a whole number"]),
    (
        paginator("offset", limit=5, offset_param="a", offset_body_path="b"),
        ["client.paginator.offset_param: and offset_body_path exclude each other; remove one"],
    ),
    (
        paginator("offset", limit=5, limit_param="a", limit_body_path="b"),
        ["client.paginator.limit_param: and limit_body_path exclude each other; remove one"],
    ),
    (
        paginator("offset", limit=5, total_path=None, stop_after_empty_page=False),
        ["client.paginator: never ends: one of total_path, maximum_offset, has_more_path, st…"],
    ),
    (
        paginator("page_number", total_path=None, stop_after_empty_page=False),
        ["client.paginator: never ends: one of total_path, maximum_page, has_more_path, stop…"],
    ),
    (
        paginator("page_number", page_param="a", page_body_path="b"),
        ["client.paginator.page_param: and page_body_path exclude each other; remove one"],
    ),
    (
        paginator("page_number", stop_after_empty_page="yes"),
        ["client.paginator.stop_after_empty_page: is text, not true or false"],
    ),
    (api(5), ["resources[0]: is a number, not an object or the name of a resource"]),
    (api("items", "items"), ["resources[1].name: 'items' is already the name of another resource"]),
    (
        api({"endpoint": "items"}),
        ["resources[0].name: required: the resource's name, unlike that of any other"],
    ),
    (api({"name": 5}), ["resources[0].name: is a number, not text"]),
    (api({"nam": "items"}), ["resources[0].nam: unknown key; did you mean name?"]),
    (resource(endpoint=[]), ["resources[0].endpoint: is a list, not an object or a path"]),
    (
        resource(endpoint=None),
        ["resources[0].endpoint: is null, not an object or a path; leave the key out"],
    ),
    (
        resource(incremental={"cursor_path": "at"}),
        ["resources[0].incremental: unknown key; it belongs in endpoint"],
    ),
    (resource(path="items"), ["resources[0].path: unknown key; it belongs in endpoint"]),
    (
        resource(primry_key="id"),
        ["resources[0].primry_key: unknown key; did you mean primary_key?"],
    ),
    (
        resource(zzz=1),
        ["resources[0].zzz: unknown key; allowed are name, write_disposition, primary_key, m…"],
    ),
    (
        resource(parent_table_name="users"),
        ["resources[0].parent_table_name: unknown key; did you mean table_name?"],
    ),
    (
        endpoint(primary_key="id"),
        ["resources[0].endpoint.primary_key: unknown key; it belongs in the resource, beside…"],
    ),
    (endpoint(methud="GET"), ["resources[0].endpoint.methud: unknown key; did you mean method?"]),
    (
        endpoint(method="get"),
        ["resources[0].endpoint.method: 'get' is not one of GET, POST; did you mean GET?"],
    ),
    (
        endpoint(method="PATCH"),
        ["resources[0].endpoint.method: 'PATCH' is not one of GET, POST"],
    ),
    (endpoint(path=None), ["resources[0].endpoint.path: is null, not text; leave the key out"]),
    (endpoint(params=["a"]), ["resources[0].endpoint.params: is a list, not an object"]),
    (
        endpoint(params=None),
        ["resources[0].endpoint.params: is null, not an object; leave the key out"],
    ),
    (
        param("resolv", resource="a", field="b"),
        ["resources[0].endpoint.params.since.type: 'resolv' is not one of resolve, incremental…"],
    ),
    (
        endpoint(params={"since": {"cursor_path": "at"}}),
        ["resources[0].endpoint.params.since.type: required: one of resolve, incremental"],
    ),
    (
        param("resolve", field="id"),
        ["resources[0].endpoint.params.since.resource: required: the parent resource"],
    ),
    (
        param("resolve", resource="items", feild="id"),
        ["resources[0].endpoint.params.since.feild: unknown key; did you mean field?"],
    ),
    (endpoint(json=["a"]), ["resources[0].endpoint.json: is a list, not an object"]),
    (
        endpoint(data_selector=["data"]),
        ["resources[0].endpoint.data_selector: is a list, not text"],
    ),
    (
        endpoint(response_actions={"status_code": 404, "action": "ignore"}),
        ["resources[0].endpoint.response_actions: is an object, not a list"],
    ),
    (endpoint(incremental="at"), ["resources[0].endpoint.incremental: is text, not an object"]),
    (
        incremental(cursor_path="a b"),
        ["resources[0].endpoint.incremental.cursor_path: is not a JSONPath: write names with…"],
    ),
    (
        incremental(last_value_func="latest"),
        ["resources[0].endpoint.incremental.last_value_func: 'latest' is not one of min, max"],
    ),
    (
        incremental(row_order="descending"),
        ["resources[0].endpoint.incremental.row_order: 'descending' is not one of asc, desc"],
    ),
    (
        incremental(on_cursor_value_missing=None),
        ["resources[0].endpoint.incremental.on_cursor_value_missing: is null, not one of rai…"],
    ),
    (incremental(lag="1h"), ["resources[0].endpoint.incremental.lag: is text, not a number"]),
    (
        incremental(convert="epoch"),
        ["resources[0].endpoint.incremental.convert: is no pattern such as %Y-%m-%dT%H:%M, a…"],
    ),
    (
        incremental(convert="epoch_second"),
        [
            "resources[0].endpoint.incremental.convert: is no pattern such as %Y-%m-%dT%H:%M, and "
            "not one of epoch_seconds, epoch_milliseconds, iso8601, date; did you mean "
            "epoch_seconds?"
        ],
    ),
    (
        incremental(convert="%Q"),
        [
            "resources[0].endpoint.incremental.convert: %Q is no directive; known are %Y %y %m %d "
            "%j %F %H %M %S %T %f %z %Z %%"
        ],
    ),
    (
        incremental(convert="%s"),
        ["resources[0].endpoint.incremental.convert: %s is no directive everywhere; convert ep…"],
    ),
    (
        incremental(convert="%d %b %Y"),
        ["resources[0].endpoint.incremental.convert: %b depends on the language of the machine…"],
    ),
    (
        incremental(convert="%Y%"),
        ["resources[0].endpoint.incremental.convert: ends with a %; write %% for a literal one"],
    ),
    (
        incremental(convert="%H:%M"),
        ["resources[0].endpoint.incremental.convert: tells no year: %Y, %y and %F do"],
    ),
    (
        incremental(convert="{%Y}"),
        ["resources[0].endpoint.incremental.convert: has a brace: dlt would take what stands i…"],
    ),
    (
        incremental(convert="${FORMAT}"),
        ["resources[0].endpoint.incremental.convert: takes no ${…} reference: it is needed bef…"],
    ),
    (incremental(convert=5), ["resources[0].endpoint.incremental.convert: is a number, not text"]),
    (
        incremental(convert=""),
        ["resources[0].endpoint.incremental.convert: is empty; leave the key out"],
    ),
    (
        incremental(transform="epoch_seconds"),
        ["resources[0].endpoint.incremental.transform: takes a Python function, which a file c…"],
    ),
    (
        param("incremental", cursor_path="at", convert="epoch"),
        ["resources[0].endpoint.params.since.convert: is no pattern such as %Y-%m-%dT%H:%M, an…"],
    ),
    (
        api(resource_defaults={"endpoint": {"incremental": CURSOR_AT | {"convert": "%s"}}}),
        ["resource_defaults.endpoint.incremental.convert: %s is no directive everywhere; conve…"],
    ),
    (
        incremental(primary_key=5),
        ["resources[0].endpoint.incremental.primary_key: is a number, not text or a list of …"],
    ),
    (
        incremental(start_parm="since"),
        ["resources[0].endpoint.incremental.start_parm: unknown key; did you mean start_param?"],
    ),
    (
        param("incremental", cursor_path="at", start_param="since"),
        ["resources[0].endpoint.params.since.start_param: unknown key; it belongs in endpoin…"],
    ),
    (
        param("incremental", cursor_path="at", initial_value=1, end_value=5),
        ["resources[0].endpoint.params.since.end_value: belongs in endpoint.incremental, wit…"],
    ),
    (
        endpoint(params={"since": CURSOR, "until": CURSOR}),
        ["resources[0].endpoint.params: has several cursors, since, until; only one is possi…"],
    ),
    (
        endpoint(params={"since": CURSOR}, path="items/{since}"),
        ["resources[0].endpoint.path: {since} is a cursor; write {incremental.start_value}"],
    ),
    (
        endpoint(path="items/{id}"),
        ["resources[0].endpoint.path: {id} has no value; give the param id, or write {resour…"],
    ),
    (
        endpoint(path="{id}/{id}", params={"id": 5}),
        ["resources[0].endpoint.path: {id} stands there 2 times; dlt fills it once"],
    ),
    (
        endpoint(path="items/{incremental.start_value}"),
        ["resources[0].endpoint.path: {incremental.start_value} needs endpoint.incremental"],
    ),
    (
        endpoint(path="items/{os.environ}"),
        ["resources[0].endpoint.path: {os.environ} is not a placeholder; allowed are {increm…"],
    ),
    (
        endpoint(params={"q": "{id}"}),
        ["resources[0].endpoint.params.q: {id} is not a placeholder; allowed are {incrementa…"],
    ),
    (
        endpoint(json={"q": "{"}),
        ["resources[0].endpoint: json.q: Single '{' encountered in format string; write lite…"],
    ),
    (
        api("items", {"name": "parts", "endpoint": {"params": {"id": RESOLVE}}}),
        ["resources[1].endpoint.params.id: is not in the path; outside of it, write {resourc…"],
    ),
    (child(include_from_parent="id"), ["resources[1].include_from_parent: is text, not a list"]),
    (
        resource(include_from_parent=["id"]),
        ["resources[0].include_from_parent: has no parent to copy from; name one as {resourc…"],
    ),
    (
        api({"name": "a", "endpoint": "{resources.b.id}"}),
        ["resources[0]: its parent 'b' is not a resource; known are a"],
    ),
    (
        api({"name": "a", "endpoint": "{resources.a.id}"}),
        ["resources[0]: 'a' is its own ancestor; a parent chain must end"],
    ),
    (
        api("a", "b", {"name": "c", "endpoint": "{resources.a.id}/{resources.b.id}"}),
        [
            "resources[2]: has several parents, a, b; only one is possible, with its own ancestors "
            "and lists of values beside it"
        ],
    ),
    (
        resource(primary_key=5),
        ["resources[0].primary_key: is a number, not a column's name or a list of them"],
    ),
    (resource(primary_key=[5]), ["resources[0].primary_key[0]: is a number, not text"]),
    (
        resource(merge_key={"a": 1}),
        ["resources[0].merge_key: is an object, not a column's name or a list of them"],
    ),
    (
        resource(write_disposition="mrege"),
        ["resources[0].write_disposition: 'mrege' is not one of append, replace, merge, skip; …"],
    ),
    (
        resource(write_disposition=5),
        ["resources[0].write_disposition: is a number, not a disposition or an object with one"],
    ),
    (
        resource(write_disposition={"strategy": "scd2"}),
        ["resources[0].write_disposition.disposition: required: one of append, replace, merg…"],
    ),
    (
        resource(write_disposition={"disposition": "upsert"}),
        ["resources[0].write_disposition.disposition: 'upsert' is not one of append, replace, …"],
    ),
    (
        merge(strategy="scd"),
        ["resources[0].write_disposition.strategy: 'scd' is not one of delete-insert, scd2, up…"],
    ),
    (
        merge(strategy="scd2", boundary_timestamp="yesterday"),
        ["resources[0].write_disposition.boundary_timestamp: is not a time such as 2026-11-2…"],
    ),
    (
        merge(strategy="upsert", destination_scope="a = 1"),
        ["resources[0].write_disposition.destination_scope: unknown key; it belongs in a mer…"],
    ),
    (
        merge(strategy="upsert", source_filter="{column} = 1"),
        ["resources[0].write_disposition.source_filter: may name {table} and {staging_table}…"],
    ),
    (
        merge(strategy="upsert", source_filter="a = '{'"),
        ["resources[0].write_disposition.source_filter: has a single brace; write literal br…"],
    ),
    (
        merge(source_filter="a = 1"),
        ["resources[0].write_disposition.source_filter: unknown key; it belongs in a merge w…"],
    ),
    (
        resource(columns=5),
        ["resources[0].columns: is a number, not an object of columns by name, or a list of …"],
    ),
    (resource(columns={"a": "text"}), ["resources[0].columns.a: is text, not an object"]),
    (
        resource(columns=[{"data_type": "text"}]),
        ["resources[0].columns[0].name: required: the column's name"],
    ),
    (
        resource(schema_contract="frozen"),
        ["resources[0].schema_contract: 'frozen' is not one of evolve, discard_value, discard_…"],
    ),
    (
        resource(schema_contract={"tabels": "freeze"}),
        ["resources[0].schema_contract.tabels: unknown key; did you mean tables?"],
    ),
    (
        resource(schema_contract=["freeze"]),
        ["resources[0].schema_contract: is a list, not a mode or an object"],
    ),
    (
        resource(table_format="parquet"),
        ["resources[0].table_format: 'parquet' is not one of delta, iceberg, hive, native"],
    ),
    (
        resource(file_format="json"),
        ["resources[0].file_format: 'json' is not one of preferred, jsonl, typed-jsonl, insert…"],
    ),
    (resource(references={"users": "id"}), ["resources[0].references: is an object, not a list"]),
    (
        resource(references=[REFERENCE | {"cardinality": "n_to_1"}]),
        ["resources[0].references[0].cardinality: is not one of zero_to_one, one_to_zero, ze…"],
    ),
    (
        resource(nested_hints={"lines": {"selected": False}}),
        ["resources[0].nested_hints.lines.selected: unknown key; allowed are write_dispositi…"],
    ),
    (resource(nested_hints=["lines"]), ["resources[0].nested_hints: is a list, not an object"]),
    (
        resource(max_table_nesting="2"),
        ["resources[0].max_table_nesting: is text, not a whole number"],
    ),
    (resource(selected="no"), ["resources[0].selected: is text, not true or false"]),
    (resource(parallelized="yes"), ["resources[0].parallelized: is text, not true or false"]),
    (
        api(resource_defaults={"name": "items"}),
        ["resource_defaults.name: unknown key; it belongs in each resource"],
    ),
    (
        api(resource_defaults={"endpoint": "items"}),
        ["resource_defaults.endpoint: is text, not an object"],
    ),
    (
        api(resource_defaults={"endpoint": {"auth": {"type": "bearer"}}}),
        ["resource_defaults.endpoint.auth.token: required: the token, best as a ${NAME} refe…"],
    ),
    (
        api(resource_defaults={"params": {"per_page": 5}}),
        ["resource_defaults.params: unknown key; it belongs in endpoint"],
    ),
    (
        api(resource_defaults={"include_from_parent": ["id"]}),
        ["resources[0].include_from_parent: has no parent to copy from; name one as {resourc…"],
    ),
]
"""Each with everything that is told, to the letter or up to the …"""


@pytest.mark.parametrize(("configuration", "expected"), INVALID)
def test_what_is_told(configuration: Configuration, expected: list[str]) -> None:
    found = problems(configuration)
    assert told(found, expected), found
    assert MARKER not in str(found)


@pytest.mark.parametrize("configuration", [configuration for configuration, _ in INVALID])
def test_dlt_refuses_it_too(configuration: Configuration) -> None:
    assert validate_with_dlt(configuration) is not None


def test_the_causes_are_many() -> None:
    assert len(INVALID) >= 80
    assert len({str(configuration) for configuration, _ in INVALID}) == len(INVALID)


def test_all_problems_are_told_at_once() -> None:
    wrong: list[Any] = [
        {"name": "a", "endpoint": {"methud": "GET", "paginator": "offset"}, "primary_key": 5},
        "a",
        {"name": "b", "endpoint": {"path": "{id}"}},
    ]
    assert problems(api(*wrong, client={"headers": [], "auth": {"type": "bearer"}})) == [
        "client.headers: is a list, not an object",
        "resources[0].primary_key: is a number, not a column's name or a list of them",
        'resources[0].endpoint.paginator: needs a limit; write {"type": "offset", "limit": 100}',
        "resources[0].endpoint.methud: unknown key; did you mean method?",
        "client.auth.token: required: the token, best as a ${NAME} reference",
        "resources[1].name: 'a' is already the name of another resource",
        "resources[2].endpoint.path: {id} has no value; give the param id, or write "
        "{resources.<name>.id}; write %7B and %7D for literal braces",
    ]


def test_a_param_of_the_defaults_fills_one_path() -> None:
    """dlt takes it out for whoever comes first, unless that one has params of its own."""
    defaults = {"endpoint": {"params": {"v": 2}}}
    second: dict[str, Any] = {"name": "b", "endpoint": {"path": "{v}/b"}}
    both = api({"name": "a", "endpoint": "{v}/a"}, second, resource_defaults=defaults)
    assert validate_with_dlt(both) is not None
    assert problems(both) == [
        "resources[1].endpoint.path: {v} has no value any more: an earlier resource took it out "
        "of the defaults; give the param v in each resource"
    ]
    for fine in (
        api(second, "a", resource_defaults=defaults),
        api(
            {"name": "a", "endpoint": {"path": "{v}/a", "params": {"x": 1}}},
            second,
            resource_defaults=defaults,
        ),
        api(
            {"name": "a", "endpoint": "{v}/a"},
            {"name": "b", "endpoint": {"path": "{v}/b", "params": {"v": 3}}},
            resource_defaults=defaults,
        ),
    ):
        assert (problems(fine), validate_with_dlt(fine)) == ([], None)


def test_a_broken_parent_is_still_a_parent() -> None:
    broken = {"name": "items", "primary_key": 5}
    configuration = api(broken, {"name": "parts", "endpoint": "{resources.items.id}"})
    assert [found.split(":")[0] for found in problems(configuration)] == [
        "resources[0].primary_key"
    ]

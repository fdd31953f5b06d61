"""What dlt takes and we refuse, each with its reason: it would fail later, or do harm."""

import pytest

from restsrc_dagster_tests.connector.configuration.tables import (
    OAUTH,
    REFERENCE,
    Configuration,
    api,
    auth,
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
CURSOR = {"type": "incremental", "cursor_path": "at"}
RESOLVE = {"type": "resolve", "resource": "items", "field": "id"}
BODY = {"json": {"a": 1}, "data": "a=1"}

REFUSED: list[tuple[Configuration, list[str], str]] = [
    (
        endpoint(path="{incremental.start_value}", incremental=None),
        ["resources[0].endpoint.path: {incremental.start_value} needs endpoint.incremental"],
        "dlt fails at the first request",
    ),
    (
        auth("http_basic", username="ada", password=[MARKER]),
        ["client.auth.password: is a list, not text"],
        "dlt would send Python's form of a list",
    ),
    (
        endpoint(auth=None) | {"client": {"base_url": "https://x.y", "auth": {"type": "bearer"}}},
        ["client.auth.token: required: the token, best as a ${NAME} reference"],
        "dlt does not look at an auth that no endpoint uses",
    ),
    (
        api() | {"resources": []},
        ["resources: is empty; required: a list of at least one resource"],
        "runs green and loads nothing",
    ),
    (
        client(base_url=""),
        ["client.base_url: is empty; required: the address of the API, such as https://api.a…"],
        "no request can be made",
    ),
    (
        client(base_url="api.acme.com"),
        ["client.base_url: 'api.acme.com' must start with http:// or https:// and name a host"],
        "no request can be made without a scheme",
    ),
    (
        auth("bearer", token=""),
        ["client.auth.token: is empty; required: the token, best as a ${NAME} reference"],
        "sends no secret",
    ),
    (
        auth("api_key", api_key=MARKER, location="cookie"),
        ["client.auth.location: 'cookie' is not one of header, query, param"],
        "dlt raises NotImplementedError at the first request",
    ),
    (
        paginator("auto", limit=5),
        ["client.paginator.limit: unknown key; allowed are type"],
        "dlt ignores the option",
    ),
    (
        paginator("offset", limit=0),
        ["client.paginator.limit: 0 is not ≥ 1"],
        "asks for the same page for ever",
    ),
    (
        paginator("offset", limit=True),
        ["client.paginator.limit: is true, not a whole number"],
        "true is 1 to Python",
    ),
    (
        paginator("page_number", base_page=-1),
        ["client.paginator.base_page: -1 is not ≥ 0"],
        "no API counts so",
    ),
    (
        api(""),
        ["resources[0]: is empty; a name is required"],
        "the table is called paginate_resource",
    ),
    (
        api(" items"),
        ["resources[0].name: ' items' begins or ends with a space, or has a control character"],
        "Dagster and the destination would name it differently",
    ),
    (
        api("my-items", "my_items"),
        ["resources[1].name: 'my_items' and 'my-items' both become the table my_items; renam…"],
        "both load into one table",
    ),
    (
        api("_dlt_loads"),
        ["resources[0].name: '_dlt_loads' begins with _dlt, which names dlt's own tables"],
        "destroys dlt's own table",
    ),
    (
        endpoint(method="POST", **BODY),
        ["resources[0].endpoint.json: and data exclude each other; remove one"],
        "dlt raises ValueError at the first request",
    ),
    (
        endpoint(headers={"X-A": 5}),
        ["resources[0].endpoint.headers.X-A: is a number, not text"],
        "requests raises InvalidHeader at the first request",
    ),
    (
        endpoint(data_selector="data["),
        ["resources[0].endpoint.data_selector: is not a JSONPath: write names with dots betw…"],
        "fails when the first page is there",
    ),
    (
        endpoint(data_selector=""),
        ["resources[0].endpoint.data_selector: is empty; leave the key out"],
        "dlt guesses, as without it",
    ),
    (
        endpoint(response_actions=[{"status_code": 404, "action": "ingore"}]),
        ["resources[0].endpoint.response_actions[0].action: is not one of ignore, retry, fa…"],
        "dlt does nothing with it",
    ),
    (
        endpoint(response_actions=[{"status_code": 404}]),
        ["resources[0].endpoint.response_actions[0].action: required: what to do: ignore end…"],
        "dlt raises TypeError at the first answer",
    ),
    (
        endpoint(response_actions=[{"action": "ignore"}]),
        ["resources[0].endpoint.response_actions[0]: applies to no answer; give a status_cod…"],
        "dlt applies it to nothing",
    ),
    (
        endpoint(response_actions=[{"status_code": "404", "action": "ignore"}]),
        ["resources[0].endpoint.response_actions[0].status_code: is text, not a whole number"],
        "a text never equals a status",
    ),
    (
        endpoint(response_actions=[{"status_code": 99, "action": "ignore"}]),
        ["resources[0].endpoint.response_actions[0].status_code: 99 is not ≥ 100"],
        "no such status",
    ),
    (
        endpoint(incremental={}),
        ["resources[0].endpoint.incremental.cursor_path: required: where a record has its cu…"],
        "dlt ignores it",
    ),
    (
        incremental(initial_value={"year": 2024}),
        ["resources[0].endpoint.incremental.initial_value: is an object, not text or a number"],
        "no record's cursor can be compared with it",
    ),
    (
        incremental(initial_value=["2024"]),
        ["resources[0].endpoint.incremental.initial_value: is a list, not text or a number"],
        "no record's cursor can be compared with it",
    ),
    (
        incremental(initial_value=True),
        ["resources[0].endpoint.incremental.initial_value: is true, not text or a number"],
        "no record's cursor can be compared with it",
    ),
    (
        incremental(end_value=5),
        ["resources[0].endpoint.incremental.end_value: needs an initial_value"],
        "dlt refuses it when it reads",
    ),
    (
        incremental(initial_value="2024", end_value=5),
        ["resources[0].endpoint.incremental.end_value: is not of the same type as initial_va…"],
        "dlt refuses it when it reads",
    ),
    (
        incremental(initial_value=9, end_value=3),
        ["resources[0].endpoint.incremental.end_value: is below initial_value"],
        "dlt refuses it when it reads",
    ),
    (
        incremental(initial_value="2024", end_value="2025", last_value_func="min"),
        ["resources[0].endpoint.incremental.end_value: is above initial_value"],
        "dlt refuses it when it reads",
    ),
    (
        param("incremental"),
        ["resources[0].endpoint.params.since.cursor_path: required: where a record has its c…"],
        "dlt refuses it when it reads",
    ),
    (
        endpoint(params={"since": CURSOR}, incremental={"cursor_path": "at"}),
        ["resources[0].endpoint.params.since: and endpoint.incremental exclude each other; n…"],
        "dlt ignores the second",
    ),
    (
        resource(primary_key=""),
        ["resources[0].primary_key: is empty; leave the key out"],
        "dlt takes it for no key",
    ),
    (
        resource(write_disposition={"disposition": "append", "strategy": "scd2"}),
        ["resources[0].write_disposition.strategy: unknown key; it belongs in a merge"],
        "dlt ignores the strategy",
    ),
    *(
        (
            resource(write_disposition=skip),
            ['resources[0].write_disposition: skip loads nothing; write "selected": false instead'],
            "the destination does not take it",
        )
        for skip in ("skip", {"disposition": "skip"})
    ),
    (
        resource(write_disposition="merge"),
        ["resources[0].write_disposition: merge needs a primary_key or a merge_key"],
        "appends a copy of every row in every run",
    ),
    (
        merge(strategy="scd2", validity_column_names=["since"]),
        ["resources[0].write_disposition.validity_column_names: has 1 entries, not 2"],
        "a row's validity has two ends",
    ),
    (
        resource(columns={"a": {"data_type": "integer"}}),
        ["resources[0].columns.a.data_type: 'integer' is not one of text, double, bool, timest…"],
        "no destination can load it",
    ),
    (
        resource(columns={"a": {"data_typ": "text"}}),
        ["resources[0].columns.a.data_typ: unknown key; did you mean data_type?"],
        "dlt ignores it",
    ),
    (
        resource(columns={"a": {"nullable": "no"}}),
        ["resources[0].columns.a.nullable: is text, not true or false"],
        "a text is true to Python",
    ),
    (
        resource(references=[{"referenced_table": "users"}]),
        [
            "resources[0].references[0].columns: required: the columns that refer to it",
            "resources[0].references[0].referenced_columns: required: its columns, in the same …",
        ],
        "refers to nothing",
    ),
    (
        resource(references=[REFERENCE | {"columns": ["a", "b"]}]),
        ["resources[0].references[0].referenced_columns: has not as many names as columns"],
        "the pairs do not match",
    ),
    (
        resource(max_table_nesting=-1),
        ["resources[0].max_table_nesting: -1 is not ≥ 0"],
        "has no meaning",
    ),
    (
        resource(table_name=""),
        ["resources[0].table_name: is empty; leave the key out"],
        "dlt takes the resource's name",
    ),
    (
        resource(selected=None),
        ["resources[0].selected: is null, not true or false; leave the key out"],
        "dlt reads it but loads no row, in silence",
    ),
    (
        endpoint(method=None),
        ["resources[0].endpoint.method: is null, not one of GET, POST"],
        "dlt fails at the first request",
    ),
    (
        api(resource_defaults={"endpoint": {"json": None}}),
        ["resource_defaults.endpoint.json: is null, not an object; leave the key out"],
        "dlt refuses the same in a resource",
    ),
    (
        api(resource_defaults={"endpoint": {"path": None}}),
        ["resource_defaults.endpoint.path: is null, not text; leave the key out"],
        "dlt refuses the same in a resource",
    ),
    (
        paginator("page_number", base_page=None),
        ["client.paginator.base_page: is null, not a whole number; leave the key out"],
        "dlt fails at the second page",
    ),
    (
        paginator("offset", limit=5, offset=None),
        ["client.paginator.offset: is null, not a whole number; leave the key out"],
        "dlt fails at the second page",
    ),
    (
        paginator("header_link", links_next_key=None),
        ["client.paginator.links_next_key: is null, not text; leave the key out"],
        "stops after one page, in silence",
    ),
    (
        paginator("header_cursor", cursor_key=None),
        ["client.paginator.cursor_key: is null, not text; leave the key out"],
        "dlt fails at the first answer",
    ),
    (
        paginator("header_cursor", cursor_param=None),
        ["client.paginator.cursor_param: is null, not text; leave the key out"],
        "sends no cursor: the same page for ever",
    ),
    (
        paginator("offset", limit=5, offset=-5),
        ["client.paginator.offset: -5 is not ≥ 0"],
        "no API takes it",
    ),
    (
        paginator("offset", limit=5, maximum_offset=0),
        ["client.paginator.maximum_offset: 0 is not ≥ 1"],
        "reads one page whatever happens",
    ),
    (
        paginator("page_number", page=-1),
        ["client.paginator.page: -1 is not ≥ 0"],
        "no API counts so",
    ),
    (
        paginator("page_number", maximum_page=0),
        ["client.paginator.maximum_page: 0 is not ≥ 1"],
        "reads one page whatever happens",
    ),
    (
        paginator("page_number", total_path=""),
        ["client.paginator.total_path: is empty; leave the key out"],
        "dlt takes it for null",
    ),
    (
        paginator("page_number", page_param="", page_body_path="p"),
        ["client.paginator.page_param: is empty; leave the key out"],
        "dlt takes it for null",
    ),
    (
        incremental(last_value_func=None),
        ["resources[0].endpoint.incremental.last_value_func: is null, not one of min, max"],
        "dlt fails at the first record",
    ),
    (
        incremental(range_start=None),
        ["resources[0].endpoint.incremental.range_start: is null, not one of open, closed"],
        "is neither of the two",
    ),
    (
        incremental(range_end=None),
        ["resources[0].endpoint.incremental.range_end: is null, not one of open, closed"],
        "is neither of the two",
    ),
    (
        incremental(cursor_path=""),
        ["resources[0].endpoint.incremental.cursor_path: is empty; required: where a record …"],
        "dlt refuses it when it reads",
    ),
    (
        incremental(start_param=""),
        ["resources[0].endpoint.incremental.start_param: is empty; leave the key out"],
        "dlt sends no cursor",
    ),
    (
        param("incremental", cursor_path="at", row_order="up"),
        ["resources[0].endpoint.params.since.row_order: 'up' is not one of asc, desc"],
        "dlt takes it for unsorted",
    ),
    (
        param("incremental", cursor_path="at", range_start="ajar"),
        ["resources[0].endpoint.params.since.range_start: 'ajar' is not one of open, closed"],
        "is neither of the two",
    ),
    (
        param("incremental", cursor_path="at", lag="1h"),
        ["resources[0].endpoint.params.since.lag: is text, not a number"],
        "dlt fails at the second run",
    ),
    (
        param("incremental", cursor_path="at", allow_external_schedulers="no"),
        ["resources[0].endpoint.params.since.allow_external_schedulers: is text, not true or…"],
        "a text is true to Python",
    ),
    (
        param("incremental", cursor_path="at", transform=None),
        ["resources[0].endpoint.params.since.transform: takes a Python function, which a file …"],
        "says nothing",
    ),
    (
        incremental(initial_value="yesterday", convert="date"),
        ["resources[0].endpoint.incremental.initial_value: is no point in time, which convert …"],
        "the first request fails",
    ),
    (
        incremental(initial_value=0, end_value=1e300, convert="date"),
        ["resources[0].endpoint.incremental.end_value: is no point in time, which convert needs"],
        "the first request fails",
    ),
    (
        incremental(initial_value=5, end_value=5.0, convert="date"),
        ["resources[0].endpoint.incremental.end_value: is also the initial_value; convert cann…"],
        "the one is rounded down, the other up",
    ),
    (
        param("incremental", cursor_path="at", end_value=0),
        ["resources[0].endpoint.params.since.end_value: belongs in endpoint.incremental, wit…"],
        "dlt takes it for null",
    ),
    (
        api(
            "items",
            {"name": "parts", "endpoint": {"path": "{id}", "params": {"id": RESOLVE | {"to": 1}}}},
        ),
        ["resources[1].endpoint.params.id.to: unknown key; allowed are type, resource, field"],
        "dlt ignores it",
    ),
    (
        resource(columns={"a": {"precision": -1}}),
        ["resources[0].columns.a.precision: -1 is not ≥ 0"],
        "no column has it",
    ),
    (
        resource(primary_key=["id", ""]),
        ["resources[0].primary_key[1]: is empty; a name is required"],
        "no column is called so",
    ),
    (
        auth("oauth2_client_credentials", **OAUTH, default_token_expiration=0),
        ["client.auth.default_token_expiration: 0 is not > 0"],
        "a token for every request",
    ),
    (
        client(session=None),
        ["client.session: takes a Python object, which a file cannot hold; use http, beside …"],
        "says nothing",
    ),
    (
        merge(strategy="scd2", boundary_timestamp=True),
        ["resources[0].write_disposition.boundary_timestamp: is true, not text or a number"],
        "true is 1 to Python",
    ),
    (
        resource(nested_hints={"lines": {"parent_table_name": ""}}),
        ["resources[0].nested_hints.lines.parent_table_name: is empty; leave the key out"],
        "no table is called so",
    ),
]
"""A configuration, what is told, and why it is refused."""


@pytest.mark.parametrize(("configuration", "expected", "reason"), REFUSED)
def test_dlt_takes_it_and_we_do_not(
    configuration: Configuration, expected: list[str], reason: str
) -> None:
    assert validate_with_dlt(configuration) is None, "no refusal of ours any more"
    found = problems(configuration)
    assert told(found, expected), found
    assert MARKER not in str(found)
    assert reason

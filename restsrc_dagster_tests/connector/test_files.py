"""Which files are connectors, and what every kind of broken one is told."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml

from restsrc_dagster.connector.files.folder import check_content, connector_paths, read_connector
from restsrc_dagster.connector.files.folder import read_folder as read
from restsrc_dagster.connector.files.parse import parse
from restsrc_dagster.connector.lint import lint
from restsrc_dagster.errors import ConnectorError, SettingsError
from restsrc_dagster_tests.support.connectors import CREATED_AT, content, items, write

MARKER = "M4RK3R-do-not-show"
ENDS = {"cursor_path": "at", "initial_value": "2024-01-01", "start_param": "s", "end_param": "e"}

CONTRACT_EXAMPLE = """{
  "$schema": "…/connector.schema.json",
  "description": "Customers and invoices of ACME",
  "created_at": "2026-11-23T10:03:00Z",
  "schedule": {"mode": "minutes", "interval": 10},
  "configuration": {
    "client": {"base_url": "https://api.example.com/v1",
               "auth": {"type": "bearer", "token": "${ACME_TOKEN}"},
               "paginator": {"type": "json_link", "next_url_path": "paging.next"}},
    "resources": [
      {"name": "customers",
       "endpoint": {"path": "customers", "data_selector": "data", "params": {"per_page": 100},
                    "incremental": {"cursor_path": "updated_at",
                                    "initial_value": "1970-01-01T00:00:00Z"}}},
      {"name": "invoices", "endpoint": {"path": "invoices", "data_selector": "data"}}
    ]
  },
  "http": {"max_concurrency": 4, "requests_per_second": 10},
  "destination": {"type": "duckdb", "dataset": "acme"}
}
"""


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in content().items() if name != key}


def configured(**keys: Any) -> dict[str, Any]:
    """A file whose configuration has `keys` beside or instead of the usual ones."""
    usual = content()
    return usual | {"configuration": usual["configuration"] | keys}


def endpoint(**keys: Any) -> dict[str, Any]:
    return content(resources=[items(**keys)])


def resource(**keys: Any) -> dict[str, Any]:
    return content(resources=[items() | keys])


def names(*resources: str) -> dict[str, Any]:
    return content(resources=list(resources))


def auth(**keys: Any) -> dict[str, Any]:
    return content(client={"auth": keys})


NOT_RFC_3339 = "is not an RFC 3339 time in UTC, such as 2026-11-23T10:03:00Z"
PLACEHOLDERS = (
    "is not a placeholder; allowed are {incremental.start_value|last_value|initial_value|"
    "end_value}, {resources.<name>.<field>} and, in a path, the name of a param; "
)
NO_VALUE = "has no value; give the param {0}, or write {{resources.<name>.{0}}}; "
TWICE = "write literal braces twice, {{ and }}"
PERCENT = "write %7B and %7D for literal braces"
NO_REFERENCE = "has a ${ that begins no reference; write ${NAME}, or $${ for a literal"
EARLY = "takes no ${…} reference: it is needed before any run reads"

INVALID_CONTENTS: list[tuple[dict[str, Any], str]] = [
    # the file's own keys
    ({}, "created_at: required; run `restsrc stamp {file}` to write it"),
    (without("created_at"), "created_at: required; run `restsrc stamp {file}` to write it"),
    (without("schedule"), "schedule: required: an object such as {"),
    (without("configuration"), "configuration: required: dlt's rest_api configuration"),
    (content(name="acme"), "name: unknown key; the file's name is the connector's"),
    (content(shedule={}), "shedule: unknown key; did you mean schedule?"),
    (content(created="x"), "created: unknown key; did you mean created_at?"),
    (
        content(zzz=1),
        "zzz: unknown key; allowed are created_at, schedule, configuration, description, reading, "
        "values, http, destination, partitions, on_schema_change, alerts, owners, tags",
    ),
    (content(description=5), "description: is a number, not text"),
    (content(created_at=None), "created_at: is not a time in quotes, such as 2026-11-23T10:03:00Z"),
    (content(created_at=20261123), "created_at: is not a time in quotes, such as"),
    (content(created_at="2026-11-23"), f"created_at: '2026-11-23' {NOT_RFC_3339}"),
    (content(created_at="2026-11-23T10:03:00"), NOT_RFC_3339),
    (content(created_at="2026-11-23 10:03:00Z"), NOT_RFC_3339),
    (content(created_at="20261123T100300Z"), NOT_RFC_3339),
    (content(created_at="2026-02-30T10:03:00Z"), NOT_RFC_3339),
    (content(created_at="yesterday"), NOT_RFC_3339),
    (
        content(created_at="2026-11-23T12:03:00+02:00"),
        "created_at: '2026-11-23T12:03:00+02:00' is not in UTC; write 2026-11-23T10:03:00Z",
    ),
    (content(created_at="0001-01-01T00:00:00+05:00"), "is not within 1970 to 2199"),
    (content(created_at="9999-12-31T23:59:00Z"), "is not within 1970 to 2199"),
    # schedule
    (content(schedule=None), "schedule: is null, not an object such as {"),
    (content(schedule={}), "schedule.mode: required: the unit of `interval`"),
    (
        content(schedule={"mode": "weeks"}),
        "schedule.mode: 'weeks' is not one of days, hours, minutes",
    ),
    (content(schedule={"mode": "days", "interval": 0}), "schedule.interval: 0 is not ≥ 1"),
    (content(schedule={"mode": "days", "interval": 10**6}), "1000000 is not ≤ 100000"),
    (
        content(schedule={"mode": "days", "interval": "2"}),
        "schedule.interval: is text, not a whole number",
    ),
    (content(schedule={"mode": "hours", "offset": -1}), "schedule.offset: -1 is not ≥ 0"),
    (
        content(schedule={"mode": "hours", "offset": 60}),
        "schedule.offset: 60 is not within 0 to 59 for every hour",
    ),
    (
        content(schedule={"mode": "minutes", "offset": 5}),
        "schedule.offset: not allowed for minutes, which count from created_at; remove it",
    ),
    (
        content(schedule={"mode": "days", "intervall": 2}),
        "schedule.intervall: unknown key; did you mean interval?",
    ),
    # partitions
    (content(partitions={"every": "day"}), "partitions.from: required: the day of the first one"),
    (
        content(partitions={"every": "year", "from": "2025-01-01"}),
        "partitions.every: 'year' is not one of hour, day, week, month",
    ),
    (
        content(partitions={"every": "day", "from": "20250101"}),
        "partitions.from: '20250101' is not a day, such as 2025-01-01",
    ),
    (
        content(partitions={"every": "week", "from": "2025-01-01"}),
        "partitions.from: '2025-01-01' is no Monday, on which weeks begin; write 2024-12-30",
    ),
    (
        content(partitions={"every": "month", "from": "2025-01-02"}),
        "partitions.from: '2025-01-02' is no first of a month; write 2025-01-01",
    ),
    (
        content(partitions={"every": "day", "from": "2025-01-01"}),
        "partitions: no resource has an end in its request: name the parameter of it as "
        "endpoint.incremental.end_param, beside start_param",
    ),
    (
        content(
            resources=[items(), items("c", path="of/{resources.items.id}", incremental=ENDS)],
            partitions={"every": "day", "from": "2025-01-01"},
            reading={"c": {"window": {"size": "1 day"}}},
        ),
        "partitions: no resource without a parent or a list of values has an end in its request",
    ),
    (
        content(
            resources=[
                {**items(incremental=ENDS), "primary_key": "id"},
                {
                    **items("c", path="{resources.kinds.value}/of/{resources.items.id}"),
                    "write_disposition": "append",
                },
            ],
            values={"kinds": ["a", "b"]},
            partitions={"every": "day", "from": "2025-01-01"},
        ),
        "partitions: c is not merged, and rows that are read again would be there twice",
    ),
    # http, destination, on_schema_change, alerts, owners, tags
    (content(http={"max_concurrency": 0}), "http.max_concurrency: 0 is not ≥ 1"),
    (content(http={"requests_per_second": 0}), "http.requests_per_second: 0 is not > 0"),
    (content(http={"timeout": 5}), "http.timeout: unknown key; did you mean timeout_seconds?"),
    (content(http=[{"token": MARKER}]), "http: is a list, not an object"),
    (content(http={"allowed_hosts": [""]}), "http.allowed_hosts[0]: is no host, host:port or"),
    (content(http={"anonymous_hosts": ["a:b"]}), "http.anonymous_hosts[0]: is no host, host:port"),
    *(
        (
            content(http={"allowed_hosts": [allowed], "anonymous_hosts": ["x.com", anonymous]}),
            f"http.anonymous_hosts: {anonymous!r} is in allowed_hosts, too",
        )
        for allowed, anonymous in [
            ("a.com", "A.com"),
            ("a.com", "http://a.com:8080"),
            ("a.com:443", "https://a.com"),
            ("https://a.com", "a.com"),
        ]
    ),
    (content(destination="duckdb"), "destination: is text, not an object"),
    (content(destination={"type": 5}), "destination.type: is a number, not text"),
    (content(destination={"type": ""}), "destination.type: is empty; leave the key out"),
    (content(destination={"dataset": "${DATASET}"}), f"destination.dataset: {EARLY}"),
    (content(destination={"type": "${KIND}"}), f"destination.type: {EARLY}"),
    (
        content(destination={"type": "postgres", "credentials": f"${{PG-URL}}{MARKER}"}),
        f"destination.credentials: {NO_REFERENCE}",
    ),
    (content(owners=["ada"]), "owners[0]: 'ada' is neither an email address nor team:<name>"),
    (content(owners="team:data"), "owners: is text, not a list"),
    (content(tags={"a b": "c"}), "tags: 'a b': 'c' is not a tag; letters, digits, _, - and ."),
    (content(tags={"tier": 1}), "tags.tier: is a number, not text"),
    # configuration
    (content(configuration=[]), "configuration: is a list, not an object"),
    (
        configured(resource=[]),
        "configuration.resource: unknown key; did you mean resources?",
    ),
    (configured(client=None), "configuration.client: is null, not an object"),
    (configured(client={}), "configuration.client.base_url: required: the address of the API"),
    (content(url="api.acme.com/a"), "base_url: 'api.acme.com' must start with http:// or https://"),
    (content(url="https://"), "base_url: must start with http:// or https:// and name a host"),
    (content(url="http://[::1"), "base_url: must start with http:// or https:// and name a host"),
    (content(client={"auth": 5}), "client.auth: is a number, not an object with a type"),
    (content(client={"auth": "bearer"}), "client.auth: is text, not an object with a type and it"),
    (auth(type="bearer", token=""), "client.auth.token: is empty; required: the token, best as"),
    (auth(type="bearer", tokn=MARKER), "client.auth.tokn: unknown key; did you mean token?"),
    (
        auth(type="barer", token=MARKER),
        "configuration.client.auth.type: 'barer' is not one of bearer, api_key, http_basic, "
        "oauth2_client_credentials, oauth2_refresh_token, oauth2_password, oauth2_jwt, jwt, "
        "session_token, http_digest, oauth1, aws_sigv4; did you mean bearer?",
    ),
    (auth(type=["bearer"], token=MARKER), "client.auth.type: is a list, not one of bearer, api"),
    (auth(type="http_basic", username="ada"), "client.auth.password: required: the password, best"),
    (
        auth(type="api_key", api_key=MARKER, location="cookie"),
        "client.auth.location: 'cookie' is not one of header, query, param",
    ),
    (
        endpoint(auth={"type": "api_key"}),
        "configuration.resources[0].endpoint.auth.api_key: required: the key, best as a ${NAME}",
    ),
    (configured(resource_defaults=[]), "configuration.resource_defaults: is a list, not an object"),
    (
        configured(resource_defaults={"endpoint": "items"}),
        "configuration.resource_defaults.endpoint: is text, not an object",
    ),
    (configured(resource_defaults={"endpoint": 5}), "resource_defaults.endpoint: is a number, no"),
    (
        configured(resource_defaults={"endpoint": {"params": []}}),
        "configuration.resource_defaults.endpoint.params: is a list, not an object",
    ),
    (configured(resources=[]), "configuration.resources: is empty; required: a list of at least"),
    (configured(resources={}), "configuration.resources: is an object, not a list"),
    (content(resources=[5]), "resources[0]: is a number, not an object or the name of a resource"),
    (content(resources=[{}]), "configuration.resources[0].name: required: the resource's name"),
    (content(resources=[{"name": 5}]), "configuration.resources[0].name: is a number, not text"),
    (content(resources=[" "]), "resources[0].name: ' ' begins or ends with a space"),
    (names(""), "configuration.resources[0]: is empty; a name is required"),
    (resource(endpoint=[]), "resources[0].endpoint: is a list, not an object or a path"),
    (endpoint(params=["a"]), "resources[0].endpoint.params: is a list, not an object"),
    (endpoint(headers=MARKER), "resources[0].endpoint.headers: is text, not an object"),
    (endpoint(json=[MARKER]), "resources[0].endpoint.json: is a list, not an object"),
    (content(client={"headers": [MARKER]}), "configuration.client.headers: is a list, not an obj"),
    (endpoint(incremental="updated_at"), "resources[0].endpoint.incremental: is text, not an obj"),
    (endpoint(incremental={"initial_value": "1"}), "incremental.cursor_path: required: where"),
    # names
    (names("a", "a"), "configuration.resources[1].name: 'a' is already the name of another"),
    (
        names("a-b", "a_b"),
        "configuration.resources[1].name: 'a_b' and 'a-b' both become the table a_b; rename one",
    ),
    (names("Items", "items"), "resources[1].name: 'items' and 'Items' both become the table items"),
    (names("a\tb"), "resources[0].name: 'a\\tb' begins or ends with a space, or has a control"),
    (names(" a"), "resources[0].name: ' a' begins or ends with a space, or has a control"),
    (names("_dlt_loads"), "resources[0].name: '_dlt_loads' begins with _dlt, which names dlt's"),
    (names("é", "ü"), "resources[1].name: 'ü' and 'é' both become the table x; rename one"),
    (names("a" * 201), "resources[0].name: is 201 characters long; at most 200 work"),
    # references and placeholders
    (names("${NAME}"), f"configuration.resources[0]: {EARLY}"),
    (resource(name="${NAME}"), f"configuration.resources[0].name: {EARLY}"),
    (resource(write_disposition="${HOW}"), f"resources[0].write_disposition: {EARLY}"),
    (
        resource(write_disposition={"disposition": "merge", "strategy": "${HOW}"}),
        f"configuration.resources[0].write_disposition.strategy: {EARLY}",
    ),
    (auth(type="${KIND}", token=MARKER), f"configuration.client.auth.type: {EARLY}"),
    (auth(type="bearer", token=f"${{{MARKER}"), f"client.auth.token: {NO_REFERENCE}"),
    (auth(type="bearer", token=f"${{ {MARKER} }}"), f"client.auth.token: {NO_REFERENCE}"),
    (endpoint(path="a/{id}"), f"endpoint.path: {{id}} {NO_VALUE.format('id')}{PERCENT}"),
    (endpoint(path="a/{{b}}"), f"endpoint.path: {{b}} {NO_VALUE.format('b')}{PERCENT}"),
    (
        endpoint(path="a}"),
        f"resources[0].endpoint: path: Single '}}' encountered in format string; {PERCENT}",
    ),
    (endpoint(params={"q": "{x}"}), f"endpoint.params.q: {{x}} {PLACEHOLDERS}{TWICE}"),
    (
        endpoint(params={"q": "{"}),
        f"resources[0].endpoint: params.q: Single '{{' encountered in format string; {TWICE}",
    ),
    (
        endpoint(headers={"Authorization": f"{{{MARKER}}}"}),
        f"endpoint.headers.Authorization: {{the text}} {PLACEHOLDERS}{TWICE}",
    ),
    # lists of values
    (content(values={"a": []}), "values.a: is empty: nothing would be read; write its values"),
    (content(values={"a": ["x", None]}), "values.a[1]: is null, not text, a number, true, false"),
    (content(values={"a": [[1]]}), "values.a[0]: is a list, not text"),
    (content(values={"a": "x,y"}), "values.a: is text without a ${NAME}; write the values as a l"),
    (content(values={"a": "${number:N}"}), "values.a: is one number, and no list; write it in one"),
    (content(values={"a": 5}), "values.a: is a number, not a list, text with a ${NAME}, or an ob"),
    (content(values={"a": ["x", {"y": 1}]}), "values.a: has objects beside other values; write"),
    (content(values={"a": ["${1}"]}), "values.a[0]: has a ${ that begins no reference"),
    (content(values={"a.b": [1]}), "values.a.b: 'a.b' is no name; dots, colons, quotes and br"),
    (content(values={"Items": [1]}), "values.Items: 'items' is the name of a resource, too"),
    (content(values={"a": {"of": "itms", "list": [1]}}), "values.a.of: 'itms' is not a resource"),
    (content(values={"a": {"list": [1]}}), "values.a.of: required: the resource, for each"),
    (
        content(
            resources=[items(path="{resources.regoins.value}")], values={"regions": ["eu"]}
        ),
        "its parent 'regoins' is not a resource, nor a list of values; known are items, regions",
    ),
    (
        content(
            resources=[items(path="{resources.a.id}")], values={"a": [{"x": 1}, {"y": 2}]}
        ),
        "resources[0]: {resources.a.id} is no field of the list values.a; it has x, y",
    ),
    (
        content(
            resources=["posts", items(params={"a": "{resources.a.value}"})],
            values={"a": {"of": "posts", "list": [1]}},
        ),
        "resources[1]: the list 'a' is gone through for each of 'posts', of which no request has a "
        "field; write one as {resources.posts.<field>}",
    ),
    (content(reading={"items": {"nulls": "omit"}}), "'items' takes no field of a parent; remove"),
    # parents and dispositions
    (
        endpoint(path="posts/{resources.posts.id}/comments"),
        "configuration.resources[0]: its parent 'posts' is not a resource; known are items",
    ),
    (
        endpoint(path="{resources.items.id}"),
        "configuration.resources[0]: 'items' is its own ancestor; a parent chain must end",
    ),
    (
        content(resources=[items("a", path="{resources.b.x}"), items("b", path="{resources.a.x}")]),
        "configuration.resources[1]: 'b' is its own ancestor; a parent chain must end",
    ),
    (
        content(resources=["a", "b", items("c", path="{resources.a.x}/{resources.b.x}")]),
        "configuration.resources[2]: has several parents, a, b; only one is possible, with its own "
        "ancestors and lists of values beside it",
    ),
    (resource(columns=5), "resources[0].columns: is a number, not an object of columns by na"),
    (
        resource(write_disposition="merge"),
        "configuration.resources[0].write_disposition: merge needs a primary_key or a merge_key",
    ),
]  # fmt: skip

INVALID_JSON = {
    "": "is empty",
    "{": "line 1, column 2: Expecting property name enclosed in double quotes",
    '{"a": 1 "b"}': "line 1, column 9: Expecting ',' delimiter",
    "[]": "holds no object at its top level",
    '"text"': "holds no object at its top level",
    "5": "holds no object at its top level",
    '{"a": 1, "a": 2}': "line 1, column 10: the key 'a' stands twice in one object",
    '{"a": {"b": 1, "b": 1}}': "line 1, column 16: the key 'b' stands twice in one object",
    '{"a": NaN}': "NaN is not a JSON number",
    '{"a": -Infinity}': "-Infinity is not a JSON number",
    '{"a": 1e999}': "inf is not a number that JSON knows",
    '{"a": "\\ud800"}': "holds half of a surrogate pair, which is no text",
    '{"a": ' + "[" * 200 + "]" * 200 + "}": "is nested too deeply",
    '{"a": ' + "[" * 200_000: "is nested too deeply",
}

INVALID_YAML = {
    "": "is empty",
    "# nothing": "holds no object at its top level",
    "- a": "holds no object at its top level",
    "5": "holds no object at its top level",
    "true": "holds no object at its top level",
    "text": "holds no object at its top level",
    "a: 1\na: 2": "line 2, column 1: the key 'a' stands twice in one object",
    "a: 1\n1: 2": "line 2, column 1: a key is not text; put it in quotes",
    "a: 1\nnull: 2": "line 2, column 1: a key is not text; put it in quotes",
    f"a: {{{{{MARKER}}}}}": "line 1, column 5: a key is not text; put it in quotes",
    "x: &x {a: 1}\ny:\n  <<: *x": "line 3, column 3: the merge key << is not supported",
    f"a: *{MARKER}": "line 1, column 4: found undefined alias …",
    f"a: !{MARKER} b": "line 1, column 4: could not determine a constructor for the tag …",
    "a: @b": "line 1, column 4: found character '@' that cannot start any token",
    "a: [1": "line 1, column 6: expected ',' or ']', but got '<stream end>'",
    "a: 1\n---\nb: 2": "line 2, column 1: but found another document",
    "a: &a [*a]": "is nested too deeply",
    "a: " + "[" * 2000: "is not YAML: RecursionError",
    "a: .nan": "nan is not a number that JSON knows",
    "a: -.inf": "-inf is not a number that JSON knows",
    "a: 1e999": "inf is not a number that JSON knows",
    "a: !!binary aGk=": "holds a bytes, which JSON does not know",
    "a: !!set {b}": "holds a set, which JSON does not know",
    "a: !!timestamp 2026-11-23": "holds a date, which JSON does not know",
}

INVALID_FILES = [
    *(("acme.json", json.dumps(what), message) for what, message in INVALID_CONTENTS),
    *(("acme.yaml", yaml.safe_dump(what), message) for what, message in INVALID_CONTENTS),
    *(("acme.json", text, message) for text, message in INVALID_JSON.items()),
    *(("acme.yaml", text, message) for text, message in INVALID_YAML.items()),
    ("Acme.json", json.dumps(content()), "'Acme' is not a connector's name; allowed: [a-z]"),
    ("1a.json", json.dumps(content()), "'1a' is not a connector's name"),
    ("a-b.yml", json.dumps(content()), "'a-b' is not a connector's name"),
    ("a" * 64 + ".json", json.dumps(content()), "is not a connector's name"),
]  # fmt: skip


def edited(edit: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    example: dict[str, Any] = json.loads(CONTRACT_EXAMPLE)
    edit(example)
    return example


VALID_CONTENTS: list[dict[str, Any]] = [
    json.loads(CONTRACT_EXAMPLE),
    content(),
    content(description="", owners=["team:data", "ada@acme.com"], tags={"tier": "1", "a/b": ""}),
    content(url="${BASE_URL}"),
    content(url="https://ada:secret@api.acme.com:8443/v1/"),
    content(schedule={"mode": "days"}),
    content(schedule={"mode": "minutes", "offset": 0}),
    content(created_at="2026-11-23T10:03:00.123456+00:00"),
    content(created_at="2026-11-23t10:03:00z"),
    content(http={"max_wait_seconds": 0, "allowed_hosts": ["cdn.acme.com"], "timeout_seconds": 5}),
    content(http={"allowed_hosts": ["a:80", "http://b"], "anonymous_hosts": ["a:81", "https://b"]}),
    content(destination={"type": "postgres", "credentials": "${PG}", "create_indexes": False}),
    content(destination={"credentials": {"name": "${USER_NAME}", "type": "${KIND}"}}),
    names("a", "B-c", "x", "__y_", "é1"),
    resource(write_disposition={"disposition": "merge", "strategy": "scd2"}),
    resource(write_disposition="merge", columns={"id": {"primary_key": True}}),
    resource(write_disposition="merge", columns=[{"name": "id", "merge_key": True}]),
    endpoint(json={"deep": [{"a": "{{x}}"}]}),
    endpoint(params={"type": "${KIND}", "name": "${NAME}", "id": 5}, path="a/{id}"),
    endpoint(path="a/{{{{b}}}}/%7Bc%7D"),
    auth(
        type="oauth2_client_credentials",
        access_token_url="https://login.acme.com",
        client_id="${ID}",
        client_secret="${SECRET}",
        access_token_request_data={"resource": "${RESOURCE}"},
    ),
    auth(type="api_key", name="${HEADER}", api_key="${KEY}", location="header"),
    edited(lambda file: file.pop("http")),
]


@pytest.mark.parametrize(("name", "text", "message"), INVALID_FILES)
def test_a_broken_file_is_told_what_to_change(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConnectorError) as raised:
        read_connector(file)
    told = str(raised.value)
    assert message.replace("{file}", str(file)) in told
    assert all(re.match(rf"{re.escape(str(file))}(:\d+)?: ", line) for line in told.splitlines())
    assert MARKER not in told


@pytest.mark.parametrize("what", VALID_CONTENTS)
def test_json_and_yaml_of_the_same_content_are_equal_connectors(
    tmp_path: Path, what: dict[str, Any]
) -> None:
    for name, text in {
        "acme.json": json.dumps(what),
        "acme.yaml": yaml.safe_dump(what, allow_unicode=True),
        "acme.yml": json.dumps(what, ensure_ascii=False, indent=2),
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert parse(tmp_path / name) == what
    read_back = [read_connector(path) for path in connector_paths(tmp_path)]
    assert read_back == [check_content("acme", what, file="acme.json")] * 3


@pytest.mark.parametrize("what", [*VALID_CONTENTS, *(what for what, _ in INVALID_CONTENTS)])
def test_content_is_not_changed_by_checking_it(what: dict[str, Any]) -> None:
    before = deepcopy(what)
    try:
        connector = check_content("acme", what, file="acme.json")
    except ConnectorError:
        pass
    else:
        assert connector.configuration == before["configuration"]
        connector.resources.dependency_closure(set(connector.resources))
    assert what == before


RESOLVED = {"type": "resolve", "resource": "items", "field": "id"}
RICH = configured(
    client={
        "base_url": "https://api.acme.com",
        "auth": {"type": "http_basic", "username": "${U}", "password": "${P}"},
        "headers": {"X-A": "b"},
    },
    resource_defaults={"primary_key": "id", "endpoint": {"params": {"a": 1}, "json": {"b": 1}}},
    resources=[
        "plain",
        items(incremental={"cursor_path": "at"}, headers={"X-A": "{incremental.start_value}"})
        | {"columns": {"id": {"primary_key": True}}, "write_disposition": {"disposition": "merge"}},
        items("child", path="{y}/{x}", params={"x": 1, "y": RESOLVED})
        | {"selected": True, "table_name": "t", "primary_key": ["a"]},
    ],
) | {
    "http": {"max_pages": 1, "allowed_hosts": ["a"]},
    "destination": {"type": "postgres", "credentials": {"password": "${PG}"}},
    "owners": ["team:a"],
    "tags": {"a": "b"},
}
ODD = [None, True, 0, -1.5, "", "x", "${", "{", "{a[0]}", "://@[", [], {}, [[]], {"": None}, ["a"]]
"""What a person may write anywhere by mistake."""


def places(value: Any) -> list[tuple[Any, Any]]:
    """(container, key) of everything below `value`."""
    found: list[tuple[Any, Any]] = []
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        found.append((value, key))
        found += places(item) if isinstance(item, (dict, list)) else []
    return found


def use(what: dict[str, Any]) -> None:
    connector = check_content("acme", what, file="acme.json")
    for name in connector.resources:
        connector.resources.write_disposition(name)
        connector.resources.loaded_parent(name)
    assert isinstance(lint(connector), list)


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_whatever_stands_anywhere_is_taken_or_told(odd: Any) -> None:
    use(RICH)
    for number in range(len(places(RICH))):
        what = deepcopy(RICH)
        container, key = places(what)[number]
        container[key] = odd
        with suppress(ConnectorError):
            use(what)


def test_one_error_carries_every_problem_of_a_file() -> None:
    what = content(
        url="ftp://x",
        resources=["a", "a", items(params={"q": "{x}"})],
        schedule={"mode": "days", "interval": 0},
        http={"max_pages": 0},
    )
    with pytest.raises(ConnectorError) as raised:
        check_content("acme", what, file="acme.json")
    assert [problem.path for problem in raised.value.problems] == [
        "schedule.interval",
        "http.max_pages",
        "configuration.client.base_url",
        "configuration.resources[1].name",
        "configuration.resources[2].endpoint.params.q",
    ]


def test_the_contracts_example(tmp_path: Path) -> None:
    file = tmp_path / "acme.json"
    file.write_text(CONTRACT_EXAMPLE, encoding="utf-8")
    connector = read_connector(file)
    assert connector.name == "acme"
    assert connector.created_at == datetime(2026, 11, 23, 10, 3, tzinfo=timezone.utc)
    assert connector.identity == "acme:2026-11-23T10:03:00.000000Z"
    assert connector.dataset == "acme"
    assert connector.http.max_concurrency == 4
    assert connector.configuration == json.loads(CONTRACT_EXAMPLE)["configuration"]
    assert connector.configuration["client"]["auth"] == {"type": "bearer", "token": "${ACME_TOKEN}"}
    assert connector.configuration["client"]["paginator"] == {
        "type": "json_link",
        "next_url_path": "paging.next",
    }
    assert list(connector.resources) == ["customers", "invoices"]
    assert connector.resources["customers"].cursor_path == "updated_at"
    assert connector.resources["invoices"].incremental is None


def test_the_example_that_the_repository_ships_is_the_contracts_and_free_of_warnings() -> None:
    shipped = Path(__file__).parents[2] / "connectors" / "_example.json"
    connector = check_content("acme", parse(shipped), file=str(shipped))
    contract = json.loads(CONTRACT_EXAMPLE)
    warned = [found.code for found in lint(check_content("acme", contract, file="acme.json"))]
    assert warned == ["cursor-not-sent", "changes-appended"]
    customers = contract["configuration"]["resources"][0]
    customers["primary_key"] = "id"
    customers["endpoint"]["params"]["updated_since"] = "{incremental.start_value}"
    assert connector == check_content("acme", contract, file="acme.json")
    assert lint(connector) == []
    assert connector_paths(shipped.parent) == []


def test_defaults() -> None:
    connector = check_content("acme", content(), file="acme.json")
    assert connector.dataset == "acme"
    assert connector.destination.type is None
    assert connector.http.model_dump() == {
        "max_concurrency": 4,
        "requests_per_second": None,
        "timeout_seconds": 60,
        "max_wait_seconds": 900,
        "max_request_seconds": None,
        "max_pages": 1_000_000,
        "max_response_mb": None,
        "allowed_hosts": [],
        "anonymous_hosts": [],
        "follow_below_base_url": False,
        "client_certificate": None,
        "ca_bundle": None,
        "proxy": None,
        "allow_missing_selector": [],
    }


def test_text_that_yaml_likes_to_turn_into_something_else(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text(
        "created_at: 2026-11-23T10:03:00Z\n"
        "on: off\n"
        "no: [no, yes, on, off, y, n, NO, Yes]\n"
        "times: [2026-11-23, 2026-11-23 10:03:00, 10:03, 1:30:00]\n"
        "numbers: [010, 0x1F, 1_000, +5, .5, 1.2.3, =]\n"
        "same: [true, false, null, ~, 5, -5, 0, 1.5, 1e3, -2.5E-3]\n"
        "empty:\n"
    )
    assert parse(tmp_path / "acme.yaml") == {
        "created_at": "2026-11-23T10:03:00Z",
        "on": "off",
        "no": ["no", "yes", "on", "off", "y", "n", "NO", "Yes"],
        "times": ["2026-11-23", "2026-11-23 10:03:00", "10:03", "1:30:00"],
        "numbers": ["010", "0x1F", "1_000", "+5", ".5", "1.2.3", "="],
        "same": [True, False, None, None, 5, -5, 0, 1.5, 1000.0, -0.0025],
        "empty": None,
    }


def test_created_at_without_quotes_in_yaml(tmp_path: Path) -> None:
    text = yaml.safe_dump(content()).replace(f"'{CREATED_AT}'", CREATED_AT)
    assert f"created_at: {CREATED_AT}\n" in text
    (tmp_path / "acme.yaml").write_text(text)
    assert read_connector(tmp_path / "acme.yaml").created_at.minute == 3


@pytest.mark.parametrize("name", ["acme.json", "acme.yaml"])
def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(json.dumps(content()), encoding="utf-8-sig")
    assert read_connector(tmp_path / name).name == "acme"


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    (tmp_path / "acme.json").write_bytes(b'{"a": "\xe9"}')
    with pytest.raises(ConnectorError, match=r"acme\.json: is not UTF-8 text"):
        read_connector(tmp_path / "acme.json")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConnectorError, match=r"acme\.json: cannot be read: No such file"):
        read_connector(tmp_path / "acme.json")


def test_a_folder_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError) as raised:
        read(Path("nowhere"))
    assert str(tmp_path / "nowhere") in str(raised.value)


def test_an_empty_folder_has_no_connectors(tmp_path: Path) -> None:
    assert read(tmp_path).connectors == {}
    assert read(tmp_path).problems == ()


def test_which_files_are_connectors(tmp_path: Path) -> None:
    for name in ("b", "a1", "long_name_2"):
        write(tmp_path, name)
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(content()))
    (tmp_path / "d.yml").write_text(yaml.safe_dump(content()))
    for name in ("_example.json", ".hidden.json", "a.b.json", "notes.txt", "e.json.bak", "f"):
        (tmp_path / name).write_text("not read")
    write(tmp_path / "sub", "inner")
    (tmp_path / "folder.json").mkdir()
    folder = read(tmp_path)
    assert list(folder.connectors) == ["a1", "b", "c", "d", "long_name_2"]
    assert folder.problems == ()


def test_the_same_stem_twice_leaves_both_out(tmp_path: Path) -> None:
    write(tmp_path, "acme")
    write(tmp_path, "other")
    (tmp_path / "acme.yaml").write_text(yaml.safe_dump(content()))
    folder = read(tmp_path)
    assert list(folder.connectors) == ["other"]
    assert [str(problem) for problem in folder.problems] == [
        f"{tmp_path / 'acme.json'}: acme.json and acme.yaml name the same connector, acme"
    ]


def test_no_broken_file_takes_another_one_down(tmp_path: Path) -> None:
    write(tmp_path, "whole")
    for number, (name, text, _) in enumerate(INVALID_FILES):
        suffix = Path(name).suffix
        (tmp_path / f"broken{number}{suffix}").write_text(text, encoding="utf-8")
    folder = read(tmp_path)
    assert "whole" in folder.connectors
    assert {problem.file for problem in folder.problems} >= {
        str(tmp_path / f"broken{number}{Path(name).suffix}")
        for number, (name, _, message) in enumerate(INVALID_FILES)
        if "connector's name" not in message
    }

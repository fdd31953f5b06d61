"""A curl command of an API's documentation becomes a first configuration, without its secret."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from restsrc_dagster.cli.main import cli
from restsrc_dagster.connector.files.folder import check_content
from restsrc_dagster.extract.validation import validate_with_dlt
from restsrc_dagster.scaffold.from_curl import from_curl
from restsrc_dagster_tests.scaffold.openapi.documents import document
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import content

SECRET = "s3cr3tS3CR3T"
URL = "https://api.acme.com/v2/customers"

COMMANDS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "bearer": (
        f'curl {URL} -H "Authorization: Bearer {SECRET}" -H "Accept: application/json"',
        {"auth": {"type": "bearer", "token": "${ACME_TOKEN}"}},
        {},
    ),
    "several lines": (
        f"curl --request GET \\\n  --url '{URL}?per_page=50' \\\n  --header 'X-Api-Key: {SECRET}'",
        {
            "auth": {
                "type": "api_key",
                "name": "X-Api-Key",
                "api_key": "${ACME_API_KEY}",
                "location": "header",
            }
        },
        {"params": {"per_page": "50"}},
    ),
    "a scheme of its own": (
        f"curl {URL}.json -H 'Authorization: Acme-API-Key {SECRET}'",
        {
            "auth": {
                "type": "api_key",
                "name": "Authorization",
                "api_key": "Acme-API-Key ${ACME_API_KEY}",
                "location": "header",
            }
        },
        {"path": "customers.json"},
    ),
    "digest": (
        f"curl --digest -u me:{SECRET} {URL}",
        {
            "auth": {
                "type": "http_digest",
                "username": "${ACME_USERNAME}",
                "password": "${ACME_PASSWORD}",
            }
        },
        {},
    ),
    "aws": (
        f'curl --aws-sigv4 "aws:amz:eu-west-1:es" --user "AK:{SECRET}" {URL}',
        {
            "auth": {
                "type": "aws_sigv4",
                "access_key_id": "${ACME_ACCESS_KEY_ID}",
                "secret_access_key": "${ACME_SECRET_ACCESS_KEY}",
                "region": "eu-west-1",
                "service": "es",
            }
        },
        {},
    ),
    "user": (
        f"curl -u me:{SECRET} {URL}",
        {
            "auth": {
                "type": "http_basic",
                "username": "${ACME_USERNAME}",
                "password": "${ACME_PASSWORD}",
            }
        },
        {},
    ),
    "basic header": (
        f"curl {URL} -H 'Authorization: Basic bWU6czNjcjN0'",
        {
            "auth": {
                "type": "http_basic",
                "username": "${ACME_USERNAME}",
                "password": "${ACME_PASSWORD}",
            }
        },
        {},
    ),
    "key in the query": (
        f"curl '{URL}?appid={SECRET}&page=1&units=metric'",
        {
            "auth": {
                "type": "api_key",
                "name": "appid",
                "api_key": "${ACME_API_KEY}",
                "location": "query",
            }
        },
        {
            "paginator": {"type": "page_number", "base_page": 1, "total_path": None},
            "params": {"units": "metric"},
        },
    ),
    "offset": (
        f"curl -G {URL} -d offset=0 -d limit=200 -H 'X-Version: 3'",
        {"headers": {"X-Version": "3"}},
        {"paginator": {"type": "offset", "limit": 200, "total_path": None}},
    ),
    "JSON:API": (
        f"curl {URL} -H 'Accept: application/vnd.api+json'",
        {"headers": {"Accept": "application/vnd.api+json"}},
        {
            "data_selector": "data",
            "paginator": {"type": "json_link", "next_url_path": "links.next"},
        },
    ),
    "HAL": (
        f"curl {URL} -H 'accept: application/hal+json'",
        {"headers": {"accept": "application/hal+json"}},
        {"paginator": {"type": "json_link", "next_url_path": "_links.next.href"}},
    ),
    "OData": (
        f"curl '{URL}?$select=id,name&$top=10'",
        {},
        {
            "data_selector": "value",
            "paginator": {"type": "json_link", "next_url_path": "['@odata.nextLink']"},
            "params": {"$select": "id,name"},
        },
    ),
    "OData by $skip": (
        f"curl '{URL}?$skip=0&$top=10'",
        {},
        {
            "data_selector": "value",
            "paginator": {
                "type": "offset",
                "limit": 10,
                "offset_param": "$skip",
                "limit_param": "$top",
                "total_path": None,
            },
        },
    ),
    "braces": (
        f"curl -G {URL} -d 'filter={{\"a\": 1}}'",
        {},
        {"params": {"filter": '{{"a": 1}}'}},
    ),
    "post": (
        f"""curl -X POST {URL} --json '{{"query": "x"}}'""",
        {},
        {"method": "POST", "json": {"query": "x"}},
    ),
}


@pytest.mark.parametrize(("command", "client", "endpoint"), COMMANDS.values(), ids=COMMANDS.keys())
def test_a_command_becomes_a_configuration(
    command: str, client: dict[str, Any], endpoint: dict[str, Any]
) -> None:
    first = from_curl(command, "acme")
    (resource,) = first.configuration["resources"]
    assert resource.pop("primary_key", None) == ("id" if "vnd.api+json" in command else None)
    assert first.configuration == {
        "client": {"base_url": "https://api.acme.com/v2", **client},
        "resources": [{"name": "customers", "endpoint": {"path": "customers", **endpoint}}],
    }
    assert SECRET not in json.dumps(first.configuration)
    whole = {**content(), "configuration": first.configuration}
    assert validate_with_dlt(check_content("acme", whole, file="acme.json")) is None


def test_the_most_records_of_a_list_by_odata_are_no_page() -> None:
    (told,) = from_curl(f"curl '{URL}?$top=10'", "acme").notes
    assert told.startswith("$top=10 is left out: by OData it is the most records of the whole list")


PAGES = "pageInfo {hasNextPage endCursor}"
QUERIES: dict[str, tuple[str, dict[str, Any]]] = {
    "edges": (
        "query($c: String) {a: orders(after: $c) {edges {node {id}} %s}}",
        {"data_selector": "data.a.edges[*].node", "variable": "variables.c"},
    ),
    "nodes, deeper": (
        "query($c: String) {shop {orders(after: $c) {nodes {id lines {nodes {id} %s}} %s}}}",
        {"data_selector": "data.shop.orders.nodes", "variable": "variables.c"},
    ),
    "without a variable": (
        "{orders {nodes {id} %s}}",
        {"data_selector": "data.orders.nodes", "variable": None},
    ),
}


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_of_graphql_says_where_its_records_are(name: str) -> None:
    query, known = QUERIES[name]
    query = query.replace("%s", PAGES)
    command = f"curl https://api.acme.com/graphql --json '{json.dumps({'query': query})}'"
    (resource,) = from_curl(command, "acme").configuration["resources"]
    endpoint = resource["endpoint"]
    assert resource["name"] in ("a", "orders")
    assert endpoint["data_selector"] == known["data_selector"]
    assert endpoint["json"]["query"] == query.replace("{", "{{").replace("}", "}}")
    paginator = endpoint.get("paginator", {})
    assert paginator.get("cursor_body_path") == known["variable"]
    if paginator:
        info = known["data_selector"].partition(".edges")[0].removesuffix(".nodes") + ".pageInfo"
        assert paginator["cursor_path"] == f"{info}.endCursor"
        assert paginator["has_more_path"] == f"{info}.hasNextPage"


@pytest.mark.parametrize("query", ["{", "{viewer {id}}", "{pageInfo {endCursor}}", "fragment", 1])
def test_any_other_query_is_left_as_it_is(query: Any) -> None:
    command = f"curl https://api.acme.com/graphql --json '{json.dumps({'query': query})}'"
    (resource,) = from_curl(command, "acme").configuration["resources"]
    assert resource["name"] == "graphql"
    assert resource["endpoint"].keys() == {"path", "method", "json"}


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (f"wget {SECRET}", "does not begin with curl"),
        ("curl", "no address"),
        (f"curl {URL} -H 'X: {SECRET}", "a quote that is not closed"),
        (f"curl -X DELETE {URL}", "not by DELETE"),
        (f"curl -d '[1]' {URL}", "no JSON object"),
    ],
)
def test_what_cannot_be_read_is_told_without_the_text(command: str, told: str) -> None:
    with pytest.raises(ValueError, match=told) as error:
        from_curl(command, "acme")
    assert SECRET not in str(error.value)


def test_from_a_command_to_a_connector_that_reads(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def customers(asked: Asked) -> Answer:
        allowed = asked.headers.get("Authorization") == f"Bearer {SECRET}"
        return Answer({"data": [{"id": 1}]}, 200) if allowed else Answer({}, 401)

    api.routes["/v2/customers"] = customers
    monkeypatch.setenv("ACME_TOKEN", SECRET)
    command = f"curl {api.url}/v2/customers -H 'Authorization: Bearer {SECRET}'"
    arguments = ["add", "acme", "--from-curl", command, "--schedule", "every day", "--test"]
    options = ["--connectors-dir", str(tmp_path), "--dagster-url", "http://127.0.0.1:1"]
    result = CliRunner().invoke(cli, [*arguments, *options])
    assert result.exit_code == 0, result.output
    assert "ACME_TOKEN" in result.output
    assert SECRET not in result.output + (tmp_path / "acme.json").read_text()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--config", "x.json", "--from-curl", "curl x"],
        ["--config", "x.json", "--from-openapi", "y.json"],
        ["--from-openapi", "y.json", "--from-curl", "curl x"],
        ["--from-postman", "y.json", "--recipe", "stripe"],
    ],
)
def test_one_source_of_the_configuration(arguments: list[str]) -> None:
    result = CliRunner().invoke(cli, ["add", "acme", "--schedule", "every day", *arguments])
    assert result.exit_code == 2
    told = " ".join(result.output.split())
    assert "one of --config, --from-curl, --from-openapi, --from-postman and --recipe" in told


def test_without_a_schedule_only_paths_are_listed(tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    file.write_text(document(), encoding="utf-8")
    words = ["add", "acme", "--from-openapi", str(file)]
    assert "answer with lists:\n  /customers" in CliRunner().invoke(cli, words).output
    result = CliRunner().invoke(cli, [*words, "--path", "/customers"])
    assert (result.exit_code, "Missing option '--schedule'" in result.output) == (2, True)


def from_command(folder: Path, command: str) -> str:
    words = ["add", "acme", "--from-curl", command, "--schedule", "every day"]
    return (
        CliRunner()
        .invoke(cli, [*words, "--connectors-dir", str(folder), "--dagster-url", "http://x.invalid"])
        .output
    )


def test_a_second_command_tells_what_to_add_to_the_file(tmp_path: Path) -> None:
    from_command(tmp_path, f"curl {URL}")
    before = (tmp_path / "acme.json").read_text(encoding="utf-8")
    told = from_command(tmp_path, "curl https://api.acme.com/v2/agents?page=1")
    assert "acme.json exists already; nothing was written. With --into the resources are" in told
    (agents,) = json.loads(told[told.index("[") :])
    assert (agents["name"], agents["endpoint"]["path"]) == ("agents", "agents")
    assert (tmp_path / "acme.json").read_text(encoding="utf-8") == before


def test_a_date_in_the_query_is_pointed_out(tmp_path: Path) -> None:
    told = from_command(tmp_path, f"curl '{URL}?updated_since=2024-01-01T00:00:00Z&limit=5'")
    assert "updated_since=2024-01-01T00:00:00Z leaves older records out, in every run" in told
    assert "limit" not in told.replace("--limit", "")


def test_a_date_without_a_time_is_sent_as_one(tmp_path: Path) -> None:
    told = from_command(tmp_path, f"curl '{URL}?start>=2026-11-01'")
    assert 'an incremental with "convert": "date@UTC", or the zone of the API, (' in told


def test_one_day_is_a_window(tmp_path: Path) -> None:
    """An API that answers one day alone would be read of the first day in all runs."""
    told = from_command(tmp_path, f"curl '{URL}?date=2026-01-15'")
    assert '"date": "{incremental.start_value}", an incremental with "convert": "date@UTC"' in told
    assert '"reading": {"customers": {"window": {"size": "1 day"}}}' in told


def test_a_date_within_an_expression_is_pointed_out(tmp_path: Path) -> None:
    filtered = "filter=greater-than(updated,2023-01-01T00:00:00Z)"
    told = from_command(tmp_path, f"curl '{URL}?{filtered}'")
    assert f"{filtered} leaves older records out, in every run" in told
    assert 'write "filter": "greater-than(updated,{incremental.start_value})" and' in told
    assert f"{filtered} leaves older" in from_command(tmp_path, f"curl '{URL}/open?{filtered}'")


def test_the_first_run_is_not_wasted_while_a_secret_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is made once: Dagster is not told of a connector that can only fail."""
    monkeypatch.delenv("ACME_TOKEN", raising=False)
    command = f"curl {URL} -H 'Authorization: Bearer {SECRET}'"
    told = from_command(tmp_path, command)
    assert "set ACME_TOKEN, in .env for example, and then reload the definitions" in told
    assert "no Dagster answers" not in told
    (tmp_path / "acme.json").unlink()
    monkeypatch.setenv("ACME_TOKEN", SECRET)
    assert "no Dagster answers" in from_command(tmp_path, command)


def test_what_stands_in_http_is_told() -> None:
    command = f"curl -x http://me:{SECRET}@proxy:3128 -E me.pem --key k.pem --cacert ca.pem {URL}"
    told = [note for note in from_curl(command, "acme").notes if "beside configuration" in note]
    assert [note.split(", ")[0] for note in told] == [
        "the command has its ca bundle: write it as http.ca_bundle",
        "the command has its client certificate: write it as http.client_certificate",
        "the command has its proxy: write it as http.proxy",
    ]
    assert SECRET not in str(told)


def test_every_secret_of_the_command_becomes_a_reference() -> None:
    command = (
        f"curl '{URL}?api_key={SECRET}&page_token=p1&limit=50' -H 'Authorization: Bearer {SECRET}' "
        f"-H 'X-Client-Secret: {SECRET}' -H 'X-Shop: north'"
    )
    made = from_curl(command, "acme")
    assert SECRET not in json.dumps(made.configuration)
    client, (resource,) = made.configuration["client"], made.configuration["resources"]
    assert client["auth"] == {"type": "bearer", "token": "${ACME_TOKEN}"}
    assert client["headers"] == {"X-Client-Secret": "${ACME_X_CLIENT_SECRET}", "X-Shop": "north"}
    params = resource["endpoint"]["params"]
    assert params["api_key"] == "${ACME_API_KEY}"
    assert params["page_token"] == "p1", "it says where a list goes on, and proves nothing"
    assert set(made.variables) == {"ACME_TOKEN", "ACME_X_CLIENT_SECRET", "ACME_API_KEY"}
    assert any(
        note.startswith("X-Shop is in the file as the command has it") for note in made.notes
    )


def test_a_command_from_standard_input(tmp_path: Path) -> None:
    """There it is in no list of processes, and in no history."""
    ran = CliRunner().invoke(
        cli,
        [
            *("add", "acme", "--from-curl", "-", "--schedule", "every 3 hours"),
            *("--connectors-dir", str(tmp_path), "--dagster-url", "http://127.0.0.1:9"),
        ],
        input=f"curl {URL} \\\n  -H 'Authorization: Bearer {SECRET}'\n",
    )
    assert ran.exit_code == 0, ran.output
    written = (tmp_path / "acme.json").read_text(encoding="utf-8")
    assert "${ACME_TOKEN}" in written
    assert SECRET not in written

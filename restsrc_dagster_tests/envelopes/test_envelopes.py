"""From a curl command to the rows of an API that wraps its records, by pasting what is printed."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from restsrc_dagster.cli.main import cli
from restsrc_dagster.connector.files.folder import read_connector
from restsrc_dagster.connector.naming import table_identifier
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.envelopes.stand_ins import COUNT, QUERY, STAND_INS, StandIn, changed
from restsrc_dagster_tests.extract.reading import load_all
from restsrc_dagster_tests.support.api import Api, Asked

CASES = [(name, False) for name in STAND_INS] + [
    (name, True) for name, known in STAND_INS.items() if known.may_be_bare
]


def command(*arguments: str, code: int | None = 0) -> str:
    result = CliRunner().invoke(cli, arguments)
    assert code is None or result.exit_code == code, result.output
    return result.stdout


def said_of(file: Path) -> dict[str, Any]:
    """What `restsrc test` says of the one resource."""
    told = command("test", "acme", "--json", "--connectors-dir", str(file.parent), code=None)
    found: dict[str, Any] = json.loads(told)["resources"][0]
    return found


def paste(file: Path, written: dict[str, Any]) -> None:
    """Into the resource, as a person does."""
    content = json.loads(file.read_text(encoding="utf-8"))
    resource = content["configuration"]["resources"][0]
    there, further = resource["endpoint"], written.pop("endpoint", {})
    endpoint = {**there, **further}
    if "params" in further:
        endpoint["params"] = {**there.get("params", {}), **further["params"]}
    content["configuration"]["resources"] = [{**resource, **written, "endpoint": endpoint}]
    file.write_text(json.dumps(content), encoding="utf-8")


def added(tmp_path: Path, api: Api, known: StandIn, *, bare: bool) -> Path:
    known.served(api)
    folder = tmp_path / "connectors"
    words = ["add", "acme", "--from-curl", known.curl(api, bare=bare), "--schedule", "every day"]
    command(*words, "--connectors-dir", str(folder), "--dagster-url", "http://127.0.0.1:1")
    return folder / "acme.json"


def check_rows(known: StandIn, table: str, settings: Settings) -> None:
    with duckdb.connect(str(settings.duckdb_file("acme"))) as database:
        described = database.sql(f'DESCRIBE acme."{table}"').fetchall()
        found = database.sql(f'SELECT {known.key}, {known.cursor} FROM acme."{table}"')
        rows = found.fetchall()
    assert len({tuple(key) for *key, _ in rows}) == COUNT
    assert {row[0] for row in described if not row[0].startswith("_dlt")} == known.columns
    assert sorted(moment.isoformat()[:10] for *_, moment in rows) == [
        changed(number)[:10] for number in range(1, COUNT + 1)
    ]


@pytest.mark.parametrize(("name", "bare"), CASES)
def test_from_a_command_to_rows(
    api: Api, tmp_path: Path, settings: Settings, name: str, bare: bool
) -> None:
    """Also where the command shows nothing of the standard: then by what the API answers."""
    known = STAND_INS[name]
    file = added(tmp_path, api, known, bare=bare)
    told = said_of(file)
    assert (known.cursor_path in (told["cursor"] or "")) or told["problem"]
    for _ in range(3):
        if written := told["to write"]:
            paste(file, written)
            told = said_of(file)
    assert (told["problem"], told["to write"], told["shape"]) == (None, None, None)
    if filters := known.filters:
        cursor = {"cursor_path": known.cursor_path, "initial_value": "1970-01-01T00:00:00Z"}
        param = json.dumps(dict([filters]))
        written = f'write "incremental": {json.dumps(cursor)}, "params": {param} into the endpoint'
        assert written in told["changes"]
        paste(file, {"endpoint": {"incremental": cursor, "params": dict([filters])}})
    for _ in range(2):
        load_all(read_connector(file), settings)
    check_rows(known, told["table"], settings)
    if known.filters:
        (param, value) = known.filters
        assert api.asked[-1].params[param] == value.replace(
            "{incremental.start_value}", changed(COUNT)
        )


PARAMS = {
    "JSON:API": ["page[number]", "page[size]"],
    "Microsoft Graph": ["$top", "$filter"],
    "OData": ["$top", "$skip", "$filter"],
    "HAL": ["page", "size"],
    "SCIM": ["startIndex", "count", "filter"],
}


def first_answer(known: StandIn, url: str) -> Any:
    asked = Asked("GET", known.path, known.query, {"Accept": "*/*"}, b"{}")
    return known.answer(url, asked)


def openapi(known: StandIn, url: str, names: list[str]) -> dict[str, Any]:
    parameters = [
        {
            "name": name,
            "in": "query",
            "schema": {"type": "string" if "filter" in name else "integer"},
        }
        for name in names
    ]
    answer = {"application/json": {"example": first_answer(known, url)}}
    get = {"parameters": parameters, "responses": {"200": {"description": "", "content": answer}}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Acme"},
        "servers": [{"url": url}],
        "paths": {known.path: {"get": get}},
    }


def postman(known: StandIn, url: str, names: list[str]) -> dict[str, Any]:
    address = f"{url}{known.path}"
    query = [{"key": name, "value": "2", "disabled": True} for name in names]
    request: dict[str, Any] = {"method": "GET", "url": {"raw": address, "query": query}}
    if not names:
        body = {"mode": "graphql", "graphql": {"query": QUERY, "variables": ""}}
        request = {"method": "POST", "url": address, "body": body}
    saved = [{"code": 200, "body": json.dumps(first_answer(known, url))}]
    item = {"name": "A list", "request": request, "response": saved}
    return {"info": {"name": "Acme"}, "item": [item]}


DOCUMENTS = {"openapi": openapi, "postman": postman}


@pytest.mark.parametrize(
    ("kind", "name"),
    [*((kind, name) for kind in DOCUMENTS for name in PARAMS), ("postman", "relay")],
)
def test_from_a_document_to_rows(
    api: Api, tmp_path: Path, settings: Settings, kind: str, name: str
) -> None:
    known = STAND_INS[name]
    known.served(api)
    file = tmp_path / "document.json"
    made = DOCUMENTS[kind](known, api.url, PARAMS.get(name, []))
    file.write_text(json.dumps(made), encoding="utf-8")
    folder = tmp_path / "connectors"
    words = ["add", "acme", f"--from-{kind}", str(file), "--path", known.path]
    told = command(
        *(*words, "--schedule", "every day", "--connectors-dir", str(folder)),
        *("--dagster-url", "http://127.0.0.1:1"),
    )
    if known.filters:
        assert f'write "incremental": {{"cursor_path": "{known.cursor_path}"' in told
    connector = read_connector(folder / "acme.json")
    load_all(connector, settings)
    (resource,) = connector.resources.values()
    check_rows(known, table_identifier(resource.table_name), settings)

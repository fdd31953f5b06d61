"""`restsrc add --from-openapi`: documents of four makes, from a file to a connector that reads."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from restsrc_dagster.cli.main import cli
from restsrc_dagster.connector.files.folder import check_content
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.scaffold.openapi.documents import HERE, document, get, made, text
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import content

SECRET = "s3cr3tS3CR3T"
BEARER = {"type": "bearer", "token": "${ACME_TOKEN}"}


def cursor_by_last_id() -> dict[str, Any]:
    return {
        "type": "cursor",
        "cursor_path": "data[-1:].id",
        "cursor_param": "starting_after",
        "has_more_path": "has_more",
    }


def test_payments_written_by_hand() -> None:
    first = made(
        text("payments.yaml"),
        *("/v1/customers/{customer}/cards", "v1/charges/search", "/v1/balance"),
    )
    assert first.description == "Paymill Road"
    assert first.configuration == {
        "client": {"base_url": "https://api.paymill-road.example", "auth": BEARER},
        "resources": [
            {
                "name": "customers",
                "selected": False,
                "primary_key": "id",
                "endpoint": {
                    "path": "v1/customers",
                    "data_selector": "data",
                    "params": {"limit": 100},
                    "paginator": cursor_by_last_id(),
                },
            },
            {
                "name": "charges",
                "primary_key": "id",
                "endpoint": {
                    "path": "v1/charges/search",
                    "method": "POST",
                    "json": {
                        "query": "status:'paid'",
                        "api_secret": "${ACME_API_SECRET}",
                        "range": {"from": "2020-01-01"},
                        "limit": 100,
                    },
                    "data_selector": "data",
                    "paginator": {
                        "type": "cursor",
                        "cursor_path": "next_page",
                        "cursor_body_path": "page",
                        "has_more_path": "has_more",
                    },
                },
            },
            {
                "name": "balance",
                "endpoint": {
                    "path": "v1/balance",
                    "data_selector": "$",
                    "paginator": {"type": "single_page"},
                },
            },
            {
                "name": "cards",
                "primary_key": "id",
                "endpoint": {
                    "path": "v1/customers/{resources.customers.id}/cards",
                    "data_selector": "data",
                    "params": {"limit": 100},
                    "paginator": cursor_by_last_id(),
                },
            },
        ],
    }
    assert first.variables == ["ACME_TOKEN", "ACME_API_SECRET"]
    assert "Marker" not in json.dumps(first.configuration) + "".join(first.notes)


def test_a_fleet_as_fastapi_writes_it() -> None:
    first = made(text("fleet.json"), "/vehicles", base_url="https://fleet.example/")
    assert first.configuration == {
        "client": {
            "base_url": "https://fleet.example",
            "auth": {
                "type": "oauth2_password",
                "username": "${ACME_USERNAME}",
                "password": "${ACME_PASSWORD}",
                "access_token_url": "https://fleet.example/token",
            },
        },
        "resources": [
            {
                "name": "vehicles",
                "primary_key": "id",
                "endpoint": {
                    "path": "vehicles/",
                    "params": {"updated_since": "{incremental.start_value}"},
                    "paginator": {"type": "offset", "limit": 200, "total_path": None},
                    "incremental": {
                        "cursor_path": "updated_at",
                        "initial_value": "1970-01-01T00:00:00Z",
                        "on_cursor_value_missing": "include",
                    },
                },
            },
        ],
    }
    assert first.notes == []


def test_invoices_as_dotnet_writes_them() -> None:
    first = made(
        text("invoicing.json"),
        "/erp/api/v{v}/Invoices",
        "/api/v{version}/Invoices/{id}/Lines",
        "/api/v{version}/Customers",
    )
    paged = {"type": "page_number", "base_page": 1, "total_path": "totalPages"}
    assert first.configuration == {
        "client": {
            "base_url": "https://invoicing.contoso.example/erp",
            "auth": {
                "type": "api_key",
                "name": "X-Api-Key",
                "api_key": "${ACME_API_KEY}",
                "location": "header",
            },
        },
        "resources": [
            {
                "name": "Invoices",
                "primary_key": "invoiceId",
                "endpoint": {
                    "path": "api/v1/Invoices",
                    "headers": {"X-Company-Id": "${ACME_X_COMPANY_ID}"},
                    "data_selector": "items",
                    "params": {"currency": "EUR", "status": "open,paid", "pageSize": 200},
                    "paginator": paged,
                },
            },
            {
                "name": "Customers",
                "primary_key": "customerId",
                "endpoint": {
                    "path": "api/v1/Customers",
                    "auth": None,
                    "data_selector": "customers",
                },
            },
            {
                "name": "Lines",
                "include_from_parent": ["invoiceId"],
                "endpoint": {
                    "path": "api/v1/Invoices/{resources.Invoices.invoiceId}/Lines",
                    "headers": {"X-Company-Id": "${ACME_X_COMPANY_ID}"},
                },
            },
        ],
    }
    assert "Invoices: currency is required; 'EUR' is from the document" in first.notes


def test_a_library_of_links() -> None:
    first = made(
        text("library.yaml"),
        *("/authors", "/branches/{branch_id}/shelves/{id}/copies", "/opening-hours"),
    )
    odata = {"type": "json_link", "next_url_path": "['@odata.nextLink']"}
    assert first.configuration == {
        "client": {
            "base_url": "https://zurich.library.example/api",
            "auth": {
                "type": "oauth2_client_credentials",
                "access_token_url": "https://zurich.library.example/oauth/token",
                "client_id": "${ACME_CLIENT_ID}",
                "client_secret": "${ACME_CLIENT_SECRET}",
                "access_token_request_data": {"scope": "read:authors read:branches"},
            },
        },
        "resources": [
            {
                "name": "authors",
                "primary_key": "id",
                "endpoint": {
                    "path": "authors",
                    "data_selector": "data",
                    "params": {
                        "page[size]": 1000,
                        "filter[updated_after]": "{incremental.start_value}",
                    },
                    "paginator": {"type": "json_link", "next_url_path": "links.next"},
                    "incremental": {
                        "cursor_path": "updated_at",
                        "initial_value": "1970-01-01T00:00:00Z",
                    },
                },
                "processing_steps": [{"map": "merge({id: id}, attributes)"}],
            },
            {
                "name": "branches",
                "selected": False,
                "primary_key": "branchId",
                "endpoint": {
                    "path": "branches",
                    "data_selector": "_embedded.branches",
                    "paginator": {"type": "json_link", "next_url_path": "_links.next.href"},
                },
                "processing_steps": [{"map": {"exclude": ["_links"]}}],
            },
            {"name": "opening_hours", "endpoint": {"path": "opening-hours", "auth": None}},
            {
                "name": "shelves",
                "selected": False,
                "primary_key": ["id", "_branches_branchId"],
                "include_from_parent": ["branchId"],
                "endpoint": {
                    "path": "branches/{resources.branches.branchId}/shelves",
                    "data_selector": "value",
                    "paginator": odata,
                },
            },
            {
                "name": "copies",
                "primary_key": ["copy_id", "_shelves_id"],
                "include_from_parent": ["id"],
                "endpoint": {
                    "path": "branches/{resources.shelves._branches_branchId}"
                    "/shelves/{resources.shelves.id}/copies",
                    "data_selector": "value",
                    "paginator": odata,
                },
            },
        ],
    }


def add(folder: Path, *arguments: str, source: str | None = None) -> Result:
    options = ["--connectors-dir", str(folder), "--dagster-url", "http://127.0.0.1:1"]
    command = ["add", "acme", "--schedule", "every day", *arguments, *options]
    return CliRunner().invoke(cli, command, input=source)


def written(folder: Path) -> Any:
    return json.loads((folder / "acme.json").read_text(encoding="utf-8"))


def rows(asked: Asked, count: int, size: int) -> list[dict[str, Any]]:
    start = int(asked.params.get("offset", 0))
    return [{"id": number} for number in range(start, min(start + size, count))]


def allowed(asked: Asked) -> bool:
    return asked.headers.get("Authorization") == f"Bearer {SECRET}"


def test_from_a_document_to_a_connector_that_reads(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def vehicles(asked: Asked) -> Any:
        size = min(int(asked.params["limit"]), 200)  # what the document says, and no more
        return rows(asked, 3, size) if allowed(asked) else Answer({}, 401)

    def trips(asked: Asked) -> Any:
        page, vehicle = int(asked.params["page"]), asked.path.split("/")[2]
        if asked.headers.get("x-request-source") != "tests" or asked.params["size"] != "100":
            return Answer({}, 422)
        return {"items": [{"id": f"{vehicle}-{page}"}], "total": 2, "page": page, "pages": 2}

    api.routes["/vehicles/"] = vehicles
    for number in range(3):
        api.routes[f"/vehicles/{number}/trips"] = trips
    api.routes["/token"] = lambda _: {"access_token": SECRET, "token_type": "bearer"}
    monkeypatch.setenv("ACME_USERNAME", "ann")
    monkeypatch.setenv("ACME_PASSWORD", SECRET)
    monkeypatch.setenv("ACME_X_REQUEST_SOURCE", "tests")
    result = add(
        tmp_path,
        *("--from-openapi", str(HERE / "fleet.json"), "--path", "/vehicles/{id}/trips"),
        *("--path", "/vehicles", "--base-url", api.url, "--test"),
    )
    assert result.exit_code == 0, result.output
    assert "records    3 in 2 pages" in result.output
    assert "records    6 in 6 pages" in result.output
    assert "set the environment variable ACME_PASSWORD: the file only refers to it" in result.output
    assert "trips: x-request-source is required: it is ${ACME_X_REQUEST_SOURCE}" in result.output
    assert written(tmp_path)["description"] == "Fleet"
    assert SECRET not in result.output + (tmp_path / "acme.json").read_text()


def test_the_last_records_id_asks_for_the_next_page(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def customers(asked: Asked) -> Any:
        after = int(asked.params.get("starting_after", "cus_0").removeprefix("cus_"))
        found = [{"id": f"cus_{number}"} for number in range(after + 1, min(after + 3, 6))]
        return {"object": "list", "data": found, "has_more": after + 2 < 5}

    api.routes["/v1/customers"] = customers
    monkeypatch.setenv("ACME_TOKEN", SECRET)
    source = str(HERE / "payments.yaml")
    result = add(
        tmp_path,
        *("--from-openapi", source, "--path", "/v1/customers", "--base-url", api.url, "--test"),
    )
    assert result.exit_code == 0, result.output
    assert "records    5 in 3 pages" in result.output


def test_grandchildren_read_below_both_of_their_ancestors(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = {"_embedded": {"branches": [{"branchId": 7}, {"branchId": 8}]}, "_links": {}}
    api.routes["/api/branches"] = lambda _: links
    for branch in (7, 8):
        api.routes[f"/api/branches/{branch}/shelves"] = lambda asked: {
            "value": [{"id": f"s{asked.path.split('/')[3]}"}]
        }
        api.routes[f"/api/branches/{branch}/shelves/s{branch}/copies"] = lambda asked: {
            "value": [{"copy_id": int(asked.path.split("/")[3]) * 10}]
        }
    api.routes["/oauth/token"] = lambda _: {"access_token": SECRET, "expires_in": 60}
    monkeypatch.setenv("ACME_CLIENT_ID", "me")
    monkeypatch.setenv("ACME_CLIENT_SECRET", "mine-and-secret")
    result = add(
        tmp_path,
        *("--from-openapi", str(HERE / "library.yaml"), "--base-url", f"{api.url}/api", "--test"),
        *("--path", "/branches/{branch}/shelves/{shelf}/copies"),
    )
    assert result.exit_code == 0, result.output
    assert "copies" in result.output
    assert "records    2 in 2 pages" in result.output
    assert {"/api/branches/7/shelves/s7/copies", "/api/branches/8/shelves/s8/copies"} < set(
        api.paths()
    )


def test_standard_input_and_a_description_of_ones_own(tmp_path: Path) -> None:
    arguments = ["--from-openapi", "-", "--path", "/customers", "--description", "Mine"]
    result = add(tmp_path, *arguments, source=document())
    assert result.exit_code == 0, result.output
    assert written(tmp_path)["description"] == "Mine"


@pytest.mark.parametrize(
    ("arguments", "source", "told"),
    [
        (["--path", "/x"], document(), "standard input: the document has no path /x"),
        ([], document(), "name at least one --path; these answer with lists:\n  /customers"),
        (["--path", "/customers"], document(servers=None), "say --base-url https://HOST/…"),
        (["--path", "/customers"], "{", "standard input: line 1, column 2"),
        (["--path", "/customers"], document(security=None, servers=[]), "names no host"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_written(
    tmp_path: Path, arguments: list[str], source: str, told: str
) -> None:
    result = add(tmp_path, "--from-openapi", "-", *arguments, source=source)
    assert result.exit_code == 1
    assert told in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_base_url_without_a_host_is_refused(tmp_path: Path) -> None:
    arguments = ["--from-openapi", "-", "--path", "/customers", "--base-url", "acme.com"]
    result = add(tmp_path, *arguments, source=document())
    assert "must start with http:// or https:// and name a host" in str(result.exception)


@pytest.mark.parametrize("held", [b"\xff\xfe{", None])
def test_a_file_that_cannot_be_read(tmp_path: Path, held: bytes | None) -> None:
    file = tmp_path / "acme.yaml"
    if held is not None:
        file.write_bytes(held)
    result = add(tmp_path / "connectors", "--from-openapi", str(file), "--path", "/customers")
    assert result.exit_code == 1
    assert f"{file}: " in result.output


@pytest.mark.parametrize("extra", [["--path", "/x"], ["--base-url", "https://x.example"]])
def test_options_of_documents_go_with_documents(tmp_path: Path, extra: list[str]) -> None:
    result = add(tmp_path, "--from-curl", "curl https://x.example/y", *extra)
    assert result.exit_code == 2
    assert "--path and --base-url go with --from-openapi" in result.output


def test_what_the_document_says_is_not_executed() -> None:
    """Format strings reach attributes: braces of a document are only ever braces."""
    path = get()
    path["get"]["parameters"] = [
        {
            "name": "q",
            "in": "query",
            "required": True,
            "schema": {"default": "{0.__class__} ${HOME}"},
        }
    ]
    first = made(document({"/customers": path}))
    (found,) = first.configuration["resources"]
    assert found["endpoint"]["params"] == {"q": "{{0.__class__}} $${{HOME}}"}


def test_a_record_below_two_parents_is_loaded_for_each(api: Api, tmp_path: Path) -> None:
    api.routes["/teams"] = lambda _: [{"id": "a"}, {"id": "b"}]
    api.routes["/teams/a/members"] = lambda _: [{"id": 1}, {"id": 2}]
    api.routes["/teams/b/members"] = lambda _: [{"id": 2}]
    source = document({"/teams": get(), "/teams/{team_id}/members": get()})
    first = made(source, "/teams", "/teams/{id}/members", base_url=api.url)
    whole = {**content(), "configuration": first.configuration}
    acme = check_content("acme", whole, file="acme.json")
    order = LoadRequest(selection=frozenset(acme.resources), refresh=frozenset(), holder="the test")
    for _ in range(2):
        load(acme, order, settings=Settings(data_dir=tmp_path), environment={})
    with duckdb.connect(str(tmp_path / "restsrc_acme.duckdb"), read_only=True) as connection:
        found = connection.execute("select _teams_id, id from acme.members").fetchall()
    assert sorted(found) == [("a", 1), ("a", 2), ("b", 2)]

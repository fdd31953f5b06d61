"""`restsrc add --from-postman`: collections as people export them, to connectors that read."""

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from restsrc_dagster.cli.main import cli
from restsrc_dagster.connector.files.folder import check_content, read_connector
from restsrc_dagster.connector.lint import lint
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.scaffold.configuration import FirstConfiguration
from restsrc_dagster.scaffold.postman import from_postman
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.support.api import Answer, Api, Asked

HERE = Path(__file__).parent
SECRET = "s3cr3tS3CR3T"
NOBODY = ("--dagster-url", "http://127.0.0.1:1")
BY_TOKEN = {"type": "bearer", "token": "${ACME_TOKEN}"}


def text(name: str) -> str:
    return (HERE / f"{name}.json").read_text(encoding="utf-8")


def made(name: str, *paths: str) -> FirstConfiguration:
    return from_postman(text(name), "acme", paths)


def collection(*items: Any, **more: Any) -> str:
    return json.dumps({"info": {"name": "Acme"}, "item": items, **more})


def get(url: Any, answer: Any = None, **more: Any) -> dict[str, Any]:
    saved = [] if answer is None else [{"code": 200, "body": json.dumps(answer)}]
    return {"name": "A list", "request": {"method": "GET", "url": url, **more}, "response": saved}


def test_a_crm_with_folders_and_variables() -> None:
    first = made("tidy_crm")
    assert first.description == "Tidy CRM"
    assert first.configuration == {
        "client": {
            "base_url": "${ACME_BASE_URL:-https://api.tidy-crm.example}",
            "auth": BY_TOKEN,
        },
        "resources": [
            {
                "name": "contacts",
                "primary_key": "id",
                "endpoint": {
                    "path": "v2/contacts",
                    "headers": {"X-Region": "${ACME_REGION:-eu}"},
                    "data_selector": "results",
                    "params": {"limit": 100, "updated_since": "2026-01-01T00:00:00Z"},
                    "paginator": {
                        "type": "cursor",
                        "cursor_path": "paging.next.after",
                        "cursor_param": "after",
                    },
                },
            },
            {
                "name": "deals",
                "primary_key": "id",
                "endpoint": {
                    "path": "v2/deals/search",
                    "method": "POST",
                    "json": {
                        "filters": [
                            {"field": "pipeline", "value": "${number:ACME_PIPELINE_ID:-12}"}
                        ],
                        "owner": "${ACME_OWNER_ID}",
                        "paging": {"limit": 50, "after": ""},
                        "client_secret": "${ACME_CLIENT_SECRET}",
                    },
                    "data_selector": "results",
                    "paginator": {
                        "type": "cursor",
                        "cursor_path": "next.after",
                        "cursor_body_path": "paging.after",
                    },
                },
            },
            {
                "name": "notes",
                "primary_key": "id",
                "endpoint": {
                    "path": "v2/contacts/{resources.contacts.id}/notes",
                    "data_selector": "results",
                },
            },
        ],
    }
    assert first.variables == ["ACME_TOKEN", "ACME_CLIENT_SECRET", "ACME_OWNER_ID"]


def test_what_is_left_out_is_named_with_the_reason() -> None:
    notes = [note for note in made("tidy_crm").notes if note.startswith("left out: ")]
    assert notes == [
        "left out: Contacts / Get a contact (its answer is one record)",
        "left out: Status (at another host, https://status.tidy-crm.example: a connector of its "
        "own)",
        "left out: Contacts / Create a contact (POST that is no search creates or changes "
        "something)",
        "left out: Contacts / Delete a contact (DELETE changes something)",
        "left out: Contacts / Import contacts (its body is a form, and no JSON)",
        "left out: Deals / List deals again (the same path as Contacts / List contacts)",
    ]


def test_a_time_that_stays_as_it_is_is_told() -> None:
    (note,) = [note for note in made("tidy_crm").notes if "leaves older records out" in note]
    assert note.startswith("contacts: updated_since=2026-01-01T00:00:00Z")
    assert '"updated_since": "{incremental.start_value}"' in note


def test_a_cursor_is_found_in_a_saved_response() -> None:
    (contacts,) = made("tidy_crm", "/v2/contacts").configuration["resources"]
    assert contacts["endpoint"]["params"]["updated_since"] == "{incremental.start_value}"
    assert contacts["endpoint"]["incremental"] == {
        "cursor_path": "updated_at",
        "initial_value": "1970-01-01T00:00:00Z",
    }


def test_a_shop_with_a_key_two_auths_and_graphql() -> None:
    first = made("corner_shop")
    client, resources = first.configuration["client"], first.configuration["resources"]
    assert client["auth"]["api_key"] == "${ACME_API_KEY}"
    products, audit, graphql, reviews = (one["endpoint"] for one in resources)
    assert products == {
        "path": "v1/stores/${ACME_STORE_ID:-77}/products",
        "data_selector": "products",
        "params": {"per_page": "${ACME_PAGE_SIZE:-50}", "include": ["tags", "prices"]},
        "paginator": {"type": "page_number", "base_page": 1, "total_path": "total_pages"},
    }
    assert audit["auth"] == {
        "type": "http_basic",
        "username": "${ACME_USERNAME}",
        "password": "${ACME_PASSWORD}",
    }
    assert graphql["json"]["query"].startswith("query ($first: Int) {{ orders(")
    assert graphql["data_selector"] == "data.orders.nodes"
    assert reviews["path"] == (
        "v1/stores/${ACME_STORE_ID:-77}/products/{resources.products.id}/reviews"
    )
    assert reviews["paginator"] == {"type": "header_link"}
    assert resources[3]["primary_key"] == ["id", "_products_id"]
    assert "Catalogue / Products: nonce is made up by Postman, and not sent" in first.notes


@pytest.mark.parametrize("name", ["tidy_crm", "corner_shop"])
def test_no_secret_is_copied_and_the_file_is_in_order(name: str) -> None:
    first = made(name)
    assert SECRET in text(name)
    told = json.dumps([first.configuration, first.variables, first.notes])
    assert SECRET not in told
    assert "zq" not in told
    content = {"created_at": "2026-11-23T10:03:00Z", "schedule": {"mode": "hours"}}
    acme = check_content("acme", {**content, "configuration": first.configuration}, file="acme")
    assert {one.code for one in lint(acme)} == {"auto-paginator"}


@pytest.mark.parametrize(
    ("url", "base", "path"),
    [
        ("{{host}}/a", "${ACME_HOST}", "a"),
        ("https://{{org}}.acme.example:8443/v1/a", "https://${ACME_ORG}.acme.example:8443", "v1/a"),
        ("api.acme.example/a", "https://api.acme.example", "a"),
        (
            {"raw": "https://api.acme.example/a?x=1", "host": ["api"]},
            "https://api.acme.example",
            "a",
        ),
    ],
)
def test_addresses(url: Any, base: str, path: str) -> None:
    made = from_postman(collection(get(url, [{"id": 1}])), "acme")
    assert made.configuration["client"]["base_url"] == base
    assert made.configuration["resources"][0]["endpoint"]["path"] == path


@pytest.mark.parametrize(
    ("auth", "wanted"),
    [
        ({"type": "bearer", "bearer": [{"key": "token", "value": "x"}]}, BY_TOKEN),
        (
            {"type": "apikey", "apikey": {"key": "k", "value": "SSWS x", "in": "query"}},
            {"type": "api_key", "name": "k", "api_key": "${ACME_API_KEY}", "location": "query"},
        ),
        (
            {
                "type": "oauth2",
                "oauth2": [
                    {"key": "grant_type", "value": "client_credentials"},
                    {"key": "accessTokenUrl", "value": "https://acme.example/{{tenant}}/token"},
                    {"key": "scope", "value": "read all"},
                ],
            },
            {
                "type": "oauth2_client_credentials",
                "access_token_url": "https://acme.example/${ACME_TENANT}/token",
                "client_id": "${ACME_CLIENT_ID}",
                "client_secret": "${ACME_CLIENT_SECRET}",
                "access_token_request_data": {"scope": "all read"},
            },
        ),
        ({"type": "oauth2", "oauth2": [{"key": "grant_type", "value": "implicit"}]}, BY_TOKEN),
        ({"type": "noauth"}, None),
        ({"type": "awsv4", "awsv4": []}, None),
    ],
)
def test_auths(auth: Any, wanted: Any) -> None:
    item = get("https://acme.example/a", [{"id": 1}])
    made = from_postman(collection({"name": "Folder", "auth": auth, "item": [item]}), "acme")
    assert made.configuration["client"].get("auth") == wanted


def test_a_header_that_proves_who_asks_is_an_auth() -> None:
    header = [{"key": "Authorization", "value": f"Bearer {SECRET}"}]
    made = from_postman(
        collection(get("https://acme.example/a", [{"id": 1}], header=header)), "acme"
    )
    assert made.configuration["client"]["auth"] == BY_TOKEN


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("[]", "holds no object at its top level"),
        ('{"openapi": "3.0.0"}', "is no Postman collection: it has no info, or no item"),
        (
            '{"info": {"schema": "https://schema.getpostman.com/json/collection/v1.0.0/"},'
            ' "item": []}',
            "is of another version; export it as Collection v2.1",
        ),
        (collection(), "has no requests"),
        (
            collection(
                {"name": "Save", "request": {"method": "PUT", "url": "https://a.example/b"}}
            ),
            "has no list that could be read: Save (PUT changes something)",
        ),
    ],
)
def test_what_is_no_collection_is_told(given: str, told: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        from_postman(given, "acme")


def add(folder: Path, *arguments: str) -> Result:
    target = ("--connectors-dir", str(folder), *NOBODY)
    return CliRunner().invoke(cli, ["add", "acme", "--schedule", "every day", *target, *arguments])


def test_from_a_file_to_rows(api: Api, tmp_path: Path, settings: Settings) -> None:
    def contacts(asked: Asked) -> Any:
        if asked.headers.get("Authorization") != "Bearer t0ken":
            return Answer({"error": "no"}, status=401)
        after = asked.params.get("after")
        paging = None if after else {"next": {"after": "2"}}
        return {"results": [{"id": after or "1", "updated_at": "2026-03-01T10:00:00Z"}]} | (
            {"paging": paging} if paging else {}
        )

    api.routes["/v2/contacts"] = contacts
    api.routes["/v2/contacts/1/notes"] = lambda _: {"results": [{"id": 9}]}
    api.routes["/v2/contacts/2/notes"] = lambda _: {"results": []}
    api.routes["/v2/deals/search"] = lambda asked: {
        "results": [{"id": asked.json["filters"][0]["value"]}]
    }
    result = add(tmp_path, "--from-postman", str(HERE / "tidy_crm.json"))
    assert result.exit_code == 0, result.output
    assert "set the environment variable ACME_TOKEN" in result.output
    acme = read_connector(tmp_path / "acme.json")
    environment = {
        "ACME_BASE_URL": api.url,
        "ACME_TOKEN": "t0ken",
        "ACME_OWNER_ID": "7",
        "ACME_CLIENT_SECRET": "x",
    }
    order = LoadRequest(selection=frozenset(acme.resources), holder="the test")
    assert load(acme, order, settings=settings, environment=environment).failed == {}
    assert settings.data_dir
    with duckdb.connect(settings.data_dir / "restsrc_acme.duckdb") as database:
        assert database.sql("SELECT id FROM acme.contacts ORDER BY id").fetchall() == [
            ("1",),
            ("2",),
        ]
        assert database.sql("SELECT id FROM acme.notes").fetchall() == [(9,)]
        assert database.sql("SELECT id FROM acme.deals").fetchall() == [(12,)]


def test_a_connector_that_is_there_is_told_what_to_add(tmp_path: Path) -> None:
    file = ("--from-postman", str(HERE / "tidy_crm.json"))
    add(tmp_path, *file, "--path", "/v2/contacts")
    result = add(tmp_path, *file, "--path", "/v2/deals/search")
    assert result.exit_code == 1
    assert "by hand, add to its resources what is in this list" in result.output
    assert '"name": "deals"' in result.output


def test_a_path_that_is_not_there_is_told(tmp_path: Path) -> None:
    result = add(tmp_path, "--from-postman", str(HERE / "tidy_crm.json"), "--path", "/v2/contact")
    assert "the document has no path /v2/contact; did you mean /v2/contacts" in result.output

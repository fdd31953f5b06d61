"""A secret in any form that it takes on its way is not shown."""

import base64
import json
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restsrc_dagster.connector.secrets import MASK, Redactor, literal_secrets
from restsrc_dagster.connector.syntax.references import resolve
from restsrc_dagster_tests.support.connectors import connector, items

SECRET = 'p&s/w"ö\\rd +%'


def redactor(
    environment: dict[str, str] | None = None, *, destination: Any = None, **client: Any
) -> Redactor:
    acme = connector("acme", client=client, destination=destination or {})
    return Redactor.of(acme, resolve(acme.configuration, environment or {}), environment or {})


FORMS = {
    "raw": SECRET,
    "in a query": urlencode({"q": SECRET}),
    "percent-encoded": quote(SECRET, safe=""),
    "percent-encoded but for slashes": quote(SECRET),
    "form-encoded": quote_plus(SECRET),
    "in JSON": json.dumps({"error": f"no {SECRET} here"}),
    "in JSON as it is": json.dumps({"error": f"no {SECRET} here"}, ensure_ascii=False),
    "in JSON from PHP": json.dumps({"error": SECRET}).replace("/", "\\/"),
    "in a repr": repr({"q": f"{SECRET}'"}),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_referenced_secret_is_masked(form: str) -> None:
    redact = redactor({"TOKEN": SECRET}, auth={"type": "bearer", "token": "${TOKEN}"})
    shown = redact(f"before {FORMS[form]} after")
    assert MASK in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    for encoded in (SECRET, quote(SECRET), quote_plus(SECRET), json.dumps(SECRET)[1:-1]):
        assert encoded not in shown


@pytest.mark.parametrize("form", FORMS)
def test_a_literal_secret_is_masked(form: str) -> None:
    redact = redactor(auth={"type": "bearer", "token": SECRET})
    assert MASK in redact(FORMS[form])


@pytest.mark.parametrize("environment", [{}, {"U": "ada", "P": SECRET}])
def test_basic_authentication_is_masked_as_it_is_sent(environment: dict[str, str]) -> None:
    username, password = ("${U}", "${P}") if environment else ("ada", SECRET)
    redact = redactor(
        environment, auth={"type": "http_basic", "username": username, "password": password}
    )
    sent = base64.b64encode(f"ada:{SECRET}".encode()).decode()
    assert redact(f"Authorization: Basic {sent}") == f"Authorization: Basic {MASK}"


def test_userinfo_is_masked_though_nobody_knew_it() -> None:
    assert Redactor()("GET https://ada:pw@api.acme.com/v1?a=b@c") == (
        f"GET https://{MASK}@api.acme.com/v1?a=b@c"
    )


def test_the_password_of_an_address_is_masked_elsewhere_too() -> None:
    redact = redactor(base_url="https://ada:s3cret-pw@api.acme.com")
    assert redact("wrong password s3cret-pw") == f"wrong password {MASK}"


def test_secrets_of_the_destination_are_masked() -> None:
    redact = redactor(
        {"PG": "from-environment"},
        destination={
            "type": "postgres",
            "credentials": {"host": "db", "password": "in-plain-text", "username": "${PG}"},
        },
    )
    assert redact("in-plain-text from-environment db") == f"{MASK} {MASK} db"


def test_the_longest_secret_is_masked_first() -> None:
    redact = Redactor(["abcd", "abcdefgh"])
    assert redact("abcdefgh abcd abcde") == f"{MASK} {MASK} {MASK}e"


def test_what_is_too_short_to_be_told_from_text_stays() -> None:
    assert Redactor(["abc", ""])("abc") == "abc"


def test_a_redactor_does_not_show_what_it_knows() -> None:
    assert "abcd" not in repr(Redactor(["abcd"]))


@given(st.text(min_size=4), st.text(), st.text())
def test_no_secret_is_left_in_any_text(secret: str, before: str, after: str) -> None:
    redact = Redactor([secret])
    text = redact(f"{before}{secret}{after}")
    if secret not in f"{before}{MASK}{after}" and MASK[0] not in secret:
        assert secret not in text


LITERAL: list[tuple[dict[str, Any], list[str]]] = [
    ({"auth": {"type": "bearer", "token": "abcd"}}, ["configuration.client.auth.token"]),
    ({"auth": {"type": "bearer", "token": "${TOKEN}"}}, []),
    ({"auth": {"type": "bearer", "token": "Token ${TOKEN}"}}, []),
    (
        {"auth": {"type": "api_key", "name": "X-Api-Key", "api_key": "abcd", "location": "header"}},
        ["configuration.client.auth.api_key"],
    ),
    (
        {"auth": {"type": "http_basic", "username": "username", "password": "abcd"}},
        ["configuration.client.auth.password"],
    ),
    (
        {
            "auth": {
                "type": "oauth2_client_credentials",
                "access_token_url": "https://login.acme.com",
                "client_id": "client",
                "client_secret": "abcd",
                "access_token_request_data": {"scope": "read:all", "assertion_token": "abcd"},
            }
        },
        [
            "configuration.client.auth.client_secret",
            "configuration.client.auth.access_token_request_data.assertion_token",
        ],
    ),
    (
        {"headers": {"X-Auth-Token": "abcd", "Accept": "application/json"}},
        ["configuration.client.headers.X-Auth-Token"],
    ),
    ({"base_url": "https://ada:abcd@api.acme.com"}, ["configuration.client.base_url"]),
    ({"base_url": "https://ada:${PW}@api.acme.com"}, []),
    ({"base_url": "https://ada@api.acme.com"}, []),
    ({"base_url": "https://api.acme.com/?key=abcd"}, ["configuration.client.base_url"]),
    ({"base_url": "https://api.acme.com/?key=${KEY}&q=abcd"}, []),
]


@pytest.mark.parametrize(("client", "places"), LITERAL)
def test_literal_secrets_are_found_where_they_stand(
    client: dict[str, Any], places: list[str]
) -> None:
    assert list(literal_secrets(connector("acme", client=client))) == places


@pytest.mark.parametrize(
    ("endpoint", "place"),
    [
        ({"params": {"appid": "abcd", "q": "london"}}, "params.appid"),
        ({"params": {"hapikey": "abcd"}}, "params.hapikey"),
        ({"params": {"api_keys": ["abcd"]}}, "params.api_keys[0]"),
        ({"path": "items?appid=abcd"}, "path"),
        ({"params": {"key": "abcd"}}, "params.key"),
        ({"headers": {"Cookie": "session=abcd"}}, "headers.Cookie"),
        ({"json": {"login": {"password": "abcd", "user": "ada"}}}, "json.login.password"),
        ({"auth": {"type": "bearer", "token": "abcd"}}, "auth.token"),
    ],
)
def test_literal_secrets_of_an_endpoint(endpoint: dict[str, Any], place: str) -> None:
    acme = connector("acme", resources=["first", items(**endpoint)])
    assert list(literal_secrets(acme)) == [f"configuration.resources[1].endpoint.{place}"]


def test_a_token_of_a_parent_is_no_literal_one() -> None:
    headers = {"X-Token": "{resources.login.token}", "Authorization": "Bearer {resources.login.t}"}
    resources = ["login", items(headers=headers, params={"token": "{incremental.start_value}"},
                                incremental={"cursor_path": "id"})]  # fmt: skip
    assert list(literal_secrets(connector("acme", resources=resources))) == []


def test_a_literal_salt_is_a_secret() -> None:
    def steps(salt: str) -> dict[str, Any]:
        return {**items(), "processing_steps": [{"map": {"hash": ["email"], "salt": salt}}]}

    acme = connector("acme", resources=[steps("abcd"), {**steps("${SALT}"), "name": "other"}])
    place = "configuration.resources[0].processing_steps[0].map.salt"
    assert list(literal_secrets(acme)) == [place]
    redact = Redactor.of(acme, acme.configuration, {"SALT": "pepper"})
    assert redact("abcd and pepper") == f"{MASK} and {MASK}"


def test_a_param_that_is_called_salt_is_none() -> None:
    acme = connector("acme", resources=[items(params={"salt": "abcd"})])
    assert list(literal_secrets(acme)) == []


@pytest.mark.parametrize(
    ("destination", "places"),
    [
        ({"type": "postgres", "credentials": "${PG}"}, []),
        (
            {"type": "postgres", "credentials": "postgresql://ada:abcd@db/acme"},
            ["destination.credentials"],
        ),
        (
            {"credentials": {"host": "database", "password": "abcd"}},
            ["destination.credentials.password"],
        ),
        (
            {"credentials": {"project_id": "acme", "private_key": "abcd"}},
            ["destination.credentials.private_key"],
        ),
        (
            {"credentials": {"azure_storage_account_key": "abcd"}},
            ["destination.credentials.azure_storage_account_key"],
        ),
    ],
)
def test_literal_secrets_of_a_destination(destination: dict[str, Any], places: list[str]) -> None:
    assert list(literal_secrets(connector("acme", destination=destination))) == places

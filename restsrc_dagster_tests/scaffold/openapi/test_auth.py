"""How requests prove who sends them: every kind of scheme, and which one of several."""

import json
from typing import Any

import pytest

from restsrc_dagster.scaffold.configuration import FirstConfiguration
from restsrc_dagster_tests.scaffold.openapi.documents import (
    LIST,
    SERVER,
    document,
    get,
    made,
    param,
    string,
)

BEARER = {"type": "bearer", "token": "${ACME_TOKEN}"}
BASIC = {"type": "http_basic", "username": "${ACME_USERNAME}", "password": "${ACME_PASSWORD}"}


def key(name: str, location: str = "header", variable: str = "ACME_API_KEY") -> dict[str, str]:
    reference = f"${{{variable}}}"
    return {"type": "api_key", "name": name, "api_key": reference, "location": location}


def oauth(url: str, **data: str) -> dict[str, Any]:
    return {
        "type": "oauth2_client_credentials",
        "access_token_url": url,
        "client_id": "${ACME_CLIENT_ID}",
        "client_secret": "${ACME_CLIENT_SECRET}",
        **({"access_token_request_data": data} if data else {}),
    }


def flows(**flows: dict[str, Any]) -> dict[str, Any]:
    return {"type": "oauth2", "flows": flows}


SCHEMES: dict[str, Any] = {
    "bearer": {"type": "http", "scheme": "Bearer"},
    "basic": {"type": "http", "scheme": "basic"},
    "digest": {"type": "http", "scheme": "digest"},
    "odd": {"type": "http", "scheme": "hoba"},
    "certificate": {"type": "mutualTLS"},
    "user": {
        "type": "oauth2",
        "flows": {"password": {"tokenUrl": "https://id.acme.com/token", "scopes": {}}},
    },
    "aws": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "x-amazon-apigateway-authtype": "awsSigv4",
    },
    "header": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    "app": {"type": "apiKey", "in": "header", "name": "X-App-Id"},
    "query": {"type": "apiKey", "in": "query", "name": "key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "session"},
    "jwt": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "JWT, as 'Bearer {token}'",
    },
    "prefixed": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "Pass the token prefixed with SSWS: SSWS {API Token}",
    },
    "own": {"type": "apiKey", "in": "header", "name": "Authorization"},
    "client": flows(
        implicit={"authorizationUrl": "https://id.acme.com/auth"},
        clientCredentials={"tokenUrl": "https://id.acme.com/token", "scopes": {"read": ""}},
    ),
    "relative": flows(clientCredentials={"tokenUrl": "oauth/token"}),
    "person": flows(authorizationCode={"tokenUrl": "https://id.acme.com/token"}),
    "openid": {"type": "openIdConnect", "openIdConnectUrl": "https://id.acme.com"},
}


def secured(*alternatives: dict[str, list[str]], **keys: Any) -> FirstConfiguration:
    components = {"securitySchemes": SCHEMES}
    return made(document(security=list(alternatives), components=components, **keys))


CHOSEN: dict[str, tuple[list[dict[str, list[str]]], Any]] = {
    "bearer": ([{"bearer": []}], BEARER),
    "basic": ([{"basic": []}], BASIC),
    "header": ([{"header": []}], key("X-Api-Key")),
    "query": ([{"query": []}], key("key", "query")),
    "a bearer token by another name": ([{"jwt": []}], BEARER),
    "a key in the header of tokens": ([{"own": []}], key("Authorization")),
    "a key behind a word": (
        [{"prefixed": []}],
        key("Authorization") | {"api_key": "SSWS ${ACME_API_KEY}"},
    ),
    "client": (
        [{"client": ["read", "list"]}],
        oauth("https://id.acme.com/token", scope="list read"),
    ),
    "a relative token address": ([{"relative": []}], oauth(f"{SERVER}/oauth/token")),
    "people's tokens": ([{"person": ["read"]}], BEARER),
    "openid": ([{"openid": []}], BEARER),
    "cookie": ([{"cookie": []}], None),
    "digest": ([{"digest": []}], {**BASIC, "type": "http_digest"}),
    "a user's password": (
        [{"user": ["read"]}, {"person": []}],
        {
            **BASIC,
            "type": "oauth2_password",
            "access_token_url": "https://id.acme.com/token",
            "access_token_request_data": {"scope": "read"},
        },
    ),
    "aws": (
        [{"aws": []}],
        {
            "type": "aws_sigv4",
            "access_key_id": "${ACME_ACCESS_KEY_ID}",
            "secret_access_key": "${ACME_SECRET_ACCESS_KEY}",
            "region": "us-east-1",
            "service": "execute-api",
        },
    ),
    "unknown": ([{"nowhere": []}], None),
    "a key before people": ([{"person": []}, {"header": []}], key("X-Api-Key")),
    "a client before people": (
        [{"openid": []}, {"client": []}],
        oauth("https://id.acme.com/token"),
    ),
    "a token before a password": ([{"basic": []}, {"bearer": []}], BEARER),
    "a password before people": ([{"person": []}, {"basic": []}], BASIC),
    "people before cookies": ([{"cookie": []}, {"person": []}], BEARER),
    "the first of equals": ([{"header": []}, {"bearer": []}], key("X-Api-Key")),
    "optional": ([{}, {"bearer": []}], BEARER),
    "none": ([], None),
}


@pytest.mark.parametrize(("alternatives", "auth"), CHOSEN.values(), ids=CHOSEN)
def test_auth(alternatives: list[dict[str, list[str]]], auth: Any) -> None:
    client = secured(*alternatives).configuration["client"]
    assert client.get("auth") == auth


@pytest.mark.parametrize(
    ("scheme", "told"),
    [
        ("person", "person gives tokens to people who log in"),
        ("cookie", "cookie is a cookie, which a connector does not send"),
        (
            "person",
            "person gives tokens to people who log in; obtain one, and renew it when it "
            "expires; or, where a refresh token comes with it, write oauth2_refresh_token with "
            "access_token_url https://",
        ),
        ("certificate", "certificate is a certificate: name it in http.client_certificate"),
        ("odd", "odd is of a kind that a connector cannot do"),
        ("own", "the key is sent as it is"),
    ],
)
def test_what_a_person_must_do_is_told(scheme: str, told: str) -> None:
    assert any(note.startswith(f"auth: {told}") for note in secured({scheme: []}).notes)


def test_two_keys_at_once() -> None:
    first = secured({"header": [], "app": [], "query": []})
    (resource,) = first.configuration["resources"]
    assert first.configuration["client"]["auth"] == key("X-Api-Key")
    assert resource["endpoint"]["headers"] == {"X-App-Id": "${ACME_X_APP_ID}"}
    assert resource["endpoint"]["params"] == {"key": "${ACME_KEY}"}
    assert first.variables == ["ACME_API_KEY", "ACME_X_APP_ID", "ACME_KEY"]


def test_operations_with_another_auth_or_none() -> None:
    paths = {
        "/open": get(security=[]),
        "/keyed": get(security=[{"header": []}]),
        "/other": get(security=[{"query": []}]),
        "/third": get(security=[{"header": []}]),
    }
    components = {"securitySchemes": SCHEMES}
    configuration = made(document(paths, components=components), *paths).configuration
    assert configuration["client"]["auth"] == key("X-Api-Key")
    auths = {one["name"]: one["endpoint"].get("auth", "…") for one in configuration["resources"]}
    other = key("key", "query", "ACME_KEY")
    assert auths == {"open": None, "keyed": "…", "other": other, "third": "…"}


def test_a_token_is_asked_for_with_the_scopes_of_all_operations() -> None:
    paths = {
        "/a": get(security=[{"client": ["read:a"]}]),
        "/b": get(security=[{"client": ["read:b"]}]),
    }
    components = {"securitySchemes": SCHEMES}
    client = made(document(paths, components=components), "/a", "/b").configuration["client"]
    assert client["auth"]["access_token_request_data"] == {"scope": "read:a read:b"}


def test_a_scheme_that_no_operation_names() -> None:
    first = made(document(security=None, components={"securitySchemes": {"it": SCHEMES["bearer"]}}))
    assert first.configuration["client"]["auth"] == BEARER
    assert "auth: the document does not say which operation needs it" in first.notes


@pytest.mark.parametrize(
    ("parameter", "auth"),
    [
        (param("X-Api-Key", example="s3cr3t", **{"in": "header"}), key("X-Api-Key")),
        (param("api_key", required=True, example="s3cr3t"), key("api_key", "query")),
        (
            param("Authorization", example="Bearer s3cr3t", **{"in": "header"}),
            BEARER,
        ),
        (
            param("pin", string(format="password", example="s3cr3t"), required=True),
            key("pin", "query"),
        ),
        (param("page_token", required=True, example="x"), None),
        (param("author", required=True, example="x"), None),
    ],
)
def test_a_secret_among_the_parameters(parameter: Any, auth: Any) -> None:
    first = made(document({"/customers": get([], parameter)}, security=None))
    assert first.configuration["client"].get("auth") == auth
    assert "s3cr3t" not in json.dumps(first.configuration) + " ".join(first.notes)


def test_a_document_without_any_auth_is_told() -> None:
    assert (
        "auth: the document names none; add what the API wants"
        in made(document(security=None)).notes
    )


def test_swagger_2() -> None:
    path = {"get": {"responses": {"200": {"schema": {"type": "array"}}}}}
    schemes = {
        "basic": {"type": "basic"},
        "app": {"type": "oauth2", "flow": "application", "tokenUrl": "https://id.acme.com/token"},
        "person": {"type": "oauth2", "flow": "accessCode", "tokenUrl": "https://id.acme.com/token"},
    }
    for name, auth in (
        ("basic", BASIC),
        ("app", oauth("https://id.acme.com/token", scope="read")),
        ("person", BEARER),
    ):
        swagger = {"swagger": "2.0", "host": "api.acme.com", "securityDefinitions": schemes}
        source = document(
            {"/customers": path}, openapi=None, servers=None, security=[{name: ["read"]}], **swagger
        )
        assert made(source).configuration["client"]["auth"] == auth


def test_a_document_cannot_have_a_variable_of_the_deployment_sent() -> None:
    """Its texts stand in the connector: a name, a scope, an address or a default that looks like a
    reference is a text, and only what was made here is read from the environment."""
    planted = "${AWS_SECRET_ACCESS_KEY}"
    schemes = {"key": {"type": "apiKey", "in": "header", "name": planted}}
    asked = get(LIST, param("region", string(default=planted), required=True))
    source = document(
        {"/customers": {"get": {**asked["get"], "security": [{"key": []}]}}},
        components={"securitySchemes": schemes},
    )
    made_of = made(source)
    values = list(_texts(made_of.configuration))
    assert any(f"${planted}" in text for text in values), "it is there, as a text"
    assert not any(planted in text.replace(f"${planted}", "") for text in values)
    assert all(name.startswith("ACME_") for name in made_of.variables)


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, str):
        yield value

"""A mistake beside a secret, or instead of it: the secret is in no message."""

from copy import deepcopy
from typing import Any

import pytest

from restsrc_dagster.connector.files.folder import check_content
from restsrc_dagster.errors import ConnectorError
from restsrc_dagster_tests.connector.configuration.tables import (
    VALID,
    Configuration,
    api,
    auth,
    client,
    endpoint,
    problems,
    validate_with_dlt,
)
from restsrc_dagster_tests.connector.configuration.test_generated import places
from restsrc_dagster_tests.support.connectors import content

MARKER = "M4RK3R-do-not-show"

HOLDERS: dict[str, Configuration] = {
    "a token": auth("bearer", token=MARKER),
    "a token without a type": auth(token=MARKER),
    "a key": auth("api_key", api_key=MARKER, name="X-Key", location="header"),
    "a password": auth("http_basic", username=MARKER, password=MARKER),
    "a client's secret": auth(
        "oauth2_client_credentials", access_token_url="https://login.acme.com", client_id=MARKER,
        client_secret=MARKER, access_token=MARKER,
        access_token_request_data={"refresh_token": MARKER, "deep": {"password": MARKER}}),
    "a refresh token": auth(
        "oauth2_refresh_token", access_token_url="https://login.acme.com", client_id=MARKER,
        client_secret=MARKER, refresh_token=MARKER,
        access_token_request_data={"client_secret": MARKER}),
    "a user's password": auth(
        "oauth2_password", access_token_url="https://login.acme.com", username=MARKER,
        password=MARKER, client_secret=MARKER),
    "a service account's key": auth(
        "oauth2_jwt", client_id="bot", private_key=MARKER, auth_endpoint="https://login.acme.com",
        private_key_passphrase=MARKER, headers={"X-Api-Key": MARKER}),
    "a signing key": auth("jwt", key=MARKER, claims={"secret": MARKER}),
    "a login": auth(
        "session_token", token_path="token", login={
            "url": "login", "json": {"password": MARKER}, "headers": {"X-Key": MARKER},
            "params": {"token": MARKER}, "username": MARKER, "password": MARKER}),
    "a password of digests": auth("http_digest", username="ann", password=MARKER),
    "secrets of oauth1": auth(
        "oauth1", client_key=MARKER, client_secret=MARKER, resource_owner_key=MARKER,
        resource_owner_secret=MARKER),
    "a key of aws": auth(
        "aws_sigv4", access_key_id=MARKER, secret_access_key=MARKER, session_token=MARKER,
        region="eu-west-1"),
    "an endpoint's token": endpoint(auth={"type": "bearer", "token": MARKER}),
    "the token of the defaults": api(
        resource_defaults={"endpoint": {"auth": {"type": "bearer", "token": MARKER}}}),
    "a header": client(headers={"X-Api-Key": MARKER}),
    "an endpoint's header": endpoint(headers={"Authorization": MARKER}),
    "a param": endpoint(params={"api_key": MARKER, "keys": [MARKER]}),
    "the params of the defaults": api(
        resource_defaults={"endpoint": {"params": {"api_key": MARKER}}}),
    "a body": endpoint(method="POST", json={"auth": {"key": MARKER}}),
    "form fields": endpoint(method="POST", data={"password": MARKER}),
    "a text": endpoint(method="POST", data=f"password={MARKER}"),
    "the address": client(base_url=f"https://ada:{MARKER}@api.acme.com/v1"),
    "the address's query": client(base_url=f"https://api.acme.com/v1?api_key={MARKER}"),
    "a path": endpoint(path=f"items?api_key={MARKER}"),
    "a path alone": api({"name": "items", "endpoint": f"items?api_key={MARKER}"}),
    "a cursor's start": endpoint(incremental={"cursor_path": "at", "initial_value": MARKER}),
    "a salt": api({"name": "items", "processing_steps": [
        {"map": {"hash": ["email"], "salt": MARKER}}]}),
    "the salt of the defaults": api(resource_defaults={"processing_steps": [
        {"map": {"hash": ["email"], "salt": MARKER}}]}),
    "the content of an answer": endpoint(
        response_actions=[{"content": MARKER, "action": "ignore"}]),
}  # fmt: skip
ODD: list[Any] = [MARKER, f"${{{MARKER}", [MARKER], {"a": MARKER}, {"type": MARKER}, None, 5, True]


def told(configuration: Configuration) -> str:
    """Everything that a person sees of it."""
    try:
        check_content("acme", content() | {"configuration": configuration}, file="acme.json")
    except ConnectorError as error:
        return f"{error} {error!r} {error.problems!r}"
    return ""


@pytest.mark.parametrize("holder", HOLDERS)
def test_a_holder_is_right_by_itself(holder: str) -> None:
    assert problems(HOLDERS[holder]) == []
    assert validate_with_dlt(HOLDERS[holder]) is None


@pytest.mark.parametrize("holder", HOLDERS)
def test_a_mistake_beside_it_does_not_tell_it(holder: str) -> None:
    """Every object gets a key that is none, every value is replaced, one after the other."""
    seen = 0
    for number in range(len(places(HOLDERS[holder]))):
        for odd in [5, None, [], {}, "x", {"type": "x"}]:
            wrong = deepcopy(HOLDERS[holder])
            container, key = places(wrong)[number]
            container[key] = odd
            seen += MARKER in str(wrong)
            assert MARKER not in told(wrong)
        for key in ("tokn", "zzz", "type"):
            wrong = deepcopy(HOLDERS[holder])
            container, _ = places(wrong)[number]
            if isinstance(container, dict):
                container[key] = "x"
                assert MARKER not in told(wrong)
    assert seen > 0


NAMES = ("name", "resource", "include_from_parent")
"""Names of resources are told, and the fields of parents in placeholders: no secret is one."""


RICHEST = (
    "auth: oauth2, all of it", "paginator offset in the query", "a cursor, all of it",
    "a cursor as a param, all of it", "merge scd2", "columns by name", "references",
    "nested tables", "defaults", "response actions", "headers of an endpoint", "personal data",
    "steps, one after the other", "a yield_map", "a cursor sent as %Y%j",
)  # fmt: skip


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_a_secret_in_a_wrong_place_is_not_told(odd: Any) -> None:
    for name in RICHEST:
        for number in range(len(places(VALID[name]))):
            wrong = deepcopy(VALID[name])
            container, key = places(wrong)[number]
            if key in NAMES or container is wrong["resources"]:
                continue
            container[key] = odd
            assert MARKER not in told(wrong), (name, key)

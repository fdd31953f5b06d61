"""What other tools call a key, or a kind: it is told how it is said here, and that is true."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from restsrc_dagster.connector.configuration.auth import AUTHS
from restsrc_dagster.connector.configuration.endpoint import Endpoint
from restsrc_dagster.connector.configuration.incremental import Incremental
from restsrc_dagster.connector.configuration.model import Client, Configuration
from restsrc_dagster.connector.configuration.other_words import OTHER_WORDS
from restsrc_dagster.connector.configuration.paginators import PAGINATORS
from restsrc_dagster.connector.configuration.resource import ResourceModel
from restsrc_dagster.connector.configuration.word import OtherWords, Place, place_of, plain
from restsrc_dagster.connector.files.folder import check_content
from restsrc_dagster.connector.http import Http
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.resources.reading import ResourceReading
from restsrc_dagster.connector.resources.window import Window
from restsrc_dagster.connector.schedule.schedule import Schedule
from restsrc_dagster.errors import ConnectorError
from restsrc_dagster_tests.support.connectors import content

HOLDERS: dict[str, list[type[BaseModel]]] = {
    "": [Connector, Configuration, ResourceModel],
    "client": [Client],
    "endpoint": [Endpoint],
    "endpoint.incremental": [Incremental],
    "auth": [kind.model for kind in AUTHS.values()],
    "paginator": [kind.model for kind in PAGINATORS.values()],
    "http": [Http],
    "reading.<resource>": [ResourceReading],
    "reading.<resource>.window": [Window],
    "schedule": [Schedule],
}
"""What has the keys that the table names, by what stands before their last dot."""
PLACES: dict[Place, list[type[BaseModel]]] = {
    "file": [Connector, Configuration],
    "client": [Client],
    "resource": [ResourceModel],
    "endpoint": [Endpoint],
    "incremental": [Incremental],
    "auth": HOLDERS["auth"],
    "paginator": HOLDERS["paginator"],
    "http": [Http],
    "reading": [ResourceReading],
    "window": [Window],
    "schedule": [Schedule],
}
WISHED = (
    *("refresh_token", "session_token", "step", "scope", "timeout", "max_retries"),
    *("token_url", "date_format", "error_handler", "record_selector", "field_path", "requester"),
    *("url_base", "request_parameters", "page_size_option", "start_datetime", "end_datetime"),
    *("datetime_format", "cursor_field", "cursor_granularity", "lookback_window", "substream"),
    *("partition_router", "backoff_strategies", "stop_condition", "DpathExtractor"),
    *("CursorPagination", "PageIncrement", "OffsetIncrement", "ListPartitionRouter"),
    *("SessionTokenAuthenticator", "OAuthAuthenticator", "refresh_request_body", "start_date"),
    *("replication_key", "replication_method", "records_jsonpath", "next_page_token_jsonpath"),
    *("api_url", "auth_token", "verify", "cert", "proxies", "scopes", "audience", "grant_type"),
    *("refresh_token", "sync_frequency"),
)
"""Of Airbyte, Singer, requests, OAuth and Fivetran."""


def keys_of(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def words() -> Iterator[tuple[Place, str, OtherWords]]:
    for row in OTHER_WORDS:
        for word in row.words.split():
            for place in sorted(row.where):
                yield place, word, row


def file_with(place: Place, key: str) -> dict[str, Any]:
    """A connector file that has one key too many, or an unknown kind."""
    file: dict[str, Any] = content(http={}, reading={"items": {"window": {"size": "1 day"}}})
    client = file["configuration"]["client"]
    (items,) = file["configuration"]["resources"]
    client["auth"] = {"type": "bearer", "token": "${TOKEN}"}
    client["paginator"] = {"type": "cursor"}
    items["endpoint"]["incremental"] = {
        "cursor_path": "at",
        "initial_value": "2026-01-01T00:00:00Z",
        "start_param": "since",
    }
    if place == "kind of auth":
        client["auth"]["type"] = key
        return file
    if place == "kind of paginator":
        client["paginator"] = {"type": key}
        return file
    holder = {
        "file": file["configuration"],
        "client": client,
        "resource": items,
        "endpoint": items["endpoint"],
        "incremental": items["endpoint"]["incremental"],
        "auth": client["auth"],
        "paginator": client["paginator"],
        "http": file["http"],
        "reading": file["reading"]["items"],
        "window": file["reading"]["items"]["window"],
        "schedule": file["schedule"],
    }[place]
    holder[key] = "M4RK3R-do-not-show"
    return file


def told(file: dict[str, Any]) -> list[str]:
    with pytest.raises(ConnectorError) as raised:
        check_content("acme", file, file="acme.json")
    return [f"{problem.path}: {problem.message}" for problem in raised.value.problems]


@pytest.mark.parametrize("row", OTHER_WORDS, ids=lambda row: row.words.split()[0])
def test_what_is_named_is_a_key_or_a_kind(row: OtherWords) -> None:
    kinds = {*AUTHS, *PAGINATORS} if any("kind" in place for place in row.where) else set()
    assert bool(row.here) != bool(row.told)
    for name in row.keys:
        around, _, last = name.rpartition(".")
        known = {key for model in HOLDERS[around] for key in keys_of(model)}
        assert last in known | kinds, name


def test_every_word_stands_once_at_each_place() -> None:
    found = [(place, plain(word)) for place, word, _ in words()]
    assert len(found) == len(set(found)) > 1000


def test_no_word_is_a_key_where_it_may_stand() -> None:
    """Of auths and paginators it is one of some kinds and none of others."""
    for place, word, _ in words():
        models = PLACES.get(place, [])
        assert not models or not all(word in keys_of(model) for model in models), (place, word)


def test_what_was_asked_for_is_there() -> None:
    known = {plain(word) for _, word, _ in words()}
    assert [word for word in WISHED if plain(word) not in known] == []


@pytest.mark.parametrize("row", OTHER_WORDS, ids=lambda row: row.words.split()[0])
def test_each_word_is_told_in_one_line_at_each_place(row: OtherWords) -> None:
    for place in sorted(row.where):
        for word in row.words.split():
            models = PLACES.get(place, [])
            if any(word in keys_of(model) for model in models):
                continue  # of that object, or it belongs there in the end
            (message,) = told(file_with(place, word))
            assert len(message) < 330
            assert not [part for part in ("\n", "`", "://", "M4RK3R") if part in message], message
            if row.told:
                assert message.split(": ", 1)[1].startswith(row.told.split("`")[0])
            else:
                assert "here it is" in message or "did you mean" in message, message


TOLD: list[tuple[Place, str, str]] = [
    ("client", "timeout", "here it is http.timeout_seconds, beside configuration"),
    ("http", "timeout", "did you mean timeout_seconds?"),
    ("client", "url_base", "did you mean base_url?"),
    ("file", "streams", "did you mean resources?"),
    ("resource", "key_properties", "did you mean primary_key?"),
    ("endpoint", "key_properties", "here it is primary_key"),
    ("resource", "cursor_field", "here it is endpoint.incremental.cursor_path"),
    ("endpoint", "cursorField", "here it is incremental.cursor_path"),
    ("incremental", "cursor_field", "did you mean cursor_path?"),
    ("incremental", "lookback_window", "here it is lag, in seconds"),
    (
        "paginator",
        "page_size",
        "here it is limit of an offset; else one of endpoint.params, by the API's name for it",
    ),
    (
        "paginator",
        "stop_condition",
        "here it is reading.<resource>.last_page, beside configuration",
    ),
    ("reading", "stop_condition", "did you mean last_page?"),
    (
        "incremental",
        "step",
        "here it is reading.<resource>.window.size, beside configuration, such as 31 days",
    ),
    ("reading", "step", "here it is window.size, such as 31 days"),
    ("window", "step", "here it is size, such as 31 days"),
    ("auth", "auth_token", "did you mean token?"),
    (
        "auth",
        "scope",
        "here it is in access_token_request_data of an oauth2 kind",
    ),
]


@pytest.mark.parametrize(("place", "word", "message"), TOLD)
def test_messages(place: Place, word: str, message: str) -> None:
    (found,) = told(file_with(place, word))
    assert found.endswith(f".{word}: unknown key; {message}")


def test_a_kind_of_auth_by_its_other_name() -> None:
    file = file_with("kind of auth", "single_use_refresh_token")
    (message,) = told(file)
    assert message.startswith(
        "configuration.client.auth.type: 'single_use_refresh_token' is not one of bearer, api_key, "
        "http_basic, oauth2_client_credentials, oauth2_refresh_token, "
    )
    assert message.endswith("; here it is oauth2_refresh_token")


def test_a_paginator_by_its_name_alone() -> None:
    file = content(client={"paginator": "OffsetIncrement"})
    (message,) = told(file)
    assert message.endswith("page_number; here it is offset")


def test_what_was_meant_is_not_missing_as_well() -> None:
    file = content()
    client = file["configuration"]["client"]
    client["url_base"] = client.pop("base_url")
    assert told(file) == ["configuration.client.url_base: unknown key; did you mean base_url?"]


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("", "file"),
        ("configuration.resources[3]", "resource"),
        ("resource_defaults.endpoint", "endpoint"),
        ("resources[0].endpoint.params.since", "incremental"),
        ("reading.orders", "reading"),
        ("reading.window", "reading"),
        ("reading.orders.window", "window"),
        ("resources[0].columns.price", None),
        ("destination", None),
    ],
)
def test_places(path: str, place: Place | None) -> None:
    assert place_of(path) == place

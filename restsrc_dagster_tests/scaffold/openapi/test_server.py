"""The address that requests go to; a host is never invented."""

from typing import Any

import pytest

from restsrc_dagster_tests.scaffold.openapi.documents import SERVER, document, get, made


def base_url(source: str, given: str | None = None) -> Any:
    return made(source, base_url=given).configuration["client"]["base_url"]


@pytest.mark.parametrize(
    ("servers", "url"),
    [
        ([{"url": "https://a.example/v1/"}], "https://a.example/v1"),
        ([{"url": "/v1"}, {"url": "https://b.example"}], "https://b.example"),
        (
            [
                {
                    "url": "https://{region}.a.example:{port}/{base}",
                    "variables": {
                        "region": {"default": "eu", "enum": ["us", "eu"]},
                        "port": {"default": 8443},
                        "base": {"enum": ["v2", "v1"]},
                    },
                }
            ],
            "https://eu.a.example:8443/v2",
        ),
    ],
)
def test_servers(servers: Any, url: str) -> None:
    assert base_url(document(servers=servers)) == url


def test_what_was_filled_in_and_left_aside_is_told() -> None:
    variables = {"region": {"default": "eu"}}
    first = made(document(servers=[{"url": "https://{region}.a.example", "variables": variables}]))
    assert "base_url: region is filled in as 'eu'; --base-url says another" in first.notes
    first = made(document(servers=[{"url": "https://a.example"}, {"url": "https://b.example"}]))
    assert "base_url: https://a.example, the first of 2; --base-url says another" in first.notes


@pytest.mark.parametrize(
    ("servers", "told"),
    [
        (None, "say --base-url https://HOST/…"),
        ([{"url": "/"}], "say --base-url https://HOST/…"),
        ([{"url": "/api/v3"}], "say --base-url https://HOST/api/v3"),
        ([{"url": "https://{tenant}.a.example"}], "say --base-url"),
    ],
)
def test_without_a_host_the_person_is_asked(servers: Any, told: str) -> None:
    source = document(servers=servers)
    with pytest.raises(ValueError, match="names no host") as error:
        made(source)
    assert told in str(error.value)
    assert base_url(source, "https://mine.example/api/") == "https://mine.example/api"


def test_the_persons_word_counts() -> None:
    assert base_url(document(), "http://127.0.0.1:8000") == "http://127.0.0.1:8000"


def test_servers_of_paths_and_operations() -> None:
    special = [{"url": "https://files.acme.com"}]
    paths = {"/customers": get(), "/files": {"servers": special, **get()}}
    assert made(document(paths), "/files").configuration["client"]["base_url"] == special[0]["url"]
    operation = {"/customers": get(servers=special)}
    assert made(document(operation)).configuration["client"]["base_url"] == special[0]["url"]
    with pytest.raises(ValueError, match=f"/customers at {SERVER}, /files at https://files"):
        made(document(paths), "/customers", "/files")
    both = made(document(paths), "/customers", "/files", base_url="https://one.example")
    assert both.configuration["client"]["base_url"] == "https://one.example"


@pytest.mark.parametrize(
    ("keys", "url"),
    [
        (
            {"host": "a.example", "basePath": "/v1", "schemes": ["http", "https"]},
            "https://a.example/v1",
        ),
        ({"host": "a.example:8080", "schemes": ["http"]}, "http://a.example:8080"),
        ({"host": "a.example", "basePath": "/"}, "https://a.example"),
    ],
)
def test_swagger_2(keys: Any, url: str) -> None:
    path = {"get": {"responses": {"200": {"schema": {"type": "array"}}}}}
    first = made(document({"/customers": path}, openapi=None, servers=None, swagger="2.0", **keys))
    assert first.configuration["client"]["base_url"] == url
    assumed = "base_url: the document names no scheme; https is assumed"
    assert (assumed in first.notes) == ("schemes" not in keys)

"""How dlt's REST client joins a URL, and finds records in an answer."""

from dlt.sources.helpers.rest_client import client

from restsrc_dagster.dlt_compat.rest_client import (
    RECORD_KEY_PATTERNS,
    find_response_page_data,
    join_url,
)


def test_urls_are_joined_as_dlt_joins_them() -> None:
    assert client.join_url is join_url
    assert join_url("https://a/b/", "/c") == "https://a/b/c"


def test_records_are_found_where_dlt_finds_them() -> None:
    assert client.find_response_page_data is find_response_page_data
    assert find_response_page_data({"data": [1], "n": 1}) == (("data",), [1])
    assert find_response_page_data([1]) == (("$",), [1])
    assert "data" in RECORD_KEY_PATTERNS

"""What the cautions of the recipes say."""

import json
from typing import Any
from urllib.parse import quote

from restsrc_dagster.connector.files.folder import check_content
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.recipes.mock import SECRETS, orders
from restsrc_dagster_tests.recipes.test_recipes import MOCKS, content_of, rows_of, run
from restsrc_dagster_tests.support.api import Answer, Api


def run_of(name: str, api: Api, settings: Settings, content: Any = None, **secrets: str) -> Any:
    """The report of a run of a recipe's file, or of `content`, by the routes that are there."""
    acme = check_content("acme", content or content_of(name, api), file=name)
    return run(acme, settings, SECRETS | secrets)


def test_an_error_of_graphql_fails_the_run(api: Api, settings: Settings) -> None:
    api.routes["/graphql"] = lambda _: {"errors": [{"message": "Unknown field"}], "data": None}
    report = run_of("graphql", api, settings)
    assert str(report.failed["issues"]).endswith(
        "/graphql answered 200 with an error: message: Unknown field"
    )


def test_a_secret_in_an_address_is_percent_encoded(api: Api, settings: Settings) -> None:
    secret = "a/b@c%d"
    api.routes.update(MOCKS["basic-at-the-token-url"](secret=secret).routes)
    content = json.loads(
        json.dumps(content_of("basic-at-the-token-url", api)).replace(
            ":${ACME_CLIENT_SECRET}@", ":${ENCODED}@"
        )
    )
    secrets = {"ACME_CLIENT_SECRET": secret, "ENCODED": quote(secret, safe="")}
    report = run_of("basic-at-the-token-url", api, settings, content, **secrets)
    assert report.failed == {}


def test_lists_of_different_lengths_fail(api: Api, settings: Settings) -> None:
    hourly = {"time": ["2026-01-01T00:00", "2026-01-01T01:00"], "temperature": [1.5], "rain": [0.1]}
    api.routes["/forecast"] = lambda _: {"hourly": hourly}
    assert run_of("parallel-arrays", api, settings).failed.keys() == {"weather"}


def test_without_a_flag_an_empty_page_is_the_end(api: Api, settings: Settings) -> None:
    content = content_of("last-id-as-cursor", api)
    paginator = content["configuration"]["client"]["paginator"]
    del paginator["has_more_path"]
    paginator["stop_after_empty_page"] = True
    api.routes.update(MOCKS["last-id-as-cursor"]().routes)
    assert run_of("last-id-as-cursor", api, settings, content).failed == {}
    assert len(rows_of(settings, "charges", ["id"])) == 3


def test_an_order_without_lines_gives_no_row(api: Api, settings: Settings) -> None:
    api.routes["/orders"] = lambda _: {"data": [order | {"lines": []} for order in orders(1)]}
    report = run_of("order-lines", api, settings)
    assert report.failed == {}
    assert report.resources["order_lines"].rows_loaded == 0


def test_a_cursor_of_each_session_begins_anew(api: Api, settings: Settings) -> None:
    content, mock = content_of("session-token", api), MOCKS["session-token"]()
    del content["reading"]
    api.routes.update(mock.routes)
    run_of("session-token", api, settings, content)
    mock.later()
    report = run_of("session-token", api, settings, content)
    assert report.resources["orders"].rows_loaded == 3


def test_a_list_may_end_by_a_flag_that_says_more(api: Api, settings: Settings) -> None:
    content = content_of("last-page-flag", api)
    content["reading"]["tickets"]["last_page"] = "!(body.more)"
    listed = MOCKS["last-page-flag"]().routes["/incremental/tickets"]

    def answer(asked: Any) -> Any:
        found = listed(asked)
        return found if isinstance(found, Answer) else found | {"more": not found["end_of_stream"]}

    api.routes["/incremental/tickets"] = answer
    assert run_of("last-page-flag", api, settings, content).failed == {}
    assert len(rows_of(settings, "tickets", ["id"])) == 3


def test_a_range_may_be_read_in_slices_up_to_now(api: Api, settings: Settings) -> None:
    content = content_of("far-end", api)
    (entries,) = content["configuration"]["resources"]
    del entries["endpoint"]["params"]
    entries["endpoint"]["incremental"] |= {"start_param": "from", "end_param": "to"}
    content["reading"] = {"entries": {"window": {"size": "6 months"}}}
    mock = MOCKS["far-end"]()
    api.routes.update(mock.routes)
    assert run_of("far-end", api, settings, content).failed == {}
    assert len(rows_of(settings, "entries", ["id"])) == 3
    asked = [(one.params["from"], one.params["to"]) for one in api.asked]
    assert asked[0][0] == "2026-01-01"
    assert all(start < end < "9999" for start, end in asked)

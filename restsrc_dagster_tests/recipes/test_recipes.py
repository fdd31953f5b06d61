"""Every recipe does what its page says, twice, with an API that behaves as the page describes."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

from restsrc_dagster.connector.files.folder import check_content
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.load.report import LoadReport
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.recipes import auth, paging, parents, shapes
from restsrc_dagster_tests.recipes.mock import SECRETS, Mock
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.pages import PAGES, blocks

FOLDER = "docs/recipes/"
RECIPES = {
    Path(page).stem: text
    for page, text in PAGES.items()
    if page.startswith(FOLDER) and not page.endswith(("README.md", "apis.md"))
}
MOCKS: Mapping[str, Callable[..., Mock]] = {
    "basic-at-the-token-url": auth.basic_at_the_token_url,
    "exports": parents.exports,
    "far-end": paging.far_end,
    "grandparents-value": parents.grandparents_value,
    "graphql": paging.graphql,
    "json-api": shapes.json_api,
    "last-id-as-cursor": paging.last_id_as_cursor,
    "last-page-flag": paging.last_page_flag,
    "list-of-values": parents.list_of_values,
    "literal-braces": paging.literal_braces,
    "many-values-in-one-param": parents.many_values_in_one_param,
    "object-by-id": shapes.object_by_id,
    "order-lines": shapes.order_lines,
    "packed-report": shapes.packed_report,
    "parallel-arrays": shapes.parallel_arrays,
    "params-of-the-first-request": paging.params_of_the_first_request,
    "rates": shapes.rates,
    "refresh-token": auth.refresh_token,
    "session-token": auth.session_token,
    "where-the-records-are": shapes.where_the_records_are,
}
_BASE = r"https://((?:\$\{\w+\}:\$\{\w+\}@)?)(?:api\.example\.com/v1|(?:auth|files)\.example\.com)"
_SHOWN = re.compile(
    r"`(?P<table>[a-z_]+)`:\n\n\| (?P<columns>.+) \|\n\|[-|]+\|\n(?P<rows>(?:\| .+ \|\n)+)"
)


def test_every_page_has_an_api() -> None:
    assert MOCKS.keys() == RECIPES.keys()


@pytest.mark.parametrize("name", RECIPES)
def test_a_page_is_short_and_in_the_index(name: str) -> None:
    text = RECIPES[name]
    assert 20 <= len(text.splitlines()) <= 45
    assert text.count("**Caution:**") == 1
    title = text.partition("\n")[0].removeprefix("# ")
    assert f"[{title}]({name}.md)" in PAGES[f"{FOLDER}README.md"]


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_does_what_it_says_twice(name: str, api: Api, settings: Settings) -> None:
    mock, shown = MOCKS[name](), _SHOWN.search(RECIPES[name])
    assert shown is not None
    rows = [tuple(row.strip("| ").split(" | ")) for row in shown["rows"].splitlines()]
    columns = shown["columns"].split(" | ")
    acme = check_content("acme", content_of(name, api), file=name)
    api.routes.update(mock.routes)

    assert run(acme, settings).failed == {}
    assert rows_of(settings, shown["table"], columns) == sorted(rows)

    mock.later()
    report = run(acme, settings)
    assert report.failed == {}
    delivered = {name: found.rows_loaded for name, found in report.resources.items()}
    assert delivered | mock.delivered == delivered
    assert rows_of(settings, shown["table"], columns) == sorted(mock.rows)


def test_a_field_that_is_added_reads_everything_again(api: Api, settings: Settings) -> None:
    name = "many-values-in-one-param"
    acme = check_content("acme", content_of(name, api), file=name)
    api.routes.update(MOCKS[name]().routes)
    run(acme, settings)
    fields = [{"name": field} for field in ("id", "name", "city", "phone", "updated_at")]
    api.routes["/contacts/fields"] = lambda _: {"data": fields}
    run(acme, settings)
    assert rows_of(settings, "contacts", ["id", "city", "phone"]) == [
        ("1", "Lyon", "11"),
        ("2", "Rome", "22"),
    ]


def content_of(name: str, api: Api) -> dict[str, Any]:
    """The page's file, with the address of `api`."""
    (block,) = (block for block in blocks(of={name: RECIPES[name]}) if block.kind == "connector")
    here = api.url.removeprefix("http://")
    content: dict[str, Any] = json.loads(re.sub(_BASE, rf"http://\g<1>{here}", block.text))
    return content


def run(acme: Connector, settings: Settings, secrets: Mapping[str, str] = SECRETS) -> LoadReport:
    order = LoadRequest(selection=frozenset(acme.resources), holder="the test")
    return load(acme, order, settings=settings, environment=secrets)


def rows_of(settings: Settings, table: str, columns: Sequence[str]) -> list[tuple[str, ...]]:
    assert settings.data_dir is not None
    shown = ", ".join(f'CAST("{column}" AS VARCHAR)' for column in columns)
    with closing(duckdb.connect(settings.data_dir / "restsrc_acme.duckdb")) as connection:
        return sorted(connection.sql(f"SELECT {shown} FROM acme.{table}").fetchall())

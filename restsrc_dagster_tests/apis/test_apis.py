"""Known APIs, each read twice by the file that a user would write: tables hold what it holds."""

import json
from contextlib import closing
from dataclasses import replace
from typing import Any

import duckdb
import pytest

from restsrc_dagster.cli.sample.report import as_json
from restsrc_dagster.connector.files.folder import check_content
from restsrc_dagster.demo.apis.mock import Rows
from restsrc_dagster.extract.sample.read import read_samples
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.load.report import LoadReport
from restsrc_dagster.load.tokens import tokens_beside_loads
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.apis.mock import Content, Mock
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.recipes import mocks

MOCKS = list(mocks().values())
KEY = "RESTSRC_SECRET_KEY"
MOST_TESTED = 3
"""Resources of a test read: those of one recipe are much alike."""


def run(
    mock: Mock, content: Content, settings: Settings, *, first: int | None = None
) -> LoadReport:
    acme = check_content("acme", content, file=mock.host)
    order = LoadRequest(selection=frozenset([*acme.resources][:first]), holder="the test")
    settings = replace(settings, secret_key=mock.environment.get(KEY))
    return load(acme, order, settings=settings, environment=mock.environment)


def held(settings: Settings, named: str) -> Rows:
    """The rows of a table, by `table: column, column`."""
    assert settings.data_dir is not None
    table, _, columns = named.partition(": ")
    with closing(duckdb.connect(settings.data_dir / "restsrc_acme.duckdb")) as connection:
        return sorted(connection.sql(f"SELECT {columns} FROM acme.{table}").fetchall())


@pytest.mark.parametrize("kind", MOCKS, ids=lambda kind: kind.__name__)
def test_the_tables_hold_what_the_api_holds(kind: Any, api: Api, settings: Settings) -> None:
    mock: Mock = kind()
    content, api.other = mock.content(api.url), mock
    for most in mock.requests:
        api.asked.clear()
        assert run(mock, content, settings).failed == {}
        for table, rows in mock.tables().items():
            assert held(settings, table) == rows
        assert len(api.asked) <= most, [one.query or one.body for one in api.asked]
        mock.later()


@pytest.mark.parametrize("kind", MOCKS, ids=lambda kind: kind.__name__)
def test_a_test_read_finds_nothing_wrong(kind: Any, api: Api, settings: Settings) -> None:
    mock: Mock = kind()
    api.other = mock
    acme = check_content("acme", mock.content(api.url), file=mock.host)
    names = list(acme.resources)[-MOST_TESTED:]
    settings = replace(settings, secret_key=mock.environment.get(KEY))
    with tokens_beside_loads(acme, settings, mock.environment) as tokens:
        read = read_samples(acme, mock.environment, resources=names, limit=100, tokens=tokens)
        samples = list(read)
    told = {one["name"]: one["problem"] for one in json.loads(as_json(acme, samples))["resources"]}
    assert told == dict.fromkeys(names)


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in MOCKS for name in kind.refusals]
)
def test_what_the_api_refuses_is_told(kind: Any, name: str, api: Api, settings: Settings) -> None:
    mock: Mock = kind()
    content, api.other = mock.content(api.url), mock
    change, told = mock.refusals[name]
    change(content)
    assert told in str(run(mock, content, settings, first=3).failed)

"""Known APIs, each read twice by the file that a user would write: tables hold what it holds."""

import json
from contextlib import closing
from typing import Any

import duckdb
import pytest

from restsrc_dagster.cli.sample import as_json
from restsrc_dagster.connector.files.folder import check_content
from restsrc_dagster.extract.sample import read_samples
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.load.report import LoadReport
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.apis.amplitude import Amplitude
from restsrc_dagster_tests.apis.analytics import Analytics
from restsrc_dagster_tests.apis.census import Census
from restsrc_dagster_tests.apis.github import GitHub
from restsrc_dagster_tests.apis.harvest import Harvest
from restsrc_dagster_tests.apis.hubspot import HubSpot
from restsrc_dagster_tests.apis.intercom import Intercom
from restsrc_dagster_tests.apis.jira import Jira
from restsrc_dagster_tests.apis.linear import Linear
from restsrc_dagster_tests.apis.mailgun import Mailgun
from restsrc_dagster_tests.apis.mock import Content, Mock, Rows
from restsrc_dagster_tests.apis.monday import Monday
from restsrc_dagster_tests.apis.notion import Notion
from restsrc_dagster_tests.apis.paypal import PayPal
from restsrc_dagster_tests.apis.salesforce import Salesforce
from restsrc_dagster_tests.apis.sentry import Sentry
from restsrc_dagster_tests.apis.servicenow import ServiceNow
from restsrc_dagster_tests.apis.shopify import Shopify
from restsrc_dagster_tests.apis.slack import Slack
from restsrc_dagster_tests.apis.stripe import Stripe
from restsrc_dagster_tests.apis.zendesk import Zendesk
from restsrc_dagster_tests.support.api import Api

MOCKS: list[type[Mock]] = [
    Amplitude,
    Analytics,
    Census,
    GitHub,
    Harvest,
    HubSpot,
    Intercom,
    Jira,
    Linear,
    Mailgun,
    Monday,
    Notion,
    PayPal,
    Salesforce,
    Sentry,
    ServiceNow,
    Shopify,
    Slack,
    Stripe,
    Zendesk,
]


def run(mock: Mock, content: Content, settings: Settings) -> LoadReport:
    acme = check_content("acme", content, file=mock.host)
    order = LoadRequest(selection=frozenset(acme.resources), holder="the test")
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
def test_a_test_read_finds_nothing_wrong(kind: Any, api: Api) -> None:
    mock: Mock = kind()
    api.other = mock
    acme = check_content("acme", mock.content(api.url), file=mock.host)
    samples = list(read_samples(acme, mock.environment, resources=list(acme.resources), limit=100))
    told = {one["name"]: one["problem"] for one in json.loads(as_json(acme, samples))["resources"]}
    assert told == dict.fromkeys(acme.resources)


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in MOCKS for name in kind.refusals]
)
def test_what_the_api_refuses_is_told(kind: Any, name: str, api: Api, settings: Settings) -> None:
    mock: Mock = kind()
    content, api.other = mock.content(api.url), mock
    change, told = mock.refusals[name]
    change(content)
    assert told in str(run(mock, content, settings).failed)

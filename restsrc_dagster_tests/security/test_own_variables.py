"""Which variables a connector's file reads."""

import os
import re
from pathlib import Path

import pytest

from restsrc_dagster.errors import PolicyRefused
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.policy.model import Policy
from restsrc_dagster.policy.variables import OF_THE_DEPLOYMENT, ReadableVariables
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.security.ruled import told, under
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import connector, items, write

OTHERS = (
    "AWS_SECRET_ACCESS_KEY",
    "DAGSTER_CLOUD_AGENT_TOKEN",
    "DESTINATION__POSTGRES__CREDENTIALS",
    "RESTSRC_SECRET_KEY",
    "RESTSRC_ALERT_URL",
    "RESTSRC_BETA_TOKEN",
    "RESTSRC_ACME_EU_TOKEN",
    "ACME_TOKEN",
)


def readable(rule: object, connector: str = "acme") -> ReadableVariables:
    policy = Policy.model_validate({"variables": rule})
    return ReadableVariables(policy, connector, ["acme", "acme_eu", "beta", "secret"])


def test_a_connector_reads_its_own() -> None:
    own = readable("own")
    assert "RESTSRC_ACME_TOKEN" in own
    assert [name for name in OTHERS if name in own] == []
    assert own.of({"RESTSRC_ACME_TOKEN": "1", "AWS_SECRET_ACCESS_KEY": "2"}) == {
        "RESTSRC_ACME_TOKEN": "1"
    }
    assert "RESTSRC_SECRET_KEY" not in readable("own", "secret")
    assert "RESTSRC_SECRET_TOKEN" in readable("own", "secret"), "the control"


def test_and_those_that_the_deployment_lists() -> None:
    rule = {"*": ["REGION"], "acme": ["ACME_*", "RESTSRC_*"]}
    assert {"REGION", "ACME_TOKEN", "RESTSRC_ACME_TOKEN", "RESTSRC_BETA_TOKEN"} <= {
        name for name in (*OTHERS, "REGION", "RESTSRC_ACME_TOKEN") if name in readable(rule)
    }
    assert "RESTSRC_SECRET_KEY" not in readable(rule), "no pattern means a setting of ours"
    assert "ACME_TOKEN" not in readable(rule, "beta")
    assert "RESTSRC_SECRET_KEY" in readable({"acme": ["RESTSRC_SECRET_KEY"]})


def test_settings_of_the_deployment_are_known() -> None:
    page = Path(__file__).parents[2] / "docs" / "settings.md"
    named = set(re.findall(r"^\| `(RESTSRC_\w+)`", page.read_text(encoding="utf-8"), re.MULTILINE))
    assert named <= OF_THE_DEPLOYMENT


PLACES = {
    "configuration.client.auth.token": {"client": {"auth": {"type": "bearer", "token": "${X}"}}},
    "configuration.client.base_url": {"url": "https://${X}.example.com"},
    "configuration.resources[0].endpoint.path": {"resources": [items(path="a/${X}")]},
    "configuration.resources[0].endpoint.params.a": {"resources": [items(params={"a": "${X:-1}"})]},
    "configuration.resources[0].processing_steps[0].filter": {
        "resources": [items() | {"processing_steps": [{"filter": "a == '${X}'"}]}]
    },
    "destination.credentials": {"destination": {"credentials": "${X}"}},
    "http.proxy": {"http": {"proxy": "${X}"}},
    "http.requests_per_second": {"http": {"requests_per_second": "${X:-5}"}},
    "reading.items.format": {
        "resources": ["items"],
        "reading": {"items": {"format": {"type": "csv", "delimiter": "${X:-;}"}}},
    },
    "values.regions": {"values": {"regions": "${X}"}},
    "values.lines.list": {"values": {"lines": {"of": "items", "list": ["${X}"]}}},
}


@pytest.mark.parametrize("place", PLACES)
def test_wherever_it_stands(place: str, settings: Settings) -> None:
    ruled = under(settings, {"destinations": {"arguments": {"*": ["credentials"]}}})
    found = [one for one in told(ruled, **PLACES[place]) if "X is no variable" in one]
    assert len(found) == 1
    assert found[0].startswith(place)
    assert "it may read RESTSRC_ACME_… (policy of the deployment: variables)" in found[0]
    assert told(settings, **PLACES[place]) == [], "without a policy, as ever"


def test_a_run_sends_no_other_one(api: Api, settings: Settings, tmp_path: Path) -> None:
    """Even if something in the file were overlooked: it is not in the environment of the run."""
    write(tmp_path, "acme_eu")
    heard = []
    api.routes["/items"] = lambda asked: heard.append(asked) or {"data": []}
    ruled = under(settings, {"hosts": {"private": True}})
    environment = {"OTHERS_SECRET": "m4rk3r", "RESTSRC_ACME_TOKEN": "own-token"}
    for name in ("OTHERS_SECRET", "RESTSRC_ACME_TOKEN"):
        auth = {"auth": {"type": "bearer", "token": f"${{{name}}}"}}
        acme = connector("acme", api.url, client=auth)
        order = LoadRequest(selection=frozenset({"items"}))
        if name == "OTHERS_SECRET":
            with pytest.raises(PolicyRefused, match="OTHERS_SECRET is no variable"):
                load(acme, order, settings=ruled, environment=environment)
            assert heard == []
        else:
            load(acme, order, settings=ruled, environment=environment)
    assert [one.headers["Authorization"] for one in heard] == ["Bearer own-token"]
    assert "OTHERS_SECRET" not in os.environ

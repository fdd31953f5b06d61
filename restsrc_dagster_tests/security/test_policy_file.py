"""The policy of a deployment: read as definitions load and as runs begin; a broken one allows
nothing."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from dagster import DagsterInstance, materialize

from restsrc_dagster.component import RestApiConnector
from restsrc_dagster.errors import ConnectorError, RestsrcError, SettingsError
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.load.planning import plan_load
from restsrc_dagster.orchestrate.build import build_definitions
from restsrc_dagster.policy.model import policy_schema
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.security.ruled import restsrc
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import connector, content, write

WRONG: list[tuple[str, str]] = [
    ("{", "policy.json: line 1"),
    ("", "policy.json: is empty"),
    ("[]", "policy.json: holds no object"),
    ('{"host": {}}', "policy.json: host: unknown key; did you mean hosts?"),
    ('{"hosts": {"privat": true}}', "hosts.privat: unknown key; did you mean private?"),
    ('{"hosts": {"private": "no"}}', "policy.json: hosts.private: "),
    ('{"hosts": {"allowed": ["http://x"]}}', "hosts.allowed[0]: 'http://x' is no host"),
    ('{"variables": "all"}', "policy.json: variables"),
    ('{"variables": {"*": ["A-B"]}}', "is no name of a variable"),
    ('{"files": {"outside": ["relative"]}}', "'relative' is neither an absolute path nor a URL"),
]  # fmt: skip


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the policy of the deployment is to be; a connector is in its folder."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "connectors", "acme", "https://api.example.com")
    monkeypatch.setenv("RESTSRC_POLICY", "policy.json")
    return tmp_path / "policy.json"


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_a_broken_policy_allows_nothing(place: Path, text: str, message: str) -> None:
    place.write_text(text)
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment()
    assert message in str(refused.value)
    assert str(place) in str(refused.value), "by name"


def test_nor_does_a_missing_one(place: Path) -> None:
    for command in ("validate", "test acme", "plan acme", "next acme"):
        status, said = restsrc(*command.split())
        assert status != 0
        assert f"RESTSRC_POLICY {place}: cannot be read: No such file" in said


def test_its_schema_says_the_same(place: Path) -> None:
    status, printed = restsrc("schema", "--policy")
    schema = json.loads(printed)
    assert (status, schema) == (0, policy_schema())
    for text, _ in WRONG[3:6]:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(json.loads(text), schema)
    everything = {
        "$schema": "x",
        "variables": {"*": ["REGION"], "acme": ["ACME_*"]},
        "hosts": {"public": False, "private": True, "allowed": ["*.acme.com", "10.0.0.0/8"]},
        "files": {"outside": ["/mnt", "s3://b/raw"]},
        "destinations": {"types": ["lake"], "arguments": {"*": ["credentials"]}},
    }
    jsonschema.validate(everything, schema)
    place.write_text(json.dumps(everything))
    assert Settings.from_environment().policy is not None


def test_validate_tells_it(place: Path) -> None:
    place.write_text("{}")
    status, said = restsrc("validate")
    assert (status, said.strip()) == (
        0,
        f"1 connector file, all in order, by the policy {place}",
    )
    write(place.parent / "connectors", "acme", "http://10.0.0.1")
    status, said = restsrc("validate")
    assert status == 1
    assert "connectors/acme.json:1: configuration.client.base_url: 10.0.0.1 is of a pri" in said
    assert f"(policy {place}: hosts.private)" in said


def test_add_names_variables_that_may_be_read(place: Path) -> None:
    place.write_text("{}")
    curl = "curl https://api.acme.com/orders -H 'Authorization: Bearer m4rk3r-of-test'"
    arguments = (
        "--from-curl",
        curl,
        "--schedule",
        "every day",
        "--dagster-url",
        "http://127.0.0.1:1",
    )
    status, said = restsrc("add", "shop", *arguments)
    assert (status, "RESTSRC_SHOP_TOKEN" in said) == (0, True), said
    assert '"${RESTSRC_SHOP_TOKEN}"' in Path("connectors/shop.json").read_text()
    assert restsrc("add", "stripe", "--recipe", "stripe", *arguments[2:])[0] == 0
    assert restsrc("validate")[0] == 0


def test_what_is_refused_is_left_out_and_the_others_stay(place: Path) -> None:
    place.write_text("{}")
    write(place.parent / "connectors", "bad", "http://10.0.0.1")
    settings = Settings.from_environment()
    specs = build_definitions("connectors", settings=settings).resolve_all_asset_specs()
    broken = {one.key.path[0]: "not in order" in (one.description or "") for one in specs}
    assert broken == {"acme": False, "bad": True}


def test_a_run_reads_it_again(place: Path, api: Api, settings: Settings) -> None:
    """A policy that has become stricter, or is gone, holds for the next run."""
    api.routes["/items"] = lambda _: {"data": [{"id": 1}]}
    acme = connector("acme", api.url)
    place.write_text('{"hosts": {"private": true}}')
    ruled = Settings.from_environment({"RESTSRC_POLICY": str(place), "RESTSRC_DATA_DIR": "data"})

    def run() -> Any:
        return load(acme, LoadRequest(selection=frozenset({"items"})), settings=ruled)

    assert run().failed == {}
    place.write_text("{}")
    for attempt in (run, lambda: plan_load(acme, selection=frozenset({"items"}), settings=ruled)):
        with pytest.raises(RestsrcError, match=r"hosts\.private"):
            attempt()
    place.unlink()
    with pytest.raises(SettingsError, match="RESTSRC_POLICY"):
        run()
    assert len(api.asked) == 1


def test_through_dagster(place: Path, api: Api) -> None:
    place.write_text('{"hosts": {"private": true}}')
    write(place.parent / "connectors", "acme", api.url)
    defs = build_definitions("connectors")
    keys = defs.resolve_asset_graph().get_all_asset_keys()
    assets = [defs.resolve_assets_def(key) for key in keys]
    place.write_text("{}")
    with DagsterInstance.ephemeral() as instance:
        ended = materialize(assets, instance=instance, raise_on_error=False)
    (failed,) = ended.get_step_failure_events()
    assert "hosts.private" in str(failed.event_specific_data)
    assert api.asked == []


def test_a_component_is_held_to_it(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write_text("{}")
    attributes = content("http://10.0.0.1")
    component = RestApiConnector(name="acme", **attributes)
    with pytest.raises(ConnectorError, match=r"defs\.yaml: attributes: .*hosts\.private"):
        component.find()
    monkeypatch.delenv("RESTSRC_POLICY")
    assert RestApiConnector(name="acme", **attributes).find().in_order.keys() == {"acme"}

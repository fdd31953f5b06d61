"""A webhook is told what went wrong, by the real daemon: once for each cause, and the end of it."""

from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.test_utils import freeze_time
from dagster._daemon.freshness import FreshnessDaemon

from restsrc_dagster import build_definitions
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.support.api import Answer, Api
from restsrc_dagster_tests.support.connectors import connector, items
from restsrc_dagster_tests.support.daemon import Daemon

KEYED = {**items("items"), "primary_key": "id"}


@pytest.fixture
def hook(api: Api, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The messages that the webhook got."""
    got: list[str] = []

    def take(asked: Any) -> Answer:
        assert asked.json.keys() == {"text"}
        got.append(asked.json["text"])
        return Answer(b"ok")

    api.routes |= {"/hook": take, "/items": lambda _: {"data": [{"id": 1}]}}
    monkeypatch.setenv("RESTSRC_ALERT_URL", f"{api.url}/hook")
    return got


class Told:
    """A connector `acme` under the eyes of the alerts sensor."""

    def __init__(self, running: Daemon, api: Api, hook: list[str], **keys: Any) -> None:
        self.running, self.api, self.hook = running, api, hook
        self.write(**keys)
        running.start("10:03:20").sensors().queue()
        running.sensors()
        assert hook == []

    def write(self, **keys: Any) -> None:
        configuration = connector("acme", self.api.url, [KEYED]).configuration
        self.running.write(configuration=configuration, **keys)

    def run(self) -> list[str]:
        """A run, and what the next round of the sensors tells of it."""
        self.running.launch("acme_sync")
        self.running.queue()
        return self.look()

    def look(self) -> list[str]:
        before = len(self.hook)
        self.running.sensors()
        return [text.partition(" (run ")[0] for text in self.hook[before:]]

    def answers(self, records: list[dict[str, Any]] | None, status: int = 200) -> None:
        self.api.routes["/items"] = lambda _: Answer({"data": records}, status=status)


@pytest.fixture
def told(running: Daemon, api: Api, hook: list[str]) -> Told:
    return Told(running, api, hook)


def test_a_run_that_fails_is_told_once_and_so_is_the_next_that_goes_well(told: Told) -> None:
    told.answers(None, 404)
    assert told.run() == ["acme failed"]
    assert f"{told.api.url}/items answered 404 Not Found" in told.hook[0]
    assert told.run() == told.run() == told.look() == []
    told.answers([{"id": 1}])
    assert told.run() == ["acme: runs go well again"]
    assert told.run() == []


def test_another_reason_is_another_cause(told: Told) -> None:
    told.answers(None, 404)
    told.run()
    told.answers(None, 403)
    assert told.run() == ["acme failed"]
    assert "403 Forbidden" in told.hook[-1]


def test_what_dagster_runs_again_by_itself_is_not_told(told: Told) -> None:
    told.answers(None, 404)
    run_id = told.running.launch("acme_sync")
    told.running.queue()
    told.running.instance.add_run_tags(run_id, {"dagster/will_retry": "true"})
    assert told.look() == []


def test_a_run_that_a_person_stops_is_not_told(told: Told) -> None:
    run_id = told.running.launch("acme_sync")
    told.running.canceled(run_id)
    assert told.look() == []


def test_a_worker_that_dies_is_told(told: Told) -> None:
    run_id = told.running.launch("acme_sync")
    told.running.begins(run_id).fails(run_id)
    told.look()
    assert told.hook == [f"acme failed (run {run_id[:8]}): its worker stopped"]


def test_runs_of_the_asset_graph_are_told_too(told: Told) -> None:
    told.answers(None, 404)
    told.running.launch("__ASSET_JOB", dg.AssetKey(["acme", "items"]))
    told.running.queue()
    assert told.look() == ["acme failed"]


def test_a_check_that_warns_is_told_until_it_passes(told: Told) -> None:
    told.answers([{"id": 1}, {"id": 1, "x": 2}])
    text = (
        "acme/items, check delivery: 1 records have the primary key of another one, and differ "
        "from it: the key does not tell records apart, and the last one of each key stays"
    )
    schema = "acme/items, check column_schema_change: New columns: x"
    assert [sorted(message.splitlines()) for message in told.run()] == [[schema, text]]
    assert told.run() == []
    told.answers([{"id": 1}])
    assert told.run() == ["acme/items, check delivery: passes again"]


def test_a_change_of_the_schema_is_told_and_has_no_end(told: Told) -> None:
    told.answers([{"id": 1, "x": 2}])
    assert told.run() == ["acme/items, check column_schema_change: New columns: x"]
    assert told.run() == []
    told.answers([{"id": 1, "x": 2, "y": 2}])
    assert told.run() == ["acme/items, check column_schema_change: New columns: y"]


def test_a_broken_file_is_told_and_that_it_is_mended(told: Told) -> None:
    told.write(ownres=["team:data"])
    (message,) = told.look()
    assert message.startswith("acme.json is not in order, and nothing is loaded until it is:\n")
    assert "ownres: unknown key; did you mean owners?" in message
    assert told.look() == []
    told.running.reload()
    assert told.look() == []
    told.write()
    assert told.look() == ["acme.json is in order again"]


def test_a_file_that_is_no_connectors_is_told_too_and_once_more_when_it_comes_back(
    told: Told,
) -> None:
    bad = told.running.folder / "Bad-Name.json"
    bad.write_text("{}")
    assert len(told.look()) == 1
    assert told.look() == []
    bad.unlink()
    assert told.look() == ["Bad-Name has no file any more"]
    bad.write_text("{}")
    assert told.look()[0].startswith("Bad-Name.json is not in order")


def test_two_files_of_one_name_are_told_once(told: Told) -> None:
    twin = told.running.folder / "acme.yaml"
    twin.write_text((told.running.folder / "acme.json").read_text())
    assert len(told.look()) == 1
    assert told.look() == told.look() == []
    twin.unlink()
    assert told.look() == ["acme.json is in order again"]


def test_two_connectors_that_claim_a_table_are_told_once(told: Told) -> None:
    shared = {"destination": {"type": "duckdb", "credentials": "one.duckdb", "dataset": "shop"}}
    told.running.write("first", **shared)
    told.running.write("second", **shared)
    told.running.reload()
    (message,) = told.look()
    assert message.startswith("second.json is not in order")
    assert told.look() == told.look() == []


def test_a_run_of_some_assets_does_not_say_that_all_is_well(
    running: Daemon, api: Api, hook: list[str]
) -> None:
    told = Told(running, api, hook)
    api.routes["/notes"] = lambda _: {"data": []}
    configuration = connector("acme", api.url, [KEYED, items("notes")]).configuration
    running.write(configuration=configuration)
    running.reload()
    told.look()
    hook.clear()
    told.answers(None, 404)
    assert told.run() == ["acme failed"]
    running.launch("__ASSET_JOB", dg.AssetKey(["acme", "notes"]))
    running.queue()
    assert told.look() == []
    told.answers([{"id": 1}])
    assert told.run() == ["acme: runs go well again"]


def test_another_resource_with_the_same_reason_is_another_cause(
    running: Daemon, api: Api, hook: list[str]
) -> None:
    told = Told(running, api, hook)
    ok, gone = (lambda _: {"data": []}), (lambda _: Answer({}, status=404))
    running.write(
        configuration=connector("acme", api.url, [items("v1"), items("v2")]).configuration
    )
    running.reload()
    told.look()
    hook.clear()
    api.routes |= {"/v1": gone, "/v2": ok}
    assert told.run() == ["acme failed"]
    api.routes |= {"/v1": ok, "/v2": gone}
    assert told.run() == ["acme failed"]


def test_a_change_of_the_schema_in_a_run_that_was_stopped_is_told(told: Told) -> None:
    told.answers([{"id": 1, "x": 2}])
    run_id = told.running.launch("acme_sync")
    told.running.queue()
    told.running.canceled(run_id)
    assert told.look() == ["acme/items, check column_schema_change: New columns: x"]


def test_a_webhook_that_leads_elsewhere_has_not_been_told(told: Told) -> None:
    told.answers(None, 404)
    told.api.routes["/hook"] = lambda _: Answer(
        status=302, headers={"Location": f"{told.api.url}/items"}
    )
    told.run()
    assert "answers 302" in told.running.ticks("alerts_sensor")[-1].says


def test_assets_that_are_overdue_are_told_until_they_are_loaded(told: Told) -> None:
    told.run()
    with freeze_time(told.running.now.replace(hour=11)):
        for _ in FreshnessDaemon().run_iteration(told.running.workspace):
            pass
    assert told.look() == ["acme is overdue: items had no load in time"]
    assert told.look() == []
    told.running.launch("acme_sync")
    told.running.queue()
    with freeze_time(told.running.now):
        for _ in FreshnessDaemon().run_iteration(told.running.workspace):
            pass
    assert told.look() == ["acme is in time again"]


@pytest.mark.parametrize("on", [[], ["check", "schema", "freshness", "file"]], ids=str)
def test_a_connector_says_what_it_wants_to_be_told_of(
    running: Daemon, api: Api, hook: list[str], on: list[str]
) -> None:
    told = Told(running, api, hook, alerts={"on": on})
    told.answers(None, 404)
    assert told.run() == []


def test_a_webhook_that_is_away_is_told_later_and_nothing_twice(told: Told) -> None:
    take = told.api.routes["/hook"]
    told.running.write("beta", configuration=connector("beta", told.api.url, [KEYED]).configuration)
    told.running.reload().sensors().queue().sensors()
    told.hook.clear()
    told.answers(None, 404)
    for name in ("acme", "beta"):
        told.running.launch(f"{name}_sync")
    told.running.queue()
    answers = iter([take, lambda _: Answer(status=503), take])
    told.api.routes["/hook"] = lambda asked: next(answers)(asked)
    told.running.sensors()
    tick = told.running.ticks("alerts_sensor")[-1]
    assert (tick.status, tick.says) == (
        "FAILURE",
        "dagster._core.definitions.events.Failure: the webhook of RESTSRC_ALERT_URL answers 503\n",
    )
    assert told.api.url not in tick.says
    told.running.sensors()
    assert [text.partition(" failed")[0] for text in told.hook] == ["acme", "beta"]


def test_nothing_of_the_past_is_told(running: Daemon, api: Api, hook: list[str]) -> None:
    configuration = connector("acme", api.url, [KEYED]).configuration
    running.write(configuration=configuration)
    api.routes["/items"] = lambda _: Answer({}, status=404)
    running.start("10:03:20")
    running.launch("acme_sync")
    running.queue("10:04:00")
    running.sensors("11:00:00")
    assert hook == []


def test_a_deployment_without_a_webhook_has_no_such_sensor(folder: Path) -> None:
    names = [sensor.name for sensor in build_definitions(folder).sensors or ()]
    assert names == ["initial_run_sensor", "connector_files_sensor"]


def test_the_address_is_shown_nowhere(folder: Path) -> None:
    settings = Settings(alert_url="https://hooks.example.com/s3cret")
    assert "s3cret" not in repr(settings)
    sensors = build_definitions(folder, settings=settings).sensors or ()
    assert [sensor.name for sensor in sensors][-1] == "alerts_sensor"
    assert "s3cret" not in repr(sensors)

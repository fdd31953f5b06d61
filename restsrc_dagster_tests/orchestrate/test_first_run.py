"""The first run: requested by the sensor, once per connector and `created_at`, ever."""

import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from restsrc_dagster import build_definitions
from restsrc_dagster.orchestrate import initial_run
from restsrc_dagster.orchestrate.initial_run import evaluate_first_runs
from restsrc_dagster_tests.support import connectors
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.daemon import IN_MEMORY_LAUNCHER, Daemon, instance

ITEMS = dg.AssetKey(["acme", "items"])


def forget(daemon: Daemon) -> None:
    """Wipe the cursor, as the UI can."""
    (state,) = daemon.states("initial_run_sensor")
    daemon.instance.update_instigator_state(state.with_data(None))


def load(daemon: Daemon, created_at: str = "2026-11-23T10:03:00Z") -> None:
    """What a load leaves in Dagster, however it was started."""
    metadata = {"restsrc/created_at": created_at}
    event = dg.AssetMaterialization(asset_key=ITEMS, metadata=metadata)
    daemon.instance.report_runless_asset_event(event)


def test_it_is_requested_as_soon_as_the_definitions_are_loaded(daemon: Daemon) -> None:
    daemon.write()
    daemon.start("10:03:20").sensors("10:03:25")
    assert daemon.runs() == ["initial"]


def test_it_is_requested_once(daemon: Daemon) -> None:
    daemon.write()
    daemon.start("10:03:20").sensors().sensors().sensors("2026-12-24 10:00:00")
    assert daemon.runs() == ["initial"]
    assert daemon.ticks("initial_run_sensor")[-1].says == (
        "no new connector: the first run of each was requested (1 in all)"
    )


def test_without_connectors_there_is_nothing_to_request(daemon: Daemon) -> None:
    daemon.start("10:03:20").sensors()
    assert daemon.all_runs() == []
    assert daemon.ticks("initial_run_sensor")[-1].says == "no connectors"


def test_not_again_after_a_restart(daemon: Daemon) -> None:
    daemon.write()
    daemon.start("10:03:20").sensors().restart("10:05:00").sensors()
    assert daemon.runs() == ["initial"]


def test_not_again_after_a_redeploy(daemon: Daemon) -> None:
    daemon.write()
    daemon.start("10:03:20").sensors().reload("10:05:00").sensors()
    assert daemon.runs() == ["initial"]


def test_not_again_after_an_edit_of_the_file(daemon: Daemon) -> None:
    daemon.write()
    daemon.start("10:03:20").sensors()
    daemon.write(mode="days", offset=30, description="edited", resources=[connectors.items("b")])
    daemon.reload("10:05:00").sensors()
    assert daemon.runs() == ["initial"]


def test_not_again_after_the_cursor_was_wiped(daemon: Daemon) -> None:
    daemon.write()
    daemon.start("10:03:20").sensors()
    forget(daemon)
    daemon.sensors().restart("10:10:00").sensors()
    assert daemon.runs() == ["initial"]


def test_not_again_after_an_unreadable_cursor(daemon: Daemon) -> None:
    daemon.write()
    daemon.start("10:03:20").sensors()
    (state,) = daemon.states("initial_run_sensor")
    garbage = state.instigator_data._replace(cursor="{no json")  # type: ignore[union-attr]
    daemon.instance.update_instigator_state(state.with_data(garbage))
    daemon.sensors()
    assert daemon.runs() == ["initial"]


def test_not_again_after_its_run_was_deleted(daemon: Daemon) -> None:
    daemon.write()
    daemon.start("10:03:20").sensors()
    daemon.instance.delete_run(daemon.last_run())
    daemon.sensors().restart("10:10:00").sensors()
    assert daemon.runs() == []


def test_not_again_after_cursor_and_run_are_gone_when_it_has_loaded(daemon: Daemon) -> None:
    daemon.write()
    daemon.start("10:03:20").sensors()
    load(daemon)
    daemon.instance.delete_run(daemon.last_run())
    forget(daemon)
    daemon.restart("10:10:00").sensors()
    assert daemon.runs() == []


def test_any_of_the_assets_tells_that_it_has_loaded(daemon: Daemon) -> None:
    """One resource may still be what an earlier connector of the same name has left."""
    daemon.write(resources=[connectors.items("items"), connectors.items("other")])
    load(daemon, created_at="2025-01-01T00:00:00Z")
    metadata = {"restsrc/created_at": "2026-11-23T10:03:00Z"}
    event = dg.AssetMaterialization(dg.AssetKey(["acme", "other"]), metadata=metadata)
    daemon.instance.report_runless_asset_event(event)
    daemon.start("10:03:20").sensors()
    assert daemon.runs() == []


def test_a_real_load_leaves_what_tells_that_it_has_loaded(
    folder: Path, tmp_path: Path, empty_instance: Path, api: Api
) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1}]}
    executing = instance(tmp_path / "home", empty_instance, run_launcher=IN_MEMORY_LAUNCHER)
    with executing as running, Daemon(folder, running) as daemon:
        daemon.holds_runs = True
        daemon.write(url=api.url)
        daemon.start("10:03:20").sensors().queue()
        assert daemon.status(daemon.last_run()) == "SUCCESS"
        daemon.instance.delete_run(daemon.last_run())
        forget(daemon)
        daemon.restart("10:10:00").sensors()
        assert (daemon.runs(), api.paths()) == ([], ["/items"])


def test_a_second_daemon_requests_it_no_second_time(daemon: Daemon) -> None:
    daemon.write()
    with Daemon(daemon.folder, daemon.instance) as second:
        daemon.start("10:03:20").sensors("10:03:25")
        second.start("10:03:21").sensors("10:03:31")
        daemon.sensors("10:03:37")
        second.sensors("10:03:42")
    assert daemon.runs() == ["initial"]


def test_a_second_daemon_that_ticks_in_the_middle_of_a_tick_requests_it_no_second_time(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon.start("10:02:00").sensors()
    daemon.write()
    daemon.reload("10:03:20")
    second = Daemon(daemon.folder, daemon.instance)
    ask = initial_run._was_requested

    def slowly(*args: object) -> bool:
        answer = ask(*args)  # type: ignore[arg-type]
        monkeypatch.setattr(initial_run, "_was_requested", ask)
        second.sensors("10:03:40")
        return answer

    monkeypatch.setattr(initial_run, "_was_requested", slowly)
    with second.restart("10:03:21"):
        daemon.sensors("10:03:25")
        assert second.runs() == ["initial"]
    assert daemon.sensors("10:04:00").runs() == ["initial"]


def test_deleted_and_created_again_it_is_a_new_connector(daemon: Daemon) -> None:
    path = daemon.write()
    daemon.start("10:03:20").sensors()
    load(daemon)
    path.unlink()
    daemon.reload("10:05:00").sensors()
    daemon.write(created_at="2026-11-23T10:06:00Z")
    daemon.reload("10:06:20").sensors().sensors()
    assert daemon.runs() == ["initial", "initial"]


def test_a_broken_file_that_comes_back_gets_none(daemon: Daemon) -> None:
    path = daemon.write()
    daemon.start("10:03:20").sensors()
    mended = path.read_text()
    path.write_text("{")
    daemon.reload("10:05:00").sensors()
    path.write_text(mended)
    daemon.reload("10:06:00").sensors().restart("10:07:00").sensors()
    assert daemon.runs() == ["initial"]


def test_a_failed_first_run_is_not_requested_again(daemon: Daemon) -> None:
    daemon.write()
    daemon.holds_runs = True
    daemon.start("10:03:20").sensors()
    daemon.begins(daemon.last_run()).fails(daemon.last_run())
    daemon.sensors().restart("10:05:00").sensors().at("10:13:01")
    assert daemon.runs() == ["initial", "2026-11-23 10:13"]


def test_another_run_waits_for_it_from_the_first_pass_of_the_queue_on(daemon: Daemon) -> None:
    daemon.write()
    daemon.holds_runs = True
    first = daemon.start("10:03:20").sensors().last_run()
    second = daemon.launch("acme_sync", at="10:03:21")
    daemon.queue()
    assert [daemon.status(run) for run in (first, second)] == ["STARTING", "QUEUED"]


def test_many_new_connectors_are_requested_in_batches(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(initial_run, "LARGEST_BATCH", 3)
    names = [f"api_{number}" for number in range(7)]
    for name in names:
        daemon.write(name)
    daemon.start("10:03:20").sensors().sensors().sensors().sensors()
    ticks = daemon.ticks("initial_run_sensor")
    assert [tick.requested for tick in ticks] == [3, 3, 1, 0]
    assert [daemon.runs(name) for name in names] == [["initial"]] * 7


def test_a_tick_over_a_thousand_new_connectors_stays_far_from_its_limit(
    dagster_instance: dg.DagsterInstance,
) -> None:
    """Dagster gives an evaluation 60 s."""
    new = {name: connectors.connector(name) for name in (f"api_{n}" for n in range(1000))}
    keys = {name: [dg.AssetKey([name, "items"])] for name in new}
    requested: list[str | None] = []
    cursor = None
    for _ in range(3):
        began = time.monotonic()
        context = dg.build_sensor_context(dagster_instance, cursor=cursor)
        result = evaluate_first_runs(context, new, keys, now=new["api_0"].created_at)
        assert time.monotonic() - began < 30
        requested += [request.job_name for request in result.run_requests or []]
        cursor = result.cursor
    assert requested == [f"api_{n}_sync" for n in range(150)]


def test_a_tick_stops_looking_when_its_time_is_over(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wiped cursor makes it ask for each connector; the next tick goes on where it stopped."""
    for number in range(3):
        daemon.write(f"api_{number}")
    daemon.start("10:03:20").sensors()
    forget(daemon)
    monkeypatch.setattr(initial_run, "TIME_BUDGET_SECONDS", -1)
    says = daemon.sensors().ticks("initial_run_sensor")[-1].says
    assert says == "still to be looked at, on the next tick: 3 of 3 connectors"
    monkeypatch.setattr(initial_run, "TIME_BUDGET_SECONDS", 25)
    assert daemon.sensors().ticks("initial_run_sensor")[-1].says.startswith("no new connector")


def test_it_comes_before_scheduled_runs_in_the_queue(
    folder: Path, tmp_path: Path, empty_instance: Path
) -> None:
    one_at_a_time = {"runs": {"max_concurrent_runs": 1}}
    home = instance(tmp_path / "home", empty_instance, concurrency=one_at_a_time)
    with home as running, Daemon(folder, running) as daemon:
        daemon.write()
        daemon.start("10:03:20").sensors()
        daemon.holds_runs = True
        daemon.write("beta", created_at="2026-11-23T10:12:00Z")
        daemon.reload("10:12:30").at("10:13:01").sensors("10:13:10").queue()
        _, scheduled, first = daemon.all_runs()
        assert (scheduled.tags["restsrc/trigger"], daemon.status(scheduled.run_id)) == (
            "schedule",
            "QUEUED",
        )
        assert (first.tags["restsrc/connector"], daemon.status(first.run_id)) == (
            "beta",
            "STARTING",
        )


@pytest.mark.parametrize("new", ["created", "copied", None])
def test_the_sensor_hurries_only_while_a_connector_is_new(
    folder: Path, monkeypatch: pytest.MonkeyPatch, new: str | None
) -> None:
    """Ten minutes after it was created, or came onto the machine, nothing is new any more."""
    connectors.write(folder, "acme")
    later = datetime.now(timezone.utc) + timedelta(minutes=9 if new else 11)
    if new == "created":
        later = datetime.now(timezone.utc) + timedelta(days=365)
        at = later - timedelta(minutes=9)
        connectors.write(folder, "acme", created_at=f"{at:%Y-%m-%dT%H:%M:%SZ}")

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return later.astimezone(tz)

    monkeypatch.setattr("restsrc_dagster.orchestrate.build.datetime", Clock)
    sensor = build_definitions(folder).get_repository_def().get_sensor_def("initial_run_sensor")
    assert sensor.minimum_interval_seconds == (5 if new else 30)

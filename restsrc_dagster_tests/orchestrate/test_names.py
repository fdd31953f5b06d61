"""The names, tags, descriptions and statuses of schedules, sensors and their runs."""

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from restsrc_dagster import build_definitions
from restsrc_dagster_tests.support.connectors import write
from restsrc_dagster_tests.support.daemon import Daemon

RUNNING, STOPPED = dg.DefaultScheduleStatus.RUNNING, dg.DefaultScheduleStatus.STOPPED


def repository(folder: Path) -> dg.RepositoryDefinition:
    return build_definitions(folder).get_repository_def()


def test_each_connector_has_a_job_and_a_schedule(folder: Path) -> None:
    write(folder, "acme")
    write(folder, "beta")
    found = repository(folder)
    assert {job.name for job in found.get_all_jobs()} >= {"acme_sync", "beta_sync"}
    assert {(schedule.name, schedule.job_name) for schedule in found.schedule_defs} == {
        ("acme_schedule", "acme_sync"),
        ("beta_schedule", "beta_sync"),
    }


def test_the_location_has_two_sensors(folder: Path) -> None:
    write(folder, "acme")
    write(folder, "beta")
    sensors = {sensor.name: sensor for sensor in repository(folder).sensor_defs}
    assert set(sensors) == {"initial_run_sensor", "connector_files_sensor"}
    assert sensors["initial_run_sensor"].minimum_interval_seconds == 5
    assert {job.name for job in sensors["initial_run_sensor"].jobs} == {"acme_sync", "beta_sync"}


def test_all_of_them_run_by_default(folder: Path) -> None:
    write(folder, "acme")
    found = repository(folder)
    assert {schedule.default_status for schedule in found.schedule_defs} == {RUNNING}
    assert {sensor.default_status.value for sensor in found.sensor_defs} == {"RUNNING"}


def test_on_a_branch_deployment_none_of_them_does(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_CLOUD_IS_BRANCH_DEPLOYMENT", "1")
    write(folder, "acme")
    found = repository(folder)
    assert {schedule.default_status for schedule in found.schedule_defs} == {STOPPED}
    assert {sensor.default_status.value for sensor in found.sensor_defs} == {"STOPPED"}


def test_a_branch_deployment_starts_nothing_by_itself(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_CLOUD_IS_BRANCH_DEPLOYMENT", "1")
    daemon.write()
    daemon.start("10:03:20").sensors().at("10:13:01").sensors().restart("11:00:00").at("11:00:10")
    assert daemon.all_runs() == []
    daemon.launch("acme_sync")
    assert len(daemon.all_runs()) == 1


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ({"mode": "minutes", "interval": 10}, "every 10 minutes from 10:03 UTC"),
        ({"mode": "minutes"}, "every minute from 10:03 UTC"),
        ({"mode": "hours", "offset": 15}, "every hour at :15 UTC"),
        ({"mode": "hours", "interval": 5}, "every 5 hours from 2026-11-23 00:00 UTC"),
        ({"mode": "days", "offset": 30}, "every day at 00:30 UTC"),
        (
            {"mode": "days", "interval": 3, "offset": 30},
            "every 3 days at 00:30 UTC, counted from 2026-11-23",
        ),
    ],
)
def test_a_schedule_is_described_in_words(
    folder: Path, schedule: dict[str, Any], words: str
) -> None:
    write(folder, "acme", schedule={"interval": 1, **schedule})
    (found,) = repository(folder).schedule_defs
    assert (found.description, found.execution_timezone) == (words, "UTC")
    assert found.metadata["schedule"].value == words


def test_a_first_run_is_tagged(daemon: Daemon) -> None:
    daemon.write()
    (run,) = daemon.start("10:03:20").sensors().all_runs()
    assert run.job_name == "acme_sync"
    assert own_tags(run) == {
        "restsrc/connector": "acme",
        "restsrc/trigger": "initial",
        "restsrc/created_at": "2026-11-23T10:03:00Z",
    }
    assert int(run.tags["dagster/priority"]) > 0


def test_a_scheduled_run_is_tagged(daemon: Daemon) -> None:
    daemon.write()
    (run,) = daemon.start("10:03:20").at("10:13:01").all_runs()
    assert run.job_name == "acme_sync"
    assert own_tags(run) == {
        "restsrc/connector": "acme",
        "restsrc/trigger": "schedule",
        "restsrc/slot": "2026-11-23T10:13:00Z",
        "restsrc/schedule": "every 10 minutes from 10:03 UTC",
    }
    assert "dagster/priority" not in run.tags


def test_a_slot_that_is_caught_up_late_is_tagged_with_its_own_time(daemon: Daemon) -> None:
    daemon.write(mode="days", interval=3)
    daemon.start("10:03:20").sensors().restart("2026-11-27 12:00:00").at("2026-11-28 00:00:01")
    assert daemon.all_runs()[-1].tags["restsrc/slot"] == "2026-11-26T00:00:00Z"


def own_tags(run: dg.DagsterRun) -> dict[str, str]:
    return {key: value for key, value in run.tags.items() if key.startswith("restsrc/")}

"""Runs that are forked are as those that Dagster starts: in what they have, and in how they end."""

import os
import signal
import sys
from pathlib import Path

import pytest
from dagster._core.storage.tags import GRPC_INFO_TAG

from restsrc_dagster.orchestrate.forking import client, launcher
from restsrc_dagster_tests.orchestrate.forking.deployment import Deployment, is_there, wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="runs are forked on Linux only")


def test_a_run_has_what_its_code_server_has(deployment: Deployment) -> None:
    run_id = deployment.launch("telling")
    told = deployment.told(run_id)
    assert told["in"] == str(deployment.folder)
    logs = {path.name for path in Path(deployment.instance.storage_directory()).rglob("*-wal")}
    assert f"{run_id}.db-wal" not in logs, "its databases are closed"
    assert told["environment"]["PATH"] == os.environ["PATH"]
    assert "LEFT_BEHIND" not in told["environment"]
    assert f"Started process for run (pid: {told['pid']})." in deployment.messages(run_id)
    assert f"Process for run exited (pid: {told['pid']})." in deployment.messages(run_id)
    (captured,) = (
        entry.dagster_event.logs_captured_data.file_key
        for entry in deployment.instance.all_logs(run_id)
        if entry.dagster_event and entry.dagster_event.event_type_value == "LOGS_CAPTURED"
    )
    data = deployment.instance.compute_log_manager.get_log_data([run_id, "compute_logs", captured])
    assert data.stdout == b"it is printed\n"

    again = deployment.told(deployment.launch("telling"))
    assert again["parent"] == told["parent"], "one server forks both"
    assert "LEFT_BEHIND" not in again["environment"], "a run's secret is seen by no other"
    assert again["in"] == told["in"]


def test_the_server_has_one_thread_and_nothing_open(deployment: Deployment) -> None:
    process = Path(f"/proc/{deployment.server()}")
    assert len(list((process / "task").iterdir())) == 1
    opened = [str(file.readlink()) for file in (process / "fd").iterdir()]
    assert not [file for file in opened if ".db" in file or ".duckdb" in file]


def test_new_code_counts_without_a_reload(deployment: Deployment) -> None:
    before = deployment.told(deployment.launch("telling"))
    file = deployment.folder / "location.py"
    old = file.read_text()
    file.write_text(old.replace('SAYS = "first"', 'SAYS = "a second one"'))
    try:
        after = deployment.told(deployment.launch("telling"))
    finally:
        file.write_text(old)
    assert (before["says"], after["says"]) == ("first", "a second one")


def test_a_library_that_changes_gets_a_new_server(deployment: Deployment) -> None:
    before = deployment.server()
    os.utime(deployment.folder / "coordinator.py", (1, 1))
    assert deployment.server() != before
    wait_for("its end", lambda: not is_there(before))


def test_a_terminated_run_cleans_up_and_is_canceled(deployment: Deployment) -> None:
    run_id = deployment.launch("waiting")
    deployment.pid(run_id)
    assert deployment.health(run_id) == "RUNNING"
    assert deployment.launcher.terminate(run_id)
    assert deployment.ends(run_id) == "CANCELED"
    assert (deployment.folder / f"{run_id}.cleaned").exists()
    assert not deployment.launcher.terminate(run_id), "it has ended"
    wait_for("the claim's end", lambda: not deployment.claim(run_id).exists())


@pytest.mark.parametrize(
    ("job", "says"),
    [
        ("dying", "was terminated by signal 9 (SIGKILL)"),
        ("leaving", "unexpectedly exited with code 0."),
    ],
)
def test_a_run_whose_process_dies_has_failed(deployment: Deployment, job: str, says: str) -> None:
    run_id = deployment.launch(job)
    assert deployment.ends(run_id) == "FAILURE"
    assert f"Run execution process for {run_id} {says}" in deployment.messages(run_id)


def test_runs_go_on_when_their_server_is_killed(deployment: Deployment) -> None:
    survives, stopped, killed = (deployment.launch("waiting") for _ in range(3))
    pids = [deployment.pid(run_id) for run_id in (survives, stopped, killed)]
    server = int(Path(f"/proc/{pids[0]}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(server, signal.SIGKILL)
    wait_for("the server's end", lambda: not is_there(server))
    assert [deployment.health(run_id) for run_id in (survives, stopped)] == ["RUNNING"] * 2

    assert deployment.launcher.terminate(stopped)
    assert deployment.ends(stopped) == "CANCELED"
    os.kill(pids[2], signal.SIGKILL)
    wait_for("the death", lambda: deployment.health(killed) == "FAILED")

    deployment.instance.resume_run(killed, deployment.context, 1)
    assert deployment.pid(killed), "a new server resumes it"
    (deployment.folder / "go").touch()
    try:
        assert deployment.ends(survives) == "SUCCESS"
        assert deployment.ends(killed) == "SUCCESS"
    finally:
        (deployment.folder / "go").unlink()
    assert deployment.server() != server


def test_many_are_launched_at_once(deployment: Deployment) -> None:
    runs = [deployment.launch("telling") for _ in range(12)]
    assert {deployment.ends(run_id) for run_id in runs} == {"SUCCESS"}
    pids = {deployment.told(run_id)["pid"] for run_id in runs}
    assert len(pids) == 12


def test_where_no_server_starts_dagster_launches_the_run(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    deployment.launcher.dispose()
    for path in deployment.place.glob("*"):
        path.unlink()
    with monkeypatch.context() as patch:
        patch.setattr(client, "__package__", "restsrc_dagster.there_is_none")
        run_id = deployment.launch("telling")
    assert deployment.told(run_id)["parent"] != os.getpid()
    run = deployment.run(run_id)
    assert GRPC_INFO_TAG in run.tags
    assert "Dagster's own launcher: its server does not answer" in caplog.text
    assert deployment.health(run_id) == "RUNNING", "nobody knows"
    monkeypatch.setattr(launcher, "AVOIDED_FOR", 0.0)
    deployment.launcher._avoided.clear()
    assert GRPC_INFO_TAG not in deployment.run(deployment.launch("telling")).tags


def test_a_server_goes_with_the_last_that_might_ask(deployment: Deployment) -> None:
    server = deployment.server()
    deployment.launcher.dispose()
    wait_for("its end", lambda: not is_there(server))
    assert not [path for path in deployment.place.iterdir() if path.suffix == ".sock"]
    assert deployment.server() != server

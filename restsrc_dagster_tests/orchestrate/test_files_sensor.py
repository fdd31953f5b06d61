"""What happens when a connector file is broken: loudly, and to nobody else."""

import os
import re
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.workspace.load_target import WorkspaceFileTarget

from restsrc_dagster import build_definitions
from restsrc_dagster.errors import SettingsError
from restsrc_dagster_tests.support import connectors
from restsrc_dagster_tests.support.daemon import Daemon, in_process

FILES = "connector_files_sensor"


def break_file(folder: Path, name: str = "broken") -> Path:
    """A connector file with two mistakes."""
    schedule = {"mode": "hours", "interval": 0}
    return connectors.write(folder, name, schedule=schedule, ownres=["team:data"])


def test_it_leaves_the_others_running(daemon: Daemon) -> None:
    daemon.write()
    break_file(daemon.folder)
    daemon.start("10:03:20").sensors().at("10:13:01")
    assert daemon.runs() == ["initial", "2026-11-23 10:13"]
    assert daemon.runs("broken") == []


def test_the_tick_fails_and_names_each_problem(daemon: Daemon) -> None:
    daemon.write()
    file = break_file(daemon.folder)
    (daemon.folder / "worse.json").write_text("{")
    (tick,) = daemon.start("10:03:20").sensors().ticks(FILES)
    assert tick.status == "FAILURE"
    assert f"{file}:1: schedule.interval: 0 is not ≥ 1\n" in tick.says
    assert f"{file}:1: ownres: unknown key; did you mean owners?\n" in tick.says
    assert f"{daemon.folder / 'worse.json'}: " in tick.says


def test_it_fails_for_as_long_as_the_file_is_broken(daemon: Daemon) -> None:
    break_file(daemon.folder)
    daemon.start("10:03:20").sensors().sensors().reload().sensors()
    assert [tick.status for tick in daemon.ticks(FILES)] == ["FAILURE"] * 3


def test_it_fails_when_a_file_breaks_while_the_location_is_loaded(daemon: Daemon) -> None:
    daemon.write("beta")
    daemon.start("10:03:20").sensors()
    break_file(daemon.folder, "beta")
    assert [tick.status for tick in daemon.sensors().ticks(FILES)] == ["SKIPPED", "FAILURE"]


def test_it_is_green_again_when_the_file_is_mended(daemon: Daemon) -> None:
    break_file(daemon.folder, "beta")
    daemon.start("10:03:20").sensors()
    daemon.write("beta")
    daemon.sensors().reload().sensors()
    assert [(tick.status, tick.says) for tick in daemon.ticks(FILES)[1:]] == [
        (
            "SKIPPED",
            "changed since this code location was loaded: beta; reload the location to use them",
        ),
        ("SKIPPED", "all connector files are in order (1 in all)"),
    ]


def test_it_names_files_that_were_written_edited_or_deleted_since(daemon: Daemon) -> None:
    daemon.write("edited")
    daemon.write("same")
    deleted = daemon.write("deleted")
    daemon.start("10:03:20").sensors()
    daemon.write("edited", description="another")
    daemon.write("new")
    deleted.unlink()
    assert daemon.sensors().ticks(FILES)[-1].says == (
        "changed since this code location was loaded: deleted, edited, new; reload the location "
        "to use them"
    )


def test_a_file_that_is_only_touched_has_not_changed(daemon: Daemon) -> None:
    path = daemon.write()
    daemon.start("10:03:20").sensors()
    os.utime(path, (0, 0))
    says = daemon.sensors().ticks(FILES)[-1].says
    assert says == "all connector files are in order (1 in all)"


def test_a_folder_that_vanishes_is_told(daemon: Daemon) -> None:
    daemon.start("10:03:20")
    daemon.folder.rmdir()
    (tick,) = daemon.sensors().ticks(FILES)
    assert (tick.status, str(daemon.folder) in tick.says) == ("FAILURE", True)


def test_what_dagster_refuses_stays_red_until_that_file_is_edited(
    folder: Path, tmp_path: Path, dagster_instance: dg.DagsterInstance
) -> None:
    own = tmp_path / "own_definitions.py"
    own.write_text(f"""
from restsrc_dagster import ConnectorTranslator, build_definitions

class Owned(ConnectorTranslator):
    def get_asset_spec(self, props):
        owner = props.connector.description or "nobody"
        return super().get_asset_spec(props).replace_attributes(owners=[owner])

defs = build_definitions({str(folder)!r}, translator=Owned())
""")
    with Daemon(folder, dagster_instance, in_process(own)) as daemon:
        daemon.write("refused")
        daemon.write("taken", description="team:data")
        daemon.start("10:03:20").sensors()
        daemon.write("taken", description="team:other")
        daemon.sensors()
        daemon.write("refused", description="team:data")
        daemon.sensors()
        first, second, third = daemon.ticks(FILES)
    assert "refused: Dagster refuses it: " in first.says
    assert (first.status, second.status, third.status) == ("FAILURE", "FAILURE", "SKIPPED")
    waiting = (
        "changed since this code location was loaded: taken; reload the location to use them\n"
    )
    assert second.says == first.says + waiting


def test_through_a_code_server_in_its_own_process(
    folder: Path, tmp_path: Path, dagster_instance: dg.DagsterInstance
) -> None:
    with Daemon(folder, dagster_instance, WorkspaceFileTarget([workspace(tmp_path)])) as daemon:
        daemon.write(mode="days", offset=30)
        break_file(folder)
        daemon.start("2100-01-01 00:00:20").sensors().at("00:30:01")
        assert daemon.runs() == ["initial", "2100-01-01 00:30"]
        (tick,) = daemon.ticks(FILES)
        assert (tick.status, "schedule.interval: 0 is not ≥ 1" in tick.says) == ("FAILURE", True)


def workspace(tmp_path: Path) -> str:
    path = tmp_path / "workspace.yaml"
    path.write_text(
        "load_from:\n"
        "  - python_module:\n"
        "      module_name: restsrc_dagster.definitions\n"
        "      location_name: restsrc_dagster\n"
    )
    return str(path)


def validate(tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """`dagster definitions validate`, in a folder that has no project file."""
    home = tmp_path / "validate_home"
    home.mkdir()
    return subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate", "-w", workspace(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "DAGSTER_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_dagster_definitions_validate_passes_a_good_folder(folder: Path, tmp_path: Path) -> None:
    connectors.write(folder, "acme")
    assert validate(tmp_path).returncode == 0


def test_dagster_definitions_validate_fails_on_a_broken_file(folder: Path, tmp_path: Path) -> None:
    connectors.write(folder, "acme")
    break_file(folder)
    done = validate(tmp_path)
    assert done.returncode != 0
    assert "schedule.interval: 0 is not ≥ 1" in done.stdout + done.stderr


def test_the_same_stem_twice_is_an_error(daemon: Daemon) -> None:
    path = daemon.write()
    path.with_suffix(".yaml").write_text(path.read_text())
    (tick,) = daemon.start("10:03:20").sensors().ticks(FILES)
    assert tick.says.endswith(": acme.json and acme.yaml name the same connector, acme\n")
    assert daemon.runs() == []


def test_no_folder_is_an_error_with_its_absolute_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=re.escape(str(tmp_path / "not_there"))):
        build_definitions("not_there")


def test_an_empty_folder_has_no_connectors(daemon: Daemon) -> None:
    says = daemon.start("10:03:20").sensors().ticks(FILES)[-1].says
    assert says == "all connector files are in order (0 in all)"
    assert list(build_definitions(daemon.folder).resolve_all_asset_specs()) == []

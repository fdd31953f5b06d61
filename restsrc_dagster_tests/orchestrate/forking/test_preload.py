"""A server forks from one thread, and goes when a file that it has imported is another."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from restsrc_dagster.orchestrate.forking.preload import MODULES, fingerprint, is_as_it_was

PRELOADS = """
import sys, sysconfig
from restsrc_dagster.orchestrate.forking import preload
preload.preload(["json"])
import gc, threading
from dlt.common.configuration.container import Container
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext
assert preload.threads() == threading.active_count() == 1
assert gc.get_freeze_count() > 100_000
assert PluggableRunContext not in Container(), "dlt's settings are read by each run"
assert not {"restsrc_dagster.definitions", "dagster_webserver"} & set(sys.modules)
print(len(preload.fingerprint()))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="runs are forked on Linux only")
@pytest.mark.parametrize("settings", ["", "[runtime", "[destination]\nduckdb = 1"])
def test_afterwards_there_is_one_thread(tmp_path: Path, settings: str) -> None:
    """Also where dlt's settings are in no order: that is told by the runs."""
    folder = tmp_path / ".dlt"
    folder.mkdir()
    (folder / "config.toml").write_text(settings, encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-c", PRELOADS], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout) > len(MODULES)
    assert [*tmp_path.iterdir()] == [folder]


def test_a_module_that_changes_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a_module_of_a_test.py"
    file.write_text("x = 1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    __import__(file.stem)
    before = fingerprint()
    assert str(file) in before
    assert is_as_it_was(before)
    os.utime(file, (1, 1))
    assert not is_as_it_was(before)
    file.unlink()
    assert not is_as_it_was(before)
    del sys.modules[file.stem]

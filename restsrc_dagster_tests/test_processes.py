"""What the benchmarks tell of processes that go on is so."""

import os
import subprocess
import sys
import time

import pytest

from benchmarks.processes import children, cpu, largest, memory, wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it is told by /proc")


def test_a_process_is_told_by_what_it_takes() -> None:
    me, before = os.getpid(), cpu(os.getpid())
    began = time.process_time()
    while time.process_time() - began < 0.2:
        pass
    assert cpu(me) - before >= 0.1
    told = memory(me)
    assert 1 < told["USS"] <= told["RSS"]


def test_the_largest_child_is_found() -> None:
    command = "import time; some = bytearray({}); print('there', flush=True); time.sleep(60)"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", command.format(size)], stdout=subprocess.PIPE, text=True
        )
        for size in (1, 50_000_000)
    ]
    try:
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == "there\n"
        pids = [process.pid for process in started]
        assert set(pids) <= set(children(os.getpid()))
        assert largest(pids) == pids[1]
    finally:
        for process in started:
            process.kill()
            process.communicate()


def test_what_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.processes.LONGEST", 0.0)
    with pytest.raises(TimeoutError, match="the thing"):
        wait_for("the thing", lambda: False, pause=0.01)

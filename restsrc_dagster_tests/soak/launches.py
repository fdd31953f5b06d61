"""Runs that are forked, many at once, while their servers and they themselves are killed.

A round launches a burst from several threads, and kills, stops or leaves alone. Then each run has
ended, once: one that has succeeded has begun and ended one time, another has begun at most once.
Of those whose server could tell nothing, run monitoring says that their process is gone, as the
daemon does it; of a run that has not begun it would say so after its time-out.
"""

import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg

from benchmarks.processes import children
from restsrc_dagster_tests.orchestrate.forking.deployment import Deployment, deployed, wait_for

THREADS = 8
BURST = 20
NOT_BEGUN_FOR = 20.0
MOSTLY = 0.8
KILLED = Counter[str]()


@dataclass
class Tally:
    """Runs by how they ended, and what was wrong."""

    ended: Counter[str] = field(default_factory=Counter)
    by_monitoring: int = 0
    wrong: list[str] = field(default_factory=list)


def soak_launches(minutes: float, *, seed: int) -> int:
    """Prints what came of it; 1 if a run was lost or doubled."""
    chance = random.Random(seed)
    end = time.monotonic() + minutes * 60
    tally, rounds = Tally(), Counter[str]()
    with tempfile.TemporaryDirectory() as root:
        folder, home = Path(root, "location"), Path(root, "home")
        folder.mkdir()
        home.mkdir()
        with deployed(folder, home) as deployment:
            while time.monotonic() < end:
                kind = chance.choice(sorted(KINDS))
                rounds[kind] += 1
                play(deployment, kind, chance, tally)
                print(f"{kind}: {dict(tally.ended)}", flush=True)
            left = [path.name for path in deployment.place.iterdir() if len(path.suffix) == 9]
    print(f"\n{dict(rounds)}\n{dict(tally.ended)}, {tally.by_monitoring} of them by monitoring")
    print(f"{dict(KILLED)} were sent; {len(left)} claims are left")
    for wrong in tally.wrong:
        print(wrong)
    return 1 if tally.wrong or not KILLED else 0


def play(deployment: Deployment, kind: str, chance: random.Random, tally: Tally) -> None:
    """A burst, with what happens to it."""
    runs = [deployment.create("counting") for _ in range(chance.randint(5, BURST))]
    with ThreadPoolExecutor(THREADS) as pool:
        launches = [
            pool.submit(deployment.instance.launch_run, run_id, deployment.context)
            for run_id in runs
        ]
        if chance.random() < MOSTLY:  # the others are hit while a server starts
            wait_for("a run", lambda: _is_begun(deployment, runs))
        time.sleep(chance.random())
        KINDS[kind](deployment, chance, runs)
    for launch in launches:
        if error := launch.exception():
            tally.wrong.append(f"{kind}: {error!r}")
    tally.by_monitoring += _monitor(deployment, runs)
    lines = Counter((deployment.folder / "lines").read_text(encoding="utf-8").splitlines())
    for run_id in runs:
        status = deployment.run(run_id).status.value
        tally.ended[status] += 1
        begun, ended = lines[f"begins {run_id}"], lines[f"ends {run_id}"]
        if begun > 1 or ended > 1 or (status == "SUCCESS" and (begun, ended) != (1, 1)):
            tally.wrong.append(f"{kind}, {run_id}: {status}, begun {begun}, ended {ended} times")
        told = deployment.messages(run_id)
        # Dagster lets a run fail that is terminated in the moment in which it ends.
        if status == "FAILURE" and kind not in KILLS and "run termination request" not in told:
            tally.wrong.append(f"{kind}, {run_id} failed, and nobody has killed it: {told[-400:]}")


def _is_begun(deployment: Deployment, runs: list[str]) -> bool:
    file = deployment.folder / "lines"
    lines = file.read_text(encoding="utf-8") if file.exists() else ""
    return any(f"begins {run_id}" in lines for run_id in runs)


def _monitor(deployment: Deployment, runs: list[str]) -> int:
    """Wait for the end of all; how many run monitoring has found."""
    found, began = 0, time.monotonic()

    def all_ended() -> bool:
        nonlocal found
        left = [run for run in map(deployment.run, runs) if not run.is_finished]
        for run in left:
            may_begin = time.monotonic() - began < NOT_BEGUN_FOR
            if run.status is dg.DagsterRunStatus.STARTING and may_begin:
                continue
            is_gone = deployment.health(run.run_id) == "FAILED"
            if is_gone and not deployment.run(run.run_id).is_finished:
                deployment.instance.report_run_failed(run)
                found += 1
        return not left

    wait_for("the end of all runs", all_ended)
    return found


def _kill(pids: Iterable[int], number: int = signal.SIGKILL) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
            KILLED[signal.Signals(number).name] += 1


def _nothing(deployment: Deployment, chance: random.Random, runs: list[str]) -> None: ...


def _server(deployment: Deployment, chance: random.Random, runs: list[str]) -> None:
    _kill(_servers(deployment))


def _stopped_server(deployment: Deployment, chance: random.Random, runs: list[str]) -> None:
    """It sleeps for a while, and is killed."""
    pids = _servers(deployment)
    for number in (signal.SIGSTOP, signal.SIGKILL):
        _kill(pids, number)
        time.sleep(chance.random())


def _some_runs(deployment: Deployment, chance: random.Random, runs: list[str]) -> None:
    forked = [pid for server in _servers(deployment) for pid in children(server)]
    _kill(chance.sample(forked, k=(len(forked) + 1) // 2))


def _terminated(deployment: Deployment, chance: random.Random, runs: list[str]) -> None:
    for run in map(deployment.run, chance.sample(runs, k=len(runs) // 2)):
        if run.status is dg.DagsterRunStatus.STARTED:
            deployment.launcher.terminate(run.run_id)


def _all(deployment: Deployment, chance: random.Random, runs: list[str]) -> None:
    servers = _servers(deployment)
    forked = [pid for server in servers for pid in children(server)]
    _kill(chance.sample([*servers, *forked], k=len(servers) + len(forked)))


def _library(deployment: Deployment, chance: random.Random, runs: list[str]) -> None:
    os.utime(deployment.folder / "coordinator.py", (1, chance.randint(1, 1 << 30)))


KINDS = {
    "nothing": _nothing,
    "server": _server,
    "stopped server": _stopped_server,
    "some runs": _some_runs,
    "terminated": _terminated,
    "all": _all,
    "library": _library,
}


KILLS = ("some runs", "all")


def _servers(deployment: Deployment) -> list[int]:
    """The servers of this process, without what they have forked."""
    return [pid for pid in children(os.getpid()) if b"orchestrate.forking" in _command(pid)]


def _command(pid: int) -> bytes:
    with suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return words[2] if words[1:2] == [b"-m"] else b""
    return b""

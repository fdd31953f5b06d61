"""A code location whose jobs do what a test wants to see; it tells by files of its folder."""

import json
import os
import random
import signal
import time
from pathlib import Path

import dagster as dg

HERE = Path.cwd()
SAYS = "first"


@dg.op
def tell(context: dg.OpExecutionContext) -> None:
    """Leave what this process has, and change all of it."""
    print("it is printed")
    told = {"pid": os.getpid(), "parent": os.getppid(), "says": SAYS, "in": str(Path.cwd())}
    told["environment"] = dict(os.environ)
    (HERE / f"{context.run_id}.told").write_text(json.dumps(told), encoding="utf-8")
    os.environ["LEFT_BEHIND"] = "a secret"
    os.chdir("/")


@dg.op
def wait(context: dg.OpExecutionContext) -> None:
    """Until there is a file `go`."""
    (HERE / f"{context.run_id}.pid").write_text(str(os.getpid()), encoding="utf-8")
    try:
        while not (HERE / "go").exists():
            time.sleep(0.02)
    finally:
        (HERE / f"{context.run_id}.cleaned").touch()


@dg.op
def count(context: dg.OpExecutionContext) -> None:
    """A line as it begins, another as it ends."""
    tell_line(f"begins {context.run_id}")
    time.sleep(random.random() / 3)
    tell_line(f"ends {context.run_id}")


def tell_line(line: str) -> None:
    file = os.open(HERE / "lines", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f"{line}\n".encode())
    os.close(file)


@dg.op
def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@dg.op
def leave() -> None:
    os._exit(0)


@dg.job(executor_def=dg.in_process_executor)
def telling() -> None:
    tell()


@dg.job(executor_def=dg.in_process_executor)
def waiting() -> None:
    wait()


@dg.job(executor_def=dg.in_process_executor)
def counting() -> None:
    count()


@dg.job(executor_def=dg.in_process_executor)
def dying() -> None:
    die()


@dg.job(executor_def=dg.in_process_executor)
def leaving() -> None:
    leave()


defs = dg.Definitions(jobs=[telling, waiting, counting, dying, leaving])

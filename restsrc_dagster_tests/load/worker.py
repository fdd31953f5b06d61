"""A load in a process of its own, for tests that kill it.

`die` is [point, n]: the process kills itself when it comes to that point the n-th time.
With `largest_file`, the system refuses to write beyond so many bytes, as where a disk is full;
what the process says of it is appended to `stderr`.
"""

import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from restsrc_dagster.connector.files.folder import check_content
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.load.points import die_at

KILLED = -signal.SIGKILL


def main(
    content: dict[str, Any],
    data_dir: str,
    holder: str,
    refresh: Iterable[str] = (),
    selection: Iterable[str] = (),
    die: tuple[str, int] | None = None,
    commit_after_records: int = Settings.commit_after_records,
    largest_file: int | None = None,
) -> None:
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    if largest_file is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    if die:
        die_at(*die)
    connector = check_content("acme", content, file="connectors/acme.json")
    order = LoadRequest(
        selection=frozenset(selection or connector.resources),
        refresh=frozenset(refresh),
        holder=holder,
    )
    settings = Settings(
        data_dir=Path(data_dir),
        commit_after_records=commit_after_records,
        secret_key=os.environ.get("RESTSRC_SECRET_KEY"),
    )
    load(connector, order, settings=settings, environment={})


class Worker:
    """A load in a process of its own, which knows what this one has in its environment.

    It is forked from a server that has imported dlt, once for all loads of the tests: the imports
    take ten times as long as the load.
    """

    def __init__(self, order: Mapping[str, Any]) -> None:
        processes = multiprocessing.get_context("forkserver")
        processes.set_forkserver_preload([__name__])
        self._process = processes.Process(
            target=_run, args=(dict(order), dict(os.environ)), daemon=True
        )
        self._process.start()

    def poll(self) -> int | None:
        """How it has ended; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """How it has ended.

        Raises:
            TimeoutError: it has not, after so many seconds.
        """
        self._process.join(timeout)
        if (code := self.poll()) is None:
            raise TimeoutError(f"the load has not ended after {timeout} s")
        return code

    def kill(self) -> None:
        """As a machine that goes away."""
        self._process.kill()


def _run(order: dict[str, Any], environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    if told := order.pop("stderr", None):
        sys.stderr = Path(told).open("a", encoding="utf-8")  # noqa: SIM115 - until its end
    main(**order)

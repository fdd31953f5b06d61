"""A load in a process of its own, for tests that kill it.

    python -m restsrc_dagster_tests.load.worker '{"content": …, "data_dir": …, "holder": …}'

`die` is [point, n]: the process kills itself when it comes to that point the n-th time.
With `largest_file`, the system refuses to write beyond so many bytes, as where a disk is full.
"""

import json
import os
import resource
import signal
import sys
from collections.abc import Iterable
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
    settings = Settings(data_dir=Path(data_dir), commit_after_records=commit_after_records)
    load(connector, order, settings=settings, environment={})


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))

"""A load in a process of its own, for tests that kill it.

    python -m restsrc_dagster_tests.load.worker '{"content": …, "data_dir": …, "holder": …}'

`die` is [method, n]: the process ends at once, as if killed, instead of calling it the n-th time.
"""

import json
import os
import sys
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Any

from dlt.load.load import Load
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.connector.files import check_content
from restsrc_dagster.load.load import Order, load
from restsrc_dagster.settings import Settings

KILLED = 9
METHODS = {"load": Pipeline, "complete_package": Load}


def die_instead_of(method: str, time: int) -> None:
    """`load` begins to commit, `complete_package` says that all was committed."""
    owner = METHODS[method]
    original, times = getattr(owner, method), count(1)

    def dying(*args: Any, **keys: Any) -> Any:
        if next(times) == time:
            os._exit(KILLED)
        return original(*args, **keys)

    setattr(owner, method, dying)


def main(
    content: dict[str, Any],
    data_dir: str,
    holder: str,
    refresh: Iterable[str] = (),
    selection: Iterable[str] = (),
    die: tuple[str, int] | None = None,
    commit_after_records: int = Settings.commit_after_records,
) -> None:
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    if die:
        die_instead_of(*die)
    connector = check_content("acme", content, file="connectors/acme.json")
    order = Order(
        selection=frozenset(selection or connector.resources),
        refresh=frozenset(refresh),
        holder=holder,
    )
    settings = Settings(data_dir=Path(data_dir), commit_after_records=commit_after_records)
    load(connector, order, settings=settings, environment={})


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))

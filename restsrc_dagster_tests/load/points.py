"""The points within a load at which a process can be told to kill itself."""

import os
import signal
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, Literal

from dlt.common.destination.client import RunnableLoadJob
from dlt.common.storages.load_storage import LoadStorage
from dlt.load.load import Load
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.extract.formats import csv_rows
from restsrc_dagster.extract.response import sizes
from restsrc_dagster.extract.response.taken import InPieces
from restsrc_dagster.load.rows.deleted import Deletions
from restsrc_dagster.load.state import recovery as broken

STATE_TABLE = "_dlt_pipeline_state"


def die_at(point: str, time: int = 1) -> None:
    """Kill this process the `time`-th time that it comes to `point`."""
    POINTS[point](time)


def _instead_of(owner: Any, method: str) -> Callable[[int], None]:
    def arm(time: int) -> None:
        original, times = getattr(owner, method), count(1)

        def dying(*args: Any, **keys: Any) -> Any:
            if next(times) == time:
                os.kill(os.getpid(), signal.SIGKILL)
            return original(*args, **keys)

        setattr(owner, method, dying)

    return arm


def _at_a_job(
    method: str, turn: Literal["first", "last"], is_it: Callable[[str], bool]
) -> Callable[[int], None]:
    """Instead of `method` of such a job, by the path of its file, when it is its turn."""

    def arm(_: int) -> None:
        os.environ["LOAD__WORKERS"] = "1"
        listed = LoadStorage.list_new_jobs

        def in_order(self: LoadStorage, load_id: str) -> list[str]:
            jobs = listed(self, load_id)
            return sorted(jobs, key=is_it, reverse=turn == "first")

        original = getattr(RunnableLoadJob, method)

        def dying(self: RunnableLoadJob, *args: Any) -> Any:
            if is_it(self.file_name()):
                os.kill(os.getpid(), signal.SIGKILL)
            return original(self, *args)

        # What mypy cannot know: this process ends by it.
        setattr(LoadStorage, "list_new_jobs", in_order)  # noqa: B010
        setattr(RunnableLoadJob, method, dying)

    return arm


def _amid_pieces(time: int) -> None:
    """Instead of handing on the n-th piece of an answer; 800 bytes are a large one."""
    sizes.AT_ONCE, sizes.PIECE, sizes.CHUNK = 800, 400, 200
    setattr(csv_rows, "_ROWS", 2)  # noqa: B010
    original = InPieces.pieces

    def dying(self: InPieces) -> Iterator[list[Any]]:
        for number, piece in enumerate(original(self), 1):
            if number == time:
                os.kill(os.getpid(), signal.SIGKILL)
            yield piece

    setattr(InPieces, "pieces", dying)  # noqa: B010


def _is_of_state(path: str) -> bool:
    return STATE_TABLE in path


def _is_nested(path: str) -> bool:
    return "__" in Path(path).name and not Path(path).name.startswith("_dlt")


POINTS: dict[str, Callable[[int], None]] = {
    "normalize": _instead_of(Pipeline, "normalize"),
    "commit_new_load_package": _instead_of(LoadStorage, "commit_new_load_package"),
    "load": _instead_of(Pipeline, "load"),
    "table": _instead_of(RunnableLoadJob, "_release"),
    "state last": _at_a_job("run_managed", "last", _is_of_state),
    "state first": _at_a_job("_release", "first", _is_of_state),
    "nested first": _at_a_job("_release", "first", _is_nested),
    "complete_package": _instead_of(Load, "complete_package"),
    "piece": _amid_pieces,
    "deletes": _instead_of(Deletions, "apply"),
    "remove_orphans": _instead_of(broken, "remove_orphans"),
}
"""Methods, instead of which the process ends, and:

- table: when the n-th job has committed its rows;
- state last: when all rows are committed, instead of the state;
- state first: when the state is committed, and no rows are;
- nested first: when rows of a nested table are committed, and those above them are not.

`load` begins to commit, `complete_package` says that all was committed.
"""

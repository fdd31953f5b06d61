"""A full refresh that survives being killed half-way.

dlt drops the tables of a refresh first and moves the cursor last: a load that is killed in
between would leave empty tables behind an advanced cursor, and the rows would be lost for good.
So the intent is committed to the pipeline's state, at the destination, before anything is
dropped; the state that the refresh itself commits no longer has it. Whoever finds it there
refreshes again.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dlt
from dlt.common.pipeline import LoadInfo
from dlt.pipeline.pipeline import Pipeline

STATE_KEY = "restsrc_refresh"


def pending_refresh(state: Mapping[str, Any]) -> frozenset[str]:
    """The resources of a refresh that began to commit and did not end, by the source's state."""
    return frozenset(state.get(STATE_KEY, ()))


class RefreshIntent:
    """The state with the intent, extracted before the refresh reads, committed after it has read.

    An older load package than the refresh's own: dlt restores the state of the newest one.
    """

    def __init__(
        self, pipeline: Pipeline, source: str, names: frozenset[str], folder: Path
    ) -> None:
        self._pipeline = dlt.pipeline(
            pipeline.pipeline_name,
            destination=pipeline.destination,
            dataset_name=pipeline.dataset_name,
            pipelines_dir=str(folder),
        )
        self._pipeline.sync_destination()
        with self._pipeline.managed_state(extract_state=True) as state:
            sources = state.setdefault("sources", {})
            known = sources.setdefault(source, {})
            known[STATE_KEY] = sorted(names.union(known.get(STATE_KEY, ())))
        self._pipeline.normalize()
        self.packages = frozenset(self._pipeline.list_normalized_load_packages())
        pipeline.activate()

    def commit(self, pipeline: Pipeline) -> None:
        """Nothing is left to commit where a refresh that did not end has committed the same."""
        info: LoadInfo | None = self._pipeline.load()
        if info:
            info.raise_on_failed_jobs()
        pipeline.activate()


def intend_refresh(state: dict[str, Any], names: frozenset[str]) -> None:
    """Note in `state` what is to be refreshed after what is committed now."""
    if names:
        state[STATE_KEY] = sorted(names.union(state.get(STATE_KEY, ())))


def forget_refresh(state: dict[str, Any], names: frozenset[str]) -> None:
    """Take `names` out of the intent in `state`; they leave the destination's when it is committed.

    What could not be read stays intended where it was: its tables may be gone already. And what
    the file does not name any more, for the day when it is put back.
    """
    if left := sorted(set(state.pop(STATE_KEY, ())) - names):
        state[STATE_KEY] = left

"""What a destination knows of a connector: its tables, its cursors, and what was read before."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dlt.common.destination import AnyDestination
from dlt.common.schema import Schema
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.extract.http.kept_answers import KeptAnswer
from restsrc_dagster.load.destinations.destination import count_rows
from restsrc_dagster.load.destinations.kept_jobs import KeptJobs
from restsrc_dagster.load.state.history import History
from restsrc_dagster.load.state.jobs import late_jobs
from restsrc_dagster.load.state.pipeline_state import known_schema, mend_states, source_state


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known before a load.

    Args:
        destination: what it can do; it need not be connected.
        dataset: where the tables are.
        schema: of the tables so far; None before anything was ever loaded.
        state: dlt's of the source, with cursors, and what is ours beside them.
        has_rows: whether a table has any, asked only where that decides.
        late_jobs: those that a load has created on the way, and none has fetched; likewise.
    """

    destination: AnyDestination
    dataset: str = ""
    schema: Schema | None = None
    state: Mapping[str, Any] = field(default_factory=dict)
    has_rows: Callable[[str], bool] = lambda _: False
    late_jobs: Callable[[], list[KeptAnswer]] = list

    @property
    def states(self) -> Mapping[str, Any]:
        """dlt's states of the resources, by their names."""
        states: Mapping[str, Any] = self.state.get("resources", {})
        return states


def known_at(pipeline: Pipeline, source: str, resources: Resources) -> Known:
    """What is known in the pipeline's own folder, as the destination has it (`sync_destination`).

    Cursors that a pass had set back, and that a kill left so, are where they were.
    """
    mend_states(pipeline, source)
    History(pipeline, source, resources).restore_cursors()
    state = source_state(pipeline, source)
    return Known(
        destination=pipeline.destination,
        dataset=pipeline.dataset_name,
        schema=known_schema(pipeline),
        state=state,
        has_rows=lambda table: bool(count_rows(pipeline, {table: table}).get(table)),
        late_jobs=lambda: late_jobs(state, KeptJobs(pipeline).known()),
    )

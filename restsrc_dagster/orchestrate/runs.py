"""What Dagster's instance knows of a connector's runs, however they were started."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import dagster as dg

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.orchestrate.names import CONNECTOR_TAG, job_name, op_name, pool_name

WAITING = (dg.DagsterRunStatus.QUEUED,)
GOING = (
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)
ENDED = (
    dg.DagsterRunStatus.SUCCESS,
    dg.DagsterRunStatus.FAILURE,
    dg.DagsterRunStatus.CANCELED,
)
SUBMITTED = (*WAITING, *GOING, *ENDED)
"""A daemon that dies between creating and submitting a run leaves it NOT_STARTED, for ever unless
the same tick is resumed: such a run neither waits nor was requested."""
FOR_PARTITIONS = frozenset({"dagster/partition", "dagster/asset_partition_range_start"})
"""Tags of a run for one partition, and for a range of them."""
IMPLICIT_ASSET_JOB = "__ASSET_JOB"


def connector_runs(
    instance: dg.DagsterInstance,
    connector: str,
    statuses: Sequence[dg.DagsterRunStatus],
    *,
    updated_after: datetime | None = None,
    any_job: bool = False,
) -> list[dg.RunRecord]:
    """The connector's runs in these statuses, oldest first.

    Runs of the connector's job carry its tag. Runs from the asset graph of the UI carry no tag of
    ours: they are found by the assets that they are to materialize, or, where a translator has
    renamed those, by the pool of the connector's op. `any_job` looks into the runs of all jobs,
    a person's own among them, by the ops that they plan; that costs a query for each.
    """

    def matching(**having: Any) -> Sequence[dg.RunRecord]:
        return instance.get_run_records(
            dg.RunsFilter(statuses=list(statuses), updated_after=updated_after, **having)
        )

    tagged = matching(tags={CONNECTOR_TAG: connector})
    by_job = matching(job_name=job_name(connector))
    others = matching() if any_job else matching(job_name=IMPLICIT_ASSET_JOB)
    touching = (record for record in others if _touches(instance, record.dagster_run, connector))
    return _in_order([*tagged, *by_job, *touching])


def reads_news(run: dg.DagsterRun, connector: Connector) -> bool:
    """Whether a run goes on by the cursors of the whole connector: one for partitions, or with a
    range, reads these again and nothing else, and one of some assets leaves the others."""
    if not FOR_PARTITIONS.isdisjoint(run.tags):
        return False
    if run.asset_selection is not None:
        own = {key for key in run.asset_selection if key.path[0] == connector.name}
        chosen = own or run.asset_selection  # renamed by a translator
        if len(chosen) < sum(one.selected for one in connector.resources.values()):
            return False
    config: Mapping[str, Any] = run.run_config
    op = (config.get("ops") or {}).get(op_name(connector.name)) or {}
    return "from" not in (op.get("config") or {})


def _touches(instance: dg.DagsterInstance, run: dg.DagsterRun, connector: str) -> bool:
    selected = run.asset_selection
    pools = run.run_op_concurrency.all_pools if run.run_op_concurrency else None
    if pool_name(connector) in (pools or ()):
        return True
    if selected is not None:
        return any(key.path[0] == connector for key in selected)
    if run.job_name == IMPLICIT_ASSET_JOB:
        return True
    if run.execution_plan_snapshot_id is None:
        return False
    plan = instance.get_execution_plan_snapshot(run.execution_plan_snapshot_id)
    return any(step.key.split(".")[-1] == op_name(connector) for step in plan.steps)


def _in_order(records: Iterable[dg.RunRecord]) -> list[dg.RunRecord]:
    unique = {record.dagster_run.run_id: record for record in records}
    return sorted(unique.values(), key=lambda record: (record.create_timestamp, record.storage_id))

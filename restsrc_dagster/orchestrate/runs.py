"""What Dagster's instance knows of a connector's runs, however they were started."""

from collections.abc import Iterable, Sequence

import dagster as dg

from restsrc_dagster.orchestrate.names import CONNECTOR_TAG, job_name

WAITING = (dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.QUEUED)
GOING = (
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)
IMPLICIT_ASSET_JOB = "__ASSET_JOB"


def connector_runs(
    instance: dg.DagsterInstance, connector: str, statuses: Sequence[dg.DagsterRunStatus]
) -> list[dg.RunRecord]:
    """The connector's runs in these statuses, oldest first.

    Runs of the connector's job carry its tag. Runs from the asset graph of the UI carry no tag of
    ours: they are found by the assets that they are to materialize.
    """
    tagged = instance.get_run_records(
        dg.RunsFilter(statuses=list(statuses), tags={CONNECTOR_TAG: connector})
    )
    by_job = instance.get_run_records(
        dg.RunsFilter(statuses=list(statuses), job_name=job_name(connector))
    )
    from_graph = (
        record
        for record in instance.get_run_records(
            dg.RunsFilter(statuses=list(statuses), job_name=IMPLICIT_ASSET_JOB)
        )
        if _touches(record.dagster_run, connector)
    )
    return _in_order([*tagged, *by_job, *from_graph])


def _touches(run: dg.DagsterRun, connector: str) -> bool:
    selected = run.asset_selection
    return selected is None or any(key.path[0] == connector for key in selected)


def _in_order(records: Iterable[dg.RunRecord]) -> list[dg.RunRecord]:
    unique = {record.dagster_run.run_id: record for record in records}
    return sorted(unique.values(), key=lambda record: (record.create_timestamp, record.storage_id))

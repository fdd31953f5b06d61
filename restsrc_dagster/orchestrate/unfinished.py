"""What a run that is tried again still has to do."""

import dagster as dg


def already_materialized(
    instance: dg.DagsterInstance, run: dg.DagsterRun, *, again: bool
) -> frozenset[dg.AssetKey]:
    """The assets that a run need not load, as it goes on from where it, or another, had failed.

    Dagster repeats whole steps, and one step is the whole connector: when the step retries itself
    (`again`), and when a run is re-executed from failure, by a person or by `run_retries`. The
    strategy FROM_ASSET_FAILURE selects what failed by itself, and a re-execution of all steps is
    meant to repeat all.
    """
    found: set[dg.AssetKey] = set()
    if again:
        found |= _materialized(instance, run.run_id)
    while run.is_resume_retry and run.parent_run_id:
        found |= _materialized(instance, run.parent_run_id)
        parent = instance.get_run_by_id(run.parent_run_id)
        if parent is None:
            break
        run = parent
    return frozenset(found)


def _materialized(instance: dg.DagsterInstance, run_id: str) -> set[dg.AssetKey]:
    records = instance.get_records_for_run(
        run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION
    ).records
    return {record.asset_key for record in records if record.asset_key is not None}

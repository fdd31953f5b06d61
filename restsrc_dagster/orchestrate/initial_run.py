"""The first run of every new connector, requested as soon as its definitions are loaded."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone

import dagster as dg

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.orchestrate.dagster_private import UnresolvedAssetJobDefinition
from restsrc_dagster.orchestrate.memory import SensorMemory
from restsrc_dagster.orchestrate.names import (
    CONNECTOR_TAG,
    CREATED_AT_TAG,
    INITIAL,
    INITIAL_RUN_SENSOR,
    TRIGGER_TAG,
    iso,
    job_name,
    pool_name,
)
from restsrc_dagster.settings import Settings

Jobs = Sequence[dg.JobDefinition | UnresolvedAssetJobDefinition]

MINIMUM_INTERVAL_SECONDS = 5
CALM_INTERVAL_SECONDS = 30
"""Where no connector is new; a sensor has one pace, from load to load."""
TIME_BUDGET_SECONDS = 25
"""A tick's evaluation may take 60 s; asking the instance for one connector takes about 10 ms."""
LARGEST_BATCH = 50
"""The daemon launches a batch one run after the other, about 0.2 s each."""
PRIORITY = "10"
"""In the queue, a first run comes before scheduled ones, which have priority 0."""


def build_initial_run_sensor(
    connectors: Mapping[str, Connector],
    *,
    jobs: Jobs,
    keys: Mapping[str, Sequence[dg.AssetKey]],
    settings: Settings,
    something_is_new: bool = True,
) -> dg.SensorDefinition:
    """One sensor for all connectors of the location.

    Args:
        connectors: by name.
        jobs: the jobs that it may start.
        keys: the assets of each connector, by its name.
        settings: a branch deployment starts nothing by itself.
        something_is_new: whether a connector came a short while ago, so that the sensor hurries.
    """
    status = dg.DefaultSensorStatus
    pace = MINIMUM_INTERVAL_SECONDS if something_is_new else CALM_INTERVAL_SECONDS

    @dg.sensor(
        name=INITIAL_RUN_SENSOR,
        jobs=jobs,
        minimum_interval_seconds=pace,
        default_status=status.STOPPED if settings.branch_deployment else status.RUNNING,
        description="Starts the first run of each new connector, once.",
    )
    def initial_run_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        return evaluate_first_runs(context, connectors, keys, now=datetime.now(timezone.utc))

    return initial_run_sensor


def evaluate_first_runs(
    context: dg.SensorEvaluationContext,
    connectors: Mapping[str, Connector],
    keys: Mapping[str, Sequence[dg.AssetKey]],
    *,
    now: datetime,
) -> dg.SensorResult:
    """Request the first run of connectors that never had one, as many as one tick can take."""
    memory = SensorMemory.parse(context.cursor)
    memory.forget_old_news(connectors.values(), now)
    deadline = time.monotonic() + TIME_BUDGET_SECONDS
    requests: list[dg.RunRequest] = []
    unseen = [item for item in connectors.values() if not memory.knows_schedule(item)]
    left = len(unseen)
    for connector in unseen:
        if len(requests) >= LARGEST_BATCH or time.monotonic() > deadline:
            break
        if not memory.knows(connector) and not _was_requested(
            context.instance, connector, keys[connector.name]
        ):
            context.log.info(f"{connector.name}: first run requested")
            requests.append(first_run_request(connector))
            _make_pool(context.instance, connector)
        memory.remember(connector, now)
        left -= 1
    return dg.SensorResult(
        run_requests=requests, skip_reason=_reason(requests, left, connectors), cursor=memory.dump()
    )


def first_run_request(connector: Connector) -> dg.RunRequest:
    return dg.RunRequest(
        run_key=f"initial:{connector.identity}",
        job_name=job_name(connector.name),
        tags={
            CONNECTOR_TAG: connector.name,
            TRIGGER_TAG: INITIAL,
            CREATED_AT_TAG: iso(connector.created_at),
            "dagster/priority": PRIORITY,
        },
    )


def _make_pool(instance: dg.DagsterInstance, connector: Connector) -> None:
    """Before the queue meets it: its pass in which a pool becomes known does not limit it yet
    (dagster `op_concurrency_limits_counter.py`, `concurrency_keys`), and two runs would begin."""
    instance.event_log_storage.initialize_concurrency_limit_to_default(pool_name(connector.name))


def _was_requested(
    instance: dg.DagsterInstance, connector: Connector, keys: Sequence[dg.AssetKey]
) -> bool:
    """Whether this very connector had its first run, should the cursor be lost.

    The run tells, or, if it was deleted, any materialization: both name the creation time.
    """
    created_at = iso(connector.created_at)
    tags = {CONNECTOR_TAG: connector.name, CREATED_AT_TAG: created_at}
    if instance.get_run_records(dg.RunsFilter(tags=tags), limit=1):
        return True
    return any(
        _loaded_by(instance.get_latest_materialization_event(key)) == created_at for key in keys
    )


def _loaded_by(event: dg.EventLogEntry | None) -> object:
    """The creation time of the connector that materialized an asset."""
    materialization = event.asset_materialization if event else None
    found = materialization.metadata.get(CREATED_AT_TAG) if materialization else None
    return found.value if found else None


def _reason(
    requests: Sequence[dg.RunRequest], left: int, connectors: Mapping[str, Connector]
) -> str | None:
    if requests:
        return None
    count = len(connectors)
    if left:
        return f"still to be looked at, on the next tick: {left} of {count} connectors"
    if not connectors:
        return "no connectors"
    return f"no new connector: the first run of each was requested ({count} in all)"

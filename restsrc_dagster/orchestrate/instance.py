"""What the Dagster instance lacks that connectors count on: told by a run, once.

The shipped `dagster.yaml` has all of it. Who runs connectors in an instance of their own may not
know, and would notice when a run is lost or a worker waits for nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import dagster as dg

from restsrc_dagster.orchestrate.names import TOLD_TAG, pool_name
from restsrc_dagster.settings import EPHEMERAL_MARKS, Settings

PAGE = "In your own Dagster project"
DAGSTER_CLOUD = EPHEMERAL_MARKS["DAGSTER_CLOUD_DEPLOYMENT_NAME"]


@dataclass(frozen=True)
class Lack:
    """A setting that is missing, what that means, and the lines of `dagster.yaml` that add it."""

    setting: str
    means: str
    lines: str


NO_QUEUE = Lack(
    "run_coordinator",
    "there is no queue: a run that comes while another one of its connector is going begins at "
    "once, and waits for the lock of the destination or is refused",
    """\
run_coordinator:  # instead of the one that is there
  module: dagster
  class: QueuedRunCoordinator
""",
)
NO_POOLS = Lack(
    "concurrency.pools",
    "a run that comes while another one of its connector is going does not wait in the queue: it "
    "takes a worker, and waits for the lock of the destination or is refused",
    """\
concurrency:
  pools:
    granularity: run
    default_limit: 1
""",
)
NO_MONITORING = Lack(
    "run_monitoring",
    "a run whose worker died counts as going, and a cancelled one may keep its place in the pool: "
    "no further run of the connector begins then",
    """\
run_monitoring:
  enabled: true
  free_slots_after_run_end_seconds: 30
""",
)
NO_RETRIES = Lack(
    "run_retries",
    "a run whose worker died is not tried again: what it had left comes with the next slot",
    """\
run_retries:
  enabled: true
  max_retries: 2
  retry_on_asset_or_op_failure: false
""",
)


def lacks_of(instance: dg.DagsterInstance, connector: str) -> Iterator[Lack]:
    """What is missing, in the order of the page."""
    if not isinstance(instance.run_coordinator, dg.QueuedRunCoordinator):
        yield NO_QUEUE
    elif not _has_pool(instance, pool_name(connector)):
        yield NO_POOLS
    monitoring = instance.get_settings("run_monitoring") or {}
    if not (monitoring.get("enabled") and monitoring.get("free_slots_after_run_end_seconds")):
        yield NO_MONITORING
    if not (instance.run_retries_enabled and instance.run_retries_max_retries):
        yield NO_RETRIES


def tell_what_is_missing(
    context: dg.AssetExecutionContext, connector: str, *, settings: Settings
) -> None:
    """Warn in the log of the run, unless a run of this instance has told the same.

    The run that tells is tagged, so that this needs no memory of its own. Of Dagster+ nothing is
    told: its deployment settings are not to be seen from a run.
    """
    instance, run = context.instance, context.run
    if instance.is_ephemeral or settings.ephemeral_on == DAGSTER_CLOUD:
        return
    lacks = list(lacks_of(instance, connector))
    if not lacks:
        return
    names = ", ".join(lack.setting for lack in lacks)
    if instance.get_run_records(dg.RunsFilter(tags={TOLD_TAG: names}), limit=1):
        return
    instance.add_run_tags(run.run_id, {TOLD_TAG: names})
    context.log.warning(in_words(lacks, pool=pool_name(connector)))


def in_words(lacks: list[Lack], *, pool: str) -> str:
    """The warning: what it means, and the lines to add."""
    means = "\n".join(f"- {lack.setting}: {lack.means}" for lack in lacks)
    lines = "".join(lack.lines for lack in lacks)
    other = (
        f"\nWhere pools of your own must not get that limit, leave default_limit out, and run:\n"
        f"dagster instance concurrency set {pool} 1   (for each connector)"
        if NO_POOLS in lacks
        else ""
    )
    return (
        "This Dagster instance lacks settings that connectors count on. No row is lost by that, "
        "but:"
        f'\n{means}\nAdd to its dagster.yaml, and restart Dagster (the page "{PAGE}" says more):'
        f"\n\n{lines}{other}"
    ).rstrip()


def _has_pool(instance: dg.DagsterInstance, pool: str) -> bool:
    """Whether further runs of the pool's connector wait in the queue."""
    pools = instance.get_concurrency_config().pool_config
    granularity = pools.pool_granularity
    if granularity is None or granularity.value != "run":
        return False
    for one in instance.event_log_storage.get_pool_limits():
        if one.name == pool and not one.from_default:
            return one.limit == 1
    return pools.default_pool_limit == 1

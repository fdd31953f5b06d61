"""A connector's schedule: each of its cron ticks is a slot, and decides whether that has a run.

After an outage it evaluates only the latest missed
tick (`_scheduler/scheduler.py`, "not trying to catch up"). So a tick does not ask "am I a slot?"
but "is the latest slot requested yet?".
"""

from collections.abc import Callable
from datetime import datetime, timezone

import dagster as dg

from restsrc_dagster.connector.files.watch import Trouble
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.schedule.cron import Cron
from restsrc_dagster.orchestrate.ledger import Ledger
from restsrc_dagster.orchestrate.names import (
    CONNECTOR_TAG,
    SCHEDULE,
    SCHEDULE_TAG,
    SLOT_TAG,
    TRIGGER_TAG,
    in_words,
    iso,
    job_name,
    schedule_name,
)
from restsrc_dagster.orchestrate.runs import GOING, WAITING, connector_runs, reads_news
from restsrc_dagster.settings import Settings

LATER = (
    "its slots are requested by the sensor later_slots_sensor since the dates have ended that this "
    "schedule names; reload the location to have it name the next ones"
)
Evaluation = dg.RunRequest | dg.SkipReason


def build_connector_schedule(
    connector: Connector,
    *,
    settings: Settings,
    loaded_at: datetime,
    cron: Cron,
    trouble: Callable[[], Trouble | None] = lambda: None,
    description: str | None = None,
) -> dg.ScheduleDefinition:
    """The schedule of a connector.

    Args:
        connector: gives the slots.
        settings: a branch deployment starts nothing by itself.
        loaded_at: when this process loaded the definitions; aware.
        cron: has a tick at each of them.
        trouble: what is the matter with the connector's file at the moment.
        description: by default the schedule in words.
    """
    slots = connector.slots
    status = dg.DefaultScheduleStatus
    return dg.ScheduleDefinition(
        name=schedule_name(connector.name),
        job_name=job_name(connector.name),
        cron_schedule=list(cron.strings) if len(cron.strings) > 1 else cron.strings[0],
        execution_timezone=cron.zone,
        execution_fn=_evaluate(connector, loaded_at, trouble, cron),
        default_status=status.STOPPED if settings.branch_deployment else status.RUNNING,
        description=description or connector.schedule.describe(connector.created_at),
        tags={CONNECTOR_TAG: connector.name},
        metadata={
            "schedule": connector.schedule.describe(connector.created_at),
            "anchor": iso(slots.anchor),
            "period_minutes": int(slots.period.total_seconds() // 60),
            "created_at": iso(connector.created_at),
        },
    )


def _evaluate(
    connector: Connector,
    loaded_at: datetime,
    trouble: Callable[[], Trouble | None],
    cron: Cron,
) -> Callable[[dg.ScheduleEvaluationContext], Evaluation]:
    def evaluate(context: dg.ScheduleEvaluationContext) -> Evaluation:
        found = trouble()
        if found is not None and not found.can_run:
            return dg.SkipReason(found.says)
        at = context.scheduled_execution_time.astimezone(timezone.utc)
        latest = connector.slots.latest(max(at, datetime.now(timezone.utc)))
        if cron.end is not None and latest is not None and latest >= cron.end:
            return dg.SkipReason(LATER)
        return evaluate_tick(connector, at, Ledger(context.instance, connector), loaded_at)

    return evaluate


def evaluate_tick(
    connector: Connector, at: datetime, ledger: Ledger, loaded_at: datetime
) -> Evaluation:
    """What the tick at `at` does: request the latest slot, or say why not."""
    slot = connector.slots.latest(at)
    then = f"the next slot is {in_words(connector.slots.next(at))}"
    if slot is None:
        return dg.SkipReason(f"{connector.name} has had no slot yet; {then}")
    if ledger.is_requested(slot, by=at):
        return dg.SkipReason(f"slot {in_words(slot)} is already requested; {then}")
    edited_at = ledger.schedule_known_since(loaded_at)
    if edited_at is not None and slot <= edited_at:
        return dg.SkipReason(
            f"slot {in_words(slot)} lies before this schedule was loaded, at "
            f"{in_words(edited_at)}; {then}"
        )
    waiting = [
        record
        for record in connector_runs(ledger.instance, connector.name, WAITING)
        if reads_news(record.dagster_run, connector)
    ]
    if waiting:
        going = connector_runs(ledger.instance, connector.name, GOING)
        until = f" until run {going[0].dagster_run.run_id} ends" if going else ""
        return dg.SkipReason(
            f"slot {in_words(slot)} is left to run {waiting[0].dagster_run.run_id}: it waits in "
            f"the queue{until}, and will read what is new by then; {then}"
        )
    return dg.RunRequest(
        run_key=iso(slot),
        tags={
            CONNECTOR_TAG: connector.name,
            TRIGGER_TAG: SCHEDULE,
            SLOT_TAG: iso(slot),
            SCHEDULE_TAG: connector.schedule.describe(connector.created_at),
        },
    )

"""Slots behind the dates that a schedule's cron strings name, for a location that runs for weeks.

A slot that no cron string says is named by its date (`connector/schedule/cron.py`), as far ahead as
some strings reach. From there on one sensor requests the slots of all such connectors, by the same
rules, and a schedule that a person has stopped stays stopped. On a branch deployment all are, until
a person starts one: there the sensor runs, too, and does nothing for the others.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

import dagster as dg

from restsrc_dagster.connector.files.watch import Trouble
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.orchestrate.dagster_private import (
    InstigatorStatus,
    InstigatorType,
    UnresolvedAssetJobDefinition,
    location_of,
)
from restsrc_dagster.orchestrate.ledger import Ledger
from restsrc_dagster.orchestrate.names import LATER_SLOTS_SENSOR, iso, job_name, schedule_name
from restsrc_dagster.orchestrate.schedules import Evaluation, evaluate_tick
from restsrc_dagster.settings import Settings

INTERVAL_SECONDS = 30
TIME_BUDGET_SECONDS = 25
"""A tick's evaluation may take 60 s; asking the instance for one connector takes about 10 ms."""


@dataclass(frozen=True)
class LaterSlots:
    """The slots of one connector from `since` on.

    `trouble` tells what is the matter with its file at the moment.
    """

    connector: Connector
    since: datetime
    loaded_at: datetime
    trouble: Callable[[], Trouble | None]

    def due(self, now: datetime) -> datetime | None:
        """The latest slot, if it is one of them."""
        if now < self.since:
            return None
        slot = self.connector.slots.latest(now)
        return slot if slot is not None and slot >= self.since else None


def build_later_slots_sensor(
    later: Sequence[LaterSlots],
    *,
    jobs: Sequence[dg.JobDefinition | UnresolvedAssetJobDefinition],
    settings: Settings,
) -> dg.SensorDefinition:
    """One sensor for all connectors of the location whose slots no cron string says."""

    @dg.sensor(
        name=LATER_SLOTS_SENSOR,
        jobs=jobs,
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Requests slots that no cron string says, such as every 7 minutes, when this "
        "location was loaded so long ago that its schedules name their dates no more.",
    )
    def later_slots_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        return evaluate_later_slots(
            context,
            later,
            now=datetime.now(timezone.utc),
            on_by_default=not settings.branch_deployment,
        )

    return later_slots_sensor


def evaluate_later_slots(
    context: dg.SensorEvaluationContext,
    later: Sequence[LaterSlots],
    *,
    now: datetime,
    on_by_default: bool = True,
) -> dg.SensorResult:
    """Request the latest slot of each connector, or say why not, as often as one tick can."""
    requested = _parse(context.cursor)
    due = {
        one.connector.name: (one, slot)
        for one in later
        if (slot := one.due(now)) is not None and requested.get(one.connector.name) != iso(slot)
    }
    deadline = time.monotonic() + TIME_BUDGET_SECONDS
    switched = _switched(context) if due else {}
    requests: list[dg.RunRequest] = []
    reasons: list[str] = []
    for name, (one, slot) in due.items():
        if time.monotonic() > deadline:
            break
        requested[name] = iso(slot)
        is_on = switched.get(schedule_name(name), on_by_default)
        found = _evaluate(context.instance, one, now, is_on=is_on)
        if isinstance(found, dg.RunRequest):
            key = f"{name}:{found.run_key}"
            requests.append(dg.RunRequest(key, job_name=job_name(name), tags=found.tags))
        else:
            reasons.append(str(found.skip_message))
    reason = "\n".join(reasons) or _calm(later, now)
    return dg.SensorResult(
        run_requests=requests,
        skip_reason=None if requests else reason,
        cursor=json.dumps(requested) if requested else None,
    )


def _evaluate(
    instance: dg.DagsterInstance, one: LaterSlots, now: datetime, *, is_on: bool
) -> Evaluation:
    if not is_on:
        return dg.SkipReason(f"{schedule_name(one.connector.name)} is stopped")
    trouble = one.trouble()
    if trouble is not None and not trouble.can_run:
        return dg.SkipReason(trouble.says)
    return evaluate_tick(one.connector, now, Ledger(instance, one.connector), one.loaded_at)


def _calm(later: Sequence[LaterSlots], now: datetime) -> str:
    behind = sum(now >= one.since for one in later)
    if not behind:
        return "the schedules name the dates of their slots themselves"
    return f"nothing is due; reload the location so that {behind} schedules show their next slots"


def _parse(cursor: str | None) -> dict[str, str]:
    try:
        found = json.loads(cursor or "{}")
    except ValueError:
        return {}
    return {str(name): str(slot) for name, slot in found.items()} if isinstance(found, dict) else {}


def _switched(context: dg.SensorEvaluationContext) -> dict[str, bool]:
    """The schedules of this location that a person has switched, by name: whether on."""
    here = context.code_location_origin
    states = context.instance.all_instigator_state(instigator_type=InstigatorType.SCHEDULE)
    return {
        state.instigator_name: state.status is InstigatorStatus.RUNNING
        for state in states
        if state.status in (InstigatorStatus.RUNNING, InstigatorStatus.STOPPED)
        and (here is None or location_of(state) == here.location_name)
    }

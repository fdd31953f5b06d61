"""What was requested already, as the Dagster instance remembers it.

Runs tell it first. A run may be deleted, so ticks are asked too; and the sensor's memory tells
since when a schedule has been what it is.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import dagster as dg

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.orchestrate.dagster_private import (
    InstigatorState,
    InstigatorType,
    SensorInstigatorData,
    TickStatus,
)
from restsrc_dagster.orchestrate.memory import SensorMemory
from restsrc_dagster.orchestrate.names import (
    CONNECTOR_TAG,
    INITIAL,
    INITIAL_RUN_SENSOR,
    SCHEDULE,
    SCHEDULE_TAG,
    SLOT_TAG,
    TRIGGER_TAG,
    from_iso,
    iso,
    schedule_name,
)
from restsrc_dagster.orchestrate.runs import ENDED, GOING, SUBMITTED, connector_runs, reads_news

RECENT_RUNS = 20


@dataclass(frozen=True)
class _Scheduled:
    """The slot of the last scheduled run, and whether the schedule of today requested it."""

    slot: datetime
    of_today: bool


class Ledger:
    """The record of one connector's requested slots."""

    def __init__(self, instance: dg.DagsterInstance, connector: Connector) -> None:
        self.instance = instance
        self._connector = connector

    def is_requested(self, slot: datetime, *, by: datetime) -> bool:
        """Whether `slot` needs no run any more, asked at the tick `by`.

        A tick on the slot itself asks only for a run of this very slot. A later tick is there to
        catch up: it also counts a run that began after the slot, since that one read what the
        slot was for, and anyone's run that waited at the slot, since the slot was left to it.
        """
        if by == slot:
            tags = {CONNECTOR_TAG: self._connector.name, SLOT_TAG: iso(slot)}
            submitted = dg.RunsFilter(tags=tags, statuses=list(SUBMITTED))
            return bool(self.instance.get_run_records(submitted, limit=1))
        return (
            any(self._covers(record, slot) for record in self._recent())
            or self._was_left_to_another(slot)
            or self._ticked(slot)
        )

    def schedule_known_since(self, loaded_at: datetime) -> datetime | None:
        """When the schedule of today was first loaded, if a slot may lie before; else None.

        The sensor notes each schedule that it sees for the first time, and each scheduled run
        tells the schedule that it came from. The later of the two is right: an edit that is a few
        seconds old has not met the sensor yet. A schedule that neither knows is as new as this
        process's definitions.
        """
        last = self._last_scheduled()
        for memory in self._sensor_memories():
            if memory.knows_schedule(self._connector):
                since = memory.known_since(self._connector)
                if last is None or last.of_today or (since is not None and last.slot <= since):
                    return since
                return loaded_at
        return None if last is not None and last.of_today else loaded_at

    def _last_scheduled(self) -> _Scheduled | None:
        words = self._connector.schedule.describe(self._connector.created_at)
        for record in self._recent():
            tags = record.dagster_run.tags
            if SLOT_TAG in tags:
                slot = from_iso(tags[SLOT_TAG])
                same = tags.get(SCHEDULE_TAG) == words and slot in self._connector.slots
                return _Scheduled(slot, of_today=same)
        return None

    def _recent(self) -> list[dg.RunRecord]:
        tags = {CONNECTOR_TAG: self._connector.name, TRIGGER_TAG: [INITIAL, SCHEDULE]}
        submitted = dg.RunsFilter(tags=tags, statuses=list(SUBMITTED))
        return list(self.instance.get_run_records(submitted, limit=RECENT_RUNS))

    @staticmethod
    def _covers(record: dg.RunRecord, slot: datetime) -> bool:
        requested = record.dagster_run.tags.get(SLOT_TAG)
        if requested is not None and from_iso(requested) >= slot:
            return True
        if record.start_time is not None:
            return record.start_time >= slot.timestamp()
        return _created(record) >= slot

    def _was_left_to_another(self, slot: datetime) -> bool:
        begun = connector_runs(
            self.instance, self._connector.name, [*GOING, *ENDED], updated_after=slot
        )
        return any(
            _created(record) < slot
            and reads_news(record.dagster_run, self._connector)
            and (
                record.dagster_run.status is dg.DagsterRunStatus.STARTING
                or (record.start_time or 0) >= slot.timestamp()
            )
            for record in begun
        )

    def _ticked(self, slot: datetime) -> bool:
        """Whether a tick at or after `slot` requested a run: it stays known if the run is gone."""
        name = schedule_name(self._connector.name)
        just_before = (slot - timedelta(seconds=1)).timestamp()
        return any(
            tick.timestamp >= slot.timestamp() and tick.run_ids
            for state in self._instigators(InstigatorType.SCHEDULE, name)
            for tick in self.instance.get_ticks(
                state.instigator_origin_id,
                state.selector_id,
                after=just_before,
                statuses=[TickStatus.SUCCESS],
            )
        )

    def _sensor_memories(self) -> list[SensorMemory]:
        return [
            SensorMemory.parse(state.instigator_data.cursor)
            for state in self._instigators(InstigatorType.SENSOR, INITIAL_RUN_SENSOR)
            if isinstance(state.instigator_data, SensorInstigatorData)
        ]

    def _instigators(self, kind: InstigatorType, name: str) -> list[InstigatorState]:
        states = self.instance.all_instigator_state(instigator_type=kind)
        return [state for state in states if state.instigator_name == name]


def _created(record: dg.RunRecord) -> datetime:
    return record.create_timestamp.replace(tzinfo=timezone.utc)

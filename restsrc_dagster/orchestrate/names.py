"""The names and tags that users, alerts and other programs rely on."""

from datetime import datetime, timezone

import dagster as dg

from restsrc_dagster.connector.time.iso import parse_time

CONNECTOR_TAG = "restsrc/connector"
TRIGGER_TAG = "restsrc/trigger"
SLOT_TAG = "restsrc/slot"
CREATED_AT_TAG = "restsrc/created_at"
SCHEDULE_TAG = "restsrc/schedule"
TOLD_TAG = "restsrc/instance_lacks"
"""Of the run that has told what its Dagster instance lacks."""

INITIAL = "initial"
SCHEDULE = "schedule"

INITIAL_RUN_SENSOR = "initial_run_sensor"
CONNECTOR_FILES_SENSOR = "connector_files_sensor"
ALERTS_SENSOR = "alerts_sensor"
LATER_SLOTS_SENSOR = "later_slots_sensor"
DELIVERY_CHECK = "delivery"
CONNECTOR_FILE_CHECK = "connector_file"
SCHEMA_CHECK = "column_schema_change"
"""The name that Dagster's own check of this kind has."""

_JOB = "_sync"
_OP = "__load"


def asset_key(connector: str, resource: str) -> dg.AssetKey:
    return dg.AssetKey([connector, resource])


def job_name(connector: str) -> str:
    return f"{connector}{_JOB}"


def connector_of_job(job: str) -> str | None:
    """The connector of which `job` could be the job; None if its name says that it is none's."""
    return job.removesuffix(_JOB) if job.endswith(_JOB) else None


def op_name(connector: str) -> str:
    """The op in the launchpad: `ops: {<connector>__load: {config: {full_refresh: true}}}`."""
    return f"{connector}{_OP}"


def connector_of_op(op: str) -> str | None:
    """The connector of which `op` could be the op; None if its name says that it is none's."""
    return op.removesuffix(_OP) if op.endswith(_OP) else None


def schedule_name(connector: str) -> str:
    return f"{connector}_schedule"


def pool_name(connector: str) -> str:
    """The concurrency pool that admits one run of the connector at a time."""
    return f"restsrc_{connector}"


def iso(at: datetime) -> str:
    """A time as tags and messages show it: `2026-11-23T10:13:00Z`."""
    text = at.astimezone(timezone.utc).isoformat(
        timespec="microseconds" if at.microsecond else "seconds"
    )
    return text.replace("+00:00", "Z")


def from_iso(text: str) -> datetime:
    return parse_time(text).astimezone(timezone.utc)


def in_words(at: datetime) -> str:
    """A time as people read it: `2026-11-23 10:13 UTC`."""
    return f"{at.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"

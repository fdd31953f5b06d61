"""Every name that this package takes from Dagster's private modules.

A test imports and uses each of them, so that an upgrade that moves one fails there by name.
"""

from types import ModuleType
from typing import Any

from dagster._core.definitions.definitions_load_context import (
    DefinitionsLoadContext,
    DefinitionsLoadType,
)
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from dagster._core.events import EngineEventData
from dagster._core.instance import InstanceRef
from dagster._core.launcher import (
    CheckRunHealthResult,
    LaunchRunContext,
    ResumeRunContext,
    WorkerStatus,
)
from dagster._core.remote_representation.code_location import GrpcServerCodeLocation
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    SensorInstigatorData,
    TickStatus,
)
from dagster._core.storage.tags import HIDDEN_TAG_PREFIX
from dagster._grpc.impl import core_execute_run
from dagster._serdes import ConfigurableClassData, deserialize_value, serialize_value
from dagster._utils import get_run_crash_explanation
from dagster._utils.hosted_user_process import recon_job_from_origin
from dagster._utils.interrupts import capture_interrupts

__all__ = [
    "HIDDEN_TAG_PREFIX",
    "CheckRunHealthResult",
    "ConfigurableClassData",
    "DefinitionsLoadContext",
    "DefinitionsLoadType",
    "EngineEventData",
    "GrpcServerCodeLocation",
    "InstanceRef",
    "InstigatorState",
    "InstigatorStatus",
    "InstigatorType",
    "LaunchRunContext",
    "ResumeRunContext",
    "SensorInstigatorData",
    "TickStatus",
    "UnresolvedAssetJobDefinition",
    "WorkerStatus",
    "capture_interrupts",
    "core_execute_run",
    "deserialize_value",
    "get_run_crash_explanation",
    "location_of",
    "recon_job_from_origin",
    "serialize_value",
    "sqlite_storages",
    "storage_migrations",
]


def location_of(state: InstigatorState) -> str:
    """The code location whose schedule or sensor it is."""
    return str(state.origin.repository_origin.code_location_origin.location_name)


def sqlite_storages() -> tuple[ModuleType, ...]:
    """The modules that connect to SQLite, each by its name `create_engine`."""
    from dagster._core.storage.event_log.sqlite import sqlite_event_log
    from dagster._core.storage.runs.sqlite import sqlite_run_storage
    from dagster._core.storage.schedules.sqlite import sqlite_schedule_storage

    return sqlite_event_log, sqlite_run_storage, sqlite_schedule_storage


def storage_migrations() -> tuple[ModuleType, list[Any]]:
    """The module that reads migrations, by its name `ScriptDirectory`, and Alembic's configurations
    of these storages, which have one folder of them."""
    from dagster._core.storage import sql

    return sql, [sql.get_alembic_config(str(storage.__file__)) for storage in sqlite_storages()]

"""Every name that this package takes from Dagster's private modules.

A test imports and uses each of them, so that an upgrade that moves one fails there by name.
"""

from dagster._core.definitions.definitions_load_context import (
    DefinitionsLoadContext,
    DefinitionsLoadType,
)
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    SensorInstigatorData,
    TickStatus,
)

__all__ = [
    "DefinitionsLoadContext",
    "DefinitionsLoadType",
    "InstigatorState",
    "InstigatorStatus",
    "InstigatorType",
    "SensorInstigatorData",
    "TickStatus",
    "UnresolvedAssetJobDefinition",
    "location_of",
]


def location_of(state: InstigatorState) -> str:
    """The code location whose schedule or sensor it is."""
    return str(state.origin.repository_origin.code_location_origin.location_name)

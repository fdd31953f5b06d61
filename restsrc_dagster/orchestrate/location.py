"""What a code location has of its connectors: of each its definitions, and the sensors of all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import dagster as dg

from restsrc_dagster.connector.files.conflicts import conflicts
from restsrc_dagster.connector.files.watch import FolderWatch, Trouble
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.schedule.cron import cron_of
from restsrc_dagster.errors import ConnectorError, Problem
from restsrc_dagster.orchestrate.alerts import Watched, build_alerts_sensor
from restsrc_dagster.orchestrate.assets import Execute, build_connector_assets
from restsrc_dagster.orchestrate.checks import problems_in_words
from restsrc_dagster.orchestrate.dagster_private import UnresolvedAssetJobDefinition
from restsrc_dagster.orchestrate.files_sensor import build_connector_files_sensor
from restsrc_dagster.orchestrate.initial_run import build_initial_run_sensor
from restsrc_dagster.orchestrate.later_slots import (
    LaterSlots,
    build_later_slots_sensor,
)
from restsrc_dagster.orchestrate.names import CONNECTOR_FILE_CHECK, CONNECTOR_TAG, job_name
from restsrc_dagster.orchestrate.schedules import build_connector_schedule
from restsrc_dagster.orchestrate.selection import AssetsWithChecks
from restsrc_dagster.orchestrate.translator import ConnectorTranslator
from restsrc_dagster.settings import Settings


@dataclass(frozen=True)
class ConnectorDefinitions:
    """What one connector brings."""

    connector: Connector
    assets: dg.AssetsDefinition
    job: UnresolvedAssetJobDefinition
    schedule: dg.ScheduleDefinition
    later: LaterSlots | None = None

    @property
    def checked(self) -> list[dg.AssetKey]:
        """The assets with a check of the connector's file."""
        return sorted(
            check.asset_key
            for check in self.assets.check_keys
            if check.name == CONNECTOR_FILE_CHECK
        )


@dataclass(frozen=True)
class FoundConnectors:
    """Connectors of a code location, from one place: a folder, or a component.

    `in_order` can be loaded, `broken` cannot; `watch` looks at the files of a folder.
    """

    in_order: Mapping[str, ConnectorDefinitions]
    broken: Mapping[str, ConnectorDefinitions] = field(default_factory=dict)
    watch: FolderWatch | None = None
    something_is_new: bool = True

    @property
    def shown(self) -> dict[str, ConnectorDefinitions]:
        """All that Dagster shows."""
        return {**self.in_order, **self.broken}

    def definitions(self) -> dg.Definitions:
        """Assets, jobs and schedules; the sensors are the location's."""
        shown = self.shown.values()
        return dg.Definitions(
            assets=[definitions.assets for definitions in shown],
            jobs=[definitions.job for definitions in shown],
            schedules=[definitions.schedule for definitions in shown],
        )


def build_connector_definitions(
    connector: Connector,
    *,
    settings: Settings,
    translator: ConnectorTranslator | None = None,
    loaded_at: datetime,
    file: Path | None = None,
    trouble: Callable[[], Trouble | None] = lambda: None,
    problems: Sequence[Problem] = (),
    schedule_is_known: bool = True,
    execute: Execute | None = None,
) -> ConnectorDefinitions:
    """Assets, job and schedule of one connector.

    Args:
        connector: what its file says.
        settings: of the deployment.
        translator: gives the assets another look.
        loaded_at: when this process loaded the definitions; aware.
        file: where a person reads it.
        trouble: what is the matter with the file at the moment.
        problems: why nothing can be loaded.
        schedule_is_known: false if the schedule is none of the file's.
        execute: what runs a load, by default the load itself.
    """
    assets = build_connector_assets(
        connector,
        settings=settings,
        translator=translator,
        file=file,
        problems=problems,
        is_fresh_by_schedule=schedule_is_known,
        execute=execute,
    )
    description = problems_in_words(problems) if problems else None
    cron = cron_of(connector.slots, loaded_at)
    return ConnectorDefinitions(
        connector=connector,
        assets=assets,
        job=dg.define_asset_job(
            job_name(connector.name),
            selection=AssetsWithChecks(assets.keys),
            tags={CONNECTOR_TAG: connector.name},
            description=description or connector.description,
            executor_def=dg.in_process_executor,
        ),
        schedule=build_connector_schedule(
            connector,
            settings=settings,
            loaded_at=loaded_at,
            cron=cron,
            trouble=trouble,
            description=description,
        ),
        later=LaterSlots(connector, cron.end, loaded_at, trouble) if cron.end else None,
    )


def location_sensors(
    found: Sequence[FoundConnectors], *, settings: Settings
) -> list[dg.SensorDefinition]:
    """The sensors of a location, each for the connectors of all places.

    Raises:
        ConnectorError: two places have a connector of one name.
    """
    built: dict[str, ConnectorDefinitions] = {}
    shown: dict[str, ConnectorDefinitions] = {}
    for place in found:
        if twice := sorted(shown.keys() & place.shown.keys()):
            says = "is the name of two connectors, a file's and a component's, or two components'"
            raise ConnectorError([Problem(name, "", says) for name in twice])
        built |= place.in_order
        shown |= place.shown
    # Those of one folder were compared as it was read, and one of each two is not among them.
    every = {name: definitions.connector for name, definitions in built.items()}
    clashes = conflicts(every, settings.destination, default_file=settings.file_of)
    if len(found) > 1 and (shared := list(clashes)):
        raise ConnectorError([Problem(*one) for one in shared])
    watches = [place.watch for place in found if place.watch is not None]
    sensors = [
        build_initial_run_sensor(
            every,
            jobs=[definitions.job for definitions in built.values()],
            keys={name: sorted(definitions.assets.keys) for name, definitions in built.items()},
            settings=settings,
            something_is_new=any(place.something_is_new for place in found),
        )
    ]
    for place in found:
        if place.watch is not None:
            checked = {name: definitions.checked for name, definitions in place.shown.items()}
            sensors.append(build_connector_files_sensor(place.watch, checked, settings=settings))
    if later := [one.later for one in built.values() if one.later is not None]:
        jobs = [built[one.connector.name].job for one in later]
        sensors.append(build_later_slots_sensor(later, jobs=jobs, settings=settings))
    if settings.alert_url:
        watched = {
            name: Watched.of(definitions.connector, list(definitions.assets.keys))
            for name, definitions in shown.items()
        }
        sensors.append(
            build_alerts_sensor(watches, watched, url=settings.alert_url, settings=settings)
        )
    return sensors

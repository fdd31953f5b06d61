"""A folder of connector files in, Dagster definitions out."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from restsrc_dagster.connector.files import read_folder
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.neighbours import shared_tables
from restsrc_dagster.errors import ConnectorError, Problem
from restsrc_dagster.orchestrate.assets import build_connector_assets
from restsrc_dagster.orchestrate.dagster_private import UnresolvedAssetJobDefinition
from restsrc_dagster.orchestrate.files_sensor import build_connector_files_sensor
from restsrc_dagster.orchestrate.initial_run import build_initial_run_sensor
from restsrc_dagster.orchestrate.names import CONNECTOR_TAG, job_name
from restsrc_dagster.orchestrate.schedules import build_connector_schedule
from restsrc_dagster.orchestrate.translator import ConnectorTranslator
from restsrc_dagster.settings import Settings

VALIDATING = "DAGSTER_IS_DEFS_VALIDATION_CLI"

log = logging.getLogger("dagster.restsrc")


@dataclass(frozen=True)
class ConnectorDefinitions:
    """What one connector brings."""

    assets: dg.AssetsDefinition
    job: UnresolvedAssetJobDefinition
    schedule: dg.ScheduleDefinition


def build_definitions(
    connectors_dir: str | Path,
    *,
    translator: ConnectorTranslator | None = None,
    settings: Settings | None = None,
) -> dg.Definitions:
    """The definitions of every connector in a folder.

    A broken file is left out, loudly: the log and `connector_files_sensor` name it, and
    `dagster definitions validate` fails. No file is written, nothing is requested, dlt is not
    imported.

    Args:
        connectors_dir: the folder; its subfolders are not read.
        translator: gives the assets another look.
        settings: by default from the environment.

    Raises:
        SettingsError: there is no such folder.
        ConnectorError: a file is broken, under `dagster definitions validate` only.
    """
    folder = Path(connectors_dir)
    settings = settings or Settings.from_environment()
    loaded_at = datetime.now(UTC)
    read = read_folder(folder)
    refused = {
        name: Problem(str(folder / name), "destination", message)
        for name, message in shared_tables(read.connectors, settings.destination)
    }
    built: dict[str, ConnectorDefinitions] = {}
    for name, connector in read.connectors.items():
        if name in refused:
            continue
        try:
            built[name] = build_connector_definitions(
                connector, settings=settings, translator=translator, loaded_at=loaded_at
            )
        except (dg.DagsterError, ValueError) as error:
            refused[name] = Problem(str(folder / name), "", f"Dagster refuses it: {error}")
    _tell([*read.problems, *refused.values()])
    connectors = {name: read.connectors[name] for name in built}
    jobs = [definitions.job for definitions in built.values()]
    return dg.Definitions(
        assets=[definitions.assets for definitions in built.values()],
        jobs=jobs,
        schedules=[definitions.schedule for definitions in built.values()],
        sensors=[
            build_initial_run_sensor(
                connectors,
                jobs=jobs,
                keys={name: sorted(definitions.assets.keys) for name, definitions in built.items()},
                settings=settings,
            ),
            build_connector_files_sensor(folder, read, refused, settings=settings),
        ],
    )


def build_connector_definitions(
    connector: Connector,
    *,
    settings: Settings,
    translator: ConnectorTranslator | None = None,
    loaded_at: datetime,
) -> ConnectorDefinitions:
    """Assets, job and schedule of one connector."""
    assets = build_connector_assets(connector, settings=settings, translator=translator)
    return ConnectorDefinitions(
        assets=assets,
        job=dg.define_asset_job(
            job_name(connector.name),
            selection=dg.AssetSelection.assets(*assets.keys),
            tags={CONNECTOR_TAG: connector.name},
            description=connector.description,
            executor_def=dg.in_process_executor,
        ),
        schedule=build_connector_schedule(connector, settings=settings, loaded_at=loaded_at),
    )


def _tell(problems: list[Problem], environment: Mapping[str, str] = os.environ) -> None:
    if not problems:
        return
    if environment.get(VALIDATING):
        raise ConnectorError(problems)
    for problem in problems:
        log.error("left out: %s", problem)

"""A folder of connector files in, Dagster definitions out."""

import logging
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import dagster as dg

from restsrc_dagster.connector.files import ConnectorFolder, find_connector, read_folder
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.neighbours import may_share_tables, shared_tables
from restsrc_dagster.connector.salvage import Salvage, salvage
from restsrc_dagster.connector.watch import FolderWatch, Trouble
from restsrc_dagster.errors import ConnectorError, Problem
from restsrc_dagster.orchestrate.alerts import Watched, build_alerts_sensor
from restsrc_dagster.orchestrate.assets import Execute, build_connector_assets
from restsrc_dagster.orchestrate.checks import problems_in_words
from restsrc_dagster.orchestrate.dagster_private import UnresolvedAssetJobDefinition
from restsrc_dagster.orchestrate.files_sensor import build_connector_files_sensor
from restsrc_dagster.orchestrate.initial_run import build_initial_run_sensor
from restsrc_dagster.orchestrate.names import (
    CONNECTOR_FILE_CHECK,
    CONNECTOR_TAG,
    connector_of_job,
    job_name,
)
from restsrc_dagster.orchestrate.one_run import definitions_for_a_run, is_reconstruction
from restsrc_dagster.orchestrate.schedules import build_connector_schedule
from restsrc_dagster.orchestrate.translator import ConnectorTranslator
from restsrc_dagster.settings import Settings

NEW_FOR = timedelta(minutes=10)
VALIDATING = "DAGSTER_IS_DEFS_VALIDATION_CLI"

log = logging.getLogger("dagster.restsrc")


@dataclass(frozen=True)
class ConnectorDefinitions:
    """What one connector brings."""

    connector: Connector
    assets: dg.AssetsDefinition
    job: UnresolvedAssetJobDefinition
    schedule: dg.ScheduleDefinition

    @property
    def checked(self) -> list[dg.AssetKey]:
        """The assets with a check of the connector's file."""
        return sorted(
            check.asset_key
            for check in self.assets.check_keys
            if check.name == CONNECTOR_FILE_CHECK
        )


class _Builder:
    """Builds the connectors of one folder."""

    def __init__(
        self,
        watch: FolderWatch,
        files: Mapping[str, Path],
        settings: Settings,
        translator: ConnectorTranslator | None,
    ) -> None:
        self._watch = watch
        self._files = files
        self._settings = settings
        self._translator = translator
        self._loaded_at = datetime.now(UTC)

    def in_order(self, connector: Connector) -> ConnectorDefinitions:
        return self._build(connector, self._translator)

    def not_in_order(
        self, read: ConnectorFolder, refused: Mapping[str, Problem]
    ) -> dict[str, ConnectorDefinitions]:
        """Every connector that cannot be loaded, as far as its file still tells what it is."""
        left = {name: Salvage(read.connectors[name]) for name in refused}
        left |= {name: found for name in read.broken if (found := salvage(self._files[name]))}
        built = {}
        for name, salvaged in left.items():
            problems = read.broken.get(name) or (refused[name],)
            for translator in (self._translator, None):
                try:
                    built[name] = self._build(
                        salvaged.connector, translator, problems, salvaged.schedule_is_known
                    )
                    break
                except (dg.DagsterError, ValueError):  # the problem is told in any case
                    continue
        return built

    def something_is_new(self, connectors: Collection[Connector]) -> bool:
        """Whether a connector was created, or came onto this machine, a short while ago."""
        lately = self._loaded_at - NEW_FOR
        if any(one.created_at > lately for one in connectors):
            return True
        try:
            came = [self._files[one.name].stat().st_ctime for one in connectors]
        except FileNotFoundError:  # it was there a moment ago
            return True
        return any(at > lately.timestamp() for at in came)

    def _build(
        self,
        connector: Connector,
        translator: ConnectorTranslator | None,
        problems: Sequence[Problem] = (),
        schedule_is_known: bool = True,
    ) -> ConnectorDefinitions:
        return build_connector_definitions(
            connector,
            settings=self._settings,
            translator=translator,
            loaded_at=self._loaded_at,
            file=self._files[connector.name],
            trouble=partial(self._watch.trouble, connector.name),
            problems=problems,
            schedule_is_known=schedule_is_known,
        )


def build_definitions(
    connectors_dir: str | Path,
    *,
    translator: ConnectorTranslator | None = None,
    settings: Settings | None = None,
    executor: dg.ExecutorDefinition | None = None,
) -> dg.Definitions:
    """The definitions of every connector in a folder.

    A broken file keeps its assets, its job and its schedule, which tell what is wrong and load
    nothing; the log and `connector_files_sensor` name it, and `dagster definitions validate` fails.
    No file is written, nothing is requested, dlt is not imported. A process that is there for one
    run reads the run's connector alone, unless it is asked for more, which `Definitions.merge`
    does.

    Args:
        connectors_dir: the folder; its subfolders are not read.
        translator: gives the assets another look.
        settings: by default from the environment.
        executor: of runs from the asset graph; a connector's own job is one process in any case.

    Raises:
        SettingsError: there is no such folder.
        ConnectorError: a file is broken, under `dagster definitions validate` only.
    """
    folder = Path(connectors_dir)
    settings = settings or Settings.from_environment()
    if is_reconstruction() and folder.is_dir():
        return definitions_for_a_run(
            lambda: _of_all(folder, settings, translator, executor),
            lambda job: _of_job(job, folder, settings, translator),
            executor=executor,
        )
    return _of_all(folder, settings, translator, executor)


def _of_all(
    folder: Path,
    settings: Settings,
    translator: ConnectorTranslator | None,
    executor: dg.ExecutorDefinition | None,
) -> dg.Definitions:
    found = connectors_of_folder(folder, settings=settings, translator=translator)
    return dg.Definitions.merge(
        found.definitions(),
        dg.Definitions(sensors=location_sensors([found], settings=settings), executor=executor),
    )


@dataclass(frozen=True)
class Found:
    """Connectors of a code location, from one place: a folder, or a component.

    `in_order` can be loaded, `broken` cannot; `watch` looks at the files of a folder.
    """

    in_order: Mapping[str, ConnectorDefinitions]
    broken: Mapping[str, ConnectorDefinitions] = field(default_factory=dict)
    watch: FolderWatch | None = None
    something_is_new: bool = True

    def definitions(self) -> dg.Definitions:
        """Assets, jobs and schedules; the sensors are the location's."""
        shown = [*self.in_order.values(), *self.broken.values()]
        return dg.Definitions(
            assets=[definitions.assets for definitions in shown],
            jobs=[definitions.job for definitions in shown],
            schedules=[definitions.schedule for definitions in shown],
        )


def connectors_of_folder(
    folder: Path, *, settings: Settings, translator: ConnectorTranslator | None = None
) -> Found:
    """Every connector file of a folder; raises as `build_definitions` does."""
    read = read_folder(folder)
    refused = {
        name: Problem(str(folder / name), "destination", message)
        for name, message in shared_tables(read.connectors, settings.destination)
    }
    watch = FolderWatch(folder, read, refused)
    build = _Builder(watch, {path.stem: path for path in read.signature}, settings, translator)
    built = {}
    for name, connector in read.connectors.items():
        if name in refused:
            continue
        try:
            built[name] = build.in_order(connector)
        except (dg.DagsterError, ValueError) as error:
            refused[name] = Problem(str(folder / name), "", f"Dagster refuses it: {error}")
    broken = build.not_in_order(read, refused)
    _tell([*read.problems, *refused.values()])
    is_new = build.something_is_new([definitions.connector for definitions in built.values()])
    return Found(built, broken, watch, is_new)


def location_sensors(found: Sequence[Found], *, settings: Settings) -> list[dg.SensorDefinition]:
    """The sensors of a location, each for the connectors of all places.

    Raises:
        ConnectorError: two places have a connector of one name.
    """
    built: dict[str, ConnectorDefinitions] = {}
    shown: dict[str, ConnectorDefinitions] = {}
    for place in found:
        if twice := sorted(shown.keys() & {*place.in_order, *place.broken}):
            says = "is the name of two connectors, a file's and a component's, or two components'"
            raise ConnectorError([Problem(name, "", says) for name in twice])
        built |= place.in_order
        shown |= {**place.in_order, **place.broken}
    # Those of one folder were compared as it was read, and one of each two is not among them.
    every = {name: definitions.connector for name, definitions in built.items()}
    if len(found) > 1 and (shared := list(shared_tables(every, settings.destination))):
        raise ConnectorError([Problem(name, "destination", says) for name, says in shared])
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
            files = {**place.in_order, **place.broken}
            checked = {name: definitions.checked for name, definitions in files.items()}
            sensors.append(build_connector_files_sensor(place.watch, checked, settings=settings))
    if settings.alert_url:
        watched = {
            name: Watched.of(definitions.connector, list(definitions.assets.keys))
            for name, definitions in shown.items()
        }
        sensors.append(
            build_alerts_sensor(watches, watched, url=settings.alert_url, settings=settings)
        )
    return sensors


def _of_job(
    job: str, folder: Path, settings: Settings, translator: ConnectorTranslator | None
) -> dg.Definitions | None:
    """The assets and the job of one connector, as `_of_all` has them.

    None where only a look at all files can tell: it is no connector's job, the file is not in
    order, or another connector might claim the same tables.
    """
    name = connector_of_job(job)
    try:
        connector = find_connector(folder, name) if name else None
        if connector is None or may_share_tables(connector, folder, settings.destination):
            return None
        built = build_connector_definitions(
            connector, settings=settings, translator=translator, loaded_at=datetime.now(UTC)
        )
    except (ConnectorError, dg.DagsterError, ValueError):
        return None
    return dg.Definitions(assets=[built.assets], jobs=[built.job])


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
    return ConnectorDefinitions(
        connector=connector,
        assets=assets,
        job=dg.define_asset_job(
            job_name(connector.name),
            selection=dg.AssetSelection.assets(*assets.keys),
            tags={CONNECTOR_TAG: connector.name},
            description=description or connector.description,
            executor_def=dg.in_process_executor,
        ),
        schedule=build_connector_schedule(
            connector,
            settings=settings,
            loaded_at=loaded_at,
            trouble=trouble,
            description=description,
        ),
    )


def _tell(problems: list[Problem], environment: Mapping[str, str] = os.environ) -> None:
    if not problems:
        return
    if environment.get(VALIDATING):
        raise ConnectorError(problems)
    for problem in problems:
        log.error("not in order: %s", problem)

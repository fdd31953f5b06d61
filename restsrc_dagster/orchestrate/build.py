"""A folder of connector files in, Dagster definitions out."""

import logging
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import dagster as dg

from restsrc_dagster.collector import look_rarely, without_collecting
from restsrc_dagster.connector.files.conflicts import conflicts, may_conflict
from restsrc_dagster.connector.files.folder import ConnectorFolder, find_connector, read_folder
from restsrc_dagster.connector.files.salvage import Salvage, salvage
from restsrc_dagster.connector.files.watch import FolderWatch
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.errors import ConnectorError, Problem
from restsrc_dagster.orchestrate.loaded import LOADED, BuildRequest
from restsrc_dagster.orchestrate.location import (
    ConnectorDefinitions,
    FoundConnectors,
    build_connector_definitions,
    location_sensors,
)
from restsrc_dagster.orchestrate.names import (
    connector_of_job,
)
from restsrc_dagster.orchestrate.one_run import (
    definitions_for_a_run,
    is_code_server,
    is_reconstruction,
)
from restsrc_dagster.orchestrate.translator import ConnectorTranslator
from restsrc_dagster.permitted import refused as not_permitted
from restsrc_dagster.settings import Settings

NEW_FOR = timedelta(minutes=10)
VALIDATING = "DAGSTER_IS_DEFS_VALIDATION_CLI"

log = logging.getLogger("dagster.restsrc")


class _LocationBuilder:
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
        self._loaded_at = datetime.now(timezone.utc)

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
    make = partial(_of_all, folder, settings, translator, executor)
    if not folder.is_dir():
        return make()  # which tells it
    order = BuildRequest(folder, settings, translator, executor)
    if is_code_server():
        return LOADED.load(order, make)
    if not is_reconstruction():
        return make()
    if (loaded := LOADED.again(order, make)) is not None:
        return loaded
    return definitions_for_a_run(
        make, lambda job: _of_job(job, folder, settings, translator), executor=executor
    )


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


def connectors_of_folder(
    folder: Path, *, settings: Settings, translator: ConnectorTranslator | None = None
) -> FoundConnectors:
    """Every connector file of a folder; raises as `build_definitions` does."""
    if is_code_server():
        look_rarely()
    with without_collecting():  # all that is made is kept
        return _connectors_of(read_folder(folder), folder, settings, translator)


def _connectors_of(
    read: ConnectorFolder, folder: Path, settings: Settings, translator: ConnectorTranslator | None
) -> FoundConnectors:
    settings = replace(settings, connectors_dir=folder)
    refused = _refused(read, folder, settings)
    watch = FolderWatch(folder, read, refused)
    build = _LocationBuilder(
        watch, {path.stem: path for path in read.signature}, settings, translator
    )
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
    return FoundConnectors(built, broken, watch, is_new)


def _refused(read: ConnectorFolder, folder: Path, settings: Settings) -> dict[str, Problem]:
    """Of connectors that are in order by themselves: what they may not do here, and whose tables
    are another one's."""
    names = [*read.connectors, *read.broken]
    found: dict[str, Problem] = {}
    for name, connector in read.connectors.items():
        if problems := not_permitted(connector, settings, str(folder / name), names):
            rest = "".join(f"; {one.path}: {one.message}" for one in problems[1:])
            found[name] = replace(problems[0], message=problems[0].message + rest)
    allowed = {name: one for name, one in read.connectors.items() if name not in found}
    for name, place, message in conflicts(
        allowed, settings.destination, default_file=settings.file_of
    ):
        found[name] = Problem(str(folder / name), place, message)
    return found


def _of_job(
    job: str, folder: Path, settings: Settings, translator: ConnectorTranslator | None
) -> dg.Definitions | None:
    """The assets and the job of one connector, as `_of_all` has them.

    None where only a look at all files can tell: it is no connector's job, the file is not in
    order, or another connector might claim the same tables, or have the same refresh token.
    """
    name = connector_of_job(job)
    try:
        connector = find_connector(folder, name) if name else None
        if connector is None or may_conflict(connector, folder, settings.destination):
            return None
        settings = replace(settings, connectors_dir=folder)
        if not_permitted(connector, settings, ""):
            return None
        built = build_connector_definitions(
            connector,
            settings=settings,
            translator=translator,
            loaded_at=datetime.now(timezone.utc),
        )
    except (ConnectorError, dg.DagsterError, ValueError):
        return None
    return dg.Definitions(assets=[built.assets], jobs=[built.job])


def _tell(problems: list[Problem], environment: Mapping[str, str] = os.environ) -> None:
    if not problems:
        return
    if environment.get(VALIDATING):
        raise ConnectorError(problems)
    for problem in problems:
        log.error("not in order: %s", problem)

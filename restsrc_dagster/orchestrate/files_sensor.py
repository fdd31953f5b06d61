"""A sensor that is red while a connector file is broken, and says when files have changed."""

from collections.abc import Mapping
from pathlib import Path

import dagster as dg

from restsrc_dagster.connector.files import ConnectorFolder, folder_signature, read_folder
from restsrc_dagster.errors import ConnectorError, Problem
from restsrc_dagster.orchestrate.names import CONNECTOR_FILES_SENSOR
from restsrc_dagster.settings import Settings


def build_connector_files_sensor(
    folder: Path, loaded: ConnectorFolder, refused: Mapping[str, Problem], *, settings: Settings
) -> dg.SensorDefinition:
    """Watch the files of `folder`, from which `loaded` was read.

    `refused` are the connectors in order by themselves that Dagster does not take, by name.
    """
    status = dg.DefaultSensorStatus
    watch = _Watch(folder, loaded, refused)

    @dg.sensor(
        name=CONNECTOR_FILES_SENSOR,
        minimum_interval_seconds=30,
        default_status=status.STOPPED if settings.branch_deployment else status.RUNNING,
        description="Fails while a connector file is broken, naming each problem.",
    )
    def connector_files_sensor(_context: dg.SensorEvaluationContext) -> dg.SkipReason:
        return dg.SkipReason(watch.look())

    return connector_files_sensor


class _Watch:
    """Reads files again only when one of them was touched."""

    def __init__(
        self, folder: Path, loaded: ConnectorFolder, refused: Mapping[str, Problem]
    ) -> None:
        self._folder = folder
        self._loaded = loaded
        self._refused = refused
        self._problems = [*loaded.problems, *refused.values()]
        self._signature = loaded.signature
        self._changed: list[str] = []

    def look(self) -> str:
        """What the files are like now; raises ConnectorError while one is broken."""
        signature = folder_signature(self._folder)
        if signature != self._signature:
            current = read_folder(self._folder)
            self._signature = current.signature
            self._changed = sorted(
                name
                for name in {*current.connectors, *self._loaded.connectors}
                if current.connectors.get(name) != self._loaded.connectors.get(name)
            )
            unchanged = set(self._refused) - set(self._changed)
            self._problems = [
                *current.problems,
                *(self._refused[name] for name in sorted(unchanged)),
            ]
        if self._problems:
            raise ConnectorError(self._problems)
        if self._changed:
            return (
                f"changed since this code location was loaded: {', '.join(self._changed)}; reload "
                "the location to use them"
            )
        return f"all connector files are in order ({len(signature)} in all)"

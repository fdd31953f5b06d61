"""What has become of connector files since they were loaded."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from restsrc_dagster.connector.files.folder import (
    ConnectorFolder,
    Signature,
    connector_files,
    folder_signature,
    read_folder,
    signature_of,
)
from restsrc_dagster.connector.files.parse import SUFFIXES
from restsrc_dagster.errors import Problem

RELOAD = "reload the code location to use it"


@dataclass(frozen=True)
class Trouble:
    """Why a connector is not what its file says.

    `problems` are those of the file; there are none where it only waits for a reload. `can_run`
    tells whether a run would load something: a run reads the file as it is.
    """

    says: str
    problems: tuple[Problem, ...] = ()
    can_run: bool = False


class FolderWatch:
    """Looks at a folder from which connectors were loaded.

    A file is read again only when it was touched; a look from outside takes a millisecond for
    hundreds of them.
    """

    def __init__(
        self, folder: Path, loaded: ConnectorFolder, refused: Mapping[str, Problem]
    ) -> None:
        """`refused` are connectors in order by themselves that Dagster does not take, by name."""
        self._folder = folder
        self._loaded = loaded
        self._refused = refused
        self._current = loaded

    def look(self) -> ConnectorFolder:
        """The folder as it is now."""
        if folder_signature(self._folder) != self._current.signature:
            self._current = read_folder(self._folder, known=self._current)
        return self._current

    def changed(self) -> list[str]:
        """The connectors that came, went or were edited since the last load, at the last look."""
        now, then = self._current.connectors, self._loaded.connectors
        names = {*now, *then} - set(self._current.broken)
        return sorted(name for name in names if now.get(name) != then.get(name))

    def problems(self) -> list[Problem]:
        """Every problem of every file, at the last look."""
        return [problem for found in self.problems_by_name().values() for problem in found]

    def problems_by_name(self) -> dict[str, tuple[Problem, ...]]:
        """The problems of each file that has some, by its stem, at the last look."""
        still = set(self._refused) & set(self._current.connectors) - set(self.changed())
        refused = {name: (self._refused[name],) for name in sorted(still)}
        return {**self._current.broken, **refused}

    def trouble(self, name: str) -> Trouble | None:
        """What is the matter with a loaded connector; None if its file is in order, and the same.

        Raises:
            SettingsError: the folder is gone.
        """
        if signature_of(connector_files(self._folder, name)) != self._known(name):
            self.look()
        return self.trouble_at_last_look(name)

    def trouble_at_last_look(self, name: str) -> Trouble | None:
        """The same, of the files as they were then: none is looked at."""
        now, file = self._current, self.file(name)
        if name in now.broken:
            return not_in_order(file, now.broken[name])
        if name not in now.connectors:
            return Trouble(f"{file} is gone; reload the code location to take {name} off the map")
        if name in self._loaded.broken:
            return Trouble(f"{file} is in order again; {RELOAD}")
        if now.connectors[name] != self._loaded.connectors.get(name):
            return Trouble(f"{file} has changed since it was loaded; {RELOAD}", can_run=True)
        if name in self._refused:
            return not_in_order(file, (self._refused[name],))
        return None

    def file(self, name: str) -> str:
        """The name of a connector's file."""
        known = (self._loaded.signature, self._current.signature)
        paths = (path for files in known for path in self._paths(name) if path in files)
        return next((path.name for path in paths), name)

    def _known(self, name: str) -> Signature:
        """What the files of one connector were like at the last look."""
        now = self._current.signature
        return {path: now[path] for path in self._paths(name) if path in now}

    def _paths(self, name: str) -> list[Path]:
        """Where the file of a connector may be."""
        return [self._folder / f"{name}{suffix}" for suffix in SUFFIXES]


def not_in_order(file: str, problems: tuple[Problem, ...]) -> Trouble:
    """That of a file with these problems."""
    lines = "\n".join(map(str, problems))
    return Trouble(f"{file} is not in order, and nothing is loaded until it is:\n{lines}", problems)

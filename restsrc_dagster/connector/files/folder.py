"""A folder of connector files: which ones are connectors, and what is wrong with the others."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from restsrc_dagster.connector.check import check_configuration, names_of_resources
from restsrc_dagster.connector.configuration.problems import in_words
from restsrc_dagster.connector.deferred import (
    RESOLVED_WHOLE,
    is_needed,
    with_stand_ins,
    wrong_defaults,
)
from restsrc_dagster.connector.files.lines import with_lines
from restsrc_dagster.connector.files.parse import SUFFIXES, parse
from restsrc_dagster.connector.model import Connector, Later
from restsrc_dagster.connector.naming import CONNECTOR_NAME
from restsrc_dagster.connector.resources.ends import ends_problems
from restsrc_dagster.connector.resources.partitions import partitions_problems
from restsrc_dagster.connector.resources.reading import reading_problems
from restsrc_dagster.connector.resources.values import value_lists, values_problems
from restsrc_dagster.connector.syntax.references import misplaced_references
from restsrc_dagster.errors import ConnectorError, Problem, SettingsError

Signature = Mapping[Path, tuple[int, int]]
"""Time of the last change in nanoseconds, and size in bytes, of each connector file."""


@dataclass(frozen=True)
class ConnectorFolder:
    """The connectors of a folder by name, and every problem of the others, by the stem of the file.

    `signature` is from before the files were read: a later one that differs tells a change.
    """

    connectors: Mapping[str, Connector]
    broken: Mapping[str, tuple[Problem, ...]]
    signature: Signature

    @property
    def problems(self) -> tuple[Problem, ...]:
        return tuple(chain.from_iterable(self.broken.values()))


def read_folder(folder: Path, *, known: ConnectorFolder | None = None) -> ConnectorFolder:
    """Read every connector file directly in `folder`.

    A connector that is `known` from an earlier look, and whose file was not touched, is not read
    again.

    Raises:
        SettingsError: there is no such folder.
    """
    signature = folder_signature(folder)
    by_stem = defaultdict(list)
    for path in signature:
        by_stem[path.stem].append(path)
    connectors: dict[str, Connector] = {}
    broken: dict[str, tuple[Problem, ...]] = {}
    for stem, paths in sorted(by_stem.items()):
        if len(paths) > 1:
            broken[stem] = (_named_twice(paths),)
            continue
        untouched = known and known.signature.get(paths[0]) == signature[paths[0]]
        if known and untouched and stem in known.connectors:
            connectors[stem] = known.connectors[stem]
            continue
        try:
            connectors[stem] = read_connector(paths[0])
        except ConnectorError as error:
            broken[stem] = error.problems
    return ConnectorFolder(connectors, broken, signature)


def find_connector(folder: Path, name: str) -> Connector | None:
    """One connector of a folder, without a look at the others; None if no file has its name.

    Raises:
        ConnectorError: the file is broken, or not the only one of that name.
    """
    paths = connector_files(folder, name)
    if len(paths) > 1:
        raise ConnectorError([_named_twice(paths)])
    return read_connector(paths[0]) if paths else None


def folder_signature(folder: Path) -> Signature:
    """What the files of `folder` look like from outside, in order; none is read."""
    return signature_of(connector_paths(folder))


def signature_of(paths: Iterable[Path]) -> Signature:
    """What these files look like from outside; none is read."""
    found = {}
    for path in paths:
        with suppress(FileNotFoundError):  # it was there a moment ago
            stat = path.stat()
            found[path] = (stat.st_mtime_ns, stat.st_size)
    return found


def connector_files(folder: Path, name: str) -> list[Path]:
    """The files of one connector: more than one is an error, which is not looked for here."""
    return [path for suffix in SUFFIXES if (path := folder / f"{name}{suffix}").is_file()]


def connector_paths(folder: Path) -> list[Path]:
    """The files that are connectors by their name, sorted; nothing is read."""
    if not folder.is_dir():
        raise SettingsError(
            f"there is no folder {folder.absolute()}; create it, or set RESTSRC_CONNECTORS_DIR"
        )
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix in SUFFIXES
        and not path.name.startswith(("_", "."))
        and "." not in path.stem
        and path.is_file()
    )


def read_connector(path: Path, *, name: str | None = None) -> Connector:
    """One connector file; `name` is the connector's, where the file's is another.

    Raises:
        ConnectorError: carries every problem of the file.
    """
    try:
        if path.suffix not in SUFFIXES:
            raise ValueError(f"is no connector file: its name must end in {', '.join(SUFFIXES)}")
        content = parse(path)
    except ValueError as error:
        raise ConnectorError([Problem(str(path), "", str(error))]) from None
    try:
        return check_content(name or path.stem, content, file=str(path))
    except ConnectorError as error:
        raise ConnectorError(with_lines(error.problems, path)) from None
    except RecursionError:
        raise ConnectorError([Problem(str(path), "", "is nested too deeply")]) from None


def check_content(name: str, content: Mapping[str, Any], *, file: str) -> Connector:
    """The connector in `content`; raises ConnectorError with every problem found in it."""
    connector, problems = checked(name, content, file=file)
    if problems or is_needed(content):
        made, later = with_stand_ins(name, content)
        if later is not None:
            connector, problems = checked(name, made, file=file, later=later)
            wrong = wrong_defaults(later)
            problems += [Problem(file, place, message) for place, message in wrong]
    if problems or connector is None:
        raise ConnectorError(dict.fromkeys(problems))
    return connector


def checked(
    name: str, content: Mapping[str, Any], *, file: str, later: Later | None = None
) -> tuple[Connector | None, list[Problem]]:
    """The connector in `content`, if it can be one at all, and every problem found in it."""
    problems = []
    if not CONNECTOR_NAME.fullmatch(name):
        problems.append(
            Problem(
                file, "", f"{name!r} is not a connector's name; allowed: [a-z][a-z0-9_]{{0,62}}"
            )
        )
    if "name" in content:
        problems.append(Problem(file, "name", "unknown key; the file's name is the connector's"))
    connector = None
    try:
        connector = Connector.from_mapping(name, content, later)
    except ValidationError as error:
        problems += [
            Problem(file, place, _with_cure(place, message, file))
            for place, message, _ in in_words(error, Connector)
        ]
    for part in ("destination", *RESOLVED_WHOLE):
        if isinstance(content.get(part), dict):
            misplaced = misplaced_references(content[part], part)
            problems += [Problem(file, place, message) for message, place in misplaced]
    configuration, values = content.get("configuration"), content.get("values")
    lists = value_lists(values)
    if isinstance(configuration, dict):
        problems += [
            Problem(file, f"configuration.{place}".rstrip("."), message)
            for place, message, _ in check_configuration(configuration, lists)
        ]
        if isinstance(values, dict):
            found = values_problems(values, names_of_resources(configuration))
            problems += [Problem(file, place, message) for place, message in found]
        reading = content.get("reading")
        if isinstance(reading, dict):
            found = reading_problems(reading, configuration, lists)
            problems += [Problem(file, place, message) for place, message in found]
        in_partitions = content.get("partitions") is not None
        if in_partitions:
            found = partitions_problems(configuration, lists)
            problems += [Problem(file, place, message) for place, message in found]
        if connector is not None and not problems:
            written = configuration["resources"]
            found = ends_problems(connector.resources, written, in_partitions=in_partitions)
            problems += [Problem(file, place, message) for place, message in found]
    return connector, problems


def _named_twice(paths: Sequence[Path]) -> Problem:
    names = " and ".join(path.name for path in paths)
    return Problem(str(paths[0]), "", f"{names} name the same connector, {paths[0].stem}")


def _with_cure(place: str, message: str, file: str) -> str:
    if place == "created_at" and message.startswith("required"):
        return f"required; run `restsrc stamp {file}` to write it"
    return message

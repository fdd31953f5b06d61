"""What a destination still wants: credentials, or a package.

dlt says so where it is first used, in twenty lines of all the places in which it has looked.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dlt
from dlt.common.configuration.exceptions import (
    ConfigFieldMissingException,
    ConfigurationException,
    LookupTrace,
    LookupTraces,
)
from dlt.common.destination import Destination
from dlt.common.exceptions import MissingDependencyException
from dlt.common.runtime.collector import NULL_COLLECTOR
from dlt.common.runtime.collector_base import Collector
from dlt.pipeline.pipeline import Pipeline
from sqlalchemy.exc import ArgumentError

from restsrc_dagster.connector.fitted import Fitted, fitted
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.dlt_compat.schemas import keep_schemas
from restsrc_dagster.errors import (
    MissingPackage,
    MissingVariable,
    PolicyRefused,
    RestsrcError,
    SettingsError,
)
from restsrc_dagster.load.destinations.abilities import abilities_of
from restsrc_dagster.load.destinations.destination import build_destination, unknown_destination
from restsrc_dagster.load.destinations.kept_tokens import refuse_without_key
from restsrc_dagster.load.destinations.permitted_place import refuse_place
from restsrc_dagster.load.destinations.profile import FILESYSTEM, type_of
from restsrc_dagster.load.destinations.working_folder import working_folder
from restsrc_dagster.settings import Settings

ENVIRONMENT = "Environment Variables"
"""dlt's name of the provider."""
PACKAGES = {"delta": "deltalake", "iceberg": "pyiceberg"}
"""The modules by which files of a table format are written."""
EXTRAS = {"psycopg2": "postgres", "pymysql": "mysql", "deltalake": "delta", "pyiceberg": "iceberg"}
"""The modules that an extra of this package brings."""


@contextmanager
def opening(kind: str) -> Iterator[None]:
    """Whoever makes a pipeline, or a client of its destination, hears what that lacks.

    Raises:
        SettingsError: a variable or a package is missing, and how it is called.
    """
    try:
        yield
    except Exception as error:
        problem = _problem(kind, error)
        if problem is None:
            raise
        raise problem from None


def opened(
    connector: Connector,
    settings: Settings,
    environment: Mapping[str, str],
    folder: Path,
    *,
    progress: Collector = NULL_COLLECTOR,
) -> tuple[Pipeline, Fitted]:
    """A pipeline to the destination of a connector, and the connector as that can load it. Nothing
    is connected.

    Args:
        folder: for the pipeline's files.
        progress: counts what dlt does.

    Raises:
        MissingVariable: a `${NAME}` of the destination is not set.
        SettingsError: the destination is unknown, or lacks a variable or a package.
        PolicyRefused: the file may not name it, or give it an argument.
    """
    with opening(connector.destination_type(settings.destination)):
        destination = build_destination(connector, settings, environment)
    with opening(destination.destination_name):
        pipeline = dlt.pipeline(
            connector.name,
            destination=destination,
            dataset_name=connector.dataset,
            pipelines_dir=str(folder),
            progress=progress,
        )
        keep_schemas(pipeline)
        pipeline.destination_client()
        refuse_place(connector, pipeline, settings)
        fit = fitted(connector, abilities_of(destination.capabilities()), settings)
        refuse_without_packages(fit.connector, destination)
    return pipeline, fit


def refuse_without_packages(connector: Connector, destination: Destination[Any, Any]) -> None:
    """The table formats of files are written by packages that dlt looks for when it loads.

    Raises:
        MissingPackage: one is not installed, and which.
    """
    if type_of(destination) != FILESYSTEM:
        return
    resources = connector.resources.values()
    formats = {str(one.hints.get("table_format")) for one in resources if one.selected}
    for table_format, module in PACKAGES.items():
        if table_format in formats and find_spec(module) is None:
            raise _no_package(f"table format {table_format}", module)


def unready(
    connector: Connector, settings: Settings, environment: Mapping[str, str]
) -> RestsrcError | None:
    """What the destination of a connector lacks: a variable, credentials, a package, or the key by
    which tokens are encrypted that it keeps.

    None if it can be opened, or if something else is wrong. Nothing is connected.
    """
    if connector.rotates_tokens:
        try:
            refuse_without_key(settings)
        except SettingsError as error:
            return error
    is_duckdb = connector.destination_type(settings.destination) == "duckdb"
    if is_duckdb and not connector.destination.arguments:
        return None  # a file of its own, for which only a run makes a folder
    if unknown_destination(connector, settings) is not None:
        return None  # told as what is wrong, not as what is missing
    with working_folder() as folder:
        try:
            opened(connector, settings, environment, folder)
        except (SettingsError, MissingVariable, PolicyRefused) as error:
            return error
    return None


def _problem(kind: str, error: Exception) -> SettingsError | None:
    match error:
        case ConfigFieldMissingException():
            return SettingsError(_missing(kind, error))
        case MissingDependencyException():
            return _no_package(f"destination {kind}", " ".join(error.dependencies))
        case ModuleNotFoundError():
            return _no_package(f"destination {kind}", str(error.name).partition(".")[0])
        case ConfigurationException() | ArgumentError():
            return SettingsError(
                f"the credentials of the destination {kind} cannot be read "
                f"({type(error).__name__}): they are a URL of user, password, host and database, "
                "or an object"
            )
    return None


def _no_package(what: str, package: str) -> MissingPackage:
    extra = EXTRAS.get(package.lower())
    wanted = f"restsrc-dagster[{extra}]" if extra else package
    return MissingPackage(f"the {what} wants a package: pip install '{wanted}'")


def _missing(kind: str, error: ConfigFieldMissingException) -> str:
    fields = dict(_fields(error.traces))
    own = f"DESTINATION__{kind.upper()}__"
    variables = [_variable(traces, own) for traces in fields.values()]
    said = f"the destination {kind} lacks {', '.join(fields)}: set {', '.join(variables)}"
    if {"host", "database"} <= fields.keys():
        said += f"; or all of them in a URL, as {own}CREDENTIALS"
    return f'{said}; or write them into "destination" of the connector file'


def _fields(traces: Mapping[str, Sequence[Any]]) -> Iterator[tuple[str, list[LookupTrace]]]:
    """The fields that are missing with the places where each was looked for; of credentials that
    may be of several kinds, those of the first."""
    for field, found in traces.items():
        nested = next((one for one in found if isinstance(one, LookupTraces)), None)
        if nested is not None:
            yield from _fields(nested.traces)
        else:
            yield field, [one for one in found if isinstance(one, LookupTrace)]


def _variable(traces: Sequence[LookupTrace], own: str) -> str:
    """The one of the destination's own, else of the one that it stages in."""
    names = [one.key for one in traces if one.provider == ENVIRONMENT]
    of_own = [name for name in names if name.startswith(own)]
    staged = [name for name in names if name.startswith("DESTINATION__")]
    return min(of_own, key=len, default=max(staged, key=len, default="a variable of dlt's"))

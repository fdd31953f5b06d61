"""Whether a destination can be loaded into, found out without writing to it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dlt.destinations.sql_client import SqlClientBase
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.connector.files.environment import in_environment
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.errors import SettingsError
from restsrc_dagster.extract.failures.explain import explaining_failures
from restsrc_dagster.load.destinations.destination import database_client, local_database
from restsrc_dagster.load.destinations.looking import looking
from restsrc_dagster.load.destinations.profile import POSTGRES, type_of
from restsrc_dagster.load.destinations.readiness import opened
from restsrc_dagster.load.destinations.working_folder import working_folder
from restsrc_dagster.load.load import DLT_SETTINGS
from restsrc_dagster.permitted import permitted
from restsrc_dagster.settings import Settings


@dataclass(frozen=True)
class Inspected:
    """What was found out.

    Attributes:
        kind: dlt's name of the destination.
        dataset: as it is called there.
        is_there: whether it is there; the first load makes it, if not.
        may_write: whether it is known that rows may be written; elsewhere the first load shows it.
    """

    kind: str
    dataset: str
    is_there: bool
    may_write: bool


def inspect_destination(
    connector: Connector, *, settings: Settings, environment: Mapping[str, str] = os.environ
) -> Inspected:
    """Connect as a load does, and ask whether the dataset is there, or may be made.

    Raises:
        MissingVariable: a `${NAME}` of the destination is not set.
        SettingsError: the destination lacks something, or the right to write.
        PolicyRefused: the connector does what it may not.
        RestsrcError: it cannot be reached, and why; in words for the person.
    """
    allowed = permitted(connector, settings, environment)
    settings, environment = allowed.settings, allowed.environment
    with DLT_SETTINGS, explaining_failures(connector, environment), working_folder() as folder:
        connector = in_environment(connector, environment)
        pipeline, fit = opened(connector, settings, environment, folder)
        resources = fit.connector.resources
        merges = any(resources.disposition(name) == "merge" for name in resources)
        kind = pipeline.destination.destination_name
        if (file := _local(pipeline)) is not None:
            _refuse_read_only(file)
        with looking(pipeline) as is_file_there:
            database = database_client(pipeline)
            if not is_file_there:
                is_there, dataset, is_known = False, connector.dataset, True
            elif database is None:
                with pipeline.destination_client() as client:
                    is_there = client.is_storage_initialized()
                dataset, is_known = connector.dataset, file is not None
            else:
                with database as client:
                    dataset, is_known = client.dataset_name, file is not None
                    if type_of(pipeline.destination) == POSTGRES:
                        is_there, is_known = _there_by_rights(client, merges=merges), True
                    else:
                        is_there = client.has_dataset()
    return Inspected(kind, dataset, is_there, is_known)


def _local(pipeline: Pipeline) -> Path | None:
    """The file of a database, or the folder of files, on this machine."""
    if (file := local_database(pipeline)) is not None:
        return file
    bucket = urlsplit(str(getattr(pipeline.destination_client().config, "bucket_url", "") or ""))
    return Path(bucket.path) if bucket.scheme == "file" else None


def _refuse_read_only(path: Path) -> None:
    """Of what is not there yet, by the folder that it would be made in."""
    there = next(one for one in (path, *path.absolute().parents) if one.exists())
    if not os.access(there, os.W_OK):
        made = "" if there == path else f": {path} cannot be made"
        raise SettingsError(f"{there} may not be written to by this user{made}")


def _there_by_rights(client: SqlClientBase[Any], *, merges: bool) -> bool:
    """Whether the schema is there, by PostgreSQL's own word; dlt makes one to merge in beside it.

    What a user may do nothing with, it is not shown: dlt would take it for one that is to be made.
    """
    user, database, may_create, *rest = _rights(client)
    is_there, may_fill, may_merge = rest
    if not may_create and not is_there:
        raise SettingsError(
            f"{user} may not make the schema {client.dataset_name}: GRANT CREATE ON DATABASE "
            f"{database} TO {user}"
        )
    if not may_create and merges and not may_merge:
        raise SettingsError(
            f"{user} may not make the schema {client.staging_dataset_name}, in which rows are "
            f"merged: GRANT CREATE ON DATABASE {database} TO {user}"
        )
    if is_there and not may_fill:
        raise SettingsError(
            f"{user} may not make tables in the schema {client.dataset_name}: GRANT CREATE, USAGE "
            f"ON SCHEMA {client.dataset_name} TO {user}"
        )
    return bool(is_there)


def _rights(client: SqlClientBase[Any]) -> tuple[Any, ...]:
    """(user, database, whether it may make schemas, whether that of the dataset is there, whether
    it may make tables there, and in the one to merge in)."""
    may_fill = (
        "COALESCE((SELECT has_schema_privilege(nspname, 'CREATE') FROM pg_namespace "
        "WHERE nspname = %s), false)"
    )
    rows = client.execute_sql(
        "SELECT current_user::text, current_database()::text, "
        "has_database_privilege(current_database(), 'CREATE'), "
        f"EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = %s), {may_fill}, {may_fill}",
        client.dataset_name,
        client.dataset_name,
        client.staging_dataset_name,
    )
    return tuple((rows or [("", "", True, True, True, True)])[0])

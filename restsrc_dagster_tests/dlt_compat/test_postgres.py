"""dlt's job that loads a file of CSV into PostgreSQL, in whose place another one can stand."""

from pathlib import Path
from typing import Any

import dlt
import psycopg2
import pytest
from dlt.common.destination import Destination
from dlt.common.destination.client import RunnableLoadJob
from dlt.destinations import postgres
from dlt.destinations.exceptions import DatabaseTerminalException, DatabaseTransientException
from dlt.destinations.impl.postgres.postgres import PostgresClient, PostgresCsvCopyJob

from restsrc_dagster.dlt_compat.postgres import CsvJob, load_csv_by
from restsrc_dagster_tests.dlt_compat.signature import names, source

TABLE: Any = {"name": "items", "columns": {}, "write_disposition": "append"}


class Job(CsvJob):
    pass


def client(destination: Destination[Any, Any]) -> Any:
    return destination.client(dlt.Schema("acme"), destination.spec()._bind_dataset_name("acme"))


@pytest.fixture
def destination() -> Destination[Any, Any]:
    return postgres("postgresql://u:p@127.0.0.1:1/x")


@pytest.fixture
def job(destination: Destination[Any, Any], tmp_path: Path) -> CsvJob:
    load_csv_by(Job, destination)
    made = client(destination).create_load_job(TABLE, str(tmp_path / "items.1234567890.0.csv"), "1")
    assert type(made) is Job
    return made


def test_a_file_of_csv_gets_another_job(job: CsvJob, tmp_path: Path) -> None:
    """`create_load_job` is asked for it; `_file_path` is what it was made with."""
    assert job.path == str(tmp_path / "items.1234567890.0.csv")
    assert "PostgresCsvCopyJob(file_path)" in source(PostgresClient.create_load_job)


def test_other_files_and_other_destinations_get_those_of_dlt(
    destination: Destination[Any, Any], tmp_path: Path
) -> None:
    file = str(tmp_path / "items.1234567890.0.csv")
    assert type(client(destination).create_load_job(TABLE, file, "1")) is PostgresCsvCopyJob
    load_csv_by(Job, destination)
    (tmp_path / "items.1234567890.0.insert_values").write_text("")
    inserts = str(tmp_path / "items.1234567890.0.insert_values")
    assert not isinstance(client(destination).create_load_job(TABLE, inserts, "1"), CsvJob)


def test_what_a_job_loads_into(job: CsvJob, destination: Destination[Any, Any]) -> None:
    """`_job_client` is set when it is run."""
    running = client(destination)
    job._job_client = running
    assert job.database is running.sql_client
    assert "self._job_client = job_client" in source(RunnableLoadJob.run_managed)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (psycopg2.OperationalError("away"), DatabaseTransientException),
        (psycopg2.DataError("too long"), DatabaseTerminalException),
    ],
)
def test_errors_in_words_of_dlt(
    job: CsvJob, destination: Destination[Any, Any], error: Exception, told: type[Exception]
) -> None:
    """`_make_database_exception` tells what may pass from what stays."""
    job._job_client = client(destination)
    assert type(job.in_dlts_words(error)) is told
    assert names(type(job.database)._make_database_exception) == ["ex"]

"""dlt's job that loads a file of CSV into PostgreSQL; needs its driver."""

from collections.abc import Callable
from typing import Any

from dlt.common.destination import Destination
from dlt.destinations.impl.postgres.postgres import PostgresClient, PostgresCsvCopyJob

from restsrc_dagster.dlt_compat.replaced import replace_method


class CsvJob(PostgresCsvCopyJob):
    """dlt's; a file in another form is for a class of ours."""

    @property
    def path(self) -> str:
        """Of the file, which may be compressed."""
        return self._file_path

    @property
    def database(self) -> Any:
        """dlt's client of the database; only while the job runs."""
        return self._job_client.sql_client

    def in_dlts_words(self, error: Exception) -> Exception:
        """An error of the driver, as dlt tells those that may pass from those that stay."""
        translated: Exception = self.database._make_database_exception(error)
        return translated


def load_csv_by(job_class: type[CsvJob], destination: Destination[Any, Any]) -> None:
    """Let the clients of a destination make other jobs for files of CSV, where that is PostgreSQL.

    Of what dlt derives from it, such as Redshift, the jobs are others anyway.
    """

    def jobs(create: Callable[..., Any]) -> Callable[..., Any]:
        def create_load_job(table: Any, file_path: str, *args: Any, **keys: Any) -> Any:
            job = create(table, file_path, *args, **keys)
            return job_class(file_path) if type(job) is PostgresCsvCopyJob else job

        return create_load_job

    def clients(make: Callable[..., Any]) -> Callable[..., Any]:
        def client(*args: Any, **keys: Any) -> Any:
            made = make(*args, **keys)
            if isinstance(made, PostgresClient):
                replace_method(made, "create_load_job", jobs)
            return made

        return client

    replace_method(destination, "client", clients)
